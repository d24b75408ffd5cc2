//! Which nodes answered Metadata when. A node that does not answer that is `node-responds`'s, and excuses what else
//! fails at it, and connections that fail because of it. Only where answers begin and end is kept.

use std::collections::BTreeMap;

use crate::history::{Moment, Text};

/// By node: when Metadata was asked, and whether it was answered; of many like answers in a row the first and the last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answering(BTreeMap<Text, Vec<(Moment, bool)>>);

impl Answering {
    pub(super) fn add(&mut self, node: &Text, called: Moment, answered: bool) {
        let answers = match self.0.get_mut(node) {
            Some(answers) => answers,
            None => self.0.entry(node.clone()).or_default(),
        };
        if let [.., (_, first), last] = answers.as_mut_slice()
            && *first == answered
            && last.1 == answered
        {
            *last = (called, answered);
        } else {
            answers.push((called, answered));
        }
    }

    /// Whether a node did not answer the question before a moment, or the one after it.
    pub(in crate::checks) fn is_silent(&self, node: &str, at: Moment) -> bool {
        let answers = self.0.get(node).map_or(&[][..], Vec::as_slice);
        let before = answers.partition_point(|(called, _)| *called <= at);
        let around = &answers[before.saturating_sub(1)..(before + 1).min(answers.len())];
        around.iter().any(|(_, answered)| !answered)
    }

    /// Whether any node was silent, or none was ever asked.
    pub(in crate::checks) fn is_any_silent(&self, at: Moment) -> bool {
        self.0.is_empty() || self.0.keys().any(|node| self.is_silent(node, at))
    }

    /// Before this moment the question after it is known, at every node.
    pub(super) fn known_until(&self, nodes: &[Text]) -> Moment {
        let last = |node: &Text| self.0.get(node)?.last().map(|(called, _)| *called);
        let all = nodes.iter().map(|node| last(node).unwrap_or(0));
        all.min().unwrap_or(0)
    }

    /// Whether only these nodes were asked.
    pub(super) fn only(&self, nodes: &[Text]) -> bool {
        self.0.keys().all(|node| nodes.contains(node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same answers as a list of all of them.
    #[test]
    fn a_node_is_silent_next_to_a_question_without_an_answer() {
        let answers = [
            true, true, true, true, false, true, false, false, false, false, true, true, true,
        ];
        let mut answering = Answering::default();
        for (at, answered) in answers.into_iter().enumerate() {
            answering.add(&"n1".into(), at as u64 * 10, answered);
        }
        for at in 0..140_u64 {
            let before = (at / 10) as usize;
            let all = answers[before.min(12)..(before + 2).min(13)].iter();
            let silent = all.clone().any(|answered| !answered);
            assert_eq!(answering.is_silent("n1", at), silent, "{at}");
        }
        assert!(!answering.is_silent("n2", 5) && !answering.is_any_silent(5));
        assert!(Answering::default().is_any_silent(0));
    }
}
