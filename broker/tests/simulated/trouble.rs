//! What goes wrong and comes back: crashes and starts, pauses, links.

use std::time::Duration;

use broker::core::{Hello, Input};
use broker::disk::simulated::Survival;
use rand::Rng;

use super::cluster::Cluster;
use super::events::Event;
use super::faults::Fault;

impl Cluster {
    pub(super) fn start(&mut self, id: u64) {
        if self.node(id).alive.is_some() {
            return;
        }
        self.node(id).start();
        let life = self.node(id).life;
        self.oracle.count("starts");
        self.oracle.step(&self.nodes, id as usize - 1);
        self.after(Duration::ZERO, Event::Tick(id, life));
        for other in self.ids().filter(|other| *other != id) {
            for (from, to) in [(id, other), (other, id)] {
                let after = Duration::from_micros(self.random.random_range(100..50_000));
                self.after(after, Event::Link(from, to, true));
            }
        }
    }

    pub(super) fn link_changed(&mut self, from: u64, to: u64, up: bool) {
        let hello: Option<Hello> = self.nodes[to as usize - 1]
            .alive
            .as_ref()
            .map(|alive| alive.core.hello());
        let up = up && hello.is_some() && self.nodes[from as usize - 1].alive.is_some();
        let link = self.network.link(from, to);
        // Dialling through a cut does not succeed; it is tried again when the cut is mended.
        if (up && (link.cut || link.stalled)) || link.up == up {
            return;
        }
        link.up = up;
        let input = match hello {
            Some(hello) if up => Input::PeerUp { peer: to, hello },
            _ => Input::PeerDown { peer: to },
        };
        if !up {
            let redialled = Duration::from_millis(self.random.random_range(20..200));
            self.after(redialled, Event::Link(from, to, true));
        }
        self.feed(from, vec![input]);
    }

    pub(super) fn connect_all(&mut self) {
        for from in self.ids() {
            for to in self.ids().filter(|to| *to != from) {
                let after = Duration::from_micros(self.random.random_range(100..20_000));
                self.after(after, Event::Link(from, to, true));
            }
        }
    }

    pub(super) fn resume(&mut self, id: u64) {
        let now = self.now;
        let Some(alive) = &mut self.node(id).alive else {
            return;
        };
        if now < alive.paused_until {
            return;
        }
        let mut inputs = std::mem::take(&mut alive.inbox);
        inputs.push(Input::Tick);
        self.feed(id, inputs);
    }

    pub(super) fn crash(&mut self, id: u64, survival: Survival, down: Duration) {
        if self.node(id).alive.is_none() {
            return;
        }
        self.oracle.count("crashes");
        let Cluster { nodes, random, .. } = self;
        nodes[id as usize - 1].crash(survival, random);
        for other in self.ids().filter(|other| *other != id) {
            let own = self.network.link(id, other);
            (own.up, own.held) = (false, Vec::new());
            let noticed = Duration::from_micros(self.random.random_range(0..30_000));
            self.after(noticed, Event::Link(other, id, false));
        }
        self.after(down, Event::Start(id));
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        self.oracle.count("faults");
        let lasts = match fault {
            Fault::Crash(id, survival, down) => return self.crash(id, survival, down),
            Fault::CrashAll(survival, down) => {
                return self.ids().for_each(|id| self.crash(id, survival, down));
            }
            Fault::Pause(id, lasts) => {
                let until = self.now + lasts;
                let life = self.node(id).life;
                if let Some(alive) = &mut self.node(id).alive {
                    alive.paused_until = until;
                }
                return self.after(lasts, Event::Resume(id, life));
            }
            Fault::Cut(from, to, lasts) => {
                self.network.link(from, to).cut = true;
                lasts
            }
            Fault::Isolate(id, lasts) => {
                for other in self.ids().filter(|other| *other != id) {
                    self.network.link(id, other).cut = true;
                    self.network.link(other, id).cut = true;
                }
                lasts
            }
            Fault::Stall(one, other, lasts) => {
                self.network.link(one, other).stalled = true;
                self.network.link(other, one).stalled = true;
                lasts
            }
            Fault::Slow(from, to, lasts) => {
                let by = Duration::from_millis(self.random.random_range(5..300));
                self.network.link(from, to).slowness = by;
                lasts
            }
            Fault::SlowDisk(id, lasts) => {
                let by = Duration::from_millis(self.random.random_range(5..400));
                self.disk_delay.insert(id, by);
                lasts
            }
        };
        self.after(lasts, Event::Mend(fault));
    }

    pub(super) fn mend(&mut self, fault: Fault) {
        match fault {
            Fault::Cut(from, to, _) => self.network.link(from, to).cut = false,
            Fault::Isolate(id, _) => {
                for other in self.ids().filter(|other| *other != id) {
                    self.network.link(id, other).cut = false;
                    self.network.link(other, id).cut = false;
                }
            }
            Fault::Stall(one, other, _) => {
                self.release(one, other);
                self.release(other, one);
            }
            Fault::Slow(from, to, _) => self.network.link(from, to).slowness = Duration::ZERO,
            Fault::SlowDisk(id, _) => {
                self.disk_delay.remove(&id);
            }
            Fault::Crash(..) | Fault::CrashAll(..) | Fault::Pause(..) => {}
        }
        self.connect_all();
    }

    /// A stalled direction goes on: what was held arrives late, or the connection breaks and it is lost.
    pub(super) fn release(&mut self, from: u64, to: u64) {
        let breaks = self.random.random_ratio(1, 2);
        let link = self.network.link(from, to);
        if !std::mem::take(&mut link.stalled) {
            return;
        }
        let held = std::mem::take(&mut link.held);
        if breaks {
            self.link_changed(from, to, false);
        } else {
            held.into_iter()
                .for_each(|(class, message)| self.send(class, message));
        }
    }
}
