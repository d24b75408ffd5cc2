//! Finds out which links carry packets: a datagram from inside the sender's namespace to a socket inside
//! the receiver's.
//!
//! Every probe asks about all links at once, twelve in a cluster of three. The links that should carry are the control:
//! only when they have delivered does silence on the others mean a cut, and not a slow machine.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use super::{NetworkError, refused};
use crate::address;
use crate::link::{End, Link};
use crate::node::Nodes;
use crate::sandbox::resident::Resident;

/// Where the probe's sockets listen: below the ports that targets and the kernel choose.
pub const PROBE_PORT: u16 = 1007;

/// Datagrams on each link in one probe.
const DATAGRAMS: u32 = 3;

/// How long the links that should carry may take.
const CONTROL_LIMIT: Duration = Duration::from_millis(70);

/// How long to go on listening after the control is complete. A datagram crosses in some
/// microseconds.
const SILENCE: Duration = Duration::from_millis(10);

/// How often the sockets are read.
const LOOK_INTERVAL: Duration = Duration::from_micros(500);

/// Probe number, sender, receiver.
const DATAGRAM_BYTES: usize = 10;

/// Datagrams of a burst between two looks at the receiver's socket.
const BATCH: u32 = 50;

/// What became of many datagrams over one link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Burst {
    pub(super) sent: u32,
    /// Those that came twice are counted twice.
    pub(super) arrived: u32,
    /// Those that came after a later one.
    pub(super) overtaken: u32,
}

/// A socket in each namespace.
#[derive(Debug)]
pub(super) struct Prober {
    nodes: Nodes,
    sockets: Vec<UdpSocket>,
    number: u64,
}

/// What one probe heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    nodes: Nodes,
    arrived: BTreeMap<Link, u32>,
    /// How long the first of them took.
    took: BTreeMap<Link, Duration>,
}

impl Heard {
    /// Whether any datagram of this link arrived.
    pub fn carries(&self, link: Link) -> bool {
        self.arrived.get(&link).is_some_and(|count| *count > 0)
    }

    /// How long the first datagram of this link took.
    pub fn took(&self, link: Link) -> Option<Duration> {
        self.took.get(&link).copied()
    }

    /// A line of evidence for these links.
    pub fn evidence(&self, links: &[Link]) -> String {
        let mut text: Vec<String> = links.iter().map(|link| self.count(*link)).collect();
        text.sort();
        text.join(", ")
    }

    fn count(&self, link: Link) -> String {
        let arrived = self.arrived.get(&link).copied().unwrap_or(0);
        format!("{link} {arrived}/{DATAGRAMS}")
    }
}

impl fmt::Display for Heard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.evidence(&Link::all(self.nodes)))
    }
}

impl Prober {
    /// Opens a socket inside every namespace.
    pub(super) fn open(nodes: Nodes, residents: &[Resident]) -> Result<Prober, NetworkError> {
        let mut sockets = Vec::new();
        for end in End::all(nodes) {
            let opened = residents[end.position(nodes)].run(move |_| {
                let socket = UdpSocket::bind((address::private(end), PROBE_PORT))?;
                socket.set_nonblocking(true)?;
                io::Result::Ok(socket)
            })?;
            sockets.push(opened.map_err(refused(format!("open the probe's socket of {end}")))?);
        }
        Ok(Prober {
            nodes,
            sockets,
            number: 0,
        })
    }

