//! Transactions: transcripts of one anomaly each, simulated databases, public histories, and agreement
//! with a search through all orders.

#![expect(
    clippy::print_stdout,
    reason = "what was seen, or skipped, is for a reader"
)]

#[path = "transactions/agreement.rs"]
mod agreement;
#[path = "transactions/brute.rs"]
mod brute;
#[path = "transactions/database.rs"]
mod database;
#[path = "transactions/hostile.rs"]
mod hostile;
#[path = "transactions/logs.rs"]
mod logs;
#[path = "transactions/possible.rs"]
mod possible;
mod public;
#[path = "transactions/simulated.rs"]
mod simulated;
#[path = "transactions/transcript.rs"]
mod transcript;

use std::path::{Path, PathBuf};

use checkers::edn;
use checkers::transactions::{
    ConsistencyModel, Cycle, Order, PhenomenonKind, TransactionOptions, TransactionsVerdict,
    judge_list_append, judge_rw_register,
};
use checkers::verdict::Validity;
use database::Plan;

#[allow(clippy::disallowed_methods, reason = "tests read files")]
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Each transcript says what is said of it, byte for byte.
#[test]
#[allow(clippy::disallowed_methods, reason = "tests read and write files")]
fn transcripts_are_judged_as_they_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transactions/testdata");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("the transcripts are here")
        .map(|entry| entry.expect("readable").path())
        .collect();
    paths.sort();
    assert!(paths.len() > 20, "the transcripts were not found");
    let is_writing = std::env::var_os("JEPSEN_TRANSCRIPTS").is_some_and(|word| word == "write");
    for path in paths {
        let text = read(&path);
        let (history, expected) = text.split_once("----\n").unwrap_or((&text, ""));
        let said = transcript::said(&transcript::judge(history));
        if is_writing {
            std::fs::write(&path, format!("{history}----\n{said}")).expect("writable");
        } else {
            assert_eq!(said, expected, "{}", path.display());
        }
    }
}

fn judge(plan: Plan) -> TransactionsVerdict {
    judge_text(&database::history(plan), plan.registers)
}

fn judge_text(text: &str, registers: bool) -> TransactionsVerdict {
    let operations = edn::entries(text)
        .and_then(edn::operations)
        .expect("a history");
    let options = TransactionOptions::default();
    let verdict = match registers {
        true => judge_rw_register(&operations, &options),
        false => judge_list_append(&operations, &options),
    };
    verdict.expect("transactions")
}

fn cycle(order: Order, cycle: Cycle) -> PhenomenonKind {
    PhenomenonKind::Cycle(order, cycle)
}

/// Each file of the table has the verdict of the table, model by model, and Elle's anomalies.
#[test]
fn public_histories_are_judged_as_their_table_says() {
    let Some(folder) = public::histories() else {
        return;
    };
    let table = read(&folder.join("verdicts-elle.tsv"));
    let mut rows = table
        .lines()
        .map(|line| line.split('\t').collect::<Vec<&str>>());
    let head = rows.next().expect("a heading");
    for row in rows {
        let verdict = judge_text(&read(&folder.join(row[0])), row[1] == "rw-register");
        println!("{}: {}", row[0], transcript::said(&verdict));
        for (model, expected) in head.iter().zip(&row) {
            let (Ok(model), "valid" | "invalid") = (model.parse::<ConsistencyModel>(), *expected)
            else {
                continue;
            };
            assert_eq!(verdict.under(model).word(), *expected, "{} {model}", row[0]);
        }
        if row[0].ends_with("rw-register.edn") {
            assert_eq!(verdict.counts[&PhenomenonKind::GarbageRead], 1);
            assert_eq!(verdict.validity, Validity::Invalid);
        }
        if row[0].ends_with("paper-example.edn") {
            assert!(
                verdict
                    .counts
                    .contains_key(&cycle(Order::Data, Cycle::GSingle))
            );
        }
    }
}
