//! Which topic names are legal: as Kafka has it, because other tools build file names and metrics
//! from them.

/// Longest legal name, in bytes.
const NAME_BYTES_MAX: usize = 249;

/// Why `name` cannot be a topic, or nothing.
pub(crate) fn problem(name: &str) -> Option<&'static str> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return Some("a topic name has 1 to 249 characters");
    }
    if name == "." || name == ".." {
        return Some("a topic cannot be named \".\" or \"..\"");
    }
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if !name.bytes().all(legal) {
        return Some("a topic name consists of ASCII letters, digits, '.', '_' and '-'");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn names_are_checked_as_kafka_does() {
        for legal in ["a", "orders.v1_x-2", &"x".repeat(249)] {
            assert_eq!(problem(legal), None, "{legal}");
        }
        for illegal in ["", ".", "..", "a b", "a/b", "grün", "a\0", &"x".repeat(250)] {
            assert!(problem(illegal).is_some(), "{illegal}");
        }
    }
}
