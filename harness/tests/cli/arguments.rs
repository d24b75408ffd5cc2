//! Wrong arguments end with 254 and a list of what is allowed. Help and version end with 0.

use crate::support::jepsen;

const USAGE: i32 = 254;

#[test]
fn a_mistake_in_the_arguments_is_254() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let target = file("target.toml", "name = \"x\"\n[nod]\n");
    let schedule = file("faults.json", "{}");
    let later = file("later.json", "{\"version\": 99, \"windows\": []}");
    let history = file("history.jsonl", "{\"format\":\"something-else\"}\n");
    let cases: &[(&[&str], &str)] = &[
        (&["--nope"], "unexpected argument"),
        (&["run", "--nope"], "unexpected argument"),
        (&["nope", "--plan"], "no scenario `nope`"),
        (&["run", "nope"], "there are: default, process"),
        (&["run", "smoke/nope"], "no scenario `nope`"),
        (&["run", "--target", "nope"], "there are: reference"),
        (&["run", "--target", &target], "line 2, column 2"),
        (&["run", "--plant", "nope"], "no plant"),
        (&["run", "--plant", "serial-sender@n9"], "n9"),
        (&["run", "--mutant", "nope"], "no mutant"),
        (&["run", "--mutant", "produce-never@n9"], "n9"),
        (&["run", "--faults", "comet"], "no fault is called"),
        (&["run", "--workload", "nope"], "possible values"),
        (&["run", "--promise", "nope"], "nope"),
        (&["run", "--seed", "seven"], "hexadecimal"),
        (&["run", "--time-limit", "soon"], "try 60s"),
        (&["run", "--rate", "0"], "1..=100000"),
        (&["run", "--schedule", &schedule], "not a fault schedule"),
        (&["run", "--schedule", &later], "fault schedule"),
        (&["check"], "required"),
        (&["check", &history], "line 1"),
        (&["check", &history, "--only", "nope"], "no check `nope`"),
        (&["check", &history, "--model", "nope"], "no model `nope`"),
        (&["calibrate", "nope"], "no plant `nope`"),
        (&["calibrate", "--mutants", "nope"], "no mutant `nope`"),
        (&["calibrate", "--shard", "2/5"], "--mutants"),
        (&["qualify", "nope"], "there are: smoke"),
        (&["qualify", "smoke", "--shard", "9/2"], "numbered from 1"),
        (&["bench", "nope"], "there are: reference"),
        (&["prepare", "nope"], "there are: reference"),
        (&["serve", ".", "--addr", "10.0.0.1:80"], "only loopback"),
        (&["cluster", "--port", "80"], "1024..=65000"),
        // What has no effect is refused.
        (&["run", "--until-fail"], "--repeat"),
        (&["run", "--plan", "--keep-running"], "cannot be used with"),
        (
            &["run", "--repeat", "2", "--keep-running"],
            "cannot be used with",
        ),
        (
            &["run", "default", "quiet", "--keep-running"],
            "name one scenario",
        ),
        (
            &["run", "--schedule", &later, "--faults", "kill"],
            "cannot be used with",
        ),
        (
            &["run", "--plan", "--waivers", &later],
            "cannot be used with",
        ),
        (&["run", "--concurrency", "0"], "between 2 and 64"),
        (&["run", "--keep", "0"], "not in 1.."),
        (
            &["run", "--target", "apache-kafka", "--plant", "no-pre-vote"],
            "takes no plants",
        ),
        (
            &[
                "run",
                "--target",
                "apache-kafka",
                "--mutant",
                "produce-never",
            ],
            "takes no mutants",
        ),
        (
            &["run", "--target", "127.0.0.1:1", "--schedule", &later],
            "gets no faults",
        ),
        (
            &["run", "--target", "127.0.0.1:1", "--keep-running"],
            "not stopped anyway",
        ),
        (
            &["run", "incident", "--repeat", "2"],
            "--repeat does not apply",
        ),
        (
            &["run", "incident", "--promise", "strict"],
            "--promise does not apply",
        ),
        (&["run", "--load", "linger.ms=5"], "draws nothing"),
        (&["qualify", "--target", "127.0.0.1:1"], "gets no faults"),
        (
            &[
                "qualify",
                "--target",
                "apache-kafka",
                "--plant",
                "no-pre-vote",
            ],
            "takes no plants",
        ),
        (
            &["qualify", "smoke", "--accept=runs/x"],
            "SUITE does not apply",
        ),
        (
            &["qualify", "--accept=runs/x", "--seed", "1"],
            "--seed does not apply",
        ),
        (&["qualify", "--accept", "--plan"], "cannot be used with"),
        (
            &["qualify", "smoke", "--accept", "--shard", "1/2"],
            "merge --accept",
        ),
        (
            &["qualify", "--against", "reference", "--baseline", "none"],
            "cannot be used with",
        ),
        (
            &["calibrate", "--histories", "x", "--seeds", "2"],
            "cannot be used with",
        ),
        (
            &["calibrate", "slow-commit", "--mix"],
            "--mix and --without do not apply",
        ),
        (
            &[
                "bench",
                "reference",
                "--only",
                "fail-over",
                "--latency-rate",
                "5",
            ],
            "--latency-rate applies to",
        ),
        (&["list", "-q", "-v"], "cannot be used with"),
        // A slip names what was meant.
        (&["qualfy"], "did you mean `jepsen qualify`?"),
        (&["-q", "list"], "options follow it: `jepsen list"),
        (&["run", "deafult"], "did you mean `default`?"),
        (&["qualify", "smok"], "did you mean `smoke`?"),
        (&["run", "smoke/kil-leader"], "did you mean `kill-leader`?"),
        (
            &["run", "--plant", "no-prevote"],
            "did you mean `no-pre-vote`? `jepsen list plants` lists all",
        ),
        (
            &["qualify", "--plant", "no-prevote"],
            "did you mean `no-pre-vote`?",
        ),
        (&["calibrate", "no-prevote"], "did you mean `no-pre-vote`?"),
        (
            &["run", "--mutant", "produce-nevr"],
            "did you mean `produce-never`?",
        ),
        (
            &["calibrate", "--mutants", "produce-nevr"],
            "did you mean `produce-never`?",
        ),
        (&["run", "--faults", "kil"], "did you mean `kill`?"),
        (
            &["run", "--faults", "kill:leadr"],
            "did you mean `kill:leader`?",
        ),
        (
            &["calibrate", "--without", "netwrk"],
            "did you mean `network`?",
        ),
        (
            &["upgrade", "--from", "reference", "--to", "refernce"],
            "did you mean `reference`?",
        ),
        (&["run", "--workload", "apend"], "'append'"),
        (
            &["run", "--target", "refernce"],
            "did you mean `reference`?",
        ),
        (&["bench", "refernce"], "did you mean `reference`?"),
        (&["prepare", "apache-kafak"], "did you mean `apache-kafka`?"),
        (&["run", "--promise", "strct"], "did you mean `strict`?"),
        (
            &["check", &history, "--only", "lost-wirte"],
            "did you mean `lost-write`?",
        ),
        (
            &["check", &history, "--model", "regster"],
            "did you mean `register`?",
        ),
        (
            &["check", &history, "--expect", "serialisable"],
            "did you mean `serializable`?",
        ),
        (&["museum", "kafka-1439"], "did you mean `kafka-14392`?"),
        (&["list", "fautls"], "'faults'"),
        (&["list", "faults", "kil"], "did you mean `kill`?"),
    ];
    for (arguments, says) in cases {
        let ended = jepsen(arguments);
        assert_eq!(ended.code, USAGE, "{arguments:?}: {}", ended.stderr);
        assert!(
            ended.stderr.contains(says),
            "{arguments:?}: {}",
            ended.stderr
        );
        assert_eq!(ended.stdout, "", "{arguments:?}");
        assert!(
            !ended.stderr.contains("(s)"),
            "{arguments:?}: {}",
            ended.stderr
        );
    }
}

