//! A parsed request: method, path, host, range. A malformed request is refused, never repaired.

use std::net::{Ipv4Addr, Ipv6Addr};

use hyper::Method;
use hyper::header::{self, HeaderMap, HeaderName};

/// A request that may be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    /// Whether the client wants the body: GET, not HEAD.
    pub(super) body: bool,
    /// The path as the client sent it, without query.
    pub(super) raw: String,
    /// Its decoded parts. No part is empty, `.`, `..`, hidden, or contains a slash.
    pub(super) parts: Vec<String>,
    /// The requested bytes: first and last, or a number of bytes at the end.
    pub(super) range: Option<Range>,
}

/// A range of bytes (RFC 9110, 14.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    /// From a first byte to a last one, or to the end.
    From(u64, Option<u64>),
    /// This many bytes at the end.
    Last(u64),
}

/// Why a request is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is not a valid request.
    BadRequest,
    /// It names another host, or the path leads out of the directory.
    Forbidden,
    /// There is no such file.
    NotFound,
    /// Only GET and HEAD.
    Method,
    /// The folder has too many names.
    TooMany,
    /// The range is not in the file.
    Range(u64),
}

impl Request {
    /// Checks a request.
    pub(super) fn parse<B>(request: &hyper::Request<B>) -> Result<Request, Refusal> {
        let body = match *request.method() {
            Method::GET => true,
            Method::HEAD => false,
            _ => return Err(Refusal::Method),
        };
        // A target with its own host is meant for a proxy.
        if request.uri().authority().is_some() {
            return Err(Refusal::BadRequest);
        }
        if !only(request.headers(), header::HOST).is_some_and(is_loopback) {
            return Err(Refusal::Forbidden);
        }
        let raw = request.uri().path();
        Ok(Request {
            body,
            raw: raw.to_owned(),
            parts: parts(raw)?,
            range: only(request.headers(), header::RANGE).and_then(Range::parse),
        })
    }

    /// Whether the path requests a folder, by its last slash.
    pub(super) fn is_folder(&self) -> bool {
        self.raw.ends_with('/')
    }
}

/// The value of a header that was sent exactly once.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok();
    first.filter(|_| values.next().is_none())
}

/// `127.0.0.1:8080`, `[::1]:8080`, `localhost`, and nothing before or after them.
fn is_loopback(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        // The colon must not be within brackets.
        Some((name, port)) if !port.contains(']') => (name, port),
        _ => (host, ""),
    };
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || (!port.is_empty() && port.parse::<u16>().is_err()) {
        return false;
    }
    let bare = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    match bare {
        Some(address) => address
            .parse()
            .is_ok_and(|address: Ipv6Addr| address.is_loopback()),
        None => {
            let address = name.parse();
            name.eq_ignore_ascii_case("localhost")
                || address.is_ok_and(|address: Ipv4Addr| address.is_loopback())
        }
    }
}

fn parts(raw: &str) -> Result<Vec<String>, Refusal> {
    if !raw.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Refusal::BadRequest);
    }
    let path = raw.strip_prefix('/').ok_or(Refusal::BadRequest)?;
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').map(part).collect()
}

/// One decoded part. An empty one would turn a redirect into `//elsewhere`. Dots lead up or to hidden files.
fn part(raw: &str) -> Result<String, Refusal> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let value = digit().zip(digit()).map(|(high, low)| high * 16 + low);
                let value = value.and_then(|value| u8::try_from(value).ok());
                value.ok_or(Refusal::BadRequest)?
            }
            plain => plain,
        });
    }
    let part = String::from_utf8(bytes).map_err(|_| Refusal::BadRequest)?;
    if part.is_empty()
        || part
            .chars()
            .any(|c| c.is_control() || c == '/' || c == '\\')
    {
        return Err(Refusal::BadRequest);
    }
    if part.starts_with('.') {
        return Err(Refusal::Forbidden);
    }
    Ok(part)
}

impl Range {
    /// One range of bytes. For several ranges or another unit the whole file is sent, as the standard permits.
    fn parse(value: &str) -> Option<Range> {
        let (first, last) = value.strip_prefix("bytes=")?.split_once('-')?;
        match (first.trim(), last.trim()) {
            ("", last) => Some(Range::Last(last.parse().ok()?)),
            (first, "") => Some(Range::From(first.parse().ok()?, None)),
            (first, last) => Some(Range::From(first.parse().ok()?, Some(last.parse().ok()?))),
        }
    }

