//! A recorded history of a Kafka-compatible cluster, judged by every check and by one of your own.

use std::error::Error;

use checkers::checks::{Check, Row, TABLE, judge_with};
use checkers::history::{Call, History, Outcome, jsonl};
use checkers::verdict::{Anomaly, Class, Evidence, Finding, Validity, Verdict};

/// Worker 1 appends two records; each is acknowledged at an offset. A consumer is given only the second, twice.
const HISTORY: &str = r#"{"format":"jepsen-history","version":1,"nodes":[{"name":"n1","address":"10.0.0.1:9092"}]}
{"i":0,"t":10,"type":"invoke","worker":1,"f":"append","topic":"t","partition":0,"values":["a"]}
{"i":1,"t":20,"type":"ok","worker":1,"f":"append","records":[{"offset":0,"outcome":"ok"}],"node":"n1"}
{"i":2,"t":30,"type":"invoke","worker":1,"f":"append","topic":"t","partition":0,"values":["b"]}
{"i":3,"t":3000000040,"type":"ok","worker":1,"f":"append","records":[{"offset":1,"outcome":"ok"}],"node":"n1"}
{"i":4,"t":3000000050,"type":"invoke","worker":2,"f":"poll","assigned":[{"topic":"t","partition":0,"position":0}]}
{"i":5,"t":3000000060,"type":"ok","worker":2,"f":"poll","records":[["t",0,1,"b"],["t",0,2,"b"]]}
"#;

/// A check of our own: no append takes longer than two seconds.
fn slow_append(check: &Check<'_>) -> Verdict {
    const LIMIT: u64 = 2_000_000_000;
    let mut verdict = check.verdict();
    let appends = check.operations().iter().filter(|operation| {
        matches!(operation.call, Call::Append(_)) && operation.outcome == Outcome::Ok
    });
    check.saw(
        appends.clone().count() as u64,
        "acknowledged appends",
        &mut verdict,
    );
    for append in appends {
        let Some(returned) = append.returned() else {
            continue;
        };
        let took = returned - append.called;
        if took > LIMIT {
            verdict.found(Anomaly {
                kind: Finding::Custom {
                    name: "slow-append".to_owned(),
                    text: format!("an append took {} ms", took / 1_000_000),
                },
                certain: true,
                evidence: Evidence {
                    operations: vec![append.id],
                    ..Evidence::default()
                },
            });
        }
    }
    verdict
}

const SLOW_APPEND: Row = Row::new(
    "slow-append",
    Class::Performance,
    "an append that takes longer than two seconds",
    "our service level",
    slow_append,
);

#[expect(clippy::print_stdout, reason = "an example prints what it found")]
fn main() -> Result<(), Box<dyn Error>> {
    let parsed = jsonl::parse(HISTORY)?;
    let history = History::new(parsed.header, parsed.events);
    let judgement = judge_with(&history, &[TABLE, &[SLOW_APPEND]].concat());
    for verdict in &judgement.verdicts {
        if verdict.validity == Validity::Invalid {
            println!("{}: {}", verdict.check, verdict.validity.word());
            for anomaly in &verdict.anomalies {
                println!(
                    "  {}, operations {:?}",
                    anomaly.kind.name(),
                    anomaly.evidence.operations
                );
            }
        }
    }
    let invalid = |name: &str| {
        judgement
            .verdict(name)
            .is_some_and(|verdict| verdict.validity == Validity::Invalid)
    };
    assert!(invalid("duplicate") && invalid("lost-write") && invalid("slow-append"));
    Ok(())
}
