//! A node's place on disk: its directories, its files from the target's templates, its commands with placeholders
//! filled, where it may write, and the files that are copied if a scenario is not valid.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nemesis::{Node, Room};

use crate::config::target::{NodePlace, Target};
use crate::exit::Stop;
use crate::secret::{self, Filled};

/// The maximum that is copied of one node, because a log may be large.
const KEPT_BYTES_MAX: u64 = 32 << 20;
/// The maximum depth of copied directories.
const KEPT_DEPTH_MAX: usize = 8;

/// The output of a node's processes, in its directory.
pub(super) const OUTPUT: [&str; 2] = ["stdout.log", "stderr.log"];

/// A file with a secret, or a directory of a node: for its user only.
const PRIVATE_FILE: u32 = 0o600;
const PRIVATE_DIRECTORY: u32 = 0o700;

/// The directories of one node and its start command.
pub(super) struct Layout {
    pub(super) place: NodePlace,
    /// The directory of its output.
    pub(super) logs: PathBuf,
    pub(super) command: Vec<Filled>,
    pub(super) init: Vec<Filled>,
    /// What the target file sets, beyond what every node has.
    pub(super) environment: Vec<(String, Filled)>,
    files: Vec<(PathBuf, Filled)>,
    /// What the target file permits beyond the node's own directories; whether each is a directory.
    writable: Vec<(PathBuf, bool)>,
}

impl Layout {
    /// Creates the directories and writes the files.
    ///
    /// # Errors
    /// If a file cannot be written or a placeholder cannot be filled.
    pub(super) fn make(target: &Target, place: NodePlace, logs: PathBuf) -> Result<Layout> {
        let layout = Layout::of(target, place, logs)?;
        layout.create()?;
        Ok(layout)
    }

    /// Fills the placeholders, and writes nothing yet.
    ///
    /// # Errors
    /// If a placeholder cannot be filled.
    pub(super) fn of(target: &Target, place: NodePlace, logs: PathBuf) -> Result<Layout> {
        let file = |file: &crate::config::target::FileTemplate| {
            let path = target.fill(&file.path, &place)?;
            anyhow::Ok((
                PathBuf::from(path.reveal()),
                target.fill(&file.text, &place)?,
            ))
        };
        let writable = target.fill_all(&target.node.writable, &place)?;
        Ok(Layout {
            command: target.fill_all(&target.node.command, &place)?,
            init: target.fill_all(&target.node.init, &place)?,
            environment: target.variables_of(&target.node.environment, &place)?,
            files: target.file.iter().map(file).collect::<Result<_>>()?,
            writable: writable.iter().map(permitted).collect::<Result<_>>()?,
            place,
            logs,
        })
    }

    /// The directory that the node's programs have as HOME.
    pub(super) fn home(&self) -> PathBuf {
        self.logs.join("home")
    }

    /// The directory of the node's temporary files.
    pub(super) fn temporary(&self) -> PathBuf {
        self.place.temporary()
    }

    /// Creates what is missing: directories, and the files of the target.
    pub(super) fn create(&self) -> Result<()> {
        for path in [&self.place.directory, &self.home(), &self.temporary()] {
            private_directory(path)?;
        }
        self.files
            .iter()
            .try_for_each(|(path, text)| write(path, text))
    }

    /// Creates again what [`Layout::clean`] has removed, for a node that starts after the end of a run.
    pub(super) fn restore(&self) -> Result<()> {
        if !self.place.directory.exists() {
            return self.create();
        }
        for path in [self.home(), self.temporary()] {
            private_directory(&path)?;
        }
        let secret = self.files.iter().filter(|(_, text)| text.is_secret());
        secret
            .into_iter()
            .try_for_each(|(path, text)| write(path, text))
    }

    /// Removes what only a running node needs: its home, its temporary files, and the secrets in its files and its
    /// output. Returns what could not be removed, and why.
    pub(super) fn clean(&self) -> Vec<String> {
        for path in [self.home(), self.temporary()] {
            let _ = std::fs::remove_dir_all(path);
        }
        let mut failed = Vec::new();
        let mut note = |path: &Path, error: &dyn std::fmt::Display| {
            failed.push(format!(
                "{}: it may contain a secret: {error}",
                path.display()
            ));
        };
        for (path, text) in self.files.iter().filter(|(_, text)| text.is_secret()) {
            // A node that rewrote its file has put its secret there itself.
            let cleaned = match std::fs::read(path) {
                Ok(have) if have == text.reveal().as_bytes() => {
                    write(path, &Filled::plain(text.to_string()))
                }
                Ok(_) => secret::scrub_file(path).map_err(anyhow::Error::from),
                Err(_) => Ok(()),
            };
            cleaned.unwrap_or_else(|error| note(path, &error));
        }
        for name in OUTPUT {
            let path = self.logs.join(name);
            secret::scrub_file(&path).unwrap_or_else(|error| note(&path, &error));
        }
        failed
    }

