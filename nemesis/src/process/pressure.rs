//! The kernel's pressure figures: for how long something on this machine waited for a processor or
//! a disk. Not every kernel has them.

use std::fs;

/// What is short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Resource {
    /// Processors.
    Cpu,
    /// Disks.
    Io,
}

/// For how many microseconds since boot at least one task waited for the resource; nothing where
/// the kernel does not say. The share of a stretch of time is the difference of two readings over
/// its length.
pub fn waited_us(resource: Resource) -> Option<u64> {
    parse_total(&fs::read_to_string(format!("/proc/pressure/{resource}")).ok()?)
}

fn parse_total(text: &str) -> Option<u64> {
    let some = text.lines().find(|line| line.starts_with("some "))?;
    some.split_whitespace()
        .find_map(|field| field.strip_prefix("total="))?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_total_is_read() {
        let text = "some avg10=0.12 avg60=0.05 avg300=0.01 total=123456\nfull avg10=0.00 total=7\n";
        assert_eq!(super::parse_total(text), Some(123_456));
        assert_eq!(super::parse_total("nonsense"), None);
    }
}
