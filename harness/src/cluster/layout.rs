//! A node's place on disk: its directories, its files from the target's templates, its commands with placeholders
//! filled, and the files that are copied if a scenario is not valid.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nemesis::Node;

use crate::config::target::{NodePlace, Target};

/// The maximum that is copied of one node, because a log may be large.
const KEPT_BYTES_MAX: u64 = 32 << 20;
/// The maximum depth of copied directories.
const KEPT_DEPTH_MAX: usize = 8;

/// The directories of one node and its start command.
pub(super) struct Layout {
    pub(super) place: NodePlace,
    /// The directory of its output.
    pub(super) logs: PathBuf,
    pub(super) command: Vec<String>,
    pub(super) init: Vec<String>,
    pub(super) environment: Vec<(String, String)>,
}

impl Layout {
    /// Creates the directories and writes the files.
    ///
    /// # Errors
    /// If a file cannot be written or a placeholder cannot be filled.
    pub(super) fn make(target: &Target, place: NodePlace, logs: PathBuf) -> Result<Layout> {
        std::fs::create_dir_all(&place.directory)
            .with_context(|| format!("create {}", place.directory.display()))?;
        for file in &target.file {
            let path = PathBuf::from(target.fill(&file.path, &place)?);
            let text = target.fill(&file.text, &place)?;
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)
                    .with_context(|| format!("create {}", parent.display()))?;
            }
            // A file with the cluster's secret is for the node's user alone, from its first byte on.
            let mode = if place.secret.is_in(&text) {
                0o600
            } else {
                0o666
            };
            write(&path, &text, mode).with_context(|| format!("write {}", path.display()))?;
        }
        let variable =
            |(name, value): (&String, &String)| Ok((name.clone(), target.fill(value, &place)?));
        Ok(Layout {
            command: target.fill_all(&target.node.command, &place)?,
            init: target.fill_all(&target.node.init, &place)?,
            environment: target
                .node
                .environment
                .iter()
                .map(variable)
                .collect::<Result<_>>()?,
            place,
            logs,
        })
    }

    /// Copies what the target file selects next to the node's output. Returns what was not copied, and why.
    pub(super) fn keep(&self, target: &Target, node: Node) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut left = KEPT_BYTES_MAX;
        for text in &target.logs.keep_on_failure {
            let kept = target.fill(text, &self.place).and_then(|path| {
                let path = PathBuf::from(path);
                let name = path.file_name().context("a path without a name")?;
                copy(&path, &self.logs.join("kept").join(name), &mut left, 0)
            });
            if let Err(error) = kept {
                warnings.push(format!("{node}: {text} was not kept: {error:#}"));
            }
        }
        warnings
    }
}

fn write(path: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    match std::fs::remove_file(path) {
        // An earlier file may have another mode.
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(mode);
    options.open(path)?.write_all(text.as_bytes())
}

fn copy(from: &Path, to: &Path, left: &mut u64, depth: usize) -> Result<()> {
    let shown = || from.display().to_string();
    let meta = std::fs::symlink_metadata(from).with_context(shown)?;
    if meta.is_dir() {
        anyhow::ensure!(depth < KEPT_DEPTH_MAX, "{}: too deep", from.display());
        for entry in std::fs::read_dir(from).with_context(shown)? {
            let entry = entry.with_context(shown)?;
            copy(&entry.path(), &to.join(entry.file_name()), left, depth + 1)?;
        }
    } else if meta.is_file() {
        let bytes = meta.len();
        anyhow::ensure!(
            bytes <= *left,
            "{}: {bytes} bytes exceed the limit of a copy",
            from.display()
        );
        *left -= bytes;
        if let Some(parent) = to.parent() {
            std::fs::create_dir_all(parent).with_context(shown)?;
        }
        std::fs::copy(from, to).with_context(shown)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_worth_keeping_is_kept_and_what_is_missing_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = "name = \"x\"\nports = { kafka = 1 }\nnode = { command = [\"a\"] }\n\
                    [[file]]\npath = \"{dir}/conf/a\"\ntext = \"{name}\"\n\
                    [logs]\nkeep_on_failure = [\"{dir}/conf\", \"{dir}/none\"]\n";
        let target = Target::parse(text, "x.toml").expect("right");
        let logs = folder.path().join("n1");
        let place = NodePlace {
            directory: logs.join("data"),
            ..NodePlace::nowhere()
        };
        let layout = Layout::make(&target, place, logs.clone()).expect("made");
        let warnings = layout.keep(&target, Node::from_index(0).expect("n1"));
        let kept = std::fs::read_to_string(logs.join("kept/conf/a"));
        assert_eq!(kept.expect("kept"), "n1");
        assert!(
            warnings.len() == 1 && warnings[0].contains("{dir}/none"),
            "{warnings:?}"
        );
    }

    #[test]
    fn a_file_with_the_secret_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let text = "name = \"x\"\nports = { kafka = 1 }\nnode = { command = [\"a\"] }\n\
                    [variables]\nword = \"{cluster.secret}\"\n\
                    [[file]]\npath = \"{dir}/secret\"\ntext = \"<{word}>\"\n\
                    [[file]]\npath = \"{dir}/plain\"\ntext = \"{name}\"\n";
        let target = Target::parse(text, "x.toml").expect("right");
        let logs = folder.path().join("n1");
        let directory = logs.join("data");
        std::fs::create_dir_all(&directory).expect("made");
        std::fs::write(directory.join("secret"), "of an earlier run").expect("written");
        let place = NodePlace {
            directory: directory.clone(),
            ..NodePlace::nowhere()
        };
        let expected = format!("<{}>", place.secret.text());
        Layout::make(&target, place, logs).expect("made");
        let mode = |name| {
            let meta = std::fs::metadata(directory.join(name)).expect("there");
            meta.permissions().mode() & 0o777
        };
        assert_eq!(
            std::fs::read_to_string(directory.join("secret")).expect("read"),
            expected
        );
        assert_eq!(mode("secret"), 0o600);
    }
}
