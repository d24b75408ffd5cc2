//! What is settled now: decided for each partition, counted, and named to be forgotten.

use std::collections::{BTreeMap, BTreeSet};

use super::frontier::{self, Held};
use super::{Reducer, ends};
use crate::checks::pipeline::given_up;
use crate::checks::view::{self, Send, View};
use crate::history::{Acks, Call, History, Moment, Offset, Outcome, Phase, Report};
use crate::promises::weaker;

impl Reducer {
    /// Decides what is settled, and counts it. Returns the operations to forget, by their lines.
    pub(super) fn settle(&mut self, history: &History) -> Result<Vec<u64>, &'static str> {
        let operations = history.operations();
        let views = view::collect(history, &operations);
        self.advance(&views, &operations)?;
        let (since, _) = self.since(history.events());
        let patient = (self.compared).saturating_sub(self.window.patience as u64);
        let recency = history.promises().end_offset_includes_acknowledged;
        let mut asked: BTreeMap<usize, Vec<Moment>> = BTreeMap::new();
        let mut by_time: BTreeSet<usize> = BTreeSet::new();
        for operation in &operations {
            match operation.call {
                Call::EndOffset(end) if operation.completion.is_none() => {
                    let at = self.places.index(&end.topic, end.partition);
                    asked.entry(at).or_default().push(operation.called);
                }
                Call::OffsetForTime(asked) => {
                    let at = self.places.index(&asked.topic, asked.partition);
                    by_time.insert(at);
                    if self.places.all[at].counts.records > 0 {
                        return Err("a question for the offset of a time that came late");
                    }
                }
                _ => {}
            }
        }
        let loaded = history.phase(Phase::Recovery).unwrap_or(Moment::MAX);
        let mut forgotten = Vec::new();
        for view in &views {
            let (topic, partition) = view.place;
            let at = self.places.index(topic, partition);
            let held = Held {
                before: self.places.all[at].to,
                since,
                consumers: self.lag.lowest(at, patient),
                recency,
                asked: asked.get(&at).map_or(&[], Vec::as_slice),
                by_time: by_time.contains(&at),
            };
            let to = frontier::of(view, held);
            let open = held.asked.iter().copied().min().unwrap_or(Moment::MAX);
            let redundant = ends::redundant(view, recency, open);
            self.fold(view, at, (to, &redundant), loaded, &mut forgotten);
        }
        forgotten.sort_unstable();
        Ok(forgotten)
    }

    /// Counts what lies below the limit of a partition.
    fn fold(
        &mut self,
        view: &View<'_>,
        at: usize,
        (to, redundant): (Offset, &[bool]),
        loaded: Moment,
        forgotten: &mut Vec<u64>,
    ) {
        let place = &mut self.places.all[at];
        let facts = view.facts_between(Offset::MIN, to);
        let Some(last) = facts.last() else {
            return;
        };
        // What is above the last of them may still be filled: by a record of an append that got no answer.
        let to = last.offset.saturating_add(1);
        place.to = to;
        for fact in facts {
            place.content.add(fact.offset, view.value(fact));
            place.uncommitted |= !fact.committed;
            place.counts.records += 1;
            let Some(send) = view
                .send_of(fact)
                .filter(|send| send.outcome == Outcome::Ok)
            else {
                continue;
            };
            place.counts.acknowledged += 1;
            place.counts.stated += u64::from(send.offset().is_some());
            if let Some(acknowledged) = send.acknowledged_at() {
                let late = fact.seen_at.saturating_sub(acknowledged);
                place.counts.longest_late = place.counts.longest_late.max(late);
                let after = acknowledged < loaded && fact.seen_at >= loaded;
                place.counts.late_after_load += u64::from(after);
            }
        }
        let same = |a: &Send<'_>, b: &Send<'_>| std::ptr::eq(a.operation, b.operation);
        for request in view.sends.chunk_by(same) {
            let send = &request[0];
            let lie = request.iter().filter_map(|send| frontier::lies(view, send));
            if lie.max().is_none_or(|offset| offset >= to) {
                continue;
            }
            for send in request {
                if frontier::lies(view, send).is_none() {
                    place.counts.missing += 1;
                    place.missing.insert(send.value.to_owned());
                }
            }
            forgotten.push(send.operation.id);
            if send.operation.outcome != Outcome::Ok {
                self.settled.failing.extend(send.operation.completed());
            }
            if let Some((producer, called)) = given_up(send.operation) {
                let known = self.settled.gave_up.entry(producer).or_insert(called);
                *known = called.min(*known);
            }
            let appends = &mut self.settled.appends;
            let answered = matches!(send.operation.report(), Some(Report::Append(_)));
            appends.answered += u64::from(answered);
            let known: Option<Acks> = appends.weakest;
            appends.weakest = Some(known.map_or(send.acks, |known| weaker(known, send.acks)));
            appends.any_plain |= !send.idempotent;
        }
        let ends = view.ends.iter().zip(redundant);
        for (end, _) in ends.filter(|(end, redundant)| end.offset <= to && **redundant) {
            place.counts.ends += 1;
            forgotten.push(end.operation.id);
        }
    }
}
