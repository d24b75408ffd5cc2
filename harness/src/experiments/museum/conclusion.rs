//! What follows from the runs of an exhibit. Pure.

use reports::model::{ExhibitRow, MuseumSide};

use crate::config::exhibit::Exhibit;

/// The row of an exhibit before its runs.
pub(super) fn listed(exhibit: &Exhibit) -> ExhibitRow {
    let side = |name: &String| MuseumSide {
        target: name.clone(),
        ..MuseumSide::default()
    };
    let expected = exhibit.expected.iter();
    ExhibitRow {
        name: exhibit.name.clone(),
        title: exhibit.title.clone(),
        about: exhibit.about.clone(),
        links: exhibit.links.clone(),
        expected: expected
            .map(|one| (one.by(), one.because.clone()))
            .collect(),
        of_five: exhibit.of_five,
        bad: side(&exhibit.bad.name),
        good: exhibit.good.as_ref().map(|good| side(&good.name)),
        ..ExhibitRow::default()
    }
}

/// Whether an exhibit is as expected: shown often enough with the bug, always clean without it, and nothing is missing.
pub(super) fn of(exhibit: &Exhibit, row: &ExhibitRow, seeds: usize) -> bool {
    let is_whole = |side: &MuseumSide| side.runs.len() == seeds;
    let is_clean = |side: &MuseumSide| is_whole(side) && side.clean() == side.runs.len();
    is_whole(&row.bad)
        && exhibit.is_shown(row.bad.shown(), row.bad.runs.len())
        && row.good.as_ref().is_none_or(is_clean)
}

/// Whether all exhibits that ran are as expected, and any did.
pub(super) fn as_expected(exhibits: &[ExhibitRow]) -> bool {
    let ran = || exhibits.iter().filter(|row| row.not_run_because.is_none());
    ran().count() > 0 && ran().all(|row| row.as_expected)
}

#[cfg(test)]
mod tests {
    use reports::model::MuseumRun;

    use super::*;
    use crate::config::exhibit;

    fn runs(shown: usize, other: usize) -> Vec<MuseumRun> {
        let one = |seen: Vec<String>| MuseumRun {
            seen,
            ..MuseumRun::default()
        };
        let shown = (0..shown).map(|_| one(vec!["lost-write".into()]));
        shown.chain((0..other).map(|_| one(Vec::new()))).collect()
    }

    #[test]
    fn an_exhibit_is_shown_on_the_one_and_clean_on_the_other() {
        let names = ["kip-966".to_owned()];
        let exhibit = exhibit::named(&names).expect("there")[0];
        assert_eq!(exhibit.of_five, 4);
        let verdict = |bad: Vec<MuseumRun>, good: Vec<MuseumRun>| {
            let mut row = listed(exhibit);
            row.bad.runs = bad;
            row.good.as_mut().expect("mended").runs = good;
            of(exhibit, &row, 5)
        };
        assert!(verdict(runs(4, 1), runs(0, 5)));
        assert!(!verdict(runs(3, 2), runs(0, 5)));
        assert!(!verdict(runs(5, 0), runs(1, 4)));
        assert!(!verdict(runs(4, 0), runs(0, 5)), "a run is missing");
        assert!(!verdict(runs(5, 0), runs(0, 4)), "a run is missing");
    }

    #[test]
    fn a_visit_without_any_run_shows_nothing() {
        let not_run = ExhibitRow {
            not_run_because: Some("no".into()),
            ..ExhibitRow::default()
        };
        let right = ExhibitRow {
            as_expected: true,
            ..ExhibitRow::default()
        };
        assert!(!as_expected(std::slice::from_ref(&not_run)));
        assert!(as_expected(&[not_run, right.clone()]));
        assert!(!as_expected(&[right, ExhibitRow::default()]));
    }
}
