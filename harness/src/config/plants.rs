//! Plants: the mistakes that a target can be started with, and the nodes that get them. A run with a plant says so
//! wherever its verdict is shown. The broker's table lists the plants. The calibration's table says how each plant is
//! provoked and detected.
//!
//! A mutant is a lie that a node tells its clients instead of a bug in it. It travels with the plants, as `mutant:NAME`.

use std::fmt;
use std::str::FromStr;

use anyhow::Result;
use nemesis::Node;

use crate::config::target::Target;
use crate::exit::Stop;

/// What the word of a mutant begins with.
pub const MUTANT: &str = "mutant:";

/// One plant or mutant on one node, or on all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// `no-pre-vote`, `freeze-after-idle=5` or `mutant:produce-never`.
    pub word: String,
    /// The node; none for all.
    pub node: Option<Node>,
}

impl Planted {
    /// This plant on all nodes.
    pub fn everywhere(word: &str) -> Planted {
        Planted {
            word: word.to_owned(),
            node: None,
        }
    }

    /// The name without its parameter.
    pub fn name(&self) -> &str {
        self.word.split('=').next().unwrap_or_default()
    }

    /// The name of a mutant; none for a plant.
    pub fn mutant(&self) -> Option<&str> {
        self.word.strip_prefix(MUTANT)
    }
}

impl FromStr for Planted {
    type Err = String;

    /// Reads `NAME` or `NAME=NUMBER`, optionally followed by `@n1`, `@n2` and so on. It does not check whether a target
    /// knows the name.
    fn from_str(text: &str) -> Result<Planted, String> {
        let Some((word, name)) = text.split_once('@') else {
            return Ok(Planted::everywhere(text));
        };
        let problem = || format!("`{text}`: `{name}` is not a node; nodes are n1, n2 and so on");
        Ok(Planted {
            node: Some(Node::from_name(name).ok_or_else(problem)?),
            ..Planted::everywhere(word)
        })
    }
}

impl fmt::Display for Planted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.word)?;
        match self.node {
            Some(node) => write!(formatter, "@{node}"),
            None => Ok(()),
        }
    }
}

/// The plants of a run. None by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plants(Vec<Planted>);

impl Plants {
    /// These plants, for the nodes of this target.
    ///
    /// # Errors
    /// If the target does not support plants, or has no such node.
    pub fn of(planted: Vec<Planted>, target: &Target) -> Result<Plants> {
        let wrong = |one: &Planted, problem: String| {
            let (flag, shown) = match one.mutant() {
                Some(_) => ("--mutant", one.to_string().replacen(MUTANT, "", 1)),
                None => ("--plant", one.to_string()),
            };
            Err(Stop::usage(format!("{flag} {shown}: {problem}")))
        };
        for one in &planted {
            let (what, placeholder) = match one.mutant() {
                Some(_) => ("mutants", "{mutants}"),
                None => ("plants", "{plants}"),
            };
            if !target.takes(placeholder) {
                let name = &target.name;
                return wrong(
                    one,
                    format!(
                        "target {name} takes no {what}: its file does not contain {placeholder}; the reference broker \
                         takes them"
                    ),
                );
            }
        }
        for one in &planted {
            if let Some(node) = one.node.filter(|node| !target.nodes.contains(*node)) {
                let there = target.nodes.names();
                return wrong(
                    one,
                    format!("`{node}` is not a node of this cluster; there are {there}"),
                );
            }
        }
        Ok(Plants(planted))
    }

    /// Whether there are no plants.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Planted> {
        self.0.iter()
    }

    fn here(&self, node: Node) -> impl Iterator<Item = &Planted> {
        let here = move |planted: &&Planted| planted.node.is_none_or(|at| at == node);
        self.0.iter().filter(here)
    }

    /// The plants in the syntax of one node's configuration.
    pub fn on(&self, node: Node) -> Vec<String> {
        let plants = self.here(node).filter(|one| one.mutant().is_none());
        plants.map(|planted| planted.word.clone()).collect()
    }

    /// The mutants in that syntax.
    pub fn mutants_on(&self, node: Node) -> Vec<String> {
        let mutants = self.here(node).filter_map(Planted::mutant);
        mutants.map(str::to_owned).collect()
    }

    /// As they are typed, shown and recorded.
    pub fn words(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }
}

