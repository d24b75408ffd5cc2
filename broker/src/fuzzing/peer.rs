//! A node's end of a link that says whatever a test wants, with or without knowing the secret.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::BytesMut;

use crate::config::NodeConfig;
use crate::peers::auth::{End, LinkKey, TAG_BYTES, Tags, Transcript};
use crate::peers::wire::{self, Challenge, Introduction, Kind, PREFIX_BYTES, Purpose};

/// Which link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Votes and heartbeats.
    Control,
    /// Entries.
    Append,
    /// Requests for the leader.
    Forward,
}

/// A connection to a node's peer port, its own end proved.
#[derive(Debug)]
pub struct Peer {
    stream: TcpStream,
    writes: Tags,
    reads: Tags,
    /// Term, last index and leader that the node welcomed this end with.
    pub welcome: (u64, u64, Option<u64>),
}

impl Peer {
    /// Connects as node `from` to node `to`, with the secret of `config`.
    ///
    /// # Errors
    /// If the node does not take it.
    pub fn connect(config: &NodeConfig, lane: Lane, from: u64, to: u64) -> io::Result<Peer> {
        let broken = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
        let address = config.peers.iter().find(|peer| peer.id == to);
        let address = address.ok_or_else(|| broken("no such node"))?;
        let key: LinkKey = config
            .secret()
            .and_then(|secret| LinkKey::new(secret, &config.cluster_id))
            .map_err(broken)?;
        let mut stream = TcpStream::connect(address.peer.to_string())?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.set_write_timeout(Some(Duration::from_secs(5)))?;
        let said = Introduction {
            purpose: match lane {
                Lane::Control => Purpose::Control,
                Lane::Append => Purpose::Append,
                Lane::Forward => Purpose::Forward,
            },
            from,
            to,
            nonce: rand::random(),
        };
        send_open(&mut stream, Kind::Hello, &said.encode())?;
        let challenge = Challenge::decode(&receive(&mut stream)?.1);
        let challenge = challenge.map_err(|error| broken(&error.to_string()))?;
        let transcript = Transcript::new(&said, &challenge.nonce);
        if !key.proves(End::Acceptor, &transcript, challenge.proof) {
            return Err(broken("no proof"));
        }
        let proof = key.proof(End::Dialler, &transcript);
        send_open(&mut stream, Kind::Proof, &proof)?;
        let mut peer = Peer {
            stream,
            writes: key.frames(End::Dialler, &transcript),
            reads: key.frames(End::Acceptor, &transcript),
            welcome: (0, 0, None),
        };
        let (_, payload) = peer.receive()?;
        let hello = wire::decode_welcome(&payload).map_err(|error| broken(&error.to_string()))?;
        peer.welcome = (hello.term, hello.last_index, hello.leader);
        Ok(peer)
    }

    /// Sends a frame of this kind with its tag.
    ///
    /// # Errors
    /// If the node has hung up.
    ///
    /// # Panics
    /// If there is no such kind.
    pub fn send(&mut self, kind: u8, payload: &[u8]) -> io::Result<()> {
        let kind = Kind::from_repr(kind).expect("a kind of frame");
        let mut out = BytesMut::new();
        wire::put_frame(&mut out, &mut self.writes, kind, payload);
        self.stream.write_all(&out)
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// If the node has hung up.
    pub fn send_raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// The next frame's kind and payload.
    ///
    /// # Errors
    /// If the node has hung up, or says nothing.
    pub fn receive(&mut self) -> io::Result<(u8, Vec<u8>)> {
        let (kind, payload) = receive(&mut self.stream)?;
        let mut tag = [0; TAG_BYTES];
        self.stream.read_exact(&mut tag)?;
        self.reads
            .check(kind, &payload, tag)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
        Ok((kind as u8, payload))
    }
}

fn send_open(stream: &mut TcpStream, kind: Kind, payload: &[u8]) -> io::Result<()> {
    let mut out = BytesMut::new();
    wire::put_open(&mut out, kind, payload);
    stream.write_all(&out)
}

fn receive(stream: &mut TcpStream) -> io::Result<(Kind, Vec<u8>)> {
    let mut head = [0; PREFIX_BYTES];
    stream.read_exact(&mut head)?;
    let (length, kind) = wire::prefix(head, 1 << 20)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.to_string()))?;
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload)?;
    Ok((kind, payload))
}
