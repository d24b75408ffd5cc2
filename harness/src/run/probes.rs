//! Starts what watches a run: the probes from the begin on, and those that need the load's partitions.

use anyhow::Result;

use super::{Running, rolling_reads};
use crate::config::topics::names;
use crate::output::say;
use crate::probe;
use crate::record::Threads;

impl Running<'_> {
    pub(super) fn start_probes(&self, probes: &mut Threads) -> Result<()> {
        let names: Vec<String> = names(&self.case.topics());
        let (target, seen) = (&self.case.target, (&self.recorder, &self.view));
        probe::metadata::start(target, &self.cluster, &names, seen, probes)?;
        let recorder = self.recorder.clone();
        probes.start("lateness", move |stop| {
            probe::lateness::watch(&recorder, &stop)
        })?;
        let addresses = self.cluster.addresses();
        for place in 0..addresses.len() {
            let (nodes, groups) = (addresses.clone(), self.groups.clone());
            if groups.is_empty() {
                break;
            }
            let recorder = self.recorder.clone();
            probes.start(&format!("groups-n{}", place + 1), move |stop| {
                probe::coordinator::watch((place, &nodes), &groups, &recorder, &stop);
            })?;
        }
        if !target.runs_already() {
            let (recorder, directory) = (self.recorder.clone(), self.directory.to_owned());
            let space = self.context.space.clone();
            probes.start("disk", move |stop| {
                probe::disk::watch(&directory, &recorder, &space, &stop);
            })?;
        }
        let (recorder, cluster) = (self.recorder.clone(), self.cluster.clone());
        let table = self.context.table.clone();
        probes.start("figures", move |stop| {
            probe::figures::watch(&table, &cluster, &recorder, &stop);
        })
    }

    /// What asks every node for ends, and reads the produce probe's records through it.
    pub(super) fn start_readers(
        &self,
        probes: &mut Threads,
        places: &[(String, i32)],
    ) -> Result<()> {
        for node in self.cluster.nodes() {
            let (address, places) = (self.cluster.address(node), places.to_vec());
            let (recorder, ids) = (self.recorder.clone(), self.ids.clone());
            let reach = self.reach.clone();
            probes.start(&format!("ends-{node}"), move |stop| {
                let (node, places) = (usize::from(node.number()), (&places[..], &reach));
                probe::end_offsets::ask(node, address, places, &recorder, &ids, &stop);
            })?;
            if self.case.watch_delivery {
                let recorder = self.recorder.clone();
                probes.start(&format!("delivery-{node}"), move |stop| {
                    let node = usize::from(node.number());
                    probe::delivery::watch(node, address, &recorder, &stop);
                })?;
            }
        }
        Ok(())
    }

    /// What reads the load's partitions through every node where a run is long.
    pub(super) fn start_rolling_reads(
        &self,
        threads: &mut Threads,
        places: &[(String, i32)],
    ) -> Result<()> {
        for node in self.cluster.nodes() {
            let (address, places) = (self.cluster.address(node), places.to_vec());
            let (recorder, ids) = (self.recorder.clone(), self.ids.clone());
            let (reach, drawing) = (self.reach.clone(), self.drawing.clone());
            threads.start(&format!("reads-{node}"), move |stop| {
                let node = (usize::from(node.number()), address);
                let drawing = (*drawing).as_ref();
                rolling_reads::watch(node, &places, &reach, drawing, (&recorder, &ids), &stop);
            })?;
        }
        Ok(())
    }

    pub(super) fn start_produce_probe(&self, threads: &mut Threads) -> Result<()> {
        let (bootstrap, recorder) = (self.cluster.bootstrap(), self.recorder.clone());
        let target = self.case.target.clone();
        threads.start("produce-probe", move |stop| {
            let result = probe::produce::run(&bootstrap, &target, &recorder, &stop);
            if let Err(error) = result {
                say(&format!(
                    "  warning: the produce probe did not run: {error:#}"
                ));
            }
        })
    }
}
