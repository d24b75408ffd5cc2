//! Disks that lose power: what was synced stays, what was not is gone, of files and of names; torn; mapped; full; rotten.

mod sequence;
mod syncs;

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use nemesis::disk::{Disk, Durability};
use nemesis::sandbox::Isolation;

use crate::Case;
use crate::support::enter_or_skip;

pub(crate) const CASES: &[Case] = &[
    ("power_files_keep_what_was_synced", files),
    ("power_names_follow_the_journal", || {
        names(Durability::Journal)
    }),
    ("power_names_follow_posix", || names(Durability::Posix)),
    (
        "power_any_sequence_comes_back_as_it_was_synced",
        sequence::any,
    ),
    ("power_mapped_pages_are_lost_unless_synced", mapped),
    ("power_torn_parts_are_drawn", torn),
    ("power_locks_links_and_lists_work", usual),
    ("power_late_and_untrue_syncs", syncs::late_and_untrue),
    ("power_a_sync_that_failed_once", syncs::failed_once),
    (
        "power_a_sync_under_way_does_not_come_to_its_end",
        syncs::under_way,
    ),
    ("power_full_and_rotten", full_and_rotten),
    ("power_open_files_fail_after_the_cut", after_the_cut),
];

/// A disk in a folder of the build's, which is on a real file system.
struct Bench {
    folder: tempfile::TempDir,
    disk: Option<Disk>,
}

impl Bench {
    fn new(durability: Durability) -> Bench {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let (directory, trash) = (folder.path().join("disk"), folder.path().join("trash"));
        std::fs::create_dir(&directory).expect("a directory");
        let disk = match Disk::mount(&directory, &trash, durability) {
            Ok(disk) => disk,
            Err(error) => {
                println!("skipped: {error}");
                std::process::exit(crate::SKIPPED);
            }
        };
        Bench {
            folder,
            disk: Some(disk),
        }
    }

    fn disk(&self) -> &Disk {
        self.disk.as_ref().expect("it is mounted")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("disk").join(name)
    }

    fn sync_root(&self) {
        File::open(self.path(""))
            .and_then(|root| root.sync_all())
            .expect("synced");
    }
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("it is there")
}

fn files() {
    let _entered = enter_or_skip(Isolation::Network);
    let bench = Bench::new(Durability::Journal);
    let file = File::create(bench.path("log")).expect("created");
    file.write_all_at(&[1; 10_000], 0).expect("written");
    file.sync_all().expect("synced");
    file.write_all_at(&[2; 5_000], 8_000).expect("written");
    assert_eq!(read(&bench.path("log")).len(), 13_000);
    drop(file);
    let loss = bench.disk().cut(None).expect("cut");
    assert_eq!((loss.files, loss.bytes, loss.pages), (1, 3_000, 2));
    assert_eq!(read(&bench.path("log")), vec![1; 10_000]);
    // And again, on the disk that came back.
    std::fs::write(bench.path("log"), "shorter").expect("written");
    bench.disk().cut(None).expect("cut");
    assert_eq!(read(&bench.path("log")), vec![1; 10_000]);
}

fn names(durability: Durability) {
    let _entered = enter_or_skip(Isolation::Network);
    let bench = Bench::new(durability);
    let write = |name: &str, text: &str| std::fs::write(bench.path(name), text).expect("written");
    let sync = |name: &str| {
        let file = OpenOptions::new()
            .write(true)
            .open(bench.path(name))
            .expect("open");
        file.sync_all().expect("synced");
    };
    for name in ["kept", "removed", "old", "victim"] {
        write(name, name);
        sync(name);
    }
    bench.sync_root();
    std::fs::remove_file(bench.path("removed")).expect("removed");
    std::fs::rename(bench.path("old"), bench.path("victim")).expect("renamed");
    std::fs::create_dir(bench.path("directory")).expect("made");
    write("directory/new", "new");
    let names = |bench: &Bench| {
        let entries = std::fs::read_dir(bench.path("")).expect("listed");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("entry").file_name())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(&bench), ["directory", "kept", "victim"]);
    bench.disk().cut(None).expect("cut");
    assert_eq!(names(&bench), ["kept", "old", "removed", "victim"]);
    assert_eq!(read(&bench.path("victim")), b"victim");
    assert_eq!(read(&bench.path("removed")), b"removed");
    // A sync of any file writes the journal; POSIX alone promises nothing of names.
    std::fs::remove_file(bench.path("removed")).expect("removed");
    write("new", "new");
    sync("new");
    bench.disk().cut(None).expect("cut");
    match durability {
        Durability::Journal => assert_eq!(names(&bench), ["kept", "new", "old", "victim"]),
        Durability::Posix => assert_eq!(names(&bench), ["kept", "old", "removed", "victim"]),
    }
}

