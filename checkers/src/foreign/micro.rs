//! Which model a history of transactions is of, by its micro-operations.

use super::error::ForeignError;
use super::model_name::ModelName;
use crate::edn::{EdnOperation as Call, EdnValue as Form};

/// The model of a history whose values are micro-operations; none if they are not.
///
/// # Errors
/// If several models fit.
pub(super) fn model_of(calls: &[Call<'_>]) -> Result<Option<ModelName>, ForeignError> {
    let mut reads = false;
    for call in calls {
        if !matches!(
            call.call.function.as_deref(),
            Some("txn" | "send" | "poll") | None
        ) {
            continue;
        }
        for action in [&call.call.value, call.value()]
            .into_iter()
            .filter_map(Form::elements)
            .flatten()
        {
            let parts = action.elements().unwrap_or_default();
            let found = match (parts.first().and_then(Form::word), parts.len()) {
                (Some("append"), 3) => ModelName::ListAppend,
                (Some("w"), 3) => ModelName::RwRegister,
                (Some("send"), 3) | (Some("poll"), 1 | 2) => ModelName::Kafka,
                (Some("r"), 3) if parts[2].elements().is_some() => ModelName::ListAppend,
                (Some("r"), 3) if !parts[2].is_nil() => ModelName::RwRegister,
                (Some("r"), 3) => {
                    reads = true;
                    continue;
                }
                _ => continue,
            };
            return Ok(Some(found));
        }
    }
    match reads {
        true => Err(ForeignError::NoModel {
            functions: "transactions that only read nil, which fits list-append and rw-register"
                .to_owned(),
        }),
        false => Ok(None),
    }
}
