//! What a run did not test, from what it did: the fault windows that took effect, and the checks that applied. A release
//! engineer reads this beside the verdict, so a sentence is here only while it is true of this run.

use checkers::checks::{Scope, named};
use checkers::history::{Acks, Phase};
use checkers::verdict::{Validity, Verdict};

use crate::format::{count, group, length_ms, untrusted};
use crate::model::{FaultClass, FaultWindow, RunReport, ScenarioReport};
use crate::tested;
use crate::wording::{self, Test};

/// Faults that the default scenario holds if it has the time: words, kinds, and the beginning of the role.
const PROMISED: &[(&str, &[&str], &str)] = &[
    (
        "the leader cut off",
        &["isolate", "halves", "deaf", "mute"],
        "leader",
    ),
    ("the leader paused", &["pause"], "leader"),
    ("one link cut", &["cut-link", "cut-link-one-way"], ""),
    ("the leader killed", &["kill"], "leader"),
    (
        "a follower cut off",
        &["isolate", "deaf", "mute", "cut-link-one-way"],
        "follower",
    ),
    (
        "the disks of the followers slow",
        &["slow-sync"],
        "followers",
    ),
];

/// What a run tests only with certain faults: the sentence, and the beginnings of the kinds.
const BY_FAULT: &[(&str, &[&str])] = &[
    ("Loss of unsynced data (power failure).", &["power-loss"]),
    ("Rolling restarts.", &["rolling-restart"]),
    ("Upgrades.", &["rolling-upgrade", "upgrade"]),
];

/// Scopes of checks of consumer groups. Committed offsets alone need no group with members.
pub(crate) const GROUPS: &[Scope] = &[Scope::Groups, Scope::Deliveries];

/// Scopes of checks of transactions.
pub(crate) const TRANSACTIONS: &[Scope] = &[Scope::Transactions, Scope::ExactlyOnce];

/// What a run tests only if certain checks applied: the sentence, their scopes, and words in the names of checks that
/// this version does not know.
const BY_CHECK: &[(&str, &[Scope], &[&str])] = &[
    ("Consumer groups.", GROUPS, &["group"]),
    ("Transactions.", TRANSACTIONS, &["transaction", "isolation"]),
];

/// What no run of this version tests.
const NEVER: &[&str] = &["Changes of cluster membership."];

/// What older versions stored with every run, whether or not it was true of that run.
const OLDER: &[&str] = &[
    "Loss of unsynced data (power failure): processes are killed, the machine is not.",
    "Disks that are slow, full or wrong.",
    "Messages picked out by what they say: links are cut, slowed and damaged below the protocol.",
    "Consumer groups and transactions.",
    "Changes of cluster membership, and upgrades.",
];

/// Every sentence, what concerns the default promise first.
pub(crate) fn sentences(report: &RunReport) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    all.extend(promised(report));
    all.extend(classes(report));
    let faults = || report.scenarios.iter().flat_map(|s| s.faults_in_effect());
    let by_fault = BY_FAULT.iter().filter(|(_, kinds)| {
        !faults().any(|fault| kinds.iter().any(|kind| fault.kind.starts_with(kind)))
    });
    all.extend(by_fault.map(|(sentence, _)| (*sentence).to_owned()));
    all.extend(promises(report));
    let by_check = BY_CHECK.iter().filter(|(_, scopes, words)| {
        !judges(report, scopes)
            && !applied(report).any(|check| words.iter().any(|word| is_other(check, word)))
    });
    all.extend(by_check.map(|(sentence, ..)| (*sentence).to_owned()));
    all.extend(report.scenarios.iter().filter_map(slow));
    all.extend(producers(report));
    all.extend(NEVER.iter().map(|sentence| (*sentence).to_owned()));
    all.push(extent(report));
    let stated = report.not_tested.iter();
    let stated = stated.filter(|sentence| !OLDER.contains(&sentence.as_str()));
    all.extend(stated.map(|sentence| untrusted(sentence)));
    for fault in &report.faults_unavailable {
        let (class, why) = (untrusted(&fault.class), untrusted(&fault.why));
        all.push(format!("{class} faults could not run here: {why}."));
    }
    all.extend(idle(report));
    all
}

