//! The six figures of one block, from its history: a short run with some load and one fault at the leader.
//!
//! A figure that a block did not show is None, never 0: a cluster that stayed down has no time to stable, and 0 would
//! make it the best of all.

use checkers::history::{
    Call, ClientOperation, History, Moment, Outcome, Phase, RecordOutcome, Report,
};
use checkers::judgement::{Explanation, Judgement};

use super::figures::BlockFigures;

/// The start of the load is left out: clients still connect and look up leaders.
const WARM_UP: Moment = 500_000_000;
/// The minimum number of appends for a 99th percentile.
const APPENDS_MIN: usize = 100;

/// The figures of a block.
pub fn figures(history: &History, judgement: &Judgement) -> BlockFigures {
    let load = history.phase(Phase::Load);
    let fault = history
        .windows()
        .into_iter()
        .find(|window| window.took_effect());
    let mut figures = BlockFigures::default();
    if let Some(fault) = &fault {
        let gaps = judgement.gaps.iter();
        let own = gaps.filter(|gap| gap.fault.as_ref() == Some(&fault.id));
        figures.longest_gap_ms = own.map(|gap| gap.length_ms as f64).reduce(f64::max);
        let elections = judgement
            .elections
            .iter()
            .filter(|e| matches!(&e.explained, Explanation::Fault { id } if *id == fault.id));
        figures.leaderless_ms = elections.map(|e| e.leaderless_ms as f64).reduce(f64::max);
        figures.time_to_stable_ms = stable_ms(judgement);
    }
    if let Some(load) = load {
        let end = history.phase(Phase::Recovery).unwrap_or(history.end());
        let until = fault.map_or(end, |fault| fault.called);
        quiet(history, load + WARM_UP, until, &mut figures);
    }
    figures
}

/// From the heal until all nodes agreed, if they did.
fn stable_ms(judgement: &Judgement) -> Option<f64> {
    let verdict = judgement.verdict("recovery")?;
    let measured = verdict
        .figures
        .iter()
        .find(|figure| figure.name == "recovery_ms")?;
    verdict.doubts.is_empty().then_some(measured.value as f64)
}

/// The appends between two moments without faults.
fn quiet(history: &History, from: Moment, until: Moment, figures: &mut BlockFigures) {
    let operations = history.operations();
    let within = |operation: &&ClientOperation<'_>| {
        let returned = operation.returned().is_some_and(|at| at <= until);
        matches!(operation.call, Call::Append(_)) && operation.called >= from && returned
    };
    let mut records = 0_usize;
    let mut took_us: Vec<u64> = Vec::new();
    for operation in operations.iter().filter(within) {
        if let (Outcome::Ok, Some(Report::Append(appended))) =
            (operation.outcome, operation.report())
        {
            let acknowledged = |record: &&RecordOutcome| record.outcome == Outcome::Ok;
            records += appended.records.iter().filter(acknowledged).count();
            took_us.push((operation.returned().unwrap_or(until) - operation.called) / 1_000);
        }
    }
    if took_us.len() < APPENDS_MIN || until <= from {
        return;
    }
    took_us.sort_unstable();
    let rank = |percent: usize| took_us[(took_us.len() * percent).div_ceil(100).max(1) - 1] as f64;
    figures.append_p50_us = Some(rank(50));
    figures.append_p99_us = Some(rank(99));
    figures.throughput_per_s = Some(records as f64 / ((until - from) as f64 / 1e9));
}

#[cfg(test)]
mod tests {
    use super::*;
    use checkers::history::jsonl;

    /// 200 appends of 10 ms each, one after the other, a kill at 3.5 s that is healed a second later.
    fn text(appends: u64) -> String {
        let mut lines = vec![
            r#"{"format":"jepsen-history","version":1,"nodes":[{"name":"n1","address":"a:1"},{"name":"n2","address":"b:1"},{"name":"n3","address":"c:1"}]}"#.to_owned(),
        ];
        let mut events: Vec<(u64, String)> =
            vec![(1_000, r#""type":"phase","phase":"load""#.into())];
        for n in 0..appends {
            let called = 1_500_000_000 + n * 10_000_000;
            events.push((called, format!(
                r#""type":"invoke","worker":1,"f":"append","topic":"t","partition":0,"values":["1-{n}"]"#
            )));
            events.push((called + 4_000_000, format!(
                r#""type":"ok","worker":1,"f":"append","records":[{{"offset":{n},"outcome":"ok"}}]"#
            )));
        }
        let fault = |phase: &str| {
            format!(
                r#""type":"fault","id":"k1","called":3500000000,"kind":"kill","phase":"{phase}","targets":["n1"],"role":"leader","role_held":true,"affects_leader":true,"evidence":"x""#
            )
        };
        events.push((3_510_000_000, fault("begun")));
        events.push((4_510_000_000, fault("healed")));
        events.push((5_000_000_000, r#""type":"phase","phase":"recovery""#.into()));
        for (i, (t, rest)) in events.into_iter().enumerate() {
            lines.push(format!(r#"{{"i":{i},"t":{t},{rest}}}"#));
        }
        lines.join("\n") + "\n"
    }

    fn of(appends: u64) -> BlockFigures {
        let parsed = jsonl::parse(&text(appends)).expect("a history");
        let history = History::new(parsed.header, parsed.events);
        figures(&history, &checkers::judge(&history))
    }

    #[test]
    fn figures_of_the_quiet_part_are_what_appends_showed() {
        let figures = of(190);
        assert_eq!(figures.append_p50_us, Some(4_000.0));
        assert_eq!(figures.append_p99_us, Some(4_000.0));
        let throughput = figures.throughput_per_s.expect("enough");
        assert!((60.0..=100.0).contains(&throughput), "{throughput}");
    }

    #[test]
    fn what_was_not_seen_is_none() {
        let figures = of(50);
        assert_eq!(
            (figures.append_p50_us, figures.throughput_per_s),
            (None, None)
        );
        assert_eq!(
            (figures.leaderless_ms, figures.time_to_stable_ms),
            (None, None)
        );
    }
}
