//! Many clients that keep their connections: an honest client is still answered, long before any time limit.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream as Client};

use super::super::connections::{ALL_MAX, CLIENT_MAX};
use super::*;

/// No time limit of the server ends a connection during a test.
fn patient() -> Served {
    served_with(Patience {
        head: Duration::from_secs(600),
        write: Duration::from_secs(600),
        whole: Duration::from_secs(600),
    })
}

/// An honest client that gives up after 20 s.
fn honest(served: &Served) -> String {
    let mut client = Client::connect(served.address).expect("connected");
    let limit = Some(Duration::from_secs(20));
    client.set_read_timeout(limit).expect("a time-out");
    let path = format!("/{RUN}/scenarios/a/stdout.log");
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
    client.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("an answer");
    answer
}

/// Connections from this address of loopback, each with the start of a request.
fn crowd(served: &Served, count: usize, from: Ipv4Addr, start: &str) -> Vec<Client> {
    let SocketAddr::V4(to) = served.address else {
        panic!("an address of IPv4");
    };
    (0..count)
        .map(|_| {
            let mut client = connected(SocketAddrV4::new(from, 0), to);
            // A connection that already gave way refuses it.
            let _ = client.write_all(start.as_bytes());
            client
        })
        .collect()
}

fn connected(from: SocketAddrV4, to: SocketAddrV4) -> Client {
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, socket};
    use std::os::fd::AsRawFd;
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let made = socket(family, kind, SockFlag::SOCK_CLOEXEC, None).expect("a socket");
    bind(made.as_raw_fd(), &SockaddrIn::from(from)).expect("bound");
    connect(made.as_raw_fd(), &SockaddrIn::from(to)).expect("connected");
    made.into()
}

#[test]
fn clients_that_send_nothing_do_not_block() {
    let served = patient();
    let crowd = crowd(&served, 4 * ALL_MAX, Ipv4Addr::LOCALHOST, "");
    assert!(honest(&served).ends_with("0123456789"));
    drop(crowd);
}

#[test]
fn clients_that_write_slowly_do_not_block() {
    let served = patient();
    let mut crowd = crowd(
        &served,
        300,
        Ipv4Addr::LOCALHOST,
        "GET / HTTP/1.1\r\nHost: loc",
    );
    assert!(honest(&served).ends_with("0123456789"));
    // Another byte is no progress.
    for client in &mut crowd {
        let _ = client.write_all(b"a");
    }
    assert!(honest(&served).ends_with("0123456789"));
}

#[test]
fn clients_that_do_not_read_do_not_block() {
    let served = patient();
    let large = served.runs.path().join(RUN).join("large.log");
    std::fs::write(large, vec![b'x'; 16 << 20]).expect("written");
    let request = format!("GET /{RUN}/large.log HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let crowd = crowd(&served, 2 * ALL_MAX, Ipv4Addr::LOCALHOST, &request);
    for _ in 0..3 {
        assert!(honest(&served).ends_with("0123456789"));
    }
    drop(crowd);
}

#[test]
fn one_address_cannot_take_the_place_of_others() {
    let served = patient();
    let other = crowd(&served, CLIENT_MAX, Ipv4Addr::new(127, 0, 0, 9), "");
    let crowds: Vec<Vec<Client>> = (10..20)
        .map(|last| crowd(&served, CLIENT_MAX, Ipv4Addr::new(127, 0, 0, last), ""))
        .collect();
    assert!(honest(&served).ends_with("0123456789"));
    drop((other, crowds));
}

#[test]
fn a_connection_has_an_end() {
    let served = served_with(Patience {
        head: Duration::from_secs(600),
        write: Duration::from_secs(600),
        whole: Duration::from_millis(300),
    });
    let mut client = Client::connect(served.address).expect("connected");
    let limit = Some(Duration::from_secs(20));
    client.set_read_timeout(limit).expect("a time-out");
    client.write_all(b"GET / HT").expect("sent");
    let mut answer = Vec::new();
    // The server closes it; without that, reading would fail after 20 s.
    let ended = client.read_to_end(&mut answer);
    let waited = ended.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
    assert!(!waited && answer.is_empty());
}
