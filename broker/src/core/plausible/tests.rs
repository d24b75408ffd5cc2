//! Tests of what is refused of a peer and of a stored state.

use super::*;
use crate::core::{Action, Input};
use crate::disk::simulated::SimulatedDisk;
use crate::log::{HardState, LogOptions, WriteGroup, recover};
use raft::eraftpb::Entry;
use std::sync::Arc;

/// A node 1 of three with five entries of term 3, the last one not committed, and this state.
fn node(hard_state: HardState) -> Result<Core, String> {
    let disk = SimulatedDisk::default();
    let open = || recover(Arc::new(disk.clone()), LogOptions::default()).expect("a log");
    let (mut writer, _) = open();
    let entries = (1..=5).map(|index| Entry {
        index,
        term: 3,
        ..Entry::default()
    });
    let group = WriteGroup {
        number: 1,
        hard_state: Some(hard_state),
        entries: entries.collect(),
        ..WriteGroup::default()
    };
    writer.write(&[group]).expect("written");
    let config = CoreConfig::new(1, vec![1, 2, 3]);
    Core::new(config, open().1).map_err(|error| error.to_string())
}

fn healthy() -> Core {
    let state = HardState {
        term: 3,
        vote: 2,
        commit: 4,
    };
    node(state).expect("a state that a node writes")
}

fn message(kind: MessageType) -> Message {
    let mut message = Message {
        from: 2,
        to: 1,
        term: 3,
        index: 5,
        log_term: 3,
        commit: 4,
        ..Message::default()
    };
    message.set_msg_type(kind);
    message
}

/// Whether a message is refused with an alarm; it must not end the node.
fn refused(core: &mut Core, message: Message) -> bool {
    let from = message.from;
    let message = Box::new(message);
    let actions = core.handle(Time::ZERO, Input::Peer { from, message });
    assert!(
        !actions
            .iter()
            .any(|action| matches!(action, Action::Fatal(_)))
    );
    actions
        .iter()
        .any(|action| matches!(action, Action::Alarm { .. }))
}

#[test]
fn a_poisoned_state_is_reported_at_the_start() {
    let state = |term, vote, commit| HardState { term, vote, commit };
    assert!(node(state(3, 2, 4)).is_ok());
    for (poisoned, expected) in [
        (state(u64::MAX, 0, 4), "stored term is 18446744073709551615"),
        (state(1 << 40, 0, 4), "stored term"),
        (state(3, 0, 1_000_000_000), "the log ends at 5"),
        (state(3, 9, 4), "the stored vote is for node 9"),
    ] {
        let error = node(poisoned).expect_err("poisoned");
        assert!(
            error.contains(expected) && error.contains("data directory"),
            "{error}"
        );
    }
}

#[test]
fn what_no_node_sends_is_refused_and_the_rest_is_not() {
    let mut core = healthy();
    for kind in [
        MessageType::MsgHeartbeat,
        MessageType::MsgAppend,
        MessageType::MsgRequestVote,
        MessageType::MsgRequestPreVote,
        MessageType::MsgRequestVoteResponse,
        MessageType::MsgAppendResponse,
    ] {
        assert!(!refused(&mut core, message(kind)), "{kind:?}");
    }
    let changes: [fn(&mut Message); 12] = [
        |message| message.priority = -1,
        |message| message.term = u64::MAX,
        |message| message.term = 0,
        |message| message.term = 3 + (1 << 21),
        |message| message.index = u64::MAX,
        |message| message.commit = 1_000_000_000,
        |message| message.log_term = 4,
        |message| message.commit_term = u64::MAX,
        |message| message.reject_hint = u64::MAX,
        |message| message.request_snapshot = 1,
        |message| message.context = vec![0; 100].into(),
        |message| message.to = 2,
    ];
    for kind in [
        MessageType::MsgHeartbeat,
        MessageType::MsgHeartbeatResponse,
        MessageType::MsgAppend,
        MessageType::MsgAppendResponse,
        MessageType::MsgRequestVote,
        MessageType::MsgRequestPreVoteResponse,
    ] {
        for (at, change) in changes.iter().enumerate() {
            let mut message = message(kind);
            change(&mut message);
            assert!(refused(&mut core, message), "{kind:?}, change {at}");
        }
    }
    for kind in [
        MessageType::MsgPropose,
        MessageType::MsgReadIndex,
        MessageType::MsgTransferLeader,
        MessageType::MsgTimeoutNow,
        MessageType::MsgHup,
        MessageType::MsgSnapStatus,
    ] {
        assert!(refused(&mut core, message(kind)), "{kind:?}");
    }
    assert_eq!(core.hello().term, 3);
}

#[test]
fn a_conflict_with_a_committed_entry_and_foreign_snapshots_are_refused() {
    let mut core = healthy();
    let mut behind_a_gap = message(MessageType::MsgAppend);
    (behind_a_gap.index, behind_a_gap.log_term) = (9, 0);
    assert!(refused(&mut core, behind_a_gap));
    let mut overwrites = message(MessageType::MsgAppend);
    (overwrites.index, overwrites.log_term, overwrites.term) = (3, 3, 4);
    overwrites.entries = vec![Entry {
        index: 4,
        term: 4,
        ..Entry::default()
    }]
    .into();
    assert!(refused(&mut core, overwrites));
    let snapshot = |index, term, voters: &[u64]| {
        let mut message = message(MessageType::MsgSnapshot);
        message.mut_snapshot().data = State::default().encode();
        let metadata = message.mut_snapshot().mut_metadata();
        (metadata.index, metadata.term) = (index, term);
        metadata.mut_conf_state().voters = voters.to_vec();
        message
    };
    assert!(refused(&mut core, snapshot(9, 3, &[1, 2])));
    assert!(refused(&mut core, snapshot(9, 3, &[1, 2, 4])));
    assert!(refused(&mut core, snapshot(u64::MAX, 3, &[1, 2, 3])));
    assert!(refused(&mut core, snapshot(0, 3, &[1, 2, 3])));
    assert!(refused(&mut core, snapshot(9, 4, &[1, 2, 3])));
    assert!(!refused(&mut core, snapshot(9, 3, &[3, 1, 2])));
}

#[test]
fn an_older_copy_ends_after_a_while_unless_a_leader_says_otherwise() {
    let heartbeat = |commit| {
        let mut message = message(MessageType::MsgHeartbeat);
        message.commit = commit;
        Box::new(message)
    };
    let ends = |core: &mut Core, seconds, commit| {
        let message = heartbeat(commit);
        let actions = core.handle(Time::from_secs(seconds), Input::Peer { from: 2, message });
        actions
            .iter()
            .any(|action| matches!(action, Action::Fatal(_)))
    };
    let mut core = healthy();
    assert!(!ends(&mut core, 1, 9));
    assert!(
        !ends(&mut core, 5, 4),
        "a leader that knows no more than there is"
    );
    assert!(!ends(&mut core, 7, 9));
    assert!(!ends(&mut core, 11, 9));
    assert!(ends(&mut core, 12, 9));
}
