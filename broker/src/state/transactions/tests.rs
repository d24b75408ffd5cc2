//! The state machine with transactions, entry by entry.

use bytes::Bytes;
use kafka_protocol::error::ResponseError;
use uuid::Uuid;

use crate::command::{AddToTransaction, Batch, Command, EndTransaction, InitTransaction, Next};
use crate::record_batch::marker::Marker;
use crate::record_batch::{for_tests, make_transactional, patch};
use crate::request::groups::CommittedOffset;
use crate::request::transactions::ProducerEpoch;
use crate::request::{AdminChange, TopicLimits};
use crate::state::{Applied, State};

const TOPIC: Uuid = Uuid::from_u128(7);

struct Machine {
    state: State,
    index: u64,
}

impl Machine {
    /// With a topic of two partitions.
    fn new() -> Machine {
        let mut machine = Machine {
            state: State::default(),
            index: 0,
        };
        let create = AdminChange::CreateTopic {
            name: "topic".into(),
            id: TOPIC,
            partitions: 2,
            settings: Vec::new(),
        };
        machine.apply(Command::Admin(create, TopicLimits::NONE));
        machine
    }

    fn apply(&mut self, command: Command) -> Applied {
        self.index += 1;
        self.state.apply(self.index, 1, &command.encode(1))
    }

    fn init(&mut self, id: &str, known: Option<ProducerEpoch>, markers: Vec<Batch>) -> Applied {
        self.apply(Command::InitTransaction(InitTransaction {
            id: id.into(),
            known,
            named: false,
            timeout_ms: 1_000,
            next: if known.is_some() {
                Next::Raised
            } else {
                Next::Fresh
            },
            ends_open: true,
            markers,
        }))
    }

    fn begin(&mut self, id: &str) -> ProducerEpoch {
        match self.init(id, None, Vec::new()) {
            Applied::Transaction(Ok(producer)) => producer,
            other => panic!("{other:?}"),
        }
    }

    fn add(&mut self, id: &str, producer: ProducerEpoch, partitions: &[i32]) -> Applied {
        self.apply(Command::AddToTransaction(AddToTransaction {
            id: id.into(),
            producer,
            stamp_ms: 5,
            partitions: partitions.iter().map(|number| (TOPIC, *number)).collect(),
            groups: Vec::new(),
        }))
    }

    fn next(&self, partition: i32) -> i64 {
        self.state.partition("topic", partition).unwrap().1.next
    }

    fn stable(&self, partition: i32) -> i64 {
        let (_, partition) = self.state.partition("topic", partition).unwrap();
        partition.first_open().unwrap_or(partition.next)
    }

    fn aborted(&self, partition: i32) -> usize {
        let (_, partition) = self.state.partition("topic", partition).unwrap();
        partition.open.aborted(0, i64::MAX).count()
    }

    fn data(&mut self, producer: ProducerEpoch, partition: i32, sequence: i32) -> Applied {
        let of = (producer.id, producer.epoch, sequence);
        let mut bytes = for_tests(2, Some(of), 0, b"12345678");
        make_transactional(&mut bytes);
        patch(&mut bytes, self.next(partition), 1);
        self.apply(Command::Data(vec![batch(partition, bytes)]))
    }

    fn markers(&self, producer: ProducerEpoch, commit: bool, partitions: &[i32]) -> Vec<Batch> {
        let marker = Marker {
            producer_id: producer.id,
            producer_epoch: producer.epoch,
            commit,
            coordinator_epoch: 1,
            timestamp: 9,
        };
        let one = |number: &i32| {
            let mut bytes = marker.batch();
            patch(&mut bytes, self.next(*number), 1);
            batch(*number, bytes)
        };
        partitions.iter().map(one).collect()
    }

    fn end(&mut self, id: &str, producer: ProducerEpoch, commit: bool, next: Next) -> Applied {
        let known = self.state.transactions.get(id).unwrap();
        let partitions: Vec<i32> = known.partitions.iter().map(|at| at.1).collect();
        let markers = self.markers(producer, commit, &partitions);
        self.apply(Command::EndTransaction(EndTransaction {
            id: id.into(),
            producer,
            commit,
            named: true,
            next,
            markers,
        }))
    }

    /// The same after a restart from a checkpoint.
    fn restarted(&self) -> Machine {
        let bytes = self.state.encode();
        let state = State::decode(&bytes).unwrap();
        assert_eq!(state.encode(), bytes);
        let index = self.index;
        Machine { state, index }
    }
}

