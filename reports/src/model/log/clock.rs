//! The time at the head of a log line: RFC 3339 as Rust's tracing and Go's loggers write it, and log4j's
//! `[2026-11-25 06:50:48,635]` as Kafka writes it. Without an offset it is taken as UTC.

/// Nanoseconds since 1970 of the time that begins within the first characters of a line.
pub(super) fn unix_ns(line: &str) -> Option<u128> {
    let digits = line.trim_start_matches(['[', '(', '"', '\'', ' ']);
    let (date, rest) = digits.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', ' ', '_'])?;
    let (time, rest) = rest.split_at_checked(8)?;
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let possible = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24;
    if !possible || minute > 59 || second > 60 || !(1970..=9999).contains(&year) {
        return None;
    }
    let (fraction_ns, rest) = fraction(rest);
    let seconds = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    let seconds = seconds - offset_seconds(rest);
    u128::try_from(i128::from(seconds) * 1_000_000_000 + i128::from(fraction_ns)).ok()
}

fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let mut parts = text.split(separator).map(|part| {
        let digits = part.bytes().all(|b| b.is_ascii_digit());
        if digits { part.parse().ok() } else { None }
    });
    let three = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(three)
}

/// Up to nine digits after a point or comma.
fn fraction(rest: &str) -> (i64, &str) {
    let Some(digits) = rest.strip_prefix(['.', ',']) else {
        return (0, rest);
    };
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    let (fraction, rest) = digits.split_at(length);
    let nine: String = fraction
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    (nine.parse().unwrap_or(0), rest)
}

/// `+02:00`, `-0530`; anything else is UTC.
fn offset_seconds(rest: &str) -> i64 {
    let sign = match rest.chars().next() {
        Some('+') => 1,
        Some('-') => -1,
        _ => return 0,
    };
    let digits: String = rest[1..]
        .chars()
        .take(5)
        .filter(char::is_ascii_digit)
        .collect();
    match (
        digits.get(..2).map(str::parse::<i64>),
        digits.get(2..4).map(str::parse::<i64>),
    ) {
        (Some(Ok(hours)), Some(Ok(minutes))) => sign * (hours * 3_600 + minutes * 60),
        _ => 0,
    }
}

/// Days since 1970 of a date of the Gregorian calendar (Howard Hinnant, `days_from_civil`).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::unix_ns;

    #[test]
    fn times_of_known_loggers_are_read() {
        let at = Some(1_795_589_448_635_000_000);
        for line in [
            "2026-11-25T06:50:48.635Z  INFO broker::node: started",
            "[2026-11-25 06:50:48,635] INFO started (kafka.server.KafkaServer)",
            "2026-11-25T08:50:48.635+02:00 started",
            "2026-11-25 06:50:48.635000 started",
        ] {
            assert_eq!(unix_ns(line), at, "{line}");
        }
        assert_eq!(
            unix_ns("2024-02-29T00:00:00Z"),
            Some(1_709_164_800_000_000_000)
        );
    }

    #[test]
    fn other_text_is_no_time() {
        for line in [
            "",
            "\tat kafka.Foo(Foo.scala:12)",
            "2026-13-25T06:50:48Z",
            "é2026-11-25 06:50:48",
            "2026-11-25Tnonsense",
        ] {
            assert_eq!(unix_ns(line), None, "{line}");
        }
    }
}
