//! What a check reads, prepared once for all checks, and the rules that they share: when a check saw too little, and what a
//! finding counts for.

use super::claims::Claims;
use super::groups::Roster;
use super::guard::{Failure, Part, listed, needed};
use super::prepared::Prepared;
use super::probe::Probe;
use super::regimes::Regimes;
use super::tally::Tally;
use super::transactions::{Ledger, Streams};
use super::view::{Place, Send, View, sending};
use crate::history::{ClientOperation, History, Moment, NodeName, Window};
use crate::judgement::{Election, Explanation, Gap};
use crate::promises::{Configuration, Standing, Subject, weaker};
use crate::verdict::{Anomaly, Class, Doubt, Evidence, Finding, Verdict};

/// Acknowledged records that a partition needs before a check of its content can say *valid*.
pub const ACKNOWLEDGED_MIN: u64 = 100;

/// A starved node may be late by up to this multiple of what it was kept waiting for: an election or two, a connection
/// dialled anew. Without this bound, one lateness in a minute of silence would excuse all of it.
pub(super) const STARVED_TIMES: u64 = 5;

/// What a check reads: the history, and what was prepared from it once for all checks.
#[derive(Clone, Copy)]
pub struct Check<'a> {
    /// The check that reads.
    pub(super) name: &'static str,
    pub(super) class: Class,
    pub(super) prepared: Prepared<'a>,
    pub(super) elections: &'a Part<Vec<Election>>,
    pub(super) gaps: &'a Part<Vec<Gap>>,
    pub(super) regimes: &'a Part<Regimes>,
    pub(super) tally: &'a Part<Tally>,
    pub(super) ledger: &'a Part<Ledger<'a>>,
    pub(super) roster: &'a Part<Roster<'a>>,
    pub(super) streams: &'a Part<Streams<'a>>,
    /// Every preparation that failed, each once.
    pub(super) failures: &'a [Failure],
}

/// What was prepared. If a preparation panicked, asking for its part ends the check, which is then undecided.
impl<'a> Check<'a> {
    /// The history.
    pub fn history(&self) -> &'a History {
        self.prepared.history
    }

    /// Calls with their completions, in the order of the calls.
    pub fn operations(&self) -> &'a [ClientOperation<'a>] {
        self.prepared.operations()
    }

    /// Faults of nodes and links from begin to heal, in the order of their begins. A fault of a client explains nothing that
    /// other clients are given.
    pub fn windows(&self) -> &'a [Window] {
        self.prepared.windows()
    }

    /// Faults of clients that are processes of their own, likewise.
    pub fn client_windows(&self) -> &'a [Window] {
        self.prepared.client_windows()
    }

    /// Both.
    pub fn every_window(&self) -> impl Iterator<Item = &'a Window> + Clone {
        self.windows().iter().chain(self.client_windows())
    }

    /// The nodes' names. How many there are is data.
    pub fn nodes(&self) -> &'a [NodeName] {
        self.prepared.nodes()
    }

    /// What ran, from which follows what counts as a violation.
    pub fn configuration(&self) -> Configuration {
        *needed(self.prepared.configuration)
    }

    /// Every change of leader or epoch, in the order of time.
    pub fn elections(&self) -> &'a [Election] {
        listed(self.elections)
    }

    /// The gaps in acknowledgements that are held to a limit, in the order of time.
    pub fn gaps(&self) -> &'a [Gap] {
        listed(self.gaps)
    }

    pub(super) fn prepared(&self) -> &Prepared<'a> {
        &self.prepared
    }

    pub(super) fn views(&self) -> &'a [View<'a>] {
        listed(self.prepared.views)
    }

    pub(super) fn claims(&self) -> &'a Claims<'a> {
        needed(self.prepared.claims)
    }

    pub(super) fn probe(&self) -> &'a Probe {
        self.prepared.probe()
    }

    /// What may be asked for at which time of the load.
    pub(super) fn regimes(&self) -> &'a Regimes {
        needed(self.regimes)
    }

    /// What was counted of tries, line by line.
    pub(super) fn tally(&self) -> &'a Tally {
        needed(self.tally)
    }

    /// Transactions, and what the logs say of them.
    pub(super) fn ledger(&self) -> &'a Ledger<'a> {
        needed(self.ledger)
    }

    /// Groups and their members.
    pub(super) fn roster(&self) -> &'a Roster<'a> {
        needed(self.roster)
    }

    /// What exactly-once workloads consumed and produced.
    pub(super) fn streams(&self) -> &'a Streams<'a> {
        needed(self.streams)
    }

    /// Where a partition is among the views; `last` is where the caller found one before, because operations come in
    /// runs of one partition.
    pub(super) fn view_at(&self, place: Place<'_>, last: usize) -> Option<usize> {
        let views = self.views();
        let is = |at: usize| views.get(at).is_some_and(|view| view.place == place);
        if is(last) {
            return Some(last);
        }
        // A consumer lists its partitions in order.
        if is(last + 1) {
            return Some(last + 1);
        }
        views.binary_search_by_key(&place, |view| view.place).ok()
    }

    pub(super) fn failures(&self) -> &'a [Failure] {
        self.failures
    }
}

