//! What travels on a forward link, as bytes: a request for the leader, and the reply to it.

use bytes::{Buf, BufMut};
use kafka_protocol::ResponseError;
use uuid::Uuid;

use super::wire::{WireError, put_text, short, take_text, whole};
use crate::messages::{ForwardOutcome, Forwarded};
use crate::request::{AdminChange, AdminError};
use crate::topic_name;

const CREATE: u8 = 1;
const DELETE: u8 = 2;
const GROW: u8 = 3;
const PRODUCER_ID: u8 = 4;

/// Most settings of one forwarded topic; the API accepts fewer.
const SETTINGS_MAX: u16 = 256;

/// A request for the leader, as a payload.
pub(crate) fn encode_request(id: u64, wait_ms: u32, what: &Forwarded) -> Vec<u8> {
    let mut out = Vec::new();
    out.put_u64(id);
    out.put_u32(wait_ms);
    match what {
        Forwarded::ProducerId => out.put_u8(PRODUCER_ID),
        Forwarded::Change(AdminChange::CreateTopic {
            name,
            id,
            partitions,
            settings,
        }) => {
            out.put_u8(CREATE);
            put_text(&mut out, name);
            out.put_slice(id.as_bytes());
            out.put_i32(*partitions);
            out.put_u16(u16::try_from(settings.len()).unwrap_or(u16::MAX));
            for (name, value) in settings {
                put_text(&mut out, name);
                put_text(&mut out, value);
            }
        }
        Forwarded::Change(AdminChange::DeleteTopic { name }) => {
            out.put_u8(DELETE);
            put_text(&mut out, name);
        }
        Forwarded::Change(AdminChange::GrowTopic { name, partitions }) => {
            out.put_u8(GROW);
            put_text(&mut out, name);
            out.put_i32(*partitions);
        }
    }
    out
}

/// A request for the leader, from a payload: id, milliseconds left, what.
pub(crate) fn decode_request(mut payload: &[u8]) -> Result<(u64, u32, Forwarded), WireError> {
    let input = &mut payload;
    let id = input.try_get_u64().map_err(short)?;
    let wait_ms = input.try_get_u32().map_err(short)?;
    let what = match input.try_get_u8().map_err(short)? {
        PRODUCER_ID => Forwarded::ProducerId,
        CREATE => {
            let name = take_text(input)?;
            let id = Uuid::from_u128(input.try_get_u128().map_err(short)?);
            let partitions = input.try_get_i32().map_err(short)?;
            let count = input.try_get_u16().map_err(short)?;
            if count > SETTINGS_MAX {
                return Err(WireError::Content);
            }
            let mut settings = Vec::new();
            for _ in 0..count {
                settings.push((take_text(input)?, take_text(input)?));
            }
            Forwarded::Change(AdminChange::CreateTopic {
                name,
                id,
                partitions,
                settings,
            })
        }
        DELETE => Forwarded::Change(AdminChange::DeleteTopic {
            name: take_text(input)?,
        }),
        GROW => {
            let name = take_text(input)?;
            let partitions = input.try_get_i32().map_err(short)?;
            Forwarded::Change(AdminChange::GrowTopic { name, partitions })
        }
        _ => return Err(WireError::Content),
    };
    whole(input)?;
    // What the API refuses a client, a peer does not pass on either.
    if let Forwarded::Change(AdminChange::CreateTopic { name, .. }) = &what
        && topic_name::problem(name).is_some()
    {
        return Err(WireError::Content);
    }
    Ok((id, wait_ms, what))
}

/// A reply, as a payload.
pub(crate) fn encode_reply(id: u64, outcome: ForwardOutcome) -> Vec<u8> {
    let mut out = Vec::new();
    out.put_u64(id);
    match outcome {
        Ok(value) => {
            out.put_u8(0);
            out.put_i64(value);
        }
        Err(AdminError::NotLeader(leader)) => {
            out.put_u8(1);
            out.put_u64(leader.unwrap_or(0));
        }
        Err(AdminError::Refused(error)) => {
            out.put_u8(2);
            out.put_i16(error.code());
        }
    }
    out
}

/// A reply, from a payload: the request's id, and the outcome.
pub(crate) fn decode_reply(mut payload: &[u8]) -> Result<(u64, ForwardOutcome), WireError> {
    let input = &mut payload;
    let id = input.try_get_u64().map_err(short)?;
    let outcome = match input.try_get_u8().map_err(short)? {
        0 => Ok(input.try_get_i64().map_err(short)?),
        1 => {
            let leader = input.try_get_u64().map_err(short)?;
            Err(AdminError::NotLeader((leader != 0).then_some(leader)))
        }
        2 => {
            let code = input.try_get_i16().map_err(short)?;
            Err(AdminError::Refused(
                ResponseError::try_from_code(code).ok_or(WireError::Content)?,
            ))
        }
        _ => return Err(WireError::Content),
    };
    whole(input)?;
    Ok((id, outcome))
}

/// What fuzzing feeds arbitrary bytes.
#[cfg(feature = "fuzzing")]
pub(crate) fn fuzz(bytes: &[u8]) {
    if let Ok((id, wait_ms, what)) = decode_request(bytes) {
        let again = decode_request(&encode_request(id, wait_ms, &what));
        assert_eq!(
            again.ok(),
            Some((id, wait_ms, what)),
            "what was read is written back"
        );
    }
    if let Ok((id, outcome)) = decode_reply(bytes) {
        assert_eq!(
            decode_reply(&encode_reply(id, outcome)).ok(),
            Some((id, outcome)),
            "what was read is written back"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_replies_are_read_back() {
        let changes = [
            Forwarded::ProducerId,
            Forwarded::Change(AdminChange::DeleteTopic { name: "a".into() }),
            Forwarded::Change(AdminChange::GrowTopic {
                name: "a".into(),
                partitions: 7,
            }),
            Forwarded::Change(AdminChange::CreateTopic {
                name: "topic".into(),
                id: Uuid::from_u128(77),
                partitions: 3,
                settings: vec![("retention.ms".into(), "-1".into())],
            }),
        ];
        for what in changes {
            assert_eq!(
                decode_request(&encode_request(5, 2000, &what)).unwrap(),
                (5, 2000, what)
            );
        }
        let outcomes = [
            Ok(12),
            Err(AdminError::NotLeader(None)),
            Err(AdminError::NotLeader(Some(3))),
            Err(AdminError::Refused(ResponseError::TopicAlreadyExists)),
        ];
        for outcome in outcomes {
            assert_eq!(
                decode_reply(&encode_reply(6, outcome)).unwrap(),
                (6, outcome)
            );
        }
    }
}
