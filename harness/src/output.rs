//! The only module that prints. Data goes to stdout, messages go to stderr. Colour and bars are used only on a
//! terminal, and never if `NO_COLOR` is set.

pub mod comparison;
pub mod progress;

use std::io::{IsTerminal, Write};
use std::path::Path;

use crate::secret::clean_text;

/// Writes a message line to stderr. A closed terminal does not end a run.
pub fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", clean_text(line));
}

/// Writes data to stdout. A reader that closed the pipe (`| head`) is not an error.
pub fn tell(text: &str) {
    let mut out = std::io::stdout();
    let text = clean_text(text);
    let _ = out.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = out.write_all(b"\n");
    }
    let _ = out.flush();
}

/// Whether stdout supports colour.
pub fn colour() -> bool {
    std::io::stdout().is_terminal() && no_colour_unset()
}

/// Whether stderr is a terminal that can show a bar.
pub fn bars() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

fn no_colour_unset() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// A path as the user would type it: relative if it is below the current directory.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let relative = here
        .as_deref()
        .and_then(|here| path.strip_prefix(here).ok());
    relative.unwrap_or(path).display().to_string()
}
