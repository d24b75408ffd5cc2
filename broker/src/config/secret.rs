//! The secret of a cluster: what a node proves to know before another node listens to it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Bytes of a secret.
const BYTES: usize = 32;

/// 256 bits that all nodes of one cluster share and nobody else knows, written as 64 hexadecimal characters.
///
/// It is never printed: `Debug` shows that there is one, and a text that is not a secret is reported without the
/// text. Only [`crate::NodeConfig::to_toml`] writes it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct ClusterSecret(
    /// None if the text was not 64 hexadecimal characters. Kept so that the parser, which quotes the line of a mistake
    /// in its message, never reports it.
    Option<[u8; BYTES]>,
);

impl ClusterSecret {
    /// A secret from 32 bytes, which should come from the operating system's random source.
    #[must_use]
    pub fn new(bytes: [u8; BYTES]) -> ClusterSecret {
        ClusterSecret(Some(bytes))
    }

    /// The bytes, or what is wrong.
    pub(crate) fn bytes(&self) -> Result<&[u8; BYTES], &'static str> {
        let bytes = self
            .0
            .as_ref()
            .ok_or("give 64 hexadecimal characters, for example those of `openssl rand -hex 32`")?;
        if bytes.iter().all(|byte| *byte == bytes[0]) {
            return Err(
                "one byte repeated is not a secret; take the output of `openssl rand -hex 32`",
            );
        }
        Ok(bytes)
    }
}

impl fmt::Debug for ClusterSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ClusterSecret(not shown)")
    }
}

impl From<String> for ClusterSecret {
    fn from(text: String) -> ClusterSecret {
        let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
        let mut bytes = [0; BYTES];
        if text.len() != 2 * BYTES {
            return ClusterSecret(None);
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            match (digit(pair[0]), digit(pair[1])) {
                (Some(high), Some(low)) => *byte = high << 4 | low,
                _ => return ClusterSecret(None),
            }
        }
        ClusterSecret(Some(bytes))
    }
}

impl From<ClusterSecret> for String {
    fn from(secret: ClusterSecret) -> String {
        let bytes = secret.0.unwrap_or_default();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_back_and_never_shown() {
        let text = "00ff".repeat(16);
        let secret = ClusterSecret::from(text.clone());
        assert_eq!(secret.bytes().expect("right")[..2], [0, 0xff]);
        assert_eq!(String::from(secret.clone()), text);
        assert!(!format!("{secret:?}").contains("00ff"));
        for wrong in [
            "",
            "00",
            &"zz".repeat(32),
            &"00".repeat(32),
            &"é".repeat(32),
        ] {
            assert!(
                ClusterSecret::from(wrong.to_owned()).bytes().is_err(),
                "{wrong}"
            );
        }
    }
}
