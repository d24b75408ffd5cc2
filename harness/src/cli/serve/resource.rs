//! The resource of a path below the directory of runs: a generated page, a file, or a compressed text.

use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat, openat2};
use nix::sys::stat::Mode;

use super::request::{Refusal, Request};
use crate::session::index;
use crate::store::layout;

/// The maximum number of names in a list of a folder. A run has some ten in each.
const LISTED_MAX: usize = 10_000;

/// The kind of resource.
#[derive(Debug)]
pub(super) enum Resource {
    /// A folder that was requested without its last slash. The redirect adds it, because relative links need it.
    Elsewhere(String),
    /// A generated page.
    Page(String),
    /// A file, sent as it is.
    File(File, Kind),
    /// A compressed text, sent decompressed.
    Compressed(File),
}

/// How a browser may treat a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A page that this program wrote.
    OwnPage,
    /// A page that another program may have written, in a place where no node writes. It is shown without scripts.
    Html,
    /// JSON.
    Json,
    /// Everything else, and every page of a node.
    Text,
}

impl Kind {
    /// Its media type.
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Kind::OwnPage | Kind::Html => "text/html; charset=utf-8",
            Kind::Json => "application/json",
            Kind::Text => "text/plain; charset=utf-8",
        }
    }
}

/// Finds the resource of a request.
pub(super) fn find(request: &Request, runs: &Path) -> Result<Resource, Refusal> {
    let mut path = runs.to_owned();
    path.extend(&request.parts);
    let real = path.canonicalize().map_err(|_| Refusal::NotFound)?;
    // Links may lead anywhere. Only visible files below the directory are served.
    let below = real.strip_prefix(runs).map_err(|_| Refusal::Forbidden)?;
    let hidden = |part: &OsStr| part.as_encoded_bytes().starts_with(b".");
    if below.iter().any(hidden) {
        return Err(Refusal::Forbidden);
    }
    let meta = real.metadata().map_err(|_| Refusal::NotFound)?;
    if meta.is_dir() {
        return folder(request, runs, &real);
    }
    // Opening a named pipe would block forever.
    if !meta.is_file() || request.is_folder() {
        return Err(Refusal::NotFound);
    }
    file(runs, below)
}

/// Opens a file. `below` is its path below the directory, without links. A node may replace a part of it by a link at any
/// time, so the kernel is asked to follow none.
fn file(runs: &Path, below: &Path) -> Result<Resource, Refusal> {
    let missing = |_| Refusal::NotFound;
    let root = File::open(runs).map_err(|_| Refusal::NotFound)?;
    let how = OpenHow::new()
        .flags(OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK)
        .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS);
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW;
    let opened = match openat2(&root, below, how) {
        // Linux before 5.6.
        Err(Errno::ENOSYS) => openat(&root, below, flags, Mode::empty()).map_err(missing)?,
        opened => opened.map_err(missing)?,
    };
    let file = File::from(opened);
    if !file.metadata().is_ok_and(|meta| meta.is_file()) {
        return Err(Refusal::NotFound);
    }
    Ok(match kind(runs, below) {
        None => Resource::Compressed(file),
        Some(kind) => Resource::File(file, kind),
    })
}

fn folder(request: &Request, runs: &Path, real: &Path) -> Result<Resource, Refusal> {
    if !request.is_folder() {
        return Ok(Resource::Elsewhere(format!("{}/", request.raw)));
    }
    if real == runs {
        return Ok(Resource::Page(index::page(runs)));
    }
    let page = real.join("report.html");
    if page.is_file() && page.canonicalize().is_ok_and(|real| real == page) {
        return file(runs, page.strip_prefix(runs).unwrap_or(&page));
    }
    let entries = std::fs::read_dir(real).map_err(|_| Refusal::NotFound)?;
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            let folder = entry.file_type().ok()?.is_dir();
            let name = entry.file_name().into_string().ok()?;
            let visible = !name.starts_with('.');
            visible.then(|| if folder { name + "/" } else { name })
        })
        .collect();
    names.sort();
    if names.len() > LISTED_MAX {
        return Err(Refusal::TooMany);
    }
    let title = real
        .strip_prefix(runs)
        .unwrap_or(real)
        .display()
        .to_string();
    Ok(Resource::Page(reports::listing_html(&title, &names)))
}

/// The kind of a file, by its place and its name. None for a compressed one.
fn kind(runs: &Path, below: &Path) -> Option<Kind> {
    let name = below.file_name().unwrap_or_default().to_string_lossy();
    Some(match name.rsplit('.').next().unwrap_or_default() {
        "zst" => return None,
        "json" => Kind::Json,
        "html" if is_of_a_scenario(runs, below) => Kind::Text,
        "html" if is_own_page(runs, below, &name) => Kind::OwnPage,
        "html" => Kind::Html,
        _ => Kind::Text,
    })
}

/// Whether nodes may have written the file: they write below the folder of scenarios of a run. The served directory may
/// itself be within one.
fn is_of_a_scenario(runs: &Path, below: &Path) -> bool {
    let of_a_run = |folder: &Path| {
        let run = folder.parent().unwrap_or(folder);
        folder.file_name() == Some(OsStr::new(layout::SCENARIOS)) && is_run(run)
    };
    below.iter().any(|part| part == layout::SCENARIOS) || runs.ancestors().any(of_a_run)
}

/// Whether this program wrote the page: that of a run, with the run's values next to it, or one about all runs.
fn is_own_page(runs: &Path, below: &Path, name: &str) -> bool {
    let folder = below.parent().unwrap_or(below);
    match name {
        layout::PAGE | "bench.html" => is_run(&runs.join(folder)),
        layout::INDEX | "calibration.html" => folder == Path::new(""),
        _ => false,
    }
}

fn is_run(folder: &Path) -> bool {
    let values = [layout::RUN, layout::REPORT_VALUES, "bench.json"];
    values.iter().any(|name| folder.join(name).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A node may replace a folder by a link after the path was resolved.
    #[test]
    fn a_link_on_the_way_is_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let outside = tempfile::tempdir().expect("a folder");
        std::fs::write(outside.path().join("x"), "secret").expect("written");
        std::fs::create_dir(folder.path().join("real")).expect("made");
        std::fs::write(folder.path().join("real/x"), "").expect("written");
        std::os::unix::fs::symlink(outside.path(), folder.path().join("link")).expect("linked");
        std::os::unix::fs::symlink("real", folder.path().join("inner")).expect("linked");
        let open = |below: &str| file(folder.path(), Path::new(below)).map(|_| ());
        assert_eq!(open("real/x"), Ok(()));
        for below in [
            "link/x",
            "inner/x",
            "../x",
            "real",
            "real/none",
            "/etc/passwd",
        ] {
            assert_eq!(open(below), Err(Refusal::NotFound), "{below}");
        }
    }
}
