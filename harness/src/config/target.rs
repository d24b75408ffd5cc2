//! A target: a broker product plus how to start three of it, from a short TOML file.
//!
//! Placeholders in the command, in paths and in templates: `{id}` (1 to 3), `{name}` (n1), `{dir}` (the node's data
//! directory, absolute), `{address}` (the node's own address), `{address1}` to `{address3}`, `{port}` (Kafka),
//! `{port.NAME}` (any other port of the `ports` table), `{peers}` (`1@ADDRESS:PORT,2@...` with the port named
//! `peer`), `{jepsen}` (this program), `{seed}`, `{plants}` (the node's deliberate bugs as a TOML array; a target that names
//! it takes `--plant`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use checkers::history::{Limits, Promises};
use serde::{Deserialize, Serialize};

use crate::exit::Stop;

/// Built-in targets, by name.
const BUILT_IN: [(&str, &str); 1] = [("reference", include_str!("../../targets/reference.toml"))];

/// A target file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Its name, as in reports.
    pub name: String,
    /// One line on what it is.
    #[serde(default)]
    pub description: String,
    /// Ports, the same on every node, each on the node's own address. `kafka` must be there.
    pub ports: BTreeMap<String, u16>,
    /// How to start and stop a node.
    pub node: NodeCommand,
    /// Files to write before a node's first start.
    #[serde(default)]
    pub file: Vec<FileTemplate>,
    /// Settings for the topics that a run creates.
    #[serde(default)]
    pub topic: BTreeMap<String, String>,
    /// Further librdkafka properties.
    #[serde(default)]
    pub client: BTreeMap<String, String>,
    /// What it promises.
    #[serde(default)]
    pub promises: Promises,
    /// What it is held to.
    #[serde(default)]
    pub limits: Limits,
    /// How the fault plan scales with it.
    #[serde(default)]
    pub faults: FaultScale,
}

/// How to start and stop one node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeCommand {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Environment variables to set.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
}

/// A file to write before a node's first start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileTemplate {
    /// Where, with placeholders.
    pub path: String,
    /// What, with placeholders.
    pub text: String,
}

/// How the fault plan scales with the target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultScale {
    /// How long the target needs to notice a dead leader. Windows are drawn longer than this.
    pub detection_ms: u64,
}

impl Default for FaultScale {
    fn default() -> Self {
        FaultScale {
            detection_ms: 1_000,
        }
    }
}

/// What the placeholders of one node stand for.
#[derive(Clone, Debug)]
pub struct NodePlace {
    /// 1 to 3.
    pub id: usize,
    /// Its data directory, absolute.
    pub directory: PathBuf,
    /// Addresses of all nodes, in order of their ids.
    pub addresses: Vec<String>,
    /// This program.
    pub jepsen: PathBuf,
    /// The run's seed.
    pub seed: u64,
    /// The deliberate bugs that this node is started with.
    pub plants: Vec<String>,
}

impl Target {
    /// The names of the built-in targets.
    pub fn built_in() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// Loads a built-in target by name, or a file by path.
    ///
    /// # Errors
    /// If there is no such target, or the file is wrong; the message names the file, the line and what is allowed.
    pub fn load(name_or_path: &str) -> Result<Target> {
        if let Some((name, text)) = BUILT_IN.iter().find(|(name, _)| *name == name_or_path) {
            return Target::parse(text, &format!("built-in target {name}"));
        }
        let path = Path::new(name_or_path);
        if !path.exists() {
            let known: Vec<_> = Target::built_in().collect();
            return Err(Stop::usage(format!(
                "--target {name_or_path}: no such built-in target and no such file; built-in: {}",
                known.join(", ")
            )));
        }
        let text = std::fs::read_to_string(path)
            .map_err(|error| Stop::usage(format!("--target {}: {error}", path.display())))?;
        Target::parse(&text, &path.display().to_string())
    }

    /// Reads a target file's text; `source` names it in errors.
    ///
    /// # Errors
    /// If it is no TOML, or a field is unknown, missing or impossible.
    pub fn parse(text: &str, source: &str) -> Result<Target> {
        let wrong = |what: String| Stop::usage(format!("{source}: {what}"));
        let target: Target = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if !target.ports.contains_key("kafka") {
            return Err(wrong(
                "[ports] must name `kafka`, the port of the Kafka protocol".into(),
            ));
        }
        if target.node.command.is_empty() {
            return Err(wrong("node.command must name a program".into()));
        }
        let place = NodePlace {
            id: 1,
            directory: "/".into(),
            addresses: vec![String::new(); 3],
            jepsen: "jepsen".into(),
            seed: 0,
            plants: Vec::new(),
        };
        for text in target.texts() {
            target
                .fill(text, &place)
                .map_err(|error| wrong(error.to_string()))?;
        }
        Ok(target)
    }

