//! The unavailability of a target: the gap after its leader was killed, paused or isolated, and the time that a node
//! needs to return after an absence. It uses the same engine and the same probe as every run.

use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use anyhow::Result;
use checkers::history::{Event, FaultPhase, Moment, Seen, What};
use nemesis::Node;
use nemesis::catalogue::Kind;
use nemesis::plan::{PLAN_VERSION, Plan, Timing, Window};
use nemesis::target::Role;

use crate::cluster::Cluster;
use crate::config::topics;
use crate::kafka::questions;
use crate::kafka::wire::Wire;
use crate::record::StopFlag;

/// The window in which a follower is absent.
const AWAY: &str = "away";
/// The interval of checks of a returning node.
const LOOK: Duration = Duration::from_millis(5);
/// The time limit of one check.
const TIMEOUT: Duration = Duration::from_millis(500);
/// The time within which a node must return.
const BACK_MAX: Duration = Duration::from_secs(60);

/// The faults: one of each kind, long and far enough apart for this target.
pub(super) fn plan(timing: &Timing) -> Plan {
    let ms = |length: Duration| u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
    let (length_ms, gap_ms) = (ms(timing.window_max), ms(timing.gap_max));
    let faults = [
        ("kill", Kind::KILL, Role::Leader),
        ("pause", Kind::PAUSE, Role::Leader),
        ("isolate", Kind::ISOLATE, Role::Leader),
        (AWAY, Kind::KILL, Role::Follower),
    ];
    let window = |(at, (id, kind, role)): (usize, (&str, Kind, Role))| Window {
        id: id.to_owned(),
        at_ms: 1_000 + at as u64 * (length_ms + gap_ms),
        kind,
        role,
        draw: 0,
        duration_ms: length_ms,
    };
    let windows: Vec<Window> = faults.into_iter().enumerate().map(window).collect();
    let last = windows.last().map_or(0, |w| w.at_ms + w.duration_ms);
    Plan {
        version: PLAN_VERSION,
        seed: 0,
        time_limit_ms: last + ms(timing.quiet_end),
        windows,
    }
}

/// The gaps of the faults that took effect, in milliseconds, by the fault's name. Only complete ones: a gap without an
/// end is not a figure.
///
/// A gap starts when the fault is requested and ends with a record that was sent after the fault had started. A record
/// that was sent in between may reach a leader that is not cut off yet (observed: a gap of 2 ms after an isolation).
pub(super) fn gaps(events: &[Event]) -> BTreeMap<String, f64> {
    let mut acknowledged: Vec<(Moment, Moment)> = Vec::new();
    let mut begun: Vec<(&str, Moment, Moment)> = Vec::new();
    for event in events {
        match &event.what {
            What::Observation(seen)
                if seen.answered && matches!(seen.seen, Seen::Produce { .. }) =>
            {
                acknowledged.push((seen.called, event.t));
            }
            What::Fault(fault) if fault.phase == FaultPhase::Begun && fault.id != AWAY => {
                begun.push((&fault.id, fault.called, event.t));
            }
            _ => {}
        }
    }
    let gap = |(id, called, begun): (&str, Moment, Moment)| {
        let after = acknowledged.iter().filter(|(sent, _)| *sent >= begun);
        let first = after.map(|(_, at)| *at).min()?;
        Some((id.to_owned(), (first - called) as f64 / 1e6))
    };
    begun.into_iter().filter_map(gap).collect()
}

/// Waits until the absent node is started again, then checks until it serves everything that the leader had at that
/// time. Returns the time since its start, in milliseconds.
///
/// # Errors
/// If it did not return in time.
pub(super) fn back(
    events: &Receiver<Event>,
    cluster: &Cluster,
    stop: &StopFlag,
) -> Result<Option<f64>> {
    let healed = loop {
        match events.recv_timeout(Duration::from_millis(100)) {
            Ok(Event {
                what: What::Fault(fault),
                ..
            }) if fault.id == AWAY && fault.phase == FaultPhase::Healed => break fault,
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return Ok(None),
            _ if stop.is_set() => return Ok(None),
            _ => {}
        }
    };
    let since = Instant::now();
    let node = healed
        .targets
        .first()
        .and_then(|name| Node::from_name(name));
    let Some(node) = node else { return Ok(None) };
    let ends = cluster.nodes().others(node).map(|other| {
        let mut wire = Wire::new(cluster.address(other), TIMEOUT);
        questions::end_offset(&mut wire, topics::PROBE, 0).map(|end| end.offset)
    });
    let Some(wanted) = ends.flatten().max() else {
        anyhow::bail!("no node reported an end offset while {node} returned");
    };
    let mut wire = Wire::new(cluster.address(node), TIMEOUT);
    while since.elapsed() < BACK_MAX {
        let served = questions::fetch(&mut wire, topics::PROBE, 0, wanted - 1, 1 << 16);
        if served.is_ok_and(|fetched| fetched.high_watermark >= wanted) {
            return Ok(Some(since.elapsed().as_secs_f64() * 1e3));
        }
        std::thread::sleep(LOOK);
    }
    anyhow::bail!(
        "{node} did not catch up within {} s after its start",
        BACK_MAX.as_secs()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use checkers::history::{FaultEvent, Observation};

    #[test]
    fn a_gap_ends_with_a_record_sent_after_the_fault() {
        let fault = FaultEvent {
            id: "kill".into(),
            called: 100_000_000,
            phase: FaultPhase::Begun,
            ..FaultEvent::default()
        };
        let record = |called| {
            What::Observation(Box::new(Observation {
                called,
                node: Default::default(),
                answered: true,
                error: None,
                seen: Seen::Produce {
                    sequence: 0,
                    appended_ago_ms: None,
                },
            }))
        };
        let event = |t, what| Event { i: 0, t, what };
        let mut events = vec![
            event(110_000_000, What::Fault(Box::new(fault))),
            event(150_000_000, record(90_000_000)),
            // Sent while the fault was still being injected.
            event(102_000_000, record(101_000_000)),
        ];
        assert!(gaps(&events).is_empty());
        events.push(event(900_000_000, record(120_000_000)));
        assert_eq!(gaps(&events).get("kill"), Some(&800.0));
    }

    #[test]
    fn windows_are_in_order_and_as_long_as_the_target_needs() {
        let timing = Timing::for_target(Duration::from_secs(8), Duration::from_secs(10));
        let plan = plan(&timing);
        assert_eq!(Plan::from_json(&plan.to_json()).expect("a plan"), plan);
        assert!(plan.windows.iter().all(|w| w.duration_ms == 16_000));
    }
}
