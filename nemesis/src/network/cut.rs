//! A set of one-way links that is cut together. Healing is idempotent, and dropping it heals.

use std::sync::{Arc, Mutex};

use super::{Heard, Network, NetworkError, lock};
use crate::link::Link;

/// How often a drop tries to restore a link that the kernel refused to restore.
const DROP_ATTEMPTS: usize = 3;

/// Links that are cut, or about to be. Cloning shares the cut; the last clone that is dropped heals
/// it.
#[derive(Clone, Debug)]
pub struct Cut {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    network: Arc<Network>,
    links: Vec<Link>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Those of the links that this cut holds now.
    held: Vec<Link>,
    /// Once healed, a cut never begins: its begin may still be under way on another thread.
    healed: bool,
}

impl Cut {
    /// Names the links; cuts nothing yet.
    pub fn new(network: Arc<Network>, links: Vec<Link>) -> Cut {
        Cut {
            shared: Arc::new(Shared {
                network,
                links,
                state: Mutex::default(),
            }),
        }
    }

    /// The links that this cut is about.
    pub fn links(&self) -> &[Link] {
        &self.shared.links
    }

    /// Cuts the links. Takes some milliseconds; blocks.
    pub fn begin(&self) -> Result<(), NetworkError> {
        let mut state = lock(&self.shared.state);
        if state.healed || !state.held.is_empty() {
            return Ok(());
        }
        for link in &self.shared.links {
            self.shared.network.hold(*link)?;
            state.held.push(*link);
        }
        Ok(())
    }

    /// Restores the links. Restoring twice does nothing the second time.
    pub fn heal(&self) -> Result<(), NetworkError> {
        self.shared.heal()
    }

    /// Probes, and reports whether the network is as this cut wants it: while the cut lasts nothing
    /// passes over its links and everything over the others, afterwards everything passes. The text is the evidence either
    /// way. Blocks for at most 100 ms.
    pub fn verify(&self) -> Result<Result<String, String>, NetworkError> {
        let heard = self.shared.network.probe()?;
        let down = self.shared.network.links_down();
        let wrong: Vec<Link> = Link::all(self.shared.network.nodes())
            .into_iter()
            .filter(|link| heard.carries(*link) == down.contains(link))
            .collect();
        let text = self.describe(&heard, &down);
        Ok(if wrong.is_empty() {
            Ok(text)
        } else {
            Err(format!("unexpected: {}; {text}", heard.evidence(&wrong)))
        })
    }

    fn describe(&self, heard: &Heard, down: &[Link]) -> String {
        let control: Vec<Link> = Link::all(self.shared.network.nodes())
            .into_iter()
            .filter(|link| !down.contains(link) && !self.links().contains(link))
            .collect();
        let arrived = control.iter().filter(|link| heard.carries(**link)).count();
        let control = format!("{arrived} of {} other links carry", control.len());
        if self.links().is_empty() {
            return control;
        }
        let seen = heard.evidence(self.links());
        format!("probe datagrams arrived: {seen}; control: {control}")
    }
}

impl Shared {
    fn heal(&self) -> Result<(), NetworkError> {
        let mut state = lock(&self.state);
        state.healed = true;
        while let Some(link) = state.held.last().copied() {
            self.network.release(link)?;
            state.held.pop();
        }
        Ok(())
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        for _ in 0..DROP_ATTEMPTS {
            if self.heal().is_ok() {
                return;
            }
        }
    }
}
