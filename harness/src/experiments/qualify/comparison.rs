//! Two reports side by side: findings always, figures only where both builds ran interleaved.

use reports::model::{Baseline, Comparison, RunReport};

use super::baseline::Stored;
use super::figures::{self, Pair};
use super::findings;
use super::manifest::Manifest;

/// Why figures of runs at different times are not compared.
pub const NOT_INTERLEAVED: &str = "the runs were not interleaved on one machine in one invocation, and one \
    machine varies from hour to hour more than builds differ; `jepsen qualify --against TARGET` measures both";

/// Compares the findings of a run with those of a stored one. Figures are not compared, and the result says why.
pub fn with_stored(baseline: &Stored, candidate: &RunReport, manifest: &Manifest) -> Comparison {
    let mut comparison = findings_of(&baseline.report, candidate);
    comparison.baseline.accepted.clone_from(&baseline.accepted);
    let other = baseline.manifest.clone().unwrap_or_default();
    comparison.baseline.runs = u64::from(other.repeat.max(1));
    comparison.runs = u64::from(manifest.repeat.max(1));
    if !other.digest.is_empty() && other.digest != manifest.digest {
        let what =
            "the suite has changed since the baseline ran: scenarios of the same name may differ";
        comparison.differences.insert(0, what.into());
    }
    comparison.figures_not_compared = NOT_INTERLEAVED.into();
    comparison
}

/// Compares two builds that ran interleaved.
pub fn interleaved(
    baseline: &RunReport,
    candidate: &RunReport,
    pairs: &[Pair],
    manifest: &Manifest,
) -> Comparison {
    let mut comparison = findings_of(baseline, candidate);
    comparison.baseline.runs = u64::from(manifest.repeat.max(1));
    comparison.runs = comparison.baseline.runs;
    // One run of the suite contains many blocks.
    for finding in &mut comparison.findings {
        finding.runs = finding.runs.min(comparison.runs);
        finding.baseline_runs = finding.baseline_runs.min(comparison.runs);
    }
    if pairs.is_empty() {
        comparison.figures_not_compared = "no pair of blocks was run".into();
    } else {
        comparison.figures = figures::compare(pairs);
    }
    comparison
}

fn findings_of(baseline: &RunReport, candidate: &RunReport) -> Comparison {
    let (changes, mut differences) = findings::compare(baseline, candidate);
    differences.extend(surroundings(baseline, candidate));
    Comparison {
        baseline: Baseline {
            run: baseline.run.id.clone(),
            name: baseline.subject.name.clone(),
            version: baseline.subject.version.clone(),
            ..Baseline::default()
        },
        differences,
        findings: changes,
        ..Comparison::default()
    }
}

/// The differences of machine or settings.
fn surroundings(baseline: &RunReport, candidate: &RunReport) -> Vec<String> {
    let (was, is) = (&baseline.environment, &candidate.environment);
    let settings = |report: &RunReport| -> String {
        let client = report.environment.client.iter();
        client
            .map(|one| format!("{}={} ", one.name, one.value))
            .collect()
    };
    let pairs = [
        ("kernel", was.kernel.clone(), is.kernel.clone()),
        ("processors", was.cpus.to_string(), is.cpus.to_string()),
        ("processor", was.cpu_model.clone(), is.cpu_model.clone()),
        (
            "file system of the data",
            was.data_filesystem.kind.clone(),
            is.data_filesystem.kind.clone(),
        ),
        ("network", was.network.clone(), is.network.clone()),
        ("librdkafka", was.librdkafka.clone(), is.librdkafka.clone()),
        ("client settings", settings(baseline), settings(candidate)),
        ("harness", version(baseline), version(candidate)),
    ];
    let differing = pairs.into_iter().filter(|(_, was, is)| was != is);
    differing
        .map(|(what, was, is)| format!("{what}: {} then, {} now", stated(&was), stated(&is)))
        .collect()
}

fn version(report: &RunReport) -> String {
    format!("{} {}", report.tool.version, report.tool.commit)
        .trim()
        .to_owned()
}

fn stated(value: &str) -> &str {
    match value.trim() {
        "" => "not stated",
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_around_the_runs_is_said() {
        let mut other = RunReport::default();
        other.environment.cpus = 8;
        let told = surroundings(&RunReport::default(), &other);
        assert_eq!(told, ["processors: 0 then, 8 now"]);
    }

    #[test]
    fn against_a_stored_run_figures_are_not_compared_and_it_says_why() {
        let stored = Stored {
            path: "x".into(),
            report: RunReport::default(),
            manifest: None,
            accepted: "2026-10-02T00:00:00Z".into(),
        };
        let comparison = with_stored(&stored, &RunReport::default(), &Manifest::default());
        assert!(comparison.figures.is_empty());
        assert!(comparison.figures_not_compared.contains("--against"));
        assert_eq!(comparison.baseline.accepted, stored.accepted);
    }
}
