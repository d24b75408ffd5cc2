//! The harness's own lateness: a thread sleeps 10 ms and measures how long it was away. Every other thread of the
//! harness suffers the same delay. Findings that overlap it are undecided, not a fault of the broker.

use std::time::{Duration, Instant};

use checkers::history::{Late, What};
use nemesis::process::pressure::{Resource, waited_us};

use crate::record::{Recorder, StopFlag};

/// The intended length of a sleep.
const SLEEP: Duration = Duration::from_millis(10);

/// Shorter delays do not matter.
const WORTH_TELLING: Duration = Duration::from_millis(50);

/// Sleeps and measures until asked to stop.
pub fn watch(recorder: &Recorder, stop: &StopFlag) {
    let mut cpu = Share::begin(Resource::Cpu);
    let mut io = Share::begin(Resource::Io);
    while !stop.is_set() {
        let before = Instant::now();
        std::thread::sleep(SLEEP);
        let late = before.elapsed().saturating_sub(SLEEP);
        if late >= WORTH_TELLING {
            recorder.record(What::Late(Box::new(Late {
                who: "harness".into(),
                thread: None,
                by_ms: u64::try_from(late.as_millis()).unwrap_or(u64::MAX),
                over_ms: None,
                cpu_pressure: cpu.since_last(),
                io_pressure: io.since_last(),
            })));
        }
    }
}

/// The share of time in which some task of the machine waited for a resource, if the kernel reports it (PSI).
pub(super) struct Share {
    resource: Resource,
    last: Option<(Instant, u64)>,
}

impl Share {
    pub(super) fn begin(resource: Resource) -> Self {
        let last = waited_us(resource).map(|waited| (Instant::now(), waited));
        Share { resource, last }
    }

    pub(super) fn since_last(&mut self) -> Option<f64> {
        let (then, before) = self.last?;
        let now = (Instant::now(), waited_us(self.resource)?);
        self.last = Some(now);
        let length_us = now.0.duration_since(then).as_micros().max(1) as f64;
        let share = now.1.saturating_sub(before) as f64 / length_us;
        Some((share.min(1.0) * 100.0).round() / 100.0)
    }
}
