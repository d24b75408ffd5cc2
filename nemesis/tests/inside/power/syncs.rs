//! Syncs that are late, untrue, fail once, or are under way when the power goes.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use nemesis::disk::{Durability, SyncTrouble};
use nemesis::sandbox::Isolation;

use super::{Bench, read};
use crate::support::enter_or_skip;

pub(super) fn late_and_untrue() {
    let _entered = enter_or_skip(Isolation::Network);
    let bench = Bench::new(Durability::Journal);
    let file = File::create(bench.path("log")).expect("created");
    file.sync_all().expect("synced");
    bench
        .disk()
        .set_sync_trouble(Some(SyncTrouble::Late(Duration::from_millis(300))));
    let before = Instant::now();
    file.write_all_at(b"late", 0).expect("written");
    file.sync_all().expect("synced");
    assert!(before.elapsed() >= Duration::from_millis(300));
    bench.disk().set_sync_trouble(Some(SyncTrouble::Lie));
    file.write_all_at(b"lied", 4).expect("written");
    file.sync_all().expect("said to be synced");
    drop(file);
    bench.disk().cut(None).expect("cut");
    assert_eq!(read(&bench.path("log")), b"late");
}

/// The second sync succeeds, everything is readable, and the hole is there after the cut.
pub(super) fn failed_once() {
    let _entered = enter_or_skip(Isolation::Network);
    let bench = Bench::new(Durability::Journal);
    let file = File::create(bench.path("log")).expect("created");
    let block = |byte: u8| vec![byte; 4096];
    file.write_all_at(&block(1), 0).expect("written");
    file.sync_all().expect("synced");
    bench.disk().set_sync_trouble(Some(SyncTrouble::FailOnce));
    file.sync_all().expect("there is nothing to write");
    file.write_all_at(&block(2), 4096).expect("written");
    let failed = file.sync_data().expect_err("the disk fails");
    assert_eq!(failed.raw_os_error(), Some(nix::errno::Errno::EIO as i32));
    file.sync_data().expect("as if nothing had been");
    bench.disk().set_sync_trouble(None);
    assert_eq!(bench.disk().met().failed, 1);
    file.write_all_at(&block(3), 8192).expect("written");
    file.sync_all().expect("synced");
    drop(file);
    assert_eq!(
        read(&bench.path("log")),
        [block(1), block(2), block(3)].concat()
    );
    bench.disk().cut(None).expect("cut");
    assert_eq!(
        read(&bench.path("log")),
        [block(1), block(0), block(3)].concat()
    );
}

/// A process that is killed in a sync ends only when that is answered. If it were executed first, nothing would ever be lost
/// that a node was about to sync.
pub(super) fn under_way() {
    let _entered = enter_or_skip(Isolation::Network);
    let bench = Bench::new(Durability::Journal);
    let file = File::create(bench.path("log")).expect("created");
    file.sync_all().expect("synced");
    let late = SyncTrouble::Late(Duration::from_millis(200));
    bench.disk().set_sync_trouble(Some(late));
    let answered = std::thread::scope(|scope| {
        let syncing = scope.spawn(|| {
            file.write_all_at(b"unsynced", 0).expect("written");
            file.sync_all()
        });
        std::thread::sleep(Duration::from_millis(100));
        bench.disk().hold();
        std::thread::sleep(Duration::from_millis(400));
        assert!(!syncing.is_finished(), "it was told of the cut");
        bench.disk().release();
        syncing.join().expect("no panic")
    });
    let code = answered.expect_err("the power is gone").raw_os_error();
    assert_eq!(code, Some(nix::errno::Errno::EIO as i32));
    drop(file);
    bench.disk().cut(None).expect("cut");
    assert_eq!(read(&bench.path("log")), b"");
    // A cut that did not take place leaves everything as it was.
    let file = File::create(bench.path("log")).expect("created");
    bench.disk().hold();
    bench.disk().restore();
    file.write_all_at(b"synced", 0).expect("written");
    file.sync_all().expect("synced");
}
