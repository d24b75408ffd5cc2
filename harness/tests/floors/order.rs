//! Floors: which top-level module may import from which other one.

use crate::imports::Import;

/// The imports that do not go down, each with the reason. `floors` are groups of top-level modules, from top to bottom.
/// `main` is the binary. The crate's root is above all of them.
pub(crate) fn upward(imports: &[Import], floors: &[&[&str]]) -> Vec<(Import, String)> {
    let wrong = |import: &Import| Some((import.clone(), reason(import, floors)?));
    imports.iter().filter_map(wrong).collect()
}

fn reason(import: &Import, floors: &[&[&str]]) -> Option<String> {
    let from = import.from.first()?;
    let Some(to) = import.to.first() else {
        return Some(format!(
            "`{from}` imports from the crate's root, which is above it"
        ));
    };
    if from == to {
        return None;
    }
    let floor_of = |module: &str| floors.iter().position(|floor| floor.contains(&module));
    match (floor_of(from), floor_of(to)) {
        (None, _) => Some(format!("`{from}` is on no floor")),
        (_, None) => Some(format!("`{to}` is on no floor")),
        (Some(one), Some(other)) if one < other => None,
        (Some(one), Some(other)) if one == other => {
            Some(format!("`{from}` and `{to}` are on the same floor"))
        }
        _ => Some(format!("`{to}` is above `{from}`")),
    }
}
