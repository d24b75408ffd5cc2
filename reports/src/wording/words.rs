//! What a finding becomes on the page: its title, what was promised and by whom, what was seen, and what follows.

/// A finding in words. The JSON text, JUnit, the terminal and the page are all made of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    /// The kind of finding in a few words.
    pub(crate) title: String,
    /// What is promised, in one sentence.
    pub(crate) promise: String,
    /// Where that promise comes from.
    pub(crate) authority: String,
    /// What was seen.
    pub(crate) seen: String,
    /// Why this contradicts the promise.
    pub(crate) therefore: String,
    /// Half a line for lists: how long, which node. Without it, lists show partition and offset.
    pub(crate) detail: Option<String>,
}

impl Words {
    /// Title, promise and authority; the other sentences follow with [`Words::seen`] and [`Words::therefore`].
    pub(super) fn of(title: &str, promise: &str, authority: &str) -> Words {
        Words {
            title: title.to_string(),
            promise: promise.to_string(),
            authority: authority.to_string(),
            ..Words::default()
        }
    }

    /// With what was seen.
    pub(super) fn seen(mut self, sentences: impl Into<String>) -> Words {
        self.seen = sentences.into();
        self
    }

    /// With why it contradicts the promise.
    pub(super) fn therefore(mut self, sentences: impl Into<String>) -> Words {
        self.therefore = sentences.into();
        self
    }

    /// With half a line for lists.
    pub(super) fn detail(mut self, line: impl Into<String>) -> Words {
        self.detail = Some(line.into());
        self
    }
}
