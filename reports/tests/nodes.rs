//! Nodes are data: a page of one, five or nine nodes has a lane, a log column and an environment entry for each of
//! them, each with its name, and drawings grow so that no lane covers another.

use std::collections::BTreeSet;

use crate::common::markup::{Tag, tags};
use checkers::judgement::{LeadSpan, NodeLane, Span};
use reports::RunReport;
use reports::model::{NodeLog, NodeSetup};

const LANE: u32 = 34;

/// The handmade run as if it had this many nodes: each leads and is silent once, at the same time as the others.
fn with_nodes(count: u32) -> RunReport {
    let mut report = crate::common::cases::small(crate::common::report());
    let names: Vec<String> = (1..=count).map(|n| format!("n{n}")).collect();
    report.subject.nodes = count;
    report.environment.nodes = names
        .iter()
        .map(|name| NodeSetup {
            name: name.clone(),
            ..NodeSetup::default()
        })
        .collect();
    let span = |from: u64, to: u64| (crate::common::ms(from), crate::common::ms(to));
    for scenario in &mut report.scenarios {
        let (from, to) = span(36_000, 38_000);
        let (silent_from, silent_to) = span(39_000, 40_000);
        scenario.judgement.lanes = names
            .iter()
            .map(|name| NodeLane {
                node: name.clone(),
                leading: vec![LeadSpan {
                    from,
                    to,
                    epoch: Some(4),
                    seats: 1,
                }],
                silent: vec![Span {
                    from: silent_from,
                    to: silent_to,
                }],
                down: vec![],
            })
            .collect();
        for fault in &mut scenario.faults {
            fault.targets.clone_from(&names);
        }
        for excerpt in &mut scenario.logs {
            let log = excerpt.nodes[0].clone();
            excerpt.nodes = names
                .iter()
                .map(|name| NodeLog {
                    node: name.clone(),
                    ..log.clone()
                })
                .collect();
        }
    }
    report
}

/// A drawing of a page: the height of its coordinates, and the text between its tags.
fn drawings<'a>(page: &'a str, class: &str) -> Vec<(u32, &'a str)> {
    let begin = format!("<svg class=\"{class}\" viewBox=\"0 0 1800 ");
    let parts = page.split(begin.as_str()).skip(1);
    parts
        .map(|part| {
            let (height, _) = part.split_once('"').expect("a view box");
            let end = part.find("</svg>").expect("an end");
            (height.parse().expect("a height"), &part[..end])
        })
        .collect()
}

fn number(tag: &Tag, name: &str) -> Option<u32> {
    tag.get(name)?.parse().ok()
}

#[test]
fn a_page_has_a_lane_for_each_of_one_five_or_nine_nodes() {
    for count in [1, 5, 9] {
        let page = reports::html(&with_nodes(count)).text;
        for (class, others) in [("lanes", 2), ("mini", 1), ("timeline", 1)] {
            let all = drawings(&page, class);
            assert!(!all.is_empty(), "{count} nodes: no drawing {class}");
            for (height, drawing) in all {
                assert!(
                    height >= LANE * (count + others),
                    "{count} nodes in {class}: {height}"
                );
                lanes_are_apart(count, class, height, drawing);
            }
        }
    }
}

/// Every node is named once, and names are at least a lane apart and inside the drawing.
fn lanes_are_apart(count: u32, class: &str, height: u32, drawing: &str) {
    let place = |name: &str| -> u32 {
        let end = format!(">{name}</text>");
        assert_eq!(drawing.matches(&end).count(), 1, "{name} in {class}");
        let before = &drawing[..drawing.find(&end).expect("the name")];
        let tag = &before[before.rfind("<text").expect("its tag")..];
        let y = tag.split(" y=\"").nth(1).and_then(|y| y.split('"').next());
        y.and_then(|y| y.parse().ok()).expect("a place")
    };
    let mut places: Vec<u32> = (1..=count).map(|n| place(&format!("n{n}"))).collect();
    places.push(place("faults"));
    places.sort_unstable();
    for pair in places.windows(2) {
        assert!(pair[1] - pair[0] >= LANE, "{count} nodes: {places:?}");
    }
    assert!(places.iter().all(|y| *y < height), "{places:?} in {height}");
}

/// Bars of different nodes never share a place: each has the height of its own lane.
#[test]
fn bars_of_different_nodes_do_not_overlap() {
    for count in [1, 5, 9] {
        let page = reports::html(&with_nodes(count)).text;
        let (_, drawing) = drawings(&page, "lanes")[0];
        let leaders: Vec<&str> = drawing.split("<g class=\"leader\">").skip(1).collect();
        assert_eq!(leaders.len() as u32, count);
        let rects: BTreeSet<(u32, u32)> = leaders
            .iter()
            .map(|part| {
                let end = part.find("</rect>").expect("a bar") + "</rect>".len();
                let rect = format!("<!DOCTYPE html>{}", &part[..end]);
                let tag = &tags(&rect)[0];
                let (y, height) = (number(tag, "y"), number(tag, "height"));
                (y.expect("y"), height.expect("height"))
            })
            .collect();
        assert_eq!(rects.len() as u32, count, "one place each");
        let all: Vec<&(u32, u32)> = rects.iter().collect();
        for pair in all.windows(2) {
            assert!(pair[0].0 + pair[0].1 <= pair[1].0, "{pair:?}");
        }
    }
}

#[test]
fn tables_and_words_follow_the_number_of_nodes() {
    for (count, words) in [(1, "1 node"), (5, "5 nodes"), (9, "9 nodes")] {
        let report = with_nodes(count);
        let page = reports::html(&report).text;
        assert!(page.contains(&format!("<span>{words}</span>")), "{words}");
        assert!(
            page.contains(&format!(">nodes</th><td>{count}</td>")),
            "{words}"
        );
        let setups = page.matches(": command and configuration").count();
        assert_eq!(setups as u32, count);
        let sources = page
            .matches("scenarios/default/nodes/n1/stderr.log")
            .count();
        assert_eq!(sources as u32, count, "a log of each node");
        for text in ["three", "other two", "both other"] {
            let shown = page.split("<script>").next().expect("the page");
            assert!(!shown.contains(text), "{count} nodes: {text}");
        }
    }
}
