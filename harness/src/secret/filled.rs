//! A text whose placeholders are filled, in two forms: as it is, for the program that needs it, and as it may be shown.

use std::fmt;

use super::Secret;

/// A filled text. `Display` and `Debug` show every secret by its placeholder.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Filled {
    shown: String,
    actual: String,
}

impl Filled {
    /// A text without secrets.
    pub fn plain(text: impl Into<String>) -> Filled {
        let shown = text.into();
        Filled {
            actual: shown.clone(),
            shown,
        }
    }

    /// Appends a text without secrets.
    pub fn push_str(&mut self, text: &str) {
        self.shown.push_str(text);
        self.actual.push_str(text);
    }

    /// Appends another filled text.
    pub fn push(&mut self, other: &Filled) {
        self.shown.push_str(&other.shown);
        self.actual.push_str(&other.actual);
    }

    /// The text itself. It must not be written anywhere but to the program that needs it.
    pub fn reveal(&self) -> &str {
        &self.actual
    }

    /// Whether it contains a secret, even an empty one.
    pub fn is_secret(&self) -> bool {
        self.shown != self.actual
    }
}

impl From<&Secret> for Filled {
    fn from(secret: &Secret) -> Filled {
        Filled {
            shown: secret.to_string(),
            actual: secret.reveal().to_owned(),
        }
    }
}

impl fmt::Display for Filled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

impl fmt::Debug for Filled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shown, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_grow_together() {
        let mut filled = Filled::plain("a=");
        assert!(!filled.is_secret());
        filled.push(&Filled::from(&Secret::new("{env.X}", "1")));
        filled.push_str(";");
        assert_eq!(
            (filled.reveal(), filled.to_string().as_str()),
            ("a=1;", "a={env.X};")
        );
        assert!(filled.is_secret() && !format!("{filled:?}").contains('1'));
    }
}
