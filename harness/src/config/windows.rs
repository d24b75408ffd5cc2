//! Fault windows that a scenario lists one by one, in order, instead of drawing them by a seed. A named scenario (`cut
//! off the leader four times`) consists of them.

use std::time::Duration;

use anyhow::Result;
use nemesis::catalogue::{Kind, UnknownWord};
use nemesis::plan::{PLAN_VERSION, Plan, Timing, Window};
use nemesis::target::Role;
use rand::Rng;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use toml::Spanned;

use super::near;
use super::schema;
use super::source::Source;
use super::time;
use crate::config::seed::random;

/// One window, or several repetitions of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowSpec {
    /// The kind of fault.
    pub kind: Kind,
    /// The role of its target node.
    pub role: Role,
    /// The quiet before it.
    pub after: Duration,
    /// How long it lasts.
    pub lasts: Duration,
    /// How often.
    pub times: u32,
    /// The length is used as given. Otherwise it is extended for a target that needs longer to detect a failure: a
    /// pause of five seconds does not test the election of a cluster that waits for nine.
    pub exact: bool,
    /// What makes the choices that the role leaves: of three nodes at `any`, 0 is n1. Drawn by the seed if absent.
    pub draw: Option<u8>,
}

/// A window in the format of its file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WindowFile {
    /// The fault and the role of its target, see `jepsen list faults`.
    #[schemars(schema_with = "faults")]
    fault: Spanned<String>,
    /// The quiet time before it; 4 s by default.
    #[schemars(with = "Option<String>", pattern(schema::TIME))]
    after: Option<Spanned<String>>,
    /// How long it lasts, such as `8s`; longer for a target that needs more time to detect a failure.
    #[schemars(with = "String", pattern(schema::TIME))]
    lasts: Spanned<String>,
    /// How often; once by default.
    #[schemars(with = "Option<u32>", range(min = 1, max = TIMES_MAX))]
    times: Option<Spanned<u32>>,
    /// Keeps the stated length, also for a target that needs more time to detect a failure.
    #[serde(default)]
    exact: bool,
    /// Fixes what the role leaves open: of three nodes at `any`, 0 is n1. Drawn by the seed by default.
    #[schemars(with = "Option<u8>", range(max = DRAW_END - 1))]
    draw: Option<Spanned<u8>>,
}

/// Every fault with every role of it; one with a setting is any text with `=`.
fn faults(_: &mut SchemaGenerator) -> Schema {
    let mut words = Vec::new();
    for kind in Kind::ALL {
        if let [_] = kind.roles() {
            words.push(kind.to_string());
        }
        words.extend(kind.roles().iter().map(|role| format!("{kind}:{role}")));
    }
    let built_in = schema::one_of(words.iter().map(String::as_str));
    json_schema!({ "type": "string", "anyOf": [built_in, { "pattern": "=" }] })
}

/// The quiet time before a window, if none is given.
const AFTER: Duration = Duration::from_secs(4);
/// The quiet time after the last window, if none is given. The heal must happen under load.
pub(super) const QUIET_END: Duration = Duration::from_secs(3);
/// The maximum number of repetitions of a window.
const TIMES_MAX: u32 = 1_000;
/// Above the highest draw that a plan stores.
const DRAW_END: u8 = 6;
/// The stream of a seed's draws that chooses among followers.
const DRAWS: u64 = 77;

impl WindowFile {
    /// Validates the values.
    ///
    /// # Errors
    /// If a word is not a fault, role or time. The message has file, line and what is allowed.
    pub(super) fn read(&self, source: &Source<'_>) -> Result<WindowSpec> {
        let (kind, role) = source.read(&self.fault, aimed)?;
        let after = self.after.as_ref();
        let times = self.times.as_ref().map_or(1, |times| *times.get_ref());
        if let Some(written) = self
            .times
            .as_ref()
            .filter(|_| !(1..=TIMES_MAX).contains(&times))
        {
            let what = format!("`times` is from 1 to {TIMES_MAX}");
            return Err(source.mistake(&written.span(), what));
        }
        Ok(WindowSpec {
            kind,
            role,
            after: after.map_or(Ok(AFTER), |after| source.read(after, time::parse))?,
            lasts: source.read(&self.lasts, time::parse)?,
            times,
            exact: self.exact,
            draw: match &self.draw {
                Some(written) if *written.get_ref() >= DRAW_END => {
                    let what = format!("`draw` is from 0 to {}", DRAW_END - 1);
                    return Err(source.mistake(&written.span(), what));
                }
                written => written.as_ref().map(|draw| *draw.get_ref()),
            },
        })
    }
}

