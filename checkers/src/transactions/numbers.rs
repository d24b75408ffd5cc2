//! Numbers of 32 bits for keys, versions, transactions and steps.

/// No version, or no transaction: beyond every number that is used.
pub(super) const NONE: u32 = u32::MAX;

/// A count as a number of 32 bits.
pub(super) fn number(count: usize) -> u32 {
    match u32::try_from(count) {
        Ok(number) if number != NONE => number,
        _ => panic!("more than four billion of something in one history"),
    }
}
