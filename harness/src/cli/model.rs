//! `jepsen check FILE --model NAME`: judges any history by a model of its objects or transactions. The format is the
//! harness's JSON lines, Jepsen's EDN, JSON in its shape or etcd's logs, plain or compressed. The verdict line comes
//! first, its evidence follows.

use anyhow::Result;
use checkers::foreign::{self, ForeignOptions, Judged, Keys, ModelName};
use checkers::transactions::ConsistencyModel;
use clap::Args;

use crate::config::near;
use crate::exit::Stop;
use crate::output::{self, tell, tell_more, visible};
use crate::store::history_file::HistoryPath;

/// What the text of a foreign history does not say.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct ModelArguments {
    /// The consistency model that transactions must satisfy to be valid, e.g. serializable. Weaker anomalies are shown
    /// as tolerated.
    #[arg(long, value_name = "MODEL", value_parser = expected, conflicts_with_all = ["only", "promise"])]
    pub expect: Option<ConsistencyModel>,
    /// How values are read: `keyed` (each has a key before it, [KEY VALUE]), `whole` (one object), `auto`.
    #[arg(long, value_name = "HOW", value_parser = keys, conflicts_with_all = ["only", "promise"])]
    pub keys: Option<Keys>,
    /// With --model bank: the total of all balances. Without it, all reads must have the same.
    #[arg(
        long,
        value_name = "SUM",
        requires = "model",
        allow_negative_numbers = true
    )]
    pub bank_total: Option<i64>,
    /// With --model bank: balances may be negative.
    #[arg(long, requires = "model")]
    pub bank_negative: bool,
}

impl ModelArguments {
    /// The first option that was given and has no effect on a history that is judged by this model, and why.
    pub fn without_effect(&self, model: Option<ModelName>) -> Option<(&'static str, &'static str)> {
        use ModelName::{Bank, Kafka, ListAppend, RwRegister};
        let of_transactions = matches!(model, Some(ListAppend | RwRegister | Kafka));
        if self.keys.is_some() && of_transactions {
            return Some((
                "--keys",
                "transactions name the key of each of their operations",
            ));
        }
        let why = "only accounts have balances, and this model is not bank";
        match model {
            Some(Bank) => None,
            _ if self.bank_total.is_some() => Some(("--bank-total", why)),
            _ if self.bank_negative => Some(("--bank-negative", why)),
            _ => None,
        }
    }

    /// The first option that was given.
    pub fn given(&self) -> Option<&'static str> {
        let given = [
            (self.expect.is_some(), "--expect"),
            (self.keys.is_some(), "--keys"),
            (self.bank_total.is_some(), "--bank-total"),
            (self.bank_negative, "--bank-negative"),
        ];
        given.iter().find(|(is, _)| *is).map(|(_, name)| *name)
    }

    fn options(&self) -> ForeignOptions {
        let mut bank = ForeignOptions::default().bank;
        bank.total = self.bank_total;
        bank.negative_allowed = self.bank_negative;
        ForeignOptions::default()
            .expecting(self.expect)
            .keys(self.keys.unwrap_or_default())
            .bank(bank)
    }
}

fn keys(text: &str) -> Result<Keys, String> {
    match text {
        "auto" => Ok(Keys::Auto),
        "keyed" => Ok(Keys::Keyed),
        "whole" => Ok(Keys::Whole),
        _ => Err("there are: auto, keyed, whole".to_owned()),
    }
}

/// Parses the name of a consistency model.
///
/// # Errors
/// If there is no such model. The message lists the known models.
pub fn expected(text: &str) -> Result<ConsistencyModel, String> {
    let known = || ConsistencyModel::ALL.iter().map(|model| model.name());
    let read = text.parse::<ConsistencyModel>();
    read.map_err(|_| near::unknown("consistency model", text, &known().collect::<Vec<_>>()))
}

/// Parses a model's name.
///
/// # Errors
/// If there is no such model. The message lists the known models.
pub fn named(text: &str) -> Result<ModelName, String> {
    let found = ModelName::ALL
        .into_iter()
        .find(|model| model.name() == text);
    found.ok_or_else(|| near::unknown("model", text, &ModelName::ALL.map(ModelName::name)))
}

/// Judges one file.
///
/// # Errors
/// If the file cannot be read, or is not a history of this model. The message names file and line.
pub fn judge(
    path: &HistoryPath,
    model: Option<ModelName>,
    arguments: &ModelArguments,
) -> Result<Judged> {
    let name = output::name(&path.path);
    let wrong = |problem: String| Stop::usage(format!("{name}: {problem}"));
    let bytes = path.bytes().map_err(|error| wrong(error.to_string()))?;
    foreign::judge_by(&name, &bytes, model, &arguments.options())
        .map_err(|error| wrong(error.to_string()))
}

/// Prints the verdict, and what was judged or found.
pub fn print(name: &str, judged: &Judged) {
    tell(&format!("{}  {name}", judged.validity().word()));
    for line in judged.lines() {
        tell_more(&format!("  {}", visible(&line)));
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use checkers::verdict::Validity;

    use super::*;

    #[test]
    fn a_file_is_judged_by_the_model_that_is_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("history.edn");
        let judge = |path: &Path, model| {
            let plain = ModelArguments::default();
            judge(&HistoryPath::named(path), Some(model), &plain).map(|judged| judged.validity())
        };
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
        let judged = judge(&path, ModelName::Register).expect("readable");
        assert_eq!(judged, Validity::Valid);
        write("2");
        let judged = judge(&path, ModelName::Register).expect("readable");
        assert_eq!(judged, Validity::Invalid);
        let packed = zstd::encode_all(std::fs::read(&path).expect("read").as_slice(), 3);
        std::fs::write(&path, packed.expect("packed")).expect("written");
        let judged = judge(&path, ModelName::Register).expect("readable");
        assert_eq!(judged, Validity::Invalid, "packed");
        std::fs::write(&path, "{:process").expect("written");
        assert!(judge(&path, ModelName::ListAppend).is_err());
        let bank = ModelArguments {
            bank_total: Some(100),
            ..ModelArguments::default()
        };
        assert_eq!(bank.without_effect(Some(ModelName::Bank)), None);
        assert!(bank.without_effect(Some(ModelName::Counter)).is_some());
        assert_eq!(keys("keyed"), Ok(Keys::Keyed));
        assert!(keys("tuple").is_err_and(|error| error.contains("keyed")));
        assert!(named("regster").is_err_and(|error| error.contains("cas-register")));
    }
}
