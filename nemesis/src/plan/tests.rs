//! Plans are drawn by a seed, have what a run must have, and are read back.

use super::*;
use crate::catalogue::Class;

const MINUTE: Duration = Duration::from_secs(60);

fn draw(limit: Duration, seed: u64, selection: &str) -> Plan {
    let selection = selection.parse().expect("known words");
    Plan::for_time_limit(limit, seed, &selection, &Timing::default())
}

#[test]
fn the_same_seed_draws_the_same_plan() {
    assert_eq!(draw(MINUTE, 7, "all"), draw(MINUTE, 7, "all"));
    assert_ne!(
        draw(MINUTE, 7, "all").windows,
        draw(MINUTE, 8, "all").windows
    );
}

#[test]
fn every_minute_has_what_a_minute_must_have() {
    for seed in 0..500 {
        let plan = draw(MINUTE, seed, "all");
        let has = |wanted: &dyn Fn(&Window) -> bool| {
            plan.windows.iter().filter(|window| wanted(window)).count()
        };
        assert!((8..=10).contains(&plan.windows.len()), "{plan}");
        assert!(plan.leader_windows() >= 3, "{plan}");
        assert!(
            has(&|w| w.kind.class() == Class::Network && w.kind.always_affects_leader(w.role)) >= 1,
            "{plan}"
        );
        assert!(
            has(&|w| w.kind == Kind::PAUSE && w.role == Role::Leader) >= 1,
            "{plan}"
        );
        assert!(
            has(&|w| w.kind == Kind::KILL && w.role == Role::Leader) >= 1,
            "{plan}"
        );
        assert!(
            has(&|w| w.kind.class() == Class::Network && !w.kind.always_affects_leader(w.role))
                >= 2,
            "{plan}"
        );
        assert!(plan.windows[0].at_ms >= 4_000, "{plan}");
        let mut free_from_ms = 0;
        for window in &plan.windows {
            assert!((2_500..=4_000).contains(&window.duration_ms), "{plan}");
            assert!(window.at_ms >= free_from_ms, "{plan}");
            free_from_ms = window.at_ms + window.duration_ms + 2_500;
            assert!(window.kind.roles().contains(&window.role), "{plan}");
        }
        assert!(free_from_ms - 2_500 <= 57_000, "{plan}");
    }
}

#[test]
fn a_short_load_phase_still_has_a_fault() {
    for (seconds, at_most) in [(5, 1), (10, 2), (20, 3)] {
        for seed in 0..100 {
            let limit = Duration::from_secs(seconds);
            let plan = draw(limit, seed, "all");
            assert!((1..=at_most).contains(&plan.windows.len()), "{plan}");
            let last = plan.windows.last().expect("one");
            assert!(
                last.at_ms + last.duration_ms <= plan.time_limit_ms,
                "{plan}"
            );
            assert!(plan.leader_windows() >= 1, "{plan}");
        }
    }
}

#[test]
fn a_slow_target_gets_longer_windows_and_time_for_all_of_them() {
    let timing = Timing::for_target(Duration::from_secs(8), Duration::from_secs(10));
    let all = "all".parse().expect("known words");
    let limit = Plan::time_for_everything(&timing, &all);
    for seed in 0..200 {
        let plan = Plan::for_time_limit(limit, seed, &all, &timing);
        assert!(plan.lacks(&all).is_empty(), "{plan}");
        assert!(
            plan.windows.iter().all(|w| w.duration_ms >= 12_000),
            "{plan}"
        );
        let short = Plan::for_time_limit(Duration::from_secs(30), seed, &all, &timing);
        assert_eq!(short.lacks(&all).len(), 4, "{short}");
    }
    let default = Timing::for_target(Duration::from_secs(1), Duration::from_secs(1));
    assert_eq!(default, Timing::default());
    let named = "network,process,slow-sync:majority".parse();
    let named = named.expect("known words");
    assert!(Plan::time_for_everything(&default, &named) <= MINUTE);
    let short = Plan::for_time_limit(Duration::from_secs(15), 1, &named, &default);
    assert!(
        short
            .lacks(&named)
            .contains(&"slow-sync:majority".to_owned()),
        "what was asked for by name and has no room is said: {short}"
    );
}

#[test]
fn three_nodes_see_the_stored_draw_alone() {
    for seed in 0..50 {
        let plan = draw(MINUTE, seed, "all");
        for (at, window) in plan.windows.iter().enumerate() {
            for count in [2, 3] {
                let picked = plan.draw(at).pick(count);
                assert_eq!(picked, Some(usize::from(window.draw) % count));
            }
        }
    }
}

#[test]
fn a_selection_is_kept_to() {
    for seed in 0..50 {
        let plan = draw(MINUTE, seed, "process");
        assert!(
            !plan.needs_network() && plan.leader_windows() >= 2,
            "{plan}"
        );
        let plan = draw(MINUTE, seed, "pause:majority");
        assert!(
            plan.windows.iter().all(|w| w.role == Role::Majority),
            "{plan}"
        );
        assert!(draw(MINUTE, seed, "none").windows.is_empty());
    }
}

#[test]
fn a_stored_plan_is_executed_as_it_is() {
    let plan = draw(MINUTE, 3, "all");
    assert_eq!(Plan::from_json(&plan.to_json()).expect("it reads"), plan);
    let wrong = plan
        .to_json()
        .replacen("\"version\": 1", "\"version\": 9", 1);
    assert!(matches!(
        Plan::from_json(&wrong),
        Err(PlanError::Version(9))
    ));
}
