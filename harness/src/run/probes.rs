//! Starts what watches a run: the probes from the begin on, and those that need the load's partitions.

use anyhow::Result;
use checkers::history::Isolation;

use super::{Running, rolling_reads};
use crate::config::topics::names;
use crate::output::say;
use crate::probe;
use crate::probe::reach::Place;
use crate::record::Threads;

impl Running<'_> {
    pub(super) fn start_probes(&self, probes: &mut Threads) -> Result<()> {
        let names: Vec<String> = names(&self.case.topics());
        let (target, seen) = (&self.case.target, (&self.recorder, &self.view));
        let returning = (self.case.workload.make)().returning();
        let topics = (names.as_slice(), returning.as_slice());
        probe::metadata::start(target, &self.cluster, topics, seen, probes)?;
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
            let (recorder, view) = (self.recorder.clone(), self.view.clone());
            let ids = target.broker_ids();
            probes.start(&format!("groups-n{}", place + 1), move |stop| {
                let noted = (&recorder, &view);
                probe::coordinator::watch((place, &nodes, &ids), &groups, noted, &stop);
            })?;
        }
        for node in self.cluster.nodes() {
            let Some(address) = self.cluster.controller(node) else {
                break;
            };
            let (recorder, ids) = (self.recorder.clone(), target.broker_ids());
            probes.start(&format!("controller-{node}"), move |stop| {
                let asked = (usize::from(node.number()), address);
                probe::controller::watch(asked, &ids, &recorder, &stop);
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
            let (address, ends) = (self.cluster.address(node), self.ends(places));
            let (recorder, ids) = (self.recorder.clone(), self.ids.clone());
            let reach = self.reach.clone();
            probes.start(&format!("ends-{node}"), move |stop| {
                let (node, ends) = (usize::from(node.number()), (&ends[..], &reach));
                probe::end_offsets::ask(node, address, ends, &recorder, &ids, &stop);
            })?;
            let (_, transactional) = self.split(places);
            if !transactional.is_empty() {
                let (recorder, nodes) = (self.recorder.clone(), self.cluster.addresses());
                let (view, ids) = (self.view.clone(), self.case.target.broker_ids());
                probes.start(&format!("transactions-{node}"), move |stop| {
                    let asked = (node.index(), &nodes[..], &ids[..]);
                    let noted = (&recorder, &view);
                    probe::transactions::watch(asked, &transactional, noted, &stop);
                })?;
            }
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

    /// The ends to ask for: of partitions that transactions write to, also that for readers of what is committed.
    fn ends(&self, places: &[(String, i32)]) -> Vec<(Place, Isolation)> {
        let (_, transactional) = self.split(places);
        let all = places.iter().cloned();
        let all = all.map(|place| (place, Isolation::ReadUncommitted));
        let stable = transactional.into_iter();
        let stable = stable.map(|place| (place, Isolation::ReadCommitted));
        all.chain(stable).collect()
    }

    /// Partitions that transactions do not write to, and those that they do.
    pub(super) fn split(&self, places: &[(String, i32)]) -> (Vec<Place>, Vec<Place>) {
        let places = places.iter().cloned();
        places.partition(|(topic, _)| !self.workload.is_transactional(topic))
    }

    /// What reads the load's partitions through every node where a run is long. Those of transactions are read in the end
    /// only, as a whole.
    pub(super) fn start_rolling_reads(
        &self,
        threads: &mut Threads,
        places: &[(String, i32)],
    ) -> Result<()> {
        let (plain, _) = self.split(places);
        for node in self.cluster.nodes() {
            let (address, places) = (self.cluster.address(node), plain.clone());
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
