//! Asks one node once a second who coordinates each group of the run, and to describe the group.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use checkers::history::{Coordinated, Seen, Text};

use super::TIMEOUT;
use super::observer::Observer;
use crate::cluster_view::ClusterView;
use crate::kafka::nodes;
use crate::kafka::questions::groups::{self, Key};
use crate::kafka::wire::Wire;
use crate::record::{Recorder, StopFlag};

/// How often.
const EVERY: Duration = Duration::from_secs(1);

/// Asks until asked to stop. `addresses` are those of all nodes in order; the asked one is at `place`. Who coordinates the first
/// group is noted in the view.
pub fn watch(
    (place, addresses, ids): (usize, &[SocketAddr], &[i32]),
    groups: &[String],
    (recorder, view): (&Recorder, &ClusterView),
    stop: &StopFlag,
) {
    let mut wire = Wire::new(addresses[place], TIMEOUT);
    let observer = Observer::of(place, recorder);
    let mut next = Instant::now();
    while stop.sleep_until(next) {
        next = (next + EVERY).max(Instant::now());
        for (at, group) in groups.iter().enumerate() {
            let called = observer.now();
            let found = groups::find_coordinator(&mut wire, group, Key::Group);
            let named = found.as_ref().ok();
            let named = named.and_then(|found| nodes::coordinator(addresses, ids, found));
            if at == 0 {
                view.saw_coordinator(place, (Coordinated::Group, group.as_str()), named);
            }
            let seen = Seen::Coordinator {
                of: Coordinated::Group,
                key: group.as_str().into(),
                coordinator: named.map(nodes::name),
            };
            observer.saw(called, found.as_ref().err(), seen);
            // Only the coordinator knows; the others would refuse.
            if named != Some(place) {
                continue;
            }
            let called = observer.now();
            let described = groups::describe(&mut wire, group);
            let (state, members) = match &described {
                Ok((state, members)) => (state.as_str(), members.as_slice()),
                Err(_) => ("", &[][..]),
            };
            let seen = Seen::Group {
                group: group.as_str().into(),
                state: state.into(),
                members: members.iter().map(|one| Text::from(one.as_str())).collect(),
            };
            observer.saw(called, described.as_ref().err(), seen);
        }
    }
}
