//! Golden files: the texts of the five cases, byte for byte. A change of wording or markup shows as a diff to read.
//!
//! `REPORTS_GOLDEN=write cargo test -p reports --test golden` writes them anew.

use std::path::{Path, PathBuf};

use crate::common::cases;
use reports::RunReport;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

fn compare(name: &str, text: &str) -> Result<(), String> {
    let path = golden(name);
    if std::env::var_os("REPORTS_GOLDEN").is_some_and(|v| v == "write") {
        std::fs::create_dir_all(golden("")).map_err(|e| e.to_string())?;
        return std::fs::write(&path, text).map_err(|e| e.to_string());
    }
    let wanted = std::fs::read_to_string(&path).map_err(|e| format!("{name}: {e}"))?;
    let differs = wanted.lines().zip(text.lines()).position(|(a, b)| a != b);
    match differs {
        None if wanted == text => Ok(()),
        None => Err(format!("{name}: one is the beginning of the other")),
        Some(line) => Err(format!(
            "{name}:{}\n  golden: {}\n  now:    {}",
            line + 1,
            wanted.lines().nth(line).unwrap_or_default(),
            text.lines().nth(line).unwrap_or_default()
        )),
    }
}

/// Style and script have files of their own; one tag a line makes a diff readable.
fn page(report: &RunReport) -> String {
    let page = reports::html(report).text;
    let page = without(
        &without(&page, "<style>", "</style>"),
        "<script>",
        "</script>",
    );
    page.replace("><", ">\n<") + "\n"
}

fn without(page: &str, begin: &str, end: &str) -> String {
    let from = page.find(begin).expect("the element") + begin.len();
    let to = from + page[from..].find(end).expect("its end");
    format!("{}{}", &page[..from], &page[to..])
}

#[test]
fn pages_are_as_they_were() {
    let wrong: Vec<String> = cases::all()
        .iter()
        .filter_map(|(name, report)| compare(&format!("{name}.html"), &page(report)).err())
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn texts_are_as_they_were() {
    let mut wrong = Vec::new();
    for (name, report) in cases::all() {
        let texts = [
            ("txt", reports::summary_text(&report, false)),
            ("md", reports::summary_markdown(&report)),
            ("results.json", reports::results_json(&report)),
            ("junit.xml", reports::junit_xml(&report)),
        ];
        for (end, text) in texts {
            wrong.extend(compare(&format!("{name}.{end}"), &text).err());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for (name, report) in cases::all() {
        let stored = serde_json::to_string(&report).expect("a report is plain values");
        let again: RunReport = serde_json::from_str(&stored).expect("what was stored is read");
        assert_eq!(report, again, "{name}: the stored values are the values");
        assert_eq!(reports::html(&report), reports::html(&again), "{name}");
        assert_eq!(
            reports::metrics_json(&report),
            reports::metrics_json(&again),
            "{name}"
        );
    }
}

/// The last block is read on a terminal of 24 lines.
#[test]
fn the_last_block_is_short() {
    let mut crowded = crate::common::report();
    let verdicts = crate::common::findings::every_verdict("t");
    crowded.scenarios[0].judgement.verdicts = verdicts;
    for report in cases::all()
        .map(|(_, report)| report)
        .iter()
        .chain([&crowded])
    {
        let block = reports::summary_text(report, true);
        assert!(
            block.lines().count() <= reports::limits::SUMMARY_LINES_MAX,
            "{block}"
        );
        assert!(block.contains(&report.run.reproduce), "{block}");
    }
}
