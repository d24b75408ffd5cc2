//! Rolling reads: a run of hours is read through every node while it goes on, so that the final reads need not begin at the
//! first record. They begin only when more waits than the final reads read in some seconds, so a run of a minute has
//! none, and is read as a whole in the end.
//!
//! What a node served here may still be lost later. The final reads read samples of it again.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use checkers::history::Offset;

use super::node_reader::{Came, NodeReader};
use crate::load::{Compared, Drawing};
use crate::probe::reach::{Place, Reach};
use crate::record::{Recorder, StopFlag, WorkerIds};

/// Records of all partitions that a node has not been read for. With more it is read, until half of them are left.
const UNREAD_MAX: Offset = 100_000;
/// A partition with fewer unread records than this is left alone: many small reads cost more than few large ones.
const WORTHWHILE: Offset = 2_000;
/// How often it is looked whether there is enough to read, and how long a node that does not answer is left alone.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Marks a rolling read in the history.
const PHASE: &str = "rolling";

/// Reads partitions through one node, as far as `reach` says that there is much to read, until asked to stop.
pub(super) fn watch(
    (node, address): (usize, SocketAddr),
    places: &[Place],
    reach: &Reach,
    drawing: Option<&Drawing>,
    (recorder, ids): (&Recorder, &WorkerIds),
    stop: &StopFlag,
) {
    let compared = Compared::begin(drawing, recorder);
    let mut reader = NodeReader::new((node, address), PHASE, compared, (recorder, ids));
    let mut leave = UNREAD_MAX;
    let mut next = Instant::now();
    while stop.sleep_until(next) {
        let unread = reach.unread(node, places);
        let waits: Offset = unread.iter().map(|(count, _)| count).sum();
        let most = (unread.iter().zip(places)).max_by_key(|((count, _), _)| *count);
        let most = most.filter(|((count, _), _)| *count >= WORTHWHILE);
        let Some(((_, from), place)) = most.filter(|_| waits > leave) else {
            leave = UNREAD_MAX;
            next = Instant::now() + LOOK_EVERY;
            continue;
        };
        leave = UNREAD_MAX / 2;
        let (topic, partition) = place;
        let began = Instant::now();
        match reader.read((topic, *partition), *from) {
            Came::To(to) | Came::Moved(to) if to > *from => {
                reach.note(node, place, to);
                // At most half of the time: the load needs the nodes, too.
                next = Instant::now() + began.elapsed();
            }
            // A node that is behind, or away.
            _ => next = Instant::now() + LOOK_EVERY,
        }
    }
}
