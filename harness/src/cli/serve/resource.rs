//! What a path names below the directory of runs: a page made here, a file, or a compressed text.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::request::{Refusal, Request};
use crate::session::index;

/// What is to be sent.
#[derive(Debug)]
pub(super) enum Resource {
    /// A folder that was asked for without its last slash, at its address with it: relative links need it.
    Elsewhere(String),
    /// A page made here.
    Page(String),
    /// A file, sent as it is.
    File(PathBuf, Kind),
    /// A compressed text, sent as the text.
    Compressed(PathBuf),
}

/// What a browser may take a body for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A page that this program wrote.
    OwnPage,
    /// A page of a node or of a stranger.
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

/// Finds what a request names.
pub(super) fn find(request: &Request, runs: &Path) -> Result<Resource, Refusal> {
    let mut path = runs.to_owned();
    path.extend(&request.parts);
    let real = path.canonicalize().map_err(|_| Refusal::NotFound)?;
    // Links may lead anywhere; only what is below the directory and visible there is served.
    let below = real.strip_prefix(runs).map_err(|_| Refusal::Forbidden)?;
    let hidden = |part: &OsStr| part.as_encoded_bytes().starts_with(b".");
    if below.iter().any(hidden) {
        return Err(Refusal::Forbidden);
    }
    let meta = real.metadata().map_err(|_| Refusal::NotFound)?;
    if meta.is_dir() {
        return folder(request, runs, &real);
    }
    // A named pipe would keep us waiting for ever.
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

/// A file's kind by its name; none for a compressed one. Whatever lies in a scenario's folder may be written by a node.
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
