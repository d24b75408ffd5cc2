//! The targets that come with the program, and the further files that they need.

/// Target files, by name.
pub(super) const TARGETS: [(&str, &str); 5] = [
    ("reference", include_str!("../../../targets/reference.toml")),
    (
        "reference-small-log",
        include_str!("../../../targets/reference-small-log.toml"),
    ),
    (
        "apache-kafka",
        include_str!("../../../targets/apache-kafka.toml"),
    ),
    (
        "apache-kafka-fsync",
        include_str!("../../../targets/apache-kafka-fsync.toml"),
    ),
    (
        "apache-kafka-unsafe",
        include_str!("../../../targets/apache-kafka-unsafe.toml"),
    ),
];

/// Further files: the target that they belong to, name, text.
const COMPANIONS: [(&str, &str, &str); 3] = [
    (
        "apache-kafka",
        "pom.xml",
        include_str!("../../../targets/apache-kafka/pom.xml"),
    ),
    (
        "apache-kafka",
        "log4j2.properties",
        include_str!("../../../targets/apache-kafka/log4j2.properties"),
    ),
    (
        "apache-kafka",
        "log4j.properties",
        include_str!("../../../targets/apache-kafka/log4j.properties"),
    ),
];

/// The text of a built-in target file.
pub(super) fn text(name: &str) -> Option<&'static str> {
    let found = TARGETS.iter().find(|(known, _)| *known == name);
    found.map(|(_, text)| *text)
}

/// The further files of a built-in target.
pub(super) fn companions(name: &str) -> Vec<(&'static str, &'static str)> {
    let of = COMPANIONS.iter().filter(|(target, ..)| *target == name);
    of.map(|(_, file, text)| (*file, *text)).collect()
}
