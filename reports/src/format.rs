//! Numbers and untrusted texts as a reader wants them: fitting units, grouped digits, no hidden characters.

use crate::limits::TEXT_CHARACTERS_MAX;
use crate::visible;

/// The sum of stored counts, which may be anything: the largest number rather than an overflow.
pub(crate) fn sum_of(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0, u64::saturating_add)
}

/// The middle of sorted values; between the two in the middle if their number is even.
pub(crate) fn median(sorted: &[u64]) -> Option<u64> {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => sorted.get(middle).copied(),
        _ => Some(u64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

/// A moment since the run began: `12.410 s`.
pub(crate) fn moment(ns: u64) -> String {
    format!(
        "{}.{:03} s",
        group(ns / 1_000_000_000),
        ns / 1_000_000 % 1000
    )
}

/// A moment without its unit, for columns whose head says seconds.
pub(crate) fn seconds(ns: u64) -> String {
    format!("{}.{:03}", group(ns / 1_000_000_000), ns / 1_000_000 % 1000)
}

/// A length in a fitting unit: `820 ms`, `2.10 s`, `1 min 12 s`, `1 h 4 min`.
pub(crate) fn length_ms(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => {
            let hundredths = (ms + 5) / 10;
            format!("{}.{:02} s", hundredths / 100, hundredths % 100)
        }
        60_000..3_600_000 => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000),
        _ => format!("{} h {} min", ms / 3_600_000, ms % 3_600_000 / 60_000),
    }
}

/// A limit in a fitting unit; limits are round, so fewer digits: `3 s`, `1.5 s`, `600 ms`.
pub(crate) fn limit_ms(ms: u64) -> String {
    match ms {
        1_000..60_000 if ms.is_multiple_of(1000) => format!("{} s", ms / 1000),
        1_000..60_000 if ms.is_multiple_of(100) => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => length_ms(ms),
    }
}

/// A latency in a fitting unit: `900 µs`, `4.8 ms`, `1.89 s`.
pub(crate) fn latency_us(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..99_950 => {
            let tenths = us.saturating_add(50) / 100;
            format!("{}.{} ms", tenths / 10, tenths % 10)
        }
        99_950..999_500 => format!("{} ms", (us + 500) / 1000),
        _ => length_ms(us.saturating_add(500) / 1000),
    }
}

/// A size in a fitting unit: `1.4 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    let tenth = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", tenth(1_000)),
        1_000_000..1_000_000_000 => format!("{} MB", tenth(1_000_000)),
        _ => format!("{} GB", tenth(1_000_000_000)),
    }
}

/// Memory in binary units: `23.4 GiB`.
pub(crate) fn memory(bytes: u64) -> String {
    let unit = 1u64 << if bytes >= 1 << 30 { 30 } else { 20 };
    let name = if bytes >= 1 << 30 { "GiB" } else { "MiB" };
    format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit)
}

/// Digits in groups of three, separated by a narrow space that does not break: `288 410`.
pub(crate) fn group(number: u64) -> String {
    let digits = number.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 record`, `3 records`, `1 record of failed appends`. The noun is given in the plural; its singular lacks the `s`.
pub(crate) fn count(number: u64, plural: &str) -> String {
    let (noun, of) = plural
        .find(" of ")
        .map_or((plural, ""), |at| plural.split_at(at));
    let noun = match number {
        1 => noun.strip_suffix('s').unwrap_or(noun),
        _ => noun,
    };
    format!("{} {noun}{of}", group(number))
}

/// A capital letter first.
pub(crate) fn sentence_case(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters
        .next()
        .map(|c| c.to_uppercase().to_string())
        .unwrap_or_default();
    first + characters.as_str()
}

/// A sentence of ours for machines and terminals: groups of digits separated by ordinary spaces.
pub(crate) fn plain(text: &str) -> String {
    text.replace('\u{202f}', " ")
}

/// A text that came from elsewhere: hidden characters become visible, long ones are cut and say so.
pub(crate) fn untrusted(text: &str) -> String {
    let (kept, left) = cut(text, TEXT_CHARACTERS_MAX);
    let mut shown = visible::line(kept).into_owned();
    if left > 0 {
        shown += &format!("… (+{left} characters)");
    }
    shown
}

/// A command that a reader copies: hidden characters become visible, and it is whole, because half a command does something
/// else.
pub(crate) fn command(text: &str) -> String {
    visible::line(text).into_owned()
}

/// A block of text that came from elsewhere: as [`untrusted`], with its line breaks and a limit of its own.
pub(crate) fn untrusted_block(text: &str, characters_max: usize) -> String {
    let (kept, left) = cut(text, characters_max);
    let mut shown = visible::block(kept).into_owned();
    if left > 0 {
        shown += &format!("\n… (+{left} characters)");
    }
    shown
}

/// The first characters of a text, and the number of the others.
fn cut(text: &str, characters_max: usize) -> (&str, usize) {
    match text.char_indices().nth(characters_max) {
        Some((at, _)) => (&text[..at], text[at..].chars().count()),
        None => (text, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_fit_their_numbers() {
        assert_eq!(moment(12_410_999_999), "12.410 s");
        assert_eq!(length_ms(999), "999 ms");
        assert_eq!(length_ms(2_104), "2.10 s");
        assert_eq!(length_ms(2_598), "2.60 s");
        assert_eq!(length_ms(59_999), "60.00 s");
        assert_eq!(length_ms(61_000), "1 min 1 s");
        assert_eq!(limit_ms(3_000), "3 s");
        assert_eq!(limit_ms(1_500), "1.5 s");
        assert_eq!(latency_us(4_850), "4.9 ms");
        assert_eq!(latency_us(999_600), "1.00 s");
        assert_eq!(bytes(1_449_000), "1.4 MB");
        assert_eq!(memory(25_165_824_000), "23.4 GiB");
        assert_eq!(group(9_999), "9999");
        assert_eq!(group(1_288_410), "1\u{202f}288\u{202f}410");
        assert_eq!(count(1, "records"), "1 record");
    }

    #[test]
    fn untrusted_text_cannot_act() {
        assert_eq!(
            untrusted("a\u{1b}[31m\0b\u{202e}"),
            "a\\x1b[31m\\x00b\\u{202e}"
        );
        assert!(untrusted(&"x".repeat(600)).ends_with("(+100 characters)"));
        assert_eq!(untrusted_block("a\nb\r", 10), "a\nb\\r");
        assert_eq!(command(&"x".repeat(600)), "x".repeat(600));
    }
}
