//! Section 10: the build, the machine, nodes and clients. What a reader needs before comparing two runs.

use maud::{Markup, html};

use super::build::fact;
use super::parts::{command, heading};
use crate::format::{memory, untrusted, untrusted_block};
use crate::limits::CONFIG_CHARACTERS_MAX;
use crate::model::{Environment, NodeSetup, RunReport};

/// The whole section.
pub(super) fn section(report: &RunReport) -> Markup {
    html! {
        section aria-labelledby="environment" {
            (heading("environment", "Environment", ""))
            div class="columns" {
                (super::build::table(&report.subject))
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

fn facts(report: &RunReport) -> Markup {
    let environment = &report.environment;
    let disk = &environment.data_filesystem;
    let figures = if disk.figures_apply {
        "durability and performance figures apply"
    } else {
        "durability and performance figures do not apply on this file system"
    };
    let tool = format!(
        "{} {} {}{}",
        report.tool.name,
        report.tool.version,
        report.tool.commit,
        if report.tool.debug {
            " (debug build)"
        } else {
            ""
        }
    );
    let cpus = format!("{} × {}", environment.cpus, environment.cpu_model);
    html! {
        table {
            caption { "Machine and harness" }
            tbody {
                (fact("nodes", &report.subject.nodes.to_string()))
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
                pre tabindex="0" role="group" aria-label={ "Command of " (untrusted(&node.name)) } {
                    code { (untrusted_block(&node.command, CONFIG_CHARACTERS_MAX)) }
                }
                @if !node.config.is_empty() {
                    pre tabindex="0" role="group" aria-label={ "Configuration of " (untrusted(&node.name)) } {
                        code { (untrusted_block(&node.config, CONFIG_CHARACTERS_MAX)) }
                    }
                }
            }
        }
    }
}
