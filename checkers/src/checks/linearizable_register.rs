//! `linearizable-register`: a partition is a register that holds the value of its last record, and its writes and reads
//! have an order that explains every answer and respects real time.
//!
//! *Write*: a record that is appended. Acknowledged, it takes effect between its call and its return; of unknown
//! outcome, at any time after its call or never; refused, never. The `register` workload appends one record at a time;
//! an append of several counts as that many writes in one interval, which permits more than a log does, so that what is
//! found stays true.
//!
//! *Read*: a worker asks for the end offset, gets `m`, and its next call is a poll at `m - 1` that returns the record
//! there. What is at an offset never changes, so this reads the register at the moment at which the end offset was
//! answered, and its interval is that question's: the poll may take as long as it likes. An end offset of 0 reads the
//! empty register, whichever worker asked for it. A read without an end offset or without its record shows nothing and
//! is left out.
//!
//! Judged twice: by the search, within a budget, and by the rule for registers of distinct values. Both must say the
//! same; where they do not, one of them is wrong, and nothing is called valid by either. Where the search runs out of
//! its budget the rule alone decides, which the counts report.

use super::Check;
use super::register_uses::{Timed, Use, all, reads, refused};
use super::view::{Send, View, evidence};
use crate::history::Offset;
use crate::linearizability::deciders::register::decide;
use crate::linearizability::models::{Register, RegisterAction};
use crate::linearizability::{self, Budget, Decision, Rule, SearchOptions};
use crate::promises::Subject;
use crate::verdict::{Anomaly, Doubt, Finding, RegisterUse, Validity, Verdict};

/// What the search of one partition may spend: a second or two.
const BUDGET: Budget = Budget {
    steps: 10_000_000,
    bytes: 256 << 20,
};

pub(super) fn check(check: &Check<'_>) -> Verdict {
    let mut verdict = check.verdict();
    let mut reads = reads(check.operations());
    if reads.is_empty() {
        let what = "reads of last records".to_owned();
        verdict.not_applicable(Doubt::NotInRun { what });
        return verdict;
    }
    for view in check.views() {
        let Some(reads) = reads.remove(&view.place) else {
            if !view.sends.is_empty() {
                let (topic, partition) = view.place;
                let what = format!("reads of the last record of {topic}/{partition}");
                verdict.doubt(Doubt::NothingSeen { what });
            }
            continue;
        };
        let read = reads.len() as u64;
        let uses = all(check, view, reads);
        verdict.saw("register reads", read);
        check.unambiguous(view, &mut verdict);
        if view.resent == 0 {
            partition(check, view, &uses, &mut verdict);
        }
        check.enough(view, &mut verdict);
    }
    if !check.history().promises().end_offset_includes_acknowledged {
        let promise = "end_offset_includes_acknowledged".to_owned();
        verdict.not_applicable(Doubt::NotPromised { promise });
    }
    verdict
}

