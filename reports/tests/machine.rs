//! What machines read: JUnit before a strict reader, results.json against its published schema, metrics.json.

use crate::common::{cases, schema};
use reports::limits::{JUNIT_BODY_BYTES_MAX, JUNIT_MESSAGE_CHARACTERS_MAX};
use serde_json::Value;

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn results_obey_the_published_schema() {
    let schema = parsed(reports::RESULTS_SCHEMA);
    for (name, report) in cases::all() {
        let results = parsed(&reports::results_json(&report));
        let wrong = schema::violations(&schema, &results);
        assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
    }
    let mut odd = crate::common::report();
    odd.scenarios[0].judgement.verdicts = crate::common::findings::every_verdict("t0");
    let wrong = schema::violations(&schema, &parsed(&reports::results_json(&odd)));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A validator that passes everything would prove nothing.
#[test]
fn the_schema_refuses_what_is_wrong() {
    let schema = parsed(reports::RESULTS_SCHEMA);
    let results = parsed(&reports::results_json(&crate::common::report()));
    let breaks: [(&str, Value); 6] = [
        ("/schema", 2.into()),
        ("/validity", "fine".into()),
        ("/run/duration_ms", "long".into()),
        ("/scenarios/0/checks/0/class", "beauty".into()),
        ("/scenarios/0/checks/0/anomaly_count", 1.5.into()),
        ("/warnings", Value::Null),
    ];
    for (pointer, value) in breaks {
        let mut broken = results.clone();
        *broken.pointer_mut(pointer).expect("the field is there") = value;
        assert_eq!(schema::violations(&schema, &broken).len(), 1, "{pointer}");
    }
    let mut broken = results;
    broken["run"]
        .as_object_mut()
        .expect("an object")
        .remove("seed");
    assert_eq!(
        schema::violations(&schema, &broken).len(),
        1,
        "a field is missing"
    );
}

#[test]
fn results_say_what_the_page_says() {
    let report = crate::common::report();
    let results = parsed(&reports::results_json(&report));
    assert_eq!(results["validity"], "invalid");
    assert_eq!(results["counts"]["invalid"], 2);
    let lost = &results["scenarios"][0]["checks"][2];
    assert_eq!(lost["name"], "lost-write");
    assert_eq!(lost["anomalies"][0]["id"], "f1");
    assert_eq!(lost["anomalies"][2]["id"], "f1-3");
    assert_eq!(
        lost["anomalies"][0]["ops"],
        serde_json::json!([18_820, 112_904])
    );
    let page = reports::html(&report).text;
    assert!(
        page.contains("id=\"f1\"") && page.contains("id=\"f1-3\""),
        "ids are the page's"
    );
}

#[test]
fn junit_counts_what_it_holds() {
    for (name, report) in cases::all() {
        let xml = reports::junit_xml(&report);
        let document = roxmltree::Document::parse(&xml).unwrap_or_else(|e| panic!("{name}: {e}"));
        let count = |tag: &str| {
            document
                .descendants()
                .filter(|n| n.has_tag_name(tag))
                .count()
        };
        let root = document.root_element();
        let stated = |attribute: &str| root.attribute(attribute).and_then(|n| n.parse().ok());
        assert_eq!(stated("tests"), Some(count("testcase")), "{name}");
        assert_eq!(stated("failures"), Some(count("failure")), "{name}");
        assert_eq!(stated("errors"), Some(count("error")), "{name}");
        let suites = document
            .descendants()
            .filter(|n| n.has_tag_name("testsuite"));
        let skipped: usize = suites
            .filter_map(|suite| suite.attribute("skipped")?.parse::<usize>().ok())
            .sum();
        assert_eq!(skipped, count("skipped"), "{name}");
        for case in document
            .descendants()
            .filter(|n| n.has_tag_name("testcase"))
        {
            assert!(case.attribute("name").is_some() && case.attribute("classname").is_some());
        }
    }
}

/// What a schema says of an element.
struct Element {
    name: &'static str,
    children: &'static [&'static str],
    must: &'static [&'static str],
    may: &'static [&'static str],
}

const fn element(
    name: &'static str,
    children: &'static [&'static str],
    must: &'static [&'static str],
    may: &'static [&'static str],
) -> Element {
    Element {
        name,
        children,
        must,
        may,
    }
}

