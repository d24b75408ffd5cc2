//! `jepsen check FILE --model NAME`: judges any history by a model of its objects or transactions. The format is the
//! harness's JSON lines, Jepsen's EDN, JSON in its shape or etcd's logs, plain or compressed. The verdict line comes
//! first, its evidence follows.

use anyhow::Result;
use checkers::foreign::{self, ForeignOptions, ModelName};
use checkers::transactions::ConsistencyModel;
use checkers::verdict::Validity;

use crate::exit::Stop;
use crate::output::{self, tell, tell_json, visible};
use crate::store::history_file::HistoryPath;

/// Parses the name of a consistency model.
///
/// # Errors
/// If there is no such model. The message lists the known models.
pub fn expected(text: &str) -> Result<ConsistencyModel, String> {
    text.parse()
        .map_err(|error: checkers::transactions::UnknownConsistencyModel| error.to_string())
}

/// Parses a model's name.
///
/// # Errors
/// If there is no such model. The message lists the known models.
pub fn named(text: &str) -> Result<ModelName, String> {
    let found = ModelName::ALL
        .into_iter()
        .find(|model| model.name() == text);
    found.ok_or_else(|| {
        let known = ModelName::ALL.map(ModelName::name).join(", ");
        format!("no model `{text}`; there are: {known}")
    })
}

/// Judges one file and prints the result.
///
/// # Errors
/// If the file cannot be read, or is not a history of this model. The message names file and line.
pub fn judge(
    path: &HistoryPath,
    model: Option<ModelName>,
    expected: Option<ConsistencyModel>,
    json: bool,
) -> Result<Validity> {
    let name = output::name(&path.path);
    let wrong = |problem: String| Stop::usage(format!("{name}: {problem}"));
    let bytes = path.bytes().map_err(|error| wrong(error.to_string()))?;
    let options = ForeignOptions::default().expecting(expected);
    let judged = foreign::judge_by(&name, &bytes, model, &options)
        .map_err(|error| wrong(error.to_string()))?;
    let validity = judged.validity();
    if json {
        tell_json(&judged)?;
    } else {
        tell(&format!("{}  {name}", validity.word()));
        for line in judged.lines() {
            tell(&format!("  {}", visible(&line)));
        }
    }
    Ok(validity)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_file_is_judged_by_the_model_that_is_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("history.edn");
        let judge =
            |path: &Path, model, json| judge(&HistoryPath::named(path), Some(model), None, json);
        let write = |read: &str| {
            let text = format!(
                "{{:process 0, :type :invoke, :f :write, :value 1}}\n\
                 {{:process 0, :type :ok, :f :write, :value 1}}\n\
                 {{:process 1, :type :invoke, :f :read, :value nil}}\n\
                 {{:process 1, :type :ok, :f :read, :value {read}}}\n"
            );
            std::fs::write(&path, text).expect("written");
        };
        write("1");
        let judged = judge(&path, ModelName::Register, false).expect("readable");
        assert_eq!(judged, Validity::Valid);
        write("2");
        let judged = judge(&path, ModelName::Register, true).expect("readable");
        assert_eq!(judged, Validity::Invalid);
        let packed = zstd::encode_all(std::fs::read(&path).expect("read").as_slice(), 3);
        std::fs::write(&path, packed.expect("packed")).expect("written");
        let judged = judge(&path, ModelName::Register, true).expect("readable");
        assert_eq!(judged, Validity::Invalid, "packed");
        std::fs::write(&path, "{:process").expect("written");
        assert!(judge(&path, ModelName::ListAppend, false).is_err());
        assert!(named("regster").is_err_and(|error| error.contains("cas-register")));
    }
}
