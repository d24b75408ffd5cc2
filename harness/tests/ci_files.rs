//! The files for CI: they parse, and their commands run as written.
//!
//! The examples for users in `docs/ci/`: a stub program that records its arguments replaces jepsen while the shell text
//! of every shard and of the join runs, and this program must accept each call. With `JEPSEN_CI_LIVE` set, the commands
//! run with the program itself, on a short suite. The project's own workflows in `.github/workflows/`: they run the
//! gates that exist.

#![expect(clippy::print_stdout, reason = "what was skipped is for a reader")]

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser;
use harness::cli::{self, Cli};
use yaml_rust2::{Yaml, YamlLoader};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn documents(path: &str) -> Vec<Yaml> {
    let text = std::fs::read_to_string(root().join(path)).expect("a file for CI");
    YamlLoader::load_from_str(&text).expect("YAML")
}

/// A job of a CI system: the text of a shell and its variables.
#[derive(Clone, Debug)]
struct Step {
    text: String,
    variables: Vec<(String, String)>,
}

/// Every shard, then the join.
struct Job {
    shards: Vec<Step>,
    join: Step,
}

fn text(yaml: &Yaml) -> String {
    match yaml {
        Yaml::String(text) => text.clone(),
        Yaml::Integer(number) => number.to_string(),
        other => panic!("not a text: {other:?}"),
    }
}

fn github() -> Job {
    let workflow = documents("docs/ci/github-actions.yml").remove(0);
    let jobs = &workflow["jobs"];
    let step = |job: &str, name: &str| {
        let steps = jobs[job]["steps"].as_vec().expect("steps");
        let found = steps
            .iter()
            .find(|step| step["name"].as_str() == Some(name));
        text(&found.expect("the step")["run"])
    };
    let variables: Vec<(String, String)> = workflow["env"]
        .as_hash()
        .expect("variables")
        .iter()
        .map(|(name, value)| (text(name), text(value)))
        .collect();
    let permits = step("shard", "Permit user namespaces");
    assert!(
        permits.contains("apparmor_restrict_unprivileged_userns=0"),
        "{permits}"
    );
    assert_eq!(text(&jobs["verdict"]["needs"]), "shard");
    let matrix = jobs["shard"]["strategy"]["matrix"]["shard"]
        .as_vec()
        .expect("a matrix");
    let passed = text(&jobs["shard"]["env"]["SHARD"]);
    assert_eq!(passed, "${{ matrix.shard }}");
    let shards = matrix.iter().map(|number| {
        let mut variables = variables.clone();
        variables.push(("SHARD".into(), text(number)));
        // GitHub sets it, the same in all jobs of a workflow's run.
        variables.push(("GITHUB_RUN_ID".into(), "16098453021".into()));
        Step {
            text: step("shard", "Run the shard"),
            variables,
        }
    });
    Job {
        shards: shards.collect(),
        join: Step {
            text: step("verdict", "Join the shards"),
            variables,
        },
    }
}

fn kubernetes(runs: &Path) -> Job {
    let documents = documents("docs/ci/kubernetes-indexed-job.yaml");
    let named = |name: &str| {
        let found = documents.iter().find(|one| {
            one["kind"].as_str() == Some("Job") && one["metadata"]["name"].as_str() == Some(name)
        });
        found.expect("the job")["spec"].clone()
    };
    let step = |spec: &Yaml| {
        let container = &spec["template"]["spec"]["containers"][0];
        let command = container["command"].as_vec().expect("a command");
        assert_eq!([text(&command[0]), text(&command[1])], ["sh", "-c"]);
        let variables = container["env"].as_vec().expect("variables").iter();
        let variable = |one: &Yaml| match text(&one["name"]).as_str() {
            // The CI system mounts a volume there. Here it is a folder.
            "RUNS" => ("RUNS".to_owned(), runs.display().to_string()),
            name => (name.to_owned(), text(&one["value"])),
        };
        Step {
            text: text(&command[2]),
            variables: variables.map(variable).collect(),
        }
    };
    let (shards, verdict) = (named("jepsen-qualification"), named("jepsen-verdict"));
    assert_eq!(text(&shards["completionMode"]), "Indexed");
    assert_eq!(shards["completions"], shards["parallelism"]);
    assert_eq!(verdict["suspend"], Yaml::Boolean(true));
    let secured = &shards["template"]["spec"]["containers"][0]["securityContext"];
    let added = secured["capabilities"]["add"]
        .as_vec()
        .expect("capabilities");
    for needed in ["SYS_ADMIN", "NET_ADMIN"] {
        assert!(
            added.iter().any(|one| one.as_str() == Some(needed)),
            "{needed}"
        );
    }
    let count = shards["completions"].as_i64().expect("a number");
    let one = step(&shards);
    Job {
        shards: (0..count)
            .map(|index| {
                let mut one = one.clone();
                one.variables
                    .push(("JOB_COMPLETION_INDEX".into(), index.to_string()));
                one
            })
            .collect(),
        join: step(&verdict),
    }
}

