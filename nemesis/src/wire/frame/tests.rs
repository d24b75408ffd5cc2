//! Frames are taken apart and put together: what is stripped, split, released and reset, byte by byte.

use super::*;

/// A segment from 10.77.0.1:7001 to 10.77.0.2:9092 with the time stamp option; a super-segment if `piece` is below its
/// payload.
pub(in crate::wire) fn segment(
    sequence: u32,
    acknowledged: u32,
    flags: u8,
    payload: &[u8],
    piece: u16,
) -> Frame {
    let mut bytes = vec![0; OFFLOAD_BYTES];
    bytes[0] = NEEDS_CHECKSUM;
    if payload.len() > usize::from(piece) {
        bytes[1] = 1;
        bytes[4..6].copy_from_slice(&piece.to_ne_bytes());
    }
    bytes.extend([
        0x02, 0x77, 0xfe, 0, 1, 2, 0x02, 0x77, 0, 0, 0, 1, 0x08, 0x00,
    ]);
    let total = (20 + 32 + payload.len()) as u16;
    bytes.extend([0x45, 0]);
    bytes.extend(total.to_be_bytes());
    bytes.extend([0, 7, 0x40, 0, 64, TCP, 0, 0, 10, 77, 0, 1, 10, 77, 0, 2]);
    bytes.extend(7001u16.to_be_bytes());
    bytes.extend(9092u16.to_be_bytes());
    bytes.extend(sequence.to_be_bytes());
    bytes.extend(acknowledged.to_be_bytes());
    bytes.extend([0x80, flags, 1, 0, 0, 0, 0, 0]);
    bytes.extend([1, 1, 8, 10]);
    bytes.extend((acknowledged ^ 0x55).to_be_bytes());
    bytes.extend([0, 0, 0, 9]);
    bytes.extend(payload);
    let mut frame = Frame(bytes);
    frame.seal_network();
    frame
}

/// A datagram between the same ends.
pub(in crate::wire) fn datagram() -> Frame {
    let mut frame = segment(0, 0, 0, &[1; 10], 1_000);
    frame.0[NETWORK + 9] = 17;
    frame
}

pub(in crate::wire) fn payload_of(frame: &Frame) -> Vec<u8> {
    let segment = frame.tcp().expect("a segment");
    frame.bytes()[segment.payload].to_vec()
}

/// The IP header sums to all ones, its length is the frame's, and TCP's unfinished checksum is that of its pseudo header.
fn assert_sealed(frame: &Frame) {
    let segment = frame.tcp().expect("a segment");
    let network = &frame.0[NETWORK..segment.transport];
    assert_eq!(ones_complement(network, 0), 0xffff);
    assert_eq!(segment.payload.end, frame.0.len());
    let stated = frame.u16_at(segment.transport + 16);
    assert_eq!(stated, frame.pseudo_header_sum(segment.transport));
    let native = |at: usize| usize::from(u16::from_ne_bytes([frame.0[at], frame.0[at + 1]]));
    assert_eq!(frame.0[0], NEEDS_CHECKSUM);
    assert_eq!(native(2) + OFFLOAD_BYTES, segment.payload.start);
    assert_eq!(native(6) + OFFLOAD_BYTES, segment.transport);
    assert_eq!(native(8), 16);
    assert_eq!(native(4) > 0, frame.segments(&segment) > 1);
}

#[test]
fn the_checksum_of_a_known_header() {
    // The example of RFC 1071, section 3.
    assert_eq!(
        ones_complement(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7], 0),
        0xddf2
    );
}

#[test]
fn a_segment_is_read() {
    let frame = segment(1_000, 77, ACK | PSH, b"hello", 1_448);
    let read = frame.tcp().expect("a segment");
    assert_eq!(
        (read.ports, read.sequence, read.acknowledged),
        ((7001, 9092), 1_000, 77)
    );
    assert!(read.has(PSH) && !read.has(FIN));
    assert_eq!(payload_of(&frame), b"hello");
    assert_eq!(datagram().tcp(), None);
    for length in 0..frame.0.len() {
        // Whatever is cut off, nothing is read beyond the end.
        let short = Frame::read(&frame.0[..length]).and_then(|frame| frame.tcp());
        assert_eq!(short, None, "{length}");
    }
}

