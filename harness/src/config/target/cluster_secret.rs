//! The value of `{cluster.secret}`: what the nodes of one cluster share, and nobody else may know.

use anyhow::{Context, Result};
use rand::TryRngCore;
use rand::rngs::OsRng;

use crate::secret::Secret;

/// How the secret is shown.
const PLACEHOLDER: &str = "{cluster.secret}";

/// Draws 256 bits from the operating system's random source, as 64 hexadecimal characters. They never come from the
/// run's seed, which is in every report.
///
/// # Errors
/// If the operating system has no randomness to give.
pub fn draw() -> Result<Secret> {
    let mut bytes = [0; 32];
    OsRng
        .try_fill_bytes(&mut bytes)
        .context("draw the cluster's secret")?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Secret::new(PLACEHOLDER, text))
}

/// The text for trying a target file, where no node is started.
pub(super) fn of_nobody() -> Secret {
    Secret::new(PLACEHOLDER, "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::clean_text;

    #[test]
    fn each_secret_is_new_and_never_shown() {
        let (one, other) = (draw().expect("drawn"), draw().expect("drawn"));
        assert!(one != other);
        let value = one.reveal();
        assert!(value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let shown = clean_text(&format!("--secret {value} {one:?}")).into_owned();
        assert_eq!(shown, format!("--secret {PLACEHOLDER} {PLACEHOLDER}"));
    }
}
