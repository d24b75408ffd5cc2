//! The incident's table, measured: the same questions about a cluster with its defects and about one without. All
//! answers come from the recorded history and the lengths of the nodes' files. The nodes' logs are not read.

use std::collections::BTreeMap;

use checkers::history::{History, Moment, Observed, Phase, Seen};
use checkers::judgement::Judgement;
use checkers::verdict::{Finding, Validity};

const MS: Moment = 1_000_000;
/// A node without an answer for this long at the end of the history is not answering.
const SILENT_MS: u64 = 2_000;
/// The number of points of the history at which the term is shown.
const POINTS: u64 = 5;

/// The expected defects of the cluster: in words, the check that reports it, the kinds of finding.
pub const REASONS: [(&str, &str, &[&str]); 2] = [
    (
        "a node froze without a fault (a forwarded write waits for an event that it blocks itself)",
        "node-responds",
        &["node-silent"],
    ),
    (
        "the start was a storm of elections, or did not complete",
        "formation",
        &["formation-term", "slow-formation", "never-formed"],
    ),
];

/// Whether a judgement reports it for one of [`REASONS`].
pub fn is_seen(judgement: &Judgement, check: &str, findings: &[&str]) -> bool {
    let verdict = judgement.verdict(check);
    verdict.is_some_and(|verdict| {
        let mut anomalies = verdict.anomalies.iter();
        verdict.validity == Validity::Invalid
            && anomalies.any(|anomaly| findings.contains(&anomaly.kind.name()))
    })
}

/// The rows of one cluster: the question, and its answer. `data` is the size in bytes of each node's files.
pub fn column(
    history: &History,
    judgement: &Judgement,
    data: &[(String, u64)],
) -> Vec<(&'static str, String)> {
    let metadata = last_answers(history);
    vec![
        ("frozen", frozen(judgement)),
        ("nodes that answer", answering(history, &metadata)),
        ("roles in the end", roles(history, &metadata)),
        ("terms over time", terms(history)),
        ("elections", elections(history)),
        ("time to stable", stable(judgement)),
        ("log on disk", growth(data)),
        ("from a send until a node has it", delays(history)),
        ("records acknowledged", acknowledged(history)),
    ]
}

fn frozen(judgement: &Judgement) -> String {
    let anomalies = judgement
        .verdict("node-responds")
        .map(|verdict| verdict.anomalies.as_slice());
    let silent = anomalies.unwrap_or_default().iter().filter_map(|anomaly| {
        let Finding::NodeSilent {
            node,
            came_back,
            error,
            ..
        } = &anomaly.kind
        else {
            return None;
        };
        let (from, _) = anomaly.evidence.window?;
        let end = if *came_back {
            "for a while"
        } else {
            "to the end"
        };
        let how = error.as_deref().unwrap_or("no answer");
        Some(format!("{node} from {} {end} ({how})", seconds(from)))
    });
    listed(silent, "no node")
}

/// Each node's last Metadata answer and the time of it.
fn last_answers(history: &History) -> BTreeMap<String, Observed<'_>> {
    let mut last = BTreeMap::new();
    for observed in history.observations() {
        let about = observed.observation;
        if about.answered && matches!(about.seen, Seen::Metadata { .. }) {
            last.insert(about.node.to_string(), observed);
        }
    }
    last
}

fn answers_still(history: &History, answer: Option<&Observed<'_>>) -> bool {
    // The probes end before the nodes do.
    let last = history
        .observations()
        .map(|observed| observed.at)
        .max()
        .unwrap_or(0);
    answer.is_some_and(|answer| last.saturating_sub(answer.at) < SILENT_MS * MS)
}

fn answering(history: &History, metadata: &BTreeMap<String, Observed<'_>>) -> String {
    let nodes = history.nodes();
    let still = |node: &&String| answers_still(history, metadata.get(*node));
    let answering: Vec<String> = nodes.iter().filter(still).cloned().collect();
    match answering.len() {
        0 => "none".to_owned(),
        all if all == nodes.len() => format!("all: {}", answering.join(", ")),
        _ => answering.join(", "),
    }
}

