//! The directory of a calibration: its lock, its results, and what an earlier calibration left there. Plants and mutants
//! are run apart and shown on one page.

use std::path::PathBuf;

use anyhow::Result;
use reports::Calibration;

use super::CalibrateArguments;
use super::result_cache::ResultCache;
use super::unexpected;
use crate::bounded;
use crate::config::target::Target;
use crate::exit::{self, Stop};
use crate::output::{shown, tell, tell_more};
use crate::session::reproduce::typed;
use crate::session::{Session, full_disk, publish};
use crate::store::{self, DirectoryLock, SOURCES, write_whole};

const VALUES: &str = "calibration.json";
const PAGE: &str = "calibration.html";

/// A calibration that may begin.
pub(super) struct Opened {
    pub(super) session: Session,
    pub(super) cache: ResultCache,
    out: PathBuf,
    _lock: DirectoryLock,
}

impl Opened {
    /// Opens the directory and enters the sandbox.
    ///
    /// # Errors
    /// If the directory cannot be used, another calibration uses it, or the machine cannot run nodes.
    pub(super) fn at(arguments: &CalibrateArguments, target: &Target) -> Result<Opened> {
        let cache = ResultCache::below(&arguments.out.join("results"), arguments.fresh)?;
        let out = arguments.out.canonicalize()?;
        let lock = store::lock_directory(&out, false).ok_or_else(|| {
            Stop::usage(format!(
                "--out {}: another jepsen is calibrating there; name another directory",
                out.display()
            ))
        })?;
        Ok(Opened {
            session: Session::open(true, target.nodes, &out)?,
            cache,
            out,
            _lock: lock,
        })
    }

    /// The results of the last calibration there, if they are of the same sources.
    pub(super) fn earlier(&self) -> Calibration {
        let text = bounded::text(&self.out.join(VALUES), bounded::VALUES);
        let earlier = text.ok().and_then(|text| serde_json::from_str(&text).ok());
        let earlier: Calibration = earlier.unwrap_or_default();
        match earlier.sources == SOURCES {
            true => earlier,
            false => Calibration::default(),
        }
    }
}

/// A calibration without results.
pub(super) fn nothing_yet() -> Calibration {
    Calibration {
        tool: publish::tool(),
        sources: SOURCES.to_owned(),
        reproduce: typed(),
        ..Calibration::default()
    }
}

/// Writes page and values, prints the conclusion, and returns the exit code.
///
/// # Errors
/// If a file cannot be written.
pub(super) fn finish(opened: Opened, calibration: &Calibration) -> Result<i32> {
    let table = checkers::checks::TABLE.iter();
    let known: Vec<&str> = table.map(|check| check.name).collect();
    let page = opened.out.join(PAGE);
    write_whole(&page, &reports::calibration_html(calibration, &known))?;
    let values = serde_json::to_string_pretty(calibration)?;
    write_whole(&opened.out.join(VALUES), &values)?;
    let (as_expected, interrupted) = (calibration.as_expected, calibration.interrupted);
    tell(match as_expected {
        true => "✓ as expected",
        false => "✗ NOT as expected",
    });
    tell_more(&unexpected::first(calibration, &shown(&page)));
    tell_more(&format!(
        "  report     {}\n  reproduce  {}",
        shown(&page),
        calibration.reproduce
    ));
    let is_full = opened.session.space.is_set();
    opened.session.leave();
    if is_full {
        return Err(full_disk(&opened.out));
    }
    Ok(match (interrupted, as_expected) {
        (true, _) => exit::INTERRUPTED,
        (false, true) => exit::VALID,
        (false, false) => exit::INVALID,
    })
}
