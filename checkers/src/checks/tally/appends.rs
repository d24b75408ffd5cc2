//! Appends that were tried: for how long each partition acknowledged none, how many failed outside of faults, which
//! partitions were served under which fault, and after the last heal.

use std::collections::BTreeMap;

use super::asked::{Append, Asked, State};
use super::{Context, may_exceed};
use crate::checks::stalls::{Series, Stall};
use crate::history::Moment;

/// All partitions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Appends {
    /// Appends under load.
    pub(in crate::checks) count: u64,
    /// The longest wait.
    pub(in crate::checks) longest: Moment,
    /// Waits that may be too long, in their order.
    pub(in crate::checks) stalls: Vec<(u32, Stall)>,
    pub(in crate::checks) tried: Vec<Tried>,
    /// By window and partition: whether an append that was called under the fault was acknowledged before its heal.
    under: BTreeMap<(u32, u32), bool>,
}

/// One partition's appends.
#[derive(Clone, Debug, Default)]
pub(in crate::checks) struct Tried {
    series: Series,
    /// Outside of faults.
    pub(in crate::checks) calm: u64,
    /// Those of them that were not acknowledged.
    pub(in crate::checks) refused: u64,
    /// How often one was refused after one that was not.
    pub(in crate::checks) times: u64,
    was_served: bool,
    pub(in crate::checks) first: Option<(Moment, u64)>,
    pub(in crate::checks) last: (Moment, u64),
    healed: Option<Since>,
    recovered: Option<Since>,
    pub(in crate::checks) never: Never,
}

/// What was tried on a partition that has acknowledged nothing so far.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::checks) struct Never {
    pub(in crate::checks) acknowledged: bool,
    pub(in crate::checks) tries: u64,
    /// Of the try that waited longest while nothing was wrong: its call, until when, its line.
    pub(in crate::checks) longest: Option<(Moment, Moment, u64)>,
}

impl Never {
    fn take(&mut self, (called, ended, id): (Moment, Moment, u64), served: bool, calm: Moment) {
        self.acknowledged |= served;
        self.tries += 1;
        let until = calm.min(ended);
        let length = |(from, to, _): &(Moment, Moment, u64)| to.saturating_sub(*from);
        let longest = self.longest.as_ref().map_or(0, length);
        if !served && until.saturating_sub(called) > longest {
            self.longest = Some((called, until, id));
        }
    }
}

/// Appends since some moment.
#[derive(Clone, Copy, Debug)]
pub(in crate::checks) struct Since {
    since: Moment,
    pub(in crate::checks) first: u64,
    pub(in crate::checks) last: u64,
    pub(in crate::checks) last_called: Moment,
    /// Whether one was acknowledged.
    pub(in crate::checks) served: bool,
}

impl Appends {
    pub(super) fn decide(
        &mut self,
        append: &Append,
        asked: &Asked,
        ended: Moment,
        context: &Context<'_>,
    ) {
        let place = append.place as usize;
        if place >= self.tried.len() {
            self.tried.resize_with(place + 1, Tried::default);
        }
        let served = asked.state == State::Ok;
        for (window, healed) in context.windows_at(asked.called) {
            let under = self.under.entry((window, append.place)).or_default();
            *under |= served && asked.ended <= healed;
        }
        let tried = &mut self.tried[place];
        if append.values > 0 {
            tried.after(append, asked, context);
        }
        if !context.in_time(asked.called) {
            return;
        }
        self.count += 1;
        if let Some(stall) = tried.take(asked, ended, served, context) {
            self.longest = self.longest.max(stall.to.saturating_sub(stall.from));
            self.stalls
                .extend(may_exceed(&stall).then_some((append.place, stall)));
        }
    }

    /// The wait of a partition that goes on at the end.
    pub(in crate::checks) fn end(&self, place: u32) -> Option<Stall> {
        self.tried.get(place as usize)?.series.clone().end()
    }

    /// What was tried on a partition.
    pub(in crate::checks) fn never(&self, place: u32) -> Never {
        let tried = self.tried.get(place as usize);
        tried.map_or_else(Never::default, |tried| tried.never)
    }

    /// Whether a partition was tried under a fault and acknowledged nothing before the heal.
    pub(in crate::checks) fn refused_all(&self, window: usize, place: u32) -> bool {
        let window = u32::try_from(window).unwrap_or(u32::MAX);
        self.under.get(&(window, place)) == Some(&false)
    }

    /// The appends to a partition since the last heal, or since the recovery began.
    pub(in crate::checks) fn since(&self, place: u32, since: Moment) -> Option<Since> {
        let tried = self.tried.get(place as usize)?;
        let both = [tried.healed, tried.recovered];
        both.into_iter().flatten().find(|all| all.since == since)
    }
}

impl Tried {
    fn take(
        &mut self,
        asked: &Asked,
        ended: Moment,
        served: bool,
        context: &Context<'_>,
    ) -> Option<Stall> {
        let (called, id) = (asked.called, asked.id);
        let calm = context.regimes.calm_until(called);
        self.never.take((called, ended, id), served, calm);
        if context.regimes.is_calm(called, ended) {
            self.calm += 1;
            if !served {
                self.refused += 1;
                self.times += u64::from(self.was_served);
                self.first.get_or_insert((called, id));
                self.last = (ended, id);
            }
            self.was_served = served;
        }
        match served {
            true => self.series.served(called, ended, id),
            false => self.series.refused(called, ended, id),
        }
    }

    fn after(&mut self, append: &Append, asked: &Asked, context: &Context<'_>) {
        if let Some(healed) = context.heal(asked.called) {
            add(&mut self.healed, healed, append, asked);
        }
        if asked.called >= context.recovery {
            add(&mut self.recovered, context.recovery, append, asked);
        }
    }
}

fn add(known: &mut Option<Since>, since: Moment, append: &Append, asked: &Asked) {
    let known = match known {
        Some(known) if known.since == since => known,
        _ => known.insert(Since {
            since,
            first: asked.id,
            last: asked.id,
            last_called: asked.called,
            served: false,
        }),
    };
    (known.last, known.last_called) = (asked.id, asked.called);
    known.served |= append.any;
}
