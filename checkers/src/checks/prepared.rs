//! What all checks look at, prepared once, and the rules that they share: when a check saw too little, and what a
//! finding counts for.

use super::ACKNOWLEDGED_MIN;
use super::claims::Claims;
use super::gaps::Probe;
use super::table::TABLE;
use super::view::{Send, View};
use crate::history::{ClientOperation, History, Moment, NodeName, Window};
use crate::promises::{Configuration, Standing, Subject, weaker};
use crate::verdict::{Anomaly, Class, Doubt, Evidence, Finding, Verdict};

/// A starved node may be late by so many times what it was kept waiting for: an election or two, a connection dialled anew.
/// Without this bound, one lateness in a minute of silence would excuse all of it.
pub(super) const STARVED_TIMES: u64 = 5;

/// What all checks look at, prepared once.
pub(super) struct Check<'a> {
    pub(super) history: &'a History,
    pub(super) operations: &'a [ClientOperation<'a>],
    /// In the order of topic and partition.
    pub(super) views: &'a [View<'a>],
    pub(super) windows: &'a [Window],
    pub(super) claims: &'a Claims<'a>,
    pub(super) nodes: &'a [NodeName],
    pub(super) probe: &'a Probe,
    pub(super) configuration: Configuration,
}

impl Check<'_> {
    /// An empty verdict of this check.
    pub(super) fn verdict(&self, name: &str) -> Verdict {
        let about = TABLE.iter().find(|row| row.name == name);
        Verdict::new(name, about.map_or(Class::Safety, |row| row.class))
    }

    /// Doubts a check of a partition's content that had too little to look at.
    pub(super) fn enough(&self, view: &View<'_>, verdict: &mut Verdict) {
        let acknowledged = view.acknowledged_count();
        if acknowledged < ACKNOWLEDGED_MIN && !view.sends.is_empty() {
            verdict.doubt(Doubt::FewAcknowledged {
                topic: view.place.0.to_owned(),
                partition: view.place.1,
                acknowledged,
                needed: ACKNOWLEDGED_MIN,
            });
        }
    }

    /// Doubts a check that tells records apart by their values, where some value was sent twice.
    pub(super) fn unambiguous(&self, view: &View<'_>, verdict: &mut Verdict) {
        if view.resent > 0 {
            let problems = view.resent;
            verdict.doubt(Doubt::BadHistory { problems });
        }
    }

    /// Counts what was looked at. To have seen nothing is no reason to call something valid.
    pub(super) fn saw(&self, count: u64, what: &str, verdict: &mut Verdict) {
        verdict.saw(what, count);
        if count == 0 {
            let what = what.to_owned();
            verdict.doubt(Doubt::NothingSeen { what });
        }
    }

    /// The same for what only a run has: a history of operations alone has no probes to ask for.
    pub(super) fn saw_in_run(&self, count: u64, what: &str, verdict: &mut Verdict) {
        if count > 0 || !self.is_no_run(verdict) {
            self.saw(count, what, verdict);
        }
    }

    /// Whether the history is of operations alone. Then a check of the cluster is not applicable.
    pub(super) fn is_no_run(&self, verdict: &mut Verdict) -> bool {
        let none = !self.history.is_of_a_run();
        if none {
            let what = "phases, nodes and probes".to_owned();
            verdict.not_applicable(Doubt::NotInRun { what });
        }
        none
    }

    /// What may be held against the target for a record that was appended so.
    pub(super) fn of_append(&self, send: &Send<'_>) -> Configuration {
        self.configuration.for_append(send.acks, send.idempotent)
    }

    /// The same for two records: the weaker promise holds.
    pub(super) fn weaker_of(&self, one: &Send<'_>, other: &Send<'_>) -> Configuration {
        let acks = weaker(one.acks, other.acks);
        self.configuration
            .for_append(acks, one.idempotent && other.idempotent)
    }

    /// A finding counts for what the configuration makes of it: a violation, or told as tolerated.
    pub(super) fn held(
        &self,
        configuration: Configuration,
        subject: Subject,
        anomaly: Anomaly,
        verdict: &mut Verdict,
    ) {
        match configuration.ruling(subject).standing {
            Standing::Violation => verdict.found(anomaly),
            Standing::Expected | Standing::Informational => verdict.tolerate(anomaly),
        }
    }

    /// A finding that is a length of time held to a limit: undecided if the machine was starved meanwhile and that can
    /// explain how far it lies beyond the limit.
    pub(super) fn unless_starved_by(
        &self,
        excess_ms: u64,
        finding: Finding,
        evidence: Evidence,
        (from, to): (Moment, Moment),
        verdict: &mut Verdict,
    ) {
        let explained = self
            .history
            .starved(from, to)
            .is_some_and(|(_, _, by_ms)| excess_ms <= STARVED_TIMES * by_ms);
        if explained {
            self.unless_starved(finding, evidence, from, to, verdict);
        } else {
            verdict.found(Anomaly {
                kind: finding,
                certain: false,
                evidence,
            });
        }
    }

    /// A finding held to a limit: undecided if the machine was starved at that time.
    pub(super) fn unless_starved(
        &self,
        finding: Finding,
        evidence: Evidence,
        from: Moment,
        to: Moment,
        verdict: &mut Verdict,
    ) {
        match self.history.starved(from, to) {
            Some((who, at, by_ms)) => verdict.doubt(Doubt::Starved {
                finding: finding.name().to_owned(),
                who,
                at,
                by_ms,
                limit_ms: self.history.limits().election_timeout_ms / 2,
            }),
            None => verdict.found(Anomaly {
                kind: finding,
                certain: false,
                evidence,
            }),
        }
    }
}
