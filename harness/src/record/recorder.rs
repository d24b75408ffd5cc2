//! The recorder: every event of a run, in the order of one clock, streamed to `history.jsonl`.
//!
//! An event's time is taken under the same lock that gives it its index, so `i` is dense and in the order of `t`.
//! Recording must never alter or fail a run. An event is added to memory here, and a separate thread writes it to the
//! file. If the file cannot be written, the run continues and ends *undecided* with the reason. Blocks of the file are
//! allocated in advance, so that the last events, among them a shortage of space, can be written on a full disk. The last
//! line is the [`Seal`], which the header announces: a file without it was not closed.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use checkers::history::{Digest, Event, Header, Moment, Seal, What};
use nix::fcntl::{FallocateFlags, fallocate};

use crate::secret::clean_json;

/// The longest time between an event and its write to the file. A kill -9 loses at most this much.
const FLUSH_AFTER: Duration = Duration::from_millis(100);
/// Bytes that are allocated beyond the end of the file. The run ends within a second when the disk is full, which is
/// enough for a hundred times the default rate.
const AHEAD: i64 = 16 << 20;

/// The one clock of a run: nanoseconds since its start, monotonic.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Instant);

impl Clock {
    /// A clock that starts now.
    pub fn begin() -> Self {
        Clock(Instant::now())
    }

    /// Nanoseconds since the start of the run.
    pub fn now(&self) -> Moment {
        self.at(Instant::now())
    }

    /// The same for another time. A time before the run counts as its start.
    pub fn at(&self, instant: Instant) -> Moment {
        let since = instant.saturating_duration_since(self.0);
        Moment::try_from(since.as_nanos()).unwrap_or(Moment::MAX)
    }
}

/// Accepts events from any thread. Cheap to clone.
#[derive(Clone)]
pub struct Recorder(Arc<Inner>);

struct Inner {
    clock: Clock,
    order: Mutex<Order>,
}

struct Order {
    next: u64,
    file: Option<Sender<Event>>,
    /// Other readers, each with what it is given of an event.
    readers: Vec<(Glance, Sender<Event>)>,
}

/// What a reader other than the file is given of an event. It runs under the lock of all recording threads, so it copies
/// only what the reader looks at.
type Glance = fn(&Event) -> Option<Event>;

/// Begins to follow a history with this header. What it returns is handed every event whose line was written.
pub type Follow<'f> = Box<dyn FnOnce(&Header) -> Result<Sender<Event>> + Send + 'f>;

/// The thread that writes the file. Dropping it does not stop it; [`HistoryFile::close`] does.
pub struct HistoryFile {
    writer: JoinHandle<std::io::Result<u64>>,
    path: PathBuf,
}

impl Recorder {
    /// Creates `history.jsonl` with its header line, and the thread that writes it. `follow` is given the header, and what
    /// it returns each event whose line was written, as a reader of the file will see it.
    ///
    /// # Errors
    /// If the file cannot be created or its first line cannot be written.
    pub fn create(
        path: &Path,
        header: &Header,
        clock: Clock,
        follow: Option<Follow<'_>>,
    ) -> Result<(Recorder, HistoryFile)> {
        let file = File::create_new(path).with_context(|| format!("create {}", path.display()))?;
        allocate(&file, 0);
        let mut file = BufWriter::with_capacity(1 << 18, file);
        let header = Header {
            sealed: true,
            ..header.clone()
        };
        let line = serde_json::to_string(&header).context("write the header")? + "\n";
        let mut digest = Digest::new();
        digest.add(line.as_bytes());
        file.write_all(line.as_bytes())
            .and_then(|()| file.flush())
            .with_context(|| format!("write {}", path.display()))?;
        let follower = follow.map(|follow| follow(&header)).transpose()?;
        let (sink, events) = channel();
        let writer = std::thread::Builder::new()
            .name("history".into())
            .spawn(move || write_events(file, &events, digest, follower))
            .context("start the thread that writes the history")?;
        let order = Mutex::new(Order {
            next: 0,
            file: Some(sink),
            readers: Vec::new(),
        });
        let recorder = Recorder(Arc::new(Inner { clock, order }));
        Ok((
            recorder,
            HistoryFile {
                writer,
                path: path.to_owned(),
            },
        ))
    }

    /// The clock of the events' times.
    pub fn now(&self) -> Moment {
        self.0.clock.now()
    }

    /// Another time on the clock of the events' times.
    pub fn at(&self, instant: Instant) -> Moment {
        self.0.clock.at(instant)
    }

    /// Records an event now, and returns its time.
    pub fn record(&self, what: What) -> Moment {
        let mut order = self.0.order.lock().unwrap_or_else(PoisonError::into_inner);
        let event = Event {
            i: order.next,
            t: self.0.clock.now(),
            what,
        };
        let t = event.t;
        order.next += 1;
        if let Some(file) = &order.file {
            for (glance, reader) in &order.readers {
                // A reader that is gone (the terminal) does not affect the run.
                let _ = glance(&event).map(|event| reader.send(event));
            }
            let _ = file.send(event);
        }
        t
    }

