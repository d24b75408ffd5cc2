//! What must be possible, on a machine or with a target, for a kind of fault to run.

/// What must be possible for a kind to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The private network of the sandbox.
    PrivateNetwork,
    /// Nodes whose system calls are supervised from their start.
    Supervision(Calls),
    /// Nothing beyond starting processes.
    Nothing,
    /// Nodes that read their wall clocks, and may be traced by the harness when they start.
    WallClock,
    /// Nodes with disks of their own, mounted in front of their directories.
    Disk(Durability),
    /// Nodes that may lose what is on their disks.
    ReplaceableDisk,
    /// Nodes that can be upgraded to another release.
    OtherRelease,
}

impl Needs {
    /// Whether it needs the sandbox's namespaces: links and mounts of its own.
    pub fn namespaces(self) -> bool {
        matches!(self, Needs::PrivateNetwork | Needs::Disk(_))
    }
}

/// Which families of system calls the kernel asks the harness for. None by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Those that make writes durable.
    pub syncs: bool,
    /// Those that write.
    pub writes: bool,
}

impl Calls {
    /// Those of either.
    pub fn and(self, other: Calls) -> Calls {
        Calls {
            syncs: self.syncs || other.syncs,
            writes: self.writes || other.writes,
        }
    }

    /// Whether there are none.
    pub fn is_none(self) -> bool {
        self == Calls::default()
    }

    /// Whether these are among others.
    pub(crate) fn within(self, others: Calls) -> bool {
        self.and(others) == others
    }
}

/// Which changes of directories a sync of a file makes durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// All that happened before, as on a file system with one journal (ext4, XFS).
    #[default]
    Journal,
    /// None: only a sync of a directory does, which is all that POSIX promises.
    Posix,
}
