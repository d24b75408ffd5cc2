//! One diverted link: what happens to each of its frames, and when. Pure, given the time: frames in, frames with the
//! time at which they are due out.
//!
//! Every segment on the wire takes the same number of draws, whatever is switched on, so equal sequences of segments
//! meet equal fates. The seed fixes the draws, not the segments.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::connection::{Connections, Parting};
use super::count::Count;
use super::frame::{ACK, FIN, Frame, RST, SYN, Segment};
use super::treatment::{MILLION, QUEUE, Treatment, Worse};

/// Nanoseconds since the switch began.
pub(super) type Nanos = u64;

/// A frame and when it is to be sent.
pub(super) type Due = (Nanos, Frame);

/// The state of one diverted link.
#[derive(Debug)]
pub(super) struct Lane {
    treatment: Treatment,
    random: ChaCha8Rng,
    connections: Connections,
    begun: Nanos,
    /// When the last frame that keeps its place is due.
    last_due: Nanos,
    /// When a narrow link has sent what it has taken.
    free: Nanos,
    pub(super) count: Count,
}

/// What was drawn for one segment.
struct Draws {
    lost: u32,
    duplicated: u32,
    reordered: u32,
    jitter: u32,
}

impl Lane {
    pub(super) fn new(treatment: Treatment, seed: u64, begun: Nanos) -> Lane {
        Lane {
            treatment,
            random: ChaCha8Rng::seed_from_u64(seed),
            connections: Connections::default(),
            begun,
            last_due: begun,
            free: begun,
            count: Count::default(),
        }
    }

    /// Takes a frame in.
    pub(super) fn take(&mut self, now: Nanos, frame: Frame) -> Vec<Due> {
        let segment = frame.tcp();
        let segments = segment.as_ref().map_or(1, |read| frame.segments(read));
        self.count.frames += 1;
        self.count.segments += segments as u64;
        match self.treatment {
            Treatment::MessageCut { .. } => {
                let passes = segment.and_then(|read| self.strip(frame, &read, segments));
                self.count.dropped += u64::from(passes.is_none());
                passes.map(|frame| (now, frame)).into_iter().collect()
            }
            Treatment::Worse(worse) => self.worsen(now, frame, segment.as_ref(), segments, &worse),
        }
    }

    /// Ends the treatment: what is sent now, so that a message cut does not last until the next retransmission.
    pub(super) fn part(&mut self) -> Vec<Parting> {
        let Treatment::MessageCut { reset } = self.treatment else {
            return Vec::new();
        };
        let partings = self.connections.part(reset);
        for parting in &partings {
            match parting {
                Parting::Released(_) => self.count.released += 1,
                Parting::Reset(_) => self.count.reset += 1,
                Parting::ResetSender(_) => {}
            }
        }
        partings
    }

    /// What is left of a segment when its message is taken out; none if it is nothing but a message.
    fn strip(&mut self, frame: Frame, segment: &Segment, segments: usize) -> Option<Frame> {
        if segment.has(RST) || (segment.has(SYN) && !segment.has(ACK)) {
            // A new connection under these ports, or none any more.
            self.connections.forget(segment);
            return None;
        }
        if segment.has(SYN) {
            return Some(frame);
        }
        self.connections.note(&frame, segment);
        if segment.payload.is_empty() && !segment.has(FIN) {
            return Some(frame);
        }
        self.count.stripped += segments as u64;
        Some(frame.stripped(segment))
    }

    /// A link that carries frames, but loses, delays, doubles or overtakes them.
    fn worsen(
        &mut self,
        now: Nanos,
        frame: Frame,
        segment: Option<&Segment>,
        segments: usize,
        worse: &Worse,
    ) -> Vec<Due> {
        let draws: Vec<Draws> = (0..segments).map(|_| self.draw()).collect();
        if worse
            .flapping
            .is_some_and(|period| is_down(now - self.begun, period))
        {
            self.count.dropped += segments as u64;
            return Vec::new();
        }
        let kept: Vec<bool> = draws
            .iter()
            .map(|drawn| !falls(drawn.lost, worse.lost))
            .collect();
        self.count.lost += kept.iter().filter(|kept| !**kept).count() as u64;
        let piece = |which: std::ops::Range<usize>| match segment {
            Some(read) if which.len() < segments => frame.piece(read, which),
            _ => frame.clone(),
        };
        let mut due = Vec::new();
        let mut at = 0;
        while at < segments {
            // A narrow link takes segment after segment; elsewhere neighbours travel together.
            let most = match worse.bandwidth {
                Some(_) => at + 1,
                None => segments,
            };
            let run = kept[at..most].iter().take_while(|kept| **kept).count();
            let (from, to) = (at, at + run);
            at = to.max(at + 1);
            if run == 0 {
                continue;
            }
            let frame = piece(from..to);
            let Some(ready) = self.squeeze(now, frame.wire_bytes(), worse) else {
                self.count.overflowed += run as u64;
                continue;
            };
            let when = self.when(ready, &draws[from], run as u64, worse);
            self.count.delayed += if when > now { run as u64 } else { 0 };
            if segment.is_some_and(|read| !read.payload.is_empty()) {
                self.count.messages_passed += run as u64;
            }
            if falls(draws[from].duplicated, worse.duplicated) {
                self.count.duplicated += run as u64;
                due.push((when, frame.clone()));
            }
            due.push((when, frame));
        }
        due
    }

    fn draw(&mut self) -> Draws {
        Draws {
            lost: self.random.random(),
            duplicated: self.random.random(),
            reordered: self.random.random(),
            jitter: self.random.random(),
        }
    }

    /// When a narrow link has sent so many bytes; none if its queue is full.
    fn squeeze(&mut self, now: Nanos, bytes: usize, worse: &Worse) -> Option<Nanos> {
        let Some(bandwidth) = worse.bandwidth else {
            return Some(now);
        };
        if self.free.saturating_sub(now) > nanos(QUEUE) {
            return None;
        }
        let takes = bytes as u64 * 8 * 1_000_000_000 / bandwidth.max(1);
        self.free = self.free.max(now) + takes;
        Some(self.free)
    }

    fn when(&mut self, ready: Nanos, drawn: &Draws, run: u64, worse: &Worse) -> Nanos {
        if falls(drawn.reordered, worse.reordered) {
            self.count.reordered += run;
            return ready;
        }
        let jitter = (u128::from(nanos(worse.jitter)) * u128::from(drawn.jitter)) >> 32;
        let due = ready + nanos(worse.delay) + jitter as Nanos;
        self.last_due = self.last_due.max(due);
        self.last_due
    }
}

/// Whether a draw falls into a share, given in millionths.
fn falls(drawn: u32, share: u32) -> bool {
    (u64::from(drawn) * u64::from(MILLION)) >> 32 < u64::from(share)
}

/// A link that flaps begins with silence.
fn is_down(since: Nanos, period: std::time::Duration) -> bool {
    (since / nanos(period).max(1)).is_multiple_of(2)
}

fn nanos(duration: std::time::Duration) -> Nanos {
    Nanos::try_from(duration.as_nanos()).unwrap_or(Nanos::MAX)
}

#[cfg(test)]
mod tests;
