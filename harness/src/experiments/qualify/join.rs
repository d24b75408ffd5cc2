//! Joins the shards of one suite's run into one report. Parts that do not belong together are rejected.
//! [`completeness`](super::completeness) reports what is missing and makes the whole undecided.

use std::collections::{BTreeMap, BTreeSet};

use reports::RunReport;

use super::manifest::Manifest;
use super::matrix::{SHARDS_MAX, Shard};

/// One shard's part.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its name in error messages.
    pub name: String,
    /// The part of the suite's run that it is.
    pub manifest: Manifest,
    /// Its report.
    pub report: RunReport,
}

/// One report of all parts, scenarios in the suite's order. Run id, directory and commands are those of the first part.
/// The caller sets its own.
///
/// # Errors
/// If the parts are not of one suite, target, matrix, seed and program, or one shard or one cell occurs twice.
pub fn join(parts: &[Part]) -> Result<(Manifest, RunReport), String> {
    let first = parts.first().ok_or("no run was named")?;
    let mut seen: BTreeMap<u32, &str> = BTreeMap::new();
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for part in parts {
        is_a_part(part)?;
        if let Some(what) = mismatch(first, part) {
            return Err(format!(
                "{} and {} do not belong together: {what}",
                first.name, part.name
            ));
        }
        if let Some(other) = seen.insert(part.manifest.shard, &part.name) {
            let number = part.manifest.shard;
            return Err(format!("{other} and {} are both shard {number}", part.name));
        }
        let ran = part.report.scenarios.iter().map(|one| one.name.as_str());
        let assigned = part.manifest.mine.iter().map(String::as_str);
        for cell in assigned.chain(ran) {
            match owners.insert(cell, &part.name) {
                Some(other) if other != part.name => {
                    return Err(format!("{other} and {} both have {cell}", part.name));
                }
                _ => {}
            }
        }
    }
    let mut manifest = first.manifest.clone();
    manifest.shard = 0;
    manifest.mine = parts
        .iter()
        .flat_map(|part| part.manifest.mine.clone())
        .collect();
    manifest.figures = parts.iter().any(|part| part.manifest.figures);
    let mut report = first.report.clone();
    report.comparison = None;
    report.run.incomplete.clear();
    for part in &parts[1..] {
        add(&mut report, &part.report);
    }
    let place = |name: &str| {
        let known = manifest.cells.iter().position(|cell| cell == name);
        known.unwrap_or(manifest.cells.len())
    };
    report.scenarios.sort_by_key(|one| place(&one.name));
    let started = parts.iter().map(|part| &part.report.run.started).min();
    report.run.started = started.cloned().unwrap_or_default();
    Ok((manifest, report))
}

/// Whether the run of the other build ran beside this part: the same cells with the same seed.
///
/// # Errors
/// What differs.
pub fn belong_beside(own: &Part, other: &Part) -> Result<(), String> {
    let (one, two) = (&own.manifest, &other.manifest);
    let same = (&one.suite, &one.digest, &one.seed, one.repeat, one.part())
        == (&two.suite, &two.digest, &two.seed, two.repeat, two.part());
    match same && one.mine == two.mine {
        true => Ok(()),
        false => Err(format!(
            "{} is not the other build's run of {}: suite, seed or shard differ",
            other.name, own.name
        )),
    }
}

/// Whether a part is one shard of a suite's run that contains what its manifest says, each cell once.
fn is_a_part(part: &Part) -> Result<(), String> {
    let (name, manifest) = (&part.name, &part.manifest);
    let Shard { number, of } = manifest.part();
    if number == 0 && of > 0 {
        return Err(format!("{name}: a joined run, not a shard"));
    }
    if !manifest.part().exists() {
        return Err(format!(
            "{name}: shard {number} of {of}: shards are numbered from 1 to their number, which is at most {SHARDS_MAX}"
        ));
    }
    if let Some(twice) = twice(manifest.cells.iter()) {
        return Err(format!("{name}: its matrix has {twice} twice"));
    }
    if let Some(twice) = twice(manifest.mine.iter()) {
        return Err(format!("{name}: {twice} is assigned twice"));
    }
    if let Some(twice) = twice(part.report.scenarios.iter().map(|one| &one.name)) {
        return Err(format!("{name}: {twice} occurs twice"));
    }
    let cells: BTreeSet<&str> = manifest.cells.iter().map(String::as_str).collect();
    let mine: BTreeSet<&str> = manifest.mine.iter().map(String::as_str).collect();
    if let Some(strange) = mine.difference(&cells).next() {
        return Err(format!("{name}: {strange} is not in the suite's matrix"));
    }
    // Blocks for figures are no cells. They are in the report if they were invalid.
    let strange = part.report.scenarios.iter().find(|one| {
        let ran = one.name.as_str();
        !mine.contains(ran) && (cells.contains(ran) || !manifest.figures)
    });
    match strange {
        None => Ok(()),
        Some(one) => Err(format!(
            "{name}: {} was not assigned to shard {number}",
            one.name
        )),
    }
}

