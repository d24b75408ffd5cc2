//! The end of an operation, whatever came of it: read, changed, and given another outcome.

use crate::history::{Completion, Event, Outcome, Text, What, WorkerId};

/// The end of an operation that a line records.
pub(super) fn completion(what: &What) -> Option<&Completion> {
    match what {
        What::Ok(completion) | What::Fail(completion) | What::Info(completion) => Some(completion),
        _ => None,
    }
}

/// The same, to be changed.
pub(super) fn completion_mut(what: &mut What) -> Option<&mut Completion> {
    match what {
        What::Ok(completion) | What::Fail(completion) | What::Info(completion) => Some(completion),
        _ => None,
    }
}

/// How the operation came out.
pub(super) fn outcome(what: &What) -> Option<Outcome> {
    match what {
        What::Ok(_) => Some(Outcome::Ok),
        What::Fail(_) => Some(Outcome::Fail),
        What::Info(_) => Some(Outcome::Info),
        _ => None,
    }
}

/// Gives the end of an operation another outcome and error.
pub(super) fn come_out(event: &mut Event, outcome: Outcome, error: Option<&str>) {
    let what = std::mem::replace(&mut event.what, What::Unknown);
    event.what = match what {
        What::Ok(mut completion) | What::Fail(mut completion) | What::Info(mut completion) => {
            completion.error = error.map(Text::from);
            match outcome {
                Outcome::Ok => What::Ok(completion),
                Outcome::Fail => What::Fail(completion),
                Outcome::Info => What::Info(completion),
            }
        }
        other => other,
    };
}

/// Who called or was answered.
pub(super) fn worker(what: &What) -> Option<WorkerId> {
    match what {
        What::Invoke(invocation) => Some(invocation.worker),
        what => completion(what).map(|completion| completion.worker),
    }
}
