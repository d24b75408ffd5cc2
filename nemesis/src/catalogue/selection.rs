//! Which faults a plan may draw, as a person says it on the command line.

use std::str::FromStr;

use super::{Class, Kind, Needs};
use crate::target::Role;

/// A word that names no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no fault is called {word:?}; use `network`, `process`, `all`, `none`, \
     a name from `jepsen list`, or a name and a role: `pause:leader`"
)]
pub struct UnknownWord {
    /// The word.
    pub word: String,
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
            Word::Class(Class::Process) => false,
            Word::Kind(kind) | Word::Exactly(kind, _) => kind.needs() == Needs::PrivateNetwork,
        })
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

    /// Reads `network,kill:leader`.
    fn from_str(text: &str) -> Result<Selection, UnknownWord> {
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
                _ => selection.words.push(specific(word)?),
            }
        }
        Ok(selection)
    }
}

fn specific(word: &str) -> Result<Word, UnknownWord> {
    let unknown = || UnknownWord {
        word: word.to_owned(),
    };
    match word.split_once(':') {
        None => word.parse().map(Word::Kind),
        Some((kind, role)) => {
            let kind: Kind = kind.parse().map_err(|_| unknown())?;
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
        assert!(selection.permits(Kind::Deaf, Role::Follower));
        assert!(selection.permits(Kind::Kill, Role::Leader));
        assert!(!selection.permits(Kind::Kill, Role::Follower));
        assert!(!selection.permits(Kind::Pause, Role::Leader));
        assert!(selection.needs_network());
        assert!("none".parse::<Selection>().expect("known").is_none());
        assert!(!"pause".parse::<Selection>().expect("known").needs_network());
        for wrong in ["comet", "kill:comet", "cut-link:leader"] {
            assert!(wrong.parse::<Selection>().is_err(), "{wrong}");
        }
    }
}