fn batch(partition: i32, bytes: Vec<u8>) -> Batch {
    Batch {
        topic: TOPIC,
        partition,
        position: 0,
        bytes: Bytes::from(bytes),
    }
}

fn done(producer: ProducerEpoch) -> Applied {
    Applied::Transaction(Ok(producer))
}

#[test]
fn a_transaction_ends_in_all_partitions_at_once() {
    let mut machine = Machine::new();
    let producer = machine.begin("t");
    assert_eq!(machine.add("t", producer, &[0, 1]), done(producer));
    assert_eq!(machine.data(producer, 0, 0), Applied::Data(vec![true]));
    assert_eq!((machine.stable(0), machine.stable(1)), (0, 0));
    assert_eq!(machine.end("t", producer, true, Next::Same), done(producer));
    assert_eq!(
        (machine.next(0), machine.next(1)),
        (3, 1),
        "markers in both"
    );
    assert_eq!((machine.stable(0), machine.stable(1)), (3, 1));
    assert_eq!(machine.aborted(0) + machine.aborted(1), 0);

    machine.add("t", producer, &[1]);
    machine.data(producer, 1, 0);
    assert_eq!(
        machine.end("t", producer, false, Next::Same),
        done(producer)
    );
    assert_eq!((machine.aborted(0), machine.aborted(1)), (0, 1));
    assert!(
        machine
            .state
            .transactions
            .get("t")
            .unwrap()
            .partitions
            .is_empty()
    );
}

#[test]
fn markers_that_do_not_come_next_change_nothing_anywhere() {
    let mut machine = Machine::new();
    let producer = machine.begin("t");
    machine.add("t", producer, &[0, 1]);
    machine.data(producer, 0, 0);
    let mut markers = machine.markers(producer, true, &[0, 1]);
    // The second one is late: something was appended there since.
    machine.data(producer, 1, 0);
    let before = machine.state.encode();
    let end = EndTransaction {
        id: "t".into(),
        producer,
        commit: true,
        named: true,
        next: Next::Same,
        markers: markers.clone(),
    };
    let refused = Applied::Transaction(Err(ResponseError::ConcurrentTransactions));
    assert_eq!(machine.apply(Command::EndTransaction(end.clone())), refused);
    assert_eq!(machine.state.encode(), before);
    // The partition is deleted with its topic: nothing is left to end there.
    let delete = AdminChange::DeleteTopic {
        name: "topic".into(),
    };
    machine.apply(Command::Admin(delete, TopicLimits::NONE));
    markers.truncate(1);
    let end = EndTransaction { markers, ..end };
    assert_eq!(machine.apply(Command::EndTransaction(end)), done(producer));
}

#[test]
fn an_entry_that_was_decided_on_another_state_changes_nothing() {
    let mut machine = Machine::new();
    let producer = machine.begin("t");
    let other = ProducerEpoch {
        epoch: producer.epoch + 1,
        ..producer
    };
    let before = machine.state.encode();
    let refused = Applied::Transaction(Err(ResponseError::ConcurrentTransactions));
    assert_eq!(machine.init("t", None, Vec::new()), refused);
    assert_eq!(machine.init("t", Some(other), Vec::new()), refused);
    assert_eq!(machine.add("t", other, &[0]), refused);
    assert_eq!(machine.end("t", other, true, Next::Same), refused);
    assert_eq!(machine.state.encode(), before);
}

#[test]
fn identities_follow_each_other() {
    let mut machine = Machine::new();
    let first = machine.begin("t");
    let second = machine.begin("u");
    assert_ne!(first.id, second.id);
    let raised = ProducerEpoch { epoch: 1, ..first };
    assert_eq!(machine.init("t", Some(first), Vec::new()), done(raised));
    assert_eq!(machine.state.transactions.get("t").unwrap().before, None);
    machine.add("t", raised, &[0]);
    machine.data(raised, 0, 0);
    let third = ProducerEpoch { epoch: 2, ..first };
    assert_eq!(machine.end("t", raised, true, Next::Raised), done(third));
    let known = machine.state.transactions.get("t").unwrap();
    assert_eq!(known.before, Some(raised), "its answer may be lost");
    // Epochs are used up.
    machine.add("t", third, &[0]);
    let Applied::Transaction(Ok(fresh)) = machine.end("t", third, false, Next::Fresh) else {
        panic!("not ended");
    };
    assert!(fresh.id > second.id && fresh.epoch == 0);
    let transactions = &machine.state.transactions;
    assert!(transactions.of_producer(first.id).is_none());
    assert_eq!(transactions.of_producer(fresh.id).unwrap().0, "t");
}