/// The kinds of producers that appended nothing.
fn producers(report: &RunReport) -> Option<String> {
    let ran = report.scenarios.iter();
    let ran: Vec<_> = ran.filter_map(|s| s.judgement.configuration).collect();
    if ran.is_empty() {
        return None;
    }
    let mut lacking = Vec::new();
    if ran.iter().all(|one| one.acks == Acks::All) {
        lacking.extend(["acks=0", "acks=1"]);
    }
    if !ran.iter().any(|one| one.idempotent) {
        lacking.push("idempotence");
    }
    (!lacking.is_empty()).then(|| format!("Producers with {}.", lacking.join(", with ")))
}

/// Promises that are named. The table of rules has all of them.
const PROMISES_MAX: usize = 3;

/// Below this share of the planned operations, in per cent, a load is another one. Faults alone cost less.
const SLOW_PERCENT: u64 = 60;

/// A load that was far below its plan.
fn slow(scenario: &ScenarioReport) -> Option<String> {
    let planned = u64::from(scenario.planned_rate?);
    let at = |phase| scenario.phases.iter().find(|mark| mark.phase == phase);
    let (from, to) = (at(Phase::Load)?.at_ns, at(Phase::Recovery)?.at_ns);
    let ms = to.saturating_sub(from) / 1_000_000;
    let ops = &scenario.ops;
    let made = (ops.ok + ops.fail + ops.info) * 1_000 / ms.max(1);
    (made * 100 < planned * SLOW_PERCENT).then(|| {
        format!(
            "The planned load: in {} the clients made {} operations a second of {}. The machine or the target was slow.",
            untrusted(&scenario.name),
            group(made),
            group(planned)
        )
    })
}

/// What any run leaves open: one length, one seed, one size of cluster.
fn extent(report: &RunReport) -> String {
    let longest = report.scenarios.iter().map(|s| s.duration_ms).max();
    let longest = longest.filter(|longest| *longest > 0);
    let longer = longest.map_or_else(String::new, |longest| {
        format!("longer runs than {}, ", length_ms(longest))
    });
    let size = match report.subject.nodes {
        0 => "clusters of another size".to_owned(),
        nodes => format!(
            "clusters of other than {}",
            count(u64::from(nodes), "nodes")
        ),
    };
    format!(
        "Also open: {longer}other seeds than {}, {size}.",
        untrusted(&report.run.seed)
    )
}

/// Whether a check of one of these scopes applied.
pub(crate) fn judges(report: &RunReport, scopes: &[Scope]) -> bool {
    applied(report).any(|check| named(&check.check).is_ok_and(|row| scopes.contains(&row.scope)))
}

/// Whether this is a check that this version does not know, with this word in its name.
fn is_other(check: &Verdict, word: &str) -> bool {
    named(&check.check).is_err() && check.check.contains(word)
}

fn applied(report: &RunReport) -> impl Iterator<Item = &Verdict> {
    let verdicts = report.scenarios.iter().flat_map(|s| &s.judgement.verdicts);
    verdicts.filter(|verdict| verdict.validity != Validity::NotApplicable)
}

/// The faults of the default scenario that this run did not hold.
fn promised(report: &RunReport) -> Option<String> {
    let faults: Vec<&FaultWindow> = report
        .scenarios
        .iter()
        .flat_map(|s| s.faults_in_effect())
        .collect();
    let held = |(_, kinds, role): &&(&str, &[&str], &str)| {
        // Without its setting: `slow-sync=100ms`.
        let name = |f: &FaultWindow| {
            f.kind
                .split('=')
                .next()
                .is_some_and(|name| kinds.contains(&name))
        };
        let fits = |f: &&&FaultWindow| name(f) && f.role.starts_with(role);
        faults.iter().any(|f| fits(&f))
    };
    let lacking: Vec<&str> = PROMISED
        .iter()
        .filter(|row| !held(row))
        .map(|(words, ..)| *words)
        .collect();
    (!lacking.is_empty()).then(|| {
        format!(
            "Faults of the default scenario that this run did not have: {}.",
            lacking.join(", ")
        )
    })
}

/// The classes of faults of which none took effect.
fn classes(report: &RunReport) -> Option<String> {
    let faults = || report.scenarios.iter().flat_map(|s| s.faults_in_effect());
    let none: Vec<&str> = FaultClass::ALL
        .into_iter()
        .filter(|class| !faults().any(|fault| fault.class == *class))
        .map(FaultClass::word)
        .collect();
    (!none.is_empty())
        .then(|| format!("Classes of faults that did not occur: {}.", none.join(", ")))
}

