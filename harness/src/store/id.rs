//! The exact form of a run's name: `<UTC time>-<seed>`, with `-<number>` if that name was taken. Anything else is not a
//! run, however similar: a user's folder `20260101T000000Z-holiday` was removed by `--keep`.

/// Whether a name has exactly the form of a run's name.
pub(super) fn is_run_id(name: &str) -> bool {
    let mut parts = name.split('-');
    let (Some(time), Some(seed)) = (parts.next(), parts.next()) else {
        return false;
    };
    let again = parts.next();
    let is_hexadecimal = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    is_time(time)
        && (1..=16).contains(&seed.len())
        && seed.chars().all(is_hexadecimal)
        && again.is_none_or(|number| number.parse().is_ok_and(|number: u32| number > 1))
        && parts.next().is_none()
}

/// `20260101T000000Z`.
fn is_time(text: &str) -> bool {
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.parse::<u32>().ok())?
    };
    let within =
        |from, low, high| number(from, from + 2).is_some_and(|n| (low..=high).contains(&n));
    text.len() == 16
        && text.as_bytes()[8] == b'T'
        && text.ends_with('Z')
        && number(0, 4).is_some()
        && within(4, 1, 12)
        && within(6, 1, 31)
        && within(9, 0, 23)
        && within(11, 0, 59)
        && within(13, 0, 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_form_is_a_run() {
        for name in [
            "20260101T000000Z-1",
            "20261231T235959Z-ffffffffffffffff",
            "20260101T000000Z-1b-2",
        ] {
            assert!(is_run_id(name), "{name}");
        }
        for name in [
            "20260101T000000Z-holiday",
            "20260101T000000Z-",
            "20260101T000000Z",
            "20260101T000000Z-1-",
            "20260101T000000Z-1-1",
            "20260101T000000Z-1-2-3",
            "20260101T000000Z-1 (copy)",
            "20260101T000000Z-FF",
            "20260101T000000Z-1.bak",
            "20261301T000000Z-1",
            "20260101t000000Z-1",
            "2026०101T00000Z-1",
            "",
            "latest",
        ] {
            assert!(!is_run_id(name), "{name}");
        }
    }
}
