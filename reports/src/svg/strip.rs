//! A strip of dots on one scale: a distribution of few values, each of them to be seen.

use maud::{Markup, html};

use super::at;
use crate::format::{limit_ms, untrusted};

const WIDTH: f64 = 900.0;
const MARGIN: f64 = 14.0;
/// More dots than this are drawn as a sample: the extremes, and every n-th dot between them.
const DOTS_MAX: usize = 200;

/// One value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dot {
    /// The value.
    pub(crate) ms: u64,
    /// Whether it is over its limit.
    pub(crate) over: bool,
    /// What it measures.
    pub(crate) title: String,
}

/// The strip; `most` is the end of the scale.
pub(crate) fn strip(name: &str, dots: &[Dot], limit: Option<u64>, most: u64) -> Markup {
    let x = |ms: u64| MARGIN + ms as f64 / most.max(1) as f64 * (WIDTH - 2.0 * MARGIN);
    let mut sorted: Vec<&Dot> = dots.iter().collect();
    sorted.sort_by_key(|d| d.ms);
    let step = sorted.len().div_ceil(DOTS_MAX).max(1);
    let last = sorted.len().saturating_sub(1);
    let shown = sorted
        .iter()
        .enumerate()
        .filter(|(i, _)| i % step == 0 || *i == last);
    html! {
        svg class="strip" viewBox=(format!("0 0 {WIDTH} 44")) role="img" aria-label=(format!("{name}: {} values", dots.len())) {
            line class="axis" x1=(at(x(0))) x2=(at(x(most))) y1="22" y2="22" {}
            @if let Some(limit) = limit {
                line class="limit" x1=(at(x(limit))) x2=(at(x(limit))) y1="2" y2="42" {
                    title { "limit " (limit_ms(limit)) }
                }
            }
            @for (_, dot) in shown {
                @if dot.over {
                    path class="over" d=(format!("M{0} 14l16 16m0 -16l-16 16", at(x(dot.ms) - 8.0))) { title { (untrusted(&dot.title)) } }
                } @else {
                    circle cx=(at(x(dot.ms))) cy="22" r="8" { title { (untrusted(&dot.title)) } }
                }
            }
        }
    }
}