impl FromIterator<Planted> for Plants {
    fn from_iter<I: IntoIterator<Item = Planted>>(planted: I) -> Plants {
        Plants(planted.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference() -> Target {
        Target::load("reference").expect("a built-in target")
    }

    fn parse(words: &[&str], target: &Target) -> Result<Plants> {
        let planted = words.iter().map(|word| word.parse().map_err(Stop::usage));
        Plants::of(planted.collect::<Result<_>>()?, target)
    }

    #[test]
    fn plants_go_to_their_nodes() {
        let plants =
            parse(&["no-pre-vote", "freeze-after-idle=5@n2"], &reference()).expect("known");
        assert_eq!(plants.on(Node::from_index(0).expect("n1")), ["no-pre-vote"]);
        assert_eq!(
            plants.on(Node::from_index(1).expect("n2")),
            ["no-pre-vote", "freeze-after-idle=5"]
        );
        assert_eq!(plants.words(), ["no-pre-vote", "freeze-after-idle=5@n2"]);
    }

    #[test]
    fn mutants_travel_with_the_plants_and_apart_from_them() {
        let words = ["no-pre-vote", "mutant:produce-never@n1"];
        let plants = parse(&words, &reference()).expect("known");
        let on = |at: usize| Node::from_index(at).expect("a node");
        assert_eq!(plants.on(on(0)), ["no-pre-vote"]);
        assert_eq!(plants.mutants_on(on(0)), ["produce-never"]);
        assert!(plants.mutants_on(on(1)).is_empty());
        assert_eq!(plants.words(), words);
    }

    #[test]
    fn a_mistake_says_what_is_possible() {
        let error = |words: &[&str], target: &Target| {
            let error = parse(words, target).expect_err("a mistake");
            let code = error.downcast_ref::<Stop>().map(|stop| stop.code);
            assert_eq!(code, Some(crate::exit::USAGE));
            error.to_string()
        };
        assert!(error(&["no-pre-vote@n4"], &reference()).contains("n1, n2 and n3"));
        let text = "name = \"x\"\nports = { kafka = 1 }\nnode = { command = [\"a\"] }\n";
        let other = Target::parse(text, "x.toml").expect("right");
        assert!(error(&["no-pre-vote"], &other).contains("takes no plants"));
        let mutant = error(&["mutant:produce-never"], &other);
        assert!(mutant.starts_with("--mutant produce-never: target x takes no mutants"));
        assert!(parse(&[], &other).expect("nothing asked").is_empty());
    }

    /// The configuration that a node starts with is TOML, with and without plants.
    #[test]
    fn the_reference_target_writes_plants_into_its_configuration() {
        let target = reference();
        let place = |plants: Vec<String>| crate::config::target::NodePlace {
            mutants: vec!["produce-never".to_owned()],
            id: 1,
            directory: "/d".into(),
            addresses: vec!["10.0.0.1".into(), "10.0.0.2".into(), "10.0.0.3".into()],
            jepsen: "jepsen".into(),
            seed: 1,
            plants,
            ..crate::config::target::NodePlace::nowhere()
        };
        for plants in [
            vec![],
            vec!["no-pre-vote".to_owned(), "slow-leak=8".to_owned()],
        ] {
            let text = target.fill(&target.file[0].text, &place(plants.clone()));
            let table: toml::Table = text.expect("filled").reveal().parse().expect("TOML");
            let written = table["plants"].as_array().expect("an array");
            let written: Vec<&str> = written.iter().filter_map(toml::Value::as_str).collect();
            assert_eq!(written, plants);
            let mutants = table["mutants"].as_array().expect("an array");
            assert_eq!(mutants[0].as_str(), Some("produce-never"));
        }
    }
}
