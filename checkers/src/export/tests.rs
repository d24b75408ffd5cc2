//! An export reads back as what was recorded.

use super::*;
use crate::edn::{EdnValue, Process, entries, operations, read};
use crate::history::jsonl;

const HISTORY: &str = concat!(
    r#"{"format":"jepsen-history","version":1,"run":"r\n{1}","scenario":"s","target":"t"}"#,
    "\n",
    r#"{"i":0,"t":10,"type":"invoke","worker":1,"f":"append","topic":"t0","partition":1,"values":["a\"b","c","d"]}"#,
    "\n",
    r#"{"i":1,"t":11,"type":"invoke","worker":2,"f":"poll","assigned":[{"topic":"t0","partition":1,"position":0},{"topic":"t0","partition":0,"position":0}]}"#,
    "\n",
    r#"{"i":2,"t":12,"called":11,"type":"fault","id":"k1","kind":"pause","phase":"begun","targets":["n1"],"role":"leader","role_held":true,"evidence":""}"#,
    "\n",
    r#"{"i":3,"t":20,"type":"info","worker":1,"f":"append","error":"timed out","records":[{"offset":41,"outcome":"ok"},{"outcome":"info"},{"outcome":"fail","error":"x"}]}"#,
    "\n",
    r#"{"i":4,"t":21,"type":"ok","worker":2,"f":"poll","records":[["t0",1,41,"a\"b"],["t0",1,43,"c"]]}"#,
    "\n",
    r#"{"i":5,"t":22,"type":"invoke","worker":2,"f":"poll","assigned":[{"topic":"t0","partition":1,"position":44},{"topic":"t0","partition":0,"position":0}]}"#,
    "\n",
    r#"{"i":6,"t":23,"type":"invoke","worker":3,"f":"end-offset","topic":"t0","partition":1}"#,
    "\n",
    r#"{"i":7,"t":24,"type":"ok","worker":3,"f":"end-offset","offset":44}"#,
    "\n",
    r#"{"i":8,"t":25,"type":"fail","worker":2,"f":"poll"}"#,
    "\n",
    r#"{"i":9,"t":26,"type":"invoke","worker":4,"f":"append","topic":"t1","partition":0,"values":["e"]}"#,
    "\n",
);

/// What is written reads back as the same operations, in their order and with their times.
#[test]
fn an_export_reads_back() {
    let parsed = jsonl::parse(HISTORY).expect("a history");
    let text = edn(&History::new(parsed.header, parsed.events));
    let read_back = entries(&text).expect("EDN");
    let places: Vec<_> = read_back.iter().map(|e| e.index).collect();
    let dense: Vec<_> = (0..read_back.len() as i64).map(Some).collect();
    assert_eq!(places, dense);
    let nemesis = read_back
        .iter()
        .filter(|e| e.process == Process::Other("nemesis".into()));
    assert_eq!(nemesis.count(), 1);
    let paired = operations(read_back).expect("pairs");
    let rows: Vec<(i64, String, Option<i64>, String, Outcome)> = paired
        .iter()
        .map(|o| {
            let function = o.call.function.as_deref().unwrap_or_default().to_owned();
            let time_ns = o.completion.as_ref().and_then(|c| c.time_ns);
            (
                o.process,
                function,
                time_ns,
                o.value().to_string(),
                o.outcome,
            )
        })
        .collect();
    let row = |process, function: &str, time_ns, value: &str, outcome| {
        let value = read(value).expect("EDN").to_string();
        (process, function.to_owned(), time_ns, value, outcome)
    };
    assert_eq!(
        rows,
        [
            row(
                1,
                "send",
                Some(20),
                r#"[[:send 1 [41 "a\"b"]] [:send 1 [nil "c"]] [:send 1 "d"]]"#,
                Outcome::Info
            ),
            row(2, "assign", Some(11), "[1 0]", Outcome::Ok),
            row(
                2,
                "poll",
                Some(21),
                r#"[[:poll {1 [[41 "a\"b"] [43 "c"]]}]]"#,
                Outcome::Ok
            ),
            row(2, "poll", Some(25), "[[:poll {}]]", Outcome::Fail),
            row(4, "send", None, r#"[[:send 2 "e"]]"#, Outcome::Info),
        ]
    );
    let error = paired[0].completion.as_ref().and_then(|c| c.other("error"));
    assert_eq!(error, Some(&EdnValue::String("timed out".into())));
    assert!(text.starts_with(
        "; run \"r\\n{1}\", scenario \"s\", target \"t\"\n; key 0 is partition 0 of \"t0\"\n"
    ));
}
