//! `offsets-torn`: the offsets of a transaction become visible if and only if its records do, and those of all partitions alike.
//!
//! That it committed is shown by its acknowledgement, by a visible record, or by one of its tokens in a fetch. That it did not
//! is shown by acknowledged records that are all missing in what was read as a whole, or by a fetched offset that is older:
//! one whose commit had been acknowledged before the transaction even sent its offsets. Apache Kafka keeps the offset that was
//! *sent* last, also if another transaction commits later, so anything that was sent in between explains what was fetched.
//!
//! What counts are final fetches, and those of stable offsets that were called after the commit had been acknowledged; the
//! latter only where fetched offsets are promised to be recent. Offsets of aborted transactions are `offsets-of-aborted`'s.

use std::collections::{BTreeMap, BTreeSet};

use super::ledger::{Fate, Ledger, Tx, sent};
use super::torn::{held, unambiguous};
use crate::checks::Check;
use crate::checks::groups::{Commit, Group};
use crate::checks::view::{Place, evidence};
use crate::history::{Moment, Offset};
use crate::verdict::{Anomaly, Doubt, Finding, Placed, Verdict};

pub(in crate::checks) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let ledger = check.ledger();
    let groups: BTreeMap<&str, Ends<'_>> = check
        .roster()
        .groups
        .iter()
        .map(|(name, group)| (*name, Ends::of(group)))
        .collect();
    let recent = check.history().promises().offsets_linearizable;
    let mut count = 0;
    for tx in ledger
        .transactions
        .iter()
        .filter(|tx| tx.fate != Fate::Aborted)
    {
        let Some((group, ends)) = tx
            .call
            .group
            .as_deref()
            .and_then(|group| groups.get_key_value(group))
        else {
            continue;
        };
        let offsets = tx.end.iter().flat_map(|end| &end.offsets);
        let mut shown: Option<Shown<'_>> = None;
        let mut missing: Option<Missing<'_>> = None;
        for one in offsets {
            let place = (one.topic.as_str(), one.partition);
            if let Some(fetch) = ends.fetched(place, one.token.as_deref()) {
                shown.get_or_insert((place, one.offset, fetch));
            } else if let Some(older) = ends.older(place, staged(tx), committed(tx, recent)) {
                count += 1;
                missing.get_or_insert(Missing {
                    place,
                    offset: one.offset,
                    instead: older.offset,
                    fetch: older.fetch,
                });
            }
        }
        count += u64::from(shown.is_some());
        let records = records(ledger, tx);
        if let Some(anomaly) = torn(tx, group, shown, missing, records) {
            held(check, tx, anomaly, &mut verdict);
        }
    }
    unambiguous(check, &mut verdict);
    if groups.values().all(|ends| ends.last.is_empty()) {
        // What is there in the end decides of most.
        let what = "final committed offsets".to_owned();
        verdict.doubt(Doubt::NothingSeen { what });
    }
    check.saw(count, "offsets of transactions", &mut verdict);
    verdict
}

/// An offset of a transaction that a fetch returned, and which.
type Shown<'a> = (Place<'a>, Offset, u64);

/// An offset of a transaction in whose place an older one is.
struct Missing<'a> {
    place: Place<'a>,
    offset: Offset,
    instead: Option<Offset>,
    fetch: u64,
}

/// What is known of a transaction's records: one that is visible, or that all acknowledged ones are missing, with the first.
enum Records {
    Visible(Placed),
    Missing(Placed),
    Unknown,
}

fn records(ledger: &Ledger<'_>, tx: &Tx<'_>) -> Records {
    let visible = |send: &&_| ledger.is_visible(send) == Some(true);
    if let Some(send) = tx.sends().iter().find(visible) {
        return Records::Visible(sent(send));
    }
    let mut acknowledged = tx.acknowledged();
    match tx.acknowledged().next() {
        Some(first) if acknowledged.all(|send| ledger.is_visible(send) == Some(false)) => {
            Records::Missing(sent(first))
        }
        _ => Records::Unknown,
    }
}

fn torn(
    tx: &Tx<'_>,
    group: &str,
    shown: Option<Shown<'_>>,
    missing: Option<Missing<'_>>,
    records: Records,
) -> Option<Anomaly> {
    let finding = |offset, published, instead, record, other| Finding::OffsetsTorn {
        transaction: tx.named(),
        group: group.to_owned(),
        offset,
        published,
        instead,
        record,
        other,
    };
    let (kind, place, fetch, offset) = match (shown, missing, records) {
        (Some((place, offset, fetch)), _, Records::Missing(record)) => {
            let kind = finding(offset, true, None, Some(record), None);
            (kind, place, fetch, offset)
        }
        (shown, Some(missing), records) => {
            let record = match records {
                Records::Visible(record) => Some(record),
                _ => None,
            };
            let other = shown
                .map(|((topic, partition), offset, _)| format!("{offset} of {topic}/{partition}"));
            let acknowledged = tx.fate == Fate::Committed;
            if !acknowledged && record.is_none() && other.is_none() {
                return None;
            }
            let kind = finding(missing.offset, false, missing.instead, record, other);
            (kind, missing.place, missing.fetch, missing.offset)
        }
        _ => return None,
    };
    Some(Anomaly {
        kind,
        certain: true,
        evidence: evidence(place, &[tx.operation.id, fetch], &[offset]),
    })
}

