//! What a run leaves on disk. Everything that is written whole is written beside its place and renamed, so that a reader
//! never sees half a file.
//!
//! | part | what it is |
//! |---|---|
//! | [`layout`] | the name of every file and folder of a run directory |
//! | `directory` | a new run's directory and the link `latest` |
//! | `retention` | which runs there are, and which are removed |
//! | [`marks`] | which run is a baseline |
//! | `asked` | what a scenario asked for, beside its history |
//! | [`history_file`] | reading, compressing a history |
//! | `space` | free space, and whether the file system keeps what is synced |
//! | `whole` | files written whole |

mod asked;
mod date;
mod directory;
pub mod history_file;
pub mod layout;
pub mod marks;
mod retention;
mod space;
mod whole;

pub use asked::Asked;
pub use date::now;
pub use directory::RunDirectory;
pub use retention::{prune, run_ids};
pub use space::{FREE_BYTES_LOW, FREE_BYTES_MIN, file_system, free_bytes};
pub use whole::write_whole;
