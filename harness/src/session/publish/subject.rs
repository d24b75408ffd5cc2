//! Which build a run tests: version and revision as the target file states them, the digests of its program and of the
//! files that it provides, and its command line.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use checkers::history::Digest;
use nemesis::Node;
use reports::model::{File, Subject};

use crate::bounded;
use crate::cluster::Cluster;
use crate::config::target::{NodePlace, Target};
use crate::reference;

/// The most files that are listed.
const FILES_MAX: usize = 300;
/// The most bytes that are hashed: a distribution of Kafka has 130 MB.
const BYTES_MAX: u64 = 1 << 30;

/// What is known before the first node starts.
pub(super) fn stated(target: &Target, plants: Vec<String>) -> Subject {
    let is_own = target.name == "reference" && target.version.is_empty();
    let own = |value: &str| {
        if is_own {
            value.to_owned()
        } else {
            String::new()
        }
    };
    // A target of many releases names its version by a variable.
    let or = |stated: &str, own: String| match stated {
        "" => own,
        stated => target
            .fill(stated, &NodePlace::nowhere())
            .map_or_else(|_| stated.to_owned(), |filled| filled.to_string()),
    };
    Subject {
        name: target.name.clone(),
        about: target.description.clone(),
        version: or(&target.version, own(env!("CARGO_PKG_VERSION"))),
        revision: or(
            &target.revision,
            own(option_env!("JEPSEN_COMMIT").unwrap_or_default()),
        ),
        configuration: target.digest(),
        nodes: target.nodes.count() as u32,
        plants_do: plants.iter().filter_map(|word| does(word)).collect(),
        plants,
        ..Subject::default()
    }
}

/// What a planted bug does, which may stand at one node or with a number: `slow-leak=96@n2`.
fn does(word: &str) -> Option<String> {
    let name = word.split(['=', '@']).next()?;
    let entry = reference::plants()
        .iter()
        .find(|plant| plant.name == name)?;
    Some(entry.does.to_owned())
}

/// Adds what only the prepared cluster knows: the program that its nodes execute, and the files of the build.
pub(super) fn add_files(subject: &mut Subject, target: &Target, cluster: &Cluster) {
    let Some(first) = cluster.nodes().into_iter().next() else {
        return;
    };
    subject.command = cluster.command_line(first);
    let mut left = BYTES_MAX;
    if let Some(program) = program(cluster, first) {
        subject.binary_sha256 = digest(&program, &mut left);
        subject.program = program.display().to_string();
    }
    let place = cluster.place(first);
    let provided = target.fill_all(&target.prepare.provides, place);
    for path in provided.unwrap_or_default() {
        collect(Path::new(path.reveal()), &mut left, &mut subject.files);
    }
}

/// The program that a node's command names, as the node finds it.
fn program(cluster: &Cluster, node: Node) -> Option<PathBuf> {
    let line = cluster.command_line(node);
    let name = Path::new(line.split(' ').next()?);
    if name.is_absolute() {
        return Some(name.to_owned());
    }
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).map(|folder| folder.join(name));
    found.into_iter().find(|file| file.is_file())
}

/// A file, or the files of a directory, not those below it: jars lie in one.
fn collect(path: &Path, left: &mut u64, files: &mut Vec<File>) {
    let mut paths = vec![path.to_owned()];
    if path.is_dir() {
        paths = std::fs::read_dir(path)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        paths.sort();
    }
    for path in paths {
        let Ok(meta) = path.metadata() else { continue };
        if !meta.is_file() || files.len() >= FILES_MAX {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        files.push(File {
            name: name.clone().into_owned(),
            path: name.into_owned(),
            bytes: meta.len(),
            sha256: digest(&path, left),
        });
    }
}

/// The SHA-256 of a file; none if it cannot be read, or more than the rest of the budget would be.
fn digest(path: &Path, left: &mut u64) -> Option<String> {
    let file = bounded::open(path).ok()?;
    *left = left.checked_sub(file.metadata().ok()?.len())?;
    let mut reader = std::io::BufReader::with_capacity(1 << 16, file);
    let mut digest = Digest::new();
    loop {
        let bytes = reader.fill_buf().ok()?;
        if bytes.is_empty() {
            return Some(digest.text());
        }
        digest.add(bytes);
        let length = bytes.len();
        reader.consume(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_file_states_version_and_revision() {
        let reference = Target::load("reference").expect("a built-in target");
        let subject = stated(&reference, Vec::new());
        assert_eq!(subject.version, env!("CARGO_PKG_VERSION"));
        let text = "base = \"reference\"\nname = \"acme\"\nversion = \"3.2.0-rc1\"\nrevision = \"4be1d02\"\n";
        let acme = Target::parse(text, "acme.toml").expect("a target");
        let subject = stated(&acme, Vec::new());
        assert_eq!(
            (subject.version.as_str(), subject.revision.as_str()),
            ("3.2.0-rc1", "4be1d02")
        );
        let release = Target::load("apache-kafka-3.9.1").expect("a release");
        assert_eq!(stated(&release, Vec::new()).version, "3.9.1");
        assert_ne!(
            subject.configuration,
            stated(&reference, Vec::new()).configuration
        );
    }

    #[test]
    fn files_are_hashed_within_the_budget() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("kafka_2.13-4.4.0.jar"), "abc").expect("written");
        std::fs::write(folder.path().join("large.jar"), "abcdef").expect("written");
        let (mut left, mut files) = (4, Vec::new());
        collect(folder.path(), &mut left, &mut files);
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(files[0].path, "kafka_2.13-4.4.0.jar");
        assert_eq!(files[0].sha256.as_deref(), Some(abc));
        assert_eq!(files[1].sha256, None, "beyond the budget");
    }
}