/// A folder in which a job's commands find the program at the expected paths: in the PATH, and in `target/release`.
struct Workspace {
    folder: tempfile::TempDir,
}

impl Workspace {
    fn with(program: &Path) -> Workspace {
        let folder = tempfile::tempdir().expect("a folder");
        let release = folder.path().join("target/release");
        std::fs::create_dir_all(&release).expect("made");
        std::fs::create_dir_all(folder.path().join("bin")).expect("made");
        symlink(program, release.join("jepsen")).expect("linked");
        symlink(program, folder.path().join("bin/jepsen")).expect("linked");
        Workspace { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, step: &Step, more: &[(&str, &str)]) -> Option<i32> {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("sh");
        command
            .args(["-e", "-c", &step.text])
            .current_dir(self.path())
            .envs(step.variables.iter().map(|(name, value)| (name, value)))
            .env(
                "PATH",
                format!("{}:{path}", self.path().join("bin").display()),
            )
            .envs(more.iter().copied());
        command.status().expect("a shell").code()
    }
}

/// A program that records its arguments and exits with the code in the variable CODE.
fn stand_in(folder: &Path) -> PathBuf {
    let program = folder.join("stand-in");
    let script = "#!/bin/sh\nprintf '%s\\n' \"$#\" \"$@\" >> \"$CALLS\"\nexit \"${CODE:-0}\"\n";
    std::fs::write(&program, script).expect("written");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755))
        .expect("made runnable");
    program
}

fn calls(file: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(file).expect("calls");
    let mut lines = text.lines();
    let mut calls = Vec::new();
    while let Some(count) = lines.next() {
        let count: usize = count.parse().expect("a number of words");
        calls.push(lines.by_ref().take(count).map(str::to_owned).collect());
    }
    calls
}

fn accepted(job: &Job) {
    let folder = tempfile::tempdir().expect("a folder");
    let workspace = Workspace::with(&stand_in(folder.path()));
    let file = folder.path().join("calls");
    let recorded = file.display().to_string();
    for shard in &job.shards {
        // A part alone is undecided, which must not fail its job. A finding must fail it.
        assert_eq!(
            workspace.run(shard, &[("CALLS", &recorded), ("CODE", "2")]),
            Some(0)
        );
        assert_eq!(
            workspace.run(shard, &[("CALLS", &recorded), ("CODE", "1")]),
            Some(1)
        );
    }
    for code in ["0", "1", "2", "3"] {
        let ended = workspace.run(&job.join, &[("CALLS", &recorded), ("CODE", code)]);
        assert_eq!(ended.map(|code| code.to_string()).as_deref(), Some(code));
    }
    let count = u32::try_from(job.shards.len()).expect("few");
    let mut numbers = Vec::new();
    for call in calls(&file) {
        let words = std::iter::once("jepsen".to_owned()).chain(call.clone());
        let parsed = Cli::try_parse_from(words).unwrap_or_else(|e| panic!("{call:?}: {e}"));
        match parsed.command {
            Some(cli::Command::Qualify(arguments)) => {
                assert_eq!(arguments.shard.of, count, "{call:?}");
                harness::config::suite::Suite::load(&arguments.suite).expect("a suite");
                numbers.push(arguments.shard.number);
            }
            Some(cli::Command::Merge(_)) => {}
            other => panic!("{call:?} is {other:?}"),
        }
    }
    numbers.dedup();
    assert_eq!(numbers, (1..=count).collect::<Vec<_>>());
}

#[test]
fn the_workflow_of_the_example_is_accepted() {
    accepted(&github());
}

#[test]
fn the_indexed_job_of_the_example_is_accepted() {
    let runs = tempfile::tempdir().expect("a folder");
    accepted(&kubernetes(runs.path()));
}

/// Five scenarios of a few seconds, one for each shard.
const SHORT: &str = r#"
name = "short"
requires = ["process"]
[[scenario]]
name = "one"
windows = [{ fault = "pause:leader", after = "2s", lasts = "1500ms", times = 2 }]
[[scenario]]
name = "two"
windows = [{ fault = "kill:leader", after = "2s", lasts = "1500ms", times = 2 }]
[[scenario]]
name = "three"
windows = [{ fault = "kill:follower", after = "2s", lasts = "2500ms" }]
[[scenario]]
name = "four"
windows = [{ fault = "pause:follower", after = "2s", lasts = "2500ms" }]
[[scenario]]
name = "five"
faults = "none"
time_limit = "6s"
"#;

