//! Odd requests over real sockets: hosts, targets, paths, bodies. Each is refused, and the connection is closed.

use super::*;

fn refused(served: &Served, request: &str, status: &str) {
    let answer = served.send(request);
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status}")),
        "{request:?}: {answer}"
    );
    assert!(
        !answer.contains("secret") && !answer.contains(RUN),
        "{request:?}: {answer}"
    );
}

#[test]
fn a_host_that_only_looks_like_loopback_is_refused() {
    let served = served();
    for host in [
        "[::1].evil.com",
        "[::1].evil.com:80",
        "localhost:x@evil",
        "localhost@evil.com",
        "evil.com@localhost",
        "127.0.0.1.evil.com",
        "localhost.evil.com",
        "0x7f000001.evil.com",
        "evil.com#localhost",
        "evil.com/localhost",
        "localhost, evil.com",
        "localhost:80:80",
        "",
    ] {
        refused(
            &served,
            &format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"),
            "403",
        );
    }
    refused(&served, "GET / HTTP/1.1\r\n\r\n", "403");
    refused(
        &served,
        "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        "403",
    );
    refused(
        &served,
        "GET / HTTP/1.1\r\nHost: localhost\r\nhOST: evil.com\r\n\r\n",
        "403",
    );
    for target in [
        "http://evil.com/",
        "http://localhost/",
        "evil.com:80",
        "*",
        "//evil.com/",
    ] {
        refused(
            &served,
            &format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            "400",
        );
    }
}

#[test]
fn a_path_with_a_trick_is_refused() {
    let served = served();
    for path in [
        "/%2e%2e/secret",
        "/%2e%2e%2fsecret",
        "/..%5csecret",
        "/..\\secret",
        "/%00",
        "//",
        "/a//b",
        "/%2fetc/passwd",
        "/%c0%ae%c0%ae/secret",
        "/%252e%252e/secret",
        "/.%2e/",
        "/%0d%0aX-Evil:%201/",
        "/%e2%80",
    ] {
        refused(
            &served,
            &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            "40",
        );
    }
    let moved = served.get(&format!("/{RUN}?x=%0d%0a"));
    assert!(moved.contains(&format!("Location: /{RUN}/\r\n")), "{moved}");
}

#[test]
fn a_body_that_never_comes_is_not_awaited() {
    let served = served();
    let path = format!("/{RUN}/scenarios/a/stdout.log");
    for body in [
        "Content-Length: 1000000000",
        "Transfer-Encoding: chunked",
        "Expect: 100-continue\r\nContent-Length: 9",
    ] {
        let answer = served.send(&format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\n{body}\r\n\r\n"
        ));
        assert!(answer.ends_with("\r\n\r\n0123456789"), "{body}: {answer}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW"] {
        refused(
            &served,
            &format!("{method} / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            "405",
        );
    }
}
