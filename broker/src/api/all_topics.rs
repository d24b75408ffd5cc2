//! The answer to Metadata of all topics, kept as long as it is true: at the bound on partitions it takes milliseconds to
//! make, and a crowd that asks for it again and again would leave no time for anybody else.

use std::sync::{Arc, Mutex};

use bytes::{Bytes, BytesMut};

use super::Hangup;
use crate::request::View;

/// Where the correlation id lies in an answer, after its length.
const CORRELATION_ID: std::ops::Range<usize> = 4..8;

/// Answers by version, all made from the same view.
#[derive(Debug, Default)]
pub(crate) struct AllTopics(Mutex<Vec<(Arc<View>, i16, Bytes)>>);

impl AllTopics {
    /// The answer in this version, which `make` makes if it is not there.
    ///
    /// # Errors
    /// As `make`.
    pub(super) fn answer(
        &self,
        view: &Arc<View>,
        version: i16,
        correlation_id: i32,
        make: impl FnOnce() -> Result<Bytes, Hangup>,
    ) -> Result<Bytes, Hangup> {
        let kept = {
            let mut answers = self
                .0
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner());
            answers.retain(|(of, ..)| Arc::ptr_eq(of, view));
            match answers.iter().find(|(_, of, _)| *of == version) {
                Some((.., bytes)) => bytes.clone(),
                None => {
                    let bytes = make()?;
                    answers.push((Arc::clone(view), version, bytes.clone()));
                    bytes
                }
            }
        };
        let mut bytes = BytesMut::from(&kept[..]);
        bytes[CORRELATION_ID].copy_from_slice(&correlation_id.to_be_bytes());
        Ok(bytes.freeze())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_made_once_for_a_view_and_a_version() {
        let (answers, view) = (AllTopics::default(), Arc::new(View::default()));
        let made = std::cell::Cell::new(0);
        let ask = |view: &Arc<View>, version, id| {
            let make = || {
                made.set(made.get() + 1);
                Ok(Bytes::from_static(&[0, 0, 0, 5, 9, 9, 9, 9, 7]))
            };
            answers.answer(view, version, id, make).unwrap()
        };
        assert_eq!(ask(&view, 1, 3)[..], [0, 0, 0, 5, 0, 0, 0, 3, 7]);
        assert_eq!(ask(&view, 1, 4)[..], [0, 0, 0, 5, 0, 0, 0, 4, 7]);
        assert_eq!(made.get(), 1);
        ask(&view, 2, 0);
        assert_eq!(made.get(), 2);
        ask(&Arc::new(View::default()), 1, 0);
        assert_eq!(made.get(), 3);
    }
}
