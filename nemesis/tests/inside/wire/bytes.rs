//! Many bytes over diverted links: each arrives, in order, whatever a link does to segments; and what the switch costs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use nemesis::network::{Diversion, partition};
use nemesis::sandbox::Isolation;
use nemesis::wire::{Treatment, Worse};

use super::connect;
use crate::support::{environment, three};

/// Megabytes in both directions over links that lose, double, reorder and delay: TCP delivers every byte in order, so
/// nothing that the switch splits or changes is damaged.
pub(super) fn bytes() {
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

/// Round trips of 100 bytes and a flood over one connection, plain and diverted.
pub(super) fn costs() {
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
        let counters = diversion.counters().unwrap_or_default();
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
