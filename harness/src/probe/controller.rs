//! Asks the controller of one node, at its own listener, whether it leads the quorum. There nobody forwards the question, so
//! the answer is what this controller itself believes: a broker's answer is that of the leader to which it was forwarded.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use checkers::history::{Observation, Seen, Text, What};

use super::metadata::number;
use super::news::News;
use super::{PERIOD, TIMEOUT};
use crate::kafka::questions::{self, NoAnswer, Quorum};
use crate::kafka::wire::Wire;
use crate::record::{Recorder, StopFlag};

/// How long the same answer may go unrecorded.
const AGAIN: Duration = Duration::from_secs(1);

/// What is recorded of one answer.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    answered: bool,
    error: Option<String>,
    leader: i32,
    epoch: i32,
}

/// A controller that does not lead refuses, and does not say who leads.
fn said(answer: Result<Quorum, NoAnswer>) -> Said {
    let (answered, error, leader, epoch) = match answer {
        Ok(quorum) => (true, None, quorum.leader, quorum.epoch),
        Err(NoAnswer::Refused(error)) => (true, Some(error), -1, -1),
        Err(error) => (false, Some(error.to_string()), -1, -1),
    };
    Said {
        answered,
        error,
        leader,
        epoch,
    }
}

/// How long the same may go unrecorded. Silence is recorded once.
fn again(said: &Said) -> Duration {
    match said.answered {
        true => AGAIN,
        false => Duration::MAX,
    }
}

/// Asks ten times a second, until asked to stop. `ids` are the broker ids of n1, n2 and so on.
pub fn watch(
    (node, address): (usize, SocketAddr),
    ids: &[i32],
    recorder: &Recorder,
    stop: &StopFlag,
) {
    let mut wire = Wire::new(address, TIMEOUT);
    let mut recorded = News::default();
    let mut next = Instant::now();
    while stop.sleep_until(next) {
        next = (next + PERIOD).max(Instant::now());
        let called = recorder.now();
        let said = said(questions::quorum(&mut wire));
        if !recorded.takes(&said, next, again(&said)) {
            continue;
        }
        recorder.record(What::Observation(Box::new(Observation {
            called,
            node: format!("n{node}").into(),
            answered: said.answered,
            error: said.error.map(Text::from),
            seen: Seen::Controller {
                leader: number(ids, said.leader),
                epoch: said.epoch,
            },
        })));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::wire::WireError;

    fn leads(epoch: i32) -> Said {
        said(Ok(Quorum {
            leader: 1,
            epoch,
            voters: vec![1, 2, 3],
        }))
    }

    #[test]
    fn a_refusal_is_the_answer_of_one_that_does_not_lead() {
        let refused = said(Err(NoAnswer::Refused("NOT_LEADER_OR_FOLLOWER".to_owned())));
        assert!(refused.answered && refused.leader == -1);
        let silent = said(Err(NoAnswer::Wire(WireError::TimedOut(700))));
        assert!(!silent.answered);
    }

    #[test]
    fn news_and_one_claim_a_second_are_recorded_and_silence_once() {
        let begin = Instant::now();
        let mut news = News::default();
        let mut recorded = |ms, said: &Said| {
            let now = begin + Duration::from_millis(ms);
            news.takes(said, now, again(said))
        };
        assert!(recorded(0, &leads(7)));
        assert!(!recorded(900, &leads(7)));
        assert!(recorded(1_000, &leads(7)));
        assert!(recorded(1_100, &leads(8)));
        let silent = said(Err(NoAnswer::Wire(WireError::TimedOut(700))));
        assert!(recorded(1_200, &silent));
        assert!(!recorded(9_000, &silent));
        assert!(recorded(9_100, &leads(8)));
    }
}
