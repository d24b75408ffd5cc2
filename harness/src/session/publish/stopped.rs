//! What a report says of a run that was ended before its time: who ended it, how much was left, and what to do.

use checkers::history::Phase;
use reports::model::PhaseMark;

/// How long a scenario was under load, in ms; none if it did not come to that.
pub(super) fn under_load(phases: &[PhaseMark]) -> Option<u64> {
    let at = |phase| phases.iter().find(|mark| mark.phase == phase);
    let begin = at(Phase::Load)?;
    let end = at(Phase::Recovery).or(at(Phase::Done)).or(phases.last())?;
    Some(end.at_ns.saturating_sub(begin.at_ns) / 1_000_000)
}

/// The sentence, without its full stop. `planned` is the number of scenarios, 0 if the caller plans them itself;
/// `load_ms` is how long the last one was under load, and how long it should have been.
pub(super) fn sentence(
    cause: Option<&str>,
    (played, planned): (usize, usize),
    load_ms: Option<(u64, u64)>,
) -> String {
    let cause = cause.unwrap_or("the user");
    let seconds = |ms: u64| format!("{:.1} s", ms as f64 / 1e3);
    let when = match (planned, load_ms) {
        (0, _) => format!("after {played} scenarios"),
        (2.., _) => format!("in scenario {played} of {planned}"),
        (_, Some((done, all))) => format!("after {} of {} under load", seconds(done), seconds(all)),
        (_, None) => "before the load".to_owned(),
    };
    format!(
        "ended by {cause} {when}. What was recorded until then is judged; run it again for a verdict"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_the_cause_and_what_was_left() {
        let mark = |phase, at_ns| PhaseMark { phase, at_ns };
        let phases = [
            mark(Phase::Formation, 0),
            mark(Phase::Load, 2_000_000_000),
            mark(Phase::Recovery, 14_300_000_000),
        ];
        assert_eq!(under_load(&phases[..1]), None);
        let done = under_load(&phases).expect("it was under load");
        let said = sentence(Some("SIGTERM"), (1, 1), Some((done, 60_000)));
        assert!(
            said.starts_with("ended by SIGTERM after 12.3 s of 60.0 s under load."),
            "{said}"
        );
        assert!(sentence(None, (1, 1), None).starts_with("ended by the user before the load."));
        assert!(sentence(None, (2, 7), None).contains("in scenario 2 of 7"));
    }
}
