//! One frame as a packet socket gives it: the kernel's offload header, Ethernet, and what follows. Pure: what a
//! diverted link does to a frame is a function from bytes to bytes.
//!
//! A frame may be a *super-segment* of up to 64 KiB that stands for many segments on the wire, and its checksum may be
//! unfinished: the offload header in front says so. A frame that is changed gets a new offload header, new lengths and
//! an unfinished checksum over its pseudo header, which the receiving kernel accepts as valid.

use std::ops::Range;

/// The kernel's `virtio_net_hdr`.
pub(super) const OFFLOAD_BYTES: usize = 10;

/// Two hardware addresses and a type.
const ETHERNET_BYTES: usize = 14;

/// Where the network header begins.
const NETWORK: usize = OFFLOAD_BYTES + ETHERNET_BYTES;

/// What an interface of the sandbox carries behind the Ethernet header.
const INTERFACE_BYTES: usize = 1_500;

const IPV4: [u8; 2] = [0x08, 0x00];
const TCP: u8 = 6;
const MORE_OR_LATER_FRAGMENT: u16 = 0x3fff;
/// The offload header's mark of an unfinished checksum.
const NEEDS_CHECKSUM: u8 = 1;
/// Where TCP's checksum lies in its header.
const CHECKSUM_OFFSET: u16 = 16;

pub(crate) const FIN: u8 = 0x01;
pub(crate) const SYN: u8 = 0x02;
pub(crate) const RST: u8 = 0x04;
pub(crate) const PSH: u8 = 0x08;
pub(crate) const ACK: u8 = 0x10;
const URG: u8 = 0x20;
/// The sender has reduced its window; said once, on the first segment.
const CWR: u8 = 0x80;

pub(crate) type HardwareAddress = [u8; 6];

/// The bytes of a frame, with the offload header in front.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame(Vec<u8>);

/// Where the parts of a TCP segment lie in its frame, and what its header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Sender's and receiver's port: with the link, the connection.
    pub(crate) ports: (u16, u16),
    pub(crate) sequence: u32,
    pub(crate) acknowledged: u32,
    pub(crate) flags: u8,
    pub(crate) payload: Range<usize>,
    /// Where TCP's header begins.
    transport: usize,
}

