//! Section 10: machine, nodes, clients, and what this run did not test.

use checkers::verdict::{Validity, Verdict};
use maud::{Markup, html};

use super::parts::{command, heading};
use crate::format::{count, memory, untrusted, untrusted_block};
use crate::limits::CONFIG_CHARACTERS_MAX;
use crate::model::{Environment, NodeSetup, RunReport};
use crate::wording;

/// The whole section.
pub(super) fn section(report: &RunReport) -> Markup {
    html! {
        section aria-labelledby="environment" {
            (heading("environment", "Environment", ""))
            (not_tested(report))
            div class="columns" {
                (facts(report))
                (client(&report.environment))
            }
            (nodes(&report.environment.nodes))
            h3 { "Reproduce" }
            (command("reproduce", &report.run.reproduce))
            (command("recheck", &report.run.recheck))
            p class="cut" { "Run directory: " code { (untrusted(&report.run.directory)) }
                ". The seed determines schedule and faults, but not the interleaving." }
        }
    }
}

fn not_tested(report: &RunReport) -> Markup {
    html! {
        @let idle = not_applicable(report);
        @if !report.not_tested.is_empty() || !report.faults_unavailable.is_empty() || !idle.is_empty() {
            div class="untested" {
                h3 { "Not tested" }
                ul {
                    @for sentence in &report.not_tested { li { (untrusted(sentence)) } }
                    @for fault in &report.faults_unavailable {
                        li { strong { (untrusted(&fault.class)) " faults could not run here: " } (untrusted(&fault.why)) }
                    }
                    @for line in &idle { li { strong { "Check not applicable: " } (line) } }
                }
            }
        }
    }
}

/// Checks that applied in no scenario, with the reason.
fn not_applicable(report: &RunReport) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let verdicts = || report.scenarios.iter().flat_map(|s| &s.judgement.verdicts);
    for verdict in verdicts().filter(|v| v.validity == Validity::NotApplicable) {
        let applied = |v: &Verdict| v.check == verdict.check && v.validity != verdict.validity;
        let line = format!(
            "{}, {}.",
            untrusted(&verdict.check),
            wording::headline(verdict)
        );
        if !verdicts().any(applied) && !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

fn facts(report: &RunReport) -> Markup {
    let environment = &report.environment;
    let disk = &environment.data_filesystem;
    let figures = if disk.figures_apply {
        "durability and performance figures apply"
    } else {
        "durability and performance figures do not apply on this file system"
    };
    let subject = format!(
        "{} {}, {}",
        report.subject.name,
        report.subject.version,
        count(u64::from(report.subject.nodes), "nodes")
    );
    let tool = format!(
        "{} {} {}",
        report.tool.name, report.tool.version, report.tool.commit
    );
    let cpus = format!("{} × {}", environment.cpus, environment.cpu_model);
    html! {
        table {
            caption { "Machine and versions" }
            tbody {
                (fact("target", &subject))
                (fact("deliberate bugs", &report.subject.plants.join(", ")))
                @if let Some(hash) = &report.subject.binary_sha256 { (fact("target sha256", hash)) }
                (fact("harness", &tool))
                (fact("librdkafka", &environment.librdkafka))
                (fact("kernel", &environment.kernel))
                (fact("processors", cpus.trim_end_matches([' ', '×'])))
                (fact("memory", &memory(environment.memory_bytes)))
                (fact("data directories", &format!("{}: {figures}", disk.kind)))
                (fact("network", &environment.network))
            }
        }
    }
}

fn fact(name: &str, value: &str) -> Markup {
    html! {
        @if !value.trim().is_empty() {
            tr { th scope="row" { (name) } td { (untrusted(value)) } }
        }
    }
}

fn client(environment: &Environment) -> Markup {
    html! {
        @if !environment.client.is_empty() {
            table {
                caption { "Client settings" }
                tbody { @for setting in &environment.client {
                    tr { th scope="row" { code { (untrusted(&setting.name)) } } td { code { (untrusted(&setting.value)) } } }
                } }
            }
        }
    }
}

fn nodes(nodes: &[NodeSetup]) -> Markup {
    html! {
        @for node in nodes {
            details class="numbers" {
                summary { (untrusted(&node.name)) " " code { (untrusted(&node.address)) } ": command and configuration" }
                pre { code { (untrusted_block(&node.command, CONFIG_CHARACTERS_MAX)) } }
                @if !node.config.is_empty() { pre { code { (untrusted_block(&node.config, CONFIG_CHARACTERS_MAX)) } } }
            }
        }
    }
}
