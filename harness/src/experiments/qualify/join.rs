//! Joins the shards of one suite's run into one report. Parts that do not belong together are rejected.
//! [`completeness`](super::completeness) reports what is missing and makes the whole undecided.

use std::collections::BTreeMap;

use reports::RunReport;

use super::manifest::Manifest;

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
/// If the parts are not of one suite, target and matrix, or one shard occurs twice.
pub fn join(parts: &[Part]) -> Result<(Manifest, RunReport), String> {
    let first = parts.first().ok_or("no run was named")?;
    let mut seen: BTreeMap<u32, &str> = BTreeMap::new();
    for part in parts {
        if let Some(what) = mismatch(&first.manifest, &part.manifest) {
            return Err(format!(
                "{} and {} do not belong together: {what}",
                first.name, part.name
            ));
        }
        if let Some(other) = seen.insert(part.manifest.shard, &part.name) {
            let number = part.manifest.shard;
            return Err(format!("{other} and {} are both shard {number}", part.name));
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

fn mismatch(one: &Manifest, other: &Manifest) -> Option<String> {
    let differs = |what: &str, one: &str, other: &str| {
        (one != other).then(|| format!("{what} {one} and {other}"))
    };
    differs("suites", &one.suite, &other.suite)
        .or_else(|| differs("texts of the suite", &one.digest, &other.digest))
        .or_else(|| differs("targets", &one.target, &other.target))
        .or_else(|| differs("plants", &one.plants.join(","), &other.plants.join(",")))
        .or_else(|| {
            differs(
                "repetitions",
                &one.repeat.to_string(),
                &other.repeat.to_string(),
            )
        })
        .or_else(|| {
            differs(
                "numbers of shards",
                &one.shards.to_string(),
                &other.shards.to_string(),
            )
        })
        .or_else(|| {
            let ran = |manifest: &Manifest| !manifest.against.is_empty();
            let what = "one ran interleaved with another build and one did not";
            (ran(one) != ran(other)).then(|| what.to_owned())
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
    }

    #[test]
    fn one_interrupted_shard_makes_the_whole_interrupted() {
        let mut cut = part(2, &[]);
        cut.report.run.interrupted = true;
        let (_, report) = join(&[part(1, &[]), cut]).expect("parts of one run");
        assert!(report.run.interrupted);
    }
}
