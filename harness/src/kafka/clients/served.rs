//! Waits for what librdkafka has to tell a producer, and takes it.
//!
//! The wrapper's `poll` returns at its deadline only, and asks the clock again and again for the last millisecond. The
//! threads of 64 of its producers did that ten times a second each, which was a tenth of the machine. Here librdkafka
//! writes into an event descriptor when there is something, and the waiting thread sleeps until then.

use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use nix::sys::time::TimeSpec;
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, Producer as _, ProducerContext};
use rdkafka_sys as sys;

/// What librdkafka writes: an event descriptor counts by numbers of eight bytes.
static ONE: u64 = 1;

/// The queue of what a client has to tell, which must not outlive it.
struct Queue(*mut sys::rd_kafka_queue_t);

// SAFETY: librdkafka's queues may be used by any thread.
unsafe impl Send for Queue {}
// SAFETY: as above.
unsafe impl Sync for Queue {}

/// A client whose reports are taken by the thread that waits for them.
pub(super) struct Served<C: ProducerContext + 'static> {
    queue: Queue,
    woken: EventFd,
    /// The client.
    pub(super) client: BaseProducer<C>,
}

impl<C: ProducerContext + 'static> Served<C> {
    /// Creates a client. Nothing is sent yet.
    ///
    /// # Errors
    /// If librdkafka rejects a setting, or the process has no descriptor left.
    pub(super) fn new(config: &ClientConfig, context: C) -> Result<Served<C>> {
        let flags = EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC;
        let woken = EventFd::from_flags(flags).context("make an event descriptor")?;
        let client: BaseProducer<C> = config
            .create_with_context(context)
            .context("make a producer")?;
        // SAFETY: the client is alive, and the queue is given back in `drop` before the client is.
        let queue = Queue(unsafe { sys::rd_kafka_queue_get_main(client.client().native_ptr()) });
        let payload = std::ptr::from_ref(&ONE).cast();
        // SAFETY: the payload is static, and the descriptor is taken away from the queue before it is closed.
        unsafe {
            sys::rd_kafka_queue_io_event_enable(
                queue.0,
                woken.as_raw_fd(),
                payload,
                size_of_val(&ONE),
            );
        }
        Ok(Served {
            queue,
            woken,
            client,
        })
    }

    /// Takes what there is, by calls of the context.
    pub(super) fn take(&self) {
        // First the mark, then the queue: what comes in between marks again.
        let _ = self.woken.read();
        // SAFETY: the queue is alive.
        while unsafe { sys::rd_kafka_queue_length(self.queue.0) } > 0 {
            self.client.poll(Duration::ZERO);
        }
    }

    /// Waits until there is something to take, or until the time is over.
    pub(super) fn wait(&self, until: Instant) {
        let left = until.saturating_duration_since(Instant::now());
        let mut descriptors = [PollFd::new(self.woken.as_fd(), PollFlags::POLLIN)];
        // An interrupted wait is a short one.
        let _ = ppoll(&mut descriptors, Some(TimeSpec::from(left)), None);
    }
}

impl<C: ProducerContext + 'static> Drop for Served<C> {
    fn drop(&mut self) {
        // SAFETY: the queue is alive, and nobody has it after this.
        unsafe {
            sys::rd_kafka_queue_io_event_enable(self.queue.0, -1, std::ptr::null(), 0);
            sys::rd_kafka_queue_destroy(self.queue.0);
        }
    }
}
