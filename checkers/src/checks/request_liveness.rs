//! `request-liveness`: ListOffsets, Metadata and requests that change topics are answered.
//!
//! A node that does not answer at all is `node-responds`'s. Here a request counts that comes back with an error, or
//! without what it was asked for: end offsets of a partition that no node states, or that stand still while records are
//! acknowledged; end offsets that one node never states for any of its partitions; Metadata that a node answers with an
//! error; changes of topics that nobody accepts. A refusal that is an answer (the topic exists already) is a success; a
//! node that says it does not lead says nothing, unless it names itself as leader. Partitions that are missing in
//! Metadata are `cluster-shape`'s, which knows what was deleted.

use std::collections::{BTreeMap, BTreeSet};

use super::Check;
use super::answering::Answering;
use super::claims::{MS, margin, settle};
use super::regimes::CONNECT_MS;
use super::stalls::{Series, Stall};
use super::view::{Earliest, View};
use crate::history::{
    Call, ClientOperation, EndOffset, Moment, Outcome, Phase, Report, Seen, Text, TopicCall,
};
use crate::verdict::{Evidence, Finding, Unit, Verdict};

/// Refusals that say that another node is to be asked, or that the node is not up to date yet.
const NOT_HERE: &[&str] = &[
    "NOT_LEADER",
    "LEADER_NOT_AVAILABLE",
    "LEADER_EPOCH",
    "NOT_CONTROLLER",
    "REPLICA_NOT_AVAILABLE",
    "UNKNOWN_TOPIC",
    "OFFSET_NOT_AVAILABLE",
];
/// Refusals of a change of a topic that are the right answer to it.
const ANSWERS: &[&str] = &[
    "TOPIC_ALREADY_EXISTS",
    "UNKNOWN_TOPIC",
    "INVALID_PARTITIONS",
    "INVALID_REPLICATION_FACTOR",
    "INVALID_TOPIC",
    "INVALID_REQUEST",
    "OFFSET_OUT_OF_RANGE",
    "POLICY_VIOLATION",
    "AUTHORIZATION_FAILED",
];

/// What is asked for: the request, at which node, of which partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Question<'a> {
    request: &'static str,
    node: Option<&'a str>,
    place: Option<(&'a str, i32)>,
}

#[derive(Default)]
struct Asked {
    series: Series,
    error: Option<Text>,
}

/// How one try came out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Came {
    Served,
    Nothing,
}

struct Judged<'c, 'a> {
    check: &'c Check<'a>,
    asked: BTreeMap<Question<'a>, Asked>,
    answering: Answering<'a>,
    /// Which node last named itself leader of what, and how many answers about leaders were looked at.
    claims: BTreeSet<(&'a str, &'a str, i32)>,
    looked_at: usize,
    earliest: Vec<Earliest>,
    done: Moment,
    longest_ms: u64,
    at: usize,
}

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    if check.is_no_run(&mut verdict) {
        return verdict;
    }
    let mut judged = Judged {
        check,
        asked: BTreeMap::new(),
        answering: Answering::of(check.history()),
        claims: BTreeSet::new(),
        looked_at: 0,
        earliest: check.views().iter().map(View::earliest_known).collect(),
        done: check.history().phase(Phase::Done).unwrap_or(Moment::MAX),
        longest_ms: 0,
        at: 0,
    };
    let mut requests = 0;
    for operation in check.operations() {
        requests += u64::from(judged.operation(operation, &mut verdict));
    }
    requests += judged.metadata(&mut verdict);
    judged.end(&mut verdict);
    check.saw(requests, "requests under load", &mut verdict);
    verdict
}

