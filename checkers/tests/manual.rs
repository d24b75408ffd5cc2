//! The tables of the manual, which is the documentation of the crate's root, say what the code says.

use checkers::foreign::ModelName;
use checkers::transactions::{Cycle, Order, PhenomenonKind};

/// The cells of a table's rows, without its head. The table is the first below a heading.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let manual = include_str!("../src/lib.rs");
    let below = manual.split(heading).nth(1).expect("the heading");
    below
        .lines()
        .map(|line| line.trim_start_matches("//!").trim())
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect()
}

#[test]
fn models() {
    let rows = rows("# Models of a foreign history\n");
    let code = ModelName::ALL.map(|model| {
        let name = format!("`{}`", model.name());
        [
            name,
            model.rules_out().to_owned(),
            model.authority().to_owned(),
        ]
    });
    assert_eq!(rows, code);
}

/// Names and what they rule out; those of data stand for those of the two other orders.
#[test]
fn anomalies() {
    let mut rows: Vec<(String, String)> = rows("# Anomalies of transactions\n")
        .iter()
        .map(|row| (row[0].to_owned(), row[2].to_owned()))
        .collect();
    let all = PhenomenonKind::all().into_iter();
    let mut code: Vec<(String, String)> = all
        .filter(|kind| {
            !matches!(
                kind,
                PhenomenonKind::Cycle(Order::Process | Order::Realtime, _)
                    | PhenomenonKind::NoOrder(Order::Process | Order::Realtime)
            )
        })
        .map(|kind| {
            let models: Vec<&str> = kind.rules_out().iter().map(|model| model.name()).collect();
            (format!("`{kind}`"), models.join(", "))
        })
        .collect();
    rows.sort();
    code.sort();
    assert_eq!(rows, code);
    assert_eq!(
        PhenomenonKind::Cycle(Order::Data, Cycle::G2).to_string(),
        "G2-item"
    );
}
