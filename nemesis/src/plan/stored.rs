//! A plan as it is stored: kinds are names there, and a catalogue says which kinds they are.

use serde::Deserialize;

use super::{Plan, PlanError, Window};
use crate::catalogue::Catalogue;
use crate::target::Role;

#[derive(Deserialize)]
struct StoredPlan {
    version: u32,
    seed: u64,
    time_limit_ms: u64,
    windows: Vec<StoredWindow>,
}

#[derive(Deserialize)]
struct StoredWindow {
    id: String,
    at_ms: u64,
    kind: String,
    role: Role,
    draw: u8,
    duration_ms: u64,
}

/// Reads a plan. Whether it can be executed is not checked here.
pub(super) fn read(text: &str, catalogue: &Catalogue) -> Result<Plan, PlanError> {
    let stored: StoredPlan = serde_json::from_str(text)?;
    let window = |window: StoredWindow| {
        let StoredWindow { id, kind, .. } = window;
        let kind = match catalogue.read(&kind) {
            Ok(kind) => kind,
            Err(unknown) => return Err(PlanError::Kind { id, unknown }),
        };
        Ok(Window {
            id,
            at_ms: window.at_ms,
            kind,
            role: window.role,
            draw: window.draw,
            duration_ms: window.duration_ms,
        })
    };
    Ok(Plan {
        version: stored.version,
        seed: stored.seed,
        time_limit_ms: stored.time_limit_ms,
        windows: stored
            .windows
            .into_iter()
            .map(window)
            .collect::<Result<_, _>>()?,
    })
}