/// Elements, what they may hold, which attributes they must and may have: junit-10.xsd of Jenkins' xUnit plugin, the
/// strictest schema in use, as far as we write of it.
const STRICT: [Element; 8] = [
    element(
        "testsuites",
        &["testsuite"],
        &[],
        &["name", "time", "tests", "failures", "errors"],
    ),
    element(
        "testsuite",
        &["properties", "testcase", "system-out", "system-err"],
        &["name", "tests", "failures", "errors"],
        &["time", "skipped", "timestamp", "hostname", "id", "package"],
    ),
    element("properties", &["property"], &[], &[]),
    element("property", &[], &["name", "value"], &[]),
    element(
        "testcase",
        &["skipped", "error", "failure", "system-out", "system-err"],
        &["name"],
        &["time", "classname"],
    ),
    element("failure", &[], &[], &["type", "message"]),
    element("error", &[], &[], &["type", "message"]),
    element("skipped", &[], &[], &["type", "message"]),
];

/// What the schema refuses in a document.
fn refused(xml: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(xml).expect("well-formed");
    let mut refused = Vec::new();
    for element in document.descendants().filter(roxmltree::Node::is_element) {
        let name = element.tag_name().name();
        let Some(Element {
            children,
            must,
            may,
            ..
        }) = STRICT.iter().find(|element| element.name == name)
        else {
            refused.push(format!("<{name}>"));
            continue;
        };
        for child in element.children().filter(roxmltree::Node::is_element) {
            if !children.contains(&child.tag_name().name()) {
                refused.push(format!("<{}> in <{name}>", child.tag_name().name()));
            }
        }
        for attribute in element.attributes().map(|attribute| attribute.name()) {
            if !must.contains(&attribute) && !may.contains(&attribute) {
                refused.push(format!("{attribute} of <{name}>"));
            }
        }
        let missing = must
            .iter()
            .filter(|wanted| element.attribute(**wanted).is_none());
        refused.extend(missing.map(|wanted| format!("<{name}> without {wanted}")));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if let Some(time) = element.attribute("time")
            && !time
                .split_once('.')
                .is_some_and(|(whole, part)| digits(whole) && digits(part))
        {
            refused.push(format!("time {time}"));
        }
    }
    refused
}

#[test]
fn the_strictest_schema_takes_it() {
    for (name, report) in cases::all() {
        let xml = reports::junit_xml(&report);
        assert_eq!(refused(&xml), Vec::<String>::new(), "{name}");
        let broken = xml.replacen("<testsuites ", "<testsuites skipped=\"0\" ", 1);
        assert_eq!(refused(&broken), ["skipped of <testsuites>"], "{name}");
    }
}

/// Long messages and bodies break the readers of CI.
#[test]
fn junit_texts_are_short() {
    let mut report = crate::common::report();
    let verdicts = &mut report.scenarios[0].judgement.verdicts;
    *verdicts = crate::common::findings::every_verdict(&"<&\u{1b}x".repeat(20_000));
    let xml = reports::junit_xml(&report);
    let document = roxmltree::Document::parse(&xml).expect("well-formed");
    for node in document.descendants() {
        let message = node.attribute("message").unwrap_or_default();
        assert!(message.chars().count() <= JUNIT_MESSAGE_CHARACTERS_MAX);
        if node.has_tag_name("failure") || node.has_tag_name("error") {
            let bytes = node.range().len();
            assert!(bytes <= JUNIT_BODY_BYTES_MAX, "{bytes} bytes");
            let body = node.text().unwrap_or_default();
            assert!(
                body.contains("reproduce: cargo run"),
                "what is cut, the command stays"
            );
        }
    }
}

#[test]
fn metrics_hold_the_series_and_the_fault_regions() {
    let report = crate::common::report();
    let metrics = parsed(&reports::metrics_json(&report));
    let scenario = &metrics["scenarios"][0];
    let series: reports::model::Series =
        serde_json::from_value(scenario["series"].clone()).expect("the series, as stored");
    assert_eq!(series, report.scenarios[0].series);
    let regions = scenario["regions"].as_array().expect("regions");
    assert_eq!(
        regions.len(),
        report.scenarios[0].faults_in_effect().count()
    );
    assert_eq!(regions[0]["begin_ms"], 4_992, "from when it was asked for");
    assert_eq!(regions[0]["end_ms"], 8_000);
    assert_eq!(
        regions[0]["tags"],
        serde_json::json!(["k1", "isolate", "n1"])
    );
    for region in regions {
        assert!(region["begin_ms"].as_u64() <= region["end_ms"].as_u64());
    }
}
