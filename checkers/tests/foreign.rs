//! Foreign histories that are odd, torn, shuffled, contradictory or hostile; and the corpora of the fuzzers, replayed.

#![expect(
    clippy::print_stdout,
    reason = "what was compared or skipped is for a reader"
)]

use std::path::Path;

use checkers::foreign::{ForeignError, ForeignVerdict, Judged, ModelName, judge, judge_objects};
use checkers::linearizability::{Budget, Limit, SearchOptions};
use checkers::verdict::Validity;

fn small() -> SearchOptions {
    SearchOptions::default().budget(Budget {
        steps: 100_000,
        bytes: 64 << 20,
    })
}

fn judged(text: &str) -> Result<ForeignVerdict, ForeignError> {
    judge_objects("test", text.as_bytes(), None, &small())
}

/// Calls and returns one after the other: each `(process, f, value called, value returned)`.
fn sequential(operations: &[(u32, &str, &str, &str)]) -> String {
    let line = |process: &u32, kind: &str, f: &str, value: &str| {
        format!("{{:process {process}, :type :{kind}, :f :{f}, :value {value}}}\n")
    };
    operations
        .iter()
        .map(|(process, f, called, returned)| {
            line(process, "invoke", f, called) + &line(process, "ok", f, returned)
        })
        .collect()
}

#[test]
fn each_model_is_known_by_its_functions_and_can_say_no() {
    let histories = [
        (
            ModelName::Register,
            vec![
                (0, "write", "1", "1"),
                (0, "write", "2", "2"),
                (0, "read", "nil", "1"),
            ],
        ),
        (
            ModelName::CasRegister,
            vec![
                (0, "write", "1", "1"),
                (0, "cas", "[1 2]", "[1 2]"),
                (0, "read", "nil", "1"),
            ],
        ),
        (
            ModelName::Mutex,
            vec![(0, "acquire", "nil", "nil"), (1, "acquire", "nil", "nil")],
        ),
        (
            ModelName::FifoQueue,
            vec![
                (0, "enqueue", "1", "1"),
                (0, "enqueue", "2", "2"),
                (0, "dequeue", "nil", "2"),
            ],
        ),
        (
            ModelName::Set,
            vec![(0, "add", "1", "1"), (0, "read", "nil", "#{1 2}")],
        ),
        (
            ModelName::Log,
            vec![(0, "append", "7", "[0 7]"), (0, "fetch", "nil", "[0 8]")],
        ),
        (
            ModelName::Kv,
            vec![
                (0, "put", "[k a]", "[k a]"),
                (0, "get", "[k nil]", "[k ab]"),
            ],
        ),
    ];
    for (model, operations) in histories {
        let name = model.name();
        let invalid = judged(&sequential(&operations)).expect(name);
        assert_eq!(
            (invalid.model, invalid.validity),
            (model, Validity::Invalid),
            "{name}"
        );
        let proof = invalid.evidence.as_ref().expect(name);
        assert_eq!(
            proof.operation.called_line,
            2 * operations.len() - 1,
            "{name}"
        );
        assert!(
            proof.sub_history_minimal && !proof.sub_history.is_empty(),
            "{proof:#?}"
        );
        assert!(invalid.lines().len() >= 3, "{name}");
        let text = serde_json::to_string(&invalid).expect("plain data");
        let again: ForeignVerdict = serde_json::from_str(&text).expect("what was written reads");
        assert_eq!(invalid, again);
        let before = &operations[..operations.len() - 1];
        let valid = judge_objects("test", sequential(before).as_bytes(), Some(model), &small());
        assert_eq!(valid.expect(name).validity, Validity::Valid, "{name}");
    }
}

