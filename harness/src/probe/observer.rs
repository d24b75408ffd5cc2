//! Writes down what one node answered to a probe's questions: what was seen, or the error of a refusal or of silence.

use checkers::history::{Moment, Observation, Seen, What};

use crate::kafka::nodes;
use crate::kafka::questions::NoAnswer;
use crate::record::Recorder;

/// What a probe sees of one node.
pub(super) struct Observer<'a> {
    recorder: &'a Recorder,
    place: usize,
}

impl<'a> Observer<'a> {
    /// Of the node at a place, which is counted from 0.
    pub(super) fn of(place: usize, recorder: &'a Recorder) -> Observer<'a> {
        Observer { recorder, place }
    }

    /// The time of a question that is about to be asked.
    pub(super) fn now(&self) -> Moment {
        self.recorder.now()
    }

    /// Records how a question came out that was asked at `called`.
    pub(super) fn saw(&self, called: Moment, error: Option<&NoAnswer>, seen: Seen) {
        self.recorder
            .record(What::Observation(Box::new(Observation {
                called,
                node: nodes::name(self.place),
                answered: error.is_none(),
                error: error.map(|error| error.to_string().into()),
                seen,
            })));
    }
}
