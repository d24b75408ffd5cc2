//! Answers: status, headers, body. Every answer forbids the browser whatever a report does not need.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use zstd::stream::read::Decoder;

use super::request::{Refusal, Request};
use super::resource::{Resource, find};

/// A page may hold its own styles and scripts, and reach nothing: the policy that reports state themselves, and more.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Bytes read and sent at a time.
const CHUNK_BYTES: usize = 64 * 1024;

const HTML: &str = "text/html; charset=utf-8";

/// Answers a request.
///
/// # Errors
/// If the client went away.
pub(super) async fn to(request: &Request, runs: &Path, stream: &mut TcpStream) -> io::Result<()> {
    let found = tokio::task::block_in_place(|| find(request, runs));
    match found {
        Err(refusal) => refuse(refusal, request.body, stream).await,
        Ok(Resource::Elsewhere(place)) => {
            let more = format!("Location: {place}\r\nContent-Length: 0\r\n");
            head(stream, "301 Moved Permanently", HTML, &more).await
        }
        Ok(Resource::Page(text)) => {
            whole(stream, "200 OK", HTML, "", text.as_bytes(), request.body).await
        }
        Ok(Resource::File(path, kind)) => file(request, &path, kind, stream).await,
        Ok(Resource::Compressed(path)) => compressed(request, path, stream).await,
    }
}

/// Answers that there is no answer.
///
/// # Errors
/// If the client went away.
pub(super) async fn refuse(refusal: Refusal, body: bool, stream: &mut TcpStream) -> io::Result<()> {
    let (status, more) = match refusal {
        Refusal::BadRequest => ("400 Bad Request", String::new()),
        Refusal::Forbidden => ("403 Forbidden", String::new()),
        Refusal::NotFound => ("404 Not Found", String::new()),
        Refusal::Method => ("405 Method Not Allowed", "Allow: GET, HEAD\r\n".to_owned()),
        Refusal::Range(size) => (
            "416 Range Not Satisfiable",
            format!("Content-Range: bytes */{size}\r\n"),
        ),
    };
    let text = format!("{status}\n");
    whole(
        stream,
        status,
        "text/plain; charset=utf-8",
        &more,
        text.as_bytes(),
        body,
    )
    .await
}

async fn head(stream: &mut TcpStream, status: &str, kind: &str, more: &str) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}Connection: close\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\nContent-Security-Policy: {POLICY}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await
}

async fn whole(
    stream: &mut TcpStream,
    status: &str,
    kind: &str,
    more: &str,
    text: &[u8],
    body: bool,
) -> io::Result<()> {
    let more = format!("{more}Content-Length: {}\r\n", text.len());
    head(stream, status, kind, &more).await?;
    if body {
        stream.write_all(text).await?;
    }
    stream.shutdown().await
}

/// Sends a file, or the part of it that was asked for.
async fn file(
    request: &Request,
    path: &Path,
    kind: &str,
    stream: &mut TcpStream,
) -> io::Result<()> {
    let opened = tokio::task::block_in_place(|| {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        io::Result::Ok((file, size))
    });
    let Ok((mut file, size)) = opened else {
        return refuse(Refusal::NotFound, request.body, stream).await;
    };
    let (first, count, status) = match request.range.map(|range| range.within(size)) {
        None => (0, size, "200 OK"),
        Some(Ok((first, count))) => (first, count, "206 Partial Content"),
        Some(Err(refusal)) => return refuse(refusal, request.body, stream).await,
    };
    let mut more = format!("Content-Length: {count}\r\nAccept-Ranges: bytes\r\n");
    if request.range.is_some() {
        more += &format!(
            "Content-Range: bytes {first}-{}/{size}\r\n",
            first + count - 1
        );
    }
    head(stream, status, kind, &more).await?;
    if request.body {
        tokio::task::block_in_place(|| file.seek(SeekFrom::Start(first)))?;
        send(file.take(count), stream).await?;
    }
    stream.shutdown().await
}

/// Sends a compressed text as the text, as it is unpacked: its length is not known before.
async fn compressed(request: &Request, path: PathBuf, stream: &mut TcpStream) -> io::Result<()> {
    let opened = tokio::task::block_in_place(|| File::open(path).and_then(Decoder::new));
    let Ok(decoder) = opened else {
        return refuse(Refusal::NotFound, request.body, stream).await;
    };
    head(stream, "200 OK", "text/plain; charset=utf-8", "").await?;
    if request.body {
        send(decoder, stream).await?;
    }
    stream.shutdown().await
}

/// Sends what can be read, read on a thread that may wait for the disk. What cannot be read ends the text: what came before
/// is worth having.
async fn send(mut source: impl Read + Send + 'static, stream: &mut TcpStream) -> io::Result<()> {
    let (sender, mut chunks) = mpsc::channel::<Vec<u8>>(4);
    tokio::task::spawn_blocking(move || {
        let mut chunk = vec![0; CHUNK_BYTES];
        while let Ok(read @ 1..) = source.read(&mut chunk) {
            if sender.blocking_send(chunk[..read].to_vec()).is_err() {
                return;
            }
        }
    });
    while let Some(chunk) = chunks.recv().await {
        stream.write_all(&chunk).await?;
    }
    Ok(())
}
