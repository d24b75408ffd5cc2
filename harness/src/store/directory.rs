//! The directory of a new run: its name, and the link `latest` to it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::Timestamp;

use super::date::written;
use super::durable::create_directory;
use super::id::is_run_id;
use super::layout;
use super::space::{FREE_BYTES_MIN, free_bytes};
use super::whole::{PART, TEMPORARY};
use crate::exit::Stop;

/// A run's directory.
#[derive(Clone, Debug)]
pub struct RunDirectory {
    /// `<UTC time>-<seed>`.
    pub id: String,
    /// Where it is, absolute.
    pub path: PathBuf,
    /// When the run started, RFC 3339 in UTC.
    pub started: String,
}

impl RunDirectory {
    /// Creates a new run directory below `out` and points `out/latest` to it.
    ///
    /// # Errors
    /// If `out` is not writable, or has too little free space.
    pub fn create(out: &Path, seed: u64) -> Result<RunDirectory> {
        let refuse = |error: std::io::Error| {
            Stop::usage(format!(
                "--out {}: {error}; name a writable directory",
                out.display()
            ))
        };
        std::fs::create_dir_all(out).map_err(refuse)?;
        let out = out.canonicalize().map_err(refuse)?;
        let free = free_bytes(&out);
        if free.is_some_and(|free| free < FREE_BYTES_MIN) {
            return Err(Stop::usage(format!(
                "--out {}: only {} MiB are free there, a run needs {} MiB; remove old runs (--keep) or name another place",
                out.display(),
                free.unwrap_or(0) >> 20,
                FREE_BYTES_MIN >> 20
            )));
        }
        let (compact, started) = written(Timestamp::now());
        let mut id = format!("{compact}-{seed:x}");
        let mut again = 1;
        // The directory is created exclusively: two processes never share one.
        while let Err(error) = create_directory(&out.join(&id)) {
            if error.kind() != ErrorKind::AlreadyExists {
                return Err(refuse(error));
            }
            again += 1;
            id = format!("{compact}-{seed:x}-{again}");
        }
        let path = out.join(&id);
        create_directory(&path.join(layout::SCENARIOS)).map_err(refuse)?;
        point_latest(&out, &id);
        Ok(RunDirectory { id, path, started })
    }

    /// The directory of one scenario, created if necessary.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn scenario(&self, name: &str) -> Result<PathBuf> {
        let path = self.path.join(layout::SCENARIOS).join(name);
        match create_directory(&path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
        .with_context(|| format!("create {}", path.display()))?;
        Ok(path)
    }
}

/// Creates an empty directory for a scenario outside of a run, in place of that of an earlier calibration, whose files
/// must not be mistaken for files of this one.
///
/// # Errors
/// If there is a directory that contains anything else. It stays.
pub fn replace_scenario(directory: &Path) -> Result<()> {
    let named = || format!("create {}", directory.display());
    if let Ok(entries) = std::fs::read_dir(directory) {
        for entry in entries {
            let name = entry.with_context(named)?.file_name();
            if !layout::OF_A_SCENARIO.iter().any(|ours| name == *ours) {
                return Err(Stop::usage(format!(
                    "{}: it contains {}, which is not a file of a scenario; move it, or name another --out",
                    directory.display(),
                    name.display()
                )));
            }
        }
        std::fs::remove_dir_all(directory)
            .with_context(|| format!("remove {}", directory.display()))?;
    }
    std::fs::create_dir_all(directory).with_context(named)
}

/// Points `out/latest` to a run. A file system without links must not prevent a run. Only a link to a run is replaced:
/// a user's file, directory or own link of that name stays.
fn point_latest(out: &Path, id: &str) {
    let latest = out.join(layout::LATEST);
    let is_ours = match std::fs::symlink_metadata(&latest) {
        Err(error) => error.kind() == ErrorKind::NotFound,
        Ok(_) => std::fs::read_link(&latest).is_ok_and(|to| {
            to.to_str()
                .is_some_and(|to| is_run_id(to.trim_end_matches('/')))
        }),
    };
    if is_ours {
        // The temporary link has a random name and is removed if it cannot take its place.
        let link = tempfile::Builder::new()
            .prefix(TEMPORARY)
            .suffix(PART)
            .make_in(out, |path| std::os::unix::fs::symlink(id, path));
        let _ = link.map(|link| link.persist(&latest));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(out: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(out).expect("a folder").flatten();
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn runs_of_one_second_have_directories_of_their_own() {
        let out = tempfile::tempdir().expect("a folder");
        let ids = std::thread::scope(|scope| {
            let create = || RunDirectory::create(out.path(), 7).expect("made").id;
            let runs: Vec<_> = (0..4).map(|_| scope.spawn(create)).collect();
            let mut ids: Vec<String> = runs
                .into_iter()
                .map(|run| run.join().expect("made"))
                .collect();
            ids.sort();
            ids.dedup();
            ids
        });
        assert_eq!(ids.len(), 4, "{ids:?}");
        assert!(ids.iter().all(|id| is_run_id(id)), "{ids:?}");
        assert_eq!(names(out.path()), [ids, vec!["latest".to_owned()]].concat());
    }

    #[test]
    fn a_folder_of_a_user_is_not_replaced() {
        let out = tempfile::tempdir().expect("a folder");
        let scenario = out.path().join("runs/no-pre-vote-1");
        replace_scenario(&scenario).expect("made");
        std::fs::write(scenario.join(layout::FAULTS), "{}").expect("written");
        replace_scenario(&scenario).expect("made again");
        assert!(names(&scenario).is_empty());
        std::fs::write(scenario.join("notes"), "mine").expect("written");
        let error = replace_scenario(&scenario).expect_err("notes");
        assert!(error.to_string().contains("notes"), "{error}");
        assert_eq!(names(&scenario), ["notes"]);
    }

    #[test]
    fn only_our_own_link_is_replaced() {
        let out = tempfile::tempdir().expect("a folder");
        let (path, latest) = (out.path(), out.path().join("latest"));
        let to = || std::fs::read_link(&latest).ok();
        point_latest(path, "20260101T000000Z-1");
        point_latest(path, "20260101T000000Z-2");
        assert_eq!(to(), Some("20260101T000000Z-2".into()));
        let replace_by = |make: &dyn Fn()| {
            let _ = std::fs::remove_file(&latest);
            make();
            point_latest(path, "20260101T000000Z-3");
            assert_eq!(names(path), ["latest"], "nothing temporary stays");
        };
        replace_by(&|| std::fs::write(&latest, "mine").expect("written"));
        assert_eq!(std::fs::read_to_string(&latest).expect("there"), "mine");
        replace_by(&|| std::os::unix::fs::symlink("/somewhere", &latest).expect("linked"));
        assert_eq!(to(), Some("/somewhere".into()));
        replace_by(&|| std::fs::create_dir(&latest).expect("made"));
        assert!(latest.is_dir());
    }
}