/// One document on standard output, with the version of its shape, and nothing else.
#[test]
fn json_is_one_document() {
    for arguments in [
        &["list", "--json"][..],
        &["list", "plants", "no-pre-vote", "--json"],
        &["list", "faults", "--json", "-q"],
        &["qualify", "smoke", "--plan", "--json"],
        &["doctor", "--json"],
    ] {
        let ended = jepsen(arguments);
        // A machine may permit no sandbox.
        assert!(
            matches!(ended.code, 0 | 253),
            "{arguments:?}: {}",
            ended.stderr
        );
        let document: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
        assert_eq!(document["schema"], 1, "{arguments:?}");
        assert_eq!(ended.stdout.lines().count(), 1, "{arguments:?}");
    }
}

#[test]
fn help_and_version_are_0() {
    for arguments in [
        &["--help"][..],
        &["-h"],
        &["help"],
        &["help", "run"],
        &["run", "--help"],
        &["check", "--help"],
        &["qualify", "-h"],
        &["--version"],
        &["list"],
    ] {
        let ended = jepsen(arguments);
        assert_eq!(ended.code, 0, "{arguments:?}: {}", ended.stderr);
        assert!(!ended.stdout.is_empty(), "{arguments:?}");
        assert_eq!(ended.stderr, "", "{arguments:?}");
    }
    let help = jepsen(&["--help"]).stdout;
    assert!(help.contains("254 bad arguments or files"), "{help}");
}
