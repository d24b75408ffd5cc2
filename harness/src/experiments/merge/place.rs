//! Where the joined run goes: never into one of the runs that it is made of.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::config::place::resolved;
use crate::exit::Stop;
use crate::output::name;

/// Refuses runs that are named twice, runs within runs, and a destination within a run. Copying would then read what it
/// writes, without end. All paths of `runs` are canonical, so that a link such as `latest` is the run that it names.
///
/// # Errors
/// If so, or if the destination cannot be resolved.
pub(super) fn check(out: &Path, runs: &[PathBuf]) -> Result<()> {
    for (at, run) in runs.iter().enumerate() {
        for other in &runs[..at] {
            if run == other {
                return Err(Stop::usage(format!("{}: named twice", name(run))));
            }
            let (inner, outer) = match run.starts_with(other) {
                true => (run, other),
                false if other.starts_with(run) => (other, run),
                false => continue,
            };
            return Err(Stop::usage(format!(
                "{} is within {}: a run contains no other run",
                name(inner),
                name(outer)
            )));
        }
    }
    let real = resolved(out)?;
    match runs.iter().find(|run| real.starts_with(run)) {
        None => Ok(()),
        Some(run) => Err(Stop::usage(format!(
            "--out {}: within the run {}; name a directory outside of it",
            name(out),
            name(run)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_destination_within_a_run_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("there");
        let (a, b) = (root.join("a"), root.join("b"));
        std::fs::create_dir_all(a.join("scenarios")).expect("made");
        std::fs::create_dir_all(&b).expect("made");
        symlink(&a, root.join("link")).expect("linked");
        let runs = [a.clone(), b.clone()];
        let told = |out: &str| check(&root.join(out), &runs).map_err(|error| error.to_string());
        for inside in [
            "a",
            "a/scenarios",
            "a/new/deeper",
            "link/x",
            "new/../a/x",
            "b/../link/../a/y",
        ] {
            assert!(
                told(inside).is_err_and(|why| why.contains("within the run")),
                "{inside}"
            );
        }
        for outside in ["", "new", "ab", "a/../c", "b/../new/deeper"] {
            assert_eq!(told(outside), Ok(()), "{outside}");
        }
    }

    #[test]
    fn runs_are_named_once_and_contain_no_runs() {
        let path = |text: &str| PathBuf::from(text);
        let told = |runs: &[PathBuf]| check(Path::new("/nowhere"), runs).expect_err("refused");
        assert!(
            told(&[path("/r/a"), path("/r/a")])
                .to_string()
                .contains("named twice")
        );
        for runs in [["/r/a", "/r/a/b"], ["/r/a/b", "/r/a"]] {
            assert!(
                told(&runs.map(path))
                    .to_string()
                    .contains("/r/a/b is within /r/a")
            );
        }
        assert!(check(Path::new("/nowhere"), &[path("/r/a"), path("/r/ab")]).is_ok());
    }
}
