//! A set of one-way links that pass through the switch together. Healing is idempotent, and dropping it heals.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::probe::Burst;
use super::{Heard, Network, NetworkError, lock};
use crate::evidence::Counters;
use crate::link::Link;
use crate::wire::{MILLION, QUEUE, Treatment, Worse};

/// How often a drop tries to restore a link that the kernel refused to restore.
const DROP_ATTEMPTS: usize = 3;

/// A burst is long enough for this many lost, doubled or overtaking datagrams on average.
const DRAWN_IN_BURST: u32 = 20;

/// The shortest and the longest burst.
const BURST: (u32, u32) = (50, 4_000);

/// Beyond a link's own periods, how long a flapping link is watched.
const FLAPPING_PATIENCE: Duration = Duration::from_millis(300);

/// Links that are diverted, or about to be. Cloning shares the diversion; the last clone that is dropped heals it.
#[derive(Clone, Debug)]
pub struct Diversion {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    network: Arc<Network>,
    links: Vec<Link>,
    treatment: Treatment,
    seed: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Those of the links that it holds now.
    held: Vec<Link>,
    /// Once healed, it never begins: its begin may still be under way on another thread.
    healed: bool,
    /// What was counted on links that are restored.
    counted: Counters,
}

impl Diversion {
    /// Names the links and what happens to their frames; diverts nothing yet.
    pub fn new(
        network: Arc<Network>,
        links: Vec<Link>,
        treatment: Treatment,
        seed: u64,
    ) -> Diversion {
        Diversion {
            shared: Arc::new(Shared {
                network,
                links,
                treatment,
                seed,
                state: Mutex::default(),
            }),
        }
    }

    /// The links that it is about.
    pub fn links(&self) -> &[Link] {
        &self.shared.links
    }

    /// Diverts the links. Takes some milliseconds; blocks.
    ///
    /// # Errors
    /// If links cannot be diverted here, or another diversion holds one of them.
    pub fn begin(&self) -> Result<(), NetworkError> {
        let Shared {
            network,
            links,
            treatment,
            seed,
            ..
        } = &*self.shared;
        let mut state = lock(&self.shared.state);
        if state.healed || !state.held.is_empty() {
            return Ok(());
        }
        for (at, link) in links.iter().enumerate() {
            network.divert(*link, *treatment, seed.wrapping_add(at as u64))?;
            state.held.push(*link);
        }
        Ok(())
    }

    /// Restores the links: messages that a message cut kept arrive now. Restoring twice does nothing the second time.
    ///
    /// # Errors
    /// If the kernel refuses it.
    pub fn heal(&self) -> Result<(), NetworkError> {
        self.shared.heal()
    }

    /// What was counted on all links so far.
    ///
    /// # Errors
    /// If the switch has ended.
    pub fn counters(&self) -> Result<Counters, NetworkError> {
        let state = lock(&self.shared.state);
        let mut counters = state.counted.clone();
        for link in &state.held {
            self.shared.network.counted(*link)?.add_to(&mut counters);
        }
        Ok(counters)
    }

    /// Why what was counted is not to be trusted, if it is not: the switch itself lost frames, or ended.
    ///
    /// # Errors
    /// If the switch has ended.
    pub fn distrust(&self) -> Result<Option<String>, NetworkError> {
        let failed = self.counters()?.get("failed");
        let health = self.shared.network.switch_health()?;
        let lost = health.overrun + failed;
        Ok((lost > 0).then(|| {
            let late_ms = health.late_max.as_millis();
            format!("the switch itself lost {lost} frames; it was up to {late_ms} ms late")
        }))
    }

    /// Probes, and reports whether links and switch do what was asked: the text is the evidence either way. Blocks for
    /// some tens of milliseconds, for a flapping link until it was seen both ways.
    ///
    /// # Errors
    /// If a datagram cannot be sent.
    pub fn verify(&self) -> Result<Result<String, String>, NetworkError> {
        if lock(&self.shared.state).held.is_empty() {
            return self.see_whole();
        }
        match self.shared.treatment {
            Treatment::MessageCut { .. } => self.see_silent(),
            Treatment::Worse(worse) => self.see_worse(&worse),
        }
    }

    /// Everything carries, and nothing is late.
    fn see_whole(&self) -> Result<Result<String, String>, NetworkError> {
        let network = &self.shared.network;
        let heard = network.probe()?;
        let control = self.control(&heard, &[]);
        let seen = heard.evidence(self.links());
        let whole = Link::all(network.nodes())
            .into_iter()
            .all(|link| heard.carries(link));
        let text = format!("probe datagrams arrived: {seen}; control: {control}");
        Ok(if whole { Ok(text) } else { Err(text) })
    }

    /// No datagram arrives on the links, and every other link carries: a datagram is a message.
    fn see_silent(&self) -> Result<Result<String, String>, NetworkError> {
        let network = &self.shared.network;
        let heard = network.probe_with(self.links(), Duration::ZERO)?;
        let control = self.control(&heard, self.links());
        let seen = heard.evidence(self.links());
        let text = format!("probe datagrams arrived: {seen}; control: {control}");
        let wrong = Link::all(network.nodes())
            .into_iter()
            .any(|link| heard.carries(link) == self.links().contains(&link));
        Ok(if wrong { Err(text) } else { Ok(text) })
    }

