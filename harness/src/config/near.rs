//! What was probably meant by a name that does not exist: `no-prevote` is one letter away from `no-pre-vote`.

use strsim::damerau_levenshtein;

/// A name this far away, in letters added, left out, changed or exchanged, is taken for a slip: one of three letters.
fn is_near(word: &str, name: &str, distance: usize) -> bool {
    distance <= (word.chars().count().min(name.chars().count()) / 3).max(1)
}

/// The name that is nearest to a word, if it is near enough for a slip.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = names.into_iter().filter_map(|name| {
        let distance = damerau_levenshtein(&word.to_lowercase(), &name.to_lowercase());
        is_near(word, name, distance).then_some((distance, name))
    });
    near.min().map(|(_, name)| name)
}

/// What to say of a word that is no name: what was probably meant, and all names that there are.
pub fn unknown(what: &str, word: &str, names: &[&str]) -> String {
    let all = names.join(", ");
    match nearest(word, names.iter().copied()) {
        Some(name) => format!("no {what} `{word}`; did you mean `{name}`? There are: {all}"),
        None => format!("no {what} `{word}`; there are: {all}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 5] = ["qualify", "default", "no-pre-vote", "pause", "kill"];

    #[test]
    fn a_slip_names_what_was_meant() {
        for (slip, meant) in [
            ("qualfy", "qualify"),
            ("deafult", "default"),
            ("no-prevote", "no-pre-vote"),
            ("Pause", "pause"),
            ("klil", "kill"),
        ] {
            assert_eq!(nearest(slip, NAMES), Some(meant), "{slip}");
        }
        let told = unknown("scenario", "deafult", &NAMES);
        assert!(told.contains("did you mean `default`?"), "{told}");
    }

    #[test]
    fn another_word_is_no_slip() {
        for word in ["kafka", "x", "", "isolate", "report"] {
            assert_eq!(nearest(word, NAMES), None, "{word}");
        }
        assert!(!unknown("scenario", "kafka", &NAMES).contains("did you mean"));
    }
}
