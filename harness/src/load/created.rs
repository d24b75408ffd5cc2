//! The topics that workers create in addition to the run's own. All of them are described again after the last heal.

use std::sync::{Arc, Mutex, PoisonError};

/// Their names. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct CreatedTopics(Arc<Mutex<Vec<String>>>);

impl CreatedTopics {
    /// Adds a name before the request is sent, because the request may take effect without an answer.
    pub fn add(&self, name: &str) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.push(name.to_owned());
    }

    /// All of them, in the order of their creation.
    pub fn all(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
