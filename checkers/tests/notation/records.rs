//! Records in the notation: how they came out, how they were read and compared, and which one is named for a time.

use std::collections::BTreeMap;

use checkers::history::{
    Altered, Call, DeleteRecords, OffsetForTime, OffsetForTimeSeen, Outcome, Read, ReadSeen,
    Record, RecordOutcome, RecordsDeleted, Report, Seen, StartOffset, StartOffsetSeen, Text,
};

use super::words;

/// `compared 2 t/0:b@1~headers,timestamp`.
pub(super) fn compared(count: &str, altered: &[&str]) -> Seen {
    let altered = altered.iter().map(|word| {
        let (record, fields) = word.split_once('~').expect("t/0:value@offset~field,...");
        let place = Default::default();
        let (topic, partition, offset, value) = words::records(record, &place).remove(0);
        Altered {
            topic: topic.into(),
            partition,
            offset,
            value: value.into(),
            fields: fields.split(',').map(Text::from).collect(),
        }
    });
    let (compared, altered) = (words::number(count), altered.collect());
    Seen::Content { compared, altered }
}

/// `time t/0 1500 -> 5@1600`, `time t/0 greatest -> none`.
pub(super) fn time(asked: &[&str], answer: &[&str]) -> (Call, Report) {
    let (topic, partition) = words::place(asked[0]);
    let timestamp = match asked[1] {
        "greatest" => OffsetForTime::GREATEST,
        time => words::number(time),
    };
    let named = answer.first().and_then(|word| word.split_once('@'));
    let seen = OffsetForTimeSeen {
        offset: named.map(|(offset, _)| words::number(offset)),
        timestamp: named.map(|(_, timestamp)| words::number(timestamp)),
    };
    let call = Call::OffsetForTime(Box::new(OffsetForTime {
        topic: topic.into(),
        partition,
        timestamp,
        node: None,
    }));
    (call, Report::OffsetForTime(Box::new(seen)))
}

/// `start n1 t/0 -> 5`.
pub(super) fn start(asked: &[&str], answer: &[&str], phase: Option<Text>) -> (Call, Report) {
    let (topic, partition) = words::place(asked[1]);
    let call = Call::StartOffset(Box::new(StartOffset {
        node: asked[0].into(),
        topic: topic.into(),
        partition,
        phase,
    }));
    let offset = answer.first().map(|word| words::number(word));
    (call, Report::StartOffset(StartOffsetSeen { offset }))
}

/// `delete-records n1 t/0@5 -> 5`.
pub(super) fn deleted(asked: &[&str], answer: &[&str]) -> (Call, Report) {
    let (topic, partition, offset) = words::position(asked[1]);
    let low_watermark = answer.first().map(|word| words::number(word));
    let call = Call::DeleteRecords(Box::new(DeleteRecords {
        node: Some(asked[0].into()),
        topic: topic.into(),
        partition,
        offset,
    }));
    (
        call,
        Report::DeleteRecords(RecordsDeleted { low_watermark }),
    )
}

pub(super) fn came_out(word: &str) -> Vec<RecordOutcome> {
    let (word, error) = match word.strip_prefix("x:") {
        Some(error) => ("x", Some(error.into())),
        None => (word, None),
    };
    let (outcome, offsets) = match word {
        "x" => (Outcome::Fail, vec![None]),
        "?" => (Outcome::Info, vec![None]),
        "none" => (Outcome::Ok, vec![None]),
        _ => match (word.strip_prefix('?'), word.split_once("..")) {
            (Some(claim), _) => (Outcome::Info, vec![Some(words::number(claim))]),
            (None, Some((from, to))) => (
                Outcome::Ok,
                (words::number(from)..=words::number(to))
                    .map(Some)
                    .collect(),
            ),
            (None, None) => (Outcome::Ok, vec![Some(words::number(word))]),
        },
    };
    offsets
        .into_iter()
        .map(|offset| RecordOutcome {
            outcome,
            offset,
            error: error.clone(),
            persisted: None,
        })
        .collect()
}

pub(super) fn seen(words: &[&str], place: &(String, i32)) -> Vec<Record> {
    words
        .iter()
        .flat_map(|word| words::records(word, place))
        .map(|(topic, partition, offset, value)| {
            Record(topic.into(), partition, offset, value.into())
        })
        .collect()
}

/// `read n1 t/0@5 -> t/0:b@5 next=6 hw=6 start=0`.
pub(super) fn read(
    (asked, answer): (&[&str], &[&str]),
    got: &BTreeMap<&str, &str>,
    phase: Option<Text>,
) -> (Call, Report) {
    let (topic, partition, position) = words::position(asked[1]);
    let records = seen(answer, &(topic.clone(), partition));
    let last = records
        .last()
        .map_or(position, |record| record.offset() + 1);
    let number = |name| got.get(name).map(|word| words::number(word));
    let next = number("next").unwrap_or(last);
    let report = ReadSeen {
        records,
        next: Some(next),
        high_watermark: Some(number("hw").unwrap_or(next)),
        log_start_offset: number("start"),
    };
    let call = Read {
        node: asked[0].into(),
        topic: topic.into(),
        partition,
        position,
        phase,
    };
    (Call::Read(Box::new(call)), Report::Read(Box::new(report)))
}
