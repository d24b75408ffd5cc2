//! Texts of strangers (values, node names, topics, errors, evidence, logs) stay inert in HTML, XML, JSON, Markdown and
//! on a terminal.

use crate::common::markup::{tags, unescape};
use reports::RunReport;

/// Ends scripts, comments and CDATA, opens tags and attributes, moves the cursor, turns writing around, breaks XML.
const HOSTILE: &str = "</script></style><script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg/onload=1>\
     ]]>--><!--&lt;&#0;\u{0}\u{1b}[31mred\u{1b}]0;title\u{7}\r\n\t\u{8}\u{7f}\u{85}\u{202e}\u{2066}\u{feff}\u{fffe}|`*_[x](javascript:1)";

fn poisoned() -> RunReport {
    let mut report = crate::common::cases::small(crate::common::report());
    let text = || HOSTILE.to_string();
    report.subject.name = text();
    report.subject.version = text();
    report.run.directory = text();
    report.run.seed = text();
    report.run.id = text();
    report.run.suite = text();
    report.run.started = text();
    report.run.reproduce = text();
    report.run.recheck = text();
    report.tool.commit = text();
    report.not_tested.push(text());
    report.warnings.push(text());
    report.faults_unavailable[0].why = text();
    report.faults_unavailable[0].class = text();
    let environment = &mut report.environment;
    environment.kernel = text();
    environment.cpu_model = text();
    environment.librdkafka = text();
    environment.network = text();
    environment.data_filesystem.kind = text();
    environment.client[0].name = text();
    environment.client[0].value = text();
    for node in &mut environment.nodes {
        (node.name, node.address) = (text(), text());
        (node.command, node.config) = (text(), text());
    }
    for scenario in &mut report.scenarios {
        scenario.name = text();
        scenario.seed = text();
        scenario.description = text();
        scenario.judgement.verdicts = crate::common::findings::every_verdict(HOSTILE);
        for lane in &mut scenario.judgement.lanes {
            lane.node = text();
        }
        for election in &mut scenario.judgement.elections {
            election.old_leader = Some(text());
            election.new_leader = Some(text());
        }
        for fault in &mut scenario.faults {
            (fault.kind, fault.role) = (text(), text());
            (fault.evidence, fault.targets) = (text(), vec![text()]);
            fault.links = vec![(text(), text())];
            fault.role_held = false;
        }
        for operation in &mut scenario.operations {
            (operation.call, operation.topic) = (text(), text());
            (operation.offset, operation.value) = (text(), text());
            (operation.node, operation.error) = (Some(text()), text());
        }
        for file in &mut scenario.files {
            (file.name, file.path) = (text(), text());
        }
        for series in &mut scenario.series.latency {
            series.call = text();
        }
    }
    report
}

#[test]
fn in_html_it_opens_no_tag_and_no_attribute() {
    let page = reports::html(&poisoned()).text;
    let tags = tags(&page);
    let of = |name: &str| tags.iter().filter(|t| t.name == name).count();
    assert_eq!((of("script"), of("style"), of("img")), (1, 1, 0));
    for tag in &tags {
        for (name, value) in &tag.attributes {
            assert!(!name.starts_with("on"), "{name}={value}");
            assert!(name != "href" || value.starts_with('#'), "{value}");
        }
    }
    let acting = page
        .find(acts)
        .map(|at| page[..at].chars().rev().take(200).collect::<Vec<_>>());
    let before = acting.map(|before| before.into_iter().rev().collect::<String>());
    assert_eq!(before, None, "a control character is left after this");
    let shown = unescape(&page);
    assert!(
        shown.contains("<img src=x onerror=alert(2)>"),
        "it is shown as what it is"
    );
}

/// Control characters other than the line breaks and tabs of blocks, and marks that turn writing around.
fn acts(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}')
}

#[test]
fn in_xml_a_strict_reader_takes_it() {
    let xml = reports::junit_xml(&poisoned());
    assert!(!xml.chars().any(acts));
    let document = roxmltree::Document::parse(&xml).expect("well-formed");
    let suites = document.root_element();
    assert_eq!(suites.tag_name().name(), "testsuites");
    let names: Vec<&str> = document
        .descendants()
        .map(|n| n.tag_name().name())
        .collect();
    assert!(!names.contains(&"script") && !names.contains(&"img"));
}

#[test]
fn on_a_terminal_it_moves_nothing() {
    let report = poisoned();
    let plain = reports::summary_text(&report, false);
    assert!(!plain.chars().any(|c| acts(c) || c == '\t'), "{plain:?}");
    assert!(plain.lines().count() <= reports::limits::SUMMARY_LINES_MAX);
    let colour = reports::summary_text(&report, true);
    for part in colour.split('\u{1b}').skip(1) {
        let ours = ["[32m", "[1;31m", "[33m", "[2m", "[0m"];
        assert!(ours.iter().any(|code| part.starts_with(code)), "{part:?}");
    }
}

#[test]
fn in_json_it_stays_a_text() {
    let report = poisoned();
    for text in [
        reports::results_json(&report),
        reports::metrics_json(&report),
    ] {
        let _: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert!(!text.chars().any(|c| c < ' ' && c != '\n'), "escaped");
    }
}

#[test]
fn in_markdown_it_is_no_markup() {
    let markdown = reports::summary_markdown(&poisoned());
    let (table, command) = markdown.split_once("\nReproduce: ").expect("a command");
    for markup in ["<script", "<img", "x](javascript", "<!--", " `", " *_"] {
        assert!(!table.contains(markup), "{markup} in {table}");
    }
    assert_eq!(
        command.matches('`').count(),
        2,
        "one span of code: {command}"
    );
    assert_eq!(command.trim_end().lines().count(), 1);
    assert!(!markdown.chars().any(acts));
}
