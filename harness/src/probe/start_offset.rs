//! The first offset that a partition keeps, asked of one node by raw ListOffsets and recorded as an operation. What is
//! below it is gone, and `log-start` judges whether it may be.

use checkers::history::{
    Call, Completion, Invocation, Offset, Report, StartOffset, StartOffsetSeen, Text, What,
    WorkerId,
};

use crate::kafka::questions::{self, NoAnswer};
use crate::kafka::wire::Wire;
use crate::record::{Recorder, WorkerIds};

/// Asks node `node` over its connection, in the name of a worker, who is replaced if no answer comes. None if the node
/// refuses, as one that does not lead must, or does not answer.
pub fn ask(
    (node, wire): (usize, &mut Wire),
    (topic, partition): (&str, i32),
    phase: Option<&str>,
    worker: &mut WorkerId,
    (recorder, ids): (&Recorder, &WorkerIds),
) -> Option<Offset> {
    let call = StartOffset {
        node: format!("n{node}").into(),
        topic: topic.into(),
        partition,
        phase: phase.map(Text::from),
    };
    recorder.record(What::Invoke(Invocation {
        worker: *worker,
        call: Call::StartOffset(Box::new(call)),
    }));
    let answer = questions::start_offset(wire, topic, partition);
    let offset = answer.as_ref().ok().copied();
    let completion = Completion {
        worker: *worker,
        error: answer.as_ref().err().map(|error| error.to_string().into()),
        report: Report::StartOffset(StartOffsetSeen { offset }),
    };
    recorder.record(match answer {
        Ok(_) => What::Ok(completion),
        Err(NoAnswer::Refused(_)) => What::Fail(completion),
        Err(NoAnswer::Wire(_)) => {
            *worker = ids.next();
            What::Info(completion)
        }
    });
    offset
}
