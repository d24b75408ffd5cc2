//! Message cuts over one connection: what vanishes, what passes, how soon it is heard again, and what is lost for good.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nemesis::Node;
use nemesis::network::{Diversion, partition};
use nemesis::sandbox::Isolation;
use nemesis::wire::Treatment;

use super::{CUT, connect};
use crate::support::{environment, three};

/// When messages arrived, and when each of them was sent.
type Arrivals = Arc<Mutex<Vec<(Instant, Duration)>>>;

const INTERVAL: Duration = Duration::from_millis(10);

/// Sends 100 messages a second one way over a connection; each carries the time of its sending.
fn talk(mut from: TcpStream, mut to: TcpStream, epoch: Instant) -> Arrivals {
    let arrivals = Arrivals::default();
    let noted = arrivals.clone();
    thread::spawn(move || {
        let mut message = [0; 100];
        while to.read_exact(&mut message).is_ok() {
            let sent = message
                .first_chunk()
                .map(|bytes| u64::from_le_bytes(*bytes));
            let sent = Duration::from_nanos(sent.expect("eight bytes"));
            noted.lock().expect("no panic").push((Instant::now(), sent));
        }
    });
    thread::spawn(move || {
        let mut message = [0; 100];
        loop {
            let now = epoch.elapsed().as_nanos() as u64;
            message[..8].copy_from_slice(&now.to_le_bytes());
            if from.write_all(&message).is_err() {
                return;
            }
            thread::sleep(INTERVAL);
        }
    });
    arrivals
}

/// On one connection, everything that n1 says vanishes while it hears n2, and is heard again at the heal.
pub(super) fn messages(length: Duration) {
    let environment = environment(Isolation::Network);
    let network = environment.network().expect("there is a network").clone();
    let [n1, n2, _] = three();
    let (near, far) = connect(&environment, n1, n2, 7001);
    let epoch = Instant::now();
    let clone = |stream: &TcpStream| stream.try_clone().expect("a socket");
    let along = talk(clone(&near), clone(&far), epoch);
    let against = talk(far, near, epoch);
    thread::sleep(Duration::from_millis(500));
    let diversion = Diversion::new(network, partition::link_one_way(n1, n2), CUT, 1);
    println!(
        "note: before: {}",
        diversion.verify().expect("probes").expect("whole")
    );
    diversion.begin().expect("it diverts");
    let begun = Instant::now();
    println!(
        "note: {}",
        diversion.verify().expect("probes").expect("took effect")
    );
    thread::sleep(length);
    let counters = diversion.counters().expect("the switch lives");
    assert_eq!(diversion.distrust().expect("the switch lives"), None);
    let healed = Instant::now();
    diversion.heal().expect("it heals");
    thread::sleep(Duration::from_secs(2));
    println!(
        "note: {}",
        diversion.verify().expect("probes").expect("is gone")
    );
    println!(
        "note: {counters}; at the end: {}",
        diversion.counters().expect("counted")
    );

    let along = along.lock().expect("no panic").clone();
    let during = along
        .iter()
        .filter(|(at, _)| *at > begun + INTERVAL && *at < healed)
        .count();
    let again = along
        .iter()
        .find(|(at, _)| *at >= healed)
        .expect("it is heard again");
    // In order: the first that arrives is the first that vanished, and nothing is missing.
    assert!(along.windows(2).all(|pair| pair[0].1 <= pair[1].1));
    let against = against.lock().expect("no panic").clone();
    let silence = against
        .windows(2)
        .filter(|pair| pair[1].0 > begun && pair[0].0 < healed)
        .map(|pair| pair[1].0 - pair[0].0)
        .max()
        .expect("it is heard throughout");
    let late = against
        .iter()
        .map(|(at, sent)| (*at - epoch).saturating_sub(*sent))
        .max();
    let resumed = again.0 - healed;
    println!(
        "note: along: {during} messages during {length:?}, heard again {resumed:?} after the heal; against: longest \
         silence {silence:?}, latest {late:?}"
    );
    assert_eq!(during, 0, "nothing is delivered");
    assert!(
        counters.get("stripped") > 0 && counters.get("messages_passed") == 0,
        "{counters}"
    );
    assert!(
        silence < Duration::from_secs(1),
        "the other direction flows: {silence:?}"
    );
    // Without the release it is the next retransmission: 0.5 s after a cut of 2.5 s, 7 s after one of 20 s.
    assert!(resumed < Duration::from_millis(400), "{resumed:?}");
    assert_eq!(diversion.counters().expect("counted").get("released"), 1);
}

/// With the reset variant the message never arrives, and both ends learn that their connection is gone.
pub(super) fn resets() {
    let environment = environment(Isolation::Network);
    let network = environment.network().expect("there is a network").clone();
    let [n1, n2, _] = three();
    let (mut near, mut far) = connect(&environment, n1, n2, 7001);
    let (mut idle_near, mut idle_far) = connect(&environment, n1, n2, 7002);
    near.write_all(b"before").expect("it is sent");
    far.read_exact(&mut [0; 6]).expect("it arrives");
    let links = partition::link_one_way(n1, n2);
    let diversion = Diversion::new(network, links, Treatment::MessageCut { reset: true }, 1);
    diversion.begin().expect("it diverts");
    near.write_all(b"lost").expect("the sender knows nothing");
    far.write_all(b"heard").expect("it is sent");
    near.read_exact(&mut [0; 5]).expect("it arrives");
    thread::sleep(Duration::from_millis(100));
    diversion.heal().expect("it heals");
    println!("note: {}", diversion.counters().expect("counted"));
    for (name, end) in [("receiver", &mut far), ("sender", &mut near)] {
        end.set_read_timeout(Some(Duration::from_secs(5)))
            .expect("a socket");
        let error = end.read(&mut [0; 64]).expect_err("nothing arrives");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{name}: {error}");
    }
    // A connection that lost nothing lives.
    idle_near.write_all(b"lives").expect("it is sent");
    idle_far.read_exact(&mut [0; 5]).expect("it arrives");
    assert_eq!(diversion.counters().expect("counted").get("reset"), 1);
}

/// n1, whose messages to n2 vanish, can open no connection to it; n2 can, and is heard by n1.
pub(super) fn opens() {
    let environment = environment(Isolation::Network);
    let network = environment.network().expect("there is a network").clone();
    let [n1, n2, _] = three();
    let diversion = Diversion::new(network, partition::link_one_way(n1, n2), CUT, 1);
    let listen = |node: Node| {
        let address = (environment.address(node), 7001);
        let bound = environment.run_inside(node, move || TcpListener::bind(address));
        bound.expect("it runs").expect("the port is free")
    };
    let (listens1, _listens2) = (listen(n1), listen(n2));
    diversion.begin().expect("it diverts");
    let open = |from: Node, to: Node| {
        let address = (environment.address(to), 7001).into();
        let limit = Duration::from_millis(300);
        let opened =
            environment.run_inside(from, move || TcpStream::connect_timeout(&address, limit));
        opened.expect("it runs")
    };
    assert!(open(n1, n2).is_err());
    let mut opened = open(n2, n1).expect("it opens");
    opened.write_all(b"hello").expect("it is sent");
    let (mut accepted, _) = listens1.accept().expect("it was connected");
    accepted.read_exact(&mut [0; 5]).expect("it arrives");
}
