//! `jepsen check` of histories of other tools: notations, models, what is expected of them, and what every error says to
//! do.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::support::{Ended, JEPSEN, beside, command, ended, jepsen};

/// A register that is read as it was written; two clients.
const REGISTER: &str = "\
    {:process 0, :type :invoke, :f :write, :value 3}\n\
    {:process 0, :type :ok, :f :write, :value 3}\n\
    {:process 1, :type :invoke, :f :read, :value nil}\n\
    {:process 1, :type :ok, :f :read, :value 3}\n";

/// One transaction reads the second of two writes, and not the first: no real time explains it.
const LATE: &str = "\
    {:process 1, :type :invoke, :f :txn, :value [[:r :b nil] [:r :a nil]]}\n\
    {:process 2, :type :invoke, :f :txn, :value [[:append :a 5]]}\n\
    {:process 2, :type :ok, :f :txn, :value [[:append :a 5]]}\n\
    {:process 3, :type :invoke, :f :txn, :value [[:append :b 6]]}\n\
    {:process 3, :type :ok, :f :txn, :value [[:append :b 6]]}\n\
    {:process 1, :type :ok, :f :txn, :value [[:r :b [6]] [:r :a []]]}\n";

/// A record that nobody polled, though the next one was.
const LOST: &str = "\
    {:process 0, :type :invoke, :f :send, :value [[:send 1 :x]]}\n\
    {:process 0, :type :ok, :f :send, :value [[:send 1 [0 :x]]]}\n\
    {:process 0, :type :invoke, :f :send, :value [[:send 1 :y]]}\n\
    {:process 0, :type :ok, :f :send, :value [[:send 1 [1 :y]]]}\n\
    {:process 2, :type :invoke, :f :poll, :value [[:poll]]}\n\
    {:process 2, :type :ok, :f :poll, :value [[:poll {1 [[1 :y]]}]]}\n";

fn file(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(&path, bytes).expect("written");
    path.display().to_string()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(bytes).expect("packed");
    encoder.finish().expect("packed")
}

/// Runs the program with bytes on standard input.
fn fed(arguments: &[&str], input: &[u8]) -> Ended {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("input");
    std::fs::write(&path, input).expect("written");
    // A pipe from another process, as a shell makes it.
    let mut cat = std::process::Command::new("cat");
    let mut cat = cat.arg(&path).stdout(Stdio::piped()).spawn().expect("cat");
    let mut check = command(arguments);
    check.stdin(cat.stdout.take().expect("a pipe"));
    let ended = ended(&mut check);
    let _ = cat.wait();
    ended
}

/// The same history in every way that it can be given.
#[test]
fn a_history_is_read_in_every_notation() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str, bytes: &[u8]| file(folder.path(), name, bytes);
    let json = r#"[{"process": 0, "type": "invoke", "f": "write", "value": 3},
        {"process": 0, "type": "ok", "f": "write", "value": 3}]"#;
    let json_lines = "{\"process\": 0, \"type\": \"invoke\", \"f\": \"txn\", \"value\": [[\"w\", 1, 2]]}\n\
        {\"process\": 0, \"type\": \"ok\", \"f\": \"txn\", \"value\": [[\"w\", 1, 2]]}\n\
        {\"process\": 0, \"type\": \"invoke\", \"f\": \"txn\", \"value\": [[\"r\", 1, null]]}\n\
        {\"process\": 0, \"type\": \"ok\", \"f\": \"txn\", \"value\": [[\"r\", 1, 2]]}\n";
    let zstd = zstd::encode_all(REGISTER.as_bytes(), 3).expect("packed");
    let store = at("store/x/1/history.edn", REGISTER.as_bytes());
    std::os::unix::fs::symlink("1", folder.path().join("store/x/latest")).expect("a link");
    for path in [
        at("plain.edn", REGISTER.as_bytes()),
        at("bom.edn", format!("\u{feff}{REGISTER}").as_bytes()),
        at("crlf.edn", REGISTER.replace('\n', "\r\n").as_bytes()),
        at("vector.edn", format!("[{REGISTER}]").as_bytes()),
        at("packed.edn.gz", &gzip(REGISTER.as_bytes())),
        at(
            "packed-twice.edn.gz",
            &[
                gzip(&REGISTER.as_bytes()[..90]),
                gzip(&REGISTER.as_bytes()[90..]),
            ]
            .concat(),
        ),
        at("packed.edn.zst", &zstd),
        at("history.json", json.as_bytes()),
        at("lines.json", json_lines.as_bytes()),
        folder.path().join("store/x/1").display().to_string(),
        folder.path().join("store/x/latest").display().to_string(),
        store,
    ] {
        let said = jepsen(&["check", &path]);
        assert_eq!(said.code, 0, "{path}: {}{}", said.stdout, said.stderr);
        assert!(
            said.stdout.starts_with("valid  "),
            "{path}: {}",
            said.stdout
        );
    }
    for input in [REGISTER.as_bytes(), &gzip(REGISTER.as_bytes()), &zstd] {
        let said = fed(&["check", "-"], input);
        assert_eq!(
            (said.code, said.stderr.as_str()),
            (0, ""),
            "{}",
            said.stdout
        );
    }
}

