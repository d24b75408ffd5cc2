//! How much is drawn, so that the page of a large run stays small. Every omission is a warning at the top of the page.
//!
//! A page that exceeds the soft limit is written again without its latency density, then without charts of valid
//! scenarios, then without logs. If it still exceeds the hard limit, it loses more parts, down to an outline whose size
//! does not depend on the run.

use maud::Markup;

use super::Rendered;
use crate::limits::{PAGE_BYTES_HARD, PAGE_BYTES_SOFT};

/// How much is drawn; each has less than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Detail {
    /// Everything.
    Full,
    /// Without the latency density.
    NoDensity,
    /// Without charts of valid scenarios.
    FailingCharts,
    /// Without logs.
    NoLogs,
    /// Without timelines.
    NoTimelines,
    /// Without any chart.
    NoCharts,
    /// Verdict, reasons and a list of scenarios.
    Outline,
}

const LEVELS: [Detail; 7] = [
    Detail::Full,
    Detail::NoDensity,
    Detail::FailingCharts,
    Detail::NoLogs,
    Detail::NoTimelines,
    Detail::NoCharts,
    Detail::Outline,
];

/// The first page that fits.
pub(super) fn fit(page: impl Fn(Detail, &mut Vec<String>) -> Markup) -> Rendered {
    let mut last = Rendered::default();
    for detail in LEVELS {
        let dropped = LEVELS.iter().filter(|level| **level <= detail);
        let mut warnings: Vec<String> = dropped
            .filter_map(|level| warning(*level))
            .map(str::to_string)
            .collect();
        let text = page(detail, &mut warnings).into_string();
        let limit = if detail < Detail::NoLogs {
            PAGE_BYTES_SOFT
        } else {
            PAGE_BYTES_HARD
        };
        let fits = text.len() <= limit;
        last = Rendered { text, warnings };
        if fits {
            break;
        }
    }
    last
}

/// What this level leaves out compared with the one before.
fn warning(detail: Detail) -> Option<&'static str> {
    Some(match detail {
        Detail::Full => return None,
        Detail::NoDensity => "The latency density was left out to keep the page small.",
        Detail::FailingCharts => "Charts of valid scenarios were left out to keep the page small.",
        Detail::NoLogs => "The nodes' logs were left out to keep the page small.",
        Detail::NoTimelines => "The timelines were left out to keep the page small.",
        Detail::NoCharts => "All charts were left out to keep the page small.",
        Detail::Outline => {
            "Only an outline is shown because the whole page would exceed its size limit. All details are in results.json."
        }
    })
}
