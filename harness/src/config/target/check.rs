//! The validation of a target file beyond its types. Every mistake that would otherwise show only in the middle of a
//! run is reported before it, with its position.

use anyhow::Result;
use rdkafka::ClientConfig;
use regex::Regex;
use serde::Serialize;

use super::layers::Layers;
use super::{NodePlace, QuorumSource, ReadyBy, Target, features};
use crate::exit::Stop;

/// Validates the target that its files form together.
pub(super) fn check(target: &Target, layers: &Layers) -> Result<()> {
    let missing = |what: &str| Err(Stop::usage(format!("{}: {what}", layers.top().name)));
    if target.name.is_empty() {
        return missing("`name` is missing: the target's name in reports");
    }
    if target.runs_already() {
        if !target.node.command.is_empty() {
            let what = "a running cluster (bootstrap addresses) must not set node.command";
            return Err(layers.mistake(&["bootstrap"], what));
        }
    } else if target.node.command.is_empty() {
        return missing("`command` of [node] is missing: the program that starts a node");
    } else if !target.ports.contains_key("kafka") {
        return missing("[ports] must name `kafka`, the port of the Kafka protocol");
    }
    ports(target, layers)?;
    known_keys(layers, "promises", &target.promises)?;
    known_keys(layers, "limits", &target.limits)?;
    let place = NodePlace::nowhere();
    for (path, text) in target.texts() {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let filled = match path.as_slice() {
            // As a whole, because a list has placeholders of its own.
            ["lists", name, ..] => target.fill(&format!("{{{name}}}"), &place),
            _ => target.fill(text, &place),
        };
        filled.map_err(|error| layers.mistake(&path, error))?;
    }
    patterns(target, layers)?;
    sources(target, layers)?;
    features::check(target, layers)?;
    client(target, layers)
}

fn ports(target: &Target, layers: &Layers) -> Result<()> {
    for (name, port) in &target.ports {
        let twin = target
            .ports
            .iter()
            .find(|(other, p)| *other < name && *p == port);
        let what = match twin {
            _ if *port == 0 => "a port is from 1 to 65535".to_owned(),
            Some((twin, _)) => format!("the same port as {twin}"),
            None => continue,
        };
        return Err(layers.mistake(&["ports", name], what));
    }
    Ok(())
}

/// Promises and limits are also read from histories of other versions, so their own types ignore unknown fields. In a
/// target file an unknown name is a mistake.
fn known_keys(layers: &Layers, table: &str, defaults: &impl Serialize) -> Result<()> {
    let known = match serde_json::to_value(defaults) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => return Ok(()),
    };
    for layer in layers.iter() {
        for (key, at) in layer.source().keys_of(table) {
            if !known.contains_key(&key) {
                let names: Vec<&str> = known.keys().map(String::as_str).collect();
                let what = format!("unknown {table} `{key}`; there are: {}", names.join(", "));
                return Err(layer.source().mistake(&at, what));
            }
        }
    }
    Ok(())
}

fn patterns(target: &Target, layers: &Layers) -> Result<()> {
    let read = |path: &[&str], pattern: &str| {
        Regex::new(pattern).map_err(|error| {
            // The lines above the last one repeat the pattern.
            let text = error.to_string();
            let why = text.lines().last().unwrap_or_default();
            layers.mistake(path, why.trim_start_matches("error: "))
        })
    };
    read(&["ready", "pattern"], &target.ready.pattern)?;
    for (at, pattern) in target.logs.show.iter().enumerate() {
        read(&["logs", "show", &at.to_string()], pattern)?;
    }
    let pattern = read(&["leadership", "pattern"], &target.leadership.pattern)?;
    let named = pattern.capture_names().flatten().any(|name| name == "term");
    if target.leadership.quorum == QuorumSource::Log && !named {
        let what = "must be a regular expression with a group (?<term>...), and (?<leader>...) if lines name it";
        return Err(layers.mistake(&["leadership", "pattern"], what));
    }
    Ok(())
}

/// What a choice requires in addition.
fn sources(target: &Target, layers: &Layers) -> Result<()> {
    let url = |path: &[&str], url: &str| match url.strip_prefix("http://") {
        Some(rest) if !rest.is_empty() => Ok(()),
        _ => Err(layers.mistake(path, "must be a URL, http://{address}:{port.NAME}/...")),
    };
    match target.ready.by {
        ReadyBy::Kafka => {}
        ReadyBy::Log if target.ready.pattern.is_empty() => {
            let what = "must be a regular expression of the line that shows that a node is up";
            return Err(layers.mistake(&["ready", "pattern"], what));
        }
        ReadyBy::Log => {}
        ReadyBy::Http => url(&["ready", "url"], &target.ready.url)?,
    }
    let leadership = &target.leadership;
    let controller = &leadership.controller;
    if !controller.is_empty() && !target.ports.contains_key(controller) {
        let names: Vec<&str> = target.ports.keys().map(String::as_str).collect();
        let what = format!("no such port; [ports] has: {}", names.join(", "));
        return Err(layers.mistake(&["leadership", "controller"], what));
    }
    if leadership.quorum == QuorumSource::Http {
        url(&["leadership", "url"], &leadership.url)?;
        for (key, pointer) in [("leader", &leadership.leader), ("term", &leadership.term)] {
            if !pointer.starts_with('/') {
                let what = "must be a JSON pointer into the answer, such as /raft/term";
                return Err(layers.mistake(&["leadership", key], what));
            }
        }
    }
    Ok(())
}

/// Why TLS and SASL are refused.
const SECURED: &str = "plaintext listeners only: neither TLS nor SASL is supported, by the clients or by the probes. \
    Remove it, and name a PLAINTEXT listener of the cluster in `bootstrap`";

