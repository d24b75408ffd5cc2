//! Collects the log lines of the nodes that the target's file selects, in one file next to their output.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use regex::RegexSet;

use crate::bounded;
use crate::cluster::Cluster;
use crate::config::target::Target;
use crate::store::{layout, write_whole};

/// The maximum number of lines of one file. The first ones show how the problem started.
const LINES_MAX: usize = 200;
/// Longer lines are truncated.
const LINE_BYTES_MAX: u64 = 2_000;

/// Collects the lines of all nodes and returns their number. The file is written only if there are any.
///
/// # Errors
/// If the file cannot be written.
pub fn gather(target: &Target, cluster: &Cluster, directory: &Path) -> Result<usize> {
    if target.logs.show.is_empty() {
        return Ok(0);
    }
    let patterns = RegexSet::new(&target.logs.show).context("logs.show")?;
    let mut text = String::new();
    let mut count = 0;
    for node in cluster.nodes() {
        let logs = cluster.logs(node);
        let mut files: Vec<PathBuf> = ["stdout.log", "stderr.log"]
            .map(|name| logs.join(name))
            .into();
        let more = target.fill_all(&target.logs.files, cluster.place(node))?;
        files.extend(more.iter().map(|file| PathBuf::from(file.reveal())));
        for file in files {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            for line in matching(&file, &patterns) {
                count += 1;
                text += &format!("{node} {name}: {line}\n");
            }
        }
    }
    if count > 0 {
        write_whole(
            &directory.join(layout::NODES).join(layout::HIGHLIGHTS),
            &text,
        )?;
    }
    Ok(count)
}

fn matching(file: &Path, patterns: &RegexSet) -> Vec<String> {
    // A target need not write every file in every run. A node may have put a link or a pipe in its place.
    let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else {
        return Vec::new();
    };
    let Ok(file) = bounded::open_below(folder, Path::new(name)) else {
        return Vec::new();
    };
    let mut reader = BufReader::new(file);
    let mut found = Vec::new();
    let mut line = Vec::new();
    while found.len() < LINES_MAX {
        line.clear();
        match Read::take(&mut reader, LINE_BYTES_MAX).read_until(b'\n', &mut line) {
            Ok(1..) => {}
            _ => break,
        }
        let text = String::from_utf8_lossy(&line);
        if patterns.is_match(&text) {
            found.push(text.trim_end().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matching_lines_are_found_and_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        let lines: String = (0..500)
            .map(|n| format!("line {n} ERROR\nline {n} INFO\n"))
            .collect();
        std::fs::write(&path, lines).expect("written");
        let patterns = RegexSet::new(["ERROR", "FATAL"]).expect("right");
        let found = matching(&path, &patterns);
        assert_eq!(
            (found.len(), found[1].as_str()),
            (LINES_MAX, "line 1 ERROR")
        );
        assert!(matching(&folder.path().join("none"), &patterns).is_empty());
    }
}
