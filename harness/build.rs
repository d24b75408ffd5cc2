//! What the results of a calibration depend on, as one number: a hash over the sources of broker, nemesis, checkers and
//! workloads, and of the reference target. A cached result counts while the hash is the same, so an unrelated commit costs
//! nothing and a changed check or plant costs a new run. Layout does not count: a formatted file made 90 minutes of results
//! worthless.

use std::path::{Path, PathBuf};

/// Relative to this crate.
const SOURCES: [&str; 6] = [
    "../broker/src",
    "../nemesis/src",
    "../checkers/src",
    "src/load",
    "src/load.rs",
    "targets/reference.toml",
];

fn main() {
    let mut files = Vec::new();
    for source in SOURCES {
        println!("cargo:rerun-if-changed={source}");
        collect(Path::new(source), &mut files);
    }
    files.sort();
    let mut hash = Fnv::default();
    for file in &files {
        hash.add(file.to_string_lossy().as_bytes());
        // A file that went away between listing and reading changes the hash, as it should.
        hash.add(&without_layout(std::fs::read(file).unwrap_or_default()));
    }
    println!("cargo:rustc-env=JEPSEN_SOURCES={:016x}", hash.0);
}

/// A source without what a formatter changes: white space, and commas before a closing bracket.
fn without_layout(mut source: Vec<u8>) -> Vec<u8> {
    source.retain(|byte| !byte.is_ascii_whitespace());
    let closes = |at: usize| matches!(source.get(at), Some(b')' | b']' | b'}'));
    let kept = (0..source.len()).filter(|at| source[*at] != b',' || !closes(at + 1));
    kept.map(|at| source[at]).collect()
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    match std::fs::read_dir(path) {
        Ok(entries) => {
            for entry in entries.flatten() {
                collect(&entry.path(), files);
            }
        }
        Err(_) => files.push(path.to_owned()),
    }
}

/// FNV-1a, 64 bits: told apart are a few hundred states of a work tree, not adversaries.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// Takes bytes in, and their number, so that neighbours do not run into each other.
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&(bytes.len() as u64).to_le_bytes()) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
