//! Free space, errors that say that there is none, and whether a file system keeps synced data.

use std::io;
use std::path::Path;

use nix::errno::Errno;
use nix::sys::statvfs::statvfs;

/// With less free space than this a run does not start. A minute at the default rate needs about a tenth of it.
pub const FREE_BYTES_MIN: u64 = 512 << 20;

/// With less free space than this a run ends early, while there is still space to save its data.
pub const FREE_BYTES_LOW: u64 = 128 << 20;

/// With fewer free files than this a run ends early, too.
const FREE_FILES_LOW: u64 = 64;

/// Free bytes for this user on the file system of `path`.
pub fn free_bytes(path: &Path) -> Option<u64> {
    let stat = statvfs(path).ok()?;
    Some(stat.blocks_available() * stat.fragment_size())
}

/// Whether so little is left that a run must end: the free bytes then. File systems that have no fixed number of files
/// report none at all.
pub fn shortage(path: &Path) -> Option<u64> {
    let stat = statvfs(path).ok()?;
    let free = stat.blocks_available() * stat.fragment_size();
    let few_files = stat.files() > 0 && stat.files_available() < FREE_FILES_LOW;
    (free < FREE_BYTES_LOW || few_files).then_some(free)
}

/// Whether an error says that there is no space left, on the disk or in the user's quota.
pub fn is_full(error: &io::Error) -> bool {
    let full = [Errno::ENOSPC, Errno::EDQUOT].map(|errno| errno as i32);
    error
        .raw_os_error()
        .is_some_and(|number| full.contains(&number))
}

/// The name of the file system of `path`, and whether synced data survives a power loss there.
pub fn file_system(path: &Path) -> (String, bool) {
    let Ok(stat) = nix::sys::statfs::statfs(path) else {
        return ("unknown".into(), false);
    };
    // Numbers from statfs(2). nix has names for only some of them.
    let magic = stat.filesystem_type().0;
    let (name, real) = match magic {
        0x0102_1994 => ("tmpfs", false),
        0x8584_58f6 => ("ramfs", false),
        0xef53 => ("ext4", true),
        0x5846_5342 => ("xfs", true),
        0x9123_683e => ("btrfs", true),
        0x794c_7630 => ("overlayfs", true),
        0x2fc1_2fc1 => ("zfs", true),
        0xf2f5_2010 => ("f2fs", true),
        0x6969 => ("nfs", true),
        _ => return (format!("{magic:#x}"), true),
    };
    (name.into(), real)
}