impl Segment {
    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

impl Frame {
    /// A frame that was read from a packet socket; none if it is too short for its headers.
    pub(crate) fn read(bytes: &[u8]) -> Option<Frame> {
        (bytes.len() >= NETWORK).then(|| Frame(bytes.to_vec()))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn destination(&self) -> HardwareAddress {
        let mut address = [0; 6];
        address.copy_from_slice(&self.0[OFFLOAD_BYTES..OFFLOAD_BYTES + 6]);
        address
    }

    /// Gives it other hardware addresses.
    pub(crate) fn readdress(&mut self, from: HardwareAddress, to: HardwareAddress) {
        self.0[OFFLOAD_BYTES..OFFLOAD_BYTES + 6].copy_from_slice(&to);
        self.0[OFFLOAD_BYTES + 6..OFFLOAD_BYTES + 12].copy_from_slice(&from);
    }

    /// Its length on the wire.
    pub(crate) fn wire_bytes(&self) -> usize {
        self.0.len() - OFFLOAD_BYTES
    }

    /// The TCP segment in it; none for everything else.
    pub(crate) fn tcp(&self) -> Option<Segment> {
        if self.0[NETWORK - 2..NETWORK] != IPV4 {
            return None;
        }
        let network = self.0.get(NETWORK..NETWORK + 20)?;
        let network_bytes = usize::from(network[0] & 0x0f) * 4;
        let fragment = u16::from_be_bytes([network[6], network[7]]) & MORE_OR_LATER_FRAGMENT;
        if network[0] >> 4 != 4 || network_bytes < 20 || network[9] != TCP || fragment != 0 {
            return None;
        }
        let total = usize::from(u16::from_be_bytes([network[2], network[3]]));
        let transport = NETWORK + network_bytes;
        let header = self.0.get(transport..transport + 20)?;
        let payload = transport + usize::from(header[12] >> 4) * 4;
        let end = NETWORK + total;
        if payload < transport + 20 || end < payload || end > self.0.len() {
            return None;
        }
        Some(Segment {
            ports: (self.u16_at(transport), self.u16_at(transport + 2)),
            sequence: self.u32_at(transport + 4),
            acknowledged: self.u32_at(transport + 8),
            flags: header[13],
            payload: payload..end,
            transport,
        })
    }

    /// How much payload each segment of a super-segment has; none if the frame is one segment.
    fn piece_bytes(&self, segment: &Segment) -> Option<usize> {
        let size = usize::from(u16::from_ne_bytes([self.0[4], self.0[5]]));
        (self.0[1] != 0 && size > 0 && segment.payload.len() > size).then_some(size)
    }

    /// For how many segments on the wire it stands.
    pub(crate) fn segments(&self, segment: &Segment) -> usize {
        let size = self.piece_bytes(segment);
        size.map_or(1, |size| segment.payload.len().div_ceil(size))
    }

    /// Some of the segments for which it stands, as a frame of their own.
    pub(crate) fn piece(&self, segment: &Segment, which: Range<usize>) -> Frame {
        let Some(size) = self.piece_bytes(segment) else {
            return self.clone();
        };
        let last = which.end >= self.segments(segment);
        let from = which.start * size;
        let to = (which.end * size).min(segment.payload.len());
        let mut flags = segment.flags;
        if !last {
            flags &= !(FIN | PSH);
        }
        if which.start > 0 {
            flags &= !CWR;
        }
        let sequence = segment.sequence.wrapping_add(from as u32);
        let payload = &self.0[segment.payload.start + from..segment.payload.start + to];
        let mut piece = self.rebuilt(segment, sequence, flags, payload);
        let id = self.u16_at(NETWORK + 4).wrapping_add(which.start as u16);
        piece.put_u16(NETWORK + 4, id);
        piece.seal_network();
        piece
    }

    /// What it acknowledges, without what it says: its payload and the end of its stream are gone.
    pub(crate) fn stripped(&self, segment: &Segment) -> Frame {
        let flags = segment.flags & !(FIN | PSH | URG);
        self.rebuilt(segment, segment.sequence, flags, &[])
    }

    /// The payload of one segment at most: what a sender would send again first.
    pub(crate) fn first_payload(&self, segment: &Segment) -> &[u8] {
        let size = self.piece_bytes(segment).unwrap_or(segment.payload.len());
        &self.0[segment.payload.start..segment.payload.start + size]
    }

    /// The same headers, and so the same acknowledgement and time stamps, before another message. As much of the message
    /// as an interface carries; the second value says whether that is all of it.
    pub(crate) fn saying(
        &self,
        segment: &Segment,
        sequence: u32,
        message: &[u8],
        flags: u8,
    ) -> (Frame, bool) {
        let room = INTERFACE_BYTES.saturating_sub(segment.payload.start - NETWORK);
        let whole = message.len() <= room;
        let flags = match whole {
            true => flags,
            false => flags & !FIN,
        };
        let message = &message[..message.len().min(room)];
        (self.rebuilt(segment, sequence, flags, message), whole)
    }

    /// A reset of this segment's connection for its receiver, who expects `sequence` next.
    pub(crate) fn resetting(&self, segment: &Segment, sequence: u32) -> Frame {
        self.rebuilt(segment, sequence, RST | ACK, &[])
    }

    /// A reset of this segment's connection for its sender, as if the receiver had sent it: it begins where the sender
    /// has acknowledged all.
    pub(crate) fn resetting_sender(&self, segment: &Segment) -> Frame {
        let mut frame = self.clone();
        for byte in 0..4 {
            frame.0.swap(NETWORK + 12 + byte, NETWORK + 16 + byte);
        }
        let at = segment.transport;
        for byte in 0..2 {
            frame.0.swap(at + byte, at + 2 + byte);
        }
        frame.put_u32(at + 8, segment.sequence);
        frame.rebuilt(segment, segment.acknowledged, RST | ACK, &[])
    }

    /// The same headers with another sequence number, flags and payload.
    fn rebuilt(&self, segment: &Segment, sequence: u32, flags: u8, payload: &[u8]) -> Frame {
        let at = segment.transport;
        let mut bytes = Vec::with_capacity(segment.payload.start + payload.len());
        bytes.extend_from_slice(&self.0[..segment.payload.start]);
        bytes.extend_from_slice(payload);
        let mut frame = Frame(bytes);
        frame.put_u32(at + 4, sequence);
        frame.0[at + 13] = flags;
        // What is no longer urgent points nowhere.
        if flags & URG == 0 {
            frame.put_u16(at + 18, 0);
        }
        frame.put_u16(NETWORK + 2, (frame.0.len() - NETWORK) as u16);
        frame.seal_network();
        let pseudo = frame.pseudo_header_sum(at);
        frame.put_u16(at + usize::from(CHECKSUM_OFFSET), pseudo);
        frame.seal_offload(
            at,
            segment.payload.start,
            self.piece_bytes(segment),
            payload.len(),
        );
        frame
    }

    fn seal_offload(
        &mut self,
        transport: usize,
        headers_end: usize,
        piece: Option<usize>,
        payload: usize,
    ) {
        let still = piece.is_some_and(|size| payload > size);
        self.0[0] = NEEDS_CHECKSUM;
        if !still {
            self.0[1] = 0;
            self.0[4..6].fill(0);
        }
        let header_bytes = (headers_end - OFFLOAD_BYTES) as u16;
        let start = (transport - OFFLOAD_BYTES) as u16;
        self.0[2..4].copy_from_slice(&header_bytes.to_ne_bytes());
        self.0[6..8].copy_from_slice(&start.to_ne_bytes());
        self.0[8..10].copy_from_slice(&CHECKSUM_OFFSET.to_ne_bytes());
    }

    fn seal_network(&mut self) {
        let header_bytes = usize::from(self.0[NETWORK] & 0x0f) * 4;
        self.put_u16(NETWORK + 10, 0);
        let sum = ones_complement(&self.0[NETWORK..NETWORK + header_bytes], 0);
        self.put_u16(NETWORK + 10, !sum);
    }

    /// Folded and not inverted, as the kernel expects it of an unfinished checksum.
    fn pseudo_header_sum(&self, transport: usize) -> u16 {
        let length = (self.0.len() - transport) as u32;
        let initial = u32::from(TCP) + length;
        ones_complement(&self.0[NETWORK + 12..NETWORK + 20], initial)
    }

    fn u16_at(&self, at: usize) -> u16 {
        u16::from_be_bytes([self.0[at], self.0[at + 1]])
    }

    fn u32_at(&self, at: usize) -> u32 {
        u32::from_be_bytes([self.0[at], self.0[at + 1], self.0[at + 2], self.0[at + 3]])
    }

    fn put_u16(&mut self, at: usize, value: u16) {
        self.0[at..at + 2].copy_from_slice(&value.to_be_bytes());
    }

    fn put_u32(&mut self, at: usize, value: u32) {
        self.0[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }
}

/// The sum of 16-bit words with end-around carry.
fn ones_complement(bytes: &[u8], initial: u32) -> u16 {
    let words = bytes.chunks(2).map(|word| {
        let low = word.get(1).copied().unwrap_or(0);
        u32::from(u16::from_be_bytes([word[0], low]))
    });
    let mut sum = words.fold(initial, |sum, word| sum + word);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

#[cfg(test)]
pub(super) mod tests;
