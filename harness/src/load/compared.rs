//! Records as they are read, each compared as a whole with what was sent. What differs is recorded as an observation.

use bytes::Bytes;
use checkers::history::{Altered, Moment, Observation, Offset, Seen, Text, What};

use super::contents::{Client, Drawing};
use crate::kafka::contents::Contents;
use crate::kafka::questions::Stored;
use crate::record::Recorder;

/// The most differing records in one observation.
const ALTERED_MAX: usize = 100;

/// One reader's comparison. The observation is recorded when it ends.
pub struct Compared<'a> {
    drawing: Option<&'a Drawing>,
    recorder: &'a Recorder,
    began: Moment,
    compared: u64,
    altered: Vec<Altered>,
}

impl<'a> Compared<'a> {
    /// Of a reader that begins now. Without a drawing a record is its value.
    pub fn begin(drawing: Option<&'a Drawing>, recorder: &'a Recorder) -> Compared<'a> {
        let began = recorder.now();
        Compared {
            drawing,
            recorder,
            began,
            compared: 0,
            altered: Vec::new(),
        }
    }

    /// The word of the history for a record of a raw Fetch.
    pub fn stored(&mut self, (topic, partition): (&str, i32), record: &Stored) -> Text {
        let (contents, value) = (|| record.contents.clone(), || record.contents.value.clone());
        self.word(
            (topic, partition, record.offset),
            Client::Raw,
            contents,
            value,
        )
    }

    /// The word of the history for a record of a consumer.
    pub fn consumed(&mut self, message: &impl rdkafka::Message) -> Text {
        use rdkafka::message::Headers as _;
        let own = Bytes::copy_from_slice;
        let contents = || Contents {
            key: message.key().map(own),
            value: message.payload().map(own),
            headers: message.headers().map_or_else(Vec::new, |headers| {
                let header = |header: rdkafka::message::Header<'_, &[u8]>| {
                    (header.key.to_owned(), header.value.map(own))
                };
                headers.iter().map(header).collect()
            }),
            timestamp: message.timestamp().to_millis().unwrap_or(-1),
        };
        let at = (message.topic(), message.partition(), message.offset());
        self.word(at, Client::Librdkafka, contents, || {
            message.payload().map(own)
        })
    }

    fn word(
        &mut self,
        (topic, partition, offset): (&str, i32, Offset),
        by: Client,
        contents: impl FnOnce() -> Contents,
        value: impl FnOnce() -> Option<Bytes>,
    ) -> Text {
        let Some(drawing) = self.drawing else {
            return String::from_utf8_lossy(&value().unwrap_or_default()).into();
        };
        let (value, fields) = drawing.recognise(&contents(), by);
        self.compared += 1;
        if !fields.is_empty() && self.altered.len() < ALTERED_MAX {
            let fields = fields.into_iter().map(Text::from).collect();
            let (topic, value) = (topic.into(), value.clone());
            self.altered.push(Altered {
                topic,
                partition,
                offset,
                value,
                fields,
            });
        }
        value
    }
}

impl Drop for Compared<'_> {
    fn drop(&mut self) {
        if self.drawing.is_none() {
            return;
        }
        let (compared, altered) = (self.compared, std::mem::take(&mut self.altered));
        self.recorder
            .record(What::Observation(Box::new(Observation {
                called: self.began,
                node: Text::default(),
                answered: true,
                error: None,
                seen: Seen::Content { compared, altered },
            })));
    }
}