/// What the search and the rule say; none of a history that cannot have been, or that has not the shape.
fn judged(all: &[Timed<'_>], budget: Budget) -> Option<(Validity, Decision)> {
    let options = SearchOptions {
        budget,
        threads: 1,
        deciders: false,
        explain: false,
    };
    let searched = linearizability::check(&Register::new(None), all, &options).ok()?;
    let decided = decide(&None, &all.iter().collect::<Vec<_>>())?;
    Some((searched.validity, decided))
}

/// Judges one partition, by search and by rule.
fn partition(check: &Check<'_>, view: &View<'_>, uses: &[Use<'_>], verdict: &mut Verdict) {
    let all: Vec<Timed<'_>> = uses.iter().map(|one| one.timed.clone()).collect();
    let Some((searched, decided)) = judged(&all, BUDGET) else {
        verdict.doubt(Doubt::BadHistory { problems: 1 });
        return;
    };
    match agreement(&decided, searched) {
        Agreement::Both => verdict.saw("searched partitions", 1),
        Agreement::RuleAlone => verdict.saw(
            "partitions beyond the budget of the search, judged by rule alone",
            1,
        ),
        Agreement::None => {
            let (topic, partition) = view.place;
            let (one, other) = match decided {
                Decision::Linearizable => ("none", "that there is one"),
                Decision::Contradiction { .. } => ("an order", "that there is none"),
            };
            let message = format!(
                "internal contradiction: of the {} operations on {topic}/{partition} the search finds \
                 {one} and the rule for registers says {other}; one of them is wrong, keep this history",
                all.len()
            );
            verdict.doubt(Doubt::CheckFailed { message });
            return;
        }
    }
    if let Decision::Contradiction { rule, witness } = decided {
        let (rule, few) = fewest(&all, rule, witness);
        let searched = searched == Validity::Invalid;
        if let Some(anomaly) = anomaly(view, uses, (rule, &few), searched) {
            let configuration = check.configuration();
            check.held(configuration, Subject::NotLinearizable, anomaly, verdict);
        }
    }
}

/// Whether search and rule say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Agreement {
    Both,
    /// The search has no answer.
    RuleAlone,
    /// They contradict each other.
    None,
}

fn agreement(decided: &Decision, searched: Validity) -> Agreement {
    match (decided, searched) {
        (Decision::Linearizable, Validity::Valid)
        | (Decision::Contradiction { .. }, Validity::Invalid) => Agreement::Both,
        (Decision::Linearizable, Validity::Invalid)
        | (Decision::Contradiction { .. }, Validity::Valid) => Agreement::None,
        (_, Validity::Undecided | Validity::NotApplicable) => Agreement::RuleAlone,
    }
}

/// As few of these operations as have no order by themselves, the one that cannot be placed last. A read may be left
/// out, for it only constrains; a write too, unless its value is still read: without it, that read would be the
/// contradiction.
fn fewest(all: &[Timed<'_>], mut rule: Rule, mut witness: Vec<usize>) -> (Rule, Vec<usize>) {
    let mut at = 0;
    while at < witness.len() {
        let mut fewer = witness.clone();
        let left_out = &all[fewer.remove(at)].action;
        let still_read = match left_out {
            RegisterAction::Write(value) => fewer
                .iter()
                .any(|n| all[*n].action == RegisterAction::Read(Some(*value))),
            _ => false,
        };
        let own: Vec<&Timed<'_>> = fewer.iter().map(|n| &all[*n]).collect();
        match decide(&None, &own).filter(|_| !still_read) {
            Some(Decision::Contradiction {
                rule: broken,
                witness: order,
            }) => {
                rule = broken;
                witness = order.into_iter().map(|n| fewer[n]).collect();
                at = 0;
            }
            _ => at += 1,
        }
    }
    (rule, witness)
}

/// The anomaly that these few operations are, the one that cannot be placed last.
fn anomaly(
    view: &View<'_>,
    uses: &[Use<'_>],
    (rule, few): (Rule, &[usize]),
    searched: bool,
) -> Option<Anomaly> {
    let shown: Vec<&Use<'_>> = few.iter().map(|at| &uses[*at]).collect();
    let (last, others) = shown.split_last()?;
    let unplaced = last.told();
    let mut proof: Vec<RegisterUse> = others.iter().map(|one| one.told()).collect();
    if rule == Rule::NobodyWrote {
        // No client, or one whose append failed.
        let same = |send: &&Send<'_>| Some(send.value) == unplaced.value.as_deref();
        proof.extend(view.sends.iter().filter(same).map(refused));
    }
    proof.sort_by_key(|one| (one.called, one.operation));
    let operations = proof.iter().map(|one| one.operation);
    let operations = operations.chain([unplaced.operation]);
    let operations: Vec<u64> = operations
        .chain(shown.iter().filter_map(|one| one.poll))
        .collect();
    let offsets: Vec<Offset> = shown.iter().filter_map(|one| one.offset).collect();
    Some(Anomaly {
        kind: Finding::NotLinearizable {
            unplaced,
            proof,
            rule,
            searched,
        },
        certain: true,
        evidence: evidence(view.place, &operations, &offsets),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two judges that contradict each other are no verdict, whichever of them is right.
    #[test]
    fn a_contradiction_of_the_judges_is_no_agreement() {
        let broken = Decision::Contradiction {
            rule: Rule::ValueReturned,
            witness: vec![0],
        };
        let fine = Decision::Linearizable;
        assert_eq!(agreement(&fine, Validity::Valid), Agreement::Both);
        assert_eq!(agreement(&broken, Validity::Invalid), Agreement::Both);
        assert_eq!(agreement(&fine, Validity::Invalid), Agreement::None);
        assert_eq!(agreement(&broken, Validity::Valid), Agreement::None);
        assert_eq!(agreement(&fine, Validity::Undecided), Agreement::RuleAlone);
        assert_eq!(
            agreement(&broken, Validity::Undecided),
            Agreement::RuleAlone
        );
    }

    /// Where the search runs out of its budget, the rule decides alone.
    #[test]
    fn without_budget_the_rule_decides() {
        let write =
            |process, value| Timed::new(process, 10, 90, RegisterAction::Write(Some(value)));
        let read = |at, value| Timed::new(99, at, at + 1, RegisterAction::Read(Some(Some(value))));
        // So many writes at once that the search has to go on after its first look at the budget.
        let values = [
            "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n",
        ];
        let mut all: Vec<Timed<'_>> = (0..).zip(values).map(|(n, v)| write(n, v)).collect();
        all.extend([read(100, "a"), read(110, "b"), read(120, "a")]);
        let none = Budget { steps: 1, ..BUDGET };
        let word = |budget| {
            judged(&all, budget).map(|(searched, rule)| (searched, agreement(&rule, searched)))
        };
        assert_eq!(
            word(none),
            Some((Validity::Undecided, Agreement::RuleAlone))
        );
        assert_eq!(word(BUDGET), Some((Validity::Invalid, Agreement::Both)));
    }

    /// Of a long history three operations are left: what was written, what replaced it, and the read of the first.
    #[test]
    fn a_stale_read_is_shown_by_three_operations() {
        let write = |process, at, value| {
            Timed::new(process, at, at + 5, RegisterAction::Write(Some(value)))
        };
        let read = |process, at, value| {
            Timed::new(process, at, at + 5, RegisterAction::Read(Some(Some(value))))
        };
        let history = [
            write(1, 10, "a"),
            read(2, 20, "a"),
            read(3, 21, "a"),
            write(1, 30, "b"),
            read(2, 40, "b"),
            write(1, 50, "c"),
            read(3, 60, "a"),
            read(2, 70, "c"),
        ];
        let all: Vec<&Timed<'_>> = history.iter().collect();
        let Some(Decision::Contradiction { rule, witness }) = decide(&None, &all) else {
            panic!("a stale read");
        };
        let (rule, few) = fewest(&history, rule, witness);
        assert_eq!(rule, Rule::ValueReturned);
        assert_eq!(few.len(), 3);
        assert!(few.contains(&0) && few.last() == Some(&6), "{few:?}");
    }
}