    fn see_worse(&self, worse: &Worse) -> Result<Result<String, String>, NetworkError> {
        let mut seen = Vec::new();
        if let Some(period) = worse.flapping {
            match self.see_flapping(period)? {
                Ok(text) => seen.push(text),
                Err(text) => return Ok(Err(text)),
            }
        }
        if worse.reordered == 0 && !worse.delay.is_zero() {
            match self.see_delay(worse)? {
                Ok(text) => seen.push(text),
                Err(text) => return Ok(Err(text)),
            }
        }
        if worse.bandwidth.is_some() {
            self.shared.network.probe_with(self.links(), QUEUE)?;
            let counters = self.counters()?;
            match counters.get("delayed") > 0 {
                true => seen.push(format!("segments waited: {}", counters.get("delayed"))),
                false => return Ok(Err(format!("no segment waited: {counters}"))),
            }
        }
        let drawn: [(u32, &str, Shown); 3] = [
            (worse.lost, "lost", |burst| burst.arrived < burst.sent),
            (worse.duplicated, "doubled", |burst| {
                burst.arrived > burst.sent
            }),
            (worse.reordered, "overtaken", |burst| burst.overtaken > 0),
        ];
        for (share, word, shown) in drawn.into_iter().filter(|(share, ..)| *share > 0) {
            match self.see_drawn(share, word, shown, worse)? {
                Ok(text) => seen.push(text),
                Err(text) => return Ok(Err(text)),
            }
        }
        Ok(Ok(seen.join("; ")))
    }

    fn see_delay(&self, worse: &Worse) -> Result<Result<String, String>, NetworkError> {
        let patience = worse.delay + worse.jitter;
        let heard = self.shared.network.probe_with(&[], patience)?;
        let control = self.control(&heard, &[]);
        let took = |link: &Link| match heard.took(*link) {
            Some(took) => format!("{link} after {:.1} ms", took.as_secs_f64() * 1e3),
            None => format!("{link} never"),
        };
        let words: Vec<String> = self.links().iter().map(took).collect();
        let text = format!(
            "probe datagrams arrived: {}; control: {control}",
            words.join(", ")
        );
        let slow = |link: &Link| heard.took(*link).is_some_and(|took| took >= worse.delay);
        Ok(if self.links().iter().all(slow) {
            Ok(text)
        } else {
            Err(text)
        })
    }

    /// Sees each link silent and carrying.
    fn see_flapping(&self, period: Duration) -> Result<Result<String, String>, NetworkError> {
        let limit = Instant::now() + period * 2 + FLAPPING_PATIENCE;
        let (mut silent, mut carried) = (0, 0);
        while Instant::now() < limit {
            let heard = self
                .shared
                .network
                .probe_with(self.links(), Duration::ZERO)?;
            match self
                .links()
                .iter()
                .filter(|link| heard.carries(**link))
                .count()
            {
                0 => silent += 1,
                all if all == self.links().len() => carried += 1,
                _ => {}
            }
            if silent > 0 && carried > 0 {
                let text =
                    format!("probes that found the links silent: {silent}, carrying: {carried}");
                return Ok(Ok(text));
            }
            thread::sleep(period.min(FLAPPING_PATIENCE) / 10);
        }
        let text = format!("probes that found the links silent: {silent}, carrying: {carried}");
        Ok(Err(text))
    }

    /// Sends so many datagrams over each link that what is drawn for some of them is seen.
    fn see_drawn(
        &self,
        share: u32,
        word: &str,
        shown: Shown,
        worse: &Worse,
    ) -> Result<Result<String, String>, NetworkError> {
        let count = (u64::from(DRAWN_IN_BURST) * u64::from(MILLION) / u64::from(share)) as u32;
        let count = count.clamp(BURST.0, BURST.1);
        let patience = worse.delay + worse.jitter;
        let mut words = Vec::new();
        for link in self.links() {
            let burst = self.shared.network.burst(*link, count, patience)?;
            let Burst {
                sent,
                arrived,
                overtaken,
            } = burst;
            let text = format!("{link} {arrived} of {sent}, {overtaken} overtaken");
            if !shown(&burst) {
                return Ok(Err(format!("no datagram was {word}: {text}")));
            }
            words.push(text);
        }
        Ok(Ok(format!("datagrams arrived: {}", words.join(", "))))
    }

    /// How many of the links that are not its own carry.
    fn control(&self, heard: &Heard, silent: &[Link]) -> String {
        let control: Vec<Link> = Link::all(self.shared.network.nodes())
            .into_iter()
            .filter(|link| !self.links().contains(link) && !silent.contains(link))
            .collect();
        let arrived = control.iter().filter(|link| heard.carries(**link)).count();
        format!("{arrived} of {} other links carry", control.len())
    }
}

/// Whether a burst shows what is drawn.
type Shown = fn(&Burst) -> bool;

impl Shared {
    fn heal(&self) -> Result<(), NetworkError> {
        let mut state = lock(&self.state);
        state.healed = true;
        while let Some(link) = state.held.last().copied() {
            let count = self.network.straighten(link)?;
            count.add_to(&mut state.counted);
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
