//! The server over real sockets: which files it sends, and which it refuses.

use std::io::{Read, Write};
use std::net::TcpStream as Client;
use std::os::unix::fs::symlink;

use super::*;

mod crowd;
mod odd;
mod place;

struct Served {
    address: SocketAddr,
    outside: tempfile::TempDir,
    runs: tempfile::TempDir,
    _runtime: tokio::runtime::Runtime,
}

const RUN: &str = "20260101T000000Z-1";

/// Short limits, for tests that wait for them.
fn served() -> Served {
    served_with(Patience {
        head: Duration::from_millis(400),
        write: Duration::from_millis(400),
        whole: Duration::from_secs(60),
    })
}

fn served_with(patience: Patience) -> Served {
    let runs = tempfile::tempdir().expect("a folder");
    let outside = tempfile::tempdir().expect("a folder");
    std::fs::write(outside.path().join("secret"), "secret").expect("written");
    let run = runs.path().join(RUN);
    std::fs::create_dir_all(run.join("scenarios/a")).expect("made");
    std::fs::write(run.join("run.json"), "{}").expect("written");
    std::fs::write(run.join("scenarios/a/stdout.log"), "0123456789").expect("written");
    let packed = zstd::encode_all(&b"{\"format\":1}\n"[..], 3).expect("packed");
    std::fs::write(run.join("scenarios/a/history.jsonl.zst"), packed).expect("written");
    std::fs::write(run.join("report.html"), "<p>ours").expect("written");
    std::fs::write(run.join("scenarios/a/report.html"), "<p>a node's").expect("written");
    std::fs::write(run.join(".hidden"), "secret").expect("written");
    symlink(".hidden", run.join("shown")).expect("linked");
    symlink(RUN, runs.path().join("latest")).expect("linked");
    symlink(outside.path().join("secret"), run.join("leak")).expect("linked");
    let root: Arc<Path> = runs.path().canonicalize().expect("there").into();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let listener = runtime
        .block_on(TcpListener::bind("127.0.0.1:0"))
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    runtime.spawn(serve(listener, root, patience));
    Served {
        address,
        outside,
        runs,
        _runtime: runtime,
    }
}

/// An answer as a client shows it. The chunks of a body are joined.
fn unchunked(answer: String) -> String {
    let (head, mut rest) = answer.split_once("\r\n\r\n").expect("a head");
    if !head.contains("Transfer-Encoding: chunked") {
        return answer;
    }
    let mut joined = format!("{head}\r\n\r\n");
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a size");
        joined += &after[..size];
        rest = &after[size + 2..];
    }
    joined
}

impl Served {
    fn send(&self, request: &str) -> String {
        let mut client = Client::connect(self.address).expect("connected");
        client.write_all(request.as_bytes()).expect("sent");
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).expect("answered");
        unchunked(String::from_utf8(answer).expect("text"))
    }

    fn get(&self, path: &str) -> String {
        self.send(&format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n",
            self.address
        ))
    }
}

#[test]
fn runs_are_listed_and_files_are_sent() {
    let served = served();
    let index = served.get("/");
    assert!(
        index.starts_with("HTTP/1.1 200") && index.contains(RUN),
        "{index}"
    );
    assert!(index.contains("default-src 'none'"), "{index}");
    let log = served.get(&format!("/{RUN}/scenarios/a/stdout.log"));
    assert!(
        log.ends_with("\r\n\r\n0123456789") && log.contains("nosniff"),
        "{log}"
    );
    // A link that stays inside is another name of a run.
    assert!(
        served
            .get("/latest/scenarios/a/stdout.log")
            .ends_with("0123456789")
    );
    let history = served.get(&format!("/{RUN}/scenarios/a/history.jsonl.zst"));
    assert!(history.ends_with("\r\n\r\n{\"format\":1}\n"), "{history}");
    let folder = served.get(&format!("/{RUN}/scenarios/"));
    assert!(folder.contains("a/"), "{folder}");
    let moved = served.get(&format!("/{RUN}"));
    assert!(
        moved.contains("301") && moved.contains(&format!("Location: /{RUN}/")),
        "{moved}"
    );
}

