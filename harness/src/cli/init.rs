//! `jepsen init NAME`: writes a commented target file to start from, and the schema with which editors explain it. It asks
//! nothing and overwrites nothing. Given the port of a running broker, it fills in what the broker tells.

mod found;
mod settings;
mod template;

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use clap::Args;

use crate::cli::schema::Kind;
use crate::config::target::Target;
use crate::exit::{self, Stop};
use crate::output::{say, tell};
use crate::session::reproduce;

use found::Found;

/// The longest name.
const NAME_MAX: usize = 60;

/// Arguments of `init`.
#[derive(Debug, Args)]
pub struct InitArguments {
    /// The name of the target; its file is NAME.toml in the current directory.
    pub name: String,
    /// Ask a running broker what it is, and fill in what it tells.
    #[arg(
        long,
        value_name = "HOST:PORT,...",
        value_delimiter = ',',
        aliases = ["from", "bootstrap"]
    )]
    pub bootstrap_server: Vec<String>,
}

/// Writes the file and prints the next commands.
///
/// # Errors
/// If the name is not possible, the file exists, or no broker answers (exit code 254). Nothing is written then.
pub fn run(arguments: &InitArguments) -> Result<i32> {
    let name = possible(&arguments.name).map_err(Stop::usage)?;
    let file = format!("{name}.toml");
    let path = Path::new(&file);
    if path.symlink_metadata().is_ok() {
        return Err(exists(&file));
    }
    let mut text = template::text(name);
    let found = match arguments.bootstrap_server.as_slice() {
        [] => None,
        addresses => Some(Found::at(addresses)?),
    };
    if let Some(found) = &found {
        text = found.filled(&text)?;
    }
    // A file that its own reader refuses would be a bug of the template.
    Target::parse(&text, &file).map_err(|error| anyhow::anyhow!("the template: {error}"))?;
    let schema = Kind::Target.file_name();
    let has_schema = !written(Path::new(schema), &Kind::Target.text()?)?;
    if !written(path, &text)? {
        return Err(exists(&file));
    }
    if has_schema {
        say(&format!(
            "  {schema} was there already and stays; `jepsen schema target > {schema}` renews it"
        ));
    }
    tell(&closing(&file, found.as_ref(), has_schema));
    Ok(exit::VALID)
}

fn exists(file: &str) -> anyhow::Error {
    Stop::usage(format!(
        "{file} exists already and was not changed; remove it, or choose another name"
    ))
}

/// What comes next: what to edit, and two commands.
fn closing(file: &str, found: Option<&Found>, has_schema: bool) -> String {
    let jepsen = reproduce::called();
    let about = match found {
        None => format!(
            "Put the command and the configuration of your broker into the lines of {file} that say YOUR. Then, first \
             without faults:"
        ),
        Some(found) => format!(
            "{}Next, first for 10 s (a cluster that runs already gets no faults):",
            found.summary()
        ),
    };
    let schema = match has_schema {
        true => String::new(),
        false => format!(", and {} for editors", Kind::Target.file_name()),
    };
    format!(
        "wrote {file}{schema}\n{about}\n  {jepsen} run quiet --target {file} --time-limit 10s\n  \
         {jepsen} run --target {file}\n"
    )
}

/// Writes a new file, in one piece. Returns whether it did: a file that exists stays.
fn written(path: &Path, text: &str) -> Result<bool> {
    let write = || -> std::io::Result<bool> {
        let mut file = tempfile::Builder::new()
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .tempfile_in(".")?;
        file.write_all(text.as_bytes())?;
        match file.persist_noclobber(path) {
            Ok(_) => Ok(true),
            Err(failed) if failed.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
            Err(failed) => Err(failed.error),
        }
    };
    write().with_context(|| format!("write {}", path.display()))
}

/// A name becomes the name of a file, and a word in commands and reports.
fn possible(name: &str) -> Result<&str, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if !starts || name.len() > NAME_MAX || !name.chars().all(plain) {
        return Err(format!(
            "`{name}` is not a name for a target: use lower-case letters, digits, `-`, `_` and `.`, at most {NAME_MAX}, \
             and begin with a letter or digit"
        ));
    }
    if let Some(stem) = name.strip_suffix(".toml") {
        return Err(format!("name the target, not its file: jepsen init {stem}"));
    }
    let built_in = Target::built_in().any(|known| known == name);
    if built_in || name.starts_with("apache-kafka-") {
        return Err(format!(
            "`{name}` is a built-in target; choose another name"
        ));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_plain_word() {
        for right in ["acme", "acme-3.2.0_rc1", "7"] {
            assert_eq!(possible(right), Ok(right));
        }
        for (wrong, says) in [
            ("", "not a name"),
            ("Acme", "lower-case"),
            ("../acme", "begin with"),
            ("a/b", "not a name"),
            ("-acme", "begin with"),
            (".acme", "begin with"),
            ("a b", "not a name"),
            ("a\nb", "not a name"),
            ("acme.toml", "jepsen init acme"),
            ("reference", "built-in"),
            ("apache-kafka-3.9.1", "built-in"),
            (&"a".repeat(61), "at most 60"),
        ] {
            let told = possible(wrong).expect_err(wrong);
            assert!(told.contains(says), "{told}");
        }
    }
}
