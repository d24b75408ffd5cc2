//! The connections that are open, and which one must give way to a new one.
//!
//! A connection is always accepted. If its client, or all clients together, then have too many, the connection that has
//! made no progress for the longest time is closed. So connections of clients that do not read, or write slowly, cannot
//! keep out an honest client, which needs milliseconds. Only sent bytes are progress: a client that sends a request byte
//! by byte makes none.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::AbortHandle;

/// The maximum number of open connections.
pub(super) const ALL_MAX: usize = 64;
/// The maximum number of open connections of one address. A browser opens six.
pub(super) const CLIENT_MAX: usize = 32;

/// The open connections.
#[derive(Clone, Default)]
pub(super) struct Connections(Arc<Mutex<Vec<Open>>>);

struct Open {
    client: IpAddr,
    progress: Progress,
    task: AbortHandle,
}

/// When a connection last sent something.
#[derive(Clone)]
pub(super) struct Progress(Arc<Mutex<Instant>>);

impl Progress {
    /// That of a new connection.
    pub(super) fn new() -> Progress {
        Progress(Arc::new(Mutex::new(Instant::now())))
    }

    fn made(&self) {
        *locked(&self.0) = Instant::now();
    }

    fn last(&self) -> Instant {
        *locked(&self.0)
    }
}

impl Connections {
    /// Adds a connection and closes another one if there are too many.
    pub(super) fn add(&self, client: IpAddr, progress: Progress, task: AbortHandle) {
        let mut open = locked(&self.0);
        open.retain(|one| !one.task.is_finished());
        let of_client = open.iter().filter(|one| one.client == client).count();
        let stalest = |open: &[Open], of: &dyn Fn(&Open) -> bool| {
            let some = open.iter().enumerate().filter(|(_, one)| of(one));
            some.min_by_key(|(_, one)| one.progress.last())
                .map(|(at, _)| at)
        };
        let victim = match () {
            () if of_client >= CLIENT_MAX => stalest(&open, &|one| one.client == client),
            () if open.len() >= ALL_MAX => stalest(&open, &|_| true),
            () => None,
        };
        if let Some(at) = victim {
            open.swap_remove(at).task.abort();
        }
        open.push(Open {
            client,
            progress,
            task,
        });
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A stream that notes when it sends.
pub(super) struct Noted<S> {
    pub(super) stream: Pin<Box<S>>,
    pub(super) progress: Progress,
}

impl<S> Noted<S> {
    fn note(&self, sent: Poll<std::io::Result<usize>>) -> Poll<std::io::Result<usize>> {
        if matches!(sent, Poll::Ready(Ok(1..))) {
            self.progress.made();
        }
        sent
    }
}

impl<S: AsyncRead> AsyncRead for Noted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        self.stream.as_mut().poll_read(context, buffer)
    }
}

impl<S: AsyncWrite> AsyncWrite for Noted<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let sent = self.stream.as_mut().poll_write(context, bytes);
        self.note(sent)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        let sent = self.stream.as_mut().poll_write_vectored(context, buffers);
        self.note(sent)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        self.stream.as_mut().poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        self.stream.as_mut().poll_shutdown(context)
    }
}
