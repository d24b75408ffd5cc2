//! `--open`: shows a page in the user's browser. A missing browser is a note; neither the verdict nor the exit code depends
//! on it.
//!
//! A command that runs scenarios enters the sandbox and never comes back, and a browser that starts in there has no network
//! and ends with the run. So a shell is started before, outside. It waits for the path of the page and then becomes the
//! browser; if no page comes, it ends.

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::config::target::program::is_program;
use crate::output::{name, say};

/// What is used if `BROWSER` is not set.
const DEFAULT: &str = "xdg-open";

/// Reads the path, and becomes the browser with the page as `%s` or as its last argument. The limit of memory that this
/// program sets for itself does not apply to a browser.
const WAIT: &str = r#"
IFS= read -r page || exit 0
ulimit -S -d "$(ulimit -H -d)" 2>/dev/null
count=$#
while [ "$count" -gt 0 ]; do
  case $1 in
    *%s*) set -- "$@" "${1%%\%s*}$page${1#*%s}"; page= ;;
    *) set -- "$@" "$1" ;;
  esac
  shift
  count=$((count - 1))
done
[ -z "$page" ] || set -- "$@" "$page"
exec "$@"
"#;

/// What shows a page.
pub struct Browser(State);

enum State {
    NotAsked,
    Missing,
    Waits(Child),
}

impl Browser {
    /// Prepares it, if it is `asked` for. To be called before the sandbox is entered.
    pub fn ready(asked: bool) -> Browser {
        if !asked {
            return Browser(State::NotAsked);
        }
        let preferred = std::env::var("BROWSER").unwrap_or_default();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let started = command(&preferred, &path).and_then(|words| {
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", WAIT, "sh"]).args(words);
            shell.stdin(Stdio::piped());
            // A browser writes much, and may live for hours: a reader of this program's output must not wait for it.
            shell.stdout(Stdio::null()).stderr(Stdio::null());
            // Ctrl-C ends the run early, and its page is then shown.
            shell.process_group(0).spawn().ok()
        });
        Browser(started.map_or(State::Missing, State::Waits))
    }

    /// Shows this page, once.
    pub fn show(&self, page: &Path) {
        let page = std::path::absolute(page).unwrap_or_else(|_| page.to_owned());
        let is_shown = match &self.0 {
            State::NotAsked => return,
            State::Missing => false,
            State::Waits(shell) => shell.stdin.as_ref().is_some_and(|mut input| {
                let line = [page.as_os_str().as_bytes(), b"\n"].concat();
                input.write_all(&line).is_ok()
            }),
        };
        if !is_shown {
            say(&format!(
                "  note: --open found no browser: set BROWSER, or install {DEFAULT}; the page is {}",
                name(&page)
            ));
        }
    }
}

/// The first program of `BROWSER` that there is, with its arguments, or the default. `BROWSER` separates programs by colons
/// and arguments by spaces.
fn command(preferred: &str, path: &OsStr) -> Option<Vec<String>> {
    let words = |program: &str| -> Option<Vec<String>> {
        let words: Vec<String> = program.split_whitespace().map(str::to_owned).collect();
        let is_there = words.first().is_some_and(|first| is_program(first, path));
        is_there.then_some(words)
    };
    preferred.split(':').chain([DEFAULT]).find_map(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_browser_that_there_is_is_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["sh", "one"] {
            std::fs::copy("/bin/sh", folder.path().join(name)).expect("copied");
        }
        std::fs::write(folder.path().join("text"), "").expect("written");
        let found = |preferred: &str| command(preferred, folder.path().as_os_str());
        assert_eq!(
            found("none:one -new %s:sh"),
            Some(vec!["one".to_owned(), "-new".to_owned(), "%s".to_owned()])
        );
        assert_eq!(found("text:none"), None, "neither is a program");
        assert_eq!(found(""), None, "the default is not there");
        let full = folder.path().join("sh").display().to_string();
        assert_eq!(found(&full), Some(vec![full.clone()]));
    }
}
