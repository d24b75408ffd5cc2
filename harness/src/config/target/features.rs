//! What a target states of the features of a cluster that was upgraded to it.

use std::collections::BTreeMap;

use anyhow::Result;
use checkers::history::StatedLevel;

use super::layers::Layers;
use super::{NodePlace, Target};

impl Target {
    /// What its features must be after the upgrade that this run contains was made final; empty without an upgrade.
    pub fn stated_features(&self) -> BTreeMap<String, StatedLevel> {
        let next = self.next.as_deref();
        let levels = next.into_iter().flat_map(|next| {
            let stated = next.upgrade.features.iter();
            stated.map(|(name, word)| (name.clone(), next.level(word)))
        });
        // A level that cannot be read is refused when the file is read.
        levels
            .filter_map(|(name, level)| Some((name, level.ok()?)))
            .collect()
    }

    fn level(&self, word: &str) -> Result<StatedLevel, String> {
        let filled = self.fill(word, &NodePlace::nowhere());
        filled
            .map_err(|error| error.to_string())?
            .reveal()
            .parse::<StatedLevel>()
    }
}

/// Whether every level can be read.
///
/// # Errors
/// With the place of the first one that cannot.
pub(super) fn check(target: &Target, layers: &Layers) -> Result<()> {
    for (name, word) in &target.upgrade.features {
        if let Err(what) = target.level(word) {
            return Err(layers.mistake(&["upgrade", "features", name], what));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn each_release_states_its_own_level() {
        let mut old = Target::load("apache-kafka-3.9.1").expect("a release");
        assert!(old.stated_features().is_empty(), "there is no upgrade");
        for (name, level) in [("apache-kafka-4.3.1", 30), ("apache-kafka", 33)] {
            old.next = Some(Arc::new(Target::load(name).expect("a release")));
            let stated = old.stated_features();
            assert_eq!(stated["metadata.version"], StatedLevel::Level(level));
            assert_eq!(stated["kraft.version"], StatedLevel::Kept);
        }
    }

    #[test]
    fn what_is_no_level_is_refused_with_its_place() {
        let text = "base = \"reference\"\nname = \"x\"\n[upgrade.features]\n\"metadata.version\" = \"4.4\"\n";
        let told = Target::parse(text, "x.toml")
            .expect_err("no level")
            .to_string();
        assert!(told.contains("line 4") && told.contains("kept"), "{told}");
    }
}
