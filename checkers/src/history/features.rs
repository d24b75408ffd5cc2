//! What a target states of the features of a cluster whose upgrade was made final.

use serde::{Deserialize, Serialize};

/// The level that a feature must have afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatedLevel {
    /// The one that it had before.
    Kept,
    /// This one.
    #[serde(untagged)]
    Level(i16),
}

impl std::str::FromStr for StatedLevel {
    type Err = String;

    /// Reads `kept`, or a level of 0 or more.
    fn from_str(word: &str) -> Result<StatedLevel, String> {
        match word.parse::<i16>() {
            Ok(level) if level >= 0 => Ok(StatedLevel::Level(level)),
            _ if word == "kept" => Ok(StatedLevel::Kept),
            _ => Err(format!(
                "{word:?} is neither a level of 0 or more nor \"kept\""
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_a_number_or_a_word() {
        for (word, json) in [("33", "33"), ("kept", "\"kept\"")] {
            let level: StatedLevel = word.parse().expect("a level");
            assert_eq!(serde_json::to_string(&level).expect("plain data"), json);
            assert_eq!(
                serde_json::from_str::<StatedLevel>(json).expect("a level"),
                level
            );
        }
        for wrong in ["-1", "4.4", "Kept", ""] {
            assert!(wrong.parse::<StatedLevel>().is_err(), "{wrong}");
        }
    }
}
