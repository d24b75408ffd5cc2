//! What a message cut keeps of the connections of a link: enough to send, when the cut ends, the one segment for which
//! the receiver waits.
//!
//! Without it TCP's sender backs off: after a cut of twenty seconds its messages came seven seconds late. A copy of the
//! lowest segment restarts it at once. Its acknowledgement must be the connection's newest: with the one that it had
//! when it was sent, Linux takes it for a forgery and drops it (RFC 5961, 5.2).

use std::collections::BTreeMap;

use super::frame::{ACK, FIN, Frame, PSH, Segment};

/// How many connections of one link are known at a time. A target that opens more loses the prompt restart, not more.
const CONNECTIONS_MAX: usize = 4_096;

/// The connections of one directed link, by the ports of their ends.
#[derive(Debug, Default)]
pub(super) struct Connections {
    known: BTreeMap<(u16, u16), Connection>,
}

#[derive(Debug)]
struct Connection {
    /// The newest segment: it has the newest acknowledgement.
    latest: (Frame, Segment),
    held: Option<Held>,
}

/// The first message that did not arrive, as it was last sent.
#[derive(Debug)]
struct Held {
    sequence: u32,
    message: Vec<u8>,
    flags: u8,
}

/// What is sent when a cut ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parting {
    /// To the link's receiver.
    Released(Frame),
    /// A reset for the receiver.
    Reset(Frame),
    /// A reset for the sender.
    ResetSender(Frame),
}

impl Connections {
    /// Remembers a segment that was stripped or let through.
    pub(super) fn note(&mut self, frame: &Frame, segment: &Segment) {
        let says = !segment.payload.is_empty() || segment.has(FIN);
        let full = self.known.len() >= CONNECTIONS_MAX;
        if full && !self.known.contains_key(&segment.ports) {
            return;
        }
        // Headers alone: only the held message needs its payload.
        let latest = frame.stripped(segment);
        let Some(read) = latest.tcp() else { return };
        let connection = self
            .known
            .entry(segment.ports)
            .or_insert_with(|| Connection {
                latest: (latest.clone(), read.clone()),
                held: None,
            });
        connection.latest = (latest, read);
        if says && connection.waits_for(segment.sequence) {
            let message = frame.first_payload(segment).to_vec();
            let last = message.len() == segment.payload.len();
            connection.held = Some(Held {
                sequence: segment.sequence,
                message,
                flags: ACK | PSH | if last { segment.flags & FIN } else { 0 },
            });
        }
    }

    /// A connection that is opened anew under the same ports is another one.
    pub(super) fn forget(&mut self, segment: &Segment) {
        self.known.remove(&segment.ports);
    }

    /// What ends the cut, for every connection that lost a message.
    pub(super) fn part(&mut self, reset: bool) -> Vec<Parting> {
        let mut partings = Vec::new();
        for connection in std::mem::take(&mut self.known).into_values() {
            let Some(held) = connection.held else {
                continue;
            };
            let (latest, read) = &connection.latest;
            if reset {
                partings.push(Parting::Reset(latest.resetting(read, held.sequence)));
                partings.push(Parting::ResetSender(latest.resetting_sender(read)));
            } else {
                let (released, _) = latest.saying(read, held.sequence, &held.message, held.flags);
                partings.push(Parting::Released(released));
            }
        }
        partings
    }
}

impl Connection {
    /// Whether this is the first message that did not arrive, or that one sent again.
    fn waits_for(&self, sequence: u32) -> bool {
        self.held
            .as_ref()
            .is_none_or(|held| held.sequence.wrapping_sub(sequence) as i32 >= 0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::tests::{payload_of, segment};
    use super::*;

    fn note(connections: &mut Connections, frame: &Frame) {
        connections.note(frame, &frame.tcp().expect("a segment"));
    }

    fn released(partings: &[Parting]) -> &Frame {
        match partings {
            [Parting::Released(frame)] => frame,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_lowest_message_is_released_with_the_newest_acknowledgement() {
        let mut connections = Connections::default();
        let begin = u32::MAX - 10;
        for (sequence, acknowledged, text) in [
            (begin, 1, &b"first"[..]),
            (begin.wrapping_add(20), 2, b"beyond the wrap"),
            (begin, 3, b"first, and more"),
            (begin.wrapping_add(35), 4, b""),
        ] {
            note(
                &mut connections,
                &segment(sequence, acknowledged, ACK | PSH, text, 1_448),
            );
        }
        let partings = connections.part(false);
        let frame = released(&partings);
        let read = frame.tcp().expect("a segment");
        assert_eq!((read.sequence, read.acknowledged), (begin, 4));
        assert_eq!(payload_of(frame), b"first, and more");
        assert!(
            connections.part(false).is_empty(),
            "a cut that ended is forgotten"
        );
    }

    #[test]
    fn an_end_of_stream_is_a_message() {
        let mut connections = Connections::default();
        note(&mut connections, &segment(50, 1, ACK | FIN, b"", 1_448));
        let partings = connections.part(false);
        assert!(released(&partings).tcp().expect("a segment").has(FIN));
        note(&mut connections, &segment(50, 1, ACK, b"", 1_448));
        assert!(connections.part(false).is_empty(), "nothing was lost");
        // Of a super-segment only the first piece is sent again: the end of stream lies behind it.
        note(
            &mut connections,
            &segment(50, 1, ACK | FIN, &[1; 4_000], 1_448),
        );
        let partings = connections.part(false);
        assert!(!released(&partings).tcp().expect("a segment").has(FIN));
    }

    #[test]
    fn a_reset_begins_at_what_the_receiver_expects() {
        let mut connections = Connections::default();
        note(&mut connections, &segment(50, 1, ACK | PSH, b"lost", 1_448));
        note(
            &mut connections,
            &segment(54, 9, ACK | PSH, b"lost, too", 1_448),
        );
        let sequences = |parting: &Parting| match parting {
            Parting::Reset(frame) | Parting::ResetSender(frame) => {
                frame.tcp().map(|read| read.sequence)
            }
            Parting::Released(_) => None,
        };
        let partings = connections.part(true);
        assert_eq!(
            partings.iter().map(sequences).collect::<Vec<_>>(),
            [Some(50), Some(9)]
        );
    }

    #[test]
    fn the_number_of_connections_is_bounded() {
        let mut connections = Connections::default();
        let frame = segment(50, 1, ACK | PSH, b"lost", 1_448);
        let mut read = frame.tcp().expect("a segment");
        for port in 0..=u16::MAX {
            read.ports.0 = port;
            connections.note(&frame, &read);
        }
        assert_eq!(connections.known.len(), CONNECTIONS_MAX);
    }
}
