//! The findings of a run in order of severity, with the names by which page, JSON and JUnit refer to
//! them: `f1` is the first card, `f1-2` its second instance.

use checkers::verdict::{Anomaly, Validity, Verdict};

use crate::model::{RunReport, ScenarioReport, Side, Waiver};
use crate::wording;

/// All anomalies of one kind that one check found in one scenario.
#[derive(Clone, Debug)]
pub(crate) struct Card<'a> {
    /// `f1`.
    pub(crate) id: String,
    /// Where it was found.
    pub(crate) scenario: &'a ScenarioReport,
    /// The check that found it.
    pub(crate) verdict: &'a Verdict,
    /// The anomalies kept, in the check's order; never empty.
    pub(crate) anomalies: Vec<&'a Anomaly>,
    /// How many there were, if the check kept only some; exact where the check found one kind.
    pub(crate) total: u64,
}

impl<'a> Card<'a> {
    /// The first of its anomalies: the one to show first.
    pub(crate) fn first(&self) -> &'a Anomaly {
        self.anomalies[0]
    }

    /// The waiver of its kind of finding, if there is one.
    pub(crate) fn waiver(&self, report: &'a RunReport) -> Option<&'a Waiver> {
        let kind = self.first().kind.name();
        report.waiver(&self.scenario.name, &self.verdict.check, kind)
    }

    /// `f1` for the first instance, `f1-2` for the second.
    pub(crate) fn instance_id(&self, index: usize) -> String {
        match index {
            0 => self.id.clone(),
            more => format!("{}-{}", self.id, more + 1),
        }
    }
}

/// A check that is undecided; it gets a card of its own.
#[derive(Clone, Debug)]
pub(crate) struct UndecidedCheck<'a> {
    /// `u1`.
    pub(crate) id: String,
    /// Where.
    pub(crate) scenario: &'a ScenarioReport,
    /// The check's verdict.
    pub(crate) verdict: &'a Verdict,
}

/// Every card, worst first: safety before leadership before liveness before performance, certain before suspected, lost
/// records before stale answers.
pub(crate) fn cards(report: &RunReport) -> Vec<Card<'_>> {
    let mut cards: Vec<Card<'_>> = Vec::new();
    for scenario in &report.scenarios {
        let invalid = |v: &&Verdict| v.validity == Validity::Invalid;
        for verdict in scenario.judgement.verdicts.iter().filter(invalid) {
            let kinds = wording::kinds(verdict);
            for (kind, kept) in &kinds {
                let anomalies = verdict.anomalies.iter().filter(|a| a.kind.name() == *kind);
                let total = if kinds.len() == 1 {
                    verdict.anomaly_count
                } else {
                    *kept as u64
                };
                let anomalies = anomalies.collect();
                let id = String::new();
                cards.push(Card {
                    id,
                    scenario,
                    verdict,
                    anomalies,
                    total,
                });
            }
        }
    }
    cards.sort_by_key(|card| {
        let is_waived = card.waiver(report).is_some();
        let severity = wording::severity(&card.verdict.check);
        let is_certain = card.first().certain;
        (is_waived, card.verdict.class, !is_certain, severity)
    });
    for (index, card) in cards.iter_mut().enumerate() {
        card.id = format!("f{}", index + 1);
    }
    cards
}

/// Every undecided check, in the same order.
pub(crate) fn undecided_checks(report: &RunReport) -> Vec<UndecidedCheck<'_>> {
    let mut open: Vec<UndecidedCheck<'_>> = Vec::new();
    for scenario in &report.scenarios {
        let undecided = |v: &&Verdict| v.validity == Validity::Undecided;
        for verdict in scenario.judgement.verdicts.iter().filter(undecided) {
            open.push(UndecidedCheck {
                id: String::new(),
                scenario,
                verdict,
            });
        }
    }
    open.sort_by_key(|o| o.verdict.class);
    for (index, open) in open.iter_mut().enumerate() {
        open.id = format!("u{}", index + 1);
    }
    open
}

/// Failing first.
pub(crate) fn validity_rank(validity: Validity) -> u8 {
    match validity {
        Validity::Invalid => 0,
        Validity::Undecided => 1,
        Validity::Valid => 2,
        Validity::NotApplicable => 3,
    }
}

/// The verdict of a run as its headline states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Headline {
    /// Decides symbol and colour.
    pub(crate) validity: Validity,
    /// The word.
    pub(crate) word: &'static str,
}

/// The headline. A suite qualifies a release; a single run is valid or not. A run of which a part is missing is never
/// valid, and a figure that regressed disqualifies a run whose checks are all valid.
pub(crate) fn headline(report: &RunReport) -> Headline {
    let single = report.run.suite.is_empty();
    let regressed = report
        .comparison
        .as_ref()
        .is_some_and(|c| c.regressed().next().is_some());
    let incomplete = report.run.interrupted || !report.run.incomplete.is_empty();
    let is_waived = report.validity() != report.decision();
    let (validity, word) = match report.decision() {
        Validity::Invalid if single => (Validity::Invalid, "INVALID"),
        Validity::Invalid => (Validity::Invalid, "NOT QUALIFIED"),
        Validity::Valid if incomplete => (Validity::Undecided, "UNDECIDED"),
        Validity::Valid if regressed && single => (Validity::Invalid, "REGRESSED"),
        Validity::Valid if regressed => (Validity::Invalid, "NOT QUALIFIED"),
        Validity::Valid if is_waived && single => (Validity::Valid, "VALID WITH WAIVERS"),
        Validity::Valid if is_waived => (Validity::Valid, "QUALIFIED WITH WAIVERS"),
        Validity::Valid if single => (Validity::Valid, "VALID"),
        Validity::Valid => (Validity::Valid, "QUALIFIED"),
        Validity::Undecided => (Validity::Undecided, "UNDECIDED"),
        Validity::NotApplicable => (Validity::NotApplicable, "NOT RUN"),
    };
    Headline { validity, word }
}

/// A run as one side of a comparison; without a link to its page.
pub(crate) fn side(report: &RunReport) -> Side {
    let faults = report
        .scenarios
        .iter()
        .flat_map(ScenarioReport::faults_in_effect);
    let mut kinds: Vec<String> = faults.map(|fault| fault.kind.clone()).collect();
    kinds.sort();
    kinds.dedup();
    let tool = &report.tool;
    Side {
        run: report.run.id.clone(),
        page: String::new(),
        verdict: headline(report).word.to_owned(),
        subject: report.subject.clone(),
        faults: kinds,
        duration_ms: report.run.duration_ms,
        harness: [
            tool.version.as_str(),
            &tool.commit,
            if tool.debug { "(debug build)" } else { "" },
        ]
        .join(" ")
        .trim()
        .to_owned(),
    }
}

/// The symbol beside every verdict word.
pub(crate) fn symbol(validity: Validity) -> &'static str {
    match validity {
        Validity::Valid => "✓",
        Validity::Invalid => "✗",
        Validity::Undecided => "?",
        Validity::NotApplicable => "–",
    }
}

/// The word as the page shows it.
pub(crate) fn word(validity: Validity) -> &'static str {
    match validity {
        Validity::NotApplicable => "not applicable",
        other => other.word(),
    }
}
