//! One member, on the mock cluster of librdkafka.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use super::*;

/// The longest that the test waits for a member to join, read and commit.
const LIMIT: Duration = Duration::from_secs(60);
const RECORDS: i64 = 20;

/// What was noted: on which lane, the call, and its report if it came.
type Note = (Lane, Call, Option<Report>);

/// What was told, in its order; and the member ends after its first commit.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<Note>>>);

impl Journal for Notes {
    fn calls(&self, lane: Lane, call: Call) {
        let mut notes = self.0.lock().expect("no panic");
        let open = notes.iter().rev().find(|note| note.0 == lane);
        assert!(
            open.is_none_or(|note| note.2.is_some()),
            "{open:?}, then {call:?}"
        );
        notes.push((lane, call, None));
    }

    fn ended(&self, lane: Lane, outcome: Outcome, error: Option<String>, report: Report) {
        let mut notes = self.0.lock().expect("no panic");
        let note = notes.iter_mut().rev().find(|note| note.0 == lane);
        let note = note.expect("it was called");
        assert!(
            note.2.is_none() && outcome == Outcome::Ok,
            "{error:?} {note:?}"
        );
        note.2 = Some(report);
    }

    fn is_asked_to_end(&self) -> bool {
        let notes = self.0.lock().expect("no panic");
        let commit = |note: &&(Lane, Call, Option<Report>)| matches!(&note.1, Call::CommitOffsets(call) if call.offsets[0].offset == RECORDS);
        notes
            .iter()
            .find(commit)
            .is_some_and(|note| note.2.is_some())
    }
}

#[test]
fn a_member_tells_what_it_read_before_it_commits_it() {
    let cluster = MockCluster::new(1).expect("a mock cluster");
    cluster.create_topic("t", 1, 1).expect("a topic");
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap_servers())
        .create()
        .expect("a producer");
    for at in 0..RECORDS {
        let value = format!("v{at}");
        let record = BaseRecord::<(), str>::to("t").partition(0).payload(&value);
        producer.send(record).expect("it is queued");
    }
    producer.flush(LIMIT).expect("it is sent");
    let task = Task {
        bootstrap: cluster.bootstrap_servers(),
        group: "g".to_owned(),
        topics: vec!["t".to_owned()],
        instance: None,
        session_ms: 6_000,
        rebalance_ms: 12_000,
        assignor: "range".to_owned(),
        commit_ms: 50,
        name: "w1".to_owned(),
        properties: Vec::new(),
    };
    let notes = Notes::default();
    let (journal, begun) = (notes.clone(), Instant::now());
    let member = std::thread::spawn(move || live(&task, journal));
    while !member.is_finished() {
        assert!(begun.elapsed() < LIMIT, "{:?}", notes.0);
        std::thread::sleep(Duration::from_millis(20));
    }
    member.join().expect("no panic").expect("it lived");
    let notes = notes.0.lock().expect("no panic");
    let names: Vec<&str> = notes.iter().map(|note| note.1.name()).collect();
    assert_eq!(names[..3], ["join", "fetch-offsets", "sync"], "{names:?}");
    assert_eq!(names.last(), Some(&"leave"), "{names:?}");
    let (mut next, mut generation) = (0, -1);
    for (_, call, report) in notes.iter() {
        match (call, report.as_ref().expect("it ended")) {
            (Call::Join(_), Report::Join(joined)) => generation = joined.generation,
            (Call::Sync(call), Report::Sync(synced)) => {
                assert!(call.generation == generation && generation > 0 && call.library);
                assert_eq!(synced.partitions.len(), 1);
            }
            (Call::Deliver(call), Report::Deliver(delivered)) => {
                assert_eq!(call.assigned[0].position, next, "where it stood");
                for record in &delivered.records {
                    assert_eq!(
                        (record.offset(), record.value()),
                        (next, &*format!("v{next}"))
                    );
                    next += 1;
                }
            }
            (Call::CommitOffsets(call), _) => {
                assert_eq!(
                    (call.offsets[0].offset, call.generation),
                    (next, generation)
                );
                assert!(call.library && call.offsets[0].token.is_some());
            }
            _ => {}
        }
    }
    assert_eq!(next, RECORDS);
}
