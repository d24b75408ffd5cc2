//! What a node may not do: write outside its own room, gain a privilege, mount, or reach the memory of another process.
//!
//! A node is the program under test, so it is not trusted with the history that it is judged by. Two layers confine it.
//! Neither needs root:
//!
//! * A *view* of its own: a mount namespace in which everything is read-only except its [`Room`], with a `/dev` of a
//!   few harmless devices, `/dev/shm` and `/tmp` of its own. It needs the sandbox's namespaces and Linux 5.12.
//! * *Landlock*: the kernel refuses writes outside the room, mounts, and access to the memory of processes outside the
//!   node; since Linux 6.12 also signals to them. It needs Linux 5.19 and no namespace.
//!
//! In addition every node starts without capabilities and with `no_new_privs`, writes no core file, and inherits no
//! descriptor beyond its standard streams. Which layers this machine permits is tried when the sandbox is entered
//! ([`Confinement`]).

mod privileges;
mod rules;
mod stage;
mod trial;
mod view;

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::node::{Node, Nodes};

pub use trial::Attempt;

/// Where a node may write. Nowhere by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Directories, with everything below them. Each must exist.
    pub directories: Vec<PathBuf>,
    /// Single files, such as the node's output. Each must exist.
    pub files: Vec<PathBuf>,
    /// A directory that the node sees as `/tmp`, where it has a view of its own. It must exist, and must also be one of
    /// `directories`.
    pub temporary: Option<PathBuf>,
    /// Directories that the node sees as empty, where it has a view of its own. A service of the machine that listens in
    /// `/run` would act for a node with more rights than the node has.
    pub hidden: Vec<PathBuf>,
}

/// Which layers this machine permits, and what a confined process could nevertheless do: all tried.
#[derive(Clone, Debug)]
pub struct Confinement {
    /// Whether a node gets a view of its own; or why not.
    view: Result<(), String>,
    /// Whether the sandbox has shared memory of its own, which ends with it.
    staged: bool,
    /// The version of Landlock that is used; or why it is not.
    landlock: Result<i32, String>,
    /// What a process that was confined in this way succeeded in doing.
    open: Vec<Attempt>,
}

impl Confinement {
    /// Prepares the sandbox for `nodes` if it has namespaces of its own, and tries the layers. Must be called before any
    /// thread starts.
    pub(crate) fn set_up(namespaces: bool, nodes: Nodes) -> Confinement {
        let staged = match namespaces {
            true => stage::stage(nodes),
            false => Err("there are no private namespaces".to_owned()),
        };
        let mut confinement = Confinement {
            staged: staged.is_ok(),
            view: staged,
            landlock: rules::version(),
            open: Vec::new(),
        };
        // A layer that is refused is left out, and the rest is tried again.
        loop {
            match trial::perform(&confinement) {
                Ok(open) => {
                    confinement.open = open;
                    return confinement;
                }
                Err(why) if confinement.view.is_ok() => confinement.view = Err(why),
                Err(why) if confinement.landlock.is_ok() => confinement.landlock = Err(why),
                Err(_) => {
                    confinement.open = Attempt::all();
                    return confinement;
                }
            }
        }
    }

    /// Whether a node gets a read-only view of the machine; or why not.
    pub fn view(&self) -> Result<(), &str> {
        self.view.as_ref().map(|_| ()).map_err(String::as_str)
    }

    /// The version of Landlock that confines nodes; or why none does.
    pub fn landlock(&self) -> Result<i32, &str> {
        self.landlock
            .as_ref()
            .map(|version| *version)
            .map_err(String::as_str)
    }

    /// What a confined process could do on this machine although it should not.
    pub fn open(&self) -> &[Attempt] {
        &self.open
    }

    /// Prepares the confinement of one process. Everything that allocates or fails for a reason worth a message happens
    /// here, in the parent.
    ///
    /// # Errors
    /// If a part of the room does not exist.
    pub(crate) fn prepare(
        &self,
        node: Node,
        room: &Room,
        working: Option<&Path>,
    ) -> io::Result<Confined> {
        let named = room.directories.iter().chain(&room.files);
        for path in named.chain(&room.hidden) {
            std::fs::symlink_metadata(path).map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", path.display()))
            })?;
        }
        let view = match self.view {
            Ok(()) => Some(view::View::new(node, room, working)?),
            Err(_) => None,
        };
        let rules = match self.landlock {
            Ok(_) => {
                // Without a view a node sees the shared memory of the whole sandbox.
                let shared = match view {
                    Some(_) => Some(stage::shared_memory(node)),
                    None => self.staged.then(|| PathBuf::from(stage::SHARED)),
                };
                Some(rules::build(room, shared.as_deref())?)
            }
            Err(_) => None,
        };
        Ok(Confined { view, rules })
    }
}

/// The confinement of one process, ready to be applied between fork and exec.
pub(crate) struct Confined {
    view: Option<view::View>,
    rules: Option<OwnedFd>,
}

impl Confined {
    /// Confines this process, for good. It makes system calls only, so it may run between fork and exec.
    pub(crate) fn apply(&self) -> io::Result<()> {
        privileges::forbid_core_files()?;
        privileges::leave_descriptors_behind();
        privileges::leave_keys_behind();
        if let Some(view) = &self.view {
            view.enter()?;
        }
        privileges::drop_capabilities()?;
        privileges::forbid_new_privileges()?;
        match &self.rules {
            Some(rules) => rules::obey(rules.as_raw_fd()),
            None => Ok(()),
        }
    }
}

/// Core files would contain the secrets of a process, and outlive it.
pub(crate) use privileges::forbid_core_files;
/// Empties what a node's processes left in shared memory.
pub(crate) use stage::empty_shared_memory;

fn c_string(path: &Path) -> io::Result<CString> {
    CString::new(path.as_os_str().as_bytes()).map_err(io::Error::other)
}
