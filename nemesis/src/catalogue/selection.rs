//! Which faults a plan may draw, as the command line names them.

use std::str::FromStr;

use super::{Catalogue, Class, Kind};
use crate::target::Role;

/// A word that does not name a fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct UnknownWord {
    /// The word.
    pub word: String,
    /// What is wrong with its setting; empty if the name is unknown.
    pub why: String,
}

impl UnknownWord {
    fn sentence(&self) -> String {
        let UnknownWord { word, why } = self;
        match why.is_empty() {
            true => format!(
                "no fault is called {word:?}; use `network`, `process`, `clock`, `all`, \
                 `none`, a name from `jepsen list`, or a name and a role: `pause:leader`"
            ),
            false => format!("{word:?}: {why}"),
        }
    }
}

/// Which faults a plan may draw, as `--faults` says it: classes, kinds, kinds with a role, `all` or
/// `none`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    words: Vec<Word>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    All,
    Class(Class),
    Kind(Kind),
    Exactly(Kind, Role),
}

impl Selection {
    /// Everything.
    pub fn all() -> Selection {
        Selection {
            words: vec![Word::All],
        }
    }

    /// Nothing.
    pub fn none() -> Selection {
        Selection { words: Vec::new() }
    }

    /// One class.
    pub fn class(class: Class) -> Selection {
        Selection {
            words: vec![Word::Class(class)],
        }
    }

    /// Whether nothing can be drawn.
    pub fn is_none(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether this fault may be drawn.
    pub fn permits(&self, kind: Kind, role: Role) -> bool {
        self.words.iter().any(|word| match word {
            Word::All => true,
            Word::Class(class) => kind.class() == *class,
            Word::Kind(wanted) => kind == *wanted,
            Word::Exactly(wanted, at) => kind == *wanted && role == *at,
        })
    }

    /// Whether anything in it needs the private network.
    pub fn needs_network(&self) -> bool {
        self.words.iter().any(|word| match word {
            Word::All | Word::Class(Class::Network) => true,
            Word::Class(_) => false,
            Word::Kind(kind) | Word::Exactly(kind, _) => kind.needs().namespaces(),
        })
    }

    /// Every fault of a kind that is named here and is not built in.
    pub(crate) fn own(&self) -> impl Iterator<Item = (Kind, Role)> {
        let own = self.words.iter().filter_map(|word| match word {
            Word::Kind(kind) if !Kind::ALL.contains(kind) => Some(*kind),
            _ => None,
        });
        own.flat_map(|kind| kind.drawn_roles().map(move |role| (kind, role)))
    }

    /// Faults that are asked for by kind and role.
    pub(crate) fn exact(&self) -> impl Iterator<Item = (Kind, Role)> {
        self.words.iter().filter_map(|word| match word {
            Word::Exactly(kind, role) => Some((*kind, *role)),
            _ => None,
        })
    }
}

impl FromStr for Selection {
    type Err = UnknownWord;

    /// Reads `network,kill:leader`, with built-in kinds.
    fn from_str(text: &str) -> Result<Selection, UnknownWord> {
        Selection::read(text, &Catalogue::built_in())
    }
}

impl Selection {
    /// Reads `network,kill:leader`, with the kinds of this catalogue. A class and `all` mean the
    /// built-in kinds; one of your own is drawn when it is named.
    ///
    /// # Errors
    /// If a word names neither a class nor a kind, or a role that the kind does not have.
    pub fn read(text: &str, catalogue: &Catalogue) -> Result<Selection, UnknownWord> {
        let words = text
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty());
        let mut selection = Selection::none();
        for word in words {
            match word {
                "none" => {}
                "all" => selection.words.push(Word::All),
                "network" => selection.words.push(Word::Class(Class::Network)),
                "process" => selection.words.push(Word::Class(Class::Process)),
                "clock" => selection.words.push(Word::Class(Class::Clock)),
                _ => selection.words.push(specific(word, catalogue)?),
            }
        }
        Ok(selection)
    }
}

fn specific(word: &str, catalogue: &Catalogue) -> Result<Word, UnknownWord> {
    let unknown = || UnknownWord {
        word: word.to_owned(),
        why: String::new(),
    };
    match word.split_once(':') {
        None => catalogue.read(word).map(Word::Kind),
        Some((kind, role)) => {
            let kind = catalogue.read(kind)?;
            let role: Role = role.parse().map_err(|_| unknown())?;
            if kind.roles().contains(&role) {
                Ok(Word::Exactly(kind, role))
            } else {
                Err(unknown())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_reads_classes_kinds_and_roles() {
        let selection: Selection = "network, kill:leader".parse().expect("known words");
        assert!(selection.permits(Kind::DEAF, Role::Follower));
        assert!(selection.permits(Kind::KILL, Role::Leader));
        assert!(!selection.permits(Kind::KILL, Role::Follower));
        assert!(!selection.permits(Kind::PAUSE, Role::Leader));
        assert!(selection.needs_network());
        assert!("none".parse::<Selection>().expect("known").is_none());
        assert!(!"pause".parse::<Selection>().expect("known").needs_network());
        let set: Selection = "lossy-link=5%:follower, slow-link"
            .parse()
            .expect("known words");
        let lossy: Kind = "lossy-link=5%".parse().expect("a kind");
        assert!(set.permits(lossy, Role::Follower) && !set.permits(lossy, Role::Leader));
        assert!(
            set.permits(Kind::SLOW_LINK, Role::Leader)
                && !set.permits(Kind::LOSSY_LINK, Role::Follower)
        );
        for wrong in [
            "comet",
            "kill:comet",
            "cut-link:leader",
            "lossy-link=5:follower",
        ] {
            assert!(wrong.parse::<Selection>().is_err(), "{wrong}");
        }
    }
}
