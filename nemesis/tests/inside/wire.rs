//! Diverted links over real connections: what vanishes, what passes, and that nothing is left after the heal.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use checkers::history::FaultPhase;
use nemesis::catalogue::Kind;
use nemesis::evidence::Counters;
use nemesis::network::{Cut, Diversion, NetworkError, partition};
use nemesis::sandbox::Isolation;
use nemesis::target::Role;
use nemesis::wire::{Treatment, Worse};
use nemesis::{Environment, Link, Node};

use crate::Case;
use crate::faults::{Bench, plan};
use crate::support::{enter_or_skip, environment, runtime, three};

pub(crate) const CASES: &[Case] = &[
    ("wire_messages_of_one_direction_vanish", || {
        messages(Duration::from_millis(2_500))
    }),
    ("wire_messages_are_lost_with_their_connection", resets),
    ("wire_a_new_connection_needs_both_directions", opens),
    ("wire_links_are_made_worse", worse),
    ("wire_a_cut_is_stronger_than_a_diversion", overlapping),
    ("wire_bytes_arrive_in_order_whatever_a_link_does", bytes),
    ("wire_faults_through_the_engine", engine),
];

/// Run when they are named.
pub(crate) const LONG: &[Case] = &[
    ("wire_messages_vanish_for_20_s", || {
        messages(Duration::from_secs(20))
    }),
    ("wire_costs", costs),
];

const CUT: Treatment = Treatment::MessageCut { reset: false };