    /// First byte and number of bytes within a file of this size.
    pub(super) fn within(self, size: u64) -> Result<(u64, u64), Refusal> {
        let (first, end) = match self {
            Range::Last(count) => (size.saturating_sub(count), size),
            Range::From(first, last) => (
                first,
                last.map_or(size, |last| last.saturating_add(1)).min(size),
            ),
        };
        if first >= end {
            return Err(Refusal::Range(size));
        }
        Ok((first, end - first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str, headers: &[(&str, &str)]) -> Result<Request, Refusal> {
        let (method, target) = line.split_once(' ').expect("a method and a target");
        let mut request = hyper::Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Request::parse(&request.body(()).map_err(|_| Refusal::BadRequest)?)
    }

    const HOST: [(&str, &str); 1] = [("Host", "127.0.0.1:8080")];

    #[test]
    fn paths_are_taken_apart() {
        let request = parse("GET /a%20b/report.html?x=1", &HOST).expect("right");
        assert_eq!(request.parts, ["a b", "report.html"]);
        assert!(request.body && !request.is_folder());
        assert!(parse("HEAD /", &HOST).expect("right").parts.is_empty());
    }

    #[test]
    fn what_is_odd_is_refused() {
        for (target, refusal) in [
            ("/../etc/passwd", Refusal::Forbidden),
            ("/%2e%2e/etc", Refusal::Forbidden),
            ("/a/.git/config", Refusal::Forbidden),
            ("/a%2f..%2fb", Refusal::BadRequest),
            ("/a\\b", Refusal::BadRequest),
            ("//elsewhere/", Refusal::BadRequest),
            ("//", Refusal::BadRequest),
            ("/%00", Refusal::BadRequest),
            ("/%ff", Refusal::BadRequest),
            ("/%4", Refusal::BadRequest),
            ("/%+1", Refusal::BadRequest),
            ("http://127.0.0.1/", Refusal::BadRequest),
            ("http://evil.example/", Refusal::BadRequest),
            ("evil.example:80", Refusal::BadRequest),
            ("*", Refusal::BadRequest),
        ] {
            let told = parse(&format!("GET {target}"), &HOST);
            assert_eq!(told, Err(refusal), "{target}");
        }
        assert_eq!(parse("POST /", &HOST), Err(Refusal::Method));
    }

    #[test]
    fn only_loopback_is_a_host() {
        for host in ["127.0.0.1", "127.9.9.9:80", "localhost:8080", "[::1]:8080"] {
            assert!(parse("GET /", &[("Host", host)]).is_ok(), "{host}");
        }
        for host in [
            "evil.example",
            "127.0.0.1.evil.example",
            "",
            "[::2]",
            "::1",
            "10.0.0.1",
            "[::1].evil.example",
            "[::1]evil.example:80",
            "localhost:x@evil.example",
            "localhost@evil.example",
            "evil.example@localhost",
            "localhost.evil.example",
            "localhost:80:80",
            "localhost:65536",
            "localhost:+80",
            "localhost, evil.example",
        ] {
            let told = parse("GET /", &[("Host", host)]);
            assert_eq!(told, Err(Refusal::Forbidden), "{host}");
        }
        for headers in [
            &[("Accept", "*/*")][..],
            &[("Host", "localhost"), ("Host", "localhost")],
            &[("Host", "localhost"), ("Host", "evil.example")],
        ] {
            let told = parse("GET /", headers);
            assert_eq!(told, Err(Refusal::Forbidden), "{headers:?}");
        }
    }

    #[test]
    fn ranges_are_cut_to_the_file() {
        let within = |value: &str, size| Range::parse(value).map(|range| range.within(size));
        assert_eq!(within("bytes=0-3", 10), Some(Ok((0, 4))));
        assert_eq!(within("bytes=5-", 10), Some(Ok((5, 5))));
        assert_eq!(within("bytes=-3", 10), Some(Ok((7, 3))));
        assert_eq!(within("bytes=5-99", 10), Some(Ok((5, 5))));
        assert_eq!(within("bytes=10-", 10), Some(Err(Refusal::Range(10))));
        assert_eq!(within("bytes=-0", 10), Some(Err(Refusal::Range(10))));
        assert_eq!(within("bytes=7-3", 10), Some(Err(Refusal::Range(10))));
        assert_eq!(within("bytes=0-1,3-4", 10), None);
        assert_eq!(
            within("bytes=0-18446744073709551615", 10),
            Some(Ok((0, 10)))
        );
    }
}
