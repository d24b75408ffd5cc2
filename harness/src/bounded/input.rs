//! Standard input, read once and kept: a history is looked at before it is parsed, and a pipe cannot be read twice.

use std::io::{Error, ErrorKind, IsTerminal, Read, Result};
use std::sync::OnceLock;

/// The maximum size of standard input, as it comes: 1 GiB.
const BYTES_MAX: u64 = 1 << 30;

/// What a path on the command line is called that means standard input.
pub const NAME: &str = "-";

/// All bytes of standard input.
///
/// # Errors
/// If it is a terminal, cannot be read, or is larger than 1 GiB.
pub fn whole() -> Result<&'static [u8]> {
    static INPUT: OnceLock<std::result::Result<Vec<u8>, String>> = OnceLock::new();
    let read = INPUT.get_or_init(|| read().map_err(|error| error.to_string()));
    match read {
        Ok(bytes) => Ok(bytes),
        Err(problem) => Err(Error::new(ErrorKind::InvalidData, problem.clone())),
    }
}

fn read() -> Result<Vec<u8>> {
    let refused = |what: &str| Error::new(ErrorKind::InvalidData, what);
    let input = std::io::stdin();
    if input.is_terminal() {
        return Err(refused(
            "standard input is a terminal: redirect a history to it",
        ));
    }
    let mut bytes = Vec::new();
    input.lock().take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > BYTES_MAX {
        true => Err(refused(
            "standard input is larger than 1024 MiB, the most for a history",
        )),
        false => Ok(bytes),
    }
}
