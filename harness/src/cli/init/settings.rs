//! Which keys of a target file follow from what a running broker told, each with how it was found out. What does not follow
//! keeps its default: a promise that nobody made would turn a finding into a violation.

use anyhow::Result;
use toml::Value;

use super::found::{Found, SETTINGS};
use super::template::{self, Setting};
use crate::output::visible;

impl Found {
    /// The template with everything that was found, each with how.
    ///
    /// # Errors
    /// If the template lacks a key, which is a bug.
    pub(super) fn filled(&self, text: &str) -> Result<String> {
        let lacks = |key: &str| anyhow::anyhow!("the template has no `{key}`");
        let mut text = template::unset(text, "node", "command").ok_or_else(|| lacks("command"))?;
        text = template::without_files(&text);
        for setting in self.told() {
            text = template::set(&text, &setting).ok_or_else(|| lacks(setting.key))?;
        }
        // Behind the first line, which is for editors.
        let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
        Ok(format!("{first}\n{}{rest}", self.comment()))
    }

    fn told(&self) -> Vec<Setting> {
        let setting = |table, key, value: Value, why: &str| Setting {
            table,
            key,
            value,
            why: why.to_owned(),
        };
        let count = self.nodes.len() as i64;
        let addresses = self.bootstrap.iter().map(|one| Value::from(one.as_str()));
        let addresses: Vec<Value> = addresses.collect();
        let mut told = vec![
            setting(
                "",
                "nodes",
                count.into(),
                "found: the brokers of its Metadata",
            ),
            setting(
                "",
                "replication",
                count.min(3).into(),
                "copies of each partition of a run, at most one on each node",
            ),
            setting(
                "",
                "bootstrap",
                addresses.into(),
                "it runs already, so it gets no faults; for faults, set [node] instead",
            ),
        ];
        let (source, why) = match &self.quorum {
            Ok(_) => (
                "describe-quorum",
                "found: it answers DescribeQuorum".to_owned(),
            ),
            Err(error) => ("none", format!("no terms are read: {}", visible(error))),
        };
        told.push(setting("leadership", "quorum", source.into(), &why));
        if self
            .offer
            .features
            .get("transaction.version")
            .is_some_and(|level| *level >= 2)
        {
            told.push(setting(
                "promises",
                "transactions_atomic",
                "with-v2-clients".into(),
                "found: its feature transaction.version is 2 or more (KIP-890)",
            ));
        }
        told.extend(self.of_settings());
        told
    }

    /// What follows from the broker's own settings.
    fn of_settings(&self) -> Vec<Setting> {
        let mut told = Vec::new();
        let Ok(settings) = &self.settings else {
            return told;
        };
        let mut tell = |name: &str, table, key, value: Value| {
            let shown = settings.get(name).map(|value| visible(value).into_owned());
            told.push(Setting {
                table,
                key,
                value,
                why: format!("found: its setting {name} is {}", shown.unwrap_or_default()),
            });
        };
        let number = |name: &str| settings.get(name)?.parse::<u32>().ok();
        if let Some(count) = number(SETTINGS[0]) {
            let value = i64::from(count).into();
            tell(SETTINGS[0], "promises", "min_in_sync_replicas", value);
        }
        if settings
            .get(SETTINGS[1])
            .is_some_and(|value| value == "true")
        {
            tell(SETTINGS[1], "promises", "unclean_election", true.into());
        }
        if number(SETTINGS[2]) == Some(1) {
            tell(SETTINGS[2], "promises", "survives_power_loss", "all".into());
        }
        if let Some(time) = number(SETTINGS[3]).filter(|time| *time > 0) {
            let time = i64::from(time);
            tell(SETTINGS[3], "limits", "election_timeout_ms", time.into());
            tell(SETTINGS[3], "faults", "detection_ms", time.into());
        }
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::target::{RunningNode, Target};
    use crate::kafka::questions::Quorum;
    use crate::kafka::questions::offer::Offer;

    fn found() -> Found {
        let node = |id: i32| RunningNode {
            id,
            address: format!("127.0.0.1:{}", 9091 + id)
                .parse()
                .expect("an address"),
        };
        Found {
            bootstrap: vec!["127.0.0.1:9092".to_owned()],
            nodes: (1..=3).map(node).collect(),
            cluster_id: "x\n[evil]\nname = \"y\"".to_owned(),
            offer: Offer {
                requests: [(3, (0, 12)), (60, (0, 1))].into(),
                features: [("transaction.version".to_owned(), 2)].into(),
            },
            quorum: Err("DescribeQuorum is not offered".to_owned()),
            settings: Ok([
                (SETTINGS[0].to_owned(), "2".to_owned()),
                (SETTINGS[1].to_owned(), "true".to_owned()),
                (SETTINGS[2].to_owned(), "1".to_owned()),
                (SETTINGS[3].to_owned(), "9000".to_owned()),
            ]
            .into()),
        }
    }

    #[test]
    fn what_was_found_is_in_the_file_with_how() {
        let text = found().filled(&template::text("acme")).expect("filled");
        let target = Target::parse(&text, "acme.toml").expect("accepted as it stands");
        assert!(target.runs_already());
        assert_eq!((target.nodes.count(), target.replicas()), (3, 3));
        assert_eq!(target.promises.min_in_sync_replicas, Some(2));
        assert!(target.promises.unclean_election);
        assert_eq!(target.promises.survives_power_loss.to_string(), "all");
        assert_eq!(
            target.promises.transactions_atomic.to_string(),
            "with-v2-clients"
        );
        assert_eq!(target.limits.election_timeout_ms, 9_000);
        assert_eq!(target.faults.detection_ms, 9_000);
        for says in [
            "#:schema ./jepsen-target.schema.json\n# Found by `jepsen init` at 127.0.0.1:9092 on ",
            "quorum = \"none\"                            # no terms are read: DescribeQuorum is not offered",
            "# found: its setting min.insync.replicas is 2\n",
            "brokers 1 (127.0.0.1:9092), 2 (127.0.0.1:9093)",
            "not offered are CreateTopics 5, Produce 7, Fetch 11, ListOffsets 5",
        ] {
            assert!(text.contains(says), "{says}:\n{text}");
        }
        // A broker's own words are comments, whatever they are.
        assert!(!text.contains("\n[evil]"), "{text}");
    }

    #[test]
    fn what_is_not_known_keeps_the_default() {
        let found = Found {
            settings: Err("DescribeConfigs is not offered".to_owned()),
            offer: Offer::default(),
            quorum: Ok(Quorum {
                leader: 1,
                epoch: 4,
                voters: vec![1, 2, 3],
            }),
            nodes: found().nodes[..1].to_vec(),
            ..found()
        };
        let text = found.filled(&template::text("acme")).expect("filled");
        let target = Target::parse(&text, "acme.toml").expect("accepted");
        assert_eq!((target.nodes.count(), target.replicas()), (1, 1));
        assert_eq!(target.promises, Default::default());
        assert_eq!(target.limits, Default::default());
        assert!(text.contains("quorum = \"describe-quorum\""));
        assert!(text.contains("term 4, voters [1, 2, 3]"), "{text}");
    }
}
