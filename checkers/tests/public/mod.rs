//! Where the public histories with known verdicts are, which a fresh clone lacks.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Their folder. If it is not there, this says so on the terminal, also where the test's own output is captured.
#[allow(clippy::disallowed_methods, reason = "tests read files")]
pub(crate) fn histories() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/histories");
    let named = std::env::var_os("JEPSEN_HISTORIES").map(PathBuf::from);
    let found = named.into_iter().chain([beside]).find(|path| path.is_dir());
    if found.is_none() {
        let thread = std::thread::current();
        // Only the printing macros are captured. Where there is no terminal, there is nobody to tell.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED {}: the public histories are not here; JEPSEN_HISTORIES names their folder",
            thread.name().unwrap_or("a test")
        );
    }
    found
}
