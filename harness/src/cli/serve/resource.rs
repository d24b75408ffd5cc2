//! What a path names below the directory of runs: a page made here, a file, a compressed text, or nothing.

use std::path::{Path, PathBuf};

use super::request::{Refusal, Request};
use crate::session::index;

/// What is to be sent.
#[derive(Debug)]
pub(super) enum Resource {
    /// The folder's address without its last slash: relative links in its page would go astray.
    Elsewhere(String),
    /// A page made here.
    Page(String),
    /// A file as it lies there.
    File(PathBuf, &'static str),
    /// A compressed text, to be sent as the text.
    Compressed(PathBuf),
}

/// Finds what a request names.
pub(super) fn find(request: &Request, runs: &Path) -> Result<Resource, Refusal> {
    let mut path = runs.to_owned();
    path.extend(&request.parts);
    let real = path.canonicalize().map_err(|_| Refusal::NotFound)?;
    // Links may lead anywhere; only what really lies below is served.
    if !real.starts_with(runs) {
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
    let name = real
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    Ok(match kind(&name) {
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
    if page.is_file() && page.canonicalize().is_ok_and(|page| page.starts_with(runs)) {
        return Ok(Resource::File(page, "text/html; charset=utf-8"));
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

/// A file's type by its name; none for a compressed one.
fn kind(name: &str) -> Option<&'static str> {
    let extension = name.rsplit('.').next().unwrap_or_default();
    Some(match extension {
        "zst" => return None,
        "html" => "text/html; charset=utf-8",
        "json" => "application/json",
        "xml" => "application/xml",
        "svg" => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    })
}