/// Runs a job's commands with the program itself. Returns the join's exit code.
fn live(job: &Job, workspace: &Workspace, collected: impl Fn(usize)) -> Option<i32> {
    let suite = workspace.path().join("short.toml");
    std::fs::write(&suite, SHORT).expect("written");
    let suite = suite.display().to_string();
    for (index, shard) in job.shards.iter().enumerate() {
        assert_eq!(
            workspace.run(shard, &[("SUITE", &suite)]),
            Some(0),
            "shard {index}"
        );
        collected(index);
    }
    workspace.run(&job.join, &[("SUITE", &suite)])
}

fn joined(run: &Path) {
    let text = std::fs::read_to_string(run.join("results.json")).expect("results");
    let results: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let names = results["scenarios"].as_array().expect("scenarios").iter();
    let names: Vec<&str> = names.filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["one", "two", "three", "four", "five"]);
    assert!(results["run"]["incomplete"].is_null(), "{}", results["run"]);
    assert!(run.join("report.html").is_file());
}

/// A step of the project's own workflow that runs a gate: its position, and the steps around it.
fn runs_a_gate(workflow: &str, job: &str, step: &str, gate: &str) {
    let job = documents(workflow).remove(0)["jobs"][job].clone();
    assert_eq!(text(&job["runs-on"]), "ubuntu-24.04");
    let steps = job["steps"].as_vec().expect("steps");
    let at = |name: &str| {
        let found = steps
            .iter()
            .position(|step| step["name"].as_str() == Some(name));
        found.unwrap_or_else(|| panic!("{workflow}: no step `{name}`"))
    };
    let permits = text(&steps[at("Permit user namespaces")]["run"]);
    assert!(
        permits.contains("apparmor_restrict_unprivileged_userns=0"),
        "{permits}"
    );
    assert!(at("Permit user namespaces") < at(step), "{workflow}");
    let run = &steps[at(step)];
    let command = text(&run["run"]);
    assert_eq!(command.split(' ').next(), Some(gate), "{workflow}");
    let mode = std::fs::metadata(root().join(gate)).expect("the gate");
    assert_ne!(mode.permissions().mode() & 0o111, 0, "{gate} is executable");
    let keeps = &steps[at("Keep the runs of a failure")];
    assert_eq!(text(&keeps["if"]), "failure()");
    assert_eq!(keeps["with"]["path"], run["env"]["RUNS"], "{workflow}");
}

#[test]
fn the_projects_own_workflows_run_its_gates() {
    runs_a_gate(".github/workflows/ci.yml", "gate", "The gate", ".ci/run");
    runs_a_gate(".github/workflows/full.yml", "part", "The part", ".ci/full");
}

#[test]
fn the_nightly_workflow_has_every_part_of_the_heavy_gate() {
    let workflow = documents(".github/workflows/full.yml").remove(0);
    let matrix = workflow["jobs"]["part"]["strategy"]["matrix"]["part"]
        .as_vec()
        .expect("a matrix");
    let parts: Vec<String> = matrix.iter().map(text).collect();
    let gate = std::fs::read_to_string(root().join(".ci/full")).expect("the heavy gate");
    let all = gate.lines().find_map(|line| line.strip_prefix("all=("));
    let all = all.expect("the list of parts").trim_end_matches(')');
    assert_eq!(parts, all.split(' ').collect::<Vec<_>>());
}

#[test]
fn commands_run_as_they_are_written() {
    if std::env::var_os("JEPSEN_CI_LIVE").is_none() {
        println!(
            "skipped: set JEPSEN_CI_LIVE to run the commands of the CI files with real clusters, about four minutes"
        );
        return;
    }
    let program = Path::new(env!("CARGO_BIN_EXE_jepsen"));
    // Undecided means a busy machine, not a mistake in these files.
    let fine = |code: Option<i32>| assert!(matches!(code, Some(0 | 2)), "{code:?}");
    let workspace = Workspace::with(program);
    // Does what upload-artifact and download-artifact do: each shard's runs go into a separate folder.
    let collect = |index: usize| {
        let to = workspace
            .path()
            .join("shards")
            .join(format!("shard-{index}"));
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("made");
        std::fs::rename(workspace.path().join("runs"), to).expect("moved");
    };
    fine(live(&github(), &workspace, collect));
    joined(&workspace.path().join("runs/latest"));
    let workspace = Workspace::with(program);
    let runs = workspace.path().join("volume");
    fine(live(&kubernetes(&runs), &workspace, |_| {}));
    joined(&runs.join("joined/latest"));
}
