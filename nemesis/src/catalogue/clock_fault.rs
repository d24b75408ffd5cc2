//! Clocks that are wrong for a while, as a fault. It took effect when every node has read its wall clock and was told
//! another time; dropping it makes the clocks right.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::{Instant, sleep};

use super::motion::{Motion, SLEW_PPM};
use crate::clock::{Clock, Reads, Shift, now_ns};
use crate::evidence::Counters;
use crate::fault::{Fault, FaultError};
use crate::node::Node;

/// How long a node may take until it reads its wall clock.
const READ_LIMIT: Duration = Duration::from_secs(2);

/// Between two looks at the counters.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);

/// Some nodes' clocks, moved together.
pub struct ClockFault {
    moved: Vec<Moved>,
    motion: Motion,
    seed: u64,
    /// Whether it has begun and is not healed.
    wrong: bool,
}

/// One node's clock.
struct Moved {
    node: Node,
    clock: Arc<Clock>,
    shift: Shift,
    /// What it had read before.
    before: Reads,
    /// The least and the most that was added to its time, in ns.
    added_ns: (i64, i64),
}

impl Moved {
    fn read(&self) -> Reads {
        self.clock.reads().since(&self.before)
    }

    /// Notes by how much the clock is wrong now.
    fn note(&mut self) {
        let shift = self.shift;
        // A clock that strobes is wrong by its offset or by nothing.
        let now = if shift.strobes() {
            shift.offset_ns()
        } else {
            shift.at(now_ns())
        };
        let (least, most) = self.added_ns;
        self.added_ns = (least.min(now), most.max(now));
    }
}

impl ClockFault {
    /// For clocks that are right.
    pub(super) fn new(clocks: Vec<(Node, Arc<Clock>)>, motion: Motion, seed: u64) -> ClockFault {
        let moved = clocks.into_iter().map(|(node, clock)| Moved {
            node,
            clock,
            shift: Shift::NONE,
            before: Reads::default(),
            added_ns: (0, 0),
        });
        ClockFault {
            moved: moved.collect(),
            motion,
            seed,
            wrong: false,
        }
    }

    fn put_wrong(&mut self) -> Result<(), FaultError> {
        for moved in &self.moved {
            let node = moved.node;
            moved.clock.works().map_err(|why| FaultError::NoEffect {
                evidence: format!("the clock of {node} cannot be moved: {why}"),
            })?;
        }
        self.wrong = true;
        for moved in &mut self.moved {
            moved.before = moved.clock.reads();
            moved.shift = self.motion.shift(self.seed, moved.node, now_ns());
            moved.clock.set(moved.shift);
        }
        Ok(())
    }

    async fn look(&mut self) -> Result<String, FaultError> {
        let limit = Instant::now() + READ_LIMIT;
        loop {
            let told = self.moved.iter().all(|moved| moved.read().moved > 0);
            self.moved.iter_mut().for_each(Moved::note);
            let evidence = self.seen();
            if told {
                return Ok(evidence);
            }
            if Instant::now() >= limit {
                return Err(FaultError::NoEffect { evidence });
            }
            sleep(LOOK_INTERVAL).await;
        }
    }

    fn seen(&self) -> String {
        let one = |moved: &Moved| {
            let (read, node) = (moved.read(), moved.node);
            let Reads {
                wall,
                moved: told,
                other,
                ..
            } = read;
            let last_s = read.last_ns as f64 / 1e9;
            match (wall, told) {
                (0, _) => {
                    format!("{node} did not read its wall clock, and other clocks {other} times")
                }
                (_, 0) => {
                    format!("{node} read its wall clock {wall} times and was told the true time")
                }
                _ => format!(
                    "{node} was told another time in {told} of {wall} reads of its wall clock, {last_s:+.3} s in the last; \
                     {other} reads of other clocks"
                ),
            }
        };
        let all: Vec<String> = self.moved.iter().map(one).collect();
        all.join("; ")
    }

    /// Brings the clocks back step by step, and waits until they are right.
    async fn slew(&mut self) {
        let now = now_ns();
        let mut longest_ms = 0;
        for moved in &mut self.moved {
            let offset = moved.shift.at(now);
            moved.shift = Shift::slew(offset, SLEW_PPM, now);
            moved.clock.set(moved.shift);
            let ms = i128::from(offset).unsigned_abs() / u128::from(SLEW_PPM.unsigned_abs());
            longest_ms = longest_ms.max(u64::try_from(ms).unwrap_or(0));
        }
        sleep(Duration::from_millis(longest_ms)).await;
    }

    fn put_right(&mut self) {
        if std::mem::take(&mut self.wrong) {
            for moved in &mut self.moved {
                moved.note();
                moved.clock.set(Shift::NONE);
            }
        }
    }
}

impl Fault for ClockFault {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), FaultError>> {
        let outcome = self.put_wrong();
        async { outcome }.boxed()
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        self.look().boxed()
    }

    fn heal(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        async {
            let slewed = matches!(self.motion, Motion::Jump { slewed: true, .. }) && self.wrong;
            if slewed {
                self.slew().await;
            }
            self.put_right();
            let how = if slewed { "slewed back" } else { "set right" };
            Ok(format!("{how}; meanwhile {}", self.seen()))
        }
        .boxed()
    }

    fn counters(&self) -> Counters {
        let mut counters = Counters::default();
        for read in self.moved.iter().map(Moved::read) {
            counters.add("wall_clock_reads", read.wall);
            counters.add("told_another_time", read.moved);
            counters.add("other_clock_reads", read.other);
        }
        counters
    }

    fn skew_ms(&self) -> Option<(i64, i64)> {
        let all = self.moved.iter().map(|moved| moved.added_ns);
        let hull = all.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
        let million = 1_000_000;
        hull.map(|(least, most)| (least.div_euclid(million), -(-most).div_euclid(million)))
    }
}

impl Drop for ClockFault {
    fn drop(&mut self) {
        self.put_right();
    }
}
