//! Diverted links over real connections: what vanishes, what passes, and that nothing is left after the heal.

mod bytes;
mod messages;

use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use checkers::history::FaultPhase;
use nemesis::catalogue::Kind;
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
        messages::messages(Duration::from_millis(2_500))
    }),
    (
        "wire_messages_are_lost_with_their_connection",
        messages::resets,
    ),
    (
        "wire_a_new_connection_needs_both_directions",
        messages::opens,
    ),
    ("wire_links_are_made_worse", worse),
    ("wire_a_cut_is_stronger_than_a_diversion", overlapping),
    (
        "wire_bytes_arrive_in_order_whatever_a_link_does",
        bytes::bytes,
    ),
    ("wire_faults_through_the_engine", engine),
];

/// Run when they are named.
pub(crate) const LONG: &[Case] = &[
    ("wire_messages_vanish_for_20_s", || {
        messages::messages(Duration::from_secs(20))
    }),
    ("wire_costs", bytes::costs),
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
