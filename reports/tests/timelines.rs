//! Timelines and excerpts: taken from a history in one pass, shrunk around the failure, linked both ways.

use crate::common::markup::tags;
use checkers::history::{Event, Outcome};
use checkers::judgement::Judgement;
use checkers::verdict::{Anomaly, Class, Evidence, Finding, Verdict};
use reports::limits::{EXCERPTS_MAX, OPERATIONS_PER_EXCERPT_MAX};
use reports::model::{Excerpt, FailureStretch, Operation};

/// One append each millisecond, each taking half of one; the one called at 5 s never returns.
fn history(count: u64) -> Vec<Event> {
    let event = |line: String| -> Event { serde_json::from_str(&line).expect("an event") };
    let mut events = Vec::new();
    for n in 0..count {
        let (i, t) = (n * 2, n * 1_000_000);
        events.push(event(format!(
            r#"{{"i":{i},"t":{t},"type":"invoke","worker":{n},"f":"append","topic":"t0","partition":0,"values":["{n}"],"acks":"all"}}"#
        )));
        if n != 5_000 {
            events.push(event(format!(
                r#"{{"i":{},"t":{},"type":"ok","worker":{n},"f":"append","records":[{{"offset":{n},"outcome":"ok"}}],"node":"n1"}}"#,
                i + 1,
                t + 500_000
            )));
        }
    }
    events
}

fn judgement(windows: &[Option<(u64, u64)>], operations: Vec<u64>) -> Judgement {
    let mut verdict = Verdict::new("availability", Class::Liveness);
    for (kind, window) in windows.iter().enumerate() {
        let status = kind.to_string();
        verdict.found(Anomaly {
            kind: Finding::UnprovokedExit {
                node: "n1".into(),
                status,
            },
            certain: true,
            evidence: Evidence {
                window: *window,
                operations: operations.clone(),
                ..Evidence::default()
            },
        });
    }
    Judgement {
        verdicts: vec![verdict],
        ..Judgement::default()
    }
}

#[test]
fn an_excerpt_holds_what_ran_around_the_failure() {
    let events = history(12_000);
    let judgement = judgement(&[Some((5_000_000_000, 5_010_000_000))], vec![]);
    let around = FailureStretch::failures(&judgement, &[]);
    assert_eq!(around[0].stretch, (2_000_000_000, 8_010_000_000));
    let excerpts = Excerpt::collect(&events, &around);
    let [excerpt] = excerpts.as_slice() else {
        panic!("one failure, one excerpt");
    };
    assert_eq!(
        excerpt.operations_total, 6_011,
        "2.0 s to 8.01 s, and none that returned before"
    );
    assert_eq!(excerpt.operations.len(), OPERATIONS_PER_EXCERPT_MAX);
    assert!(
        excerpt.begin_ns > 2_000_000_000 && excerpt.begin_ns < 5_000_000_000,
        "it shrank"
    );
    assert!(
        excerpt.end_ns > 5_010_000_000 && excerpt.end_ns < 8_010_000_000,
        "on both sides"
    );
    let open = excerpt
        .operations
        .iter()
        .find(|o| o.op == 10_000)
        .expect("the one that hung");
    assert_eq!((open.returned_ns, open.outcome), (None, None));
    let other = excerpt
        .operations
        .iter()
        .find(|o| o.op == 10_002)
        .expect("its neighbour");
    assert_eq!(
        (other.outcome, other.offset.as_str()),
        (Some(Outcome::Ok), "5001")
    );
    assert!(excerpt.operations.is_sorted_by_key(|o| o.called_ns));
}

