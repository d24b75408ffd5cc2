//! The one guard against panics: around each preparation, and around each check.
//!
//! What panics yields a [`Failure`] with the panic's message. What needs a preparation that failed ends with that same
//! failure: the first cause is reported, not what followed from it. A failure never ends the judging.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// What panicked, and with which message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    what: &'static str,
    message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} panicked: {}", self.what, self.message)
    }
}

/// Something that checks need, or why it could not be prepared.
pub(super) type Part<T> = Result<T, Failure>;

/// Runs something that may panic. `what` names it in the failure.
pub(super) fn guarded<T>(what: &'static str, run: impl FnOnce() -> T) -> Part<T> {
    let run = || {
        #[cfg(test)]
        sabotage::strike(what);
        run()
    };
    catch_unwind(AssertUnwindSafe(run)).map_err(|payload| match payload.downcast::<Failure>() {
        Ok(cause) => *cause,
        Err(payload) => Failure {
            what,
            message: message(&*payload),
        },
    })
}

/// A part that is needed. If it could not be prepared, this unwinds to the next guard with the part's own failure.
pub(super) fn needed<T>(part: &Part<T>) -> &T {
    match part {
        Ok(prepared) => prepared,
        // Not a panic of its own: the hook that prints panics is not called again.
        Err(failure) => resume_unwind(Box::new(failure.clone())),
    }
}

/// A list that is needed: see [`needed`].
pub(super) fn listed<T>(part: &Part<Vec<T>>) -> &[T] {
    needed::<Vec<T>>(part)
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&'static str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message").to_owned()
}

/// Lets a test make any guarded step panic.
#[cfg(test)]
pub(super) mod sabotage {
    use std::cell::Cell;

    thread_local! {
        static STEP: Cell<Option<&'static str>> = const { Cell::new(None) };
    }

    /// Runs something while one step, by its name in the guard, panics.
    pub(in crate::checks) fn of<T>(step: &'static str, run: impl FnOnce() -> T) -> T {
        STEP.set(Some(step));
        let done = run();
        STEP.set(None);
        done
    }

    pub(super) fn strike(step: &str) {
        assert!(STEP.get() != Some(step), "sabotaged");
    }
}