fn mapped() {
    let _entered = enter_or_skip(Isolation::Network);
    let bench = Bench::new(Durability::Journal);
    let path = bench.path("index");
    let file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)
        .expect("created");
    file.set_len(8_192).expect("set");
    file.sync_all().expect("synced");
    let length = std::num::NonZeroUsize::new(8_192).expect("not zero");
    let protection = nix::sys::mman::ProtFlags::PROT_READ | nix::sys::mman::ProtFlags::PROT_WRITE;
    let shared = nix::sys::mman::MapFlags::MAP_SHARED;
    // Another process, as a node is one: unmapping waits for the file system with the memory of its process locked, and a file
    // system in the same process needs memory to answer.
    // SAFETY: the child makes system calls and ends. It uses a new mapping of an open file, within its length and not after it
    // is removed.
    let child = unsafe {
        match nix::unistd::fork().expect("forked") {
            nix::unistd::ForkResult::Parent { child } => child,
            nix::unistd::ForkResult::Child => {
                let start = nix::sys::mman::mmap(None, length, protection, shared, &file, 0);
                let done = start.and_then(|start| {
                    let bytes = start.cast::<u8>();
                    bytes.write(1);
                    let wait = nix::sys::mman::MsFlags::MS_SYNC;
                    nix::sys::mman::msync(start, 8_192, wait)?;
                    bytes.add(5_000).write(2);
                    nix::sys::mman::munmap(start, 8_192)
                });
                nix::libc::_exit(i32::from(done.is_err()));
            }
        }
    };
    let ended = nix::sys::wait::waitpid(child, None).expect("it ended");
    assert_eq!(ended, nix::sys::wait::WaitStatus::Exited(child, 0));
    drop(file);
    bench.disk().cut(None).expect("cut");
    let bytes = read(&path);
    assert_eq!((bytes.len(), bytes[0], bytes[5_000]), (8_192, 1, 0));
}

fn torn() {
    let _entered = enter_or_skip(Isolation::Network);
    let mut lengths = std::collections::BTreeSet::new();
    for seed in 0..20 {
        let bench = Bench::new(Durability::Journal);
        let file = File::create(bench.path("log")).expect("created");
        file.write_all_at(&[1; 6_000], 0).expect("written");
        file.sync_all().expect("synced");
        file.write_all_at(&[2; 100_000], 6_000).expect("written");
        drop(file);
        bench.disk().cut(Some(seed)).expect("cut");
        let bytes = read(&bench.path("log"));
        assert!(bytes.len() >= 6_000 && bytes[..6_000].iter().all(|byte| *byte == 1));
        assert!(bytes[6_000..].iter().all(|byte| *byte == 2));
        lengths.insert(bytes.len());
    }
    assert!(lengths.len() > 5, "{lengths:?}");
}