    /// Everything that may hold placeholders.
    fn texts(&self) -> impl Iterator<Item = &String> {
        let files = self.file.iter().flat_map(|file| [&file.path, &file.text]);
        let settings = self.node.environment.values();
        self.node.command.iter().chain(settings).chain(files)
    }

    /// Whether it can be started with deliberate bugs.
    pub fn takes_plants(&self) -> bool {
        self.texts().any(|text| text.contains("{plants}"))
    }

    /// The Kafka port.
    pub fn kafka_port(&self) -> u16 {
        self.ports.get("kafka").copied().unwrap_or(9092)
    }

    /// librdkafka properties as pairs.
    pub fn client_settings(&self) -> Vec<(String, String)> {
        self.client
            .iter()
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect()
    }

    /// How long the target needs to notice a dead leader.
    pub fn detection(&self) -> Duration {
        Duration::from_millis(self.faults.detection_ms)
    }

    /// Replaces placeholders. `{{` and `}}` stand for themselves without placeholder meaning only where no known
    /// name follows: a brace that opens no placeholder's name is left as it is, so that JSON can be written plainly.
    ///
    /// # Errors
    /// If a word in braces looks like a placeholder and is none.
    pub fn fill(&self, text: &str, place: &NodePlace) -> Result<String> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            out.push_str(&rest[..open]);
            let after = &rest[open + 1..];
            let name = after.split('}').next().unwrap_or_default();
            let plausible = !name.is_empty()
                && name.len() < after.len()
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
            if plausible {
                out.push_str(&self.value(name, place)?);
                rest = &after[name.len() + 1..];
            } else {
                out.push('{');
                rest = after;
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    fn value(&self, name: &str, place: &NodePlace) -> Result<String> {
        let address = |id: usize| place.addresses.get(id - 1).cloned().unwrap_or_default();
        Ok(match name {
            "id" => place.id.to_string(),
            "name" => format!("n{}", place.id),
            "dir" => place.directory.display().to_string(),
            "address" => address(place.id),
            "address1" => address(1),
            "address2" => address(2),
            "address3" => address(3),
            "port" => self.kafka_port().to_string(),
            "jepsen" => place.jepsen.display().to_string(),
            "seed" => place.seed.to_string(),
            // A JSON array of plain words is a TOML array too.
            "plants" => serde_json::to_string(&place.plants)?,
            "peers" => {
                let port = self.ports.get("peer").ok_or_else(|| {
                    anyhow::anyhow!("{{peers}} needs a port named `peer` in [ports]")
                })?;
                let peer = |(at, address): (usize, &String)| format!("{}@{address}:{port}", at + 1);
                place
                    .addresses
                    .iter()
                    .enumerate()
                    .map(peer)
                    .collect::<Vec<_>>()
                    .join(",")
            }
            other => match other
                .strip_prefix("port.")
                .and_then(|port| self.ports.get(port))
            {
                Some(port) => port.to_string(),
                None => anyhow::bail!(
                    "{{{other}}} is no placeholder; there are {{id}} {{name}} {{dir}} {{address}} \
                     {{address1}} {{address2}} {{address3}} {{port}} {{port.NAME}} {{peers}} {{jepsen}} {{seed}} {{plants}}"
                ),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_targets_are_right() {
        for name in Target::built_in() {
            assert_eq!(Target::load(name).expect("a built-in target").name, name);
        }
    }

    #[test]
    fn mistakes_are_pointed_at() {
        let text =
            "name = \"x\"\nports = { kafka = 1 }\nnode = { command = [\"a\"], comand = 1 }\n";
        let error = Target::parse(text, "x.toml")
            .expect_err("a wrong field")
            .to_string();
        assert!(
            error.contains("x.toml") && error.contains("line 3"),
            "{error}"
        );
        let text = "name = \"x\"\nports = { kafka = 1 }\nnode = { command = [\"{adress}\"] }\n";
        let error = Target::parse(text, "x.toml")
            .expect_err("a wrong placeholder")
            .to_string();
        assert!(
            error.contains("{adress}") && error.contains("{address}"),
            "{error}"
        );
    }

    #[test]
    fn braces_that_name_nothing_stay() {
        let text = "name = \"x\"\nports = { kafka = 7 }\nnode = { command = [\"a\"] }\n";
        let target = Target::parse(text, "x.toml").expect("right");
        let place = NodePlace {
            id: 2,
            directory: "/d".into(),
            addresses: vec!["a".into(), "b".into(), "c".into()],
            jepsen: "j".into(),
            seed: 1,
            plants: Vec::new(),
        };
        let filled = target.fill("{ \"x\": {id}, \"at\": \"{address}:{port}\" }", &place);
        assert_eq!(filled.expect("filled"), "{ \"x\": 2, \"at\": \"b:7\" }");
    }
}
