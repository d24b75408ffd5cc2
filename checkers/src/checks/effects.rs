//! What each fault window did, whether or not a check minds: the longest stretch without an acknowledgement, changes of
//! leader, epochs used. Figures for a reader who compares faults; nothing here is a verdict.

use super::claims::{MS, margin};
use super::prepared::Prepared;
use super::probe::{Acknowledged, Probe};
use crate::history::{Moment, Phase, Window};
use crate::judgement::{Effect, Election};

/// The effect of every window, in their order; none where the window never took effect or the produce probe did not
/// run.
pub(super) fn of(check: &Prepared<'_>, elections: &[Election]) -> Vec<Option<Effect>> {
    check
        .windows()
        .iter()
        .map(|window| effect(check, window, check.probe(), elections))
        .collect()
}

fn effect(
    check: &Prepared<'_>,
    window: &Window,
    probe: &Probe,
    elections: &[Election],
) -> Option<Effect> {
    if !window.took_effect() || probe.acknowledged.is_empty() {
        return None;
    }
    let from = window.called;
    let load_end = check.history().phase(Phase::Recovery);
    let to = window
        .end(margin(check.history()))
        .min(load_end.unwrap_or(Moment::MAX))
        // A run that was cut short may not have come to the heal.
        .min(check.history().end())
        .max(from);
    // The old leader's last acknowledgements may still arrive: what counts is a record sent under the fault.
    let fail_over = probe
        .first_after(from)
        .map_or(to, |at| at.min(to))
        .saturating_sub(from);
    let longest = neighbours(&probe.acknowledged, from, to);
    let within = |election: &&Election| from <= election.at && election.at <= to;
    let leader_changes = elections
        .iter()
        .filter(within)
        .filter(|election| election.old_leader != election.new_leader)
        .count();
    let highest = |until: Moment| {
        let epochs = elections.iter().filter(|election| election.at <= until);
        epochs.filter_map(|election| election.new_epoch).max()
    };
    let epochs = highest(to)
        .zip(highest(from))
        .map_or(0, |(after, before)| after.saturating_sub(before));
    Some(Effect {
        longest_gap_ms: longest.max(fail_over) / MS,
        leader_changes: leader_changes as u64,
        epochs: u64::try_from(epochs).unwrap_or(0),
    })
}

/// The longest stretch between neighbouring acknowledgements that lies within the two times.
fn neighbours(probe: &[Acknowledged], from: Moment, to: Moment) -> Moment {
    let mut before = from;
    let mut longest = 0;
    let within = probe.iter().map(|acknowledged| acknowledged.at);
    for at in within.filter(|at| from < *at && *at <= to).chain([to]) {
        longest = longest.max(at.saturating_sub(before));
        before = at;
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_stretch_is_between_neighbours_and_the_ends() {
        let probe: Vec<Acknowledged> = [5, 20, 30, 70]
            .into_iter()
            .map(|at| Acknowledged { sent: at - 1, at })
            .collect();
        assert_eq!(neighbours(&probe, 10, 32), 10);
        assert_eq!(neighbours(&probe, 10, 60), 30, "to the end of the window");
        assert_eq!(neighbours(&probe, 71, 75), 4, "nothing came at all");
    }
}
