//! Asks one node once a second who coordinates each group of the run, and to describe the group.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use checkers::history::{Coordinated, Observation, Seen, Text, What};

use super::TIMEOUT;
use crate::kafka::questions::NoAnswer;
use crate::kafka::questions::groups::{self, Key};
use crate::kafka::wire::Wire;
use crate::record::{Recorder, StopFlag};

/// How often.
const EVERY: Duration = Duration::from_secs(1);

/// Asks until asked to stop. `nodes` are the addresses of all nodes in order; the asked one is at `place`.
pub fn watch(
    (place, nodes): (usize, &[SocketAddr]),
    groups: &[String],
    recorder: &Recorder,
    stop: &StopFlag,
) {
    let mut wire = Wire::new(nodes[place], TIMEOUT);
    let mut next = Instant::now();
    let name = |at: usize| Text::from(format!("n{}", at + 1));
    while stop.sleep_until(next) {
        next = (next + EVERY).max(Instant::now());
        for group in groups {
            let called = recorder.now();
            let observe = |error: Option<&NoAnswer>, seen| {
                let answered = !matches!(error, Some(NoAnswer::Wire(_)));
                recorder.record(What::Observation(Box::new(Observation {
                    called,
                    node: name(place),
                    answered,
                    error: error.map(|error| error.to_string().into()),
                    seen,
                })));
            };
            let found = groups::find_coordinator(&mut wire, group, Key::Group);
            let coordinator = found.as_ref().ok().and_then(|address| {
                let mut known = nodes.iter();
                known.position(|node| node == address).map(name)
            });
            observe(
                found.as_ref().err(),
                Seen::Coordinator {
                    of: Coordinated::Group,
                    key: group.as_str().into(),
                    coordinator: coordinator.clone(),
                },
            );
            // Only the coordinator knows; the others would refuse.
            if coordinator != Some(name(place)) {
                continue;
            }
            let described = groups::describe(&mut wire, group);
            let error = described.as_ref().err();
            let (state, members) = match &described {
                Ok((state, members)) => (state.clone(), members.clone()),
                Err(_) => Default::default(),
            };
            observe(
                error,
                Seen::Group {
                    group: group.as_str().into(),
                    state: state.into(),
                    members: members.into_iter().map(Text::from).collect(),
                },
            );
        }
    }
}