/// A recorded run from standard input is judged by its checks.
#[test]
fn a_recorded_run_is_read_from_standard_input() {
    let path = beside("histories/invalid/scenarios/small/history.jsonl");
    let bytes = std::fs::read(path).expect("read");
    let said = fed(&["check", "-"], &bytes);
    assert_eq!(said.code, 1, "{}{}", said.stdout, said.stderr);
    assert!(
        said.stdout.contains("1 acknowledged record missing"),
        "{}",
        said.stdout
    );
    let said = fed(&["export", "--edn", "-"], &bytes);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stdout.contains(":f :send"), "{}", said.stdout);
}

/// What is not read says what it is, and what to do.
#[test]
fn a_wrong_notation_names_its_fix() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str, bytes: &[u8]| file(folder.path(), name, bytes);
    let utf_16: Vec<u8> = "\u{feff}{:process 0}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    nix::unistd::mkfifo(&folder.path().join("pipe"), nix::sys::stat::Mode::S_IRWXU)
        .expect("a pipe");
    let only_reads = "{:process 0, :type :invoke, :f :txn, :value [[:r 1 nil]]}\n\
        {:process 0, :type :ok, :f :txn, :value [[:r 1 nil]]}\n";
    at("old/a/test.jepsen", b"JEPSEN\0\0");
    let mut bit = gzip(REGISTER.as_bytes());
    let last = bit.len() - 6;
    bit[last] ^= 1;
    let mut tar = [b"history.edn".to_vec(), vec![0; 501]].concat();
    tar[257..262].copy_from_slice(b"ustar");
    let table: Vec<(String, &[&str])> = vec![
        (
            at("history.txt", b"3\t:invoke\t:write\t9\n3\t:ok\t:write\t9\n"),
            &["history.txt", "judge the history.edn beside it"],
        ),
        (
            at(
                "jepsen.log",
                b"2024-02-03 04:05:06,789{UTC}\tINFO\t[jepsen worker 3] jepsen.util: 3\t:invoke\t:read\tnil\n",
            ),
            &["a log of Jepsen", "store/NAME/TIME/history.edn"],
        ),
        (at("test.jepsen", b"JEPSEN\0\0\x01\xff\xfe"), &["test.jepsen", "history.edn"]),
        (at("utf-16.edn", &utf_16), &["UTF-16", "iconv"]),
        (at("history.edn.xz", b"\xfd7zXZ\0\0\x04"), &["xz data", "xz -dc"]),
        (at("cut.edn.gz", &gzip(REGISTER.as_bytes())[..30]), &["damaged or cut"]),
        (at("bit.edn.gz", &bit), &["damaged or cut"]),
        (at("run.tgz", &gzip(&tar)), &["tar archive", "tar -xf"]),
        (at("results.edn", b"{:valid? true, :count 3}"), &["results.edn", "judge the history.edn"]),
        (at("other.json", b"{\"op\": \"read\", \"result\": 1}\n"), &["JSON", "type, process, f and value"]),
        (at("kv.txt", b"put a b\nget a\n"), &["line 1 begins neither", "as Jepsen's EDN"]),
        (at("withdraw.edn", b"{:process 0, :type :invoke, :f :withdraw, :value 1}"), &["which model?", "withdraw", "--model"]),
        (at("only-reads.edn", only_reads.as_bytes()), &["list-append and rw-register", "--model"]),
        (at("completions.edn", b"{:type :ok, :value [[:append 4 1]]}"), &["no :process", ":invoke"]),
        (at("lonely.edn", b"{:process 2, :type :ok, :f :txn, :value []}"), &["needs the :invoke"]),
        (folder.path().join("pipe").display().to_string(), &["named pipe", "`-`"]),
        (folder.path().join("old/a").display().to_string(), &["without history.edn", "REPL"]),
        (folder.path().join("old").display().to_string(), &["name one of them", "old/a"]),
    ];
    for (path, wanted) in table {
        let said = jepsen(&["check", &path]);
        assert_eq!(said.code, 254, "{path}: {}{}", said.stdout, said.stderr);
        for words in wanted {
            assert!(
                said.stderr.contains(words),
                "{path}: {words}: {}",
                said.stderr
            );
        }
    }
}

