//! A thread that lives in one network namespace for the life of the process, and runs what it is
//! given there.
//!
//! Everything that must happen inside a namespace happens on its resident: netlink requests,
//! opening sockets, and starting processes, which inherit the namespace by the fork. That a process
//! is started here has a second reason: its parent-death signal fires when the *thread* that
//! started it ends, and this one never does before the harness.

use std::fs::File;
use std::io;
use std::net::Ipv4Addr;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use nix::sched::{CloneFlags, unshare};

type Job = Box<dyn FnOnce(&Inside) + Send>;

/// A handle to the thread. Dropping it ends the thread, and with it the processes that were started
/// there.
#[derive(Debug)]
pub(crate) struct Resident {
    jobs: Sender<Job>,
    namespace: Option<File>,
}

/// What a job finds on the resident's thread.
pub(crate) struct Inside {
    runtime: tokio::runtime::Runtime,
}

/// Why a resident could not do its work.
#[derive(Debug, thiserror::Error)]
#[error("the thread that lives in the network namespace is gone")]
pub(crate) struct Gone;

impl Resident {
    /// Starts a thread in the namespace of its caller.
    pub(crate) fn here(name: &str) -> io::Result<Resident> {
        Resident::start(name, false)
    }

    /// Starts a thread in a new network namespace.
    pub(crate) fn in_new_namespace(name: &str) -> io::Result<Resident> {
        Resident::start(name, true)
    }

    fn start(name: &str, new_namespace: bool) -> io::Result<Resident> {
        let (jobs, received) = channel::<Job>();
        let (report, reported) = channel::<io::Result<Option<File>>>();
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let namespace = if new_namespace {
                    settle().map(Some)
                } else {
                    Ok(None)
                };
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build();
                let inside = match (namespace, runtime) {
                    (Ok(namespace), Ok(runtime)) => {
                        let _ = report.send(Ok(namespace));
                        Inside { runtime }
                    }
                    (Err(error), _) | (_, Err(error)) => {
                        let _ = report.send(Err(error));
                        return;
                    }
                };
                drop(report);
                for job in received {
                    job(&inside);
                }
            })?;
        let namespace = reported.recv().map_err(|_| io::Error::other(Gone))??;
        Ok(Resident { jobs, namespace })
    }

    /// The namespace that was made for it.
    pub(crate) fn namespace(&self) -> Option<&File> {
        self.namespace.as_ref()
    }

    /// Moves the thread into another new IPC namespace. The kernel removes the old one, with every segment and queue in
    /// it, when the last process that was started there has ended.
    pub(crate) fn renew_ipc(&self) -> io::Result<()> {
        let renewed = self.run(|_| unshare(CloneFlags::CLONE_NEWIPC));
        Ok(renewed.map_err(io::Error::other)??)
    }

    /// Runs a job on the thread and waits for it.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Inside) -> T + Send + 'static,
    ) -> Result<T, Gone> {
        let (reply, replied) = channel();
        let job = Box::new(move |inside: &Inside| {
            // A caller that no longer waits has lost nothing that it wanted.
            let _ = reply.send(job(inside));
        });
        self.jobs.send(job).map_err(|_| Gone)?;
        replied.recv().map_err(|_| Gone)
    }
}

impl Inside {
    /// Runs netlink requests in the namespace.
    pub(crate) fn netlink<T>(
        &self,
        requests: impl AsyncFnOnce(rtnetlink::Handle) -> Result<T, rtnetlink::Error>,
    ) -> io::Result<T> {
        self.runtime.block_on(async {
            let (connection, handle, _messages) = rtnetlink::new_connection()?;
            let served = tokio::spawn(connection);
            let outcome = requests(handle).await;
            served.abort();
            outcome.map_err(plain)
        })
    }
}

/// The kernel's own answer, where it gave one.
fn plain(error: rtnetlink::Error) -> io::Error {
    match error {
        rtnetlink::Error::NetlinkError(message) => message.to_io(),
        other => io::Error::other(other),
    }
}

/// Moves this thread into a network namespace of its own, without IPv6, and into an IPC namespace.
fn settle() -> io::Result<File> {
    unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWIPC)?;
    quieten_ipv6();
    File::open("/proc/thread-self/ns/net")
}

/// Router solicitations and duplicate address detection would be traffic that no node sent. If the
/// file is missing or not writable, the kernel has no IPv6, or its traffic is harmless.
pub(crate) fn quieten_ipv6() {
    for which in ["all", "default"] {
        let path = format!("/proc/sys/net/ipv6/conf/{which}/disable_ipv6");
        let _ = std::fs::write(path, "1");
    }
}

/// Turns loopback on.
pub(crate) async fn raise_loopback(handle: &rtnetlink::Handle) -> Result<(), rtnetlink::Error> {
    let up = rtnetlink::LinkUnspec::new_with_name("lo").up().build();
    handle.link().set(up).execute().await
}

/// Gives an interface its address, with the prefix of the sandbox's network.
pub(crate) async fn add_address(
    handle: &rtnetlink::Handle,
    interface: u32,
    address: Ipv4Addr,
    prefix: u8,
) -> Result<(), rtnetlink::Error> {
    handle
        .address()
        .add(interface, address.into(), prefix)
        .execute()
        .await
}
