//! Exit codes: what scripts may rely on. The first four are Jepsen's; clap's own 2 for usage errors never leaks,
//! because it would read as *undecided*.

use checkers::verdict::Validity;

/// Everything valid.
pub const VALID: i32 = 0;
/// Something invalid: safety, leadership or liveness, their limits included. Wins over everything else.
pub const INVALID: i32 = 1;
/// Nothing invalid, something undecided or vacuous.
pub const UNDECIDED: i32 = 2;
/// All valid, but a performance limit or the baseline comparison failed.
pub const PERFORMANCE: i32 = 3;
/// The user interrupted the run.
pub const INTERRUPTED: i32 = 130;
/// This machine cannot run it: see `jepsen doctor`.
pub const MACHINE: i32 = 253;
/// Bad arguments or files.
pub const USAGE: i32 = 254;
/// A bug of the harness.
pub const BUG: i32 = 255;

/// The text that `--help` ends with.
pub const HELP: &str = "Exit codes: 0 all valid; 1 something invalid; 2 nothing invalid, something undecided; \
3 only a performance limit or the baseline comparison failed; 130 interrupted; 253 this machine cannot run it \
(see `jepsen doctor`); 254 bad arguments or files; 255 a bug of the harness.";

/// The exit code of a judged run.
pub fn of(validity: Validity, interrupted: bool) -> i32 {
    match validity {
        Validity::Invalid => INVALID,
        _ if interrupted => INTERRUPTED,
        Validity::Undecided => UNDECIDED,
        Validity::Valid | Validity::NotApplicable => VALID,
    }
}

/// An error that ends the program with a chosen code. Anything else that reaches `main` is a bug and ends with
/// [`BUG`].
#[derive(Debug)]
pub struct Stop {
    /// The exit code.
    pub code: i32,
    /// What to tell the user: what is wrong, and what to do.
    pub message: String,
}

impl Stop {
    /// Bad arguments or files.
    pub fn usage(message: impl Into<String>) -> anyhow::Error {
        Stop {
            code: USAGE,
            message: message.into(),
        }
        .into()
    }

    /// This machine cannot run it.
    pub fn machine(message: impl Into<String>) -> anyhow::Error {
        Stop {
            code: MACHINE,
            message: message.into(),
        }
        .into()
    }
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Stop {}
