//! `request-liveness`: ListOffsets, Metadata, DescribeQuorum and requests that change topics are answered.
//!
//! A node that does not answer at all is `node-responds`'s. Here a request counts that comes back with an error, or
//! without what it was asked for: end offsets of a partition that no node states, or that stand still while records are
//! acknowledged; end offsets that one node never states for any of its partitions; Metadata that a node answers with an
//! error; a quorum that it named before and now answers with an error or without a leader; changes of topics that nobody
//! accepts. No answer to DescribeQuorum at all is none of these: no client needs it, and a real broker (Apache Kafka 4)
//! did not answer it for 13 s while it served clients. A refusal that is an answer (the topic exists already) is a success; a
//! node that says it does not lead says nothing, unless it names itself as leader. Partitions that are missing in
//! Metadata are `cluster-shape`'s, which knows what was deleted.

use super::Check;
use super::claims::MS;
use super::stalls::Stall;
use super::tally::{METADATA, QUORUM, Question};
use crate::history::Text;
use crate::verdict::{Evidence, Finding, Unit, Verdict};

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    if check.is_no_run(&mut verdict) {
        return verdict;
    }
    let requests = &check.tally().requests;
    let mut longest = requests.longest;
    for (question, stall, error) in requests.stalls.iter().flatten() {
        tell(check, question, (stall, error.as_ref()), &mut verdict);
    }
    for (question, stall, error) in requests.end() {
        longest = longest.max(stall.to.saturating_sub(stall.from));
        tell(check, question, (&stall, error), &mut verdict);
    }
    verdict.figure(
        "request_wait_ms_max",
        longest / MS,
        None,
        Unit::Milliseconds,
    );
    check.saw(requests.count, "requests under load", &mut verdict);
    verdict
}

fn tell(
    check: &Check<'_>,
    question: &Question,
    (stall, error): (&Stall, Option<&Text>),
    verdict: &mut Verdict,
) {
    let Some(excess) = stall.excess(check.regimes()) else {
        return;
    };
    let node = question.node.as_deref().map(str::to_owned);
    let finding = Finding::RequestsStalled {
        request: question.request.to_owned(),
        node: node.clone(),
        scope: excess.scope,
        tries: stall.tries,
        error: error.map(ToString::to_string),
        length_ms: excess.length_ms(),
        limit_ms: excess.limit_ms,
        ended: stall.ended,
    };
    let lines = vec![stall.first, stall.last];
    let of_probe = [METADATA, QUORUM].contains(&question.request);
    let (operations, events) = match of_probe {
        true => (Vec::new(), lines),
        false => (lines, Vec::new()),
    };
    let place = question.place.as_ref();
    let evidence = Evidence {
        operations,
        events,
        nodes: node.into_iter().collect(),
        topic: place.map(|(topic, _)| topic.to_string()),
        partition: place.map(|(_, partition)| *partition),
        window: Some((excess.from, excess.to)),
        ..Evidence::default()
    };
    check.unless_starved(finding, evidence, excess.from, excess.to, verdict);
}
