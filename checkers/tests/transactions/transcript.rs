//! Transcripts: a why, transactions in short notation, `----`, and what is said of them.
//!
//! A transaction is `PROCESS CALLED..RETURNED OUTCOME ACTIONS`, e.g. `0 1..4 ok [[:append x 1]]`; its
//! id is the moment of its call. Moments are distinct. `JEPSEN_TRANSCRIPTS=write` writes what is said
//! now into the files, for a review of the difference.

use checkers::edn;
use checkers::transactions::{
    TransactionOptions, TransactionsVerdict, judge_list_append, judge_rw_register,
    judge_sends_and_polls,
};

/// The history of a transcript as operation maps, ordered by time.
pub(crate) fn history(text: &str) -> String {
    let mut events: Vec<(u64, String)> = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || line.starts_with("model ") {
            continue;
        }
        let mut words = line.splitn(4, ' ');
        let mut word = || words.next().unwrap_or_else(|| panic!("too short: {line}"));
        let (process, times, outcome, actions) = (word(), word(), word(), word());
        let (called, returned) = times.split_once("..").expect("CALLED..RETURNED");
        let mut event = |time: &str, kind: &str, actions: &str| {
            let map =
                format!("{{:index {time} :process {process} :type :{kind} :value {actions}}}");
            events.push((time.parse().expect("a moment"), map));
        };
        event(called, "invoke", &blanked(actions));
        if !returned.is_empty() {
            event(returned, outcome, actions);
        }
    }
    events.sort();
    let lines: Vec<String> = events.into_iter().map(|(_, map)| map).collect();
    lines.join("\n")
}

/// Actions without what their reads returned.
fn blanked(actions: &str) -> String {
    let value = edn::read(actions).expect("actions are EDN");
    let actions = value.elements().expect("a vector").iter().map(|action| {
        let parts = action.elements().expect("an action");
        match parts[0].word() {
            Some("r") => format!("[:r {} nil]", parts[1]),
            Some("poll") => "[:poll]".to_owned(),
            _ => action.to_string(),
        }
    });
    format!("[{}]", actions.collect::<Vec<String>>().join(" "))
}

/// Judges the history of a transcript.
pub(crate) fn judge(text: &str) -> TransactionsVerdict {
    let history = history(text);
    let operations = edn::entries(&history)
        .and_then(edn::operations)
        .expect("a history");
    let options = TransactionOptions::default();
    let model = text.lines().find_map(|line| line.strip_prefix("model "));
    let judged = match model {
        Some("list-append") => judge_list_append(&operations, &options),
        Some("rw-register") => judge_rw_register(&operations, &options),
        Some("kafka") => judge_sends_and_polls(&operations, &options),
        _ => panic!("a transcript names its model"),
    };
    judged.unwrap_or_else(|error| panic!("{error}\n{history}"))
}

/// What is said of a history, in full.
pub(crate) fn said(verdict: &TransactionsVerdict) -> String {
    let names = |models: &[checkers::transactions::ConsistencyModel]| {
        let names: Vec<&str> = models.iter().map(|model| model.name()).collect();
        names.join(", ")
    };
    let mut said = format!("{}\n", verdict.validity.word());
    said += &format!("holds: {}\n", names(&verdict.holds));
    said += &format!("violated: {}\n", names(&verdict.violated));
    for line in verdict.lines() {
        said += &format!("{line}\n");
    }
    said
}
