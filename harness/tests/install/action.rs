//! `action.yml`: what it asks for, what it does with it, and with which code it ends.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::cli;
use yaml_rust2::{Yaml, YamlLoader};

use crate::{calls, parsed, root, stand_in, text};

fn action() -> Yaml {
    YamlLoader::load_from_str(&text("action.yml"))
        .expect("YAML")
        .remove(0)
}

fn steps(action: &Yaml) -> Vec<Yaml> {
    assert_eq!(action["runs"]["using"].as_str(), Some("composite"));
    action["runs"]["steps"].as_vec().expect("steps").clone()
}

fn step(name: &str) -> Yaml {
    let steps = steps(&action());
    let found = steps
        .iter()
        .find(|step| step["name"].as_str() == Some(name));
    found.unwrap_or_else(|| panic!("no step `{name}`")).clone()
}

/// A folder in which a step runs, as on a runner.
struct Runner {
    folder: tempfile::TempDir,
}

/// How a step ended: its code, and what it put into the files of its outputs and of the summary.
struct Ended {
    code: Option<i32>,
    output: String,
    summary: String,
}

impl Runner {
    fn new() -> Runner {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["sudo", "cargo", "stand-in"] {
            stand_in(folder.path(), name);
        }
        Runner { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a step as GitHub does, with the values of the inputs that are given and the defaults of the others.
    fn run(&self, step: &Yaml, inputs: &[(&str, &str)], more: &[(&str, &str)]) -> Ended {
        assert_eq!(step["shell"].as_str(), Some("bash"));
        for name in ["output", "summary"] {
            std::fs::write(self.path(name), "").expect("written");
        }
        let mut variables = BTreeMap::new();
        for (name, value) in step["env"].as_hash().into_iter().flatten() {
            let (name, value) = (
                name.as_str().expect("a name"),
                value.as_str().expect("a text"),
            );
            variables.insert(name.to_owned(), value_of(value, inputs));
        }
        variables.extend(
            more.iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        let path = std::env::var("PATH").unwrap_or_default();
        let status = Command::new("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c"])
            .arg(step["run"].as_str().expect("a script"))
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", self.folder.path().display()))
            .env("GITHUB_OUTPUT", self.path("output"))
            .env("GITHUB_STEP_SUMMARY", self.path("summary"))
            .env("GITHUB_ACTION_PATH", root())
            .env("GITHUB_RUN_ID", "16098453021")
            .env("RUNNER_TEMP", self.path("temp"))
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_ARCH", "X64")
            .env("CALLS", self.path("calls"))
            .envs(variables)
            .stdout(std::process::Stdio::null())
            .status()
            .expect("bash");
        let read = |name| std::fs::read_to_string(self.path(name)).expect("readable");
        Ended {
            code: status.code(),
            output: read("output"),
            summary: read("summary"),
        }
    }

    fn calls(&self) -> Vec<Vec<String>> {
        calls(&self.path("calls"))
    }
}

/// What GitHub makes of `${{ inputs.NAME }}`; any other text is itself.
fn value_of(value: &str, inputs: &[(&str, &str)]) -> String {
    let Some(name) = value.strip_prefix("${{ inputs.") else {
        return value.to_owned();
    };
    let name = name.trim_end_matches(" }}");
    let declared = &action()["inputs"][name];
    assert!(!declared.is_badvalue(), "no input `{name}`");
    let given = inputs.iter().find(|(known, _)| *known == name);
    match given {
        Some((_, value)) => (*value).to_owned(),
        None => declared["default"].as_str().expect("a default").to_owned(),
    }
}

#[test]
fn values_reach_the_shell_as_variables_only() {
    let action = action();
    let text = text("action.yml");
    for step in steps(&action) {
        if let Some(script) = step["run"].as_str() {
            assert!(!script.contains("${{"), "{script}");
        }
        if let Some(used) = step["uses"].as_str() {
            let (_, version) = used.split_once('@').expect("a version");
            let pinned = version.len() == 40 && version.chars().all(|c| c.is_ascii_hexdigit());
            assert!(pinned, "{used} is not pinned");
        }
    }
    for (name, input) in action["inputs"].as_hash().expect("inputs") {
        let name = name.as_str().expect("a name");
        assert!(
            input["description"]
                .as_str()
                .is_some_and(|text| text.len() > 10),
            "{name}"
        );
        assert!(
            text.contains(&format!("inputs.{name}")),
            "{name} is not used"
        );
    }
    // Whatever the verdict, and also if the step before failed.
    let keeps = step("Keep the runs");
    assert_eq!(keeps["if"].as_str(), Some("always()"));
    assert_eq!(keeps["with"]["path"].as_str(), Some("${{ inputs.out }}"));
}

/// A value with the marks of a shell stays one word.
const NASTY: &str = "a $(touch injected) \"; touch injected; `touch injected`";

#[test]
fn every_input_becomes_an_option_and_nothing_else() {
    let runner = Runner::new();
    let run = step("Run");
    let program = runner.path("stand-in").display().to_string();
    let ended = runner.run(
        &run,
        &[
            ("jepsen", &program),
            ("suite", "smoke"),
            ("target", NASTY),
            ("seed", "7"),
            ("shard", "2/5"),
            ("baseline", "none"),
            ("waivers", "w.toml"),
            ("out", "my runs"),
        ],
        &[],
    );
    assert_eq!(ended.code, Some(0));
    let asked = runner.calls();
    let cli::Command::Qualify(asked) = parsed(&asked[0]) else {
        panic!("{asked:?}");
    };
    assert_eq!(
        (asked.suite.as_str(), asked.target.as_str(), asked.seed),
        ("smoke", NASTY, Some(7))
    );
    assert_eq!((asked.shard.number, asked.shard.of), (2, 5));
    assert_eq!(asked.baseline.as_deref(), Some("none"));
    assert_eq!(asked.waivers.as_deref(), Some(Path::new("w.toml")));
    assert_eq!(asked.out, Path::new("my runs"));
    let inputs = [
        ("jepsen", program.as_str()),
        ("scenario", "default  smoke/kill-leader"),
        ("time-limit", "30s"),
    ];
    assert_eq!(runner.run(&run, &inputs, &[]).code, Some(0));
    let asked = runner.calls();
    let cli::Command::Run(asked) = parsed(&asked[0]) else {
        panic!("{asked:?}");
    };
    assert_eq!(asked.scenarios, ["default", "smoke/kill-leader"]);
    assert_eq!(asked.time_limit, Some(std::time::Duration::from_secs(30)));
    // Without an input, the seed is that of the workflow's run, the same in all of its jobs.
    assert_eq!(
        (asked.seed, asked.target.as_str()),
        (Some(16_098_453_021), "reference")
    );
    assert!(!runner.path("injected").exists());
}

#[test]
fn the_exit_code_is_that_of_jepsen() {
    let runner = Runner::new();
    let run = step("Run");
    let program = runner.path("stand-in").display().to_string();
    for code in ["0", "1", "2", "3", "253", "254"] {
        let ended = runner.run(&run, &[("jepsen", &program)], &[("CODE", code)]);
        assert_eq!(
            ended.code.map(|code| code.to_string()).as_deref(),
            Some(code)
        );
        assert_eq!(ended.output, format!("exit-code={code}\n"));
        // The stand-in writes no summary, as a run that did not start.
        assert!(
            ended.summary.contains(&format!("exit code {code}")),
            "{}",
            ended.summary
        );
    }
    let shard = [("jepsen", program.as_str()), ("shard", "1/5")];
    for (code, passed) in [("2", 0), ("1", 1)] {
        let ended = runner.run(&run, &shard, &[("CODE", code)]);
        assert_eq!(
            (ended.code, ended.output),
            (Some(passed), format!("exit-code={code}\n"))
        );
    }
    let run_directory = runner.path("jepsen-runs/20261130T000000Z-1");
    std::fs::create_dir_all(&run_directory).expect("made");
    std::os::unix::fs::symlink(&run_directory, runner.path("jepsen-runs/latest")).expect("linked");
    let ended = runner.run(&run, &[("jepsen", &program)], &[]);
    assert!(
        ended.output.contains("run=/") && ended.output.contains("20261130T"),
        "{}",
        ended.output
    );
    runner.calls();
    for wrong in [
        ("time-limit", "9s", "suite", "smoke"),
        ("shard", "1/2", "scenario", "default"),
    ] {
        let inputs = [
            ("jepsen", program.as_str()),
            (wrong.0, wrong.1),
            (wrong.2, wrong.3),
        ];
        assert_eq!(runner.run(&run, &inputs, &[]).code, Some(254), "{wrong:?}");
        assert!(runner.calls().is_empty(), "{wrong:?}");
    }
}

#[test]
fn the_runner_permits_namespaces_by_the_setting_that_doctor_names() {
    let runner = Runner::new();
    let permit = step("Permit user namespaces");
    let setting = runner.path("setting");
    let path = setting.display().to_string();
    for (value, called) in [(Some("1\n"), true), (Some("0\n"), false), (None, false)] {
        match value {
            Some(value) => std::fs::write(&setting, value).expect("written"),
            None => std::fs::remove_file(&setting).expect("removed"),
        }
        assert_eq!(
            runner.run(&permit, &[], &[("SETTING", &path)]).code,
            Some(0)
        );
        let calls = runner.calls();
        assert_eq!(!calls.is_empty(), called, "{value:?}: {calls:?}");
        for call in calls {
            let remedy = format!("sudo {}", call.join(" "));
            assert!(
                text("nemesis/src/doctor/remedy.rs").contains(&remedy),
                "{remedy}"
            );
        }
    }
}

#[test]
fn it_builds_what_it_runs() {
    let runner = Runner::new();
    assert_eq!(runner.run(&step("Build"), &[], &[]).code, Some(0));
    let calls = runner.calls();
    let [call] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    let after = |option: &str| {
        let at = call
            .iter()
            .position(|word| word == option)
            .expect("an option");
        PathBuf::from(&call[at + 1])
    };
    assert!(call.starts_with(&["install".to_owned()]), "{call:?}");
    assert!(after("--path").join("Cargo.toml").is_file(), "{call:?}");
    assert!(
        step("Run")["run"]
            .as_str()
            .expect("a script")
            .contains("$RUNNER_TEMP/jepsen/bin/jepsen")
    );
    assert_eq!(after("--root"), runner.path("temp/jepsen"));
    // What was built is found again as long as the sources are the same.
    let version = step("Version");
    let key = runner.run(&version, &[], &[]).output;
    assert!(
        key.starts_with("key=jepsen-Linux-X64-") && key.trim().len() == 85,
        "{key}"
    );
    assert_eq!(key, runner.run(&version, &[], &[]).output);
}