impl<'a> Judged<'_, 'a> {
    fn in_time(&self, called: Moment) -> bool {
        (self.check.regimes().begin()..self.done).contains(&called)
    }

    /// Takes one operation, if it is one of these.
    fn operation(&mut self, operation: &ClientOperation<'a>, verdict: &mut Verdict) -> bool {
        if !self.in_time(operation.called) {
            return false;
        }
        match operation.call {
            Call::EndOffset(asked) => self.end_offset(asked, operation, verdict),
            call => match call.of_topic() {
                Some(topic) => self.of_topic(topic, operation, verdict),
                None => return false,
            },
        }
        true
    }

    fn end_offset(
        &mut self,
        asked: &'a EndOffset,
        operation: &ClientOperation<'a>,
        verdict: &mut Verdict,
    ) {
        const REQUEST: &str = "ListOffsets";
        let place = (asked.topic.as_str(), asked.partition);
        let stated = match operation.report() {
            Some(Report::EndOffset(seen)) if operation.outcome == Outcome::Ok => seen.offset,
            _ => None,
        };
        // An answer that states nothing is none; a broker cannot give it.
        if operation.outcome == Outcome::Ok && stated.is_none() {
            return;
        }
        let came = match stated {
            Some(offset) if self.stands_still(place, offset, operation.called) => Came::Nothing,
            Some(_) => Came::Served,
            None => Came::Nothing,
        };
        let question = Question {
            request: REQUEST,
            node: None,
            place: Some(place),
        };
        self.came(question, came, operation, verdict);
        // By node, whichever partition: only what says something about the node.
        let Some(node) = asked.node.as_deref() else {
            return;
        };
        let not_here = operation.outcome == Outcome::Fail && is_any(operation, NOT_HERE);
        let elsewhere =
            not_here && !self.claims_to_lead((node, place.0, place.1), operation.called);
        if !elsewhere && !self.is_held_back(node, operation.called) {
            let came = if stated.is_some() { Came::Served } else { came };
            let question = Question {
                request: REQUEST,
                node: Some(node),
                place: None,
            };
            self.came(question, came, operation, verdict);
        }
    }

    /// Whether a node's own last Metadata before a moment names it as leader: then it cannot say that another one is.
    /// Moments come in their order.
    fn claims_to_lead(&mut self, claim: (&str, &str, i32), at: Moment) -> bool {
        let claims = self.check.claims();
        let news = claims.rows[self.looked_at..].iter();
        for row in news.take_while(|row| row.returned <= at) {
            self.looked_at += 1;
            let (topic, partition, _) = claims.seats[row.seat];
            let seat = (row.node, topic, partition);
            match row.is_claim() {
                true => self.claims.insert(seat),
                false => self.claims.remove(&seat),
            };
        }
        self.claims.contains(&claim)
    }

    /// Whether an end offset lacks a record that had been known for longer than anything may be missing.
    fn stands_still(&mut self, place: (&str, i32), end: i64, called: Moment) -> bool {
        let Some(at) = self.check.view_at(place, self.at) else {
            return false;
        };
        self.at = at;
        let limits = self.check.history().limits();
        let late = limits
            .gap_outside_faults_ms
            .saturating_add(CONNECT_MS)
            .saturating_mul(MS);
        let known = self.earliest[at].at_or_above(end);
        known.is_some_and(|known| known.saturating_add(late) < called)
    }

    fn of_topic(
        &mut self,
        topic: &'a TopicCall,
        operation: &ClientOperation<'a>,
        verdict: &mut Verdict,
    ) {
        // A refusal of which nothing is known may be the right answer.
        let unknown = || {
            let error = operation.completion.and_then(|c| c.error.as_ref());
            operation.outcome == Outcome::Fail && error.is_none()
        };
        let held_back = || self.is_held_back(&topic.node, operation.called);
        if topic.phase.is_some() || unknown() || held_back() {
            return;
        }
        let answered = operation.outcome == Outcome::Ok
            || (operation.outcome == Outcome::Fail && is_any(operation, ANSWERS));
        let question = Question {
            request: operation.call.name(),
            node: None,
            place: None,
        };
        let came = if answered {
            Came::Served
        } else {
            Came::Nothing
        };
        self.came(question, came, operation, verdict);
    }

    fn came(
        &mut self,
        question: Question<'a>,
        came: Came,
        operation: &ClientOperation<'a>,
        verdict: &mut Verdict,
    ) {
        let ended = operation
            .completed()
            .unwrap_or_else(|| self.check.history().end());
        let error = || operation.completion.and_then(|c| c.error.clone());
        let stretch = (operation.called, ended, operation.id);
        self.take(question, came, stretch, error(), verdict);
    }

    fn take(
        &mut self,
        question: Question<'a>,
        came: Came,
        (called, ended, id): (Moment, Moment, u64),
        error: Option<Text>,
        verdict: &mut Verdict,
    ) {
        let asked = self.asked.entry(question.clone()).or_default();
        let stall = match came {
            Came::Served => asked.series.served(called, ended, id),
            Came::Nothing => asked.series.refused(called, ended, id),
        };
        let told = asked.error.clone();
        if came == Came::Nothing {
            asked.error = error;
        }
        if let Some(stall) = stall {
            self.tell(&question, stall, told, verdict);
        }
    }

    /// Metadata that was answered, by node: with an error or without.
    fn metadata(&mut self, verdict: &mut Verdict) -> u64 {
        let mut count = 0;
        for observed in self.check.history().observations() {
            let about = observed.observation;
            if !matches!(about.seen, Seen::Metadata { .. }) {
                continue;
            }
            let node = about.node.as_str();
            if !about.answered
                || !self.in_time(about.called)
                || self.is_held_back(node, about.called)
            {
                continue;
            }
            count += 1;
            let came = match about.error {
                None => Came::Served,
                Some(_) => Came::Nothing,
            };
            let question = Question {
                request: "Metadata",
                node: Some(node),
                place: None,
            };
            let stretch = (about.called, observed.at, observed.id);
            self.take(question, came, stretch, about.error.clone(), verdict);
        }
        count
    }

    /// Whether a fault of the node itself excuses it, or it does not answer at all: it may still be starting.
    fn is_held_back(&self, node: &str, at: Moment) -> bool {
        if self.answering.is_silent(node, at) {
            return true;
        }
        let history = self.check.history();
        let base = margin(history).saturating_add(history.limits().response_ms.saturating_mul(MS));
        let windows = self.check.windows().iter().filter(|w| !w.skipped);
        windows
            .filter(|window| window.touches(node))
            .any(|window| window.overlaps(at, at, settle(history, window, base)))
    }

    fn end(&mut self, verdict: &mut Verdict) {
        for (question, mut asked) in std::mem::take(&mut self.asked) {
            if let Some(stall) = asked.series.end() {
                self.tell(&question, stall, asked.error, verdict);
            }
        }
        let longest_ms = self.longest_ms;
        verdict.figure("request_wait_ms_max", longest_ms, None, Unit::Milliseconds);
    }

    fn tell(
        &mut self,
        question: &Question<'a>,
        stall: Stall,
        error: Option<Text>,
        verdict: &mut Verdict,
    ) {
        let length_ms = stall.to.saturating_sub(stall.from) / MS;
        self.longest_ms = self.longest_ms.max(length_ms);
        let Some(excess) = stall.excess(self.check.regimes()) else {
            return;
        };
        let finding = Finding::RequestsStalled {
            request: question.request.to_owned(),
            node: question.node.map(str::to_owned),
            scope: excess.scope,
            tries: stall.tries,
            error: error.as_deref().map(str::to_owned),
            length_ms: excess.length_ms(),
            limit_ms: excess.limit_ms,
            ended: stall.ended,
        };
        let lines = vec![stall.first, stall.last];
        let of_probe = question.request == "Metadata";
        let (operations, events) = match of_probe {
            true => (Vec::new(), lines),
            false => (lines, Vec::new()),
        };
        let evidence = Evidence {
            operations,
            events,
            nodes: question.node.map(str::to_owned).into_iter().collect(),
            topic: question.place.map(|(topic, _)| topic.to_owned()),
            partition: question.place.map(|(_, partition)| partition),
            window: Some((excess.from, excess.to)),
            ..Evidence::default()
        };
        self.check
            .unless_starved(finding, evidence, excess.from, excess.to, verdict);
    }
}

/// Whether an operation's error contains one of these words.
fn is_any(operation: &ClientOperation<'_>, words: &[&str]) -> bool {
    let error = operation
        .completion
        .and_then(|completion| completion.error.as_deref())
        .unwrap_or_default();
    words.iter().any(|word| error.contains(word))
}
