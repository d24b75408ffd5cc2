//! Placeholders of a target file, and their values on one node.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{NodeList, Target, cluster_secret};
use crate::config::place::quotable;
use crate::secret::{Filled, Secret};

/// The maximum depth of variables that refer to variables.
const DEPTH_MAX: usize = 8;

/// The placeholders that every target has, for messages.
const KNOWN: &str = "{id} {name} {dir} {tmp} {address} {address1} {address2} {address3} ... {nodes} {replicas} {port} {port.NAME} \
                     {peers} {jepsen} {seed} {plants} {mutants} {cluster.secret} {home} {here} {env.NAME}";

/// The values of the placeholders of one node.
#[derive(Clone, Debug)]
pub struct NodePlace {
    /// The node's number, counted from 1.
    pub id: usize,
    /// Its data directory, absolute.
    pub directory: PathBuf,
    /// Addresses of all nodes, in order of their ids.
    pub addresses: Vec<String>,
    /// This program.
    pub jepsen: PathBuf,
    /// The run's seed.
    pub seed: u64,
    /// The deliberate bugs that this node starts with.
    pub plants: Vec<String>,
    /// The lies that this node tells its clients.
    pub mutants: Vec<String>,
    /// What the nodes of this cluster share.
    pub secret: Secret,
}

impl NodePlace {
    /// The directory of the node's temporary files, next to its data. Its path is the same whether or not the node also
    /// sees it as `/tmp`.
    pub fn temporary(&self) -> PathBuf {
        self.directory.with_file_name("tmp")
    }

    /// The place of no particular node, for texts that are the same on all nodes and for trying a text.
    pub fn nowhere() -> NodePlace {
        NodePlace {
            id: 1,
            directory: "/".into(),
            addresses: Vec::new(),
            jepsen: "jepsen".into(),
            seed: 0,
            plants: Vec::new(),
            mutants: Vec::new(),
            secret: cluster_secret::of_nobody(),
        }
    }
}

impl Target {
    /// Replaces placeholders. The result is shown with `{env.NAME}` in place of the value. A brace that does not start a
    /// placeholder's name stays as it is, so JSON can be written without escapes.
    ///
    /// # Errors
    /// If a word in braces looks like a placeholder and is not one.
    pub fn fill(&self, text: &str, place: &NodePlace) -> Result<Filled> {
        self.fill_to(text, place, DEPTH_MAX)
    }

    /// The same for every text of a list.
    ///
    /// # Errors
    /// As [`Target::fill`].
    pub fn fill_all(&self, texts: &[String], place: &NodePlace) -> Result<Vec<Filled>> {
        texts.iter().map(|text| self.fill(text, place)).collect()
    }