/// How a check says what it found.
impl Check<'_> {
    /// A verdict of this check that has found nothing yet.
    pub fn verdict(&self) -> Verdict {
        Verdict::new(self.name, self.class)
    }

    /// Counts what was read. A check that read nothing is undecided, not valid.
    pub fn saw(&self, count: u64, what: &str, verdict: &mut Verdict) {
        verdict.saw(what, count);
        if count == 0 {
            let what = what.to_owned();
            verdict.doubt(Doubt::NothingSeen { what });
        }
    }

    /// The same for what only a run has: a history of operations alone has no probes.
    pub fn saw_in_run(&self, count: u64, what: &str, verdict: &mut Verdict) {
        if count > 0 || !self.is_no_run(verdict) {
            self.saw(count, what, verdict);
        }
    }

    /// Whether the history is of operations alone. Then a check of the cluster is not applicable, and the verdict says
    /// so.
    pub fn is_no_run(&self, verdict: &mut Verdict) -> bool {
        let none = !self.history().is_of_a_run();
        if none {
            let what = "phases, nodes and probes".to_owned();
            verdict.not_applicable(Doubt::NotInRun { what });
        }
        none
    }

    /// Whether all members of groups are those of client libraries. Then a check of their requests is not applicable, and
    /// the verdict says so.
    pub(super) fn is_of_libraries(&self, verdict: &mut Verdict) -> bool {
        let all = self.roster().is_of_libraries();
        if all {
            let what = "members that tell of their own requests".to_owned();
            verdict.not_applicable(Doubt::NotInRun { what });
        }
        all
    }

    /// A finding held to a limit: undecided if the machine was starved at that time.
    pub fn unless_starved(
        &self,
        finding: Finding,
        evidence: Evidence,
        from: Moment,
        to: Moment,
        verdict: &mut Verdict,
    ) {
        match self.history().starved(from, to) {
            Some(late) => verdict.doubt(Doubt::Starved {
                finding: finding.name().to_owned(),
                who: late.who,
                thread: late.thread,
                at: late.to,
                by_ms: late.by_ms,
                limit_ms: self.history().limits().election_timeout_ms / 2,
            }),
            None => verdict.found(Anomaly {
                kind: finding,
                certain: false,
                evidence,
            }),
        }
    }

    /// Doubts a finding that a starved machine explains; nothing else explains it so.
    pub(super) fn starved(&self, finding: &Finding, by: &Explanation, verdict: &mut Verdict) {
        if let Explanation::Starved {
            who,
            thread,
            at,
            by_ms,
        } = by
        {
            verdict.doubt(Doubt::Starved {
                finding: finding.name().to_owned(),
                who: who.clone(),
                thread: thread.clone(),
                at: *at,
                by_ms: *by_ms,
                limit_ms: self.history().limits().election_timeout_ms / 2,
            });
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
            .history()
            .starved(from, to)
            .is_some_and(|late| excess_ms <= late.by_ms.saturating_mul(STARVED_TIMES));
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

    /// Doubts a check of a partition's content that had too few records to judge.
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

    /// Doubts a check that identifies records by their values, where some value was sent twice.
    pub(super) fn unambiguous(&self, view: &View<'_>, verdict: &mut Verdict) {
        if view.resent > 0 {
            let problems = view.resent;
            verdict.doubt(Doubt::BadHistory { problems });
        }
    }

    /// What the target promises for a record that was appended so.
    pub(super) fn of_append(&self, send: &Send<'_>) -> Configuration {
        let mut configuration = self.configuration().for_append(send.acks, send.idempotent);
        if let Some(sending) = sending(send.operation) {
            configuration.producers_retry = sending.retries;
        }
        configuration
    }

    /// The same for two records: the weaker promise holds.
    pub(super) fn weaker_of(&self, one: &Send<'_>, other: &Send<'_>) -> Configuration {
        let acks = weaker(one.acks, other.acks);
        self.configuration()
            .for_append(acks, one.idempotent && other.idempotent)
    }

    /// A finding counts for what the configuration makes of it: a violation, or reported as tolerated.
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
}
