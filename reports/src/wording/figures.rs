//! Measured figures of a verdict with their limits, in their units.

use checkers::verdict::{Figure, Unit, Verdict};

use crate::definitions::FIGURES;
use crate::format::{group, length_ms, limit_ms, memory, untrusted};

/// A verdict's figures in one line: `longest gap 2.10 s, limit 3 s`.
pub(crate) fn figures(verdict: &Verdict) -> String {
    let figure = |f: &Figure| {
        let limit = f
            .limit
            .map(|l| format!(", limit {}", amount(l, f.unit, true)));
        let value = amount(f.value, f.unit, false);
        format!(
            "{} {value}{}",
            figure_name(&f.name),
            limit.unwrap_or_default()
        )
    };
    verdict
        .figures
        .iter()
        .map(figure)
        .collect::<Vec<_>>()
        .join("; ")
}

/// A figure's words, or its raw name without unit and underscores if this version knows it by name only.
pub(crate) fn figure_name(name: &str) -> String {
    if let Some((_, words, _)) = FIGURES.iter().find(|(raw, ..)| *raw == name) {
        return (*words).to_owned();
    }
    untrusted(
        &name
            .replace("_ms", "")
            .replace("_bytes", "")
            .replace('_', " "),
    )
}

/// A figure's value, or its limit, in its unit.
pub(crate) fn amount(value: u64, unit: Unit, is_limit: bool) -> String {
    match unit {
        Unit::Milliseconds if is_limit => limit_ms(value),
        Unit::Milliseconds => length_ms(value),
        Unit::Bytes => memory(value),
        Unit::Records | Unit::Terms | Unit::Elections | Unit::Times => group(value),
    }
}
