//! Files that other people or programs wrote, read within bounds. Everything that the harness reads from a path that a
//! user named, from a run directory, or from a node's folder is opened here.
//!
//! | part | bound |
//! |---|---|
//! | [`file`](self) | regular files only; a maximum size for each kind of file; no links below a run directory |
//! | [`lines`] | a maximum length of a line |
//! | [`input`] | standard input: a maximum size, no terminal |
//! | [`packed`] | zstd and gzip: a maximum window, a maximum ratio, and every error of the decoder |
//! | [`memory`] | a process that needs more memory than there is ends with a message and an exit code |
//!
//! A named pipe would block for ever, a device may never end, and opening one may act on it. Errors are
//! [`std::io::Error`] with a sentence. They do not contain the path; the caller names it.

mod file;
pub mod input;
pub mod lines;
pub mod memory;
pub mod packed;

pub use file::{CONFIG, LOG, MARK, PLAN, VALUES, open, open_below, text, text_below};