fn twice<'a>(names: impl Iterator<Item = &'a String>) -> Option<&'a str> {
    let mut seen = BTreeSet::new();
    names.map(String::as_str).find(|name| !seen.insert(*name))
}

/// What decides which operations ran, and must therefore be the same in all parts.
fn mismatch(one: &Part, other: &Part) -> Option<String> {
    let ran_beside = |part: &Part| match part.manifest.against.is_empty() {
        true => "alone".to_owned(),
        false => "interleaved with another build".to_owned(),
    };
    let program = |part: &Part| {
        let tool = &part.report.tool;
        let changed = if tool.dirty { " with changes" } else { "" };
        format!("{} {} {}{changed}", tool.name, tool.version, tool.commit)
    };
    let build = |part: &Part| {
        let subject = &part.report.subject;
        let digest = subject.binary_sha256.as_deref().unwrap_or_default();
        format!("{} {} {digest}", subject.name, subject.version)
    };
    type Said<'a> = (&'a str, &'a dyn Fn(&Part) -> String);
    let decides: [Said<'_>; 13] = [
        ("suites", &|part| part.manifest.suite.clone()),
        ("texts of the suite", &|part| part.manifest.digest.clone()),
        ("targets", &|part| part.manifest.target.clone()),
        ("texts of the target", &|part| {
            part.manifest.target_digest.clone()
        }),
        ("builds", &build),
        ("plants", &|part| part.manifest.plants.join(",")),
        ("repetitions", &|part| part.manifest.repeat.to_string()),
        ("numbers of shards", &|part| {
            part.manifest.shards.to_string()
        }),
        ("seeds", &|part| part.manifest.seed.clone()),
        ("matrices", &|part| part.manifest.cells.join(",")),
        ("required faults", &|part| part.manifest.requires.join(",")),
        ("programs", &program),
        ("runs", &ran_beside),
    ];
    decides.into_iter().find_map(|(what, of)| {
        let (one, other) = (of(one), of(other));
        let hint = match what {
            "seeds" => "; give every shard the same --seed",
            _ => "",
        };
        (one != other).then(|| format!("{what} {} and {}{hint}", one.trim(), other.trim()))
    })
}

