//! Landlock: the rules that the kernel enforces for a node. They are built in the parent, because that opens files and
//! allocates; the child only obeys.

use std::io;
use std::os::fd::{OwnedFd, RawFd};
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated,
    RulesetCreatedAttr, Scope,
};

use super::Room;
use super::privileges::done;
use super::stage::DEVICES;

/// What is asked for; an older kernel enforces the part that it knows.
const WANTED: ABI = ABI::V6;

/// The first version without a rule that no broker can live with: version 1 forbids every rename from one directory to
/// another.
const VERSION_MIN: i32 = 2;

/// Asks for the version instead of making rules.
const ASK_VERSION: libc::c_uint = 1;

/// Access to a single file; the rest of [`AccessFs::from_write`] is for directories.
fn to_file() -> BitFlags<AccessFs> {
    AccessFs::WriteFile | AccessFs::Truncate | AccessFs::IoctlDev
}

/// The kernel's version of Landlock; or why it cannot be used.
pub(super) fn version() -> Result<i32, String> {
    let nothing = std::ptr::null::<libc::c_void>();
    // SAFETY: with this flag the kernel reads no memory.
    let version =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, nothing, 0, ASK_VERSION) };
    match i32::try_from(version) {
        Ok(version) if version >= VERSION_MIN => Ok(version),
        Ok(version) if version > 0 => Err(format!(
            "Landlock has version {version}, and version {VERSION_MIN} (Linux 5.19) is needed"
        )),
        _ => Err(format!(
            "this kernel has no Landlock: {}",
            io::Error::last_os_error()
        )),
    }
}

/// The rules of a node with this room. `shared` is its shared memory.
pub(super) fn build(room: &Room, shared: Option<&Path>) -> io::Result<OwnedFd> {
    let writing = AccessFs::from_write(WANTED);
    let created = Ruleset::default()
        .handle_access(writing)
        .and_then(|rules| rules.scope(Scope::from_all(WANTED)))
        .and_then(Ruleset::create)
        .map_err(io::Error::other)?;
    let directories = room.directories.iter().map(|path| (path.as_path(), true));
    let files = room.files.iter().map(|path| (path.as_path(), false));
    let devices = DEVICES.iter().map(|path| (Path::new(path), false));
    let shared = shared.into_iter().map(|path| (path, true));
    let all = directories.chain(files).chain(devices).chain(shared);
    let created = all
        .into_iter()
        .try_fold(created, |created, (path, is_directory)| {
            permit(
                created,
                path,
                if is_directory { writing } else { to_file() },
            )
        })?;
    Option::<OwnedFd>::from(created)
        .ok_or_else(|| io::Error::other("the kernel made no Landlock rules"))
}

fn permit(
    created: RulesetCreated,
    path: &Path,
    access: BitFlags<AccessFs>,
) -> io::Result<RulesetCreated> {
    let opened = PathFd::new(path).map_err(io::Error::other)?;
    let rule = PathBeneath::new(opened, access);
    created.add_rule(rule).map_err(io::Error::other)
}

/// Obeys rules from now on, for good. Needs `no_new_privs`.
pub(super) fn obey(rules: RawFd) -> io::Result<()> {
    // SAFETY: takes numbers only.
    done(unsafe { libc::syscall(libc::SYS_landlock_restrict_self, rules, 0) })
}
