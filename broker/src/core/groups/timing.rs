//! Deadlines of groups, on the leader's own clock. A leader that stood still (SIGSTOP, a suspended machine) has not heard the
//! heartbeats of that time, so it adds the standstill to every deadline: otherwise all sessions would be over at once.

use std::time::Duration;

use super::{Core, Live, Phase};
use crate::hooks::Timed;
use crate::request::Time;
use crate::request::groups::GroupState;

/// How often deadlines are looked at.
const SCAN_EVERY: Duration = Duration::from_millis(50);
/// A tick that comes later than this shows that the process did not run.
const STANDSTILL: Duration = Duration::from_millis(100);

impl Core {
    /// A new leader knows its groups from here on, each with all its time.
    pub(super) fn begin_groups(&mut self) {
        if self.coordinator.begun {
            return;
        }
        self.coordinator.begun = true;
        let groups: Vec<String> = self.state.groups.iter().map(|(id, _)| id.clone()).collect();
        for id in groups {
            let Some(known) = self
                .state
                .groups
                .get(&id)
                .filter(|known| !known.members.is_empty())
            else {
                continue;
            };
            let members: Vec<String> = known.members.keys().cloned().collect();
            let longest = super::span::milliseconds(known.rebalance_timeout_ms());
            let due = known.rebalance_due;
            let sync_until = self.now + longest;
            self.live(&id).sync_until = sync_until;
            members.iter().for_each(|member| self.refresh(&id, member));
            if due {
                self.prepare_rebalance(&id);
            }
            if !self.config.rules.members_outlive_leaders {
                self.evict(&id, members);
            }
        }
    }

    /// Looks at all deadlines. `silent` is the time since the last tick.
    pub(in crate::core) fn tick_groups(&mut self, silent: Duration) {
        if !self.serves() && !self.coordinates_alone() {
            return;
        }
        self.begin_groups();
        if silent > STANDSTILL && self.config.rules.standstill_extends {
            self.coordinator
                .groups
                .values_mut()
                .for_each(|live| live.extend(silent));
        }
        if self.now < self.coordinator.next_scan {
            return;
        }
        self.coordinator.next_scan = self.now + SCAN_EVERY;
        let groups: Vec<String> = self.coordinator.groups.keys().cloned().collect();
        for group in groups {
            self.look_at(&group);
        }
        self.do_own();
        let state = &self.state.groups;
        self.coordinator.groups.retain(|id, live| {
            let has_members = state.get(id).is_some_and(|known| !known.members.is_empty());
            has_members || !live.is_idle()
        });
    }

    /// The time by which the sessions of members are counted.
    pub(super) fn session_time(&self) -> Time {
        let other = self.config.hooks.time_of(Timed::Sessions);
        other.unwrap_or(self.now)
    }

    fn look_at(&mut self, group: &str) {
        let (now, session_time) = (self.now, self.session_time());
        let unassigned = self.state.groups.get(group);
        let unassigned =
            unassigned.is_some_and(|known| known.state() == GroupState::CompletingRebalance);
        let live = self.live(group);
        live.expected.retain(|_, until| *until > now);
        if matches!(live.phase, Phase::Forming) {
            return;
        }
        let waits = |id: &String| {
            let joined = live
                .joining()
                .is_some_and(|joining| joining.of(id).is_some());
            joined || live.syncs.contains_key(id) || live.leaving.contains(id)
        };
        let unsynced = unassigned && live.is_settled() && !live.assigning && live.sync_until <= now;
        let sessions = live.sessions.iter().filter(|(id, _)| !waits(id));
        let over: Vec<String> = sessions
            .filter(|(_, until)| unsynced || **until <= session_time)
            .map(|(id, _)| id.clone())
            .collect();
        if !over.is_empty() {
            self.evict(group, over);
        }
        self.form_if_all_joined(group);
    }
}

impl Live {
    fn extend(&mut self, by: Time) {
        let until = self.sessions.values_mut().chain(self.expected.values_mut());
        until.for_each(|until| *until += by);
        self.sync_until += by;
        if let Some(joining) = self.joining_mut() {
            joining.until += by;
        }
    }

    /// Whether nobody is or wants to be in it.
    fn is_idle(&self) -> bool {
        let joins = match &self.phase {
            Phase::Settled => false,
            Phase::Joining(joining) => !joining.joined.is_empty(),
            Phase::Forming => true,
        };
        !joins && self.expected.is_empty() && self.leaving.is_empty() && self.late.is_empty()
    }
}
