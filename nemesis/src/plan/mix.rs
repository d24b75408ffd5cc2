//! Which faults a plan contains: first those that every run should have, then others by weight,
//! then shuffled.

use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};

use crate::catalogue::{Kind, Selection};
use crate::target::Role;

type Fault = (Kind, Role);

/// What every run should have, the most important first: a short run gets the first of these. One
/// fault is drawn from each line; its words name what a run without it does not test.
const REQUIRED: &[(&str, &[Fault])] = &[
    (
        "the leader cut off",
        &[
            (Kind::ISOLATE, Role::Leader),
            (Kind::DEAF, Role::Leader),
            (Kind::MUTE, Role::Leader),
        ],
    ),
    ("the leader paused", &[(Kind::PAUSE, Role::Leader)]),
    (
        "one link cut",
        &[
            (Kind::CUT_LINK, Role::FollowerToFollower),
            (Kind::CUT_LINK, Role::LeaderToFollower),
            (Kind::CUT_LINK_ONE_WAY, Role::LeaderToFollower),
        ],
    ),
    ("the leader killed", &[(Kind::KILL, Role::Leader)]),
    (
        "a follower cut off",
        &[
            (Kind::CUT_LINK_ONE_WAY, Role::FollowerToLeader),
            (Kind::DEAF, Role::Follower),
            (Kind::MUTE, Role::Follower),
            (Kind::ISOLATE, Role::Follower),
        ],
    ),
];

/// What every run of this selection should have, in words and as the faults of which one is enough: the lines above, and what
/// the selection asks for by kind and role.
pub(super) fn wanted(selection: &Selection) -> Vec<(String, Vec<Fault>)> {
    let permitted = |fault: &&Fault| selection.permits(fault.0, fault.1);
    let line = |(words, line): &(&str, &[Fault])| {
        let faults: Vec<Fault> = line.iter().filter(permitted).copied().collect();
        (!faults.is_empty()).then(|| ((*words).to_owned(), faults))
    };
    let mut wanted: Vec<(String, Vec<Fault>)> = REQUIRED.iter().filter_map(line).collect();
    for fault in selection.exact() {
        if !wanted.iter().any(|(_, faults)| faults[..] == [fault]) {
            wanted.push((format!("{}:{}", fault.0, fault.1), vec![fault]));
        }
    }
    wanted
}

/// What every run of this selection should have and these faults lack, in words.
pub(super) fn lacking(faults: &[Fault], selection: &Selection) -> Vec<String> {
    let mut wanted = wanted(selection);
    wanted.retain(|(_, wanted)| !wanted.iter().any(|fault| faults.contains(fault)));
    wanted.into_iter().map(|(words, _)| words).collect()
}

/// What fills the rest, with weights. Faults that take the majority away are not here: a run has
/// them when `--faults` names them.
const REST: &[(Fault, u32)] = &[
    ((Kind::ISOLATE, Role::Leader), 3),
    ((Kind::DEAF, Role::Leader), 2),
    ((Kind::MUTE, Role::Leader), 2),
    ((Kind::PAUSE, Role::Leader), 3),
    ((Kind::KILL, Role::Leader), 3),
    ((Kind::HALVES, Role::Leader), 3),
    ((Kind::CUT_CLIENTS, Role::Leader), 2),
    ((Kind::ISOLATE, Role::Follower), 2),
    ((Kind::DEAF, Role::Follower), 2),
    ((Kind::MUTE, Role::Follower), 1),
    ((Kind::HALVES, Role::Any), 2),
    ((Kind::CUT_LINK, Role::FollowerToFollower), 1),
    ((Kind::CUT_LINK, Role::LeaderToFollower), 2),
    ((Kind::CUT_LINK_ONE_WAY, Role::LeaderToFollower), 1),
    ((Kind::CUT_LINK_ONE_WAY, Role::FollowerToLeader), 1),
    ((Kind::PAUSE, Role::Follower), 2),
    ((Kind::KILL, Role::Follower), 2),
];

/// Draws this many faults.
pub(super) fn draw(count: usize, selection: &Selection, random: &mut impl Rng) -> Vec<Fault> {
    let mut faults = required(selection, random);
    let rest = rest(selection);
    faults.truncate(count);
    while faults.len() < count && !rest.is_empty() {
        match rest.choose_weighted(random, |(_, weight)| *weight) {
            Ok((fault, _)) => faults.push(*fault),
            // All weights are above zero.
            Err(_) => break,
        }
    }
    faults.shuffle(random);
    faults
}

fn required(selection: &Selection, random: &mut impl Rng) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for (_, line) in wanted(selection) {
        // What was asked for by name may have been drawn already.
        if let Some(fault) = line.choose(random)
            && !faults.contains(fault)
        {
            faults.push(*fault);
        }
    }
    faults
}

/// The permitted rest. If a selection leaves nothing of it, every permitted kind is drawn.
fn rest(selection: &Selection) -> Vec<(Fault, u32)> {
    let permitted = |(kind, role): Fault| selection.permits(kind, role);
    let mut rest: Vec<(Fault, u32)> = REST
        .iter()
        .copied()
        .filter(|(fault, _)| permitted(*fault))
        .collect();
    rest.extend(
        selection
            .exact()
            .filter(|fault| !REST.iter().any(|(have, _)| have == fault))
            .map(|fault| (fault, 1)),
    );
    // Kinds that are not built in have no weight here.
    rest.extend(selection.own().map(|fault| (fault, 1)));
    if rest.is_empty() {
        let all = Kind::ALL
            .into_iter()
            .flat_map(|kind| kind.drawn_roles().map(move |role| (kind, role)));
        rest = all
            .filter(|fault| permitted(*fault))
            .map(|fault| (fault, 1))
            .collect();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Class;

    #[test]
    fn the_tables_aim_only_at_roles_that_a_kind_has() {
        let required = REQUIRED.iter().flat_map(|(_, line)| line.iter());
        for (kind, role) in required.chain(REST.iter().map(|(fault, _)| fault)) {
            assert!(kind.roles().contains(role), "{kind} at {role}");
        }
    }

    #[test]
    fn what_a_plan_lacks_is_named() {
        let all = "all".parse().expect("known");
        let faults = [(Kind::DEAF, Role::Leader), (Kind::KILL, Role::Leader)];
        let lacking_of_all = ["the leader paused", "one link cut", "a follower cut off"];
        assert_eq!(lacking(&faults, &all), lacking_of_all);
        let process = Selection::class(Class::Process);
        assert_eq!(lacking(&faults, &process), ["the leader paused"]);
    }

    #[test]
    fn a_class_alone_draws_only_that_class() {
        let mut random: rand_chacha::ChaCha8Rng = rand::SeedableRng::seed_from_u64(1);
        let selection = Selection::class(Class::Process);
        let drawn = draw(20, &selection, &mut random);
        assert!(drawn.len() == 20 && drawn.iter().all(|(kind, _)| kind.class() == Class::Process));
        let selection = "rolling-restart".parse().expect("known");
        assert_eq!(draw(2, &selection, &mut random).len(), 2);
    }
}
