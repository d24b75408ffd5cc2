//! The command that repeats a run, with arguments quoted for a shell.

/// The command that repeats this run: the typed arguments, with the seed. `run --repeat` makes one run per seed. For
/// `qualify`, repetitions are a part of the run.
pub fn reproduce(command: &str, seed: u64) -> String {
    let mut words = Vec::new();
    let mut typed = std::env::args().skip(1);
    let dropped: &[&str] = match command {
        "run" => &["--seed", "--repeat"],
        _ => &["--seed"],
    };
    while let Some(word) = typed.next() {
        let name = word.split('=').next().unwrap_or_default();
        match word.as_str() {
            _ if dropped.contains(&name) => {
                if name == word {
                    drop(typed.next());
                }
            }
            "--until-fail" | "--accept" => {}
            _ => words.push(quote(&word)),
        }
    }
    if words.first().is_none_or(|first| first != command) {
        words.insert(0, command.to_owned());
    }
    format!("{PROGRAM} {} --seed {seed:#x}", words.join(" "))
}

/// The command line as it was typed.
pub fn typed() -> String {
    let words: Vec<String> = std::env::args().skip(1).map(|word| quote(&word)).collect();
    format!("{PROGRAM} {}", words.join(" "))
}

/// The command that judges a run's histories again.
pub fn recheck(directory: &str) -> String {
    format!("{PROGRAM} check {directory}")
}

const PROGRAM: &str = "cargo run --release --bin jepsen --";

/// Quotes a word for a shell.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,=:@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quote("a,b"), "a,b");
        assert_eq!(quote("it's"), r"'it'\''s'");
    }
}
