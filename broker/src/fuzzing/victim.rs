//! A node of three without sockets, on a disk in memory, that is sent whatever bytes decide.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use protobuf::Message as _;
use uuid::Uuid;

use super::messages::{Choices, message};
use crate::config::ClusterSecret;
use crate::core::{Action, Core, CoreConfig, Input};
use crate::disk::simulated::SimulatedDisk;
use crate::log::{LogOptions, LogWriter, recover};
use crate::messages::Hello;
use crate::peers::auth::{End, LinkKey, TAG_BYTES, Tags, Transcript};
use crate::peers::frames::NONCE_BYTES;
use crate::peers::wire::{self, Introduction, Kind, PREFIX_BYTES, Purpose};
use crate::request::{AdminChange, Request};

const OWN: u64 = 1;
const TICK: Duration = Duration::from_millis(10);

struct Victim {
    disk: SimulatedDisk,
    core: Core,
    writer: LogWriter,
    now: Duration,
    requests: u64,
    /// Terms of the entries that were committed.
    committed: BTreeMap<u64, Option<u64>>,
    ended: bool,
}

/// A session; see [`super::peer_session`].
pub(super) fn session(bytes: &[u8]) {
    let mut choices = Choices(bytes);
    let mut victim = Victim::start(SimulatedDisk::default());
    let (mut writes, mut reads) = tags();
    while !choices.0.is_empty() && !victim.ended {
        match choices.next() % 8 {
            0 => {
                for _ in 0..choices.next() % 80 {
                    victim.tick();
                }
            }
            1 => victim.ask(),
            2 => {
                let hello = Hello {
                    term: u64::from(choices.next()),
                    ..Hello::default()
                };
                victim.feed(Input::PeerUp { peer: 2, hello });
            }
            3 if choices.next() % 8 == 0 => victim = victim.restart(),
            _ => {
                let from = u64::from(2 + choices.next() % 2);
                let sent = message(&mut choices, from, OWN, victim.near());
                let payload = sent.write_to_bytes().expect("no required fields");
                let mut frame = BytesMut::new();
                wire::put_frame(&mut frame, &mut writes, Kind::Raft, &payload);
                if let Some(message) = read(&mut reads, &frame) {
                    let message = Box::new(message);
                    victim.feed(Input::Peer { from, message });
                }
            }
        }
    }
    victim.restart();
}

/// Both ends of a link that was proved.
fn tags() -> (Tags, Tags) {
    let secret = ClusterSecret::new(std::array::from_fn(|at| at as u8));
    let key = LinkKey::new(&secret, "fuzz").expect("a secret");
    let said = Introduction {
        purpose: Purpose::Append,
        from: 2,
        to: OWN,
        nonce: [1; NONCE_BYTES],
    };
    let transcript = Transcript::new(&said, &[2; NONCE_BYTES]);
    let proof = key.proof(End::Dialler, &transcript);
    assert!(key.proves(End::Dialler, &transcript, proof));
    let frames = || key.frames(End::Dialler, &transcript);
    (frames(), frames())
}

fn read(tags: &mut Tags, frame: &[u8]) -> Option<raft::eraftpb::Message> {
    let (head, rest) = frame.split_first_chunk::<PREFIX_BYTES>()?;
    let (length, kind) = wire::prefix(*head, wire::PEER_FRAME_BYTES_MAX).ok()?;
    let (payload, tag) = rest.split_at_checked(length)?;
    let tag: [u8; TAG_BYTES] = tag.try_into().ok()?;
    tags.check(kind, payload, tag)
        .expect("the frame is the next");
    wire::decode_message(&Bytes::copy_from_slice(payload)).ok()
}

impl Victim {
    fn start(disk: SimulatedDisk) -> Victim {
        let (writer, recovered) = recover(Arc::new(disk.clone()), LogOptions::default())
            .expect("a log that the node itself has written");
        let core = Core::new(CoreConfig::new(OWN, vec![1, 2, 3]), recovered);
        Victim {
            disk,
            core: core.expect("a state that the node itself has written"),
            writer,
            now: Duration::ZERO,
            requests: 0,
            committed: BTreeMap::new(),
            ended: false,
        }
    }

    /// Starts again from the same disk: what was committed is still there.
    fn restart(self) -> Victim {
        let ended = self.ended;
        let mut next = Victim::start(self.disk);
        let (first, last) = next.core.inspect().bounds();
        for (index, term) in &self.committed {
            if (first..=last).contains(index) {
                assert_eq!(next.core.inspect().term(*index), *term, "entry {index}");
            } else {
                assert!(*index < first, "committed entry {index} is gone");
            }
        }
        next.committed = self.committed;
        next.ended = ended;
        next
    }

    fn near(&self) -> [u64; 3] {
        let (_, term, commit, _) = self.core.inspect().position();
        [self.core.inspect().bounds().1, commit, term]
    }

    fn tick(&mut self) {
        self.now += TICK;
        self.feed(Input::Tick);
    }

    fn ask(&mut self) {
        self.requests += 1;
        let change = AdminChange::CreateTopic {
            name: format!("t{}", self.requests),
            id: Uuid::from_u128(self.requests.into()),
            partitions: 1,
            settings: Vec::new(),
        };
        let request = Request::Admin {
            change,
            deadline: self.now + Duration::from_secs(1),
        };
        let id = self.requests;
        self.feed(Input::Request { id, request });
    }

    fn feed(&mut self, input: Input) {
        let mut inputs = vec![input];
        while !inputs.is_empty() && !self.ended {
            let mut groups = Vec::new();
            for action in self.core.handle_many(self.now, std::mem::take(&mut inputs)) {
                match action {
                    Action::Write(group) => groups.push(group),
                    Action::Fatal(reason) => {
                        assert!(reason.contains("an older copy"), "the node ends: {reason}");
                        self.ended = true;
                    }
                    _ => {}
                }
            }
            if !groups.is_empty() {
                let report = self.writer.write(&groups);
                inputs.push(Input::Synced(report.expect("a disk that does not fail")));
            }
        }
        let [_, commit, term] = self.near();
        assert!(term <= 1 << 31, "term {term}");
        let known = self
            .committed
            .last_key_value()
            .map_or(0, |(index, _)| *index);
        let first = self.core.inspect().bounds().0;
        assert!(
            commit >= known || commit + 1 >= first,
            "commit went back to {commit}"
        );
        for index in known + 1..=commit {
            if index >= first {
                self.committed
                    .insert(index, self.core.inspect().term(index));
            }
        }
    }
}
