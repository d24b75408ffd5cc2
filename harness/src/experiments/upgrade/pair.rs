//! Two targets as one whose nodes can be upgraded. They must have the same shape, because addresses, ports and data stay; the
//! limits are the laxer of both, because nodes of both run together.

use std::sync::Arc;

use anyhow::Result;
use checkers::history::Limits;
use serde_json::Value;

use crate::config::target::Target;
use crate::exit::Stop;

/// The target that begins as `old` and can become `new`.
///
/// # Errors
/// If they do not fit together. The message says by which field.
pub fn joined(old: &Target, new: &Target) -> Result<Target> {
    let differ = |field: &str| {
        Err(Stop::usage(format!(
            "--from {} --to {}: their `{field}` differ; an upgrade keeps it",
            old.name, new.name
        )))
    };
    for target in [old, new] {
        if target.runs_already() {
            return Err(Stop::usage(format!(
                "{}: the harness does not upgrade a running cluster; use targets whose nodes it starts",
                target.name
            )));
        }
    }
    if old.nodes != new.nodes {
        return differ("nodes");
    }
    if old.ports != new.ports {
        return differ("ports");
    }
    if old.promises != new.promises {
        return differ("promises");
    }
    Ok(Target {
        name: format!("{} to {}", old.name, new.name),
        description: format!("{}, upgraded to {}", old.description, new.name),
        limits: laxer(&old.limits, &new.limits),
        next: Some(Arc::new(new.clone())),
        ..old.clone()
    })
}

/// Of each limit the higher one. One that a target does not state does not limit.
fn laxer(one: &Limits, other: &Limits) -> Limits {
    let (Ok(Value::Object(mut all)), Ok(Value::Object(others))) =
        (serde_json::to_value(one), serde_json::to_value(other))
    else {
        return one.clone();
    };
    for (name, value) in &mut all {
        match (value.as_u64(), others.get(name).and_then(Value::as_u64)) {
            (Some(have), Some(theirs)) => *value = have.max(theirs).into(),
            _ => *value = Value::Null,
        }
    }
    all.retain(|_, value| !value.is_null());
    serde_json::from_value(Value::Object(all)).unwrap_or_else(|_| one.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(name: &str) -> Target {
        Target::load(name).expect("a target")
    }

    #[test]
    fn both_releases_are_there_and_the_laxer_limits() {
        let mut old = target("apache-kafka-4.3.1");
        let mut new = target("apache-kafka-4.4.0");
        old.limits.fail_over_ms = 9_000;
        new.limits.fail_over_ms = 20_000;
        new.limits.recovery_ms = 1;
        let joined = joined(&old, &new).expect("they fit");
        assert_eq!(joined.limits.fail_over_ms, 20_000);
        assert_eq!(joined.limits.recovery_ms, old.limits.recovery_ms);
        assert_eq!(joined.name, "apache-kafka-4.3.1 to apache-kafka-4.4.0");
        assert_eq!(joined.home, old.home);
        assert_eq!(joined.next.expect("there").name, new.name);
    }

    #[test]
    fn targets_of_another_shape_are_refused() {
        let told = |old: &Target, new: &Target| joined(old, new).expect_err("refused").to_string();
        let kafka = target("apache-kafka");
        assert!(told(&kafka, &target("reference")).contains("`ports`"));
        assert!(told(&kafka, &target("apache-kafka-unsafe")).contains("`promises`"));
        let mut five = kafka.clone();
        five.nodes = nemesis::Nodes::new(5).expect("possible");
        assert!(told(&kafka, &five).contains("`nodes`"));
        let running = target("127.0.0.1:9092");
        assert!(told(&running, &kafka).contains("running cluster"));
    }
}