fn usual() {
    let _entered = enter_or_skip(Isolation::Network);
    let bench = Bench::new(Durability::Journal);
    for number in 0..300 {
        std::fs::write(bench.path(&format!("many-{number}")), number.to_string()).expect("written");
    }
    assert_eq!(
        std::fs::read_dir(bench.path("")).expect("listed").count(),
        300
    );
    std::fs::hard_link(bench.path("many-7"), bench.path("linked")).expect("linked");
    std::os::unix::fs::symlink("many-8", bench.path("soft")).expect("linked");
    assert_eq!(read(&bench.path("linked")), b"7");
    assert_eq!(read(&bench.path("soft")), b"8");
    std::fs::create_dir_all(bench.path("a/b/c")).expect("made");
    assert!(
        std::fs::remove_dir(bench.path("a")).is_err(),
        "it is not empty"
    );
    std::fs::rename(bench.path("a/b"), bench.path("b")).expect("moved");
    std::fs::remove_dir_all(bench.path("b")).expect("removed");
    let file = File::create(bench.path("locked")).expect("created");
    let exclusive = nix::fcntl::FlockArg::LockExclusiveNonblock;
    let _lock = nix::fcntl::Flock::lock(file, exclusive).expect("locked");
    let other = File::options()
        .write(true)
        .open(bench.path("locked"))
        .expect("open");
    assert!(
        nix::fcntl::Flock::lock(other, exclusive).is_err(),
        "it is locked"
    );
    let open = File::options()
        .append(true)
        .create(true)
        .open(bench.path("appended"))
        .expect("open");
    for _ in 0..3 {
        std::io::Write::write_all(&mut &open, b"abc").expect("appended");
    }
    assert_eq!(read(&bench.path("appended")), b"abcabcabc");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o640);
    std::fs::set_permissions(bench.path("appended"), mode).expect("set");
    std::fs::remove_file(bench.path("appended")).expect("removed");
    std::io::Write::write_all(&mut &open, b"still open").expect("written to what has no name");
}

fn full_and_rotten() {
    let _entered = enter_or_skip(Isolation::Network);
    let bench = Bench::new(Durability::Journal);
    let file = File::create(bench.path("log")).expect("created");
    file.write_all_at(&[1; 400_000], 0).expect("written");
    bench.disk().set_full(true);
    let refused = file.write_all_at(b"more", 400_000).expect_err("full");
    assert_eq!(
        refused.raw_os_error(),
        Some(nix::errno::Errno::ENOSPC as i32)
    );
    let free = |bench: &Bench| {
        nix::sys::statvfs::statvfs(&bench.path(""))
            .expect("asked")
            .blocks_available()
    };
    assert_eq!(free(&bench), 0);
    bench.disk().set_full(false);
    assert!(free(&bench) > 0);
    file.write_all_at(b"more", 400_000).expect("room again");
    // What the kernel had remembered of the file is read again.
    assert!(
        read(&bench.path("log"))
            .iter()
            .take(400_000)
            .all(|byte| *byte == 1)
    );
    bench.disk().set_rot(Some((1, 0.2)));
    let rotten = read(&bench.path("log"));
    let flipped = rotten
        .iter()
        .take(400_000)
        .filter(|byte| **byte != 1)
        .count();
    assert!((5..60).contains(&flipped), "{flipped} of 98 pages");
    bench.disk().set_rot(None);
    assert!(
        read(&bench.path("log"))
            .iter()
            .take(400_000)
            .all(|byte| *byte == 1)
    );
    let met = bench.disk().met();
    assert!(met.refused == 1 && met.rotten > 0, "{met:?}");
    // What one fault met is no evidence of the next.
    bench.disk().set_full(true);
    bench.disk().set_rot(Some((2, 0.2)));
    let met = bench.disk().met();
    assert!(met.refused == 0 && met.rotten == 0, "{met:?}");
}

/// A process that survived its kill, or a page that is written back late, reaches nothing any more.
fn after_the_cut() {
    let _entered = enter_or_skip(Isolation::Network);
    let mut bench = Bench::new(Durability::Journal);
    let file = File::create(bench.path("log")).expect("created");
    file.write_all_at(b"synced", 0).expect("written");
    file.sync_all().expect("synced");
    bench.disk().cut(None).expect("cut");
    assert!(file.write_all_at(b"late", 0).is_err());
    assert!(file.sync_all().is_err());
    assert_eq!(read(&bench.path("log")), b"synced");
    // Without its disk the directory is an ordinary one, with everything in it, and the trash is gone.
    std::fs::write(bench.path("unsynced"), "unsynced").expect("written");
    bench.disk = None;
    assert_eq!(read(&bench.path("unsynced")), b"unsynced");
    assert!(!bench.folder.path().join("trash").exists());
}
