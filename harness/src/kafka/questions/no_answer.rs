//! Requests without a good answer: refusals and silence, Kafka's names of errors, and how an operation came out by them.

use kafka_protocol::error::ResponseError;

use crate::kafka::wire::WireError;
use crate::record::Outcome;

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// The node did not answer.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The node refused, with Kafka's name of the error.
    #[error("{0}")]
    Refused(String),
}

/// How a request came out: a refusal says that nothing was done, silence says nothing.
pub fn outcome<T>(answer: &Result<T, NoAnswer>) -> Outcome {
    match answer {
        Ok(_) => Outcome::Ok,
        Err(error) => outcome_of(error, &[]),
    }
}

/// How a request without a good answer came out. Kafka names some errors for *perhaps done*: these are `unsure`.
pub fn outcome_of(error: &NoAnswer, unsure: &[&str]) -> Outcome {
    match error {
        NoAnswer::Refused(name) if !unsure.contains(&name.as_str()) => Outcome::Fail(name.clone()),
        other => Outcome::Info(other.to_string()),
    }
}

pub(super) fn refused(code: i16) -> Option<NoAnswer> {
    ResponseError::try_from_code(code).map(|error| NoAnswer::Refused(error_name(&error)))
}

/// Kafka's name of an error: `NOT_LEADER_OR_FOLLOWER`.
pub fn error_name(error: &ResponseError) -> String {
    let debug = format!("{error:?}");
    let mut name = String::with_capacity(debug.len() + 8);
    for (at, letter) in debug.chars().enumerate() {
        if at > 0 && letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_carry_kafkas_names() {
        assert_eq!(
            error_name(&ResponseError::NotLeaderOrFollower),
            "NOT_LEADER_OR_FOLLOWER"
        );
        assert_eq!(
            error_name(&ResponseError::RequestTimedOut),
            "REQUEST_TIMED_OUT"
        );
    }

    #[test]
    fn silence_is_never_a_failure() {
        let silent = NoAnswer::Wire(WireError::TimedOut(5));
        assert!(matches!(outcome_of(&silent, &[]), Outcome::Info(_)));
        let refused = NoAnswer::Refused("NOT_COORDINATOR".to_owned());
        assert!(matches!(outcome_of(&refused, &[]), Outcome::Fail(_)));
        let unsure = outcome_of(&refused, &["NOT_COORDINATOR"]);
        assert!(matches!(unsure, Outcome::Info(_)));
        assert_eq!(outcome(&Ok(())), Outcome::Ok);
    }
}