fn add(report: &mut RunReport, part: &RunReport) {
    report.scenarios.extend(part.scenarios.iter().cloned());
    report.run.duration_ms = report.run.duration_ms.saturating_add(part.run.duration_ms);
    report.run.interrupted |= part.run.interrupted;
    for unavailable in &part.faults_unavailable {
        if !report.faults_unavailable.contains(unavailable) {
            report.faults_unavailable.push(unavailable.clone());
        }
    }
    for sentence in &part.not_tested {
        if !report.not_tested.contains(sentence) {
            report.not_tested.push(sentence.clone());
        }
    }
    for waiver in &part.waivers {
        if !report.waivers.contains(waiver) {
            report.waivers.push(waiver.clone());
        }
    }
    report.warnings.extend(part.warnings.iter().cloned());
    let (one, other) = (&report.environment, &part.environment);
    if (&one.kernel, one.cpus, &one.cpu_model) != (&other.kernel, other.cpus, &other.cpu_model) {
        let warning = format!(
            "shards ran on different machines: {} with {} processors, and {} with {}",
            one.kernel, one.cpus, other.kernel, other.cpus
        );
        report.warnings.push(warning);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reports::model::ScenarioReport;

    fn part(shard: u32, names: &[&str]) -> Part {
        let scenario = |name: &&str| ScenarioReport {
            name: (*name).into(),
            ..ScenarioReport::default()
        };
        Part {
            name: format!("run-{shard}"),
            manifest: Manifest {
                suite: "smoke".into(),
                shard,
                shards: 3,
                cells: ["a", "b", "c", "d"].map(str::to_owned).to_vec(),
                mine: names.iter().map(|name| (*name).to_owned()).collect(),
                ..Manifest::default()
            },
            report: RunReport {
                scenarios: names.iter().map(scenario).collect(),
                ..RunReport::default()
            },
        }
    }

    #[test]
    fn scenarios_come_in_the_suites_order() {
        let parts = [part(2, &["b"]), part(3, &["d", "a"]), part(1, &["c"])];
        let (manifest, report) = join(&parts).expect("parts of one run");
        let names: Vec<&str> = report
            .scenarios
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        assert_eq!((names, manifest.shard), (vec!["a", "b", "c", "d"], 0));
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        let told = |parts: &[Part]| join(parts).expect_err("refused");
        assert!(told(&[part(1, &[]), part(1, &[])]).contains("both shard 1"));
        let mut other = part(2, &[]);
        other.manifest.suite = "soak".into();
        assert!(told(&[part(1, &[]), other]).contains("suites smoke and soak"));
        let mut other = part(2, &[]);
        other.manifest.shards = 4;
        assert!(told(&[part(1, &[]), other]).contains("numbers of shards 3 and 4"));
        assert!(told(&[]).contains("no run"));
        let differs = |change: fn(&mut Part), says: &str| {
            let mut other = part(2, &["b"]);
            change(&mut other);
            let told = told(&[part(1, &["a"]), other]);
            assert!(
                told.contains("do not belong together") && told.contains(says),
                "{told}"
            );
        };
        differs(|part| part.manifest.seed = "0x2".into(), "same --seed");
        differs(
            |part| part.manifest.digest = "2".into(),
            "texts of the suite",
        );
        differs(|part| part.manifest.target = "x".into(), "targets");
        differs(
            |part| part.manifest.target_digest = "x".into(),
            "texts of the target",
        );
        differs(|part| part.manifest.plants = vec!["x".into()], "plants");
        differs(|part| part.manifest.cells.push("e".into()), "matrices");
        differs(
            |part| part.manifest.requires = vec!["disk".into()],
            "required",
        );
        differs(|part| part.manifest.against = "x".into(), "interleaved");
        differs(|part| part.report.tool.version = "9".into(), "programs");
        differs(|part| part.report.tool.commit = "abc".into(), "programs");
        differs(|part| part.report.subject.version = "9".into(), "builds");
    }

    #[test]
    fn each_cell_counts_once() {
        let told = |parts: &[Part]| join(parts).expect_err("refused");
        assert!(told(&[part(1, &["a"]), part(2, &["a"])]).contains("both have a"));
        assert!(told(&[part(1, &["a", "a"])]).contains("a is assigned twice"));
        assert!(told(&[part(1, &["e"])]).contains("not in the suite's matrix"));
        let mut more = part(2, &["b"]);
        more.report = part(2, &["b", "c"]).report;
        assert!(told(&[part(1, &["a"]), more.clone()]).contains("c was not assigned"));
        more.report = part(2, &["b", "b"]).report;
        assert!(told(&[part(1, &["a"]), more]).contains("b occurs twice"));
        // A block for figures is not a cell.
        let mut block = part(1, &["a"]);
        block.report = part(1, &["a", "block.2"]).report;
        assert!(told(&[block.clone()]).contains("block.2 was not assigned"));
        block.manifest.figures = true;
        assert!(join(&[block]).is_ok());
    }

    #[test]
    fn a_shard_that_cannot_exist_is_refused() {
        for (shard, shards, says) in [
            (1, 0, "numbered from 1"),
            (4, 3, "numbered from 1"),
            (0, 0, "numbered from 1"),
            (1, u32::MAX, "at most 256"),
            (0, 3, "a joined run"),
        ] {
            let mut odd = part(1, &["a"]);
            (odd.manifest.shard, odd.manifest.shards) = (shard, shards);
            let told = join(&[odd]).expect_err("refused");
            assert!(told.contains(says), "{told}");
        }
    }

    #[test]
    fn the_other_build_ran_the_same() {
        let own = part(1, &["a"]);
        assert_eq!(belong_beside(&own, &own.clone()), Ok(()));
        let mut other = own.clone();
        other.manifest.seed = "0x2".into();
        assert!(belong_beside(&own, &other).is_err());
        assert!(belong_beside(&own, &part(2, &["a"])).is_err());
    }

    #[test]
    fn one_interrupted_shard_makes_the_whole_interrupted() {
        let mut cut = part(2, &[]);
        cut.report.run.interrupted = true;
        let (_, report) = join(&[part(1, &[]), cut]).expect("parts of one run");
        assert!(report.run.interrupted);
    }
}
