//! One worker that calls, one thing at a time, and records how each came out. Its id is retired when an outcome is unknown,
//! because the request may still take effect.

use checkers::history::{Call, Completion, Invocation, Report, Text, What, WorkerId};

use super::{Recorder, WorkerIds};

/// How a call came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Ok,
    /// It was certainly not done, and why.
    Fail(String),
    /// It may have been done, or may yet be.
    Info(String),
}

/// A worker that calls.
pub struct Caller<'a> {
    recorder: &'a Recorder,
    ids: &'a WorkerIds,
    worker: WorkerId,
}

impl<'a> Caller<'a> {
    /// A worker with an id of its own.
    pub fn new((recorder, ids): (&'a Recorder, &'a WorkerIds)) -> Caller<'a> {
        Caller {
            recorder,
            ids,
            worker: ids.next(),
        }
    }

    /// Its present id, which is unique in the run.
    pub fn worker(&self) -> WorkerId {
        self.worker
    }

    /// Records a call.
    pub fn calls(&self, call: Call) {
        let worker = self.worker;
        self.recorder
            .record(What::Invoke(Invocation { worker, call }));
    }

    /// Records how the last call came out.
    pub fn ended(&mut self, outcome: Outcome, report: Report) {
        let completion = |error: Option<String>| Completion {
            worker: self.worker,
            error: error.map(Text::from),
            report,
        };
        let what = match outcome {
            Outcome::Ok => What::Ok(completion(None)),
            Outcome::Fail(why) => What::Fail(completion(Some(why))),
            Outcome::Info(why) => What::Info(completion(Some(why))),
        };
        let unknown = matches!(what, What::Info(_));
        self.recorder.record(what);
        if unknown {
            self.worker = self.ids.next();
        }
    }
}
