//! Settings of the kinds that make links worse, their defaults, and whom they affect.

use super::*;

#[test]
fn a_setting_is_a_part_of_the_name() {
    for (word, worse) in [
        (
            "slow-link=200ms",
            Worse {
                delay: Duration::from_millis(200),
                ..worse()
            },
        ),
        (
            "slow-clients=1s/50ms",
            Worse {
                delay: Duration::from_secs(1),
                jitter: Duration::from_millis(50),
                ..worse()
            },
        ),
        (
            "lossy-link=20%",
            Worse {
                lost: 200_000,
                ..worse()
            },
        ),
        ("narrow-link=1mbit", NARROW_WORSE),
    ] {
        let kind: Kind = word.parse().expect(word);
        assert_eq!((kind.name(), kind), (word, word.parse().expect(word)));
        let (base, setting) = word.split_once('=').expect("a setting");
        let row = [&SLOW_LINK, &SLOW_CLIENTS, &LOSSY_LINK, &NARROW_LINK];
        let row = row.into_iter().find(|row| row.name == base).expect("a row");
        assert_eq!((row.how.read)(setting), Ok(worse));
        assert_eq!(kind.roles(), row.roles());
    }
}

/// The default of a row is what its list says.
#[test]
fn defaults_are_those_that_are_stated() {
    for row in [
        &SLOW_LINK,
        &LOSSY_LINK,
        &DUPLICATING_LINK,
        &REORDERING_LINK,
        &NARROW_LINK,
        &FLAPPING_LINK,
        &SLOW_CLIENTS,
        &LOSSY_CLIENTS,
        &NARROW_CLIENTS,
        &FLAPPING_CLIENTS,
    ] {
        let stated = row
            .how
            .setting
            .strip_suffix(" if absent")
            .and_then(|text| text.split("; ").last());
        assert_eq!(
            (row.how.read)(stated.expect("a default")),
            Ok(row.worse),
            "{}",
            row.name
        );
    }
}

#[test]
fn only_a_leader_with_worse_links_to_a_majority_is_affected() {
    let [n1, n2, n3] = [0, 1, 2].map(|at| Node::from_index(at).expect("a node"));
    let three = Nodes::THREE;
    let slow = Kind::of(&SLOW_LINK);
    assert!(slow.affects(three, &[n1], n1) && !slow.affects(three, &[n2], n1));
    assert!(!slow.affects(three, &[n1, n3], n1));
    assert!(!Kind::of(&SLOW_CLIENTS).affects(three, &[n1], n1));
    assert!(slow.links(three, &[n1]).is_empty() && slow.disturbs(three, &[n1]).len() == 4);
}
