//! Seeds: how they are read, and how random values are derived from them. Each part of a run draws from its own stream,
//! so the number of draws in one part never changes the draws of another part.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Reads a seed, decimal or 0x hexadecimal.
///
/// # Errors
/// If it is not a number.
pub fn parse(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("`{text}` is not a seed: give a number, decimal or 0x hexadecimal"))
}

/// A random generator for one part of a run. It is independent of the number of draws in other parts.
pub fn random(seed: u64, part: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(part);
    generator
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_read_as_people_write_them() {
        assert_eq!(parse("0x5EED"), Ok(0x5EED));
        assert_eq!(parse("7"), Ok(7));
        assert!(parse("seven").is_err());
    }
}
