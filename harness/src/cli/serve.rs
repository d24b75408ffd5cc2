//! `jepsen serve`: browse runs on loopback, read-only: GET and HEAD of files below one directory, one request per
//! connection.
//!
//! `hyper` reads and writes HTTP/1.1. This module decides which files are served. A framework would bring a file server
//! that follows links out of the directory and shows hidden files, so hyper alone is enough.
//!
//! The server never reads outside the directory: it splits a path, resolves it with its links, and refuses it if it
//! leads out. It listens only on loopback and answers only requests whose `Host` is loopback. Otherwise a foreign page
//! could read runs through the user's browser (DNS rebinding).
//!
//! A node may write anything into its own directory. Only pages that this program wrote, decided by their place, may run
//! scripts.

mod answer;
mod connections;
mod request;
mod resource;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;

use connections::{Connections, Noted, Progress};

use crate::exit::{self, Stop};
use crate::output::{name, say, tell, written};

/// The maximum size of a request's head. It is the smallest that hyper accepts.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// The time limits of a slow client.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// For the arrival of the request's head.
    head: Duration,
    /// For accepting the next bytes of the answer.
    write: Duration,
    /// For everything. A history may be long, but loopback is fast.
    whole: Duration,
}

const PATIENCE: Patience = Patience {
    head: Duration::from_secs(5),
    write: Duration::from_secs(10),
    whole: Duration::from_secs(600),
};

/// Flags of `serve`.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// The directory of runs.
    #[arg(value_name = "DIR", default_value = "runs")]
    pub runs: PathBuf,
    /// The address to listen on; loopback only.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub addr: SocketAddr,
}

/// Serves until interrupted.
///
/// # Errors
/// If the directory does not exist, or the address is not loopback or cannot be bound.
pub fn run(arguments: &ServeArguments) -> Result<i32> {
    let address = arguments.addr;
    if !address.ip().is_loopback() {
        return Err(Stop::usage(format!(
            "--addr {address}: only loopback is served (127.0.0.1 or [::1]); copy a run's report.html to share it"
        )));
    }
    let runs = arguments.runs.canonicalize();
    let runs = runs.and_then(|path| match path.is_dir() {
        true => Ok(path),
        false => Err(std::io::ErrorKind::NotADirectory.into()),
    });
    let runs = runs.map_err(|error| {
        Stop::usage(format!(
            "{}: {error}; use a directory of runs",
            name(&arguments.runs)
        ))
    })?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("start the runtime")?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            Stop::usage(format!("--addr {address}: {error}; choose another port"))
        })?;
        tell(&format!("http://{}/", listener.local_addr()?));
        written()?;
        say("serving until Ctrl-C");
        tokio::select! {
            () = serve(listener, runs.into(), PATIENCE) => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        Ok::<(), anyhow::Error>(())
    })?;
    runtime.shutdown_timeout(Duration::from_millis(200));
    Ok(exit::VALID)
}

/// Accepts connections until this future is dropped.
async fn serve(listener: TcpListener, runs: Arc<Path>, patience: Patience) {
    let open = Connections::default();
    loop {
        match listener.accept().await {
            Ok((stream, client)) => {
                let (runs, progress) = (runs.clone(), Progress::new());
                let answered = connection(stream, runs, patience, progress.clone());
                let task = tokio::spawn(async move {
                    let _ = tokio::time::timeout(patience.whole, answered).await;
                });
                open.add(client.ip(), progress, task.abort_handle());
            }
            // Most likely there are no free descriptors. Connections that end release theirs.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Answers one request and closes the connection. A client that disconnects or is too slow is not reported.
async fn connection(stream: TcpStream, runs: Arc<Path>, patience: Patience, progress: Progress) {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(patience.write));
    let stream = Noted {
        stream: Box::pin(stream),
        progress,
    };
    let service = service_fn(|request| {
        let runs = runs.clone();
        async move { Ok::<_, Infallible>(answer::to(&request, &runs)) }
    });
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.head)
        .max_buf_size(HEAD_BYTES_MAX)
        .keep_alive(false)
        .title_case_headers(true)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

#[cfg(test)]
mod tests;
