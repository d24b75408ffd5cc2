//! What each treatment does to a sequence of frames, by the clock that a test gives it.

use std::time::Duration;

use super::super::frame::PSH;
use super::super::frame::tests::{datagram, payload_of, segment};
use super::*;

const MS: Nanos = 1_000_000;

fn lane(treatment: Treatment) -> Lane {
    Lane::new(treatment, 7, 0)
}

fn worse(worse: Worse) -> Lane {
    lane(Treatment::Worse(worse))
}

fn message(sequence: u32, text: &[u8]) -> Frame {
    segment(sequence, 1, ACK | PSH, text, 1_448)
}

const CUT: Treatment = Treatment::MessageCut { reset: false };

#[test]
fn a_message_cut_passes_acknowledgements_only() {
    let mut cut = lane(CUT);
    let mut passes = |frame: Frame| -> Option<(usize, u8)> {
        let out = cut.take(5, frame);
        let read = out.first()?.1.tcp()?;
        Some((read.payload.len(), read.flags))
    };
    for (flags, text, expected) in [
        (ACK | PSH, &b"message"[..], Some((0, ACK))),
        (ACK | FIN, b"", Some((0, ACK))),
        (ACK, b"", Some((0, ACK))),
        (SYN | ACK, b"", Some((0, SYN | ACK))),
        (SYN, b"", None),
        (RST, b"", None),
        (RST | ACK, b"", None),
    ] {
        assert_eq!(
            passes(segment(9, 1, flags, text, 1_448)),
            expected,
            "{flags:#x}"
        );
    }
    assert!(cut.take(6, datagram()).is_empty());
    let Count {
        frames,
        stripped,
        dropped,
        messages_passed,
        ..
    } = cut.count;
    assert_eq!((frames, stripped, dropped, messages_passed), (8, 2, 4, 0));
}

#[test]
fn a_message_cut_ends_with_the_first_message_that_was_lost() {
    let mut cut = lane(CUT);
    cut.take(1, message(100, b"one"));
    cut.take(2, message(103, b"two"));
    let partings = cut.part();
    let [Parting::Released(frame)] = &partings[..] else {
        panic!("{partings:?}");
    };
    assert_eq!(
        (payload_of(frame), cut.count.released),
        (b"one".to_vec(), 1)
    );
    let mut cut = lane(Treatment::MessageCut { reset: true });
    cut.take(1, message(100, b"one"));
    assert_eq!(
        (cut.part().len(), cut.count.reset, cut.count.released),
        (2, 1, 0)
    );
    // A connection that was opened anew has lost nothing.
    let mut cut = lane(CUT);
    cut.take(1, message(100, b"one"));
    cut.take(2, segment(7, 0, SYN, b"", 1_448));
    assert!(cut.part().is_empty());
}

#[test]
fn a_plain_lane_changes_nothing() {
    let mut plain = worse(Worse::default());
    for frame in [message(1, b"x"), message(1, &[3; 30_000]), datagram()] {
        assert_eq!(plain.take(77, frame.clone()), [(77, frame)]);
    }
    assert_eq!(
        (plain.count.segments, plain.count.messages_passed),
        (1 + 21 + 1, 22)
    );
}

#[test]
fn delay_keeps_the_order_and_jitter_too() {
    let mut slow = worse(Worse {
        delay: Duration::from_millis(20),
        jitter: Duration::from_millis(10),
        ..Worse::default()
    });
    let due: Vec<Nanos> = (0..200)
        .map(|at| slow.take(at * MS / 10, message(at as u32, b"x"))[0].0)
        .collect();
    assert!(due.is_sorted());
    let added = due
        .iter()
        .enumerate()
        .map(|(at, due)| due - at as Nanos * MS / 10);
    let (least, most) = added.fold((Nanos::MAX, 0), |(least, most), one| {
        (least.min(one), most.max(one))
    });
    assert!(
        least >= 20 * MS && most <= 30 * MS && most > 25 * MS,
        "{least} {most}"
    );
    assert_eq!(slow.count.delayed, 200);
}

