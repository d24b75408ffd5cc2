//! Times of members, as the core counts them.

use std::time::Duration;

use crate::request::Time;

pub(super) fn milliseconds(time: u32) -> Time {
    Duration::from_millis(time.into())
}