    /// Asks about every link. `down` are those from which nothing is expected; the others may take `patience` longer
    /// than usual.
    pub(super) fn probe(&mut self, down: &[Link], patience: Duration) -> io::Result<Heard> {
        self.number += 1;
        let begun = Instant::now();
        for link in Link::all(self.nodes) {
            for _ in 0..DATAGRAMS {
                self.send(link)?;
            }
        }
        let mut heard = Heard {
            nodes: self.nodes,
            arrived: BTreeMap::new(),
            took: BTreeMap::new(),
        };
        let control: Vec<Link> = Link::all(self.nodes)
            .into_iter()
            .filter(|link| !down.contains(link))
            .collect();
        let mut silent_since = None;
        loop {
            self.listen(&mut heard, begun);
            let complete = control
                .iter()
                .all(|link| heard.arrived.get(link) == Some(&DATAGRAMS));
            if complete && silent_since.is_none() {
                silent_since = Some(Instant::now());
            }
            let quiet = down.is_empty() && complete;
            if quiet
                || silent_since.is_some_and(|since| since.elapsed() >= SILENCE)
                || begun.elapsed() >= CONTROL_LIMIT + patience
            {
                return Ok(heard);
            }
            thread::sleep(LOOK_INTERVAL);
        }
    }

    fn datagram(&self, link: Link) -> [u8; DATAGRAM_BYTES] {
        let mut datagram = [0; DATAGRAM_BYTES];
        datagram[..8].copy_from_slice(&self.number.to_be_bytes());
        datagram[8] = link.from.position(self.nodes) as u8;
        datagram[9] = link.to.position(self.nodes) as u8;
        datagram
    }

    fn send(&self, link: Link) -> io::Result<()> {
        let datagram = self.datagram(link);
        let to = SocketAddr::from((address::private(link.to), PROBE_PORT));
        self.sockets[link.from.position(self.nodes)]
            .send_to(&datagram, to)
            .map(|_| ())
    }

    /// Sends many datagrams over one link, in small batches so that the receiver's buffer holds them. Returns how many
    /// arrived, those that came twice counted twice, and how many came after a later one.
    pub(super) fn burst(
        &mut self,
        link: Link,
        count: u32,
        patience: Duration,
    ) -> io::Result<Burst> {
        let mut burst = Burst::default();
        let mut latest = 0;
        let receiver = &self.sockets[link.to.position(self.nodes)];
        let mut datagram = [0; DATAGRAM_BYTES + 1];
        let first = self.number + 1;
        let mut listen = |burst: &mut Burst| {
            while let Ok((length, _)) = receiver.recv_from(&mut datagram) {
                let number = datagram[..length]
                    .first_chunk()
                    .map(|bytes| u64::from_be_bytes(*bytes));
                let Some(number) = number.filter(|number| *number >= first) else {
                    continue;
                };
                burst.arrived += 1;
                burst.overtaken += u32::from(number < latest);
                latest = latest.max(number);
            }
        };
        for sent in 1..=count {
            self.number += 1;
            let datagram = self.datagram(link);
            let to = SocketAddr::from((address::private(link.to), PROBE_PORT));
            self.sockets[link.from.position(self.nodes)].send_to(&datagram, to)?;
            burst.sent += 1;
            if sent % BATCH == 0 {
                thread::sleep(LOOK_INTERVAL);
                listen(&mut burst);
            }
        }
        thread::sleep(SILENCE + patience);
        listen(&mut burst);
        Ok(burst)
    }

    fn listen(&self, heard: &mut Heard, begun: Instant) {
        let mut datagram = [0; DATAGRAM_BYTES + 1];
        for socket in &self.sockets {
            while let Ok((length, _)) = socket.recv_from(&mut datagram) {
                if let Some(link) = self.recognise(&datagram[..length]) {
                    *heard.arrived.entry(link).or_insert(0) += 1;
                    heard.took.entry(link).or_insert_with(|| begun.elapsed());
                }
            }
        }
    }

    /// The link of a datagram of this probe; nothing for one of an earlier probe.
    fn recognise(&self, datagram: &[u8]) -> Option<Link> {
        let (number, ends) = datagram.split_at_checked(8)?;
        let [from, to] = ends else { return None };
        if number != self.number.to_be_bytes() {
            return None;
        }
        let end = |position: &u8| End::all(self.nodes).nth(usize::from(*position));
        let (from, to) = (end(from)?, end(to)?);
        Some(Link { from, to })
    }
}
