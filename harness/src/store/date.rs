//! Dates of runs, in UTC.

use jiff::Timestamp;

/// Now, RFC 3339 in UTC.
pub fn now() -> String {
    written(Timestamp::now()).1
}

/// A time in UTC as `20261123T084021Z` and as `2026-11-23T08:40:21Z`.
pub(super) fn written(time: Timestamp) -> (String, String) {
    (
        time.strftime("%Y%m%dT%H%M%SZ").to_string(),
        time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_civil() {
        let at = |second| written(Timestamp::from_second(second).expect("a time"));
        assert_eq!(at(0).1, "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_400).1, "2000-02-29T00:00:00Z");
        let (compact, full) = at(20_781 * 86_400 + 3_661);
        assert_eq!(full, "2026-11-24T01:01:01Z");
        assert_eq!(compact, "20261124T010101Z");
    }
}
