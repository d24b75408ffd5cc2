//! The command that repeats a run, and the one that judges it again: they run as they are printed, from any directory, with
//! the program as it was called.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use reports::visible::is_hidden;

/// The command that repeats this run: the typed arguments, with the seed. `run --repeat` makes one run per seed. For
/// `qualify`, repetitions are a part of the run.
pub fn reproduce(command: &str, seed: u64) -> String {
    let mut words = Vec::new();
    let mut typed = arguments();
    let dropped: &[&str] = match command {
        "run" => &["--seed", "--repeat"],
        _ => &["--seed"],
    };
    while let Some(word) = typed.next() {
        let text = word.0.to_str().unwrap_or_default();
        let name = text.split('=').next().unwrap_or_default();
        match text {
            _ if dropped.contains(&name) => {
                if name == text {
                    drop(typed.next());
                }
            }
            "--until-fail" | "--accept" | "--open" => {}
            _ => words.push(word.quoted()),
        }
    }
    if words.first().is_none_or(|first| first != command) {
        words.insert(0, command.to_owned());
    }
    format!("{} {} --seed {seed:#x}", called_here(), words.join(" "))
}

/// The command line as it was typed.
pub fn typed() -> String {
    let words: Vec<String> = arguments().map(|word| word.quoted()).collect();
    format!("{} {}", called_here(), words.join(" "))
}

/// The command that judges the histories in a run's directory again.
pub fn recheck(directory: &Path) -> String {
    let absolute = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    format!(
        "{} check {}",
        program(),
        Word(absolute.into_os_string()).quoted()
    )
}

/// The program in the directory in which it was called: arguments may be relative paths.
fn called_here() -> String {
    let here = std::env::current_dir();
    match here.ok().map(|here| Word(here.into_os_string()).quoted()) {
        Some(here) => format!("cd {here} && {}", program()),
        None => program(),
    }
}

/// The program: by its name alone if the shell found it, by its path otherwise.
pub fn program() -> String {
    let called = std::env::args_os().next().map(Word);
    let on_path = called.filter(|word| !word.0.as_bytes().contains(&b'/'));
    let path = || std::env::current_exe().map(|path| Word(path.into_os_string()).quoted());
    match on_path {
        Some(word) => word.quoted(),
        None => path().unwrap_or_else(|_| "jepsen".to_owned()),
    }
}

/// An argument. It need not be UTF-8.
struct Word(OsString);

fn arguments() -> impl Iterator<Item = Word> {
    std::env::args_os().skip(1).map(Word)
}

impl Word {
    fn quoted(&self) -> String {
        match self.0.to_str() {
            Some(text) => quote(text),
            None => escaped(self.0.as_bytes()),
        }
    }
}

/// Quotes a word for a shell.
fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,=:@%+".contains(c);
    if word.chars().any(is_hidden) {
        escaped(word.as_bytes())
    } else if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Quotes bytes for a shell as `$'...'`, in which nothing is hidden.
fn escaped(bytes: &[u8]) -> String {
    let escaped = bytes.iter().map(|byte| match byte {
        b'\\' | b'\'' => format!("\\{}", char::from(*byte)),
        b' '..=b'~' => char::from(*byte).to_string(),
        other => format!("\\x{other:02x}"),
    });
    format!("$'{}'", escaped.collect::<String>())
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quote("a,b"), "a,b");
        assert_eq!(quote("it's"), r"'it'\''s'");
        assert_eq!(quote("a\n'\u{202e}"), r"$'a\x0a\'\xe2\x80\xae'");
        assert_eq!(
            Word(OsString::from_vec(vec![b'a', 0xff])).quoted(),
            r"$'a\xff'"
        );
    }
}