/// Two ends of one connection.
fn connect(environment: &Environment, from: Node, to: Node, port: u16) -> (TcpStream, TcpStream) {
    let address = (environment.address(to), port);
    let listener = environment.run_inside(to, move || TcpListener::bind(address));
    let listener = listener.expect("it runs").expect("the port is free");
    let connected = environment.run_inside(from, move || TcpStream::connect(address));
    let near = connected.expect("it runs").expect("it connects");
    let (far, _) = listener.accept().expect("it was connected");
    for end in [&near, &far] {
        end.set_nodelay(true).expect("a socket");
    }
    (near, far)
}

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
fn messages(length: Duration) {
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
fn resets() {
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
fn opens() {
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

/// Each way of being worse is seen by datagrams and counted, and gone after the heal.
fn worse() {
    let environment = environment(Isolation::Network);
    let network = environment.network().expect("there is a network").clone();
    let [n1, _, _] = three();
    let ms = Duration::from_millis;
    let plain = Worse::default();
    for (name, worse, counter) in [
        (
            "slow",
            Worse {
                delay: ms(50),
                jitter: ms(10),
                ..plain
            },
            "delayed",
        ),
        (
            "lossy",
            Worse {
                lost: 50_000,
                ..plain
            },
            "lost",
        ),
        (
            "little loss",
            Worse {
                lost: 10_000,
                ..plain
            },
            "lost",
        ),
        (
            "doubling",
            Worse {
                duplicated: 50_000,
                ..plain
            },
            "duplicated",
        ),
        (
            "reordering",
            Worse {
                delay: ms(10),
                reordered: 250_000,
                ..plain
            },
            "reordered",
        ),
        (
            "narrow",
            Worse {
                bandwidth: Some(1_000_000),
                ..plain
            },
            "delayed",
        ),
        (
            "flapping",
            Worse {
                flapping: Some(ms(200)),
                ..plain
            },
            "dropped",
        ),
    ] {
        let links = partition::isolate(network.nodes(), n1);
        let diversion = Diversion::new(network.clone(), links, Treatment::Worse(worse), 3);
        diversion.verify().expect("probes").expect("whole before");
        diversion.begin().expect("it diverts");
        println!(
            "note: {name}: {}",
            diversion.verify().expect("probes").expect("took effect")
        );
        let counters = diversion.counters().expect("counted");
        println!("note: {name}: {counters}");
        assert!(counters.get(counter) > 0);
        assert_eq!(diversion.distrust().expect("the switch lives"), None);
        diversion.heal().expect("it heals");
        diversion.verify().expect("probes").expect("whole after");
        assert!(network.links_diverted().is_empty());
    }
    // A link that should be lossy and is not is no effect.
    let links = partition::link_one_way(n1, three()[1]);
    let silent = Diversion::new(network, links, Treatment::MessageCut { reset: false }, 3);
    silent.begin().expect("it diverts");
    let lossy = Worse {
        lost: 50_000,
        ..plain
    };
    let other = Diversion::new(
        environment.network().expect("there is one").clone(),
        partition::link_one_way(n1, three()[1]),
        Treatment::Worse(lossy),
        3,
    );
    let refused = other.begin().expect_err("another diversion has the link");
    assert!(matches!(refused, NetworkError::Diverted(_)), "{refused}");
}

/// A link that is cut and diverted is cut; what remains of the two decides after either heal.
fn overlapping() {
    let environment = environment(Isolation::Network);
    let network = environment.network().expect("there is a network").clone();
    let [n1, n2, _] = three();
    let link = Link::new(n1, n2);
    let carries = || network.probe().expect("probes").carries(link);
    for cut_first in [true, false] {
        let cut = Cut::new(network.clone(), vec![link]);
        let plain = Treatment::Worse(Worse::default());
        let diversion = Diversion::new(network.clone(), vec![link], plain, 0);
        if cut_first {
            cut.begin().expect("it cuts");
        }
        diversion.begin().expect("it diverts");
        if !cut_first {
            assert!(carries());
            cut.begin().expect("it cuts");
        }
        let frames = || diversion.counters().map(|counters| counters.get("frames"));
        let before = frames().expect("counted");
        assert!(!carries() && frames().expect("counted") == before);
        cut.heal().expect("it heals");
        assert!(
            carries() && frames().expect("counted") > before,
            "through the switch again"
        );
        diversion.heal().expect("it heals");
        assert!(carries());
    }
}

/// Megabytes in both directions over links that lose, double, reorder and delay: TCP delivers every byte in order, so
/// nothing that the switch splits or changes is damaged.
fn bytes() {
    let environment = environment(Isolation::Network);
    let network = environment.network().expect("there is a network").clone();
    let [n1, n2, _] = three();
    let (near, far) = connect(&environment, n1, n2, 7001);
    let worse = Worse {
        delay: Duration::from_millis(2),
        jitter: Duration::from_millis(1),
        lost: 10_000,
        duplicated: 20_000,
        reordered: 20_000,
        ..Worse::default()
    };
    let diversion = Diversion::new(network, partition::link(n1, n2), Treatment::Worse(worse), 5);
    diversion.begin().expect("it diverts");
    let begun = Instant::now();
    let clone = |stream: &TcpStream| stream.try_clone().expect("a socket");
    let ways = [(clone(&near), clone(&far)), (far, near)];
    let sent = ways.map(|(mut from, mut to)| {
        thread::spawn(move || {
            (0..BYTES / BLOCK).for_each(|at| from.write_all(&block(at)).expect("it is sent"));
        });
        thread::spawn(move || {
            let mut read = vec![0; BLOCK];
            for at in 0..BYTES / BLOCK {
                to.read_exact(&mut read).expect("it arrives");
                assert_eq!(read, block(at), "block {at}");
            }
        })
    });
    sent.into_iter()
        .for_each(|reader| reader.join().expect("every byte"));
    let counters = diversion.counters().expect("counted");
    println!(
        "note: {BYTES} bytes each way in {:?}: {counters}",
        begun.elapsed()
    );
    for counter in ["lost", "duplicated", "reordered", "delayed"] {
        assert!(counters.get(counter) > 0, "{counter}");
    }
}

const BYTES: usize = 4 << 20;
const BLOCK: usize = 64 << 10;

/// No two neighbouring bytes or blocks are alike.
fn block(at: usize) -> Vec<u8> {
    (0..BLOCK)
        .map(|byte| (byte.wrapping_mul(31) ^ (byte >> 8) ^ (at * 7)) as u8)
        .collect()
}

/// Every kind that diverts: the engine sees it begin and end, and its counters are recorded.
fn engine() {
    let entered = enter_or_skip(Isolation::Network);
    runtime().block_on(async {
        let bench = Bench::new(&entered).await;
        for (word, role) in [
            ("message-cut", Role::LeaderToFollower),
            ("message-cut-reset", Role::Leader),
            ("message-deaf", Role::Leader),
            ("message-mute", Role::Follower),
            ("message-cut-requests", Role::Leader),
            ("message-cut-answers", Role::Leader),
            ("slow-link=30ms", Role::Follower),
            ("lossy-link=20%", Role::Leader),
            ("duplicating-link", Role::Follower),
            ("reordering-link", Role::FollowerToLeader),
            ("narrow-link=1mbit", Role::Follower),
            ("flapping-link=100ms", Role::LeaderToFollower),
            ("slow-clients=30ms/10ms", Role::Leader),
            ("lossy-clients", Role::Leader),
            ("narrow-clients", Role::Any),
            ("flapping-clients=100ms", Role::Any),
        ] {
            let kind: Kind = word.parse().expect(word);
            let (task, mut steps) = bench.execute(plan(kind, role, 100), std::future::pending());
            let begun = steps.recv().await.expect("a step").event;
            println!("note: {word}: {}", begun.evidence);
            assert_eq!(
                (begun.phase, begun.kind.as_str()),
                (FaultPhase::Begun, word)
            );
            assert_eq!(begun.links.is_empty(), !begun.disturbed.is_empty());
            let healed = steps.recv().await.expect("a step").event;
            println!("note: {word}: {} {:?}", healed.evidence, healed.counters);
            assert_eq!(healed.phase, FaultPhase::Healed);
            assert!(!healed.counters.is_empty());
            let summary = task.await.expect("no panic");
            assert!(
                summary.begun == 1 && summary.unhealed.is_empty(),
                "{summary:?}"
            );
            assert!(summary.without_effect.is_empty(), "{summary:?}");
        }
        let network = bench.environment.network().expect("there is one");
        assert!(network.links_diverted().is_empty());
        // Dropped while it begins or lasts: nothing stays diverted.
        for delay_us in [0, 500, 2_000, 50_000] {
            let (task, _steps) = bench.execute(
                plan(Kind::MESSAGE_CUT, Role::Leader, 60_000),
                std::future::pending(),
            );
            tokio::time::sleep(Duration::from_micros(delay_us)).await;
            task.abort();
            let _ = task.await;
            assert!(network.links_diverted().is_empty());
        }
    });
}

/// Round trips of 100 bytes and a flood over one connection, plain and diverted.
fn costs() {
    let environment = environment(Isolation::Network);
    let network = environment.network().expect("there is a network").clone();
    let [n1, n2, _] = three();
    let mut figures = Vec::new();
    for (port, diverted) in [(7001, false), (7002, true), (7003, false), (7004, true)] {
        let plain = Treatment::Worse(Worse::default());
        let diversion = Diversion::new(network.clone(), partition::link(n1, n2), plain, 0);
        if diverted {
            diversion.begin().expect("it diverts");
        }
        let (mut near, mut far) = connect(&environment, n1, n2, port);
        let answers = thread::spawn(move || {
            let mut message = [0; 100];
            for _ in 0..ROUNDS {
                far.read_exact(&mut message).expect("it arrives");
                far.write_all(&message).expect("it is sent");
            }
            far
        });
        let mut took = Vec::new();
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            near.write_all(&[7; 100]).expect("it is sent");
            near.read_exact(&mut [0; 100]).expect("it arrives");
            took.push(begun.elapsed());
        }
        took.sort_unstable();
        let mut far = answers.join().expect("no panic");
        let reader = thread::spawn(move || {
            let (mut read, mut sum) = (vec![0; 256 << 10], 0);
            while let Ok(length @ 1..) = far.read(&mut read) {
                sum += length;
            }
            sum
        });
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(2) {
            near.write_all(&[7; 64 << 10]).expect("it is sent");
        }
        drop(near);
        let bytes = reader.join().expect("no panic");
        let gigabits = bytes as f64 * 8.0 / begun.elapsed().as_secs_f64() / 1e9;
        let counters = diversion.counters().unwrap_or_else(|_| Counters::default());
        println!(
            "note: diverted {diverted}: round trip min {:?}, p50 {:?}, flood {gigabits:.2} Gbit/s; {counters}; {:?}",
            took[0],
            took[ROUNDS / 2],
            diversion.distrust()
        );
        figures.push(gigabits);
    }
    println!(
        "note: flood, diverted to plain: {:.2}, {:.2}",
        figures[1] / figures[0],
        figures[3] / figures[2]
    );
}

const ROUNDS: usize = 4_000;
