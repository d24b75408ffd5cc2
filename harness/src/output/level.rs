//! How much is said: `-q` and `-v`, chosen once before a command begins.
//!
//! | level | printed |
//! |---|---|
//! | quiet | the data or the verdict lines of the command, and errors |
//! | plain | also what runs, its progress, warnings, the first finding explained, and where to read on |
//! | verbose | also what the harness does, with the time since its start |

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Instant;

use clap::Args;

const QUIET: u8 = 0;
const PLAIN: u8 = 1;
const VERBOSE: u8 = 2;

static LEVEL: AtomicU8 = AtomicU8::new(PLAIN);

/// The start of the program, as soon as anything asks for it.
static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);

/// How much to say: flags of every command.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Level {
    /// Print only data, verdict lines and errors.
    #[arg(
        short,
        long,
        global = true,
        conflicts_with = "verbose",
        help_heading = "Output"
    )]
    pub quiet: bool,
    /// Print also what the harness does.
    #[arg(short, long, global = true, help_heading = "Output")]
    pub verbose: bool,
}

impl Level {
    /// Makes it the level of this process.
    pub fn choose(self) {
        LazyLock::force(&BEGAN);
        let level = match (self.quiet, self.verbose) {
            (true, _) => QUIET,
            (false, true) => VERBOSE,
            (false, false) => PLAIN,
        };
        LEVEL.store(level, Ordering::Relaxed);
    }
}

/// Whether only data, verdict lines and errors are printed.
pub fn is_quiet() -> bool {
    LEVEL.load(Ordering::Relaxed) == QUIET
}

/// Whether it is also printed what the harness does.
pub fn is_verbose() -> bool {
    LEVEL.load(Ordering::Relaxed) == VERBOSE
}

/// The time since the start of the program, in seconds.
pub(super) fn seconds() -> f64 {
    BEGAN.elapsed().as_secs_f64()
}