#[test]
fn parts_and_heads_are_sent() {
    let served = served();
    let path = format!("/{RUN}/scenarios/a/stdout.log");
    let ask = |method: &str, range: &str| {
        served.send(&format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nRange: {range}\r\n\r\n"
        ))
    };
    let part = ask("GET", "bytes=2-4");
    assert!(
        part.contains("206 Partial") && part.ends_with("\r\n\r\n234"),
        "{part}"
    );
    assert!(part.contains("Content-Range: bytes 2-4/10"), "{part}");
    assert!(ask("GET", "bytes=10-").contains("416"));
    let head = ask("HEAD", "bytes=-3");
    assert!(
        head.contains("Content-Length: 3") && head.ends_with("\r\n\r\n"),
        "{head}"
    );
}

#[test]
fn nothing_outside_is_sent() {
    let served = served();
    let secret = served.outside.path().join("secret");
    let up = format!("/{RUN}/../../../../../../..{}", secret.display());
    for path in [
        up.clone(),
        up.replace("..", "%2e%2e"),
        format!("/{RUN}/leak"),
        "/latest/leak".to_owned(),
        "/latest/shown".to_owned(),
        format!("/{}", secret.display()),
    ] {
        let answer = served.get(&path);
        assert!(!answer.contains("secret"), "{path}: {answer}");
        assert!(answer.starts_with("HTTP/1.1 4"), "{path}: {answer}");
    }
}

#[test]
fn strangers_and_writers_are_refused() {
    let served = served();
    let host = |host: &str| served.send(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    assert!(host("evil.example").starts_with("HTTP/1.1 403"));
    let put = served.send("PUT / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(
        put.starts_with("HTTP/1.1 405") && put.contains("Allow: GET, HEAD"),
        "{put}"
    );
    for odd in [
        "nonsense\r\n\r\n",
        "GET / HTTP/2\r\nHost: localhost\r\n\r\n",
        "GET /  HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "CONNECT evil.example:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ] {
        let answer = served.send(odd);
        assert!(answer.starts_with("HTTP/1.1 4"), "{odd}: {answer}");
    }
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(3 * HEAD_BYTES_MAX));
    let mut client = Client::connect(served.address).expect("connected");
    let _ = client.write_all(long.as_bytes());
    let mut answer = Vec::new();
    let _ = client.read_to_end(&mut answer);
    assert!(!String::from_utf8_lossy(&answer).contains("200 OK"));
}

#[test]
fn only_our_own_pages_run_scripts() {
    let served = served();
    let own = served.get(&format!("/{RUN}/"));
    assert!(
        own.ends_with("<p>ours") && own.contains("script-src"),
        "{own}"
    );
    for path in [
        format!("/{RUN}/scenarios/a/report.html"),
        format!("/{RUN}/scenarios/a/"),
        format!("/{RUN}/run.json"),
    ] {
        let answer = served.get(&path);
        let policy = "Content-Security-Policy: sandbox;";
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.contains(policy),
            "{answer}"
        );
        assert!(!answer.contains("script-src"), "{answer}");
    }
}

#[test]
fn a_client_that_sends_too_slowly_is_cut_off() {
    let served = served();
    let mut client = Client::connect(served.address).expect("connected");
    let patient = Some(Duration::from_secs(20));
    client.set_read_timeout(patient).expect("a time-out");
    let begun = std::time::Instant::now();
    client.write_all(b"GET / HTTP/1.1\r\n").expect("sent");
    let mut answer = Vec::new();
    let _ = client.read_to_end(&mut answer);
    assert!(begun.elapsed() < Duration::from_secs(15));
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
}

#[test]
fn a_client_that_reads_too_slowly_is_cut_off() {
    const SIZE: usize = 64 << 20;
    let served = served();
    let large = served.runs.path().join(RUN).join("large.log");
    std::fs::write(large, vec![b'x'; SIZE]).expect("written");
    let ask = || {
        let mut client = Client::connect(served.address).expect("connected");
        let request = format!("GET /{RUN}/large.log HTTP/1.1\r\nHost: localhost\r\n\r\n");
        client.write_all(request.as_bytes()).expect("sent");
        client
    };
    let mut slow = ask();
    std::thread::sleep(Duration::from_millis(1_500));
    let mut answer = Vec::new();
    let _ = slow.read_to_end(&mut answer);
    assert!(answer.len() < SIZE, "{} bytes", answer.len());
    answer.clear();
    let _ = ask().read_to_end(&mut answer);
    assert!(answer.len() > SIZE, "{} bytes", answer.len());
}
