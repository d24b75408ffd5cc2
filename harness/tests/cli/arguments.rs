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
        (&["run", "--faults", "nope"], "no fault is called"),
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
