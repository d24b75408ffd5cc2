//! The client connections of a node, and which of them goes first when something runs out.
//!
//! A connection that is slow (it does not take its answer, or does not finish its request) goes before an idle one; of the
//! idle ones, those that never asked anything go first, then those that asked longest ago; and if there is none, one that
//! begins to be slow. A connection that takes its answers and whose
//! request is being answered is never closed. So clients that only hold connections cannot lock out others, and one that asks
//! like an honest client is served like one.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::refusals::Refusals;

/// From here on a client that does not take its answer, or does not finish its request, is slow. An honest one on a bad
/// network may be, and is closed only when others need the room.
const SLOW: Duration = Duration::from_secs(1);

/// From here on a client begins to be slow: it is closed for a newcomer only if nobody is slow or idle. Otherwise a crowd
/// that asks, never reads and comes back at once would hold all places for [`SLOW`].
const LAGGING: Duration = Duration::from_millis(200);

/// All connections of clients.
#[derive(Debug)]
pub(crate) struct Clients {
    connections: Mutex<Connections>,
    closed: Refusals,
    refused: Refusals,
}

#[derive(Debug, Default)]
struct Connections {
    last_id: u64,
    open: BTreeMap<u64, Open>,
}

#[derive(Debug)]
struct Open {
    client: SocketAddr,
    activity: Activity,
    /// When `activity` began.
    since: Instant,
    /// Whether it ever sent a whole request.
    has_asked: bool,
    /// Requests taken and not answered.
    unanswered: usize,
    close: Arc<Notify>,
    closing: bool,
}

/// What a connection does, as far as it can hold others up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Activity {
    /// Nothing is read or written.
    Quiet,
    /// A request has begun, has its room, and is not whole.
    Reading,
    /// An answer is being written.
    Writing,
}