/// When it was known to be committed, if later fetches must show that.
fn committed(tx: &Tx<'_>, recent: bool) -> Option<Moment> {
    let known = recent && tx.fate == Fate::Committed;
    tx.operation.completed().filter(|_| known)
}

/// When a transaction sent its offsets, at the earliest.
fn staged(tx: &Tx<'_>) -> Moment {
    let requests = tx.end.iter().flat_map(|end| &end.requests);
    let sent = requests.filter(|one| one.what == "commit-offsets");
    let sent = sent.map(|one| one.called).min();
    sent.unwrap_or(tx.operation.called)
}

/// What was fetched of a group's offsets.
struct Ends<'a> {
    /// By partition and token: that a fetch returned it, and which.
    fetched: BTreeMap<(Place<'a>, &'a str), u64>,
    /// By partition: the last final answer.
    last: BTreeMap<Place<'a>, Answer>,
    /// By partition: answers about stable offsets, in the order of their calls; each is the oldest of all from it on.
    oldest: BTreeMap<Place<'a>, Vec<(Moment, Answer)>>,
}

/// An answer about one partition.
#[derive(Clone, Copy)]
struct Answer {
    fetch: u64,
    /// None: nothing was ever committed.
    offset: Option<Offset>,
    called: Moment,
    /// When its commit had been acknowledged. None: nobody knows when it came.
    acknowledged: Option<Moment>,
}

impl Answer {
    /// The later, the newer. What nobody knows the age of may be the newest.
    fn age(&self) -> Moment {
        self.acknowledged.unwrap_or(Moment::MAX)
    }
}

impl<'a> Ends<'a> {
    fn of(group: &Group<'a>) -> Ends<'a> {
        let mut commits: BTreeMap<(Place<'_>, &str), &Commit<'_>> = BTreeMap::new();
        let mut twice = BTreeSet::new();
        for commit in &group.commits {
            if let Some(token) = commit.token
                && commits.insert((commit.place, token), commit).is_some()
            {
                twice.insert((commit.place, token));
            }
        }
        let mut ends = Ends {
            fetched: BTreeMap::new(),
            last: BTreeMap::new(),
            oldest: BTreeMap::new(),
        };
        // They are in the order of their calls.
        for fetch in &group.fetches {
            if let Some(token) = fetch.token {
                ends.fetched
                    .entry((fetch.place, token))
                    .or_insert(fetch.operation.id);
            }
            let acknowledged = match fetch.token {
                // Nothing is there, so whatever was acknowledged is gone.
                None => (fetch.offset < 0).then_some(0),
                Some(token) if twice.contains(&(fetch.place, token)) => None,
                Some(token) => commits
                    .get(&(fetch.place, token))
                    .and_then(|commit| commit.acknowledged),
            };
            let answer = Answer {
                fetch: fetch.operation.id,
                offset: (fetch.offset >= 0).then_some(fetch.offset),
                called: fetch.operation.called,
                acknowledged,
            };
            if fetch.is_final() {
                ends.last.insert(fetch.place, answer);
            }
            if fetch.call.require_stable {
                let of_place = ends.oldest.entry(fetch.place).or_default();
                of_place.push((answer.called, answer));
            }
        }
        for answers in ends.oldest.values_mut() {
            for at in (1..answers.len()).rev() {
                if answers[at].1.age() < answers[at - 1].1.age() {
                    answers[at - 1].1 = answers[at].1;
                }
            }
        }
        ends
    }

    /// The fetch that returned a token.
    fn fetched(&self, place: Place<'a>, token: Option<&'a str>) -> Option<u64> {
        self.fetched.get(&(place, token?)).copied()
    }

    /// An answer that shows what is older than offsets that were sent at a moment: the oldest of those to fetches that were
    /// called after another moment, or the final one.
    fn older(&self, place: Place<'a>, staged: Moment, committed: Option<Moment>) -> Option<Answer> {
        let after = committed.and_then(|committed| {
            let all = self.oldest.get(&place)?;
            let from = all.partition_point(|(called, _)| *called <= committed);
            all.get(from).map(|(_, answer)| *answer)
        });
        let last = self.last.get(&place).copied();
        let last = last.filter(|last| staged < last.called);
        let mut known = after.into_iter().chain(last);
        known.find(|answer| answer.age() < staged)
    }
}
