//! The resource of a path below the directory of runs: a generated page, a file, or a compressed text.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::request::{Refusal, Request};
use crate::session::index;

/// The kind of resource.
#[derive(Debug)]
pub(super) enum Resource {
    /// A folder that was requested without its last slash. The redirect adds it, because relative links need it.
    Elsewhere(String),
    /// A generated page.
    Page(String),
    /// A file, sent as it is.
    File(PathBuf, Kind),
    /// A compressed text, sent decompressed.
    Compressed(PathBuf),
}

/// How a browser may treat a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A page that this program wrote.
    OwnPage,
    /// A page that a node or another program wrote.
    Html,
    Json,
    Xml,
    Svg,
    Text,
}

impl Kind {
    /// Its media type.
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Kind::OwnPage | Kind::Html => "text/html; charset=utf-8",
            Kind::Json => "application/json",
            Kind::Xml => "application/xml",
            Kind::Svg => "image/svg+xml",
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
    Ok(match kind(below) {
        None => Resource::Compressed(real),
        Some(kind) => Resource::File(real, kind),
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
        let below = page.strip_prefix(runs).unwrap_or(&page);
        let kind = kind(below).unwrap_or(Kind::Text);
        return Ok(Resource::File(page, kind));
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
    let title = real
        .strip_prefix(runs)
        .unwrap_or(real)
        .display()
        .to_string();
    Ok(Resource::Page(reports::listing_html(&title, &names)))
}

/// The kind of a file by its name. None for a compressed one. A node may have written any file in a scenario's folder.
fn kind(below: &Path) -> Option<Kind> {
    let name = below.file_name().unwrap_or_default().to_string_lossy();
    let of_a_scenario = below.iter().any(|part| part == "scenarios");
    let extension = name.rsplit('.').next().unwrap_or_default();
    Some(match extension {
        "zst" => return None,
        "html" if !of_a_scenario && (name == "report.html" || name == "index.html") => {
            Kind::OwnPage
        }
        "html" => Kind::Html,
        "json" => Kind::Json,
        "xml" => Kind::Xml,
        "svg" => Kind::Svg,
        _ => Kind::Text,
    })
}
