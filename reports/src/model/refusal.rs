//! How operations ended: how many of each call, and why they did not return ok, by call, outcome and error, so that *2180
//! fail* is not left without a word.

use std::collections::BTreeMap;

use checkers::history::{Event, Outcome, Report, What, WorkerId};
use serde::{Deserialize, Serialize};

/// Errors beyond this many different ones are counted together.
const ERRORS_MAX: usize = 64;

/// How many operations ended in one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// `append`, `poll`, `end-offset`, ...
    pub call: String,
    /// Fail or info.
    pub outcome: Outcome,
    /// The error as the client or the node named it.
    pub error: String,
    /// How many.
    pub count: u64,
}

/// Operations by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpsCount {
    /// It happened.
    pub ok: u64,
    /// It did not happen.
    pub fail: u64,
    /// Unknown.
    pub info: u64,
}

/// How the operations of one call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallCount {
    /// `append`, `poll`, `end-offset`, ...
    pub call: String,
    /// How many ended in which way. One without a completion is info.
    pub ops: OpsCount,
}

/// Counts them while the lines of a history go by.
#[derive(Clone, Debug, Default)]
pub struct Refusals {
    open: BTreeMap<WorkerId, &'static str>,
    counts: BTreeMap<(&'static str, bool, String), u64>,
    calls: BTreeMap<&'static str, OpsCount>,
}

impl Refusals {
    /// Counts the next line.
    pub fn take(&mut self, event: &Event) {
        let (completion, is_fail) = match &event.what {
            What::Invoke(invocation) => {
                self.open.insert(invocation.worker, invocation.call.name());
                return;
            }
            What::Ok(completion) => {
                if let Some(call) = self.open.remove(&completion.worker) {
                    self.calls.entry(call).or_default().ok += 1;
                }
                return;
            }
            What::Fail(completion) => (completion, true),
            What::Info(completion) => (completion, false),
            _ => return,
        };
        let call = self.open.remove(&completion.worker).unwrap_or("unknown");
        let ended = self.calls.entry(call).or_default();
        match is_fail {
            true => ended.fail += 1,
            false => ended.info += 1,
        }
        let own = completion.error.as_ref().map(String::from);
        let error = own.or_else(|| match &completion.report {
            Report::Append(appended) => appended
                .records
                .iter()
                .find_map(|record| record.error.as_ref().map(String::from)),
            _ => None,
        });
        let key = (
            call,
            is_fail,
            error.unwrap_or_else(|| "no error named".to_owned()),
        );
        let is_new = !self.counts.contains_key(&key);
        let key = match is_new && self.counts.len() >= ERRORS_MAX {
            true => (call, is_fail, "other errors".to_owned()),
            false => key,
        };
        *self.counts.entry(key).or_default() += 1;
    }

    /// How the operations of each call ended, in the order of their names.
    pub fn calls(&self) -> Vec<CallCount> {
        let mut calls = self.calls.clone();
        for call in self.open.values() {
            calls.entry(call).or_default().info += 1;
        }
        let count = |(call, ops): (&str, OpsCount)| CallCount {
            call: call.to_owned(),
            ops,
        };
        calls.into_iter().map(count).collect()
    }

    /// The counts, the most frequent first.
    pub fn finish(self) -> Vec<Refusal> {
        let refusal = |((call, is_fail, error), count): ((&str, bool, String), u64)| Refusal {
            call: call.to_owned(),
            outcome: if is_fail {
                Outcome::Fail
            } else {
                Outcome::Info
            },
            error,
            count,
        };
        let mut all: Vec<Refusal> = self.counts.into_iter().map(refusal).collect();
        all.sort_by_key(|refusal| std::cmp::Reverse(refusal.count));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_counted_by_call_and_outcome() {
        let lines = [
            r#"{"i":0,"t":1,"type":"invoke","worker":1,"f":"end-offset","topic":"t","partition":0}"#,
            r#"{"i":1,"t":2,"type":"fail","worker":1,"f":"end-offset","error":"NOT_LEADER"}"#,
            r#"{"i":2,"t":3,"type":"invoke","worker":1,"f":"append","topic":"t","partition":0,"values":["a"]}"#,
            r#"{"i":3,"t":4,"type":"info","worker":1,"f":"append","records":[{"outcome":"info","error":"_MSG_TIMED_OUT"}]}"#,
            r#"{"i":4,"t":5,"type":"invoke","worker":1,"f":"poll","assigned":[]}"#,
            r#"{"i":5,"t":6,"type":"ok","worker":1,"f":"poll","records":[]}"#,
            r#"{"i":6,"t":7,"type":"invoke","worker":1,"f":"poll","assigned":[]}"#,
        ];
        let mut refusals = Refusals::default();
        for line in lines {
            refusals.take(&serde_json::from_str(line).expect("a line"));
        }
        let ops = |ok, fail, info| OpsCount { ok, fail, info };
        let calls = refusals.calls();
        let calls: Vec<(&str, OpsCount)> = calls.iter().map(|c| (c.call.as_str(), c.ops)).collect();
        assert_eq!(
            calls,
            [
                ("append", ops(0, 0, 1)),
                ("end-offset", ops(0, 1, 0)),
                ("poll", ops(1, 0, 1))
            ]
        );
        let found = refusals.finish();
        let brief: Vec<(&str, Outcome, &str, u64)> = found
            .iter()
            .map(|r| (r.call.as_str(), r.outcome, r.error.as_str(), r.count))
            .collect();
        let (append, end) = ("append", "end-offset");
        assert_eq!(
            brief,
            [
                (append, Outcome::Info, "_MSG_TIMED_OUT", 1),
                (end, Outcome::Fail, "NOT_LEADER", 1)
            ]
        );
    }
}
