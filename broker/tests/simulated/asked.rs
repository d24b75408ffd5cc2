//! What a client asks a node.

use broker::request::{Acks, AdminChange};
use bytes::Bytes;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use uuid::Uuid;

use super::clients::{KEPT, PARTITIONS, SCRATCH};

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    Produce {
        topic: &'static str,
        partition: i32,
        value: u64,
        records: i32,
        batch: Bytes,
        acks: Acks,
    },
    Latest {
        partition: i32,
        at_least: i64,
    },
    Fetch {
        topic: &'static str,
        partition: i32,
        offset: i64,
    },
    /// Everything below an offset; none for the high watermark.
    Delete {
        partition: i32,
        below: Option<i64>,
    },
    ProducerId,
    Admin,
    View,
}

/// A change of topics, drawn.
pub(crate) fn change(random: &mut ChaCha8Rng) -> AdminChange {
    let create = |name: &str, id| AdminChange::CreateTopic {
        name: name.to_owned(),
        id: Uuid::from_u128(id),
        partitions: PARTITIONS,
        settings: Vec::new(),
    };
    match random.random_range(0..4) {
        0 | 1 => create(KEPT, random.random()),
        2 => create(SCRATCH, random.random()),
        _ => AdminChange::DeleteTopic {
            name: SCRATCH.to_owned(),
        },
    }
}