    /// The events from now on, as far as a reader other than the file looks at them.
    pub fn subscribe(&self, glance: Glance) -> Receiver<Event> {
        let (sink, events) = channel();
        let mut order = self.0.order.lock().unwrap_or_else(PoisonError::into_inner);
        order.readers.push((glance, sink));
        events
    }

    /// Ends all sinks. Events recorded later are dropped.
    pub fn finish(&self) {
        let mut order = self.0.order.lock().unwrap_or_else(PoisonError::into_inner);
        order.file = None;
        order.readers.clear();
    }
}

impl HistoryFile {
    /// Waits until everything recorded before [`Recorder::finish`] is in the file. Returns the number of events.
    ///
    /// # Errors
    /// If the file could not be written to its end (disk full). The history is truncated there.
    pub fn close(self) -> Result<u64> {
        let written = self
            .writer
            .join()
            .map_err(|_| anyhow::anyhow!("the history thread died"))?;
        written.with_context(|| format!("write {}", self.path.display()))
    }
}

/// `digest` is that of what the file contains already.
fn write_events(
    mut file: BufWriter<File>,
    events: &Receiver<Event>,
    mut digest: Digest,
    mut follower: Option<Sender<Event>>,
) -> std::io::Result<u64> {
    let (mut written, mut last) = (0, 0);
    let (mut bytes, mut allocated) = (0, AHEAD);
    let mut flushed = Instant::now();
    let mut line = Vec::with_capacity(4096);
    loop {
        match events.recv_timeout(FLUSH_AFTER) {
            Ok(mut event) => {
                line.clear();
                serde_json::to_writer(&mut line, &event)?;
                // An error or a status of a node may repeat a secret.
                if let Some(clean) = std::str::from_utf8(&line).ok().and_then(clean_json) {
                    event = serde_json::from_str(&clean).unwrap_or(event);
                    line = clean.into_bytes();
                }
                line.push(b'\n');
                file.write_all(&line)?;
                digest.add(&line);
                last = event.t;
                written += 1;
                // A follower that is gone does not affect the run.
                if follower
                    .as_ref()
                    .is_some_and(|follower| follower.send(event).is_err())
                {
                    follower = None;
                }
                bytes += i64::try_from(line.len()).unwrap_or(0);
                if allocated - bytes < AHEAD / 2 {
                    allocated += AHEAD / 2;
                    allocate(file.get_ref(), allocated - AHEAD);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                writeln!(file, "{}", Seal::new(written, last, &digest).line())?;
                file.flush()?;
                // Gives back what was allocated beyond the end.
                let file = file.get_ref();
                file.set_len(file.metadata()?.len())?;
                file.sync_all()?;
                return Ok(written);
            }
        }
        if flushed.elapsed() >= FLUSH_AFTER {
            file.flush()?;
            flushed = Instant::now();
        }
    }
}

/// Allocates blocks from here on without changing the file's length. Without them (not every file system has them) a
/// history ends where the disk became full.
fn allocate(file: &File, from: i64) {
    let _ = fallocate(
        file.as_fd(),
        FallocateFlags::FALLOC_FL_KEEP_SIZE,
        from,
        AHEAD,
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use checkers::history::{Late, Promises, jsonl};

    #[test]
    fn indexes_are_dense_and_in_the_order_of_time() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("history.jsonl");
        let header = Header {
            format: Header::FORMAT.into(),
            version: Header::VERSION,
            run: "r".into(),
            scenario: "s".into(),
            target: "t".into(),
            nodes: vec![],
            promises: Promises::default(),
            limits: Default::default(),
            timeouts: Default::default(),
            features: [].into(),
            plants: vec![],
            replicas: None,
            sealed: false,
        };
        let (recorder, file) =
            Recorder::create(&path, &header, Clock::begin(), None).expect("a file");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for by_ms in 0..500 {
                        recorder.record(What::Late(Box::new(Late {
                            who: "harness".into(),
                            thread: None,
                            by_ms,
                            over_ms: None,
                            cpu_pressure: None,
                            io_pressure: None,
                        })));
                    }
                });
            }
        });
        recorder.finish();
        assert_eq!(file.close().expect("written"), 2000);
        let text = std::fs::read_to_string(&path).expect("readable");
        // The reader checks indexes, times, and the end line.
        let parsed = jsonl::parse(&text).expect("a history");
        assert_eq!((parsed.events.len(), parsed.cut), (2000, false));
        assert!(parsed.warnings.is_empty(), "{:?}", parsed.warnings);
    }
}
