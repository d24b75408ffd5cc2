//! The time at the head of a log line: RFC 3339 as Rust's tracing and Go's loggers write it, and log4j's
//! `[2026-11-25 06:50:48,635]` as Kafka writes it. A time without an offset is read as UTC.

use jiff::Timestamp;

/// Nanoseconds since 1970 of the time that begins within the first characters of a line.
pub(super) fn unix_ns(line: &str) -> Option<u128> {
    let head = line.trim_start_matches(['[', '(', '"', '\'', ' ']);
    let (date, rest) = head.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', ' ', '_'])?;
    let (time, rest) = rest.split_at_checked(8)?;
    if time.bytes().filter(|b| *b == b':').count() != 2 {
        return None;
    }
    let (fraction, rest) = fraction(rest);
    let stamp = format!("{date}T{time}{fraction}{}", offset(rest));
    let at: Timestamp = stamp.parse().ok()?;
    u128::try_from(at.as_nanosecond()).ok()
}

/// A point or comma with up to nine digits; further digits are skipped.
fn fraction(rest: &str) -> (&str, &str) {
    let Some(digits) = rest.strip_prefix(['.', ',']) else {
        return ("", rest);
    };
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    match length {
        0 => ("", digits),
        _ => (&rest[..=length.min(9)], &digits[length..]),
    }
}

/// `+02:00`, `-0530`; anything else is UTC.
fn offset(rest: &str) -> &str {
    let numeric = |text: &&str| {
        let signed = text.strip_prefix(['+', '-']);
        signed.is_some_and(|text| {
            text.bytes().filter(u8::is_ascii_digit).count() == 4
                && text.bytes().all(|b| b == b':' || b.is_ascii_digit())
        })
    };
    let mut lengths = [6, 5].into_iter().filter_map(|length| rest.get(..length));
    lengths.find(numeric).unwrap_or("Z")
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
            "2026-11-25T01:20:48.635-0530 started",
            "2026-11-25 06:50:48.635000 started",
            "2026-11-25_06:50:48.63500000000000-started",
        ] {
            assert_eq!(unix_ns(line), at, "{line}");
        }
        assert_eq!(
            unix_ns("2024-02-29T00:00:00Z"),
            Some(1_709_164_800_000_000_000)
        );
        assert_eq!(
            unix_ns("2024-02-29 00:00:00: started"),
            Some(1_709_164_800_000_000_000)
        );
    }

    #[test]
    fn other_text_is_not_a_time() {
        for line in [
            "",
            "\tat kafka.Foo(Foo.scala:12)",
            "2026-13-25T06:50:48Z",
            "2026-02-30T06:50:48Z",
            "1969-12-31T06:50:48Z",
            "é2026-11-25 06:50:48",
            "2026-11-25Tnonsense",
            "2026-11-25 12 things happened",
        ] {
            assert_eq!(unix_ns(line), None, "{line}");
        }
    }
}
