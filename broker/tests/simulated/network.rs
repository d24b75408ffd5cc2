//! The links between nodes: messages are delayed, lost, doubled, overtaken; links are cut in one direction, or
//! stall in both as TCP does when packets are cut, and then deliver late or break.

use std::collections::BTreeMap;
use std::time::Duration;

use broker::core::Class;
use raft::eraftpb::Message;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// One direction of a link.
#[derive(Default)]
pub(crate) struct Link {
    /// Messages of this direction vanish.
    pub(crate) cut: bool,
    /// Messages of this direction wait.
    pub(crate) stalled: bool,
    /// The sender believes that the link is up.
    pub(crate) up: bool,
    pub(crate) held: Vec<(Class, Message)>,
    /// Added to every delay.
    pub(crate) slowness: Duration,
    /// Messages are being lost, and the sender knows.
    dropping: bool,
    /// When the last message of each class arrives.
    last: BTreeMap<Class, Duration>,
}

/// What becomes of a message.
pub(crate) enum Fate {
    /// It arrives at each of these times (twice, if doubled).
    Arrives(Vec<Duration>),
    /// It waits in the link.
    Held,
    /// It is lost; whether the sender learns of it.
    Lost { told: bool },
}

/// All links.
pub(crate) struct Network {
    pub(crate) links: BTreeMap<(u64, u64), Link>,
    pub(crate) loss_per_mille: u32,
    pub(crate) doubling_per_mille: u32,
    pub(crate) overtaking: bool,
    pub(crate) delay_max: Duration,
}

impl Network {
    pub(crate) fn new(nodes: u64, random: &mut ChaCha8Rng) -> Network {
        let mut links = BTreeMap::new();
        for from in 1..=nodes {
            for to in (1..=nodes).filter(|to| *to != from) {
                links.insert((from, to), Link::default());
            }
        }
        Network {
            links,
            loss_per_mille: [0, 0, 5, 50][random.random_range(0..4)],
            doubling_per_mille: [0, 0, 10][random.random_range(0..3)],
            overtaking: random.random_ratio(1, 4),
            delay_max: Duration::from_micros([500, 3_000, 20_000][random.random_range(0..3)]),
        }
    }

    pub(crate) fn link(&mut self, from: u64, to: u64) -> &mut Link {
        self.links
            .get_mut(&(from, to))
            .expect("two different nodes of this cluster")
    }

    pub(crate) fn send(
        &mut self,
        now: Duration,
        class: Class,
        message: &Message,
        random: &mut ChaCha8Rng,
    ) -> Fate {
        let loss = random.random_range(0..1000) < self.loss_per_mille;
        let doubled = random.random_range(0..1000) < self.doubling_per_mille;
        let delay =
            Duration::from_micros(random.random_range(50..=self.delay_max.as_micros() as u64));
        let again = delay + Duration::from_micros(random.random_range(0..200_000));
        let overtaking = self.overtaking;
        let link = self.link(message.from, message.to);
        if link.stalled {
            link.held.push((class, message.clone()));
            return Fate::Held;
        }
        // A one-way cut is silent; a link that is down or a full queue is known to the sender.
        if link.cut {
            return Fate::Lost { told: false };
        }
        if !link.up || loss {
            let told = !std::mem::replace(&mut link.dropping, true);
            return Fate::Lost { told };
        }
        link.dropping = false;
        let mut arrives = now + delay + link.slowness;
        if !overtaking {
            let last = link.last.entry(class).or_default();
            arrives = arrives.max(*last + Duration::from_nanos(1));
            *last = arrives;
        }
        let mut times = vec![arrives];
        if doubled {
            times.push(now + again + link.slowness);
        }
        Fate::Arrives(times)
    }

    /// Everything works, and at once.
    pub(crate) fn heal(&mut self) {
        for link in self.links.values_mut() {
            (link.cut, link.stalled, link.slowness) = (false, false, Duration::ZERO);
        }
        self.loss_per_mille = 0;
        self.doubling_per_mille = 0;
        self.overtaking = false;
        self.delay_max = Duration::from_millis(2);
    }
}
