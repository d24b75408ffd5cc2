//! What judging a mutant shows: which checks turned from valid to invalid, and whether they are those that must.

use serde::{Deserialize, Serialize};

use super::lie::Expected;
use crate::judgement::Judgement;
use crate::verdict::Validity;

/// What became of a mutant in one history.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Fate {
    /// A check that must report it calls the history invalid.
    Killed,
    /// A named check is not valid any more: the row gives the reason why it need not be invalid, or the check excuses what
    /// it found by something of this run, such as a starved machine.
    Undecided,
    /// The lie is legal, and no check minds.
    Equivalent,
    /// The checks that must report it do not apply to this history, or could not decide it without the lie.
    NotJudged,
    /// No check reports it, and the row says so: a known limit.
    Limit,
    /// Only other checks report it than those that must.
    Elsewhere,
    /// No check reports it: a hole.
    Survived,
    /// The lie is legal, and a check calls it invalid.
    FalseAlarm,
}

impl Fate {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether that is as the row states.
    pub fn is_expected(self) -> bool {
        !matches!(self, Fate::Elsewhere | Fate::Survived | Fate::FalseAlarm)
    }

    /// What became of a mutant, and the checks that turned: to invalid, or else to undecided.
    pub fn of(expected: Expected, before: &Judgement, after: &Judgement) -> (Fate, Vec<String>) {
        let was = |check: &str| before.verdict(check).map(|verdict| verdict.validity);
        let turned = |to: Validity| -> Vec<String> {
            let verdicts = after.verdicts.iter();
            let fresh = verdicts.filter(|v| v.validity == to && was(&v.check) != Some(to));
            fresh.map(|verdict| verdict.check.clone()).collect()
        };
        let invalid = turned(Validity::Invalid);
        let open = turned(Validity::Undecided);
        let among = |turned: &[String], checks: &[&str]| -> Vec<String> {
            let named = turned
                .iter()
                .filter(|check| checks.contains(&check.as_str()));
            named.cloned().collect()
        };
        let is_judged = |checks: &[&str]| {
            let mut checks = checks.iter();
            checks.any(|check| was(check) == Some(Validity::Valid))
        };
        match expected {
            Expected::Red(checks) => {
                let by = among(&invalid, checks);
                let doubting = among(&open, checks);
                match (by.is_empty(), invalid.is_empty()) {
                    (false, _) => (Fate::Killed, by),
                    // It was noticed, and something of this run (a starved machine) excuses it.
                    (true, true) if !doubting.is_empty() => (Fate::Undecided, doubting),
                    (true, false) => (Fate::Elsewhere, invalid),
                    (true, true) if !is_judged(checks) => (Fate::NotJudged, Vec::new()),
                    (true, true) => (Fate::Survived, open),
                }
            }
            Expected::Open(checks, _) => {
                let by = among(&invalid, checks);
                let doubting = among(&open, checks);
                match (by.is_empty(), doubting.is_empty()) {
                    (false, _) => (Fate::Killed, by),
                    (true, false) => (Fate::Undecided, doubting),
                    (true, true) if !is_judged(checks) => (Fate::NotJudged, Vec::new()),
                    (true, true) => (Fate::Survived, invalid),
                }
            }
            Expected::Limit(_) if invalid.is_empty() => (Fate::Limit, open),
            Expected::Limit(_) => (Fate::Killed, invalid),
            Expected::Equivalent(_) | Expected::None if invalid.is_empty() => {
                (Fate::Equivalent, open)
            }
            Expected::Equivalent(_) | Expected::None => (Fate::FalseAlarm, invalid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{Class, Verdict};

    fn judgement(verdicts: &[(&str, Validity)]) -> Judgement {
        let verdict = |(check, validity): &(&str, Validity)| Verdict {
            validity: *validity,
            ..Verdict::new(check, Class::Safety)
        };
        Judgement {
            verdicts: verdicts.iter().map(verdict).collect(),
            ..Judgement::default()
        }
    }

    #[test]
    fn a_kill_is_a_turn_of_a_named_check() {
        use Validity::{Invalid, NotApplicable, Undecided, Valid};
        let of = |expected, before: [Validity; 2], after: [Validity; 2]| {
            let judged = |[a, b]: [Validity; 2]| judgement(&[("a", a), ("b", b)]);
            Fate::of(expected, &judged(before), &judged(after)).0
        };
        let red = Expected::Red(&["a"]);
        assert_eq!(of(red, [Valid, Valid], [Invalid, Valid]), Fate::Killed);
        assert_eq!(of(red, [Valid, Valid], [Valid, Invalid]), Fate::Elsewhere);
        assert_eq!(of(red, [Valid, Valid], [Valid, Valid]), Fate::Survived);
        assert_eq!(of(red, [Invalid, Valid], [Invalid, Valid]), Fate::NotJudged);
        assert_eq!(of(red, [Valid, Valid], [Undecided, Valid]), Fate::Undecided);
        assert_eq!(of(red, [Valid, Valid], [Valid, Undecided]), Fate::Survived);
        assert_eq!(of(red, [Undecided, Valid], [Invalid, Valid]), Fate::Killed);
        assert_eq!(
            of(red, [NotApplicable, Valid], [NotApplicable, Valid]),
            Fate::NotJudged
        );
        let legal = Expected::Equivalent("it is");
        assert_eq!(of(legal, [Valid, Valid], [Valid, Valid]), Fate::Equivalent);
        assert_eq!(
            of(legal, [Valid, Valid], [Valid, Invalid]),
            Fate::FalseAlarm
        );
        let open = Expected::Open(&["b"], "unread");
        assert_eq!(
            of(open, [Valid, Valid], [Valid, Undecided]),
            Fate::Undecided
        );
        assert_eq!(of(open, [Valid, Valid], [Undecided, Valid]), Fate::Survived);
        let limit = Expected::Limit("known");
        assert_eq!(of(limit, [Valid, Valid], [Valid, Valid]), Fate::Limit);
        assert_eq!(of(limit, [Valid, Valid], [Valid, Invalid]), Fate::Killed);
    }
}
