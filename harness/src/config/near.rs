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

/// What `jepsen list` lists, each by the word for one.
const LISTED: [&str; 9] = [
    "scenario", "suite", "workload", "fault", "check", "plant", "target", "exhibit", "mutant",
];

/// How many characters of names a message may contain. Longer lists have a command of their own.
const NAMES_MAX: usize = 160;

/// What to say of a word that is no name: what was probably meant, and all names that there are or the command that lists
/// them.
pub fn unknown(what: &str, word: &str, names: &[&str]) -> String {
    let all = names.join(", ");
    let all = match LISTED.contains(&what) && all.len() > NAMES_MAX {
        true => format!("`jepsen list {what}s` lists all"),
        false => format!("there are: {all}"),
    };
    match nearest(word, names.iter().copied()) {
        Some(name) => format!("no {what} `{word}`; did you mean `{name}`? {}", begun(&all)),
        None => format!("no {what} `{word}`; {all}"),
    }
}

/// As the begin of a sentence.
fn begun(text: &str) -> String {
    text.replacen("there", "There", 1)
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

    #[test]
    fn hundreds_of_names_are_left_to_the_command_that_lists_them() {
        let many: Vec<String> = (0..100).map(|number| format!("plant-{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let told = unknown("plant", "palnt-42", &many);
        assert_eq!(
            told,
            "no plant `palnt-42`; did you mean `plant-42`? `jepsen list plants` lists all"
        );
        assert!(
            unknown("plant", "comet", &many).ends_with("`comet`; `jepsen list plants` lists all")
        );
        assert!(unknown("model", "comet", &many).contains("there are: plant-0,"));
    }
}
