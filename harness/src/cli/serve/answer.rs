//! Answers: status, headers, body. Every answer forbids the browser everything that a report does not need.

use std::convert::Infallible;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::Frame;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use tokio::sync::mpsc;
use tokio::task::block_in_place;

use super::request::{Refusal, Request};
use super::resource::{Kind, Resource, find};
use crate::bounded::packed;

/// A body that is sent from memory, or while it is read. An error ends the connection before the answer is complete.
pub(super) type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// A page of this program may contain its styles and scripts, and load nothing. Reports state the same policy
/// themselves, and this one is stricter.
const OWN_PAGE: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Content that a node or another program may have written runs no script and has no origin.
const FOREIGN: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The size of a read and of a sent chunk.
const CHUNK_BYTES: usize = 64 * 1024;

/// The binary logarithm of the memory that decompressing may need: 8 MiB for each connection. The histories of this
/// program need 2 MiB.
const WINDOW_LOG_MAX: u32 = 23;

/// Answers a request.
pub(super) fn to<B>(request: &hyper::Request<B>, runs: &Path) -> Response<Body> {
    let answer = Request::parse(request).and_then(|request| {
        block_in_place(|| find(&request, runs).and_then(|found| of(&request, found)))
    });
    answer.unwrap_or_else(refuse)
}

fn of(request: &Request, found: Resource) -> Result<Response<Body>, Refusal> {
    match found {
        Resource::Elsewhere(place) => {
            let place = HeaderValue::try_from(place).map_err(|_| Refusal::BadRequest)?;
            let mut answer = answer(StatusCode::MOVED_PERMANENTLY, Kind::Text, empty());
            set(&mut answer, header::LOCATION, place);
            Ok(answer)
        }
        Resource::Page(text) => Ok(answer(StatusCode::OK, Kind::OwnPage, whole(text))),
        Resource::File(file, kind) => part_of(request, file, kind),
        Resource::Compressed(file) => {
            let decoder = packed::content_within(file, WINDOW_LOG_MAX);
            let decoder = decoder.map_err(|_| Refusal::NotFound)?;
            // Its length is not known in advance.
            let body = if request.body {
                streamed(decoder)
            } else {
                empty()
            };
            Ok(answer(StatusCode::OK, Kind::Text, body))
        }
    }
}

/// A file, or the requested part of it.
fn part_of(request: &Request, mut file: File, kind: Kind) -> Result<Response<Body>, Refusal> {
    let size = file.metadata().map_err(|_| Refusal::NotFound)?.len();
    let (status, first, count) = match request.range {
        None => (StatusCode::OK, 0, size),
        Some(range) => {
            let (first, count) = range.within(size)?;
            (StatusCode::PARTIAL_CONTENT, first, count)
        }
    };
    file.seek(SeekFrom::Start(first))
        .map_err(|_| Refusal::NotFound)?;
    let body = match request.body {
        true if count > 0 => streamed(file.take(count)),
        _ => empty(),
    };
    let mut answer = answer(status, kind, body);
    set(&mut answer, header::CONTENT_LENGTH, count.into());
    set(
        &mut answer,
        header::ACCEPT_RANGES,
        HeaderValue::from_static("bytes"),
    );
    if request.range.is_some() {
        let last = first + count - 1;
        set_text(
            &mut answer,
            header::CONTENT_RANGE,
            &format!("bytes {first}-{last}/{size}"),
        );
    }
    Ok(answer)
}

/// The answer for a path that does not exist.
fn refuse(refusal: Refusal) -> Response<Body> {
    let status = match refusal {
        Refusal::BadRequest => StatusCode::BAD_REQUEST,
        Refusal::Forbidden => StatusCode::FORBIDDEN,
        Refusal::NotFound => StatusCode::NOT_FOUND,
        Refusal::Method => StatusCode::METHOD_NOT_ALLOWED,
        Refusal::TooMany => StatusCode::INSUFFICIENT_STORAGE,
        Refusal::Range(_) => StatusCode::RANGE_NOT_SATISFIABLE,
    };
    let mut answer = answer(status, Kind::Text, whole(format!("{status}\n")));
    match refusal {
        Refusal::Method => set_text(&mut answer, header::ALLOW, "GET, HEAD"),
        Refusal::Range(size) => set_text(
            &mut answer,
            header::CONTENT_RANGE,
            &format!("bytes */{size}"),
        ),
        _ => {}
    }
    answer
}

fn answer(status: StatusCode, kind: Kind, body: Body) -> Response<Body> {
    let policy = match kind {
        Kind::OwnPage => OWN_PAGE,
        _ => FOREIGN,
    };
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, kind.media_type()),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (header::CONTENT_SECURITY_POLICY, policy),
    ] {
        set(&mut answer, name, HeaderValue::from_static(value));
    }
    answer
}

fn set(answer: &mut Response<Body>, name: HeaderName, value: HeaderValue) {
    answer.headers_mut().insert(name, value);
}

/// Sets a header of visible ASCII characters.
fn set_text(answer: &mut Response<Body>, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        set(answer, name, value);
    }
}

fn empty() -> Body {
    Empty::new().map_err(never).boxed_unsync()
}

fn whole(text: String) -> Body {
    Full::from(text).map_err(never).boxed_unsync()
}

fn never(infallible: Infallible) -> std::io::Error {
    match infallible {}
}

/// A body that a separate thread reads, because it may wait for the disk. If reading fails, the connection ends before
/// the answer is complete, so that no client takes the part before for the whole.
fn streamed(mut source: impl Read + Send + 'static) -> Body {
    let (sender, chunks) = mpsc::channel(4);
    tokio::task::spawn_blocking(move || {
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let frame = match source.read(&mut chunk) {
                Ok(0) => return,
                Ok(read) => Ok(Frame::data(Bytes::copy_from_slice(&chunk[..read]))),
                Err(error) => Err(error),
            };
            let is_last = frame.is_err();
            if sender.blocking_send(frame).is_err() || is_last {
                return;
            }
        }
    });
    let frames = futures::stream::unfold(chunks, |mut chunks: mpsc::Receiver<_>| async {
        Some((chunks.recv().await?, chunks))
    });
    StreamBody::new(frames).boxed_unsync()
}
