//! Which build was tested: version, revision, digests, command line. Two runs with the same table tested the same thing.

use maud::{Markup, html};

use crate::format::{bytes, untrusted};
use crate::limits::BUILD_FILES_MAX;
use crate::model::Subject;

/// The table.
pub(super) fn table(subject: &Subject) -> Markup {
    let shown = subject.files.len().min(BUILD_FILES_MAX);
    html! {
        div {
            table id="build" {
                caption { "Build under test" }
                tbody {
                    (fact("target", &subject.name))
                    (fact("what it is", &subject.about))
                    (fact("version", if subject.version.trim().is_empty() { "not stated by the target" } else { &subject.version }))
                    (fact("revision", &subject.revision))
                    (fact("planted bugs", &subject.plants.join(", ")))
                    (fact("program", &subject.program))
                    (fact("program SHA-256", &program(subject)))
                    (fact("digest of all files", &super::decision::digest_of_files(subject).unwrap_or_default()))
                    (fact("configuration digest", &digest(subject)))
                    (fact("command of n1", &subject.command))
                }
            }
            @if shown > 0 {
                details class="numbers" {
                    summary { "Files of the build" }
                    div class="scroll" tabindex="0" role="group" aria-label="Files of the build" {
                        table {
                            caption { "Files that the target provides" }
                            thead { tr { th scope="col" { "file" } th scope="col" class="num" { "size" } th scope="col" { "sha256" } } }
                            tbody { @for file in &subject.files[..shown] {
                                tr {
                                    th scope="row" { code { (untrusted(&file.path)) } }
                                    td class="num" { (bytes(file.bytes)) }
                                    td { code { (file.sha256.as_deref().map(untrusted).unwrap_or_else(|| "–".into())) } }
                                }
                            } }
                        }
                    }
                    (super::parts::more(shown, subject.files.len(), "report.json"))
                }
            }
        }
    }
}

/// The digest of the program. A bug is planted by the configuration of a node, so a build with one looks like the build without it.
fn program(subject: &Subject) -> String {
    let digest = subject.binary_sha256.as_deref().unwrap_or_default();
    match subject.plants.is_empty() || digest.is_empty() {
        true => digest.to_owned(),
        false => format!(
            "{digest} (of the program alone: the planted bug is in the configuration of its nodes)"
        ),
    }
}

/// The digest, and what it covers: a bug, a port or an identifier of one run is not in it.
fn digest(subject: &Subject) -> String {
    match subject.configuration.as_str() {
        "" => String::new(),
        digest => format!(
            "{digest} (of the target's programs, arguments, files, promises and limits; not of planted bugs, addresses and the cluster id)"
        ),
    }
}

/// A row of a table of facts, if there is a value.
pub(super) fn fact(name: &str, value: &str) -> Markup {
    html! {
        @if !value.trim().is_empty() {
            tr { th scope="row" { (name) } td { (untrusted(value)) } }
        }
    }
}
