//! Lateness, and how much of it is believed.
//!
//! A node that a machine starves for seconds answers nobody meanwhile. A kernel may state waits of seconds that never were:
//! since Linux 6.12 a thread's sleep can be added to its waits. One thread of a node was said to have waited for 43.84 s,
//! while the node answered 21 times a second. So of a lateness of a second or more that a single wait caused, only the
//! node's longest silence in that time is believed, and nothing of it if the node was never silent.

use std::collections::BTreeMap;

use super::event::{Event, Late, What};
use super::header::Header;
use super::ids::{Moment, NodeName, Text};
use super::observation::{Observation, Seen};

const MS: Moment = 1_000_000;

/// A wait this long has to show in the node's answers: the probes ask it every 100 ms.
const SHOWS_MS: u64 = 1_000;

/// No answer for this long is a silence: some answers in a row.
const SILENCE: Moment = 250 * MS;

/// Somebody ran late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lateness {
    /// `harness`, `disk`, or a node's name.
    pub who: String,
    /// The thread of the node that waited, if one was named.
    pub thread: Option<String>,
    /// From when on it waited.
    pub from: Moment,
    /// Until when.
    pub to: Moment,
    /// How long it waited within that time, in ms.
    pub by_ms: u64,
    /// Whether that was one wait, and not the sum of many.
    pub at_once: bool,
}

/// Finds the lateness that is believed, line by line: what contradicts it came before it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listener {
    heard: BTreeMap<NodeName, Heard>,
    found: Vec<Lateness>,
}

/// When a node answered.
#[derive(Clone, Debug, Default)]
struct Heard {
    last: Moment,
    /// Silences between two answers, in the order of time.
    silences: Vec<(Moment, Moment)>,
}

impl Listener {
    /// Nothing yet, of a history with this header.
    pub(crate) fn new(header: &Header) -> Listener {
        let nodes = header.nodes.iter();
        Listener {
            heard: nodes
                .map(|node| (node.name.clone(), Heard::default()))
                .collect(),
            found: Vec::new(),
        }
    }

    /// Takes the next line.
    pub(crate) fn take(&mut self, event: &Event) {
        match &event.what {
            What::Observation(observation) => self.observed(event.t, observation),
            What::Late(late) => self.late(event.t, late),
            _ => {}
        }
    }

    /// All that was found, in the order of the lines.
    pub(crate) fn finish(self) -> Vec<Lateness> {
        self.found
    }

    fn observed(&mut self, at: Moment, observation: &Observation) {
        let asked = matches!(
            observation.seen,
            Seen::Metadata { .. } | Seen::Quorum { .. }
        );
        let node: &Text = &observation.node;
        if asked
            && observation.answered
            && let Some(heard) = self.heard.get_mut(node.as_str())
        {
            if at.saturating_sub(heard.last) >= SILENCE {
                heard.silences.push((heard.last, at));
            }
            heard.last = at;
        }
    }

    fn late(&mut self, to: Moment, late: &Late) {
        let over_ms = late.over_ms.unwrap_or(late.by_ms).max(1);
        let from = to.saturating_sub(over_ms.saturating_mul(MS));
        let stated = Lateness {
            who: late.who.clone(),
            thread: late.thread.clone(),
            from,
            to,
            by_ms: late.by_ms.min(over_ms),
            at_once: late.over_ms.is_none(),
        };
        let heard = self.heard.get(&late.who);
        let shows = stated.at_once && late.by_ms >= SHOWS_MS;
        match heard.filter(|_| shows) {
            Some(heard) => {
                let believed = heard.silence(from, to).map(|(from, to)| Lateness {
                    from,
                    to,
                    by_ms: to.saturating_sub(from) / MS,
                    ..stated
                });
                self.found.extend(believed);
            }
            None => self.found.push(stated),
        }
    }
}

impl Heard {
    /// The longest silence between two moments, the later of which is now; the last one of equal ones.
    fn silence(&self, from: Moment, now: Moment) -> Option<(Moment, Moment)> {
        let first = self.silences.partition_point(|(_, end)| *end <= from);
        let open = (self.last, now);
        let within = self.silences[first..].iter().chain([&open]);
        let within = within.map(|(begin, end)| ((*begin).max(from), *end));
        let length = |silence: &(Moment, Moment)| silence.1.saturating_sub(silence.0);
        within
            .filter(|silence| length(silence) >= SILENCE)
            .max_by_key(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is believed of a lateness of `n1` at 9 s, where the node answered at these times in ms: from, to, by how much.
    fn believed(answers: &[u64], by_ms: u64) -> Option<(u64, u64, u64)> {
        let mut listener = Listener::default();
        listener.heard.insert("n1".into(), Heard::default());
        let metadata = |answered| Observation {
            called: 0,
            node: "n1".into(),
            answered,
            error: None,
            seen: Seen::Metadata {
                brokers: Vec::new(),
                partitions: Vec::new(),
            },
        };
        for at in answers {
            listener.observed(at * MS, &metadata(true));
        }
        // To be asked is no answer.
        listener.observed(8_990 * MS, &metadata(false));
        let late = Late {
            who: "n1".into(),
            thread: None,
            by_ms,
            over_ms: None,
            cpu_pressure: None,
            io_pressure: None,
        };
        listener.late(9_000 * MS, &late);
        let found = listener.finish().into_iter().next();
        found.map(|late| (late.from / MS, late.to / MS, late.by_ms))
    }

    fn every(ms: u64, from: u64, to: u64) -> Vec<u64> {
        (from..=to).step_by(ms as usize).collect()
    }

    #[test]
    fn seconds_are_believed_only_while_the_node_was_silent() {
        assert_eq!(believed(&every(100, 0, 9_000), 6_000), None);
        let silent = [every(100, 0, 5_000), every(100, 8_000, 9_000)].concat();
        assert_eq!(believed(&silent, 6_000), Some((5_000, 8_000, 3_000)));
        assert_eq!(believed(&silent, 2_000), Some((7_000, 8_000, 1_000)));
        let until_now = every(100, 0, 6_500);
        assert_eq!(believed(&until_now, 2_000), Some((7_000, 9_000, 2_000)));
    }

    #[test]
    fn a_node_that_was_never_heard_may_have_been_late_all_the_time() {
        assert_eq!(believed(&[], 6_000), Some((3_000, 9_000, 6_000)));
    }

    #[test]
    fn less_than_a_second_need_not_show() {
        let answers = every(100, 0, 9_000);
        assert_eq!(believed(&answers, 999), Some((8_001, 9_000, 999)));
        assert_eq!(believed(&answers, 1_000), None);
    }

    #[test]
    fn the_harness_is_not_asked() {
        let mut listener = Listener::default();
        let late = Late {
            who: "harness".into(),
            thread: None,
            by_ms: 2_000,
            over_ms: None,
            cpu_pressure: None,
            io_pressure: None,
        };
        listener.late(9_000 * MS, &late);
        assert_eq!(listener.finish().len(), 1);
    }

    #[test]
    fn nobody_waits_longer_than_a_time_lasts() {
        let mut listener = Listener::default();
        let late = Late {
            who: "n1".into(),
            thread: None,
            by_ms: 2_000,
            over_ms: Some(1_000),
            cpu_pressure: None,
            io_pressure: None,
        };
        listener.late(9_000 * MS, &late);
        assert_eq!(listener.finish()[0].by_ms, 1_000);
    }
}
