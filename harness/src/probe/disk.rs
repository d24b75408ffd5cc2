//! The disk's latency: a thread appends a page next to the nodes' data, syncs it as the nodes do, and measures the
//! time. A node whose sync takes half a second processes no heartbeat meanwhile, and the consequences look like a fault
//! of the node. Observed next to a running compiler: nothing was acknowledged for 2.7 s, no thread waited for a
//! processor, and a cluster without faults changed its leader twice.
//!
//! The run-queue delay of the nodes' processes is recorded too ([`super::figures`]), but a thread that waits for a disk
//! does not wait for a processor. The kernel's pressure figure does not distinguish a busy log from a blocked disk.

use std::fs::{File, OpenOptions};
use std::io::{Error, Result, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use checkers::history::{Late, What};
use nemesis::process::pressure::Resource;

use super::PERIOD;
use super::lateness::Share;
use crate::record::{Found, Recorder, SpaceFlag, StopFlag};
use crate::store::is_full;

/// The size of each write: one page, so that there is something to sync.
const BYTES: [u8; 4096] = [0; 4096];
/// A sync that takes at least this long is recorded. Shorter ones are caused by the nodes' own load on a slow disk.
const WORTH_TELLING: Duration = Duration::from_millis(100);

/// Appends and syncs in `directory` until asked to stop. A failure for lack of space is reported by `space`. It is
/// noticed here and not by the number of free blocks if a quota is exhausted, or no file can be created any more. After
/// any other failure it retries and records nothing, because the nodes' own output reports what is wrong there.
pub fn watch(directory: &Path, recorder: &Recorder, space: &SpaceFlag, stop: &StopFlag) {
    let mut written = Instant::now();
    let short = |error: &Error, since| {
        if is_full(error) {
            space.set(Found {
                since,
                free_bytes: None,
            });
        }
    };
    let mut pressure = Share::begin(Resource::Io);
    let mut file = None;
    let mut next = Instant::now();
    while stop.sleep_until(next) {
        next = Instant::now() + PERIOD;
        if file.is_none() {
            let opened = nameless(directory);
            file = opened.inspect_err(|error| short(error, written)).ok();
        }
        let Some(open) = &mut file else { continue };
        let before = Instant::now();
        if let Err(error) = synced(open) {
            short(&error, written);
            file = None;
            continue;
        }
        written = before;
        let took = before.elapsed();
        if took >= WORTH_TELLING {
            recorder.record(What::Late(Box::new(Late {
                who: "disk".into(),
                thread: None,
                by_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                over_ms: None,
                cpu_pressure: None,
                io_pressure: pressure.since_last(),
            })));
        }
    }
}

/// An unlinked file, which disappears with this process, however it ends.
fn nameless(directory: &Path) -> Result<File> {
    let path = directory.join(".sync-probe");
    let file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// Grows the file by a page and syncs it. Overwriting a page would not need the file system's journal, which the nodes'
/// growing logs do need. The file starts again before it becomes large.
fn synced(file: &mut File) -> Result<()> {
    const LARGE: u64 = 1 << 20;
    if file.stream_position()? >= LARGE {
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
    }
    file.write_all(&BYTES)?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_leaves_nothing_behind_and_stays_small() {
        let directory = tempfile::tempdir().expect("a folder");
        let mut file = nameless(directory.path()).expect("a file");
        for _ in 0..300 {
            synced(&mut file).expect("synced");
        }
        assert!(file.metadata().expect("open").len() <= 1 << 20);
        assert_eq!(
            std::fs::read_dir(directory.path())
                .expect("readable")
                .count(),
            0
        );
    }

    #[test]
    fn where_nothing_can_be_written_there_is_an_error_and_no_file() {
        assert!(nameless(Path::new("/proc")).is_err());
    }
}
