//! The output logs of the model server: records and markers, and what of them is visible.

use std::collections::BTreeMap;

/// Partitions of the output.
pub(crate) const OUTPUTS: usize = 3;

/// A record, or a marker if it has no value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) value: Option<String>,
    pub(crate) producer: usize,
    pub(crate) epoch: i32,
    /// Of a marker.
    pub(crate) commits: bool,
    /// Of a record: none while its transaction is open.
    pub(crate) visible: Option<bool>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Logs {
    pub(crate) outputs: [Vec<Entry>; OUTPUTS],
    /// How often each value was sent.
    sent: BTreeMap<String, usize>,
}

impl Logs {
    /// The value, made unique: an input that is processed again after an abort has another output.
    pub(crate) fn unique(&mut self, value: &str) -> String {
        let count = self.sent.entry(value.to_owned()).or_default();
        *count += 1;
        format!("{value}#{count}")
    }

    pub(crate) fn append(
        &mut self,
        output: usize,
        value: String,
        producer: usize,
        epoch: i32,
    ) -> usize {
        self.outputs[output].push(Entry {
            value: Some(value),
            producer,
            epoch,
            commits: false,
            visible: None,
        });
        self.outputs[output].len() - 1
    }

    /// Writes the markers of a producer's open transaction. `torn` is a partition that is given the other outcome.
    pub(crate) fn end(&mut self, producer: usize, commits: bool, torn: Option<usize>) {
        for (output, log) in self.outputs.iter_mut().enumerate() {
            let commits = commits != (torn == Some(output));
            let mut epoch = None;
            let open = |entry: &&mut Entry| {
                entry.producer == producer && entry.value.is_some() && entry.visible.is_none()
            };
            for entry in log.iter_mut().filter(open) {
                entry.visible = Some(commits);
                epoch = Some(entry.epoch);
            }
            if let Some(epoch) = epoch {
                log.push(Entry {
                    value: None,
                    producer,
                    epoch,
                    commits,
                    visible: None,
                });
            }
        }
    }

    fn is_open(entry: &Entry) -> bool {
        entry.value.is_some() && entry.visible.is_none()
    }

    /// The last stable offset.
    pub(crate) fn stable(&self, output: usize) -> usize {
        let log = &self.outputs[output];
        log.iter().position(Logs::is_open).unwrap_or(log.len())
    }

    pub(crate) fn end_of(&self, output: usize) -> usize {
        self.outputs[output].len()
    }

    /// The offset of the last record that is committed.
    pub(crate) fn last_committed(&self, output: usize) -> Option<usize> {
        self.outputs[output]
            .iter()
            .rposition(|entry| entry.visible == Some(true))
    }

    /// Whether a record is visible twice.
    pub(crate) fn has_twice(&self, output: usize) -> bool {
        let visible = self.outputs[output].iter();
        let visible = visible.filter(|entry| entry.visible == Some(true));
        let mut values: Vec<&String> = visible.filter_map(|one| one.value.as_ref()).collect();
        values.sort_unstable();
        values.windows(2).any(|pair| pair[0] == pair[1])
    }

    /// What a consumer is given; one that ignores the last stable offset gets what is open, too.
    pub(crate) fn shown(&self, output: usize, ignores: bool) -> Vec<(usize, String)> {
        let log = &self.outputs[output];
        let to = if ignores {
            log.len()
        } else {
            self.stable(output)
        };
        let all = log[..to].iter().enumerate();
        let shown = all
            .filter(|(_, entry)| entry.visible == Some(true) || (ignores && Logs::is_open(entry)));
        shown
            .filter_map(|(offset, entry)| Some((offset, entry.value.clone()?)))
            .collect()
    }
}