#[test]
fn a_failure_without_a_window_is_where_its_operations_are() {
    let events = history(9_000);
    let judgement = judgement(&[None], vec![4_000, 17_000]);
    let operations = Operation::collect(&events, &judgement);
    assert_eq!(operations.len(), 2);
    let around = FailureStretch::failures(&judgement, &operations);
    assert_eq!(around[0].failure, (2_000_000_000, 8_500_500_000));
    let far: Vec<Operation> = operations
        .into_iter()
        .map(|mut o| {
            o.called_ns *= 20;
            o.returned_ns = o.returned_ns.map(|t| t * 20);
            o
        })
        .collect();
    let around = FailureStretch::failures(&judgement, &far);
    assert_eq!(
        around[0].failure,
        (40_000_000_000, 40_010_000_000),
        "far apart: the first"
    );
}

#[test]
fn there_are_few_excerpts_however_many_failures() {
    let mut judgement = Judgement::default();
    for n in 0..40_u64 {
        let mut verdict = Verdict::new(&format!("check {n}"), Class::Safety);
        verdict.found(Anomaly {
            kind: Finding::OutcomesMissing {
                sent: 2,
                reported: 1,
            },
            certain: true,
            evidence: Evidence {
                window: Some((n * 9_000_000_000, n * 9_000_000_000 + 1)),
                ..Evidence::default()
            },
        });
        judgement.verdicts.push(verdict);
    }
    assert_eq!(
        FailureStretch::failures(&judgement, &[]).len(),
        EXCERPTS_MAX
    );
    judgement
        .verdicts
        .iter_mut()
        .for_each(|v| v.anomalies[0].evidence.window = Some((5, 6)));
    assert_eq!(
        FailureStretch::failures(&judgement, &[]).len(),
        1,
        "what is near shares one"
    );
}

#[test]
fn every_failure_card_lands_on_its_mark() {
    let report = crate::common::report();
    let page = reports::html(&report).text;
    let tags = tags(&page);
    let marks: Vec<&str> = tags
        .iter()
        .filter(|t| t.get("class") == Some("window"))
        .filter_map(|t| t.get("id"))
        .collect();
    assert_eq!(marks, ["tl1-f1", "tl1-f1-2", "tl1-f1-3", "tl2-f2"]);
    let links: Vec<&str> = tags
        .iter()
        .filter(|t| t.get("class") == Some("to-timeline"))
        .filter_map(|t| t.get("href"))
        .collect();
    assert_eq!(links, ["#tl1-f1", "#tl1-f1-2", "#tl1-f1-3", "#tl2-f2"]);
    assert!(
        page.contains("href=\"#tl1-o18820\""),
        "operations of the evidence too"
    );
    assert!(page.contains("id=\"tl1-o18820\" class=\"o ok proves\""));
}

/// A mark's place is a function of its times, which the script reads.
#[test]
fn marks_lie_where_their_times_say() {
    let page = reports::html(&crate::common::report()).text;
    let tags = tags(&page);
    let mut checked = 0;
    for tag in tags
        .iter()
        .filter(|t| t.get("id").is_some_and(|id| id.starts_with("tl1-o")))
    {
        let number = |name: &str| tag.get(name).and_then(|v| v.parse::<f64>().ok());
        let times = tag
            .get("data-t")
            .and_then(|t| t.split_once(' '))
            .expect("times");
        let from: f64 = times.0.parse().expect("a number");
        let wanted = 130.0 + from.max(0.0) / 6_230_000.0 * (1_800.0 - 130.0 - 24.0);
        let x = number("x").expect("a place");
        assert!((x - wanted).abs() < 0.11, "{tag:?}: {x}, not {wanted}");
        assert!(number("width") >= Some(2.0), "{tag:?}");
        checked += 1;
    }
    assert!(checked > 300, "{checked} operations");
}

#[test]
fn without_an_excerpt_the_page_says_so() {
    let mut report = crate::common::report();
    report.scenarios[0].excerpts.clear();
    report.scenarios[0].logs.clear();
    let page = reports::html(&report).text;
    assert!(page.contains("other operations are in the history"));
    assert!(
        !page.contains("id=\"logs\""),
        "a section without content is absent"
    );
    assert!(
        page.contains("id=\"tl1-o18820\""),
        "the evidence is drawn all the same"
    );
}
