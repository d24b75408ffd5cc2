//! The harness connects target, faults, workloads, checks and report.
//!
//! ```text
//! config -> cluster (processes) -> workers + faults -> history -> checks -> report
//! ```
//!
//! Everything that happens in a run becomes an event of one stream ([`record`]). The history file, the terminal and the
//! judgement read only that stream. Only [`output`] prints.
//!
//! The modules form floors. Each floor imports only the floors below it, and a test enforces this.
//!
//! | floor | what it is |
//! |---|---|
//! | [`cli`] | the arguments, and the commands that run no scenario |
//! | [`experiments`] | the commands that run scenarios: policies over a session |
//! | [`session`] | the one way from a scenario to a verdict: resolve, play, judge, publish |
//! | [`run`] | one case end to end, in phases |
//! | [`load`] | workloads and their workers |
//! | [`probe`] | queries to the nodes, and measurements of the machine, during a run |
//! | [`cluster`] | the nodes' processes |
//! | [`cluster_view`] | the latest answers that the probes got from the nodes |
//! | [`kafka`] | raw requests to single nodes, and librdkafka |
//! | [`record`] | the history as it is recorded; clock, stop flags, threads, worker ids |
//! | [`store`] | the run directory |
//! | [`mod@reference`] | the reference broker: one node inside this program, and its plants |
//! | [`config`] | targets, scenarios, suites, plans, promises, validated |
//! | [`bounded`] | files of others, read within bounds |
//! | [`output`], [`exit`] | printing, and exit codes |
//! | [`secret`] | values that nothing written by the harness may contain |

pub mod bounded;
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
pub mod secret;
pub mod session;
pub mod store;