#[test]
fn errors_name_their_line() {
    let good = "{:process 0, :type :invoke, :f :write, :value 1}\n";
    for (text, line) in [
        (format!("{good}{good}"), 2),
        (format!("{good}{{:process 1, :type :ok, :f :write, :value 1}}\n"), 2),
        (format!("{good}{{:process 0, :type :ok, :f :read, :value 1}}\n"), 2),
        (format!("{good}{{:process 1, :type :invo"), 2),
        (format!("{good}42\n"), 2),
        (format!("{good}{{:type :invoke, :f :read}}\n"), 2),
        (format!("\n\n[{good}"), 3),
        (sequential(&[(0, "write", "1", "1"), (0, "cas", "7", "7")]), 3),
        (sequential(&[(0, "write", "1", "1"), (0, "dance", "7", "7")]), 3),
        ("INFO  jepsen.util - 0 :invoke :read\n".to_owned(), 1),
        ("words\nINFO  jepsen.util - 0 :invoke :write [1\n".to_owned(), 2),
        ("INFO  jepsen.util - 0 :ok :read 1\n".to_owned(), 1),
        ("INFO  jepsen.util - zero :ok :read 1\n".to_owned(), 1),
        (
            "{:index 4, :process 0, :type :invoke, :f :read}\n{:index 3, :process 0, :type :ok, :f :read}"
                .to_owned(),
            2,
        ),
    ] {
        match judged(&text) {
            Err(ForeignError::Line { line: found, .. }) => assert_eq!(found, line, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    let error = judge_objects("test", b"{:a 1}\n\xff", None, &small());
    assert_eq!(error, Err(ForeignError::NotText { line: 2 }));
    assert_eq!(
        judged("hello"),
        Err(ForeignError::UnknownFormat { line: 1 })
    );
    let other = judged("{\"format\":\"jepsen-history\",\"version\":1}\n");
    assert_eq!(other, Err(ForeignError::OtherModel(ModelName::Kafka)));
    let unknown = judged(&sequential(&[(0, "dance", "1", "1")]));
    assert!(
        matches!(unknown, Err(ForeignError::NoModel { .. })),
        "{unknown:?}"
    );
}

#[test]
fn a_history_of_nothing_is_undecided() {
    for text in ["", "\n\n", "; nothing\n", "[]", "()"] {
        let verdict = judged(text).expect(text);
        assert_eq!(
            (verdict.validity, verdict.operations),
            (Validity::Undecided, 0),
            "{text}"
        );
        assert!(verdict.lines()[0].contains("no operations"), "{text}");
    }
}

/// A call that crashed may have had no effect.
#[test]
fn a_history_of_crashed_calls_is_explained() {
    let text = "{:process 0, :type :invoke, :f :write, :value 1}\n\
                {:process 0, :type :info, :f :write, :value 1}\n";
    assert_eq!(judged(text).expect("a history").validity, Validity::Valid);
}

/// More operations open at once than lists of them fit into memory, deep nesting, and far offsets: all are answered.
#[test]
fn hostile_files_cost_little() {
    let open: String = (0..200_000)
        .map(|p| {
            format!(
                "{{:process {p}, :type :invoke, :f :write, :value {}}}\n",
                p % 3
            )
        })
        .collect();
    let closed: String = (0..200_000)
        .map(|p| format!("{{:process {p}, :type :ok, :f :write, :value {}}}\n", p % 3))
        .collect();
    let verdict = judged(&(open + &closed)).expect("a history");
    assert_eq!(verdict.validity, Validity::Undecided);
    assert_eq!(verdict.undecided[0].limit, Some(Limit::Bytes));
    assert!(judged(&"[".repeat(1_000_000)).is_err());
    assert!(judged(&"#_".repeat(1_000_000)).is_err());
    let far = sequential(&[
        (0, "append", "1", "[0 1]"),
        (0, "fetch", "nil", "[9000000000000 1]"),
    ]);
    assert_eq!(judged(&far).expect("a history").validity, Validity::Invalid);
    let far = sequential(&[
        (0, "append", "1", "[0 1]"),
        (0, "end-offset", "nil", "9000000000000"),
    ]);
    assert_eq!(judged(&far).expect("a history").validity, Validity::Invalid);
}

/// Our own lines: a log with gaps, an end offset that may lag, and a partition as a register.
#[test]
fn recorded_partitions_are_logs_and_registers() {
    let history = |recent: bool, end: u64, read: &str| {
        format!(
            r#"{{"format":"jepsen-history","version":1,"promises":{{"end_offset_includes_acknowledged":{recent}}}}}
{{"i":0,"t":10,"type":"invoke","worker":1,"f":"append","topic":"t","partition":0,"values":["a"]}}
{{"i":1,"t":20,"type":"ok","worker":1,"f":"append","records":[{{"offset":0,"outcome":"ok"}}]}}
{{"i":2,"t":30,"type":"invoke","worker":1,"f":"append","topic":"t","partition":0,"values":["b"]}}
{{"i":3,"t":40,"type":"ok","worker":1,"f":"append","records":[{{"offset":5,"outcome":"ok"}}]}}
{{"i":4,"t":50,"type":"invoke","worker":3,"f":"end-offset","topic":"t","partition":0}}
{{"i":5,"t":60,"type":"ok","worker":3,"f":"end-offset","offset":{end}}}
{{"i":6,"t":70,"type":"invoke","worker":2,"f":"poll","assigned":[]}}
{{"i":7,"t":80,"type":"ok","worker":2,"f":"poll","records":[["t",0,5,"{read}"]]}}
"#
        )
    };
    let word = |model, recent, end, read: &str| {
        let text = history(recent, end, read);
        let verdict =
            judge_objects("test", text.as_bytes(), Some(model), &small()).expect("a history");
        println!("{:?} {}", verdict.lines(), verdict.reason);
        verdict.validity
    };
    use ModelName::{Log, Register};
    use Validity::{Invalid, Valid};
    assert_eq!(word(Log, true, 6, "b"), Valid);
    assert_eq!(word(Log, true, 6, "c"), Invalid, "nobody wrote c");
    assert_eq!(word(Log, true, 6, "a"), Invalid, "a lies at 0");
    assert_eq!(word(Log, true, 1, "b"), Invalid, "the end lags");
    assert_eq!(word(Log, false, 1, "b"), Valid, "the end may lag");
    assert_eq!(word(Register, true, 6, "b"), Valid);
    assert_eq!(word(Register, true, 1, "b"), Invalid, "a is old");
    assert_eq!(word(Register, true, 0, "b"), Invalid, "nothing is old");
}

/// The corpora of the fuzzers, and every beginning of each of their files.
#[test]
#[allow(clippy::disallowed_methods, reason = "tests read files")]
fn corpora_are_replayed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let before = |kind: &str| match kind {
        "etcd" => "INFO  jepsen.util - ",
        "recorded" => "{\"format\":\"jepsen-history\",\"version\":1}\n",
        _ => "",
    };
    let mut replayed = 0;
    for kind in ["etcd", "edn", "kafka", "recorded"] {
        for entry in std::fs::read_dir(root.join(kind)).expect("a corpus") {
            let data = std::fs::read(entry.expect("a file").path()).expect("readable");
            for end in 0..=data.len() {
                let text = [before(kind).as_bytes(), &data[..end]].concat();
                let models = ModelName::ALL.into_iter().map(Some).chain([None]);
                for model in models {
                    let _ = judge(kind, &text, model, &small());
                }
                replayed += 1;
            }
        }
    }
    assert!(replayed > 1_000, "{replayed}");
}

/// Whoever adds a target of the fuzzer names it to cargo, and gives it a corpus that a test replays.
#[test]
#[allow(clippy::disallowed_methods, reason = "tests read files")]
fn every_fuzz_target_is_one_of_cargo_and_has_a_corpus() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let names = |folder: &str| -> Vec<String> {
        let entries = std::fs::read_dir(root.join(folder)).expect("a folder");
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            let path = entry.expect("an entry").path();
            path.file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned()
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    };
    let targets = names("fuzz_targets");
    assert_eq!(
        targets,
        ["edn", "etcd", "kafka", "recorded", "transactions"]
    );
    assert_eq!(targets, names("corpus"));
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).expect("readable");
    for target in targets {
        let line = format!("path = \"fuzz_targets/{target}.rs\"");
        assert!(manifest.contains(&line), "{target}");
    }
}

