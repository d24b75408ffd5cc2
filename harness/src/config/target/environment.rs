//! The environment of every program that a target file starts. Nothing is inherited: a token in the environment of whoever
//! started the harness is not the business of the broker under test.
//!
//! | program | variables |
//! |---|---|
//! | `command` and `init` of `[node]` | PATH, LANG, HOME (a directory of the node), and `[node] environment` |
//! | `command` of `[prepare]` | PATH, LANG, HOME (the user's), those of a proxy, `looks_at`, and `[prepare] environment` |

use std::collections::BTreeMap;
use std::ffi::OsString;

use anyhow::Result;

use super::{NodePlace, Target};
use crate::secret::Filled;

/// Where programs are searched if the caller has no PATH.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The language if the caller has none.
const LANG: &str = "C.UTF-8";

/// What a program that fetches something needs beyond that. The user's home contains its caches and settings.
const FETCHING: [&str; 9] = [
    "HOME",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
];

/// PATH and LANG, as the caller has them.
pub fn base() -> Vec<(&'static str, OsString)> {
    let of = |name: &'static str, otherwise: &str| {
        let value = std::env::var_os(name).filter(|value| !value.is_empty());
        (name, value.unwrap_or_else(|| otherwise.into()))
    };
    vec![of("PATH", PATH), of("LANG", LANG)]
}

/// What `[prepare]` inherits beyond [`base`]: the user's home, proxies, and what `looks_at` names.
pub fn of_preparing(target: &Target) -> Vec<(String, OsString)> {
    let looks_at = target.prepare.looks_at.iter().map(String::as_str);
    let names = FETCHING.into_iter().chain(looks_at);
    let set = |name: &str| Some((name.to_owned(), std::env::var_os(name)?));
    names.filter_map(set).collect()
}

impl Target {
    /// The variables of a table of the file. A variable whose whole value is `{env.NAME}` is left out if NAME is not set,
    /// because many programs treat an empty variable as set.
    ///
    /// # Errors
    /// As [`Target::fill`].
    pub fn variables_of(
        &self,
        table: &BTreeMap<String, String>,
        place: &NodePlace,
    ) -> Result<Vec<(String, Filled)>> {
        let is_absent = |text: &str| {
            let name = text
                .strip_prefix("{env.")
                .and_then(|rest| rest.strip_suffix('}'));
            name.is_some_and(|name| !name.contains('}') && std::env::var_os(name).is_none())
        };
        let set = table.iter().filter(|(_, text)| !is_absent(text));
        set.map(|(name, text)| Ok((name.clone(), self.fill(text, place)?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_is_not_set_is_left_out() {
        let text = "name = \"x\"\nports = { kafka = 7 }\n[node]\ncommand = [\"a\"]\n\
                    [node.environment]\nA = \"{env.JEPSEN_IS_NEVER_SET}\"\n\
                    B = \"<{env.JEPSEN_IS_NEVER_SET}>\"\nC = \"{env.CARGO_MANIFEST_DIR}\"\n";
        let target = Target::parse(text, "x.toml").expect("right");
        let table = &target.node.environment;
        let set = target.variables_of(table, &NodePlace::nowhere());
        let set = set.expect("filled");
        let names: Vec<&str> = set.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["B", "C"]);
        assert_eq!(set[0].1.reveal(), "<>");
        assert_eq!(set[1].1.reveal(), env!("CARGO_MANIFEST_DIR"));
        assert_eq!(set[1].1.to_string(), "{env.CARGO_MANIFEST_DIR}");
    }

    #[test]
    fn path_and_language_are_always_set() {
        let names: Vec<&str> = base().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["PATH", "LANG"]);
    }
}
