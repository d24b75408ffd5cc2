//! The disk's own lateness: a thread that appends a little beside the nodes' data and syncs it, as they do, and looks how
//! long that took. A node whose sync waits for half a second hears no heartbeat meanwhile and answers none, and what
//! follows looks like its own fault. Seen beside a compiler: nothing was acknowledged for 2.7 s, no thread waited for a
//! processor, and a cluster without faults changed its leader twice.
//!
//! The nodes' processes are also told by their run-queue delay ([`super::figures`]), but a thread that waits for a disk is
//! not waiting for a processor; and the kernel's figure of pressure cannot tell a busy log from a disk that stands still.

use std::fs::{File, OpenOptions};
use std::io::{Result, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use checkers::history::{Late, What};
use nemesis::process::pressure::Resource;

use super::PERIOD;
use super::lateness::Share;
use crate::record::{Recorder, StopFlag};

/// What is written each time: one page, so that there is something to sync.
const BYTES: [u8; 4096] = [0; 4096];
/// A sync of so long is worth telling. Below it the nodes' own load on a slow disk is the cause.
const WORTH_TELLING: Duration = Duration::from_millis(100);

/// Appends and syncs in `directory` until told to stop. Where that cannot be done (a full disk), it is tried again, and
/// nothing is told: the nodes' own words say what is wrong there.
pub fn watch(directory: &Path, recorder: &Recorder, stop: &StopFlag) {
    let mut pressure = Share::begin(Resource::Io);
    let mut file = None;
    let mut next = Instant::now();
    while stop.sleep_until(next) {
        next = Instant::now() + PERIOD;
        if file.is_none() {
            file = nameless(directory).ok();
        }
        let Some(open) = &mut file else { continue };
        let before = Instant::now();
        if synced(open).is_err() {
            file = None;
            continue;
        }
        let took = before.elapsed();
        if took >= WORTH_TELLING {
            recorder.record(What::Late(Box::new(Late {
                who: "disk".into(),
                by_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                over_ms: None,
                cpu_pressure: None,
                io_pressure: pressure.since_last(),
            })));
        }
    }
}

/// A file that nobody finds and that is gone with this process, however it ends.
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

/// Grows the file by a page and syncs it: a page that is written over would spare the disk its journal, which the nodes'
/// growing logs are not spared. It starts again before it is large.
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
