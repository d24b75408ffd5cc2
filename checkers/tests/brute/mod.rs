//! Small histories of one log, made by running it, and a decision of linearizability by trying every order.
//!
//! The log is sparse: an append takes any offset at or behind the end. An end offset is exact where recency is
//! promised; otherwise it may lag, and must not be ahead.

use std::fmt::Write as _;

use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// Whether end offsets have to be exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// They may lag.
    Order,
    /// They include all that is known.
    Recency,
}

/// How an append came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// At this offset.
    Ok(i64),
    /// Refused.
    Fail,
    /// Unknown.
    Info,
}

/// An operation on the log.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Of a value.
    Append(char, Came),
    /// Of the record at an offset.
    Read(i64, char),
    /// What comes behind the last record.
    End(i64),
}

/// An operation with its interval.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    called: u32,
    returned: u32,
    kind: Kind,
}

impl Operation {
    /// Until when it must have happened; none if it need not.
    fn deadline(&self) -> Option<u32> {
        match self.kind {
            Kind::Append(_, Came::Info | Came::Fail) => None,
            _ => Some(self.returned),
        }
    }
}

/// A history.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    operations: Vec<Operation>,
}

/// Offsets beyond this are not tried for records of unknown outcome.
const OFFSET_MAX: i64 = 9;

impl Case {
    /// Runs a log with a few operations that overlap, and changes up to three things in it.
    pub(crate) fn draw(random: &mut ChaCha8Rng) -> Case {
        let count = random.random_range(2..=7_usize);
        let mut moments: Vec<u32> = (1..=2 * count as u32).collect();
        for at in (1..moments.len()).rev() {
            moments.swap(at, random.random_range(0..=at));
        }
        let mut planned: Vec<(u32, u32, f64)> = moments
            .chunks(2)
            .map(|pair| (pair[0].min(pair[1]), pair[0].max(pair[1])))
            .map(|(called, returned)| {
                let point = random.random_range(f64::from(called)..f64::from(returned));
                (called, returned, point)
            })
            .collect();
        planned.sort_by(|a, b| a.2.total_cmp(&b.2));
        let mut log: Vec<(i64, char)> = Vec::new();
        let mut end = 0;
        let mut names = 'a'..;
        let mut operations = Vec::new();
        for (called, returned, _) in planned {
            let kind = match random.random_range(0..10) {
                0..=4 => {
                    let value = names.next().expect("letters");
                    let came = match random.random_range(0..8) {
                        0 => Came::Fail,
                        1 | 2 => Came::Info,
                        _ => Came::Ok(end + i64::from(random.random_ratio(1, 6))),
                    };
                    let applied = match came {
                        Came::Ok(offset) => Some(offset),
                        Came::Info if random.random() => Some(end),
                        _ => None,
                    };
                    if let Some(offset) = applied {
                        log.push((offset, value));
                        end = offset + 1;
                    }
                    Kind::Append(value, came)
                }
                5..=7 if !log.is_empty() => {
                    let (offset, value) = log[random.random_range(0..log.len())];
                    Kind::Read(offset, value)
                }
                _ => Kind::End(end),
            };
            operations.push(Operation {
                called,
                returned,
                kind,
            });
        }
        let mut case = Case { operations };
        for _ in 0..random.random_range(0..4) {
            case.mutate(random);
        }
        case
    }

    fn mutate(&mut self, random: &mut ChaCha8Rng) {
        let at = random.random_range(0..self.operations.len());
        let other = random.random_range(0..self.operations.len());
        let by = if random.random() { 1 } else { -1 };
        match random.random_range(0..4) {
            0 => {
                let kind = self.operations[at].kind.clone();
                self.operations[at].kind = self.operations[other].kind.clone();
                self.operations[other].kind = kind;
            }
            1 => match &mut self.operations[at].kind {
                Kind::Append(_, came) => *came = Came::Fail,
                Kind::Read(_, value) => *value = 'z',
                Kind::End(end) => *end = (*end + by).max(0),
            },
            _ => match &mut self.operations[at].kind {
                Kind::Append(_, Came::Ok(offset)) | Kind::Read(offset, _) | Kind::End(offset) => {
                    *offset = (*offset + by).max(0);
                }
                Kind::Append(_, came) => *came = Came::Info,
            },
        }
    }

    /// In the notation.
    pub(crate) fn text(&self, mode: Mode) -> String {
        let mut text = format!(
            "promise end_offset_includes_acknowledged={}\n",
            mode == Mode::Recency
        );
        for (worker, operation) in self.operations.iter().enumerate() {
            let Operation {
                called,
                returned,
                kind,
            } = operation;
            let what = match kind {
                Kind::Append(value, came) => {
                    let came = match came {
                        Came::Ok(offset) => offset.to_string(),
                        Came::Fail => "x".to_owned(),
                        Came::Info => "?".to_owned(),
                    };
                    format!("append t/0 {value} -> {came}")
                }
                Kind::Read(offset, value) => format!("poll t/0@{offset} -> {value}@{offset}"),
                Kind::End(end) => format!("end t/0 n1 -> {end}"),
            };
            let _ = writeln!(text, "{called}..{returned} w{worker} {what}");
        }
        text
    }
}

/// Whether some order of the operations explains what they returned.
pub(crate) fn is_linearizable(case: &Case, mode: Mode) -> bool {
    let mut left: Vec<&Operation> = case.operations.iter().collect();
    left.retain(|operation| !matches!(operation.kind, Kind::Append(_, Came::Fail)));
    search(&mut left, &mut Vec::new(), 0, mode)
}

fn search(left: &mut Vec<&Operation>, log: &mut Vec<(i64, char)>, end: i64, mode: Mode) -> bool {
    let Some(deadline) = left
        .iter()
        .filter_map(|operation| operation.deadline())
        .min()
    else {
        return true;
    };
    for at in 0..left.len() {
        if left[at].called > deadline {
            continue;
        }
        let operation = left.remove(at);
        let explained = match operation.kind {
            Kind::Append(value, Came::Ok(offset)) if offset >= end => {
                appended(left, log, (offset, value), mode)
            }
            Kind::Append(value, Came::Info) => {
                (end..=OFFSET_MAX).any(|offset| appended(left, log, (offset, value), mode))
            }
            Kind::Read(offset, value) if log.contains(&(offset, value)) => {
                search(left, log, end, mode)
            }
            Kind::End(told) if told >= end || mode == Mode::Order => {
                search(left, log, end.max(told), mode)
            }
            _ => false,
        };
        left.insert(at, operation);
        if explained {
            return true;
        }
    }
    false
}

fn appended(
    left: &mut Vec<&Operation>,
    log: &mut Vec<(i64, char)>,
    record: (i64, char),
    mode: Mode,
) -> bool {
    log.push(record);
    let explained = search(left, log, record.0 + 1, mode);
    log.pop();
    explained
}