#[test]
fn stripped_is_a_pure_acknowledgement() {
    let frame = segment(5_000, 88, ACK | PSH | FIN, &[7; 20_000], 1_448);
    let stripped = frame.stripped(&frame.tcp().expect("a segment"));
    let read = stripped.tcp().expect("a segment");
    assert_eq!(
        (read.sequence, read.acknowledged, read.flags),
        (5_000, 88, ACK)
    );
    assert!(read.payload.is_empty());
    assert_sealed(&stripped);
    // Its time stamps are those of the segment.
    let options =
        |frame: &Frame, read: &Segment| frame.0[read.transport + 20..read.payload.start].to_vec();
    assert_eq!(
        options(&stripped, &read),
        options(&frame, &frame.tcp().expect("a segment"))
    );
}

#[test]
fn pieces_join_to_the_whole() {
    let payload: Vec<u8> = (0..10_000u32).map(|at| at as u8).collect();
    let frame = segment(u32::MAX - 3_000, 9, ACK | PSH | FIN | CWR, &payload, 1_448);
    let read = frame.tcp().expect("a segment");
    assert_eq!(frame.segments(&read), 7);
    for cut in 1..7 {
        let pieces = [frame.piece(&read, 0..cut), frame.piece(&read, cut..7)];
        let joined: Vec<u8> = pieces.iter().flat_map(payload_of).collect();
        assert_eq!(joined, payload);
        let [first, last] = pieces
            .each_ref()
            .map(|piece| piece.tcp().expect("a segment"));
        assert_eq!(
            last.sequence,
            read.sequence.wrapping_add(1_448 * cut as u32)
        );
        assert!(!first.has(FIN) && !first.has(PSH) && first.has(CWR));
        assert!(last.has(FIN) && last.has(PSH) && !last.has(CWR));
        assert_eq!(pieces[1].u16_at(NETWORK + 4), 7 + cut as u16);
        pieces.iter().for_each(assert_sealed);
        assert_eq!(pieces[0].segments(&first) + pieces[1].segments(&last), 7);
    }
    let single = segment(1, 1, ACK, b"x", 1_448);
    assert_eq!(
        single.piece(&single.tcp().expect("a segment"), 0..1),
        single
    );
}

#[test]
fn a_late_segment_has_the_newest_acknowledgement() {
    let first = segment(100, 1, ACK | PSH, &[3; 1_448], 1_448);
    let latest = segment(900, 500, ACK, &[], 1_448);
    let held = first.tcp().expect("a segment");
    let (released, whole) = latest.saying(
        &latest.tcp().expect("one"),
        100,
        first.first_payload(&held),
        ACK | PSH,
    );
    let read = released.tcp().expect("a segment");
    assert_eq!((read.sequence, read.acknowledged, whole), (100, 500, true));
    assert_eq!(payload_of(&released), [3; 1_448]);
    assert_sealed(&released);
    assert_eq!(released.wire_bytes(), 14 + 1_500);
    // A message that an interface does not carry is sent in part, and its end of stream is not in that part.
    let (released, whole) = latest.saying(&latest.tcp().expect("one"), 100, &[3; 1_500], ACK | FIN);
    assert!(!whole && !released.tcp().expect("a segment").has(FIN));
    assert_eq!(released.wire_bytes(), 14 + 1_500);
}

#[test]
fn a_reset_hits_both_ends() {
    let latest = segment(900, 500, ACK | PSH, &[1; 10], 1_448);
    let read = latest.tcp().expect("a segment");
    let to_receiver = latest.resetting(&read, 100);
    let of = to_receiver.tcp().expect("a segment");
    assert_eq!(
        (of.sequence, of.acknowledged, of.flags),
        (100, 500, RST | ACK)
    );
    assert_sealed(&to_receiver);
    let to_sender = latest.resetting_sender(&read);
    let of = to_sender.tcp().expect("a segment");
    assert_eq!(
        (of.sequence, of.acknowledged, of.ports),
        (500, 900, (9092, 7001))
    );
    assert_eq!(
        to_sender.0[NETWORK + 12..NETWORK + 20],
        [10, 77, 0, 2, 10, 77, 0, 1]
    );
    assert_sealed(&to_sender);
}
