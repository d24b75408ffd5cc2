//! The number behind a fault's name, as a person writes it: `slow-link=200ms`, `lossy-link=5%`, `narrow-link=1mbit`,
//! `clock-jump=+5s`.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::kind::{FaultKind, Kind};
use crate::wire::MILLION;

/// Kinds with a setting of their own, each made once: a plan names few.
static SET: Mutex<BTreeMap<String, Kind>> = Mutex::new(BTreeMap::new());

/// The kind of this name with a setting, which becomes a part of its name.
pub(super) fn with_setting<K: FaultKind + 'static>(
    name: &str,
    setting: &str,
    make: impl FnOnce(&'static str) -> K,
) -> Kind {
    let name = format!("{name}={setting}");
    let mut known = SET.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(kind) = known.get(&name) {
        return *kind;
    }
    // A kind is static, as its name is. There is one for each setting that was ever named.
    let named = Box::leak(name.clone().into_boxed_str());
    let kind = Kind::of(Box::leak(Box::new(make(named))));
    known.insert(name, kind);
    kind
}

/// Reads `300ms` or `2s`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time from 1ms to 60s, such as `200ms`");
    let (number, unit_ms) = match (text.strip_suffix("ms"), text.strip_suffix('s')) {
        (Some(number), _) => (number, 1),
        (None, Some(number)) => (number, 1_000),
        (None, None) => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let ms = number
        .checked_mul(unit_ms)
        .filter(|ms| (1..=60_000).contains(ms));
    ms.map(Duration::from_millis).ok_or_else(wrong)
}

/// Reads `+5s` or `-200ms`, in ms.
pub(super) fn signed_duration(text: &str) -> Result<i64, String> {
    let wrong =
        || format!("`{text}` is not `+` or `-` and a time from 1ms to 3600s, such as `+5s`");
    let (sign, time) = signed(text).ok_or_else(wrong)?;
    let (number, unit_ms) = match (time.strip_suffix("ms"), time.strip_suffix('s')) {
        (Some(number), _) => (number, 1),
        (None, Some(number)) => (number, 1_000),
        (None, None) => return Err(wrong()),
    };
    let number: u32 = number.parse().map_err(|_| wrong())?;
    let ms = i64::from(number) * unit_ms;
    let is_right = (1..=3_600_000).contains(&ms);
    is_right.then_some(sign * ms).ok_or_else(wrong)
}

/// Reads `+5%` or `-0.1%`, in millionths.
pub(super) fn drift(text: &str) -> Result<i64, String> {
    let wrong =
        || format!("`{text}` is not `+` or `-` and a share from 0.1% to 50%, such as `+5%`");
    let (sign, part) = signed(text).ok_or_else(wrong)?;
    let ppm = i64::from(share(part).map_err(|_| wrong())?);
    let is_right = ppm <= i64::from(MILLION / 2);
    is_right.then_some(sign * ppm).ok_or_else(wrong)
}

/// The sign, and what it is a sign of.
fn signed(text: &str) -> Option<(i64, &str)> {
    let ahead = text.strip_prefix('+').map(|rest| (1, rest));
    ahead.or_else(|| text.strip_prefix('-').map(|rest| (-1, rest)))
}

/// Reads `5%` or `0.5%`, in millionths.
pub(super) fn share(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is not a share from 0.1% to 100%, such as `5%`");
    let number = text.strip_suffix('%').ok_or_else(wrong)?;
    let percent: f64 = number.parse().map_err(|_| wrong())?;
    if !(0.1..=100.0).contains(&percent) {
        return Err(wrong());
    }
    Ok((percent / 100.0 * f64::from(MILLION)).round() as u32)
}

/// Reads `1mbit` or `500kbit`, in bits a second.
pub(super) fn bandwidth(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is not a bandwidth from 10kbit to 10000mbit, such as `1mbit`");
    let (number, unit) = match (text.strip_suffix("kbit"), text.strip_suffix("mbit")) {
        (Some(number), _) => (number, 1_000),
        (None, Some(number)) => (number, 1_000_000),
        (None, None) => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let bits = number.checked_mul(unit);
    bits.filter(|bits| (10_000..=10_000_000_000).contains(bits))
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_within_their_ranges() {
        assert_eq!(duration("200ms"), Ok(Duration::from_millis(200)));
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        for wrong in [
            "",
            "ms",
            "0ms",
            "61s",
            "-1s",
            "5",
            "1.5s",
            "18446744073709551615s",
        ] {
            assert!(
                duration(wrong).is_err_and(|why| why.contains(wrong)),
                "{wrong}"
            );
        }
        assert_eq!(
            (share("5%"), share("0.5%"), share("100%")),
            (Ok(50_000), Ok(5_000), Ok(1_000_000))
        );
        for wrong in ["", "5", "0%", "101%", "NaN%", "inf%", "-1%"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            (bandwidth("1mbit"), bandwidth("64kbit")),
            (Ok(1_000_000), Ok(64_000))
        );
        for wrong in ["", "1", "1mb", "9kbit", "10001mbit"] {
            assert!(bandwidth(wrong).is_err(), "{wrong}");
        }
    }
}