impl Clients {
    pub(crate) fn new() -> Arc<Clients> {
        Arc::new(Clients {
            connections: Mutex::default(),
            closed: Refusals::new("a client is closed to make room"),
            refused: Refusals::new("a client is refused"),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Connections> {
        self.connections
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Takes note of a connection.
    pub(crate) fn add(self: &Arc<Clients>, client: SocketAddr) -> Client {
        let close = Arc::new(Notify::new());
        let mut connections = self.lock();
        connections.last_id += 1;
        let id = connections.last_id;
        let open = Open {
            client,
            activity: Activity::Quiet,
            since: Instant::now(),
            has_asked: false,
            unanswered: 0,
            close: Arc::clone(&close),
            closing: false,
        };
        connections.open.insert(id, open);
        Client {
            id,
            host: client.ip(),
            clients: Arc::clone(self),
            close,
        }
    }

    /// Connections from an address.
    pub(crate) fn count_of(&self, address: IpAddr) -> usize {
        let connections = self.lock();
        let open = connections.open.values();
        open.filter(|open| !open.closing && open.client.ip() == address)
            .count()
    }

    /// Writes to the log that a connection was not taken.
    pub(crate) fn refuse(&self, client: SocketAddr, reason: &str) {
        self.refused.report(client, reason);
    }

    /// Closes the slowest connection. False if none is slow.
    pub(crate) fn close_slow(&self) -> bool {
        self.close(Instant::now(), |open, now| {
            open.is_slower_than(SLOW, now)
                .then_some((false, open.since))
        })
    }

    /// Closes the connection that is missed least, of all or of one address. False if all are at work.
    pub(crate) fn close_one(&self, address: Option<IpAddr>) -> bool {
        self.close(Instant::now(), |open, now| {
            let concerned = address.is_none_or(|address| open.client.ip() == address);
            let rank = if open.is_slower_than(SLOW, now) {
                Some(0)
            } else if open.is_idle() {
                Some(1)
            } else {
                open.is_slower_than(LAGGING, now).then_some(2)
            };
            rank.filter(|_| concerned)
                .map(|rank| (rank, open.has_asked, open.since))
        })
    }

    /// Closes the connection that ranks lowest.
    fn close<R: Ord>(&self, now: Instant, rank: impl Fn(&Open, Instant) -> Option<R>) -> bool {
        let mut connections = self.lock();
        let victim = connections
            .open
            .values_mut()
            .filter(|open| !open.closing)
            .filter_map(|open| Some((rank(open, now)?, open)))
            .min_by(|one, other| one.0.cmp(&other.0));
        let Some((_, open)) = victim else {
            return false;
        };
        open.closing = true;
        open.close.notify_one();
        let reason = match open.activity {
            Activity::Quiet => "idle",
            Activity::Reading => "its request is not whole",
            Activity::Writing => "it does not take its answer",
        };
        self.closed.report(open.client, reason);
        true
    }
}

impl Open {
    fn is_slower_than(&self, bound: Duration, now: Instant) -> bool {
        self.activity != Activity::Quiet && now.saturating_duration_since(self.since) >= bound
    }

    fn is_idle(&self) -> bool {
        self.activity == Activity::Quiet && self.unanswered == 0
    }
}

/// One connection's entry; dropping it takes it out.
#[derive(Debug)]
pub(crate) struct Client {
    id: u64,
    host: IpAddr,
    clients: Arc<Clients>,
    close: Arc<Notify>,
}

impl Client {
    /// Where the connection comes from.
    pub(crate) fn host(&self) -> IpAddr {
        self.host
    }

    /// Resolves when the connection is to be closed.
    pub(crate) async fn closed(&self) {
        self.close.notified().await;
    }

    /// A request has begun and has its room.
    pub(crate) fn reads(&self) {
        self.change(|open| {
            // A slow answer must not become quick because the client goes on asking.
            if open.activity != Activity::Writing {
                open.activity = Activity::Reading;
                open.since = Instant::now();
            }
        });
    }

    /// A request is whole.
    pub(crate) fn has_asked(&self) {
        self.change(|open| {
            open.has_asked = true;
            open.unanswered += 1;
            if open.activity == Activity::Reading {
                open.activity = Activity::Quiet;
                open.since = Instant::now();
            }
        });
    }

    /// An answer is about to be written.
    pub(crate) fn writes(&self) {
        self.change(|open| {
            open.activity = Activity::Writing;
            open.since = Instant::now();
        });
    }

    /// A request is answered, or needs no answer.
    pub(crate) fn is_answered(&self) {
        self.change(|open| {
            open.unanswered = open.unanswered.saturating_sub(1);
            open.activity = Activity::Quiet;
            open.since = Instant::now();
        });
    }

    fn change(&self, change: impl FnOnce(&mut Open)) {
        if let Some(open) = self.clients.lock().open.get_mut(&self.id) {
            change(open);
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.clients.lock().open.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(address: u8) -> SocketAddr {
        ([127, 0, 0, address], 9).into()
    }

    /// Whose turn it is to be closed.
    fn next(clients: &Clients, address: Option<IpAddr>) -> Option<u64> {
        let before = closing(clients);
        clients.close_one(address);
        closing(clients).into_iter().find(|id| !before.contains(id))
    }

    fn closing(clients: &Clients) -> Vec<u64> {
        let connections = clients.lock();
        let open = connections.open.iter();
        open.filter(|(_, open)| open.closing)
            .map(|(id, _)| *id)
            .collect()
    }

    #[test]
    fn the_slow_go_first_then_those_that_never_asked_then_the_longest_idle() {
        let clients = Clients::new();
        let all: Vec<Client> = (0..6).map(|_| clients.add(at(1))).collect();
        let [idle, busy, never, slow, recent, lagging] = &all[..] else {
            unreachable!("six were made")
        };
        for client in [idle, recent] {
            client.has_asked();
            client.is_answered();
        }
        busy.has_asked();
        slow.has_asked();
        slow.writes();
        slow.change(|open| open.since -= SLOW);
        lagging.has_asked();
        lagging.writes();
        lagging.change(|open| open.since -= LAGGING);
        let expected = [slow, never, idle, recent, lagging];
        for expected in expected {
            assert_eq!(next(&clients, None), Some(expected.id));
        }
        assert_eq!(next(&clients, None), None, "the busy one stays");
    }

    #[test]
    fn only_the_slow_are_closed_for_room_and_only_an_address_pays_for_itself() {
        let clients = Clients::new();
        let (one, other) = (clients.add(at(1)), clients.add(at(2)));
        assert!(!clients.close_slow());
        assert_eq!(next(&clients, Some(at(2).ip())), Some(other.id));
        assert_eq!(clients.count_of(at(2).ip()), 0);
        one.reads();
        assert!(!clients.close_slow());
        one.change(|open| open.since -= SLOW);
        assert!(clients.close_slow());
        drop((one, other));
        assert!(clients.lock().open.is_empty());
    }
}
