//! Recording: the one stream of events of a run, and what all its sources share: the clock, worker ids, and the flags
//! and threads that end a run.

mod caller;
mod recorder;
mod space;
mod stop;
mod threads;
mod worker_ids;

pub use caller::{Caller, Outcome};
pub use recorder::{Clock, Follow, HistoryFile, Recorder};
pub use space::{Found, SpaceFlag};
pub use stop::StopFlag;
pub use threads::Threads;
pub use worker_ids::WorkerIds;
