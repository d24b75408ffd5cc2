//! Topics that come back: deleted, and created again under the same name. A broker that was away meanwhile has a replica
//! of the old topic, and must not take it for the new one (KAFKA-14616: such a broker stayed out of the in-sync set for
//! ever). Their names have a dot and an underscore, which some brokers take for the same character.
//!
//! A name is used for a few changes, and not at all after one of unknown outcome, so that what may be there stays known.

use std::time::{Duration, Instant};

use crate::load::Load;
use crate::load::admin_client::AdminClient;

/// How often a worker changes its topic.
const EVERY: Duration = Duration::from_secs(3);
/// How often a name is created or deleted.
const CHANGES_MAX: usize = 6;
/// How many names a worker has.
const NAMES: usize = 6;

/// The topic of one worker.
pub(super) struct Returning {
    thread: u64,
    /// How many names are used up.
    used: usize,
    changes: usize,
    exists: bool,
    /// The node that is asked, until one does not answer: names are few, and each answer that is missing costs one.
    node: usize,
    next: Instant,
}

/// The name that a worker uses after so many others.
fn name(thread: u64, used: usize) -> String {
    format!("back.and_forth{thread}-{used}")
}

/// All names of the first workers.
pub(super) fn names(workers: usize) -> Vec<String> {
    let of = |thread| (0..NAMES).map(move |used| name(thread, used));
    (0..workers as u64).flat_map(of).collect()
}

impl Returning {
    /// Its first change is due at once.
    pub(super) fn of(thread: u64) -> Returning {
        Returning {
            thread,
            used: 0,
            changes: 0,
            exists: false,
            // Workers begin with different nodes, so that a fault of one node leaves a topic that comes back.
            node: usize::try_from(thread).unwrap_or(0),
            next: Instant::now(),
        }
    }

    /// Changes the topic, if it is time to. False if it did nothing.
    pub(super) fn turn(&mut self, asker: &mut AdminClient<'_>, load: &Load) -> bool {
        if self.used == NAMES || Instant::now() < self.next {
            return false;
        }
        self.next = Instant::now() + EVERY;
        let name = name(self.thread, self.used);
        load.created.add(&name);
        let node = self.node % load.addresses.len().max(1);
        let done = match self.exists {
            true => asker.delete(node, &name),
            false => asker.create(node, (&name, 1), load.replicas),
        };
        self.changes += 1;
        match done {
            Some(true) => self.exists = !self.exists,
            Some(false) => {}
            None => {
                self.changes = CHANGES_MAX;
                self.node += 1;
            }
        }
        // The last change creates, so that there is something to be in sync.
        if self.changes >= CHANGES_MAX && (self.exists || done.is_none()) {
            (self.used, self.changes, self.exists) = (self.used + 1, 0, false);
        }
        true
    }
}