    fn fill_to(&self, text: &str, place: &NodePlace, depth: usize) -> Result<Filled> {
        let mut out = Filled::default();
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
                out.push(&self.value(name, place, depth)?);
                rest = &after[name.len() + 1..];
            } else {
                out.push_str("{");
                rest = after;
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    fn value(&self, name: &str, place: &NodePlace, depth: usize) -> Result<Filled> {
        if let Some(variable) = self.variables.get(name) {
            anyhow::ensure!(
                depth > 0,
                "{{{name}}}: its variables refer to each other in a cycle"
            );
            return self.fill_to(variable, place, depth - 1);
        }
        if let Some(list) = self.lists.get(name) {
            return self.each_node(list, place, depth);
        }
        if name == "cluster.secret" {
            return Ok(Filled::from(&place.secret));
        }
        if let Some(variable) = name.strip_prefix("env.") {
            return Ok(Filled::from(&Secret::of_environment(variable)));
        }
        let address = |id: usize| place.addresses.get(id - 1).cloned().unwrap_or_default();
        Ok(Filled::plain(match name {
            "id" => place.id.to_string(),
            "name" => format!("n{}", place.id),
            "dir" => quoted("a node's directory", &place.directory)?,
            "tmp" => quoted("a node's temporary directory", &place.temporary())?,
            "address" => address(place.id),
            "nodes" => self.nodes.count().to_string(),
            "replicas" => self.replicas().to_string(),
            "port" => self.kafka_port().to_string(),
            "jepsen" => quoted("this program", &place.jepsen)?,
            "seed" => place.seed.to_string(),
            // A JSON array of plain words is also a TOML array.
            "plants" => serde_json::to_string(&place.plants)?,
            "mutants" => serde_json::to_string(&place.mutants)?,
            "home" => quoted("the directory of prepared targets", &self.home)?,
            "here" => quoted("the target's directory", &self.here)?,
            "peers" => self.peers(place)?,
            other if self.numbered(other).is_some() => address(self.numbered(other).unwrap_or(1)),
            other => match other.strip_prefix("port.") {
                Some(port) if self.ports.contains_key(port) => self.ports[port].to_string(),
                _ => return Err(self.unknown(other)),
            },
        }))
    }

    /// The node of `{address4}`, if the target has that many nodes.
    fn numbered(&self, name: &str) -> Option<usize> {
        let number: usize = name.strip_prefix("address")?.parse().ok()?;
        (1..=self.nodes.count()).contains(&number).then_some(number)
    }

    /// A text of `[lists]`, repeated for each node. `{each.id}`, `{each.name}` and `{each.address}` belong to the node
    /// of the repetition. Every other placeholder belongs to the node whose file contains the list.
    fn each_node(&self, list: &NodeList, place: &NodePlace, depth: usize) -> Result<Filled> {
        anyhow::ensure!(depth > 0, "[lists] refer to each other in a cycle");
        let mut all = Filled::default();
        for (at, node) in self.nodes.into_iter().enumerate() {
            let address = place.addresses.get(node.index()).cloned();
            let text = list
                .each
                .replace("{each.id}", &node.number().to_string())
                .replace("{each.name}", &node.to_string())
                .replace("{each.address}", &address.unwrap_or_default());
            if at > 0 {
                all.push_str(&list.between);
            }
            all.push(&self.fill_to(&text, place, depth - 1)?);
        }
        Ok(all)
    }

    /// `1@ADDRESS:PORT,2@...` with the port named `peer`.
    fn peers(&self, place: &NodePlace) -> Result<String> {
        let port = self
            .ports
            .get("peer")
            .ok_or_else(|| anyhow::anyhow!("{{peers}} needs a port named `peer` in [ports]"))?;
        let peer = |(at, address): (usize, &String)| format!("{}@{address}:{port}", at + 1);
        let peers: Vec<String> = place.addresses.iter().enumerate().map(peer).collect();
        Ok(peers.join(","))
    }

    fn unknown(&self, name: &str) -> anyhow::Error {
        let own = self.variables.keys().chain(self.lists.keys());
        let own: Vec<String> = own.map(|name| format!(" {{{name}}}")).collect();
        let number = name.strip_prefix("address");
        if number.is_some_and(|number| number.parse::<u8>().is_ok()) {
            let nodes = self.nodes.count();
            return anyhow::anyhow!("{{{name}}}: this target has `nodes = {nodes}`");
        }
        anyhow::anyhow!(
            "{{{name}}} is not a placeholder; there are {KNOWN}{}",
            own.concat()
        )
    }
}

/// A path as a value that the quotes of any format can hold.
fn quoted(what: &str, path: &Path) -> Result<String> {
    quotable(what, path)?;
    Ok(path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(more: &str) -> Target {
        let text = format!(
            "name = \"x\"\nports = {{ kafka = 7 }}\nnode = {{ command = [\"a\"] }}\n{more}"
        );
        Target::parse(&text, "x.toml").expect("right")
    }

    #[test]
    fn braces_that_name_nothing_stay() {
        let place = NodePlace {
            id: 2,
            addresses: vec!["a".into(), "b".into(), "c".into()],
            ..NodePlace::nowhere()
        };
        let filled = target("").fill("{ \"x\": {id}, \"at\": \"{address}:{port}\" }", &place);
        assert_eq!(
            filled.expect("filled").reveal(),
            "{ \"x\": 2, \"at\": \"b:7\" }"
        );
    }

    #[test]
    fn a_list_has_one_text_for_each_node() {
        let five = target(
            "nodes = 5\n[lists.voters]\neach = \"{each.name}={each.address}:{port}\"\nbetween = \",\"\n",
        );
        let place = NodePlace {
            id: 2,
            addresses: ["a", "b", "c", "d", "e"].map(String::from).into(),
            ..NodePlace::nowhere()
        };
        let filled = five.fill("{id} of {nodes}: {voters}", &place);
        let expected = "2 of 5: n1=a:7,n2=b:7,n3=c:7,n4=d:7,n5=e:7";
        assert_eq!(filled.expect("filled").reveal(), expected);
        let fifth = five.fill("{address5}", &place).expect("filled");
        assert_eq!(fifth.reveal(), "e");
        let error = five.fill("{address6}", &place).expect_err("five nodes");
        assert!(error.to_string().contains("nodes = 5"), "{error}");
    }

    #[test]
    fn variables_hold_placeholders_and_no_cycles() {
        let right = target("[variables]\nlog = \"{dir}/log\"\n");
        let place = NodePlace::nowhere();
        assert_eq!(
            right.fill("{log}", &place).expect("filled").reveal(),
            "//log"
        );
        let error = right.fill("{lag}", &place).expect_err("unknown");
        assert!(error.to_string().contains("{log}"), "{error}");
        let text = "name = \"x\"\n[variables]\nround = \"{round}\"\n[node]\ncommand = [\"a\"]\n[ports]\nkafka = 1\n";
        let error = Target::parse(text, "x.toml")
            .expect_err("a cycle")
            .to_string();
        assert!(
            error.contains("cycle") && error.contains("line 3"),
            "{error}"
        );
    }
}