fn roles(history: &History, metadata: &BTreeMap<String, Observed<'_>>) -> String {
    let role = |node: &String| {
        let answer = metadata.get(node);
        let word = if answers_still(history, answer) {
            let named = answer.and_then(|answer| match &answer.observation.seen {
                Seen::Metadata { partitions, .. } => partitions.iter().find_map(|row| row.leader()),
                _ => None,
            });
            match named.and_then(|id| history.node_of(id)) {
                Some(leader) if leader == *node => "leader".to_owned(),
                Some(leader) => format!("follows {leader}"),
                None => "knows no leader".to_owned(),
            }
        } else {
            "does not answer".to_owned()
        };
        format!("{node} {word}")
    };
    let roles: Vec<String> = history.nodes().iter().map(role).collect();
    roles.join("; ")
}

/// The quorum's term as reported, in order of time.
fn told_terms(history: &History) -> Vec<(Moment, i32)> {
    let mut terms = Vec::new();
    let mut highest = -1;
    for observed in history.observations() {
        let epoch = match &observed.observation.seen {
            Seen::Quorum { epoch, .. } if observed.observation.answered => *epoch,
            _ => continue,
        };
        if epoch > highest {
            highest = epoch;
            terms.push((observed.at, epoch));
        }
    }
    terms
}

fn terms(history: &History) -> String {
    let told = told_terms(history);
    let at = |moment: Moment| {
        let known = told.partition_point(|(at, _)| *at <= moment);
        known
            .checked_sub(1)
            .map_or("–".to_owned(), |last| told[last].1.to_string())
    };
    let end = history.end();
    let point = |n: u64| format!("{} at {}", at(end / POINTS * n), seconds(end / POINTS * n));
    (1..=POINTS).map(point).collect::<Vec<_>>().join(", ")
}

fn elections(history: &History) -> String {
    let told = told_terms(history);
    let last = told.last().map_or(0, |(_, term)| *term);
    let after = match (history.phase(Phase::Load), told.last()) {
        (None, _) => "no load began".to_owned(),
        (Some(load), Some((at, _))) if *at > load => format!("last at {}", seconds(*at)),
        (Some(_), _) => "none under load".to_owned(),
    };
    let terms = if last == 1 { "term" } else { "terms" };
    format!("{last} {terms}; {after}")
}

fn stable(judgement: &Judgement) -> String {
    let verdict = judgement.verdict("formation");
    let anomalies = verdict.map(|verdict| verdict.anomalies.as_slice());
    let never = anomalies
        .unwrap_or_default()
        .iter()
        .any(|anomaly| matches!(anomaly.kind, Finding::NeverFormed { .. }));
    let figure = verdict.and_then(|verdict| {
        verdict
            .figures
            .iter()
            .find(|figure| figure.name == "formation_ms")
    });
    match figure {
        _ if never => "never".to_owned(),
        Some(figure) => seconds(figure.value * MS),
        None => "not seen".to_owned(),
    }
}

fn growth(data: &[(String, u64)]) -> String {
    let node = |(node, bytes): &(String, u64)| format!("{node} {} KiB", bytes / 1024);
    listed(data.iter().map(node), "not measured")
}

/// The time from the send of a probe record to the first answer of each node that has it: the total of client, leader,
/// link and follower.
fn delays(history: &History) -> String {
    let mut sent: BTreeMap<u64, Moment> = BTreeMap::new();
    let mut delivered: Vec<(&str, Moment, &Vec<u64>)> = Vec::new();
    for observed in history.observations() {
        let about = observed.observation;
        match &about.seen {
            Seen::Produce { sequence, .. } => {
                sent.insert(*sequence, about.called);
            }
            Seen::Delivery { sequences } => delivered.push((&about.node, observed.at, sequences)),
            _ => {}
        }
    }
    let mut delays: BTreeMap<&str, Vec<Moment>> = BTreeMap::new();
    for (node, at, sequences) in delivered {
        // A record that was never acknowledged has no send in the history.
        let sends = sequences.iter().filter_map(|sequence| sent.get(sequence));
        let of_node = delays.entry(node).or_default();
        of_node.extend(sends.map(|sent| at.saturating_sub(*sent)));
    }
    delays.retain(|_, all| !all.is_empty());
    let node = |(node, mut all): (&str, Vec<Moment>)| {
        all.sort_unstable();
        let (median, most) = (all[all.len() / 2], all[all.len() - 1]);
        format!("{node} median {} ms, longest {} ms", median / MS, most / MS)
    };
    listed(delays.into_iter().map(node), "no record got through")
}

