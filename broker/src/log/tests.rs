//! Recovery: what may be missing after a power loss, what may not, and what a segment's life leaves behind.

use std::sync::Arc;

use bytes::Bytes;
use raft::eraftpb::Entry;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::disk::simulated::{SimulatedDisk, Survival};
use crate::rules::{FailedSync, RecoveryKeeps, Syncs};

mod failed_sync;

const SMALL: LogOptions = LogOptions {
    segment_bytes: 400,
    recovery_keeps: RecoveryKeeps::Intact,
    failed_sync: FailedSync::Ends,
    syncs: Syncs::All,
};

fn open(disk: &SimulatedDisk) -> Result<(LogWriter, Recovered), LogError> {
    recover(Arc::new(disk.clone()), SMALL)
}

fn entry(index: u64, term: u64) -> Entry {
    Entry {
        index,
        term,
        data: Bytes::from(format!("entry {index} of term {term}")),
        ..Entry::default()
    }
}

fn group(number: u64, indexes: std::ops::Range<u64>, term: u64) -> WriteGroup {
    let entries = indexes.map(|index| entry(index, term)).collect();
    WriteGroup {
        number,
        previous_term: term,
        entries,
        ..WriteGroup::default()
    }
}

fn terms(recovered: &Recovered) -> Vec<u64> {
    recovered.entries.iter().map(|(term, _)| *term).collect()
}

fn checkpoint(index: u64, term: u64) -> Checkpoint {
    Checkpoint {
        index,
        term,
        state: Bytes::from_static(b"state"),
    }
}

#[test]
fn what_was_written_is_there_again_and_reads_back() {
    let disk = SimulatedDisk::default();
    let (mut writer, recovered) = open(&disk).unwrap();
    assert_eq!(recovered.entries, []);
    let hard_state = HardState {
        term: 2,
        vote: 3,
        commit: 4,
    };
    let first = WriteGroup {
        hard_state: Some(hard_state),
        ..group(1, 1..20, 2)
    };
    let report = writer.write(&[first, group(2, 20..40, 2)]).unwrap();
    assert_eq!(report.number, 2);
    disk.crash(Survival::Synced, &mut StdRng::seed_from_u64(0));
    let (_, recovered) = open(&disk).unwrap();
    assert_eq!(recovered.hard_state, hard_state);
    assert_eq!(terms(&recovered), [2; 39]);
    assert!(
        recovered.segments.len() > 3,
        "a small segment size makes many"
    );
    assert_eq!(recovered.bytes, report.bytes);
    let catalog = Catalog::new(&recovered);
    let all: Vec<Entry> = (1..40).map(|index| entry(index, 2)).collect();
    assert_eq!(catalog.entries(1, 40, u64::MAX).unwrap(), all);
    assert_eq!(catalog.entries(7, 40, 0).unwrap(), [entry(7, 2)]);
}

#[test]
fn overwritten_entries_stay_overwritten_also_across_segments() {
    let disk = SimulatedDisk::default();
    let (mut writer, recovered) = open(&disk).unwrap();
    let mut catalog = Catalog::new(&recovered);
    for group in [
        group(1, 1..30, 1),
        WriteGroup {
            previous_term: 1,
            ..group(2, 5..8, 2)
        },
        group(3, 8..9, 2),
    ] {
        catalog.append(group.number, &group.entries);
        let report = writer.write(&[group]).unwrap();
        report
            .events
            .into_iter()
            .for_each(|event| catalog.record(event));
    }
    let (_, recovered) = open(&disk).unwrap();
    assert_eq!(terms(&recovered), [1, 1, 1, 1, 2, 2, 2, 2]);
    let again = Catalog::new(&recovered);
    assert_eq!(
        again.entries(1, 9, u64::MAX).unwrap(),
        catalog.entries(1, 9, u64::MAX).unwrap()
    );
    for index in 0..=10 {
        assert_eq!(again.term(index), catalog.term(index), "term of {index}");
        assert_eq!(again.locate(index, 0).is_some(), (1..=8).contains(&index));
    }
}

#[test]
fn a_report_about_overwritten_entries_places_nothing() {
    let disk = SimulatedDisk::default();
    let (mut writer, recovered) = open(&disk).unwrap();
    let mut catalog = Catalog::new(&recovered);
    catalog.append(1, &group(1, 1..5, 1).entries);
    let report = writer.write(&[group(1, 1..5, 1)]).unwrap();
    catalog.append(2, &group(2, 3..4, 2).entries);
    report
        .events
        .into_iter()
        .for_each(|event| catalog.record(event));
    assert!(catalog.locate(2, 0).is_some());
    assert!(catalog.locate(3, 0).is_none());
    let report = writer
        .write(&[WriteGroup {
            previous_term: 1,
            ..group(2, 3..4, 2)
        }])
        .unwrap();
    report
        .events
        .into_iter()
        .for_each(|event| catalog.record(event));
    assert!(catalog.locate(3, 0).is_some());
}

