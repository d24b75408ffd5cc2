//! Finds a scenario by the name that was typed: a built-in one, or one of a suite.

use anyhow::Result;

use super::near;
use super::scenario::{Scenario, built_in};
use super::suite::Suite;
use crate::exit::Stop;

/// The scenario of that name: a built-in one, or `SUITE/NAME` of a suite or a suite's file.
///
/// # Errors
/// If no scenario has this name. The message lists the known names.
pub fn scenario(name: &str) -> Result<Scenario> {
    if let Some((suite, name)) = name.rsplit_once('/') {
        let suite = Suite::load(suite)?;
        let found = suite.scenarios.iter().find(|one| one.name == name);
        return found
            .cloned()
            .ok_or_else(|| unknown(name, &suite.scenarios, &suite.name));
    }
    let known = built_in()?;
    let found = known.iter().find(|one| one.name == name);
    found.cloned().ok_or_else(|| unknown(name, known, ""))
}

fn unknown(name: &str, known: &[Scenario], suite: &str) -> anyhow::Error {
    let names: Vec<&str> = known.iter().map(|one| one.name.as_str()).collect();
    let place = match suite {
        "" => "those of a suite are written SUITE/NAME, see `jepsen list suites`".to_owned(),
        suite => format!("in suite {suite}"),
    };
    Stop::usage(format!(
        "{} ({place})",
        near::unknown("scenario", name, &names)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_lists_the_known() {
        let told = scenario("defautl").expect_err("unknown").to_string();
        assert!(
            told.contains("default, process") && told.contains("SUITE/NAME"),
            "{told}"
        );
        let told = scenario("smoke/none").expect_err("unknown").to_string();
        assert!(told.contains("in suite smoke"), "{told}");
        assert_eq!(
            scenario("smoke/kill-leader").expect("there").name,
            "kill-leader"
        );
    }
}
