//! The harness: wires target, faults, workloads, checks and report together.
//!
//! ```text
//! config -> cluster (processes) -> workers + faults -> history -> checks -> report
//! ```
//!
//! Everything that happens in a run becomes an event of one stream ([`recorder`]); the history file, the terminal and the
//! judgement read that stream and nothing else. Only [`output`] prints.
//!
//! | part | what it is |
//! |---|---|
//! | [`cli`] | what was typed; one file a sub-command |
//! | [`config`] | targets and scenarios, validated |
//! | [`run`] | one scenario end to end, in phases |
//! | [`prepare`], [`ready`] | what a target needs before it runs, and what shows that it does |
//! | [`cluster`], [`topics`], [`faults`] | the three nodes' processes, their topics, what is done to them |
//! | [`clients`], [`worker`], [`workloads`] | who produces and consumes, and how outcomes are told |
//! | [`wire`], [`questions`], [`probe`], [`sight`] | raw questions to single nodes, and what they showed |
//! | [`final_reads`] | every partition through every node, after the last heal |
//! | [`recorder`], [`store`] | the history file and the run directory |
//! | [`highlights`] | what the nodes themselves said that a reader should see |
//! | [`judge`], [`summary`] | history in, verdicts and report out |
//! | [`plants`], [`calibrate`], [`incident`] | deliberate bugs, which checks find them, and three of them before and after |
//! | [`qualify`], [`index`] | may this build be released; the list of runs |
//! | [`mod@bench`] | the same work on several targets, as figures |
//! | [`exit`] | exit codes |

pub mod bench;
pub mod calibrate;
pub mod cli;
pub mod clients;
pub mod cluster;
pub mod config;
pub mod exit;
pub mod faults;
pub mod final_reads;
pub mod highlights;
pub mod incident;
pub mod index;
pub mod judge;
pub mod output;
pub mod plants;
pub mod prepare;
pub mod probe;
pub mod qualify;
pub mod questions;
pub mod ready;
pub mod recorder;
pub mod run;
pub mod sight;
pub mod store;
pub mod summary;
pub mod topics;
pub mod wire;
pub mod worker;
pub mod workloads;
