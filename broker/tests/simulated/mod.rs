//! A cluster of a few nodes in one thread, in virtual time, driven by a seed.
//!
//! Each node is the broker's own core, log writer and recovery over a disk that forgets what was not synced.
//! Everything around them is invented here from the seed: links, disks' delays, crashes, pauses, clients.
//!
//! | file | noun |
//! |---|---|
//! | `cluster` | nodes and clients, and what each event makes them do |
//! | `events` | what happens when, in virtual time |
//! | `trouble` | crashes, pauses and links, done and undone |
//! | `node` | one node: its disk, its core, its writes under way |
//! | `network` | links: delay, loss, cuts, connections |
//! | `faults` | what goes wrong, and when |
//! | `asked` | what a client asks |
//! | `clients` | what is asked, and what answers are believed |
//! | `oracle` | what must hold after every step |
//! | `requesting` | who asks, and who is answered |
//! | `transactors` | transactional producers, and what they believe |
//! | `ledger` | what became of transactional records |
//! | `members` | members of a consumer group, and what they believe |
//! | `generations` | what must hold of a consumer group |
//! | `ending` | what must hold once everything is healed |

mod asked;
mod clients;
mod cluster;
mod ending;
mod events;
mod faults;
mod generations;
mod ledger;
mod members;
mod network;
mod node;
mod oracle;
mod requesting;
mod transactors;
mod trouble;

use std::collections::BTreeMap;

use broker::plants::Plants;

/// How often something happened in a run, to see that the seeds reach what they should.
pub(crate) type Tally = BTreeMap<&'static str, u64>;

/// Runs one seed to its end with this many nodes. Panics where an invariant is broken.
pub(crate) fn run(seed: u64, nodes: u64, plants: &Plants) -> Tally {
    let mut cluster = cluster::Cluster::new(seed, nodes, plants);
    cluster.run();
    ending::check(&mut cluster);
    cluster.oracle.tally
}