/// The promises of the target that nothing here could have broken. What a power loss does is said for itself.
fn promises(report: &RunReport) -> Option<String> {
    let mut untested: Vec<&str> = Vec::new();
    for scenario in &report.scenarios {
        for row in wording::promise_rows(&scenario.promises) {
            let tested = |s: &ScenarioReport| tested::took_place(row.test, s);
            let is_power = matches!(row.test, Test::Fault(["power-loss", ..]));
            if row.made
                && !is_power
                && !untested.contains(&row.promise)
                && !report.scenarios.iter().any(tested)
            {
                untested.push(row.promise);
            }
        }
    }
    let (shown, rest) = untested.split_at(untested.len().min(PROMISES_MAX));
    let more = match rest.len() {
        0 => String::new(),
        more => format!("; and {more} more, see “Which rules applied”"),
    };
    (!untested.is_empty()).then(|| format!("Promises of the target: {}{more}.", shown.join("; ")))
}

/// The checks that applied in no scenario.
fn idle(report: &RunReport) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for verdict in report.scenarios.iter().flat_map(|s| &s.judgement.verdicts) {
        let name = untrusted(&verdict.check);
        if !applied(report).any(|other| other.check == verdict.check) && !names.contains(&name) {
            names.push(name);
        }
    }
    (!names.is_empty()).then(|| format!("Checks that did not apply: {}.", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use checkers::checks::TABLE;
    use checkers::verdict::Class;

    use super::*;
    use crate::model::PhaseMark;

    fn with(kind: &str, class: FaultClass, role: &str) -> RunReport {
        let fault = FaultWindow {
            kind: kind.into(),
            class,
            role: role.into(),
            ..FaultWindow::default()
        };
        let scenario = ScenarioReport {
            faults: vec![fault],
            ..ScenarioReport::default()
        };
        RunReport {
            scenarios: vec![scenario],
            ..RunReport::default()
        }
    }

    #[test]
    fn what_took_effect_is_not_said_to_be_untested() {
        let power = sentences(&with("power-loss=slow", FaultClass::Disk, "all")).join("\n");
        assert!(
            !power.contains("power failure")
                && power.contains("did not occur: network, process, clock"),
            "{power}"
        );
        assert!(
            power.contains("the leader killed") && power.contains("network"),
            "{power}"
        );
        let kill = sentences(&with("kill", FaultClass::Process, "leader")).join("\n");
        assert!(!kill.contains("the leader killed") && kill.contains("the leader paused"));
        assert!(kill.contains("power failure") && kill.contains("Consumer groups"));
        let slow = sentences(&with("slow-sync=100ms", FaultClass::Disk, "followers")).join("\n");
        assert!(!slow.contains("disks of the followers slow"), "{slow}");
        let other = sentences(&with("kill", FaultClass::Process, "follower")).join("\n");
        assert!(other.contains("the leader killed"), "{other}");
    }

    fn judged_by(check: &str) -> String {
        let mut verdict = Verdict::new(check, Class::Safety);
        verdict.saw("records", 1);
        let mut report = with("kill", FaultClass::Process, "leader");
        report.scenarios[0].judgement.verdicts = vec![verdict];
        sentences(&report).join("\n")
    }

    #[test]
    fn groups_and_transactions_are_tested_if_their_checks_applied() {
        for check in TABLE {
            let untested = judged_by(check.name);
            let lacks = |sentence: &str| !untested.contains(sentence);
            let (groups, transactions) = (lacks("Consumer groups."), lacks("Transactions."));
            assert_eq!(groups, GROUPS.contains(&check.scope), "{}", check.name);
            assert_eq!(
                transactions,
                TRANSACTIONS.contains(&check.scope),
                "{}",
                check.name
            );
        }
        let own = judged_by("my-group-lag");
        assert!(!own.contains("Consumer groups.") && own.contains("Transactions."));
    }

    #[test]
    fn a_load_that_was_far_below_its_plan_is_named() {
        let mark = |phase, seconds: u64| PhaseMark {
            phase,
            at_ns: seconds * 1_000_000_000,
        };
        let mut scenario = ScenarioReport {
            planned_rate: Some(1_000),
            phases: vec![mark(Phase::Load, 1), mark(Phase::Recovery, 11)],
            ..ScenarioReport::default()
        };
        scenario.ops.ok = 5_990;
        assert!(
            slow(&scenario).is_some_and(|said| said.contains("599 operations a second of 1000"))
        );
        scenario.ops.info = 10;
        assert_eq!(slow(&scenario), None);
    }
}