/// The expected model decides the exit code; what it allows is shown all the same.
#[test]
fn less_can_be_expected() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = file(folder.path(), "late.edn", LATE.as_bytes());
    for (expected, code) in [
        (None, 1),
        (Some("strict-serializable"), 1),
        (Some("strong-session-serializable"), 0),
        (Some("serializable"), 0),
        (Some("read-committed"), 0),
    ] {
        let mut arguments = vec!["check", path.as_str(), "--model", "list-append"];
        arguments.extend(
            expected
                .map(|model| ["--expect", model])
                .into_iter()
                .flatten(),
        );
        let said = jepsen(&arguments);
        assert_eq!(
            said.code, code,
            "{expected:?}: {}{}",
            said.stdout, said.stderr
        );
        assert!(said.stdout.contains("-realtime"), "{}", said.stdout);
        let tolerated = said.stdout.contains("(tolerated: ");
        assert_eq!(tolerated, code == 0, "{expected:?}: {}", said.stdout);
    }
    let json = jepsen(&["check", &path, "--expect", "serializable", "--json"]);
    let verdict: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(
        (json.code, &verdict["histories"][0]["judgement"]["expected"]),
        (0, &"serializable".into())
    );
}

/// An option without effect is refused before anything is judged.
#[test]
fn options_that_do_not_apply_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let transactions = file(folder.path(), "late.edn", LATE.as_bytes());
    let register = file(folder.path(), "register.edn", REGISTER.as_bytes());
    let lost = file(folder.path(), "lost.edn", LOST.as_bytes());
    let run = beside("histories/valid").display().to_string();
    let table: &[(&[&str], &str)] = &[
        (
            &[
                &transactions,
                "--model",
                "list-append",
                "--promise",
                "strict",
            ],
            "--promise does not apply",
        ),
        (
            &[&transactions, "--promise", "strict"],
            "--promise does not apply",
        ),
        (
            &[&transactions, "--only", "lost-write"],
            "--only does not apply",
        ),
        (
            &[&run, "--model", "log", "--promise", "strict"],
            "--promise does not apply",
        ),
        (
            &[&run, "--expect", "serializable"],
            "--expect does not apply",
        ),
        (
            &[&run, "--model", "kafka", "--expect", "read-committed"],
            "--expect does not apply",
        ),
        (
            &[&run, &transactions, "--promise", "strict"],
            "--promise does not apply",
        ),
        (
            &[&register, "--expect", "serializable"],
            "has no transactions",
        ),
        (
            &[&register, "--model", "register", "--expect", "serializable"],
            "has no transactions",
        ),
        (
            &[&lost, "--model", "kafka", "--expect", "serializable"],
            "strong-read-committed",
        ),
        (
            &[&transactions, "--expect", "linearizable"],
            "no consistency model `linearizable`",
        ),
        (
            &[&run, "--model", "list-append"],
            "without a model or by kafka",
        ),
    ];
    for (arguments, words) in table {
        let said = jepsen(&[&["check"], *arguments].concat());
        assert_eq!(
            said.code, 254,
            "{arguments:?}: {}{}",
            said.stdout, said.stderr
        );
        assert!(
            said.stderr.contains(words),
            "{arguments:?}: {}",
            said.stderr
        );
        assert_eq!(said.stdout, "", "{arguments:?}");
    }
    let said = jepsen(&["export", "--edn", &transactions]);
    assert_eq!(said.code, 254, "{}", said.stdout);
    assert!(
        said.stderr.contains("only recorded runs"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_kafka_history_is_judged_and_an_export_is_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = file(folder.path(), "lost.edn", LOST.as_bytes());
    for arguments in [
        &["check", path.as_str()][..],
        &["check", &path, "--model", "kafka"],
    ] {
        let said = jepsen(arguments);
        assert_eq!(said.code, 1, "{}", said.stderr);
        assert!(said.stdout.contains("lost-write: 1"), "{}", said.stdout);
    }
    for (name, code) in [("valid", 0), ("invalid", 1)] {
        let run = beside(&format!("histories/{name}")).display().to_string();
        let exported = jepsen(&["export", "--edn", &run]);
        assert_eq!(exported.code, 0, "{}", exported.stderr);
        let said = fed(
            &["check", "-", "--model", "kafka"],
            exported.stdout.as_bytes(),
        );
        assert_eq!(said.code, code, "{name}: {}{}", said.stdout, said.stderr);
    }
}

/// Forms that Clojure prints and nobody reads back cost only what is judged.
#[test]
fn unreadable_forms_are_passed_over_where_nothing_looks() {
    let folder = tempfile::tempdir().expect("a folder");
    let form = "[1/3 #\"a.*\\d\" #'a/b #<Thread Thread[x]> #object[a 0x1 \"b\"] ##NaN #(f %) 'q @r ^{:a 1} s #_ t]";
    let text = format!(
        "{{:process :nemesis, :type :info, :f :kill, :value {form}}}\n{}",
        REGISTER.replacen("3}", &format!("3, :error {form}}}"), 2)
    );
    let path = file(folder.path(), "printed.edn", text.as_bytes());
    let said = jepsen(&["check", &path, "--model", "register"]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    let judged = REGISTER.replace("3}", "#'x}");
    let path = file(folder.path(), "judged.edn", judged.as_bytes());
    let said = jepsen(&["check", &path, "--model", "register"]);
    assert_eq!(said.code, 254, "{}{}", said.stdout, said.stderr);
    assert!(
        said.stderr.contains("line 1: :value is judged"),
        "{}",
        said.stderr
    );
    // A ratio is a value like any other.
    let path = file(
        folder.path(),
        "ratio.edn",
        REGISTER.replace("3}", "1/3}").as_bytes(),
    );
    assert_eq!(jepsen(&["check", &path, "--model", "register"]).code, 0);
}

#[test]
fn a_secured_listener_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    for setting in [
        "\"security.protocol\" = \"SSL\"",
        "\"sasl.username\" = \"me\"",
        "\"ssl.ca.location\" = \"/ca\"",
        "\"ssl_ca\" = \"/ca\"",
        "\"enable.ssl.certificate.verification\" = \"false\"",
        "\"enable.sasl.oauthbearer.unsecure.jwt\" = \"true\"",
        "\"oauthbearer_token_refresh_cb\" = \"1\"",
        "\"https.ca.pem\" = \"x\"",
    ] {
        let text = format!("name = \"mine\"\nbootstrap = [\"127.0.0.1:1\"]\n[client]\n{setting}\n");
        let path: PathBuf = file(folder.path(), "target.toml", text.as_bytes()).into();
        let mut run = std::process::Command::new(JEPSEN);
        run.args(["run", "quiet", "--plan", "--target"]).arg(&path);
        let said = ended(&mut run);
        assert_eq!(said.code, 254, "{setting}: {}", said.stderr);
        assert!(
            said.stderr.contains("plaintext listeners only"),
            "{setting}: {}",
            said.stderr
        );
        let key = setting.split('"').nth(1).expect("a key");
        assert!(said.stderr.contains(key), "{setting}: {}", said.stderr);
    }
}