#[test]
fn a_torn_tail_is_cut_wherever_it_begins() {
    let disk = SimulatedDisk::default();
    let options = LogOptions {
        segment_bytes: 1 << 20,
        ..SMALL
    };
    let (mut writer, _) = recover(Arc::new(disk.clone()), options.clone()).unwrap();
    writer.write(&[group(1, 1..3, 1)]).unwrap();
    let synced = disk.bytes("segment-0000000001").len();
    writer.write(&[group(2, 3..6, 1)]).unwrap();
    let whole = disk.bytes("segment-0000000001");
    for length in synced..whole.len() {
        disk.replace_end("segment-0000000001", synced, &whole[synced..length]);
        let (_, recovered) = recover(Arc::new(disk.clone()), options.clone()).unwrap();
        assert!(terms(&recovered).len() >= 2 && terms(&recovered).len() < 5);
        assert_eq!(
            recovered.torn_bytes == 0,
            disk.bytes("segment-0000000001").len() == length
        );
    }
    // The first page of the unsynced write is lost, the later ones survived: still a torn tail, because no
    // frame of that write knew of its own sync.
    let mut holed = whole[synced..].to_vec();
    holed[..30].fill(0);
    disk.replace_end("segment-0000000001", synced, &holed);
    let (_, recovered) = recover(Arc::new(disk.clone()), options).unwrap();
    assert_eq!(terms(&recovered), [1, 1]);
}

#[test]
fn damage_before_what_was_synced_is_refused() {
    let disk = SimulatedDisk::default();
    let options = LogOptions {
        segment_bytes: 1 << 20,
        ..SMALL
    };
    let (mut writer, _) = recover(Arc::new(disk.clone()), options.clone()).unwrap();
    writer.write(&[group(1, 1..3, 1)]).unwrap();
    let synced = disk.bytes("segment-0000000001").len();
    writer.write(&[group(2, 3..4, 1)]).unwrap();
    for bit in (0..synced * 8).step_by(7) {
        disk.corrupt("segment-0000000001", bit);
        let refused = recover(Arc::new(disk.clone()), options.clone());
        assert!(
            matches!(refused, Err(LogError::Corrupt { .. })),
            "bit {bit}"
        );
        disk.corrupt("segment-0000000001", bit);
    }
    assert!(recover(Arc::new(disk.clone()), options).is_ok());
}

#[test]
fn damage_in_a_segment_with_a_successor_is_refused() {
    let disk = SimulatedDisk::default();
    let (mut writer, _) = open(&disk).unwrap();
    writer.write(&[group(1, 1..30, 1)]).unwrap();
    let length = disk.bytes("segment-0000000001").len();
    for bit in [0, 320, 700, length * 8 - 1] {
        disk.corrupt("segment-0000000001", bit);
        assert!(
            matches!(open(&disk), Err(LogError::Corrupt { .. })),
            "bit {bit}"
        );
        disk.corrupt("segment-0000000001", bit);
    }
}

#[test]
fn a_lost_segment_is_noticed() {
    let disk = SimulatedDisk::default();
    let (mut writer, _) = open(&disk).unwrap();
    writer.write(&[group(1, 1..40, 1)]).unwrap();
    crate::disk::Disk::remove(&disk, "segment-0000000002").unwrap();
    assert!(matches!(open(&disk), Err(LogError::Corrupt { .. })));
}

#[test]
fn old_segments_go_only_with_their_successors_checkpoint() {
    let disk = SimulatedDisk::default();
    let (mut writer, _) = open(&disk).unwrap();
    let report = writer.write(&[group(1, 1..40, 1)]).unwrap();
    let first_indexes: Vec<u64> = report
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Began { segment, .. } => Some(segment.first_index),
            _ => None,
        })
        .collect();
    let (second, third) = (first_indexes[0], first_indexes[1]);
    let remove = |number, below, checkpoints| WriteGroup {
        number,
        remove_below: Some(below),
        checkpoints,
        ..WriteGroup::default()
    };
    writer.write(&[remove(2, third, vec![])]).unwrap();
    assert_eq!(
        open(&disk).unwrap().1.entries.len(),
        39,
        "no checkpoint, no removal"
    );
    writer
        .write(&[remove(
            3,
            third - 1,
            vec![checkpoint(second - 1, 1), checkpoint(third - 1, 1)],
        )])
        .unwrap();
    let (_, recovered) = open(&disk).unwrap();
    assert_eq!(
        recovered.segments[0].first_index, second,
        "only what lies wholly below"
    );
    writer.write(&[remove(4, third, vec![])]).unwrap();
    let (_, recovered) = open(&disk).unwrap();
    assert_eq!(recovered.segments[0].first_index, third);
    assert_eq!(
        recovered.checkpoints.keys().copied().collect::<Vec<_>>(),
        [third - 1]
    );
    disk.corrupt(&format!("checkpoint-{:020}", third - 1), 100);
    assert!(
        matches!(open(&disk), Err(LogError::Corrupt { .. })),
        "its checkpoint is damaged"
    );
}

