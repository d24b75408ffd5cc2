//! Takes the lines of a run while it goes on, so that a run of many hours has its verdict seconds after its end, and the
//! harness does not grow with it. What is judged is what the file contains: the recorder hands each event over when its
//! line is written.
//!
//! The memory of the harness is written beside the history every ten seconds, as `<ns since start>,<bytes>,<lines kept>`.

use std::io::Write;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use checkers::bounded::{Left, Reducer, Window};
use checkers::history::{Event, Header, Moment};

use super::Meter;
use crate::bounded;
use crate::store::layout;

/// The time between two figures of the memory.
const FIGURE_AFTER: Moment = 10_000_000_000;

/// The thread that takes the lines.
pub struct Following(JoinHandle<Option<(Left, Meter)>>);

impl Following {
    /// Begins with the header of the history in this directory. The events go into the returned channel; its end is that
    /// of the history.
    ///
    /// # Errors
    /// If there is no thread for it.
    pub fn begin(header: &Header, directory: &Path) -> std::io::Result<(Sender<Event>, Following)> {
        let (sink, events) = channel();
        let reducer = Reducer::new(header.clone(), Window::default());
        let figures = std::fs::File::create(directory.join(layout::MEMORY)).ok();
        let thread = std::thread::Builder::new()
            .name("judge".into())
            .spawn(move || follow(&events, reducer, figures))?;
        Ok((sink, Following(thread)))
    }

    /// What is left after the last line. None if the history has to be read again and judged as a whole.
    pub fn end(self) -> Option<(Left, Meter)> {
        self.0.join().ok().flatten()
    }
}

fn follow(
    events: &Receiver<Event>,
    mut reducer: Reducer,
    mut figures: Option<std::fs::File>,
) -> Option<(Left, Meter)> {
    let mut meter = Meter::default();
    let mut told = 0;
    while let Ok(event) = events.recv() {
        if event.t >= told
            && let Some(figures) = &mut figures
        {
            told = event.t + FIGURE_AFTER;
            let (at, bytes, kept) = (event.t, resident_bytes().unwrap_or(0), reducer.kept());
            // A figure less does not fail a run.
            let _ = writeln!(figures, "{at},{bytes},{kept}");
        }
        meter.take(&event);
        reducer.take(event);
    }
    Some((reducer.finish().ok()?, meter))
}

/// The resident memory of this process.
fn resident_bytes() -> Option<u64> {
    let text = bounded::text(Path::new("/proc/self/status"), bounded::VALUES).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1_024)
}
