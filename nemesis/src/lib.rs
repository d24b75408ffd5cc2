//! Faults for the real processes of a cluster on one machine: begin, verify that it took effect, heal.
//!
//! The crate promises that a fault which began is healed: by the engine at the end of its window,
//! and by a guard when the engine's future is cancelled, panics or is dropped. A fault counts as
//! begun only on evidence from the network or the process. The crate never judges what a fault did
//! to a cluster, and it never prints.
//!
//! | part | what it is |
//! |---|---|
//! | [`node`], [`link`], [`address`] | how many nodes there are, the links between them, where they are reached |
//! | [`sandbox`] | private namespaces, and the process tree in which nothing outlives anything |
//! | [`confinement`] | what a node may not do: write outside its room, gain privileges, reach other processes |
//! | [`environment`] | where the nodes run: in the sandbox's network, or on loopback without it |
//! | [`network`] | links, cuts, diversions and the probe that sees them |
//! | [`calls`] | the supervisor of system calls: disks that are slow, fail, lie or are full |
//! | [`disk`] | disks that lose power, rot, and show that they are full |
//! | [`wire`] | the switch behind a diverted link: messages that vanish, slow, lossy and narrow links |
//! | [`clock`] | wall clocks of nodes that can be moved, and what was read of them |
//! | [`process`] | who owns the nodes' processes, and a node's figures from `/proc` |
//! | [`kind`], [`needs`], [`catalogue`] | what a kind of fault is, and needs; the built-in kinds, and room for your own |
//! | [`target`] | roles, and which nodes have them now |
//! | [`evidence`] | what a fault counted while it lasted |
//! | [`fault`], [`site`] | what every fault is: begin, verify, hold, heal; what it acts on |
//! | [`plan`] | a seeded sequence of faults; pure, printable, replayable |
//! | [`engine`] | executes a plan and reports each step |
//! | [`doctor`] | tries which faults can run here, and says how to permit the others |

#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod address;
pub mod calls;
pub mod catalogue;
pub mod clock;
pub mod confinement;
pub mod disk;
pub mod doctor;
pub mod engine;
pub mod environment;
pub mod evidence;
pub mod fault;
pub mod kind;
pub mod link;
pub mod needs;
pub mod network;
pub mod node;
pub mod plan;
pub mod process;
pub mod sandbox;
pub mod site;
pub mod target;
pub mod wire;

pub use confinement::Room;
pub use environment::Environment;
pub use link::{End, Link};
pub use node::{Node, Nodes};
