//! The files of the shards: surveyed before anything is written, then copied to a place that does not look like a run.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::bounded;
use crate::exit::Stop;
use crate::output::name;
use crate::store::durable::sync_directory;

/// The maximum depth of folders. A run's own files need six.
const DEPTH_MAX: usize = 64;
/// The maximum number of files and folders of all shards.
const ENTRIES_MAX: usize = 2_000_000;

/// What is copied. Paths are below the folder of scenarios; folders come before their files.
#[derive(Debug, Default)]
pub(super) struct Tree {
    folders: Vec<PathBuf>,
    files: Vec<(PathBuf, PathBuf)>,
    /// The sum of the sizes of all files.
    pub(super) bytes: u64,
}

impl Tree {
    /// Surveys the folders of scenarios of all shards. Links are left out: they may lead out of the run.
    ///
    /// # Errors
    /// If two shards contain the same scenario, or there is a named pipe, a socket or a device: reading one may block
    /// or never end.
    pub(super) fn survey(scenarios: &[PathBuf]) -> Result<Tree> {
        let mut tree = Tree::default();
        let mut owners: BTreeMap<OsString, &Path> = BTreeMap::new();
        for root in scenarios {
            let meta = root.symlink_metadata();
            let meta = meta.with_context(|| format!("read {}", name(root)))?;
            if !meta.is_dir() {
                return Err(Stop::usage(format!("{}: not a directory", name(root))));
            }
            for entry in entries(root)? {
                if let Some(other) = owners.insert(entry.clone(), root) {
                    return Err(Stop::usage(format!(
                        "{} and {} both contain {}: each scenario runs in one shard only",
                        name(other),
                        name(root),
                        name(Path::new(&entry))
                    )));
                }
                tree.add(root, PathBuf::from(entry), 1)?;
            }
        }
        Ok(tree)
    }

    fn add(&mut self, root: &Path, below: PathBuf, depth: usize) -> Result<()> {
        let path = root.join(&below);
        let meta = path.symlink_metadata();
        let meta = meta.with_context(|| format!("read {}", name(&path)))?;
        if meta.is_symlink() {
            return Ok(());
        }
        let refuse = |why: &str| Err(Stop::usage(format!("{}: {why}", name(&path))));
        if self.files.len() + self.folders.len() >= ENTRIES_MAX {
            return refuse("too many files in the shards");
        }
        if meta.is_file() {
            self.bytes = self.bytes.saturating_add(meta.len());
            self.files.push((path, below));
            return Ok(());
        }
        if !meta.is_dir() {
            return refuse("neither a file nor a directory, and no part of a run; remove it");
        }
        if depth > DEPTH_MAX {
            return refuse("too deep for a run");
        }
        self.folders.push(below.clone());
        for entry in entries(&path)? {
            self.add(root, below.join(entry), depth + 1)?;
        }
        Ok(())
    }

    /// Copies everything into a new directory and waits until it is on the disk, because the verdict of the joined run
    /// must not outlive its evidence.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub(super) fn copy_to(&self, to: &Path) -> Result<()> {
        let create = |path: &Path| {
            std::fs::create_dir(path).with_context(|| format!("create {}", name(path)))
        };
        create(to)?;
        for folder in &self.folders {
            create(&to.join(folder))?;
        }
        for (from, below) in &self.files {
            let target = to.join(below);
            copy(from, &target).with_context(|| format!("copy {}", name(from)))?;
        }
        for folder in self.folders.iter().map(|below| to.join(below)) {
            sync_directory(&folder)?;
        }
        sync_directory(to)?;
        Ok(())
    }
}

/// The names in a directory, in order.
fn entries(path: &Path) -> Result<Vec<OsString>> {
    let read = || -> std::io::Result<Vec<OsString>> {
        let mut names = std::fs::read_dir(path)?
            .map(|entry| Ok(entry?.file_name()))
            .collect::<std::io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    };
    read().with_context(|| format!("read {}", name(path)))
}

/// Since the survey, another program may have replaced the file by a link or by a pipe. Neither is followed.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    let (folder, name) = (from.parent(), from.file_name());
    let (folder, name) = folder.zip(name).ok_or(ErrorKind::InvalidInput)?;
    let mut source = bounded::open_below(folder, Path::new(name))?;
    let mut target = File::create_new(to)?;
    std::io::copy(&mut source, &mut target)?;
    target.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn shard(folder: &Path, scenario: &str) -> PathBuf {
        let root = folder.join(scenario).join("scenarios");
        let nodes = root.join(scenario).join("nodes/n1");
        std::fs::create_dir_all(&nodes).expect("made");
        std::fs::write(nodes.join("stdout.log"), "x").expect("written");
        root
    }

    #[test]
    fn files_are_copied_and_links_are_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let (a, b) = (shard(folder.path(), "a"), shard(folder.path(), "b"));
        symlink("/etc/passwd", a.join("a/secret")).expect("linked");
        symlink(folder.path(), a.join("a/round")).expect("linked");
        let tree = Tree::survey(&[a, b]).expect("right");
        assert_eq!(tree.bytes, 2);
        let to = folder.path().join("to");
        tree.copy_to(&to).expect("copied");
        for scenario in ["a", "b"] {
            let log = to.join(scenario).join("nodes/n1/stdout.log");
            assert_eq!(std::fs::read_to_string(log).expect("copied"), "x");
        }
        assert!(!to.join("a/secret").exists() && !to.join("a/round").exists());
    }

    #[test]
    fn what_cannot_be_copied_is_refused_before_anything_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let (a, b) = (shard(folder.path(), "a"), shard(folder.path(), "b"));
        let told = |roots: &[PathBuf]| {
            let error = Tree::survey(roots).expect_err("refused");
            assert_eq!(crate::exit::of_error(&error), crate::exit::USAGE);
            format!("{error:#}")
        };
        let pipe = a.join("a/pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("made");
        assert!(told(std::slice::from_ref(&a)).contains("a/pipe: neither a file"));
        std::fs::remove_file(pipe).expect("removed");
        std::fs::create_dir(b.join("a")).expect("made");
        assert!(told(&[a.clone(), b]).contains("both contain a"));
        let link = folder.path().join("link");
        symlink(&a, &link).expect("linked");
        assert!(told(&[link]).contains("not a directory"));
        assert!(told(&[folder.path().join("none")]).contains("No such file"));
    }

    #[test]
    fn a_file_that_became_a_link_is_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let a = shard(folder.path(), "a");
        let tree = Tree::survey(std::slice::from_ref(&a)).expect("right");
        let log = a.join("a/nodes/n1/stdout.log");
        std::fs::remove_file(&log).expect("removed");
        symlink("/etc/passwd", &log).expect("linked");
        let error = tree
            .copy_to(&folder.path().join("to"))
            .expect_err("refused");
        assert!(format!("{error:#}").contains("stdout.log"), "{error:#}");
    }
}
