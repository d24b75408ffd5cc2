//! `Dockerfile` and `docs/containers.md`: what is copied is there, what is run is possible, and the flags are those that
//! `jepsen doctor` names. The image itself is not built here: that takes a container engine and a quarter of an hour.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::{root, text};

/// The instructions, with their lines joined.
fn instructions() -> Vec<(String, String)> {
    let text = text("Dockerfile").replace("\\\n", " ");
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    let instruction = |line: &str| {
        let (word, rest) = line.split_once(' ').unwrap_or_else(|| panic!("{line}"));
        (
            word.to_owned(),
            rest.split_whitespace().collect::<Vec<_>>().join(" "),
        )
    };
    lines.map(instruction).collect()
}

fn all(word: &str) -> Vec<String> {
    let all = instructions().into_iter().filter(|(one, _)| one == word);
    all.map(|(_, rest)| rest).collect()
}

#[test]
fn the_image_has_two_stages_and_an_ordinary_user() {
    let known = [
        "ARG",
        "FROM",
        "WORKDIR",
        "COPY",
        "RUN",
        "USER",
        "ENTRYPOINT",
    ];
    for (word, rest) in instructions() {
        assert!(known.contains(&word.as_str()), "{word} {rest}");
    }
    let stages = all("FROM");
    assert_eq!(stages.len(), 2, "{stages:?}");
    assert!(
        stages[0].ends_with(" AS build") && stages[1].ends_with("-slim"),
        "{stages:?}"
    );
    let user = all("USER");
    assert_eq!(user, ["jepsen"]);
    assert!(
        all("RUN")
            .iter()
            .any(|run| run.contains("useradd") && run.contains(" jepsen"))
    );
    assert_eq!(all("ENTRYPOINT"), ["[\"jepsen\"]"]);
    let manifest: toml::Table = text("Cargo.toml").parse().expect("TOML");
    let least = manifest["workspace"]["package"]["rust-version"]
        .as_str()
        .expect("a version");
    assert!(
        all("ARG").contains(&format!("RUST={least}")),
        "the Rust version of Cargo.toml"
    );
}

#[test]
fn everything_that_is_copied_is_there_and_nothing_is_missing() {
    let ignored = text(".dockerignore");
    let mut copied = BTreeSet::new();
    for copy in all("COPY") {
        let mut words: Vec<&str> = copy.split(' ').collect();
        words.pop();
        if words[0] == "--from=build" {
            // What cargo installs: the program, below --root.
            assert_eq!(words[1..], ["/installed/bin/jepsen"]);
            continue;
        }
        for word in words {
            assert!(root().join(word).exists(), "{word}");
            assert!(
                ignored.lines().any(|line| line == format!("!{word}")),
                "{word} is ignored"
            );
            copied.insert(word.to_owned());
        }
    }
    let manifest: toml::Table = text("Cargo.toml").parse().expect("TOML");
    let members = manifest["workspace"]["members"]
        .as_array()
        .expect("members");
    for member in members.iter().filter_map(toml::Value::as_str) {
        assert!(copied.contains(member), "{member} is not copied");
    }
    // Sources may include files from outside of their crates.
    for (file, line) in included() {
        let top = file.split('/').next().unwrap_or_default();
        assert!(
            copied.contains(top),
            "{line} includes {file}, which is not copied"
        );
    }
}

/// `**/target` once kept `harness/src/config/target` out of the image, and the build of a release failed.
#[test]
fn no_folder_of_sources_is_ignored() {
    let ignored = text(".dockerignore");
    let anywhere: Vec<&str> = ignored
        .lines()
        .filter_map(|line| line.strip_prefix("**/"))
        .collect();
    assert!(!anywhere.is_empty());
    let crates = ["broker", "checkers", "harness", "nemesis", "reports"];
    let mut folders: Vec<PathBuf> = crates.map(|one| root().join(one).join("src")).into();
    while let Some(folder) = folders.pop() {
        let name = folder.file_name().and_then(|name| name.to_str());
        let name = name.expect("a name");
        assert!(!anywhere.contains(&name), "{}", folder.display());
        let entries = std::fs::read_dir(&folder).expect("readable").flatten();
        folders.extend(
            entries
                .map(|entry| entry.path())
                .filter(|path| path.is_dir()),
        );
    }
}

/// The files that sources of the harness include, relative to the root of the repository, and the lines that do.
fn included() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("harness/src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("readable").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("text");
            for line in text.lines() {
                let Some((_, rest)) = line.split_once("include_str!(\"") else {
                    continue;
                };
                let name = rest.split('"').next().unwrap_or_default();
                let file = folder.join(name).canonicalize();
                let file = file.unwrap_or_else(|error| panic!("{line}: {error}"));
                let root = root().canonicalize().expect("there");
                let below = file.strip_prefix(root).expect("in the repository");
                found.push((below.display().to_string(), line.trim().to_owned()));
            }
        }
    }
    assert!(
        found.iter().any(|(file, _)| file == "docs/targets.md"),
        "{found:?}"
    );
    found
}

#[test]
fn its_commands_are_real() {
    let runs = all("RUN");
    let cargo: Vec<&String> = runs
        .iter()
        .filter(|run| run.starts_with("cargo "))
        .collect();
    let [install] = cargo.as_slice() else {
        panic!("{runs:?}");
    };
    // The same command as that of the README.
    let words: Vec<&str> = install.split(' ').collect();
    assert_eq!(
        words,
        [
            "cargo",
            "install",
            "--locked",
            "--path",
            "harness",
            "--root",
            "/installed"
        ]
    );
    let readme = text("README.md");
    assert!(
        readme.contains("cargo install --locked --path harness"),
        "README.md"
    );
    // Each script is one that a shell parses.
    for run in &runs {
        let parsed = std::process::Command::new("sh")
            .args(["-n", "-c", run])
            .status();
        assert!(parsed.expect("a shell").success(), "{run}");
    }
}

/// The flags of `docker run` in a text, with their values.
fn flags(text: &str) -> BTreeSet<String> {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || "`\"(),|".contains(c))
        .collect();
    let words: Vec<&str> = words
        .into_iter()
        .filter(|word| !word.is_empty() && *word != "\\")
        .collect();
    let pairs = words.windows(2);
    let wanted = ["--security-opt", "--device", "--cap-add"];
    let flag = pairs.filter(|pair| wanted.contains(&pair[0]));
    flag.map(|pair| format!("{} {}", pair[0], pair[1]))
        .collect()
}

#[test]
fn the_flags_are_those_that_doctor_names() {
    let remedies = text("nemesis/src/doctor/remedy.rs");
    let (code, _) = remedies.split_once("#[cfg(test)]").expect("tests");
    let (named, written) = (flags(code), flags(&text("docs/containers.md")));
    assert!(named.len() >= 6, "{named:?}");
    assert_eq!(named, written);
    assert!(
        text("README.md").contains("docs/containers.md"),
        "README.md points there"
    );
}