/// Parses `deaf:leader`. A kind with only one role does not need to name it.
fn aimed(text: &str) -> Result<(Kind, Role), String> {
    let (word, at) = match text.split_once(':') {
        Some((kind, role)) => (kind, Some(role)),
        None => (text, None),
    };
    let kind: Kind = word.parse().map_err(|unknown: UnknownWord| {
        let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        match unknown.why.is_empty() {
            true => near::unknown("fault", word, &known),
            false => format!("`{word}`: {}", unknown.why),
        }
    })?;
    let role = match (at, kind.roles()) {
        (None, [only]) => Some(*only),
        (Some(at), roles) => roles.iter().copied().find(|role| role.name() == at),
        (None, _) => None,
    };
    let role = role.ok_or_else(|| {
        let roles = kind.roles().iter();
        let known: Vec<String> = roles.map(|role| format!("{kind}:{role}")).collect();
        format!(
            "`{text}` is not a role of {kind}; use one of: {}",
            known.join(", ")
        )
    })?;
    Ok((kind, role))
}

/// The plan of these windows, for a load phase of at least `time_limit` that lasts until `quiet_end` after the last
/// window. The seed draws only what a role leaves open.
pub(super) fn plan(
    specs: &[WindowSpec],
    time_limit: Option<Duration>,
    quiet_end: Duration,
    seed: u64,
    timing: &Timing,
) -> Plan {
    let mut random = random(seed, DRAWS);
    let mut windows: Vec<Window> = Vec::new();
    let mut at = Duration::ZERO;
    for spec in specs {
        for _ in 0..spec.times {
            let (after, lasts) = if spec.exact {
                (spec.after, spec.lasts)
            } else {
                (
                    spec.after.max(timing.gap_min),
                    spec.lasts.max(timing.noticed_min),
                )
            };
            at += after;
            let drawn = random.random_range(0..DRAW_END);
            windows.push(Window {
                id: format!("k{}", windows.len() + 1),
                at_ms: millis(at),
                kind: spec.kind,
                role: spec.role,
                draw: spec.draw.unwrap_or(drawn),
                duration_ms: millis(lasts),
            });
            at += lasts;
        }
    }
    let ends = at
        + if specs.is_empty() {
            Duration::ZERO
        } else {
            quiet_end
        };
    Plan {
        version: PLAN_VERSION,
        seed,
        time_limit_ms: millis(time_limit.unwrap_or(ends).max(ends)),
        windows,
    }
}

fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(lasts_s: u64, exact: bool) -> WindowSpec {
        WindowSpec {
            kind: Kind::DEAF,
            role: Role::Leader,
            after: Duration::from_secs(4),
            lasts: Duration::from_secs(lasts_s),
            times: 2,
            exact,
            draw: None,
        }
    }

    #[test]
    fn windows_follow_each_other_and_a_stored_plan_reads_back() {
        let plan = plan(&[spec(5, false)], None, QUIET_END, 7, &Timing::default());
        let times: Vec<_> = plan
            .windows
            .iter()
            .map(|w| (w.at_ms, w.duration_ms))
            .collect();
        assert_eq!(times, [(4_000, 5_000), (13_000, 5_000)]);
        assert_eq!(plan.time_limit_ms, 21_000);
        assert_eq!(Plan::from_json(&plan.to_json()).expect("a plan"), plan);
    }

    #[test]
    fn the_load_after_the_last_window_is_as_long_as_stated() {
        let end = Duration::from_millis(500);
        let plan = plan(&[spec(5, false)], None, end, 7, &Timing::default());
        assert_eq!(plan.time_limit_ms, 18_500);
    }

    #[test]
    fn a_slow_target_stretches_what_is_not_exact() {
        let slow = Timing::for_target(Duration::from_secs(9), Duration::from_secs(10));
        let stretched = plan(&[spec(5, false)], None, QUIET_END, 7, &slow);
        assert_eq!(stretched.windows[0].duration_ms, 13_500);
        assert_eq!(
            plan(&[spec(5, true)], None, QUIET_END, 7, &slow).windows[0].duration_ms,
            5_000
        );
    }

    #[test]
    fn a_fault_is_named_with_its_role() {
        assert_eq!(
            aimed("rolling-restart"),
            Ok((Kind::ROLLING_RESTART, Role::All))
        );
        assert_eq!(aimed("deaf:leader"), Ok((Kind::DEAF, Role::Leader)));
        let (lossy, role) = aimed("lossy-link=20%:follower").expect("a fault");
        assert_eq!((lossy.name(), role), ("lossy-link=20%", Role::Follower));
        assert!(
            aimed("lossy-link=lots:follower")
                .expect_err("no share")
                .contains("such as `5%`")
        );
        assert!(
            aimed("deaf")
                .expect_err("no role")
                .contains("deaf:follower")
        );
        assert!(
            aimed("isolated:leader")
                .expect_err("no fault")
                .contains("`isolate`")
        );
        assert!(
            aimed("cut-link:all")
                .expect_err("no such role")
                .contains("cut-link:")
        );
    }
}
