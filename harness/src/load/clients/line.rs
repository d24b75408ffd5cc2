//! What a client's process and the harness say to each other: one JSON value a line.

use checkers::history::{Call, Outcome, Report};
use serde::{Deserialize, Serialize};

use crate::kafka::clients::grouped::Lane;

/// What a client says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "says", rename_all = "lowercase")]
pub(super) enum Line {
    /// It is about to call something, and waits for [`TAKEN_DOWN`].
    Calls {
        /// Which of its operations.
        lane: Lane,
        /// What.
        call: Call,
    },
    /// The lane's last call has ended.
    Ended {
        /// Which of its operations.
        lane: Lane,
        /// How.
        outcome: Outcome,
        /// Why it failed or is unknown.
        error: Option<String>,
        /// What came back.
        report: Report,
    },
    /// It ends, and not because it was asked to.
    Fails {
        /// Why.
        why: String,
    },
}

/// What the harness answers to a call.
pub(super) const TAKEN_DOWN: &str = "taken down";
/// What the harness says to a client that is to leave.
pub(super) const LEAVE: &str = "leave";

/// The report of a call that nobody lived to answer.
pub(super) fn unanswered(call: &Call) -> Report {
    match call {
        Call::Join(_) => Report::Join(Box::default()),
        Call::Sync(_) => Report::Sync(Box::default()),
        Call::Leave(_) => Report::Leave(Box::default()),
        Call::CommitOffsets(_) => Report::CommitOffsets(Box::default()),
        Call::FetchOffsets(_) => Report::FetchOffsets(Box::default()),
        Call::Deliver(_) => Report::Deliver(Box::default()),
        _ => Report::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use checkers::history::{Joined, Leave};

    use super::*;

    /// Both ends read what the other one wrote.
    #[test]
    fn a_line_reads_back() {
        let call = Call::Leave(Box::new(Leave {
            group: "g".into(),
            members: vec!["m".into()],
            node: None,
        }));
        let report = Report::Join(Box::new(Joined {
            generation: 3,
            member: "m".into(),
            ..Joined::default()
        }));
        let lines = [
            Line::Calls {
                lane: Lane::Group,
                call,
            },
            Line::Ended {
                lane: Lane::Work,
                outcome: Outcome::Info,
                error: Some("why".to_owned()),
                report,
            },
            Line::Fails {
                why: "two\nlines".to_owned(),
            },
        ];
        for line in lines {
            let text = serde_json::to_string(&line).expect("plain data");
            assert!(!text.contains('\n'), "{text}");
            let back: Line = serde_json::from_str(&text).expect(&text);
            assert_eq!(format!("{back:?}"), format!("{line:?}"));
        }
    }
}