fn acknowledged(history: &History) -> String {
    let count = history
        .observations()
        .filter(|o| o.observation.answered && matches!(o.observation.seen, Seen::Produce { .. }))
        .count();
    format!("{count} of the probe")
}

fn listed(words: impl Iterator<Item = String>, none: &str) -> String {
    let words: Vec<String> = words.collect();
    if words.is_empty() {
        none.to_owned()
    } else {
        words.join("; ")
    }
}

fn seconds(moment: Moment) -> String {
    format!("{}.{} s", moment / 1_000_000_000, moment / 100_000_000 % 10)
}

#[cfg(test)]
mod tests {
    use checkers::history::jsonl;

    use super::*;

    const HEADER: &str = "{\"format\":\"jepsen-history\",\"version\":1,\"nodes\":[{\"name\":\"n1\",\"address\":\"a:1\"},{\"name\":\"n2\",\"address\":\"b:1\"}]}";

    fn told(lines: &[(f64, &str)]) -> BTreeMap<&'static str, String> {
        let mut text = format!("{HEADER}\n");
        for (i, (at, rest)) in lines.iter().enumerate() {
            let t = (at * 1e9) as u64;
            text += &format!("{{\"i\":{i},\"t\":{t},{rest}}}\n");
        }
        let parsed = jsonl::parse(&text).expect("a history");
        let history = History::new(parsed.header, parsed.events);
        let judgement = checkers::judge(&history);
        let data = [("n1".to_owned(), 147 * 1024), ("n2".to_owned(), 70 << 20)];
        column(&history, &judgement, &data).into_iter().collect()
    }

    fn metadata(node: &str, leader: i32) -> String {
        format!(
            "\"called\":0,\"type\":\"observation\",\"probe\":\"metadata\",\"node\":\"{node}\",\"answered\":true,\
             \"partitions\":[[\"t0\",0,{leader},3]]"
        )
    }

    #[test]
    fn roles_and_silence_are_read_from_answers() {
        let (early, late) = (metadata("n1", 1), metadata("n2", 1));
        let rows = told(&[(1.0, &early), (9.0, &late)]);
        assert_eq!(rows["nodes that answer"], "n2");
        assert_eq!(
            rows["roles in the end"],
            "n1 does not answer; n2 follows n1"
        );
        assert_eq!(rows["log on disk"], "n1 147 KiB; n2 71680 KiB");
        let rows = told(&[(8.5, &early), (9.0, &late)]);
        assert_eq!(rows["nodes that answer"], "all: n1, n2");
        assert_eq!(rows["roles in the end"], "n1 leader; n2 follows n1");
    }

    #[test]
    fn terms_are_told_over_time() {
        let quorum = |epoch: i32| {
            format!(
                "\"called\":0,\"type\":\"observation\",\"probe\":\"quorum\",\"node\":\"n1\",\"answered\":true,\
                 \"leader\":1,\"epoch\":{epoch},\"voters\":[1,2]"
            )
        };
        let (first, last) = (quorum(1), quorum(7));
        let rows = told(&[(1.0, &first), (5.0, &last), (10.0, &last)]);
        assert_eq!(
            rows["terms over time"],
            "1 at 2.0 s, 1 at 4.0 s, 7 at 6.0 s, 7 at 8.0 s, 7 at 10.0 s"
        );
        assert_eq!(rows["elections"], "7 terms; no load began");
    }

    #[test]
    fn a_delay_is_from_the_send_to_the_nodes_answer() {
        let sent = "\"called\":1000000000,\"type\":\"observation\",\"probe\":\"produce\",\"node\":\"\",\"answered\":true,\"sequence\":4";
        let has = "\"called\":1200000000,\"type\":\"observation\",\"probe\":\"delivery\",\"node\":\"n2\",\"answered\":true,\"sequences\":[4]";
        let rows = told(&[(1.1, sent), (1.25, has)]);
        assert_eq!(
            rows["from a send until a node has it"],
            "n2 median 250 ms, longest 250 ms"
        );
        assert_eq!(
            told(&[(1.1, sent)])["from a send until a node has it"],
            "no record got through"
        );
    }
}