/// Transactions and recorded runs are judged by the same call as objects are.
#[test]
fn every_kind_of_model_is_judged_here() {
    let transactions = "\
        {:process 0, :type :invoke, :f :txn, :value [[:append :x 1]]}\n\
        {:process 0, :type :ok, :f :txn, :value [[:append :x 1]]}\n\
        {:process 1, :type :invoke, :f :txn, :value [[:r :x nil]]}\n\
        {:process 1, :type :ok, :f :txn, :value [[:r :x [1 2]]]}\n";
    let run = "{\"format\":\"jepsen-history\",\"version\":1}\n";
    let by = |text: &str, model| judge("test", text.as_bytes(), model, &small());
    let judged = by(transactions, Some(ModelName::ListAppend)).expect("transactions");
    assert_eq!(judged.validity(), Validity::Invalid);
    assert!(
        judged.lines()[1].starts_with("garbage-read: 1"),
        "{judged:?}"
    );
    let judged = by(run, None).expect("a run");
    assert!(matches!(judged, Judged::Run(_)));
    assert_eq!(by(run, Some(ModelName::Kafka)), Ok(judged));
    let refused = by(run, Some(ModelName::RwRegister));
    assert_eq!(
        refused,
        Err(ForeignError::OtherModel(ModelName::RwRegister))
    );
    let torn = by("\n{:process", Some(ModelName::ListAppend));
    assert!(
        matches!(torn, Err(ForeignError::Line { line: 2, .. })),
        "{torn:?}"
    );
}

/// Twice, and on two threads: the same bytes, by every model that a history has.
#[test]
fn judged_again_the_same_bytes() {
    let read = |at: usize| {
        (
            at as u32 % 5,
            "read",
            "nil",
            if at < 4_000 { "1" } else { "2" },
        )
    };
    let mut objects = vec![(9, "write", "1", "1"), (9, "cas", "[1 1]", "[1 1]")];
    objects.extend((0..4_100).map(read));
    let objects = sequential(&objects);
    let keys: String = (0..4_100)
        .map(|at| sequential(&[(at % 5, "append", &format!("[k{} a]", at % 7), "nil")]))
        .collect();
    let lists: String = (0..500)
        .map(|at| {
            sequential(&[(
                at % 5,
                "txn",
                "[[:r 1 nil]]",
                if at % 2 == 0 {
                    "[[:r 1 [3]]]"
                } else {
                    "[[:r 1 [4]]]"
                },
            )])
        })
        .collect();
    let of = |text: &str, model, threads| {
        let options = small().threads(threads);
        let judged = judge("test", text.as_bytes(), Some(model), &options).expect("a history");
        serde_json::to_string(&judged).expect("plain data")
    };
    for (text, model) in [
        (&objects, ModelName::CasRegister),
        (&keys, ModelName::Kv),
        (&lists, ModelName::ListAppend),
    ] {
        let first = of(text, model, 1);
        assert_eq!(first, of(text, model, 1), "{}", model.name());
        assert_eq!(first, of(text, model, 2), "{}", model.name());
    }
}
