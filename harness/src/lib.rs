//! The harness: wires target, faults, workloads, checks and report together.
//!
//! ```text
//! config -> cluster (processes) -> workers + faults -> history -> checks -> report
//! ```
//!
//! Everything that happens in a run becomes an event of one stream ([`record`]); the history file, the terminal and the
//! judgement read that stream and nothing else. Only [`output`] prints.
//!
//! The modules are floors: each uses those below it and none above, which a test holds.
//!
//! | floor | what it is |
//! |---|---|
//! | [`cli`] | what can be typed, and the commands that run no scenario |
//! | [`experiments`] | the commands that do: policies over a session |
//! | [`session`] | the one way from a scenario to a verdict: resolve, play, judge, publish |
//! | [`run`] | one case end to end, in phases |
//! | [`load`] | workloads and their workers |
//! | [`probe`] | what asks the nodes, and watches the machine, while a run goes on |
//! | [`cluster`] | the nodes' processes |
//! | [`cluster_view`] | what the probes have last seen of the cluster |
//! | [`kafka`] | raw requests to single nodes, and librdkafka |
//! | [`record`] | the history as it is recorded; clock, stop flags, threads, worker ids |
//! | [`store`] | the run directory |
//! | [`reference`] | the reference broker: one node in this program, and its plants |
//! | [`config`] | targets, scenarios, suites, plans, promises, validated |
//! | [`output`], [`exit`] | printing, and exit codes |

pub mod cli;
pub mod cluster;
pub mod cluster_view;
pub mod config;
pub mod exit;
pub mod experiments;
pub mod kafka;
pub mod load;
pub mod output;
pub mod probe;
pub mod record;
pub mod reference;
pub mod run;
pub mod session;
pub mod store;
