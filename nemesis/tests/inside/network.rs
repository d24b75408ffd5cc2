//! Cuts: nothing passes while they hold, everything passes after.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use nemesis::network::{Cut, partition};
use nemesis::sandbox::Isolation;
use nemesis::{Environment, Link, Node};

use crate::Case;
use crate::support::{environment, three};

pub(crate) const CASES: &[Case] = &[
    ("network_one_cut_is_seen_and_healed", one_cut),
    ("network_overlapping_cuts_heal_one_by_one", overlapping),
    ("network_established_connections_stall", stalls),
];

fn one_cut() {
    let begun = std::time::Instant::now();
    let environment = environment(Isolation::Network);
    println!("note: built in {:?}", begun.elapsed());
    let network = environment.network().expect("there is a network").clone();
    let heard = network.probe().expect("it probes");
    println!("note: {heard}");
    for link in Link::all(network.nodes()) {
        assert!(heard.carries(link), "{link}");
    }
    let [n1, n2, _] = three();
    let begun = std::time::Instant::now();
    let cut = Cut::new(network.clone(), partition::link_one_way(n1, n2));
    cut.begin().expect("it cuts");
    println!(
        "note: {} in {:?}",
        cut.verify().expect("probes").expect("took effect"),
        begun.elapsed()
    );
    assert!(!network.probe().expect("probes").carries(Link::new(n1, n2)));
    cut.heal().expect("it heals");
    cut.heal().expect("it heals twice");
    println!("note: {}", cut.verify().expect("probes").expect("is gone"));
    {
        let dropped = Cut::new(network.clone(), partition::halves(network.nodes(), &[n2]));
        dropped.begin().expect("it cuts");
        println!(
            "note: {}",
            dropped.verify().expect("probes").expect("took effect")
        );
    }
    assert!(network.links_down().is_empty());
    assert!(
        Link::all(network.nodes())
            .into_iter()
            .all(|link| network.probe().expect("probes").carries(link))
    );
}

/// A link that two cuts hold is restored by the second heal, and a node that is isolated twice
/// stays isolated.
fn overlapping() {
    let environment = environment(Isolation::Network);
    let network = environment.network().expect("there is a network").clone();
    let [n1, n2, _] = three();
    let (wide, narrow) = (
        Cut::new(network.clone(), partition::isolate(network.nodes(), n1)),
        Cut::new(network.clone(), partition::link_one_way(n1, n2)),
    );
    wide.begin().expect("it cuts");
    narrow.begin().expect("it cuts");
    wide.heal().expect("it heals");
    assert_eq!(network.links_down(), [Link::new(n1, n2)]);
    narrow.verify().expect("probes").expect("it holds");
    narrow.heal().expect("it heals");
    wide.verify().expect("probes").expect("all is healed");
    wide.begin().expect("it does nothing");
    assert!(
        network.links_down().is_empty(),
        "a healed cut never begins again"
    );
}

/// The times at which messages arrived.
type Arrivals = Arc<Mutex<Vec<Instant>>>;

const MESSAGE_INTERVAL: Duration = Duration::from_millis(10);

const CUT_LENGTH: Duration = Duration::from_millis(2_500);

/// One connection with messages from one node to another, 100 a second.
fn stream(environment: &Environment, from: Node, to: Node, port: u16) -> Arrivals {
    let address = (environment.address(to), port);
    let arrivals = Arrivals::default();
    let listener = environment
        .run_inside(to, move || TcpListener::bind(address))
        .expect("it runs");
    let listener = listener.expect("the port is free");
    let connected = environment.run_inside(from, move || TcpStream::connect(address));
    let mut sender = connected.expect("it runs").expect("it connects");
    sender.set_nodelay(true).expect("a socket");
    let (mut receiver, _) = listener.accept().expect("it was connected");
    let noted = arrivals.clone();
    thread::spawn(move || {
        while receiver.read_exact(&mut [0]).is_ok() {
            noted.lock().expect("no panic").push(Instant::now());
        }
    });
    thread::spawn(move || {
        while sender.write_all(&[1]).is_ok() {
            thread::sleep(MESSAGE_INTERVAL);
        }
    });
    arrivals
}

/// With one direction cut, data in that direction stops at once, and data in the other soon after,
/// because its acknowledgements are lost. After the heal both go on with the next retransmission.
fn stalls() {
    let environment = environment(Isolation::Network);
    let network = environment.network().expect("there is a network").clone();
    let [n1, n2, n3] = three();
    let along = stream(&environment, n1, n2, 7001);
    let against = stream(&environment, n2, n1, 7002);
    let beside = stream(&environment, n2, n3, 7003);
    thread::sleep(Duration::from_millis(500));
    let cut = Cut::new(network, partition::link_one_way(n1, n2));
    cut.begin().expect("it cuts");
    let begun = Instant::now();
    thread::sleep(CUT_LENGTH);
    let healed = Instant::now();
    cut.heal().expect("it heals");
    thread::sleep(Duration::from_secs(4));
    let mut figures = Vec::new();
    for (name, arrivals) in [("along", along), ("against", against), ("beside", beside)] {
        let arrivals = arrivals.lock().expect("no panic").clone();
        let during: Vec<_> = arrivals
            .iter()
            .filter(|at| **at > begun && **at < healed)
            .collect();
        let last = during.last().map_or(Duration::ZERO, |at| **at - begun);
        let first = arrivals
            .iter()
            .find(|at| **at > healed)
            .expect("it goes on");
        println!(
            "note: {name} the cut: {} messages, the last {last:?} after the begin; the first {:?} \
             after the heal",
            during.len(),
            *first - healed
        );
        figures.push((last, *first - healed));
    }
    let late = Duration::from_millis(900);
    assert!(
        figures[0].0 < Duration::from_millis(50),
        "data along the cut stops at once"
    );
    assert!(
        figures[1].0 < late,
        "data against the cut stops for lack of acknowledgements"
    );
    assert!(figures[2].0 > CUT_LENGTH - late, "other links do not stop");
    for (_, resumed) in figures {
        assert!(
            resumed < Duration::from_secs(3),
            "it goes on with the next retransmission"
        );
    }
}
