//! Histories that are torn, cut, altered, or filled with nothing.

use super::*;

const HEADER: &str = "{\"format\":\"jepsen-history\",\"version\":1}\n";

#[test]
fn a_torn_last_line_is_a_warning_and_any_other_an_error() {
    let good = "{\"i\":0,\"t\":1,\"type\":\"phase\",\"phase\":\"load\"}\n";
    let torn = format!("{HEADER}{good}{{\"i\":1,\"t\"");
    let parsed = parse(&torn).expect("readable");
    assert_eq!((parsed.events.len(), parsed.warnings.len()), (1, 1));
    let broken = format!("{HEADER}{{\"i\":0,\"t\"\n{good}");
    assert!(matches!(
        parse(&broken),
        Err(ParseError::Line { line: 2, .. })
    ));
    assert_eq!(parse("").err(), Some(ParseError::Empty));
    assert!(matches!(parse("hello\n"), Err(ParseError::Header { .. })));
    let other = HEADER.replace('1', "2");
    assert!(matches!(
        parse(&other),
        Err(ParseError::Format { version: 2, .. })
    ));
    let gap = format!("{HEADER}{}", good.replace("\"i\":0", "\"i\":5"));
    assert!(matches!(parse(&gap), Err(ParseError::Line { line: 2, .. })));
}

/// A history of two events with its end line.
fn sealed() -> String {
    let header = "{\"format\":\"jepsen-history\",\"version\":1,\"sealed\":true}\n";
    let event = |i: u64| format!("{{\"i\":{i},\"t\":{i},\"type\":\"phase\",\"phase\":\"load\"}}\n");
    let text = format!("{header}{}{}", event(0), event(1));
    let mut digest = Digest::new();
    digest.add(text.as_bytes());
    format!("{text}{}\n", Seal::new(2, 1, &digest).line())
}

#[test]
fn every_changed_byte_of_a_sealed_history_is_reported() {
    let text = sealed();
    let parsed = parse(&text).expect("whole");
    assert_eq!((parsed.events.len(), parsed.cut), (2, false));
    assert!(parsed.warnings.is_empty());
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let mut reader = LineReader::default();
            let lines = bytes.split_inclusive(|byte| *byte == b'\n');
            let read: Result<Vec<()>, _> = lines.map(|line| reader.line(line)).collect();
            let unseen = read.is_ok() && reader.finish().is_ok_and(|parsed| !parsed.cut);
            assert!(!unseen, "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn every_cut_of_a_sealed_history_is_reported() {
    let text = sealed();
    for end in 0..text.len() {
        if let Ok(parsed) = parse(&text[..end]) {
            assert!(parsed.cut && !parsed.warnings.is_empty(), "cut at {end}");
        }
    }
    let more = format!("{text}\n");
    assert!(matches!(
        parse(&more),
        Err(ParseError::Damaged { line: 5, .. })
    ));
}

#[test]
fn empty_lines_are_counted() {
    let many = format!("{HEADER}{}", "\n".repeat(BLANK_LINES_MAX));
    assert!(parse(&many).is_ok());
    let more = parse(&format!("{many}\n")).expect_err("too many");
    assert!(
        more.to_string().contains("more than 1000 empty lines"),
        "{more}"
    );
}
