//! The kinds that move wall clocks: a jump, a drift, a strobe. A row for each; the setting behind a name says how far.
//!
//! A program that does not read its wall clock meanwhile has not been touched, and the window is one without effect.

use std::time::Duration;

use crate::catalogue::ClockFault;
use crate::fault::{Cause, Fault, FaultError};
use crate::kind::{Class, FaultKind, Kind};
use crate::node::Node;
use crate::site::Site;
use crate::target::Role;

use super::motion::Motion;
use super::roles::WHOLE_NODES;
use super::setting::{drift, duration, signed_duration, with_setting};

/// The largest jump that may be slewed back: that takes ten seconds.
const SLEWED_MS_MAX: i64 = 1_000;

/// A kind that moves clocks.
#[derive(Clone, Copy)]
pub(super) struct ClockKind {
    name: &'static str,
    description: &'static str,
    setting: &'static str,
    motion: Motion,
    read: fn(&str) -> Result<Motion, String>,
}

pub(super) static JUMP: ClockKind = ClockKind {
    name: "clock-jump",
    description: "a node's wall clock jumps, and jumps back at the end",
    setting: "how far, such as +5s or -200ms, and /slew if it is slewed back (up to 1s, 10 % of the time); \
              drawn from 4 ms to 262 s if absent",
    motion: Motion::Jump {
        by_ms: None,
        slewed: false,
    },
    read: |text| {
        let (by, slewed) = match text.strip_suffix("/slew") {
            Some(by) => (by, true),
            None => (text, false),
        };
        let by_ms = signed_duration(by)?;
        if slewed && by_ms.abs() > SLEWED_MS_MAX {
            return Err(format!(
                "a clock is slewed back by at most 1s, not by `{by}`"
            ));
        }
        Ok(Motion::Jump {
            by_ms: Some(by_ms),
            slewed,
        })
    },
};

pub(super) static DRIFT: ClockKind = ClockKind {
    name: "clock-drift",
    description: "a node's wall clock gains or loses time, and jumps back at the end",
    setting: "how much of the time it gains (+) or loses (-); +5% if absent",
    motion: Motion::Drift { ppm: 50_000 },
    read: |text| Ok(Motion::Drift { ppm: drift(text)? }),
};

pub(super) static STROBE: ClockKind = ClockKind {
    name: "clock-strobe",
    description: "a node's wall clock jumps and jumps back, again and again",
    setting: "how far, and how long between two jumps; +5s/100ms if absent",
    motion: Motion::Strobe {
        by_ms: 5_000,
        period: Duration::from_millis(100),
    },
    read: |text| {
        let both = text.split_once('/');
        let (by, period) = both.ok_or_else(|| format!("`{text}` is not like `+5s/100ms`"))?;
        let (by_ms, period) = (signed_duration(by)?, duration(period)?);
        Ok(Motion::Strobe { by_ms, period })
    },
};

impl FaultKind for ClockKind {
    fn name(&self) -> &'static str {
        self.name
    }

    fn description(&self) -> &'static str {
        self.description
    }

    fn class(&self) -> Class {
        Class::Clock
    }

    fn roles(&self) -> &'static [Role] {
        WHOLE_NODES
    }

    fn setting(&self) -> Option<&'static str> {
        Some(self.setting)
    }

    fn set(&self, setting: &str) -> Result<Kind, String> {
        let motion = (self.read)(setting)?;
        Ok(with_setting(self.name, setting, |name| ClockKind {
            name,
            motion,
            ..*self
        }))
    }

    fn make(&self, site: &Site, aimed: &[Node]) -> Result<Box<dyn Fault>, FaultError> {
        let mut clocks = Vec::new();
        for node in aimed {
            let clock = site.environment.clocks().of(*node);
            let clock = clock.map_err(Cause::from)?.ok_or_else(|| {
                Cause::from(format!(
                    "{node} was not started with a clock that can be moved"
                ))
            })?;
            clocks.push((*node, clock));
        }
        Ok(Box::new(ClockFault::new(clocks, self.motion, site.seed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &ClockKind, text: &str) -> Result<Motion, String> {
        (kind.read)(text)
    }

    #[test]
    fn a_setting_says_how_far() {
        let jump = |by_ms, slewed| {
            Ok(Motion::Jump {
                by_ms: Some(by_ms),
                slewed,
            })
        };
        assert_eq!(read(&JUMP, "+5s"), jump(5_000, false));
        assert_eq!(read(&JUMP, "-500ms/slew"), jump(-500, true));
        assert_eq!(read(&DRIFT, "-1%"), Ok(Motion::Drift { ppm: -10_000 }));
        let period = Duration::from_millis(10);
        assert_eq!(
            read(&STROBE, "-200ms/10ms"),
            Ok(Motion::Strobe {
                by_ms: -200,
                period
            })
        );
        for (kind, wrong) in [
            (&JUMP, "5s"),
            (&JUMP, "+5s/slew"),
            (&JUMP, "+2h"),
            (&DRIFT, "5%"),
            (&DRIFT, "+60%"),
            (&STROBE, "+5s"),
            (&STROBE, "+5s/0ms"),
        ] {
            let why = read(kind, wrong).expect_err(wrong);
            assert!(wrong.split('/').any(|part| why.contains(part)), "{why}");
        }
    }
}
