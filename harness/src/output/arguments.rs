//! What clap prints: help, the version, and mistakes in the arguments. Arguments may contain anything, so they are shown
//! with their hidden characters visible.

use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::os::unix::ffi::OsStrExt;

use clap::Parser;
use clap::error::Error;
use reports::visible;

use super::{colour, no_colour_unset, standard};
use crate::exit;

/// Parses the arguments of this program.
///
/// # Errors
/// The exit code, after clap's answer was printed: help and version are no errors. clap itself would exit with 2 for a
/// mistake, which means undecided here.
pub fn parse<C: Parser>() -> Result<C, i32> {
    let typed: Vec<OsString> = std::env::args_os().collect();
    C::try_parse_from(&typed).map_err(|error| answer::<C>(&error, &typed))
}

fn answer<C: Parser>(error: &Error, typed: &[OsString]) -> i32 {
    if !error.use_stderr() {
        standard::write(&painted(error, colour()));
        return exit::VALID;
    }
    let colour = std::io::stderr().is_terminal() && no_colour_unset();
    let _ = write!(std::io::stderr(), "{}", mistake::<C>(error, typed, colour));
    exit::USAGE
}

/// The mistake as clap words it for the same arguments with hidden characters made visible, because only then are all
/// line breaks clap's own. If clap then finds another mistake or none, its first words are shown without any colour.
fn mistake<C: Parser>(error: &Error, typed: &[OsString], colour: bool) -> String {
    let harmless = typed.iter().map(|word| visible::bytes(word.as_bytes()));
    match C::try_parse_from(harmless) {
        Err(same) if same.kind() == error.kind() => painted(&same, colour),
        _ => {
            let mut text = error.render().to_string();
            for word in typed.iter().map(|word| word.to_string_lossy()) {
                if let shown @ std::borrow::Cow::Owned(_) = visible::line(&word) {
                    text = text.replace(&*word, &shown);
                }
            }
            visible::lines(&text).into_owned()
        }
    }
}

fn painted(error: &Error, colour: bool) -> String {
    let text = error.render();
    match colour {
        true => visible::painted(&text.ansi().to_string()),
        false => visible::lines(&text.to_string()).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Parser)]
    struct Flags {
        #[arg(long)]
        number: Option<u32>,
    }

    #[test]
    fn an_argument_forges_no_line_and_no_colour() {
        for (hostile, shown) in [
            ("--number=1\nfake: VALID", "1\\nfake: VALID"),
            ("--number=\u{1b}[2J\u{202e}", "\\x1b[2J\\u{202e}"),
            ("--x\n\u{1b}[31m", "--x\\n\\x1b[31m"),
        ] {
            let typed = ["jepsen", hostile].map(OsString::from);
            let error = Flags::try_parse_from(&typed).expect_err("a mistake");
            for colour in [false, true] {
                let text = mistake::<Flags>(&error, &typed, colour);
                assert!(text.contains(shown), "{text}");
                assert!(
                    !text.contains("\nfake") && !text.contains("[2J\u{202e}"),
                    "{text}"
                );
            }
        }
    }
}
