//! Results on disk, each keyed by its inputs: the plant, the seed, the conditions, and the hash of the relevant
//! sources. An interrupted calibration finds its earlier results. After a change of a source or a row nothing is found,
//! and the plant runs again.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bounded;
use crate::store::{SOURCES, write_whole};

/// A folder of results.
pub struct ResultCache {
    folder: PathBuf,
    /// Whether existing results are ignored.
    fresh: bool,
}

impl ResultCache {
    /// Results below `folder`. With `fresh`, results are written but not read.
    ///
    /// # Errors
    /// If the folder cannot be created.
    pub fn below(folder: &Path, fresh: bool) -> Result<ResultCache> {
        std::fs::create_dir_all(folder).map_err(|error| {
            crate::exit::Stop::usage(format!(
                "--out {}: {error}; name a writable directory",
                folder.display()
            ))
        })?;
        Ok(ResultCache {
            folder: folder.to_owned(),
            fresh,
        })
    }

    /// The file of a result. `how` is every input in addition to the sources.
    fn file(&self, name: &str, how: &str) -> PathBuf {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in how.bytes().chain(SOURCES.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        self.folder.join(format!("{name}-{hash:016x}.json"))
    }

    /// A stored result. An unreadable one counts as absent.
    pub fn find<T: DeserializeOwned>(&self, name: &str, how: &str) -> Option<T> {
        if self.fresh {
            return None;
        }
        let text = bounded::text(&self.file(name, how), bounded::VALUES).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Stores a result.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&self, name: &str, how: &str, result: &impl Serialize) -> Result<()> {
        write_whole(&self.file(name, how), &serde_json::to_string(result)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_found_only_by_what_it_depends_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = ResultCache::below(folder.path(), false).expect("a folder");
        kept.keep("no-pre-vote-1", "isolate 25 s", &7_u32)
            .expect("written");
        assert_eq!(kept.find("no-pre-vote-1", "isolate 25 s"), Some(7_u32));
        assert_eq!(kept.find::<u32>("no-pre-vote-1", "isolate 30 s"), None);
        assert_eq!(kept.find::<u32>("no-pre-vote-2", "isolate 25 s"), None);
        let fresh = ResultCache::below(folder.path(), true).expect("a folder");
        assert_eq!(fresh.find::<u32>("no-pre-vote-1", "isolate 25 s"), None);
        std::fs::write(kept.file("no-pre-vote-1", "isolate 25 s"), "{").expect("written");
        assert_eq!(kept.find::<u32>("no-pre-vote-1", "isolate 25 s"), None);
    }

    #[test]
    fn the_hash_of_the_sources_is_known() {
        assert_eq!(SOURCES.len(), 16, "{SOURCES}");
    }
}