#[test]
fn installing_a_checkpoint_begins_anew() {
    let disk = SimulatedDisk::default();
    let (mut writer, _) = open(&disk).unwrap();
    writer.write(&[group(1, 1..30, 1)]).unwrap();
    let install = WriteGroup {
        install: Some(checkpoint(99, 4)),
        hard_state: Some(HardState {
            term: 5,
            vote: 0,
            commit: 99,
        }),
        ..group(2, 0..0, 0)
    };
    let report = writer.write(&[install, group(3, 100..102, 5)]).unwrap();
    assert!(
        matches!(&report.events[0], Event::Began { fresh: true, segment } if segment.first_index == 100)
    );
    let (_, recovered) = open(&disk).unwrap();
    assert_eq!(
        (recovered.segments.len(), terms(&recovered)),
        (1, vec![5, 5])
    );
    assert_eq!(recovered.segments[0].previous_term, 4);
    assert_eq!(recovered.checkpoints[&99], checkpoint(99, 4));
    assert_eq!(recovered.hard_state.term, 5);
}

/// Every power loss at every operation, with any pages surviving: what was reported is there, the rest is a
/// prefix of what was written, and the log goes on.
#[test]
fn any_power_loss_keeps_what_was_reported() {
    for seed in 0..2000 {
        let mut random = StdRng::seed_from_u64(seed);
        let disk = SimulatedDisk::default();
        let (mut writer, _) = open(&disk).unwrap();
        // What a checkpoint covers is committed and never overwritten.
        let (mut reported, mut installed) = (0_u64, 0);
        let (mut term, mut vote) = (1, 0);
        for number in 1..60 {
            use rand::Rng;
            let next = reported + 1;
            let from = if number % 7 == 0 {
                next.saturating_sub(9).max(installed + 1)
            } else {
                next
            };
            term += u64::from(from < next);
            let mut groups = vec![WriteGroup {
                previous_term: term - 1,
                hard_state: Some(HardState {
                    term,
                    vote: number,
                    commit: 0,
                }),
                ..group(number, from..from + 4, term)
            }];
            if number % 9 == 0 {
                let from = from + 10;
                groups.push(WriteGroup {
                    install: Some(checkpoint(from, term)),
                    ..group(number, from + 1..from + 3, term)
                });
            }
            let last = groups
                .last()
                .and_then(|group| group.entries.last())
                .unwrap()
                .index;
            if random.random_ratio(1, 6) {
                disk.set_fuse(random.random_range(0..14));
            }
            let survives = writer.write(&groups).is_ok();
            if survives && random.random_ratio(9, 10) {
                (reported, vote) = (last, number);
                installed = if number % 9 == 0 {
                    from + 10
                } else {
                    installed
                };
                continue;
            }
            let survival = [Survival::Everything, Survival::Synced, Survival::AnyPart]
                [random.random_range(0..3)];
            disk.crash(survival, &mut random);
            let (again, recovered) =
                open(&disk).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            let catalog = Catalog::new(&recovered);
            let kept = catalog.last_index();
            if survives {
                assert_eq!(kept, last, "seed {seed}: reported, then lost");
                assert_eq!(
                    recovered.hard_state.vote, number,
                    "seed {seed}: a vote was lost"
                );
            } else {
                assert!(
                    kept >= from.min(reported + 1) - 1,
                    "seed {seed}: {kept} after {reported}"
                );
                assert!(
                    recovered.hard_state.vote >= vote,
                    "seed {seed}: an older vote was lost"
                );
            }
            catalog
                .entries(catalog.first_index(), kept + 1, u64::MAX)
                .unwrap();
            vote = recovered.hard_state.vote;
            (writer, reported, installed) = (again, kept, catalog.first_index() - 1);
        }
    }
}
