//! Placeholders of a target file, and what they stand for on one node.

use std::path::PathBuf;

use anyhow::Result;

use super::Target;

/// Variables may name variables, this deep.
const DEPTH_MAX: usize = 8;

/// The placeholders that every target has, for messages.
const KNOWN: &str = "{id} {name} {dir} {address} {address1} {address2} {address3} {port} {port.NAME} {peers} \
                     {jepsen} {seed} {plants} {home} {here} {env.NAME}";

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

impl NodePlace {
    /// The place of no node: for what is the same on all of them, and for trying a text.
    pub fn nowhere() -> NodePlace {
        NodePlace {
            id: 1,
            directory: "/".into(),
            addresses: vec![String::new(); 3],
            jepsen: "jepsen".into(),
            seed: 0,
            plants: Vec::new(),
        }
    }
}

impl Target {
    /// Replaces placeholders. A brace that opens no placeholder's name is left as it is, so that JSON can be written
    /// plainly.
    ///
    /// # Errors
    /// If a word in braces looks like a placeholder and is none.
    pub fn fill(&self, text: &str, place: &NodePlace) -> Result<String> {
        self.fill_to(text, place, DEPTH_MAX)
    }

    /// The same for every text of a list.
    ///
    /// # Errors
    /// As [`Target::fill`].
    pub fn fill_all(&self, texts: &[String], place: &NodePlace) -> Result<Vec<String>> {
        texts.iter().map(|text| self.fill(text, place)).collect()
    }

    fn fill_to(&self, text: &str, place: &NodePlace, depth: usize) -> Result<String> {
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
                out.push_str(&self.value(name, place, depth)?);
                rest = &after[name.len() + 1..];
            } else {
                out.push('{');
                rest = after;
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    fn value(&self, name: &str, place: &NodePlace, depth: usize) -> Result<String> {
        if let Some(variable) = self.variables.get(name) {
            anyhow::ensure!(
                depth > 0,
                "{{{name}}}: its variables name each other in a circle"
            );
            return self.fill_to(variable, place, depth - 1);
        }
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
            "home" => self.home.display().to_string(),
            "here" => self.here.display().to_string(),
            "peers" => self.peers(place)?,
            other => match (other.strip_prefix("port."), other.strip_prefix("env.")) {
                (Some(port), _) if self.ports.contains_key(port) => self.ports[port].to_string(),
                (_, Some(variable)) => std::env::var(variable).unwrap_or_default(),
                _ => return Err(self.unknown(other)),
            },
        })
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
        let own: Vec<String> = self.variables.keys().map(|v| format!(" {{{v}}}")).collect();
        anyhow::anyhow!(
            "{{{name}}} is no placeholder; there are {KNOWN}{}",
            own.concat()
        )
    }
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
        assert_eq!(filled.expect("filled"), "{ \"x\": 2, \"at\": \"b:7\" }");
    }

    #[test]
    fn variables_hold_placeholders_and_no_circles() {
        let right = target("[variables]\nlog = \"{dir}/log\"\n");
        let place = NodePlace::nowhere();
        assert_eq!(right.fill("{log}", &place).expect("filled"), "//log");
        let error = right.fill("{lag}", &place).expect_err("unknown");
        assert!(error.to_string().contains("{log}"), "{error}");
        let text = "name = \"x\"\n[variables]\nround = \"{round}\"\n[node]\ncommand = [\"a\"]\n[ports]\nkafka = 1\n";
        let error = Target::parse(text, "x.toml")
            .expect_err("a circle")
            .to_string();
        assert!(
            error.contains("circle") && error.contains("line 3"),
            "{error}"
        );
    }
}
