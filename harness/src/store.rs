//! The files of a run. What is reported is durable, what is removed is ours, and a run has one writer.
//!
//! | part | what it is |
//! |---|---|
//! | [`layout`] | the name of every file and folder of a run directory |
//! | `id` | the exact form of a run's name |
//! | `directory` | a new run's directory and the link `latest` |
//! | `lock` | one writer for each run and each shared directory |
//! | `retention` | which runs exist, and which are removed |
//! | [`marks`] | which run is a baseline |
//! | `asked` | what a scenario asked for, stored next to its history |
//! | [`history_file`] | reading and compressing a history |
//! | [`digests`] | whether the files of a run are those that it wrote |
//! | `sources` | which sources this program was built of |
//! | `space` | free space, and whether the file system keeps synced data |
//! | [`reserve`] | space that is set aside for the end of a run |
//! | `whole` | files written in one piece |
//! | [`durable`] | what survives a power cut |

mod asked;
mod date;
pub mod digests;
mod directory;
pub mod durable;
pub mod history_file;
mod id;
pub mod layout;
mod lock;
pub mod marks;
mod packing;
pub mod reserve;
mod retention;
mod sources;
mod space;
mod whole;

pub use asked::Asked;
pub use date::now;
pub use directory::{RunDirectory, replace_scenario};
pub use lock::{DirectoryLock, RunLock, lock_directory};
pub use packing::Packing;
pub use retention::{prune, run_ids, under_way};
pub use sources::SOURCES;
pub use space::{FREE_BYTES_LOW, FREE_BYTES_MIN, file_system, free_bytes, is_full, shortage};
pub use whole::{sweep, write_whole};
