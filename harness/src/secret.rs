//! Values that nothing written by the harness may contain: `{env.NAME}`, and what is drawn for one cluster.
//!
//! A [`Secret`] is shown by its placeholder, and only [`Secret::reveal`] returns the value. A text that was filled with
//! secrets is a [`Filled`], which knows both forms. So whatever is rendered from a target is redacted exactly, however
//! short the value is.
//!
//! Foreign text (a node's output, an error of the operating system) may repeat a value. Such text is searched for every
//! known value at the edges: the terminal, every file that is written in one piece, every line of a history, every log
//! of a node. The module `scrub` states which values are not searched for.

mod files;
mod filled;
mod scrub;

use std::fmt;

pub use files::scrub_file;
pub use filled::Filled;
pub use scrub::{clean_json, clean_text, written};

/// A value that is shown by its placeholder.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    placeholder: String,
    value: String,
}

impl Secret {
    /// A value that is shown as `placeholder`, with its braces. From now on it is redacted wherever the harness writes.
    pub fn new(placeholder: impl Into<String>, value: impl Into<String>) -> Secret {
        let secret = Secret {
            placeholder: placeholder.into(),
            value: value.into(),
        };
        scrub::learn(&secret);
        secret
    }

    /// The value of an environment variable, shown as `{env.NAME}`; empty if it is not set.
    pub fn of_environment(name: &str) -> Secret {
        let value = std::env::var(name).unwrap_or_default();
        Secret::new(format!("{{env.{name}}}"), value)
    }

    /// The value itself, for the program that needs it.
    pub fn reveal(&self) -> &str {
        &self.value
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.placeholder)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.placeholder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_shown_by_its_placeholder() {
        let secret = Secret::new("{env.TOKEN}", "hunter2-secret-rs");
        assert_eq!(secret.to_string(), "{env.TOKEN}");
        assert_eq!(format!("{secret:?}"), "{env.TOKEN}");
        assert_eq!(secret.reveal(), "hunter2-secret-rs");
    }
}
