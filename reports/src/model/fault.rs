//! A fault window as the report shows it: time, kind, target and evidence.

use std::collections::BTreeMap;

use checkers::history::{Event, FaultPhase, What};
use serde::{Deserialize, Serialize};

/// A fault from begin to heal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FaultWindow {
    /// `k7`.
    pub id: String,
    /// Its name in the catalogue: `isolate`, `pause`, `kill`, ...
    pub kind: String,
    /// Its class.
    pub class: FaultClass,
    /// The nodes it was aimed at.
    pub targets: Vec<String>,
    /// The one-way links that it cuts.
    pub links: Vec<(String, String)>,
    /// The one-way links that it makes worse without cutting them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disturbed: Vec<(String, String)>,
    /// The role by which the targets were chosen.
    pub role: String,
    /// Whether the target still had its role when the fault took effect.
    pub role_held: bool,
    /// Whether it affects the leader.
    pub affects_leader: bool,
    /// When it was requested. Limits count from here.
    pub called_ns: u64,
    /// When its effect was first observed.
    pub begin_ns: u64,
    /// When it was healed; none if the history ends before.
    pub end_ns: Option<u64>,
    /// Whether it took effect.
    pub state: WindowState,
    /// The evidence of its effect, or why it was skipped or failed.
    pub evidence: String,
    /// What was counted from its begin to its heal.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub counters: BTreeMap<String, u64>,
}

/// The classes of faults, each with a colour and a letter.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum FaultClass {
    /// Links: N.
    #[default]
    Network,
    /// Processes: P.
    Process,
    /// Disks: D.
    Disk,
    /// Clocks: C.
    Clock,
}

/// Whether a fault took effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WindowState {
    /// It took effect, by evidence.
    #[default]
    TookEffect,
    /// Its role could not be resolved; not counted.
    Skipped,
    /// No effect was observed: an error of the run.
    Failed,
}

impl FaultWindow {
    /// The windows of a history, in the order of their begins. `class` maps a fault's name in the
    /// catalogue, which this crate does not know, to its class.
    pub fn collect<'a>(
        events: impl IntoIterator<Item = &'a Event>,
        class: impl Fn(&str) -> FaultClass,
    ) -> Vec<FaultWindow> {
        let mut windows: BTreeMap<&str, FaultWindow> = BTreeMap::new();
        for event in events {
            let What::Fault(fault) = &event.what else {
                continue;
            };
            if fault.phase == FaultPhase::Healed {
                if let Some(window) = windows.get_mut(fault.id.as_str()) {
                    window.end_ns = Some(event.t);
                    window.counters = fault.counters.clone();
                }
                continue;
            }
            let state = match fault.phase {
                FaultPhase::Begun => WindowState::TookEffect,
                FaultPhase::Skipped => WindowState::Skipped,
                FaultPhase::Failed => WindowState::Failed,
                FaultPhase::Healed | FaultPhase::Unknown => continue,
            };
            let window = windows.entry(&fault.id).or_default();
            *window = FaultWindow {
                id: fault.id.clone(),
                kind: fault.kind.clone(),
                class: class(&fault.kind),
                targets: fault.targets.clone(),
                links: fault.links.clone(),
                disturbed: fault.disturbed.clone(),
                role: fault.role.clone(),
                role_held: fault.role_held,
                affects_leader: fault.affects_leader,
                called_ns: fault.called,
                begin_ns: event.t,
                end_ns: None,
                state,
                evidence: fault.evidence.clone(),
                counters: BTreeMap::new(),
            };
        }
        let mut windows: Vec<FaultWindow> = windows.into_values().collect();
        windows.sort_by(|a, b| (a.called_ns, &a.id).cmp(&(b.called_ns, &b.id)));
        windows
    }

    /// Its end, or the end of the scenario if it was never healed. A fault that never took effect has no length.
    pub fn end_or(&self, end_ns: u64) -> u64 {
        match self.state {
            WindowState::TookEffect => self.end_ns.unwrap_or(end_ns),
            WindowState::Skipped | WindowState::Failed => self.begin_ns,
        }
    }

    /// What was counted, in words: `frames 210, stripped 180`; none if nothing was counted.
    pub fn counted(&self) -> Option<String> {
        let counted = self.counters.iter().filter(|(_, value)| **value > 0);
        let words: Vec<String> = counted
            .map(|(name, value)| format!("{} {value}", name.replace('_', " ")))
            .collect();
        match (self.counters.is_empty(), words.is_empty()) {
            (true, _) => None,
            (_, true) => Some("nothing".to_owned()),
            (_, false) => Some(words.join(", ")),
        }
    }

    /// `isolate n2 (leader)`.
    pub fn title(&self) -> String {
        let mut title = self.kind.clone();
        if !self.targets.is_empty() {
            title += &format!(" {}", self.targets.join(" "));
        }
        if !self.role.is_empty() {
            title += &format!(" ({})", self.role);
        }
        title
    }
}

impl FaultClass {
    /// Every class, in the order of legends.
    pub const ALL: [FaultClass; 4] = [
        FaultClass::Network,
        FaultClass::Process,
        FaultClass::Disk,
        FaultClass::Clock,
    ];

    /// The letter beside its colour.
    pub fn letter(self) -> char {
        match self {
            FaultClass::Network => 'N',
            FaultClass::Process => 'P',
            FaultClass::Disk => 'D',
            FaultClass::Clock => 'C',
        }
    }

    /// The word, lower case; also its CSS class.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_those_of_the_heal() {
        let line = |phase: &str, counters: &str| {
            format!(
                r#"{{"i":0,"t":5,"type":"fault","id":"k1","kind":"message-cut","phase":"{phase}","counters":{counters}}}"#
            )
        };
        let read = |text: String| serde_json::from_str::<Event>(&text).expect("a line");
        let begun = read(line("begun", r#"{"stripped":9}"#));
        let healed = read(line("healed", r#"{"messages_passed":0,"stripped":412}"#));
        let windows = |events: &[Event]| FaultWindow::collect(events, |_| FaultClass::Network);
        assert_eq!(windows(std::slice::from_ref(&begun))[0].counted(), None);
        let both = windows(&[begun, healed]);
        assert_eq!(both[0].counted().as_deref(), Some("stripped 412"));
    }
}
