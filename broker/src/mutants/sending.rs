//! True answers that are sent in another way: late, never, in part, with too much.

use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::hooks::Told;

/// Writes the length of what follows over the first four bytes.
pub(super) fn set_length(frame: &mut BytesMut) {
    let length = i32::try_from(frame.len() - 4).unwrap_or(i32::MAX);
    frame[..4].copy_from_slice(&length.to_be_bytes());
}

/// How an answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sending {
    /// After so many milliseconds; what follows on the connection waits.
    Late(u64),
    /// Not at all; what follows is sent.
    Never,
    /// Not at all, and the connection is closed.
    Closed,
    /// Half of it, as if that were all.
    Truncated,
    /// Half of it, with the length of the whole, and the connection is closed.
    CutOff,
    /// With bytes behind it that do not belong to it.
    Oversized,
    /// With a length of nearly 2 GiB in front of it.
    EndlessLength,
    /// With the number of another request.
    AnotherNumber,
}

impl Sending {
    /// How this answer is sent.
    pub(super) fn told(self, honest: &Bytes) -> Told {
        let half = 8 + (honest.len() - 8) / 2;
        let mut bytes = BytesMut::from(&honest[..]);
        let at_once = Told::at_once;
        match self {
            Sending::Late(milliseconds) => Told {
                delay: Duration::from_millis(milliseconds),
                ..at_once(honest.clone())
            },
            Sending::Never => Told {
                bytes: None,
                ..Told::default()
            },
            Sending::Closed => Told {
                closes: true,
                ..Told::default()
            },
            Sending::Truncated => {
                bytes.truncate(half);
                set_length(&mut bytes);
                at_once(bytes.freeze())
            }
            Sending::CutOff => Told {
                closes: true,
                ..at_once(honest.slice(..half))
            },
            Sending::Oversized => {
                bytes.extend_from_slice(&[0x5a; 64]);
                set_length(&mut bytes);
                at_once(bytes.freeze())
            }
            Sending::EndlessLength => {
                bytes[..4].copy_from_slice(&(i32::MAX - 1).to_be_bytes());
                at_once(bytes.freeze())
            }
            Sending::AnotherNumber => {
                let number = i32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
                bytes[4..8].copy_from_slice(&number.wrapping_add(1_000).to_be_bytes());
                at_once(bytes.freeze())
            }
        }
    }
}