#[test]
fn a_checkpoint_has_open_transactions_with_and_without_records() {
    let mut machine = Machine::new();
    let (with, without) = (machine.begin("with"), machine.begin("without"));
    machine.add("with", with, &[0, 1]);
    machine.add("without", without, &[1]);
    machine.data(with, 0, 0);
    let gone = machine.begin("gone");
    machine.add("gone", gone, &[0]);
    machine.data(gone, 0, 0);
    machine.end("gone", gone, false, Next::Same);
    let mut after = machine.restarted();
    assert_eq!(after.state.transactions, machine.state.transactions);
    assert_eq!(
        (after.stable(0), after.aborted(0)),
        (5, 1),
        "the log begins there"
    );
    for one in [&mut machine, &mut after] {
        assert_eq!(one.end("with", with, true, Next::Same), done(with));
        assert_eq!(
            one.end("without", without, false, Next::Same),
            done(without)
        );
    }
    assert_eq!(after.state.encode(), machine.state.encode());

    let kept = machine.restarted();
    let forgotten = State::decode(&machine.state.encode_with(false, true)).unwrap();
    assert_eq!(kept.aborted(0), 1);
    let (_, partition) = forgotten.partition("topic", 0).unwrap();
    assert_eq!(
        partition.open.aborted(0, i64::MAX).count(),
        0,
        "as the rule says"
    );
}

#[test]
fn checkpoints_of_earlier_versions_are_read() {
    let machine = Machine::new();
    let with = machine.state.encode();
    // Without partitions' part and tables: version 1 and version 2 end earlier.
    let empty = State::default();
    let bytes = empty.encode();
    for (version, cut) in [(1, 8), (2, 4)] {
        let mut older = bytes.to_vec();
        older[0] = version;
        older.truncate(bytes.len() - cut);
        let read = State::decode(&Bytes::from(older)).unwrap();
        assert_eq!(read.encode(), bytes, "version {version}");
    }
    let mut newer = with.to_vec();
    newer[0] = 4;
    assert!(State::decode(&Bytes::from(newer)).is_none());
    for cut in 0..with.len() {
        assert!(State::decode(&with.slice(..cut)).is_none(), "cut at {cut}");
    }
}

#[test]
fn staged_offsets_are_committed_with_the_transaction() {
    let mut machine = Machine::new();
    let producer = machine.begin("t");
    let committed = CommittedOffset {
        offset: 3,
        leader_epoch: -1,
        metadata: "token".into(),
    };
    for commit in [false, true] {
        let stage = AddToTransaction {
            id: "t".into(),
            producer,
            stamp_ms: 5,
            partitions: Vec::new(),
            groups: vec![("group".into(), vec![((TOPIC, 0), committed.clone())])],
        };
        assert_eq!(
            machine.apply(Command::AddToTransaction(stage)),
            done(producer)
        );
        assert!(
            machine
                .state
                .transactions
                .staged("group")
                .contains(&(TOPIC, 0))
        );
        machine = machine.restarted();
        assert_eq!(
            machine.end("t", producer, commit, Next::Same),
            done(producer)
        );
        let group = machine.state.groups.get("group");
        let found = group.and_then(|group| group.offsets.get(&(TOPIC, 0)));
        assert_eq!(found, commit.then_some(&committed));
        assert!(machine.state.transactions.staged("group").is_empty());
    }
}

#[test]
fn there_is_room_for_so_many_ids_and_the_idle_one_makes_room() {
    let mut machine = Machine::new();
    let first = machine.begin("first");
    machine.add("first", first, &[0]);
    for number in 0..super::IDS_MAX - 1 {
        machine.begin(&format!("{number:05}"));
    }
    machine.begin("one-more");
    let transactions = &machine.state.transactions;
    assert_eq!(transactions.iter().count(), super::IDS_MAX);
    assert!(transactions.get("first").is_some(), "open");
    assert!(transactions.get("00000").is_none());
    assert!(transactions.get("00001").is_some());
    assert_eq!(transactions.owners.len(), super::IDS_MAX);
}
