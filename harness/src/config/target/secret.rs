//! The value of `{cluster.secret}`: what the nodes of one cluster share, and nobody else may know.

use std::fmt;

use anyhow::{Context, Result};
use rand::TryRngCore;
use rand::rngs::OsRng;

/// How the secret is shown.
const PLACEHOLDER: &str = "{cluster.secret}";

/// 256 bits as 64 hexadecimal characters. `Debug` does not show them.
#[derive(Clone, PartialEq, Eq)]
pub struct ClusterSecret(String);

impl ClusterSecret {
    /// Draws a secret from the operating system's random source. It never comes from the run's seed, which is in every
    /// report.
    ///
    /// # Errors
    /// If the operating system has no randomness to give.
    pub fn draw() -> Result<ClusterSecret> {
        let mut bytes = [0; 32];
        OsRng
            .try_fill_bytes(&mut bytes)
            .context("draw the cluster's secret")?;
        Ok(ClusterSecret(
            bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        ))
    }

    /// The text for trying a target file, where no node is started.
    pub(super) fn of_nobody() -> ClusterSecret {
        ClusterSecret("0".repeat(64))
    }

    /// The secret itself, for a file that only its owner may read.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether a text contains the secret.
    pub fn is_in(&self, text: &str) -> bool {
        text.contains(&self.0)
    }

    /// A text as it may be shown.
    pub fn hidden_in(&self, text: &str) -> String {
        text.replace(&self.0, PLACEHOLDER)
    }
}

impl fmt::Debug for ClusterSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(PLACEHOLDER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_secret_is_new_and_never_shown() {
        let (one, other) = (ClusterSecret::draw(), ClusterSecret::draw());
        let (one, other) = (one.expect("drawn"), other.expect("drawn"));
        assert_ne!(one, other);
        assert!(one.text().len() == 64 && one.text().bytes().all(|byte| byte.is_ascii_hexdigit()));
        let text = format!("--secret {}", one.text());
        assert!(one.is_in(&text) && !other.is_in(&text));
        assert_eq!(one.hidden_in(&text), "--secret {cluster.secret}");
        assert!(!one.is_in(&format!("{one:?}")));
    }
}
