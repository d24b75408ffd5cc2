//! The files of a run. A file that is written in one piece is written under another name and renamed, so a reader never
//! sees half a file.
//!
//! | part | what it is |
//! |---|---|
//! | [`layout`] | the name of every file and folder of a run directory |
//! | `directory` | a new run's directory and the link `latest` |
//! | `retention` | which runs exist, and which are removed |
//! | [`marks`] | which run is a baseline |
//! | `asked` | what a scenario asked for, stored next to its history |
//! | [`history_file`] | reading and compressing a history |
//! | [`digests`] | whether the files of a run are those that it wrote |
//! | `space` | free space, and whether the file system keeps synced data |
//! | `whole` | files written in one piece |

mod asked;
mod date;
pub mod digests;
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
