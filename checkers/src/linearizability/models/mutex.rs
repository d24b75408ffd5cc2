//! A lock: acquire, release. Who holds it is not looked at, as in Knossos.

use std::fmt::{Display, Formatter};

use crate::linearizability::Model;

/// What was done to a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MutexAction {
    /// Take it; possible only while it is free.
    Acquire,
    /// Let it go; possible only while it is taken.
    Release,
}

/// A lock that begins free.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mutex;

impl Model for Mutex {
    /// Whether it is taken.
    type State = bool;
    type Action = MutexAction;

    fn initial(&self) -> bool {
        false
    }

    fn step(&self, taken: &bool, action: &MutexAction) -> Option<bool> {
        match action {
            MutexAction::Acquire => (!taken).then_some(true),
            MutexAction::Release => taken.then_some(false),
        }
    }

    fn describe(&self, taken: &bool) -> String {
        if *taken { "taken" } else { "free" }.to_owned()
    }
}

impl Display for MutexAction {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            MutexAction::Acquire => "acquire",
            MutexAction::Release => "release",
        })
    }
}
