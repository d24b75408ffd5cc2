//! The pages over several runs: the index with its trend, and a comparison alone; and how incomplete runs look.

use crate::common::around::{comparison, summaries};
use crate::common::markup::tags;
use checkers::verdict::Validity;
use reports::model::{FindingStatus, RunSummary, SummaryError};

#[test]
fn the_index_lists_newest_first_and_links_below_itself() {
    let page = reports::index_html(&summaries());
    let tags = tags(&page);
    let links: Vec<&str> = tags.iter().filter_map(|t| t.get("href")).collect();
    assert!(links.len() > 24);
    for link in &links {
        assert!(link.starts_with("./2026") && !link.contains(".."), "{link}");
    }
    assert!(
        links[0].starts_with("./20261123T084021Z-5eed/"),
        "{}",
        links[0]
    );
    assert!(
        page.contains("… incomplete"),
        "a run without results is not valid"
    );
    assert!(!page.contains("://"), "nothing from elsewhere");
}

#[test]
fn a_name_cannot_lead_out_of_the_index() {
    let hostile = |id: &str, file: &str| {
        let mut run = RunSummary::without_results(id);
        run.files = vec![file.into()];
        run
    };
    let runs = [
        hostile("../../etc", "passwd"),
        hostile("javascript:alert(1)", "a b/\"><script>.log"),
        hostile("..", "../x"),
        hostile("ok", "../../secret"),
    ];
    let page = reports::index_html(&runs);
    let tags = tags(&page);
    let links: Vec<&str> = tags.iter().filter_map(|t| t.get("href")).collect();
    let wanted = [
        "./..%2F..%2Fetc/report.html",
        "./..%2F..%2Fetc/passwd",
        "./javascript%3Aalert%281%29/report.html",
        "./javascript%3Aalert%281%29/a%20b/%22%3E%3Cscript%3E.log",
        "./ok/report.html",
    ];
    let mut sorted: Vec<&str> = links.clone();
    sorted.sort_unstable();
    let mut wanted = wanted.to_vec();
    wanted.sort_unstable();
    assert_eq!(sorted, wanted);
}

#[test]
fn a_summary_is_read_from_results() {
    let report = crate::common::suite();
    let summary = RunSummary::read(&reports::results_json(&report)).expect("our own results");
    assert_eq!(summary, RunSummary::of(&report));
    assert_eq!(summary.validity, Some(Validity::Invalid));
    assert_eq!((summary.scenarios_invalid, summary.scenarios_valid), (2, 2));
    assert_eq!(summary.longest_gap_ms, Some(4_930));
    assert_eq!(summary.append_p99_us, Some(7_900));
    let sparse =
        RunSummary::read(r#"{"schema":1,"run":{"id":"x"}}"#).expect("fields may be missing");
    assert_eq!(sparse.validity, None, "never valid by default");
    assert!(matches!(
        RunSummary::read("{\"schema\":1"),
        Err(SummaryError::Malformed(_))
    ));
    let later = RunSummary::read(r#"{"schema":2}"#);
    assert!(matches!(later, Err(SummaryError::Schema { found: 2, .. })));
}

#[test]
fn the_comparison_says_what_is_new() {
    let report = crate::common::report();
    let page = reports::html(&report).text;
    for text in [
        "new 1",
        "ongoing 1",
        "resolved 1",
        "worse: append p99 +39 %",
        "Processors: 8 then, 4 now.",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let alone = reports::comparison_html("A and B", &comparison());
    tags(&alone);
    assert!(alone.contains("not enough data") && alone.contains("0.003"));
    assert_eq!(comparison().count(FindingStatus::New), 1);
}

/// Exit code 3: every check is valid, a figure is not.
#[test]
fn a_regression_alone_disqualifies() {
    let mut report = crate::common::cases::valid();
    report.run.suite = "smoke".into();
    assert!(reports::html(&report).text.contains("QUALIFIED"));
    report.comparison = Some(comparison());
    report.exit_code = 3;
    assert!(reports::summary_text(&report, false).starts_with("✗ NOT QUALIFIED"));
    assert!(reports::summary_markdown(&report).starts_with("## ✗ NOT QUALIFIED"));
}

#[test]
fn a_run_with_a_missing_part_is_never_valid() {
    let mut report = crate::common::cases::valid();
    report.run.incomplete = vec!["shards 3 and 5 of 5 are missing".into()];
    let page = reports::html(&report).text;
    assert!(page.contains("? UNDECIDED") || page.contains("?</span> UNDECIDED"));
    assert!(page.contains("shards 3 and 5 of 5 are missing"));
    assert!(reports::summary_text(&report, false).starts_with("? UNDECIDED"));
    let summary = RunSummary::of(&report);
    assert!(summary.incomplete);
    assert!(reports::index_html(&[summary]).contains("incomplete"));
}

#[test]
fn a_run_that_broke_off_draws_what_it_has() {
    let report = crate::common::cases::interrupted();
    let page = reports::html(&report).text;
    assert!(page.contains("class=\"interrupted\">interrupted<"));
    let open = report.scenarios[0]
        .faults
        .iter()
        .find(|f| f.end_ns.is_none())
        .expect("a fault");
    assert!(page.contains(&format!("{}: {}, began", open.id, open.title())));
    assert!(
        page.contains("not healed"),
        "a fault without a heal runs to the end"
    );
}

#[test]
fn runs_that_are_not_alike_have_nothing_new() {
    let mut compared = comparison();
    compared.not_alike(vec![
        "planted bugs: none in the first run, late-fence in the second".into(),
    ]);
    compared.figures_not_compared =
        "the runs were not interleaved; `jepsen qualify --against TARGET` does that".into();
    compared.earlier = Some(reports::side(&crate::common::report()));
    compared.candidate = compared.earlier.clone().map(|mut side| {
        side.subject.plants = vec!["late-fence".into()];
        side.page = "./runs/x/report.html".into();
        side
    });
    assert_eq!(
        (
            compared.count(FindingStatus::New),
            compared.count(FindingStatus::Resolved)
        ),
        (0, 0)
    );
    let page = reports::comparison_html("A and B", &compared);
    let first = page.find("Not like for like").expect("it says so");
    assert!(first < page.find("<table").expect("tables"), "first of all");
    for text in [
        "only in the second",
        "with the planted bug late-fence",
        "href=\"./runs/x/report.html\"",
        "<code>jepsen qualify --against TARGET</code>",
        "INVALID",
    ] {
        assert!(page.contains(text), "{text}");
    }
    let body = &page[page.find("<body").expect("a body")..];
    assert!(
        !body.contains('`') && !body.contains(">new<"),
        "no Markdown in HTML"
    );
}

#[test]
fn planted_bugs_are_named_in_the_index() {
    let mut report = crate::common::report();
    report.subject.plants = vec!["late-fence".into()];
    let page = reports::index_html(&[RunSummary::of(&report)]);
    assert!(page.contains("with the planted bug late-fence"));
}
