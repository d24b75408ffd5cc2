//! Faults in the notation.

use checkers::history::{DiskFault, DiskTrouble, FaultEvent, FaultPhase, Moment, What};

use super::{MS, options, words};

pub(super) fn fault(
    from: Moment,
    to: Option<Moment>,
    words: &[&str],
    add: &mut impl FnMut(Moment, What),
) {
    let mut words = words.to_vec();
    let options = options(&mut words);
    let is = |word: &str| words.contains(&word);
    // Nodes, and clients by their workers.
    let is_worker = |word: &str| word.strip_prefix('w').is_some_and(super::words::is_number);
    let named =
        |word: &&&str| (word.starts_with('n') || is_worker(word)) && !word.contains(['>', '~']);
    let links = |between: char| {
        let linked = words[2..].iter().filter_map(move |w| w.split_once(between));
        linked.map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
    };
    let mut event = FaultEvent {
        id: words[0].to_owned(),
        kind: words[1].to_owned(),
        called: from,
        targets: words[2..]
            .iter()
            .filter(named)
            .map(|w| (*w).to_owned())
            .collect(),
        links: links('>'),
        disturbed: links('~'),
        disk: options.get("disk").map(|fault| disk(fault)),
        role: options.get("role").copied().unwrap_or_default().to_owned(),
        role_held: !is("moved"),
        affects_leader: is("affects"),
        skew_ms: options.get("skew").map(|skew| {
            let (least, most) = skew
                .split_once("..")
                .unwrap_or_else(|| panic!("skew {skew}"));
            (words::number(least), words::number(most))
        }),
        wiped: is("wiped"),
        ..FaultEvent::default()
    };
    if let Some(failed) = options.get("failed") {
        let failed = words::number(failed);
        event.counters.insert("syncs_failed".to_owned(), failed);
    }
    event.phase = match (is("skipped"), is("failed")) {
        (true, _) => FaultPhase::Skipped,
        (_, true) => FaultPhase::Failed,
        _ => FaultPhase::Begun,
    };
    let begun = event.phase == FaultPhase::Begun;
    add(from + MS, What::Fault(Box::new(event.clone())));
    if let Some(to) = to.filter(|_| begun) {
        event.called = to;
        event.phase = FaultPhase::Healed;
        add(to, What::Fault(Box::new(event)));
    }
}

/// `slow-sync/500`, with the delay in ms, or `failing-sync`.
fn disk(word: &str) -> DiskTrouble {
    let (fault, delay) = word.split_once('/').unwrap_or((word, "0"));
    DiskTrouble {
        fault: match fault {
            "slow-sync" => DiskFault::SlowSync,
            "lying-sync" => DiskFault::LyingSync,
            "failing-sync" => DiskFault::FailingSync,
            "failing-write" => DiskFault::FailingWrite,
            "power-loss" => DiskFault::PowerLoss,
            "bit-rot" => DiskFault::BitRot,
            other => panic!("{other:?} is no fault of a disk"),
        },
        delay_ms: words::number(delay),
    }
}
