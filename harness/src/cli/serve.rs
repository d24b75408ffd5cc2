//! `jepsen serve`: browse runs on loopback, read-only. A small HTTP/1.1 server of our own, because it needs so little: GET
//! and HEAD of files below one directory, one request a connection.
//!
//! Nothing outside that directory is ever read: paths are taken apart, looked up as they really are (links resolved) and
//! refused if that leads out. Only loopback is listened on, and only requests that name loopback as their host are
//! answered, so that no page elsewhere can read runs through the user's browser (DNS rebinding).

mod answer;
mod request;
mod resource;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::exit::{self, Stop};
use crate::output::{say, tell};
use request::{HEAD_BYTES_MAX, Refusal, Request};

/// Connections at a time.
const CONNECTIONS_MAX: usize = 64;
/// How long a request may take to arrive.
const REQUEST_WITHIN: Duration = Duration::from_secs(5);
/// How long an answer may take to be taken.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);

/// Flags of `serve`.
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// The directory of runs.
    #[arg(value_name = "DIR", default_value = "runs")]
    pub runs: PathBuf,
    /// Where to listen; loopback only.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub addr: SocketAddr,
}

/// Serves until interrupted.
///
/// # Errors
/// If the directory is not there, or the address cannot be listened on or is not loopback.
pub fn run(arguments: &ServeArguments) -> Result<i32> {
    let address = arguments.addr;
    if !address.ip().is_loopback() {
        return Err(Stop::usage(format!(
            "--addr {address}: only loopback is served (127.0.0.1 or [::1]); copy a run's report.html to share it"
        )));
    }
    let runs = arguments.runs.canonicalize().map_err(|error| {
        Stop::usage(format!(
            "{}: {error}; name a directory of runs",
            arguments.runs.display()
        ))
    })?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("start the runtime")?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            Stop::usage(format!("--addr {address}: {error}; name another port"))
        })?;
        tell(&format!("http://{}/", listener.local_addr()?));
        say("serving until Ctrl-C");
        tokio::select! {
            () = serve(listener, runs.into()) => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        Ok::<(), anyhow::Error>(())
    })?;
    runtime.shutdown_timeout(Duration::from_millis(200));
    Ok(exit::VALID)
}

/// Accepts connections for ever.
async fn serve(listener: TcpListener, runs: Arc<Path>) {
    let free = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(permit) = free.clone().acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let runs = runs.clone();
                tokio::spawn(async move {
                    connection(stream, &runs).await;
                    drop(permit);
                });
            }
            // Out of descriptors, most likely: they come back when connections end.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Reads one request, answers it, closes. A client that goes away is none of our business.
async fn connection(mut stream: TcpStream, runs: &Path) {
    let Ok(read) = timeout(REQUEST_WITHIN, head(&mut stream)).await else {
        return;
    };
    let request = read.and_then(|head| Request::parse(&head));
    let answering = async {
        match request {
            Ok(request) => answer::to(&request, runs, &mut stream).await,
            Err(refusal) => answer::refuse(refusal, true, &mut stream).await,
        }
    };
    let _ = timeout(ANSWER_WITHIN, answering).await;
}

/// The head of a request, up to its empty line.
async fn head(stream: &mut TcpStream) -> Result<Vec<u8>, Refusal> {
    let mut head = Vec::new();
    let mut chunk = [0; 1024];
    loop {
        let read = stream
            .read(&mut chunk)
            .await
            .map_err(|_| Refusal::BadRequest)?;
        head.extend_from_slice(&chunk[..read]);
        if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
            head.truncate(end);
            return Ok(head);
        }
        if read == 0 || head.len() > HEAD_BYTES_MAX {
            return Err(Refusal::BadRequest);
        }
    }
}

#[cfg(test)]
mod tests;