#[test]
fn loss_is_of_segments_and_not_of_frames() {
    let mut lossy = worse(Worse {
        lost: 100_000,
        ..Worse::default()
    });
    let sent: Vec<u8> = (0..44 * 1_448u32).map(|at| (at / 1_448) as u8).collect();
    let mut arrived = 0;
    for at in 0..500 {
        let frame = message(at * sent.len() as u32, &sent);
        for (_, piece) in lossy.take(0, frame) {
            let read = piece.tcp().expect("a segment");
            let offset = (read.sequence - at * sent.len() as u32) as usize;
            let payload = payload_of(&piece);
            assert_eq!(payload, sent[offset..offset + payload.len()]);
            arrived += payload.len() / 1_448;
        }
    }
    let Count {
        segments,
        lost,
        messages_passed,
        ..
    } = lossy.count;
    assert_eq!((segments, arrived as u64), (22_000, segments - lost));
    assert_eq!(messages_passed, arrived as u64);
    // Five standard deviations around a tenth.
    assert!((1_978..=2_422).contains(&lost), "{lost}");
}

#[test]
fn equal_segments_meet_equal_fates_whatever_is_switched_on() {
    let fates = |worse: Worse, frames: &[Frame]| -> Vec<u32> {
        let mut lane = Lane::new(Treatment::Worse(worse), 99, 0);
        let out = frames.iter().flat_map(|frame| lane.take(0, frame.clone()));
        out.flat_map(|(_, frame)| {
            let read = frame.tcp().expect("a segment");
            (0..frame.segments(&read) as u32).map(move |at| read.sequence + 1_448 * at)
        })
        .collect()
    };
    let lossy = Worse {
        lost: 200_000,
        ..Worse::default()
    };
    let single: Vec<Frame> = (0..440)
        .map(|at| message(at * 1_448, &[1; 1_448]))
        .collect();
    let joined: Vec<Frame> = (0..10)
        .map(|at| message(at * 44 * 1_448, &[1; 44 * 1_448]))
        .collect();
    let expected = fates(lossy, &single);
    assert!(expected.len() < 440);
    assert_eq!(fates(lossy, &joined), expected);
    let more = Worse {
        delay: Duration::from_millis(1),
        jitter: Duration::from_millis(9),
        ..lossy
    };
    assert_eq!(fates(more, &single), expected);
}

#[test]
fn duplicates_come_twice() {
    let mut twice = worse(Worse {
        duplicated: MILLION,
        ..Worse::default()
    });
    let frame = message(1, b"x");
    assert_eq!(
        twice.take(3, frame.clone()),
        [(3, frame.clone()), (3, frame)]
    );
    assert_eq!(twice.count.duplicated, 1);
}

#[test]
fn what_is_reordered_overtakes() {
    let mut lane = worse(Worse {
        delay: Duration::from_millis(10),
        reordered: 250_000,
        ..Worse::default()
    });
    let due: Vec<Nanos> = (0..400)
        .map(|at| lane.take(at * MS / 100, message(at as u32, b"x"))[0].0)
        .collect();
    let overtaking = due.windows(2).filter(|pair| pair[1] < pair[0]).count();
    assert!(overtaking > 40, "{overtaking}");
    assert!(
        (60..=140).contains(&lane.count.reordered),
        "{}",
        lane.count.reordered
    );
}

/// 1 Mbit/s carries 125,000 bytes a second and keeps a fifth of a second of them.
#[test]
fn a_narrow_link_has_a_rate_and_a_queue() {
    let narrow = Worse {
        bandwidth: Some(1_000_000),
        ..Worse::default()
    };
    let mut lane = worse(narrow);
    let frame = message(1, &[1; 1_448]);
    let bits = frame.wire_bytes() as Nanos * 8;
    let due: Vec<Nanos> = (0..100)
        .flat_map(|_| lane.take(0, frame.clone()))
        .map(|(due, _)| due)
        .collect();
    let each = bits * 1_000;
    let expected: Vec<Nanos> = (1..=due.len() as Nanos).map(|at| at * each).collect();
    assert_eq!(due, expected);
    assert_eq!(due.len() as u64, 200 * MS / each + 1);
    assert_eq!(lane.count.overflowed, 100 - due.len() as u64);
    // A super-segment waits segment by segment.
    let mut lane = worse(narrow);
    assert_eq!(lane.take(0, message(1, &[1; 10 * 1_448])).len(), 10);
    // Later there is room again.
    assert_eq!(lane.take(1_000 * MS, frame).len(), 1);
}

#[test]
fn a_flapping_link_is_silent_every_other_time() {
    let mut lane = worse(Worse {
        flapping: Some(Duration::from_millis(300)),
        ..Worse::default()
    });
    let passes: Vec<usize> = [0, 299, 300, 599, 600, 900]
        .map(|at| lane.take(at * MS, message(1, b"x")).len())
        .to_vec();
    assert_eq!(passes, [0, 0, 1, 1, 0, 1]);
    assert_eq!(lane.count.dropped, 3);
}