/// librdkafka itself reports which properties and values are valid. Secured listeners are refused ahead of it: neither
/// the librdkafka that is built in nor the probes, which speak the protocol themselves, can use one.
fn client(target: &Target, layers: &Layers) -> Result<()> {
    // All of librdkafka's: `ssl.*`, `ssl_*`, `enable.ssl.*`, `sasl.*`, `enable.sasl.*`, and what fetches tokens.
    let is_secured = |name: &str| {
        let name = name.to_ascii_lowercase();
        let has = |part: &str| name.contains(part);
        has("sasl") || has("ssl") || has("oauthbearer") || name.starts_with("https.")
    };
    let settings = target.client_settings();
    let protocol = settings.iter().find(|(name, value)| {
        name == "security.protocol" && !value.eq_ignore_ascii_case("plaintext")
    });
    let secured = target.client.keys().find(|name| is_secured(name));
    if let Some(name) = protocol.map(|(name, _)| name).or(secured) {
        return Err(layers.mistake(&["client", name], SECURED));
    }
    for (name, value) in &settings {
        let tried = ClientConfig::new().set(name, value).create_native_config();
        if let Err(error) = tried {
            let what = format!("librdkafka refuses it: {error}");
            return Err(layers.mistake(&["client", name], what));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Target;

    const RIGHT: &str = "name = \"x\"\nports = { kafka = 1 }\nnode = { command = [\"a\"] }\n";

    fn told(text: &str) -> String {
        let error = Target::parse(text, "x.toml").expect_err("a mistake");
        error.to_string()
    }

    fn right_with(more: &str) -> String {
        told(&format!("{RIGHT}{more}"))
    }

    #[test]
    fn built_in_targets_are_right() {
        for name in Target::built_in() {
            assert_eq!(Target::load(name).expect("a built-in target").name, name);
        }
    }

    #[test]
    fn mistakes_are_pointed_at() {
        let wrong = told("name = \"x\"\nports = { kafka = 1 }\nnode = { comand = [\"a\"] }\n");
        assert!(
            wrong.contains("x.toml") && wrong.contains("line 3, column 10"),
            "{wrong}"
        );
        assert!(wrong.contains("`command`"), "{wrong}");
        let wrong = right_with("[limits]\nfail_over = 3\n");
        assert!(
            wrong.contains("line 5, column 1") && wrong.contains("fail_over_ms"),
            "{wrong}"
        );
        let wrong = right_with("[client]\n\"linger.msec\" = \"1\"\n");
        assert!(
            wrong.contains("line 5, column 17") && wrong.contains("linger.msec"),
            "{wrong}"
        );
        let wrong = right_with("[logs]\nshow = [\"fine\", \"(\"]\n");
        assert!(wrong.contains("line 5, column 17"), "{wrong}");
        let wrong = right_with("[[file]]\npath = \"{dir}/a\"\ntext = '''\n{adress}'''\n");
        assert!(
            wrong.contains("{adress}") && wrong.contains("{address}"),
            "{wrong}"
        );
        assert!(wrong.contains("line 6, column 8"), "{wrong}");
        let wrong = told(&format!("nodes = 10\n{RIGHT}"));
        assert!(
            wrong.contains("line 1, column 9") && wrong.contains("1 to 9"),
            "{wrong}"
        );
        let wrong = told(&format!("replication = \"some\"\n{RIGHT}"));
        assert!(wrong.contains("from 1 to 9, or \"all\""), "{wrong}");
        let wrong = right_with("[lists.voters]\neach = \"{each.di}\"\n");
        assert!(
            wrong.contains("{each.di}") && wrong.contains("line 5, column 8"),
            "{wrong}"
        );
        let wrong = right_with("[leadership]\nquorum = \"raft\"\n");
        assert!(
            wrong.contains("`describe-quorum`") && wrong.contains("line 5"),
            "{wrong}"
        );
        let wrong = right_with("[leadership]\nquorum = \"log\"\npattern = \"term\"\n");
        assert!(wrong.contains("(?<term>"), "{wrong}");
        let wrong =
            told("name = \"x\"\nports = { kafka = 1, peer = 1 }\nnode = { command = [\"a\"] }\n");
        assert!(
            wrong.contains("line 2, column 29") && wrong.contains("kafka"),
            "{wrong}"
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(told("").contains("`name`"));
        assert!(told("name = \"x\"\n").contains("[node]"));
        assert!(told("name = \"x\"\n[node]\ncommand = [\"a\"]\n").contains("`kafka`"));
    }

    #[test]
    fn a_file_is_laid_over_its_base() {
        let text = "base = \"apache-kafka\"\nname = \"mine\"\n[limits]\nfail_over_ms = 1\n";
        let mine = Target::parse(text, "x.toml").expect("right");
        let kafka = Target::load("apache-kafka").expect("built-in");
        assert_eq!((mine.limits.fail_over_ms, &mine.home), (1, &kafka.home));
        assert_eq!(mine.limits.formation_ms, kafka.limits.formation_ms);
        assert_eq!(mine.node, kafka.node);
        let wrong = told("name = \"x\"\nbase = \"kafka\"\n");
        assert!(
            wrong.contains("line 2, column 8") && wrong.contains("apache-kafka"),
            "{wrong}"
        );
    }

    #[test]
    fn a_running_cluster_is_a_target() {
        let target = Target::load("127.0.0.1:9092,broker:9093").expect("addresses");
        assert!(target.runs_already() && target.bootstrap.len() == 2);
        assert!(Target::load("127.0.0.1").is_err());
    }
}
