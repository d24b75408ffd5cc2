//! A second group, with one static member that comes back under other ids while the group is stable.

use super::model::{Bug, Model};

/// The group.
#[derive(Clone, Debug, Default)]
pub(super) struct Statics {
    generation: i32,
    /// Worker of the static member; 0 before the first generation.
    holder: u64,
    /// Worker of the other one, which leads.
    leader: u64,
    /// When both are free.
    free: u64,
}

impl Model<'_> {
    /// The group forms, or its static member comes back and its old process wakes up.
    pub(super) fn use_statics(&mut self) {
        if self.statics.holder == 0 {
            self.workers += 2;
            self.statics.leader = 200 + self.workers;
            self.statics.holder = 201 + self.workers;
            return self.form_statics("-".to_owned(), true);
        }
        let old = self.statics.holder;
        self.workers += 1;
        self.statics.holder = 201 + self.workers;
        if self.lies(Bug::TakeoverRebalances) {
            self.expected.insert("static-takeover");
            let known = format!("m{} reason=rebalance", self.statics.leader);
            self.form_statics(known, false);
        } else {
            self.take_over();
        }
        let (called, returned) = self.moment(self.statics.free);
        self.statics.free = returned;
        let accepted = self.lies(Bug::ReplacedAccepted);
        if accepted {
            self.expected.insert("static-takeover");
        }
        let outcome = if accepted {
            ""
        } else {
            " -> fail FENCED_INSTANCE_ID"
        };
        let generation = self.statics.generation;
        self.say(format!(
            "{called}..{returned} w{} heartbeat s/{generation} m{old}{outcome}",
            1_000 + old
        ));
    }

    fn take_over(&mut self) {
        let (called, returned) = self.moment(self.statics.free);
        let (next, ended) = self.moment(returned);
        self.statics.free = ended;
        let Statics {
            generation,
            holder,
            leader,
            ..
        } = self.statics;
        self.say(format!(
            "{called}..{returned} w{holder} join s - instance=i -> gen={generation} as=m{holder} leader=m{leader} protocol=range"
        ));
        self.say(format!(
            "{next}..{ended} w{holder} sync s/{generation} m{holder} -> z/0"
        ));
    }

    /// Both join and get their assignments. `leader` is how the other one asks.
    fn form_statics(&mut self, leader: String, first: bool) {
        self.statics.generation += 1;
        let (called, returned) = self.moment(self.statics.free);
        // Whoever is asked to join again does so after the static member came.
        let begun = if first { called } else { called + 1 };
        let returned = returned + 2;
        let (next, ended) = self.moment(returned);
        self.statics.free = ended;
        let (generation, a, b) = (
            self.statics.generation,
            self.statics.leader,
            self.statics.holder,
        );
        self.say(format!(
            "{called}..{returned} w{b} join s - instance=i -> gen={generation} as=m{b} leader=m{a} protocol=range"
        ));
        self.say(format!(
            "{begun}..{returned} w{a} join s {leader} -> gen={generation} as=m{a} leader=m{a} protocol=range members=m{a},m{b}"
        ));
        self.say(format!(
            "{next}..{ended} w{a} sync s/{generation} m{a} m{a}:z/1 m{b}:z/0 -> z/1"
        ));
        self.say(format!(
            "{next}..{ended} w{b} sync s/{generation} m{b} -> z/0"
        ));
    }
}
