//! What is known of one group while the lines of a history go by.

use std::collections::{BTreeMap, BTreeSet};

use checkers::history::{Joined, Moment, Synced};

use super::{Cause, Coordinator, Generation, Group, Owner};
use crate::limits::{GENERATIONS_MAX, GROUP_MEMBERS_MAX, SPANS_PER_LANE_MAX};

/// One group.
#[derive(Clone, Debug, Default)]
pub(super) struct Membership {
    members: Vec<String>,
    drafts: BTreeMap<i32, Draft>,
    generations_total: u64,
    highest: i32,
    left: BTreeMap<String, Moment>,
    /// The instance ids of static members.
    instances: BTreeMap<String, String>,
    coordinators: Vec<Coordinator>,
}

/// A generation as far as it is known.
#[derive(Clone, Debug, Default)]
struct Draft {
    called: Moment,
    begin: Moment,
    /// Who it has by its leader: member id, instance id.
    roster: Vec<(String, Option<String>)>,
    joined: BTreeSet<String>,
    synced: BTreeSet<String>,
    stable: Option<Moment>,
    /// Topic, partition, member, from when.
    owners: Vec<(String, i32, String, Moment)>,
}

impl Draft {
    /// Its members: as the leader was told, or those that joined if the leader's answer was lost.
    fn members(&self) -> BTreeMap<&str, Option<&str>> {
        let told = self.roster.iter();
        let told: BTreeMap<&str, Option<&str>> = told
            .map(|(member, instance)| (member.as_str(), instance.as_deref()))
            .collect();
        match told.is_empty() {
            true => self.joined.iter().map(|id| (id.as_str(), None)).collect(),
            false => told,
        }
    }
}

impl Membership {
    /// Whether a generation is known.
    pub(super) fn has_generations(&self) -> bool {
        !self.drafts.is_empty()
    }

    /// A member was told its generation. `called` is when it first asked, `instance` its static id.
    pub(super) fn joined(
        &mut self,
        at: Moment,
        (called, instance): (Moment, Option<String>),
        joined: &Joined,
    ) {
        let number = joined.generation;
        if self.generations_total == 0 || number > self.highest {
            self.generations_total += 1;
            self.highest = number;
        }
        if !self.drafts.contains_key(&number) && self.drafts.len() >= GENERATIONS_MAX {
            return;
        }
        let member = joined.member.to_string();
        if !self.members.contains(&member) && self.members.len() < GROUP_MEMBERS_MAX {
            self.members.push(member.clone());
        }
        if let Some(instance) = instance
            && self.instances.len() < GROUP_MEMBERS_MAX
        {
            self.instances.insert(member.clone(), instance);
        }
        let draft = self.drafts.entry(number).or_insert_with(|| Draft {
            called,
            begin: at,
            ..Draft::default()
        });
        draft.called = draft.called.min(called);
        draft.joined.insert(member);
        if !joined.members.is_empty() {
            let one = |one: &checkers::history::GroupMember| {
                let instance = one.instance.as_ref().map(ToString::to_string);
                (one.member.to_string(), instance)
            };
            draft.roster = joined.members.iter().map(one).collect();
        }
    }

    /// A member was told its partitions.
    pub(super) fn synced(&mut self, at: Moment, generation: i32, member: &str, synced: &Synced) {
        let Some(draft) = self.drafts.get_mut(&generation) else {
            return;
        };
        if !draft.synced.insert(member.to_owned()) {
            return;
        }
        draft.stable = Some(at);
        let owned = synced.partitions.iter();
        draft.owners.extend(owned.map(|one| {
            let topic = one.topic().to_owned();
            (topic, one.index(), member.to_owned(), at)
        }));
    }

    /// A member asked to leave.
    pub(super) fn leaves(&mut self, at: Moment, member: &str) {
        self.left.entry(member.to_owned()).or_insert(at);
    }

    /// A node answered as coordinator.
    pub(super) fn answered(&mut self, at: Moment, node: &str) {
        let is_full = self.coordinators.len() >= SPANS_PER_LANE_MAX;
        match self.coordinators.last_mut() {
            Some(last) if last.node == node => last.to_ns = at,
            _ if is_full => {}
            _ => self.coordinators.push(Coordinator {
                node: node.to_owned(),
                from_ns: at,
                to_ns: at,
            }),
        }
    }

    /// The group, in a scenario that ends at `end`.
    pub(super) fn finish(self, name: String, end: Moment) -> Group {
        let mut begins: Vec<Moment> = self.drafts.values().map(|draft| draft.begin).collect();
        begins.sort_unstable();
        let ended = |begin: Moment| {
            let next = begins.iter().find(|other| **other > begin);
            next.copied().unwrap_or(end)
        };
        let mut before: Option<&Draft> = None;
        let mut generations = Vec::new();
        for (number, draft) in &self.drafts {
            let end_ns = ended(draft.begin);
            let (causes, called_ns) = self.causes(before, draft);
            generations.push(Generation {
                number: *number,
                causes,
                called_ns,
                begin_ns: draft.begin,
                stable_ns: draft.stable,
                end_ns,
                members: draft.members().len() as u64,
                synced: draft.synced.len() as u64,
                owners: self.owners(draft, end_ns),
            });
            before = Some(draft);
        }
        Group {
            name,
            members: self.members,
            generations,
            generations_total: self.generations_total,
            coordinators: self.coordinators,
        }
    }

    /// Who owned what in a generation that ended at `end`.
    fn owners(&self, draft: &Draft, end: Moment) -> Vec<Owner> {
        // A static member is the same member under each of its ids.
        let person = |member: &str| self.instances.get(member).cloned().ok_or(member.to_owned());
        let owner = |(topic, partition, member, from): &(String, i32, String, Moment)| {
            let own = draft.owners.iter();
            let same = own.filter(|other| (&other.0, other.1) == (topic, *partition));
            let (again, others): (Vec<_>, Vec<_>) =
                same.partition(|other| person(&other.2) == person(member));
            let replaced = again.iter().map(|other| other.3).find(|at| at > from);
            let left = self.left.get(member).copied();
            let to_ns = [Some(end), replaced, left].into_iter().flatten().min();
            Some(Owner {
                topic: topic.clone(),
                partition: *partition,
                member: self.members.iter().position(|id| id == member)?,
                from_ns: *from,
                to_ns: to_ns.unwrap_or(end).max(*from),
                contested: !others.is_empty(),
            })
        };
        draft.owners.iter().filter_map(owner).collect()
    }

    /// What changed between two generations, and when the first of it began.
    fn causes(&self, before: Option<&Draft>, after: &Draft) -> (Vec<Cause>, Moment) {
        let Some(before) = before else {
            return (vec![Cause::First], after.called);
        };
        let (old, new) = (before.members(), after.members());
        let mut causes: BTreeSet<Cause> = BTreeSet::new();
        let mut called = after.called;
        for (member, instance) in &new {
            if !old.contains_key(member) {
                let same = instance.is_some() && old.values().any(|other| other == instance);
                causes.insert(if same { Cause::Returned } else { Cause::Joined });
            }
        }
        for (member, instance) in &old {
            let replaced = instance.is_some() && new.values().any(|other| other == instance);
            if new.contains_key(member) || replaced {
                continue;
            }
            match self.left.get(*member).filter(|at| **at <= after.begin) {
                Some(at) => {
                    called = called.min((*at).max(before.begin));
                    causes.insert(Cause::Left);
                }
                None => {
                    causes.insert(Cause::Expired);
                }
            }
        }
        (causes.into_iter().collect(), called)
    }
}
