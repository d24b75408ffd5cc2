//! Targets by release: `apache-kafka-3.9.1` is Apache Kafka 3.9.1, from one recipe for all releases. It extends the
//! built-in target of its family, and is prepared in a directory of its own.

use std::fmt::Write;

/// The family that has releases.
const FAMILY: &str = "apache-kafka";

/// How a list shows all of them: name and description.
pub const LISTED: (&str, &str) = (
    "apache-kafka-VERSION",
    "Apache Kafka of this release, 3.3.0 to 4.4.x, otherwise as apache-kafka",
);

/// The first release whose KRaft mode is meant for production, and the last one that was tried. Major and minor number.
const FIRST: (u32, u32) = (3, 3);
const LAST: (u32, u32) = (4, 4);

/// The first release that logs through log4j 2, and whose command raises all features of a release at once.
const LOG4J_2: (u32, u32) = (4, 0);
/// The first release whose commands are in the jar of the tools.
const COMMAND_IN_TOOLS: (u32, u32) = (3, 6);

/// The level of metadata.version that each release's own number stands for, as its `kafka-storage version-mapping` lists it.
const METADATA_VERSIONS: [((u32, u32), i16); 12] = [
    ((3, 3), 7),
    ((3, 4), 8),
    ((3, 5), 11),
    ((3, 6), 14),
    ((3, 7), 19),
    ((3, 8), 20),
    ((3, 9), 21),
    ((4, 0), 25),
    ((4, 1), 27),
    ((4, 2), 29),
    ((4, 3), 30),
    ((4, 4), 33),
];

/// The family of a target's name: `apache-kafka` of `apache-kafka-3.9.1`. None for a name without a release.
pub(super) fn family(name: &str) -> Option<&'static str> {
    matches!(text(name), Ok(Some(_))).then_some(FAMILY)
}

/// The target file of a release. None if the word does not name one.
///
/// # Errors
/// If it names a release that is not known. The message says which ones are.
pub(super) fn text(word: &str) -> Result<Option<String>, String> {
    let Some(version) = word
        .strip_prefix(FAMILY)
        .and_then(|rest| rest.strip_prefix('-'))
        .filter(|version| version.starts_with(|first: char| first.is_ascii_digit()))
    else {
        return Ok(None);
    };
    let parts: Option<Vec<u32>> = version.split('.').map(number).collect();
    let Some([major, minor, _]) = parts.as_deref() else {
        return Err(format!(
            "{word}: name a release with three numbers, such as {FAMILY}-3.9.1"
        ));
    };
    let release = (*major, *minor);
    if !(FIRST..=LAST).contains(&release) {
        return Err(format!(
            "{word}: there are {FAMILY}-{}.{}.0 to {FAMILY}-{}.{}.x",
            FIRST.0, FIRST.1, LAST.0, LAST.1
        ));
    }
    let mut text = format!(
        "base = {FAMILY:?}\nname = {word:?}\n\
         description = \"Apache Kafka {version}, KRaft, three combined nodes, RF 3, min.insync.replicas 2, no fsync\"\n\
         [variables]\nversion = {version:?}\nrelease = \"{major}.{minor}\"\n"
    );
    let level = METADATA_VERSIONS.iter().find(|(of, _)| *of == release);
    if let Some((_, level)) = level {
        let _ = writeln!(text, "metadata_version = \"{level}\"");
    }
    if release < LOG4J_2 {
        text += "logging = \"log4j1\"\nfeature_option = \"--metadata\"\n";
    }
    if release < COMMAND_IN_TOOLS {
        text += "feature_command = \"kafka.admin.FeatureCommand\"\n";
    }
    // A section of its own makes the release's directory the place of its jars; an installed distribution has one release.
    let _ = writeln!(text, "[prepare]\nlooks_at = []");
    Ok(Some(text))
}

/// A number as a release writes it: without a sign and without leading zeros.
fn number(part: &str) -> Option<u32> {
    let plain = part.bytes().all(|byte| byte.is_ascii_digit());
    let leading = part.len() > 1 && part.starts_with('0');
    (plain && !leading).then(|| part.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::target::Target;

    #[test]
    fn every_release_is_prepared_in_its_own_directory() {
        let [old, new] = ["apache-kafka-3.9.1", "apache-kafka-4.0.0"].map(|name| {
            let target = Target::load(name).expect("a release");
            assert_eq!(target.name, name);
            assert!(target.home.ends_with(name), "{}", target.home.display());
            assert_eq!(target.companions.len(), 3);
            target
        });
        assert_eq!(old.variables["logging"], "log4j1");
        assert_eq!(new.variables["logging"], "log4j2");
        assert_eq!(old.variables["release"], "3.9");
        let latest = Target::load("apache-kafka").expect("built in");
        assert_eq!(old.limits, latest.limits);
        assert_eq!(old.node.command, latest.node.command);
        assert!(old.prepare.looks_at.is_empty() && !latest.prepare.looks_at.is_empty());
    }

    #[test]
    fn a_release_that_does_not_exist_is_told_with_those_that_do() {
        for wrong in [
            "apache-kafka-3.2.0",
            "apache-kafka-4.5.0",
            "apache-kafka-12.0.1",
        ] {
            let told = Target::load(wrong).expect_err(wrong).to_string();
            assert!(
                told.contains("apache-kafka-3.3.0 to apache-kafka-4.4.x"),
                "{told}"
            );
        }
        for wrong in [
            "apache-kafka-3.9",
            "apache-kafka-3.9.x",
            "apache-kafka-3.09.1",
        ] {
            let told = Target::load(wrong).expect_err(wrong).to_string();
            assert!(told.contains("apache-kafka-3.9.1"), "{told}");
        }
        assert_eq!(text("apache-kafka-fsync"), Ok(None));
    }

    #[test]
    fn a_file_may_extend_a_release() {
        let text = "base = \"apache-kafka-3.7.2\"\nname = \"mine\"\n";
        let target = Target::parse(text, "x.toml").expect("right");
        assert_eq!(target.variables["version"], "3.7.2");
        assert!(target.home.ends_with("apache-kafka-3.7.2"));
        let wrong = "base = \"apache-kafka-9.9.9\"\nname = \"mine\"\n";
        let told = Target::parse(wrong, "x.toml")
            .expect_err("no such release")
            .to_string();
        assert!(told.contains("line 1") && told.contains("4.4.x"), "{told}");
    }
}