    /// Opens a file of the node's output to append to it.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub(super) fn output(&self, name: &str) -> Result<File> {
        let path = self.logs.join(name);
        let environment = self.environment.iter().map(|(_, value)| value);
        let files = self.files.iter().map(|(_, text)| text);
        let all = self.command.iter().chain(&self.init);
        let has_secret = all.chain(environment).chain(files).any(Filled::is_secret);
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(if has_secret { PRIVATE_FILE } else { 0o644 })
            .custom_flags(libc::O_NOFOLLOW)
            .open(&path)
            .with_context(|| format!("open {}", path.display()))
    }

    /// Where the node may write. Its output must exist.
    pub(super) fn room(&self, target: &Target) -> Room {
        let own = [self.place.directory.clone(), self.home(), self.temporary()];
        let services = [Path::new("/run")].into_iter();
        let hides = |path: &&Path| path.is_dir() && !self.needs(target, path);
        let mut room = Room {
            directories: own.into(),
            files: OUTPUT.map(|name| self.logs.join(name)).into(),
            temporary: (!self.needs(target, Path::new("/tmp"))).then(|| self.temporary()),
            hidden: services.filter(hides).map(Path::to_owned).collect(),
        };
        for (path, is_directory) in &self.writable {
            match is_directory {
                true => room.directories.push(path.clone()),
                false => room.files.push(path.clone()),
            }
        }
        room
    }

    /// Whether the node's programs need something that exists below this directory of the machine, so that it must stay
    /// visible.
    fn needs(&self, target: &Target, below: &Path) -> bool {
        let environment = self.environment.iter().map(|(_, value)| value);
        let words = self.command.iter().chain(&self.init).chain(environment);
        let path = std::env::var("PATH").unwrap_or_default();
        let words = words.map(Filled::reveal).chain([path.as_str()]);
        let separators = [':', '=', ',', ' '];
        let mut named = words.flat_map(|word| word.split(separators)).map(Path::new);
        let fixed = [&self.logs, &self.place.jepsen, &target.home, &target.here];
        let is_below = |path: &Path| path.starts_with(below) && path != below;
        let permitted = self
            .writable
            .iter()
            .any(|(path, _)| path.starts_with(below));
        permitted
            || fixed.into_iter().any(|path| is_below(path))
            || named.any(|path| is_below(path) && path.exists())
    }

    /// Copies what the target file selects next to the node's output. Returns what was not copied, and why.
    pub(super) fn keep(&self, target: &Target, node: Node) -> Vec<String> {
        let mut warnings = Vec::new();
        let mut left = KEPT_BYTES_MAX;
        for text in &target.logs.keep_on_failure {
            let kept = target.fill(text, &self.place).and_then(|path| {
                let path = PathBuf::from(path.reveal());
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
        secret::scrub_file(to).with_context(shown)?;
    }
    Ok(())
}

/// A path that the target file lets a node write, and whether it is a directory.
fn permitted(path: &Filled) -> Result<(PathBuf, bool)> {
    let meta = std::fs::metadata(path.reveal())
        .map_err(|error| Stop::usage(format!("node.writable: {path}: {error}")))?;
    Ok((path.reveal().into(), meta.is_dir()))
}

/// Creates a directory for this user only. Those above it are as usual.
fn private_directory(path: &Path) -> Result<()> {
    let parent = path.parent().unwrap_or(Path::new("/"));
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(PRIVATE_DIRECTORY);
    std::fs::create_dir_all(parent)
        .and_then(|()| builder.create(path))
        .with_context(|| format!("create {}", path.display()))
}

/// Writes a file of a target. A link in its place is not followed.
fn write(path: &Path, text: &Filled) -> Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).with_context(|| format!("create {}", parent.display()))?;
    }
    let mode = if text.is_secret() {
        PRIVATE_FILE
    } else {
        0o644
    };
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .custom_flags(libc::O_NOFOLLOW)
        .open(path)
        .and_then(|mut file| {
            if text.is_secret() {
                // It may have existed before, for everybody.
                file.set_permissions(std::fs::Permissions::from_mode(mode))?;
            }
            file.write_all(text.reveal().as_bytes())
        });
    written.with_context(|| format!("write {}", path.display()))
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
            secret: crate::config::target::cluster_secret::draw().expect("drawn"),
            ..NodePlace::nowhere()
        };
        let expected = format!("<{}>", place.secret.reveal());
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
