//! Directories that are named on the command line and end up in the files and commands of a target.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};

use crate::exit::Stop;
use crate::output::name;

/// Refuses a directory of runs that no target can quote, wherever its links lead.
///
/// # Errors
/// As [`quotable`], or if a part of the path cannot be read.
pub fn of_runs(out: &Path) -> Result<()> {
    quotable("--out", &resolved(out)?)
}

/// Refuses a path that no target can quote. A target's files are TOML, YAML, properties or any other format, and its
/// commands may be for a shell, so the harness cannot escape for all of them. It refuses what a quoted text in one of
/// them cannot contain: `"`, `'`, `\`, `` ` ``, `$` and characters that nobody sees, line breaks among them. Spaces are
/// permitted, because quotes protect them.
///
/// # Errors
/// If the path contains one of them, or is not UTF-8. `what` names it in the message.
pub fn quotable(what: &str, path: &Path) -> Result<()> {
    let refuse = |why: &str| {
        Stop::usage(format!(
            "{what} {}: {why}, which the files and commands of a target cannot contain; name another directory",
            name(path)
        ))
    };
    let text = path.to_str();
    let text = text.ok_or_else(|| refuse("the path is not UTF-8"))?;
    let breaks =
        |c: char| matches!(c, '"' | '\'' | '\\' | '`' | '$') || reports::visible::is_hidden(c);
    match text.chars().find(|c| breaks(*c)) {
        None => Ok(()),
        Some(c) => Err(refuse(&format!("the path contains `{c}`"))),
    }
}

/// A path without links. Its last parts need not exist yet.
///
/// # Errors
/// If a part cannot be read.
pub fn resolved(path: &Path) -> Result<PathBuf> {
    let here = std::env::current_dir().context("find the current directory")?;
    let path = here.join(path);
    let mut real = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(real.pop()),
            Component::CurDir => {}
            part => real.push(part),
        }
        // What does not exist has no links.
        match real.canonicalize() {
            Ok(path) => real = path,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| name(&path)),
        }
    }
    Ok(real)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn what_no_target_can_quote_is_refused() {
        for right in ["runs", "/a b/größe", "/a;b&c(d)*#~!", "-x", "/a=b,c%d"] {
            assert!(quotable("--out", Path::new(right)).is_ok(), "{right}");
        }
        for wrong in [
            "a\nb",
            "a\"b",
            "a'b",
            "a\\b",
            "a`b",
            "$HOME",
            "a\u{202e}",
            "a\tb",
            "\u{1b}",
        ] {
            let error = quotable("--out", Path::new(wrong)).expect_err("refused");
            assert_eq!(crate::exit::of_error(&error), crate::exit::USAGE);
            assert!(!error.to_string().contains('\n'), "{error}");
        }
        let bytes = Path::new(OsStr::from_bytes(b"/a\xff"));
        let told = quotable("--out", bytes).expect_err("refused").to_string();
        assert!(told.contains("/a\\xff: the path is not UTF-8"), "{told}");
    }
}
