//! The digest of a configuration: suites or targets of the same name and different content are not the same.

/// FNV-1a, 64 bits. That is enough to tell texts apart if nobody forges them on purpose.
pub(super) fn digest(text: &str) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
    format!("{:016x}", text.bytes().fold(OFFSET, step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_text_has_another_digest() {
        assert_ne!(digest("a"), digest("b"));
        assert_eq!(digest("a"), "af63dc4c8601ec8c");
    }
}
