//! The command that repeats a run, and the one that judges it again: they run as they are printed, from any directory, with
//! the program as it was called.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use reports::visible::is_hidden;

/// Options with a value that the command gets anew.
const SEED: &str = "--seed";
/// An option of `run` that makes one run per seed. For `qualify`, repetitions are a part of the run.
const REPEAT: &str = "--repeat";
/// An option that decides the exit code of a judgement.
const WAIVERS: &str = "--waivers";
/// Flags that change nothing of a run: how often, how much is printed, and what happens after it.
const WITHOUT_EFFECT: [&str; 9] = [
    "--until-fail",
    "--accept",
    "--keep-running",
    "--open",
    "--json",
    "-q",
    "--quiet",
    "-v",
    "--verbose",
];

/// The command that repeats this run: the typed arguments, with the seed.
pub fn reproduce(command: &str, seed: u64) -> String {
    Called::now().again(command, seed)
}

/// The program alone, as a shell takes it.
pub fn called() -> String {
    quoted(&Called::now().program)
}

/// The command line as it was typed.
pub fn typed() -> String {
    let called = Called::now();
    called.here(called.arguments.clone())
}

/// The command that judges the histories in a run's directory again, with the waivers of this command.
pub fn recheck(directory: &Path) -> String {
    Called::now().check(directory)
}

/// How the program was called.
struct Called {
    /// Its name or path, as a shell takes it anywhere.
    program: OsString,
    /// The directory in which it was called. None if it is gone.
    directory: Option<PathBuf>,
    /// Without the program.
    arguments: Vec<OsString>,
}

impl Called {
    fn now() -> Called {
        let mut words = std::env::args_os();
        let called = words.next().unwrap_or_default();
        let own = std::env::current_exe().map(without_mark);
        let program = match own {
            Ok(own) => program(called, own, std::env::var_os("PATH")),
            Err(_) => called,
        };
        Called {
            program,
            directory: std::env::current_dir().ok(),
            arguments: words.collect(),
        }
    }

    fn again(&self, command: &str, seed: u64) -> String {
        let dropped: &[&str] = match command {
            "run" => &[SEED, REPEAT],
            _ => &[SEED],
        };
        let mut words = Vec::new();
        let mut typed = self.arguments.iter();
        // Behind `--` there are names alone.
        let mut names = Vec::new();
        while let Some(word) = typed.next() {
            let text = word.to_str().unwrap_or_default();
            let name = text.split('=').next().unwrap_or_default();
            match text {
                "--" => names = std::iter::once(word).chain(typed.by_ref()).collect(),
                _ if dropped.contains(&name) => {
                    if name == text {
                        let _value = typed.next();
                    }
                }
                _ if WITHOUT_EFFECT.contains(&text) => {}
                _ => words.push(word.as_os_str()),
            }
        }
        let command = OsStr::new(command);
        if words.first().is_none_or(|first| *first != command) {
            words.insert(0, command);
        }
        let mut words: Vec<OsString> = words.into_iter().map(OsString::from).collect();
        words.push(OsString::from(SEED));
        words.push(OsString::from(format!("{seed:#x}")));
        words.extend(names.into_iter().cloned());
        self.here(words)
    }

    fn check(&self, directory: &Path) -> String {
        let mut words = vec![
            OsString::from("check"),
            self.absolute(directory).into_os_string(),
        ];
        if let Some(waivers) = self.value_of(WAIVERS) {
            let file = self.absolute(Path::new(&waivers));
            words.push(OsString::from(WAIVERS));
            words.push(file.into_os_string());
        }
        line(&self.program, &words)
    }

    /// The value of an option.
    fn value_of(&self, option: &str) -> Option<OsString> {
        let mut typed = self.arguments.iter();
        let joined = format!("{option}=");
        while let Some(word) = typed.next() {
            if word == option {
                return typed.next().cloned();
            }
            if let Some(value) = word.as_bytes().strip_prefix(joined.as_bytes()) {
                return Some(OsString::from_vec(value.to_vec()));
            }
        }
        None
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        match &self.directory {
            Some(directory) => directory.join(path),
            None => path.to_owned(),
        }
    }

    /// In the directory in which it was called, because arguments may be relative paths.
    fn here(&self, words: Vec<OsString>) -> String {
        let line = line(&self.program, &words);
        match &self.directory {
            Some(directory) => format!("cd {} && {line}", quoted(directory.as_os_str())),
            None => line,
        }
    }
}

/// The name of the program alone if a shell finds it, otherwise its path.
fn program(called: OsString, own: PathBuf, path: Option<OsString>) -> OsString {
    let is_name = !called.is_empty() && !called.as_bytes().contains(&b'/');
    let found = || {
        let path = path?;
        let mut places = std::env::split_paths(&path);
        let place = places.find(|place| place.join(&called).is_file())?;
        // From another directory, a relative place is another one.
        (place.is_absolute() && place.join(&called).canonicalize().ok()? == own).then_some(())
    };
    match is_name && found().is_some() {
        true => called,
        false => own.into_os_string(),
    }
}

/// The path of a program without what the kernel adds if the file was replaced since.
fn without_mark(path: PathBuf) -> PathBuf {
    let bytes = path.as_os_str().as_bytes();
    match bytes.strip_suffix(b" (deleted)") {
        Some(plain) if !path.exists() => OsString::from_vec(plain.to_vec()).into(),
        _ => path,
    }
}

fn line(program: &OsStr, words: &[OsString]) -> String {
    let words = words.iter().map(|word| quoted(word));
    let words: Vec<String> = std::iter::once(quoted(program)).chain(words).collect();
    words.join(" ")
}

/// A word as a POSIX shell takes it. It need not be UTF-8.
fn quoted(word: &OsStr) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,=:@%+".contains(c);
    match word.to_str() {
        Some(text) if !text.chars().any(is_hidden) => {
            match !text.is_empty() && text.chars().all(plain) {
                true => text.to_owned(),
                false => format!("'{}'", text.replace('\'', r"'\''")),
            }
        }
        _ => escaped(word.as_bytes()),
    }
}

/// Bytes of which nothing is hidden. Not as `$'...'`, which is not in every shell, unless a line break at the end would be
/// lost.
fn escaped(bytes: &[u8]) -> String {
    let is_last = bytes.last() == Some(&b'\n');
    let escaped = bytes.iter().map(|byte| match byte {
        b'%' if !is_last => "%%".to_owned(),
        b'\\' => "\\\\".to_owned(),
        // A hyphen at the begin would be an option of `printf`.
        b' '..=b'~' if !b"'-".contains(byte) => char::from(*byte).to_string(),
        other => format!("\\{other:03o}"),
    });
    let escaped: String = escaped.collect();
    match is_last {
        true => format!("$'{escaped}'"),
        false => format!("\"$(printf '{escaped}')\""),
    }
}

#[cfg(test)]
mod tests;
