//! What the views of all nodes are made from, prepared once in the sandbox: a `/dev` with a few devices, and a place for
//! each node's shared memory. All of it lies in a fresh tmpfs over `/dev/shm`, so it ends with the sandbox.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};

use crate::node::{Node, Nodes};

/// The devices of a node.
pub(super) const DEVICES: [&str; 5] = [
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
];

/// The sandbox's shared memory, which also contains the stage.
pub(super) const SHARED: &str = "/dev/shm";

/// The `/dev` that every node sees.
pub(super) const DEV: &str = "/dev/shm/dev";

/// Where a node's shared memory is mounted in it.
pub(super) const DEV_SHARED: &str = "/dev/shm/dev/shm";

/// What a node sees in the place of a directory that is hidden from it.
pub(super) const EMPTY: &str = "/dev/shm/empty";

/// Usual links of a `/dev`.
const LINKS: [(&str, &str); 4] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
];

/// The directory of a node's shared memory.
pub(super) fn shared_memory(node: Node) -> PathBuf {
    Path::new(SHARED).join(node.to_string())
}

/// Prepares the stage for these nodes.
pub(super) fn stage(nodes: Nodes) -> Result<(), String> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    let mode = Some("mode=0700");
    mount(Some("tmpfs"), SHARED, Some("tmpfs"), flags, mode)
        .map_err(|errno| format!("a fresh {SHARED} could not be mounted: {errno}"))?;
    build(nodes).map_err(|error| format!("{SHARED}: {error}"))
}

fn build(nodes: Nodes) -> std::io::Result<()> {
    let public = |path: &str| {
        fs::create_dir(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))
    };
    public(DEV)?;
    public(DEV_SHARED)?;
    public(EMPTY)?;
    for device in DEVICES {
        let Some(name) = Path::new(device).file_name() else {
            continue;
        };
        let here = Path::new(DEV).join(name);
        fs::File::create_new(&here)?;
        let no = None::<&str>;
        mount(Some(device), &here, no, MsFlags::MS_BIND, no).map_err(std::io::Error::from)?;
    }
    for (name, to) in LINKS {
        symlink(to, Path::new(DEV).join(name))?;
    }
    for node in nodes {
        let path = shared_memory(node);
        fs::DirBuilder::new().mode(0o700).create(path)?;
    }
    Ok(())
}

/// Removes what a node's processes left in shared memory. A node without a place has left nothing.
pub(crate) fn empty_shared_memory(node: Node) {
    let Ok(entries) = fs::read_dir(shared_memory(node)) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let _ = fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path));
    }
}
