//! A sparkline: a few values in the order of time, without axes. The numbers are written beside it.

use maud::{Markup, html};

use super::at;

const STEP: f64 = 9.0;
const HEIGHT: f64 = 26.0;

/// The line; a run without a value breaks it.
pub(crate) fn spark(name: &str, values: &[Option<u64>]) -> Markup {
    let most = values.iter().flatten().copied().max().unwrap_or(0).max(1) as f64;
    let place = |(index, value): (usize, &Option<u64>)| {
        let y = |v: u64| HEIGHT - 3.0 - v as f64 / most * (HEIGHT - 6.0);
        value.map(|v| (index as f64 * STEP + 4.0, y(v)))
    };
    let points: Vec<Option<(f64, f64)>> = values.iter().enumerate().map(place).collect();
    let mut path = String::new();
    let mut drawing = false;
    for point in &points {
        if let Some((x, y)) = point {
            path += &format!("{}{} {}", if drawing { "L" } else { "M" }, at(*x), at(*y));
        }
        drawing = point.is_some();
    }
    let width = values.len() as f64 * STEP + 8.0;
    html! {
        svg class="spark" viewBox=(format!("0 0 {width} {HEIGHT}")) width=(width) height=(HEIGHT) role="img" aria-label=(format!("{name} over {} runs", values.len())) {
            path d=(path) {}
            @if let Some((x, y)) = points.iter().flatten().next_back() { circle cx=(at(*x)) cy=(at(*y)) r="2.6" {} }
        }
    }
}
