//! What must hold of a consumer group, by what its members were answered: a generation has one leader and one assignment, a
//! partition one owner in it; a number never comes back; who is fenced or gone is not taken any more; and a committed
//! offset that was acknowledged is what is fetched, until another one takes its place.

use std::collections::{BTreeMap, BTreeSet};

/// What a leader member assigns: partitions by member.
pub(crate) type Shares = BTreeMap<String, Vec<u8>>;

/// Everything that was answered about one group.
#[derive(Debug, Default)]
pub(crate) struct Generations {
    /// The highest generation that anybody was told of.
    pub(crate) highest: i32,
    /// By generation: the member that leads.
    leaders: BTreeMap<i32, String>,
    /// By generation: what its leader sent.
    sent: BTreeMap<i32, Shares>,
    /// By generation and partition: the member that owns it.
    owners: BTreeMap<(i32, u8), String>,
    /// Static ids by member ids, as far as answers tell who is static.
    instances: BTreeMap<String, Option<String>>,
    /// Members whose leaving was acknowledged.
    gone: BTreeSet<String>,
    /// By token: when its commit was asked for, and when it was acknowledged.
    commits: BTreeMap<u64, (u64, Option<u64>)>,
    /// Tokens whose commit was refused.
    refused: BTreeSet<u64>,
    /// When the latest of all acknowledged commits was asked for, by partition.
    latest: BTreeMap<i32, u64>,
    /// What was asked and answered so far.
    clock: u64,
}

impl Generations {
    /// The next moment.
    pub(crate) fn now(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    /// Whether two member ids are certainly two persons. Whose id stands in no answer may be the static member's.
    fn differ(&self, one: &str, other: &str) -> bool {
        let known = self.instances.get(one).zip(self.instances.get(other));
        let same_instance = known.is_some_and(|(one, other)| one.is_some() && one == other);
        one != other && known.is_some() && !same_instance
    }

    /// An answer names a member and its static id.
    pub(crate) fn names(&mut self, member: &str, instance: Option<&str>) {
        let instance = instance.map(str::to_owned);
        self.instances.insert(member.to_owned(), instance);
    }

    /// A member's JoinGroup was answered. `known` is the highest generation when it was asked.
    pub(crate) fn joined(&mut self, (generation, leader): (i32, &str), known: i32) {
        assert!(
            generation >= known,
            "generation {generation} came after generation {known} was known"
        );
        self.highest = self.highest.max(generation);
        let first = self.leaders.entry(generation).or_insert(leader.to_owned());
        let first = first.clone();
        let two = self.differ(&first, leader);
        assert!(
            !two,
            "two leaders of generation {generation}: {first} and {leader}"
        );
    }

    /// A leader sends its assignment.
    pub(crate) fn assigns(&mut self, generation: i32, shares: &Shares) {
        self.sent.insert(generation, shares.clone());
    }

    /// A member's SyncGroup was answered.
    pub(crate) fn synced(&mut self, generation: i32, member: &str, given: &[u8]) {
        if let Some(sent) = self.sent.get(&generation) {
            let own = sent.iter().find(|(id, _)| !self.differ(id, member));
            let own = own.map_or(&[][..], |(_, parts)| parts.as_slice());
            assert_eq!(
                own, given,
                "{member} has another assignment in generation {generation} than was sent"
            );
        }
        for partition in given {
            let at = (generation, *partition);
            let owner = self.owners.entry(at).or_insert(member.to_owned()).clone();
            let two = self.differ(&owner, member);
            assert!(
                !two,
                "two owners in generation {generation}: {owner} and {member}"
            );
        }
    }

    /// A member's leaving was acknowledged.
    pub(crate) fn left(&mut self, member: &str) {
        self.gone.insert(member.to_owned());
    }

    /// Whether a request of a member that is sent now must be refused.
    pub(crate) fn is_fenced(&self, generation: i32, member: &str) -> bool {
        generation < self.highest || self.gone.contains(member)
    }

    /// Somebody asks to commit.
    pub(crate) fn commits(&mut self, token: u64) {
        let now = self.now();
        self.commits.insert(token, (now, None));
    }

    /// It was acknowledged.
    pub(crate) fn committed(&mut self, partition: i32, token: u64) {
        let now = self.now();
        if let Some((asked, acknowledged)) = self.commits.get_mut(&token) {
            acknowledged.get_or_insert(now);
            let latest = self.latest.entry(partition).or_default();
            *latest = (*latest).max(*asked);
        }
    }

    /// It was certainly not done.
    pub(crate) fn not_committed(&mut self, token: u64) {
        self.refused.insert(token);
    }

    /// When the latest commit that is acknowledged now was asked for.
    pub(crate) fn latest(&self, partition: i32) -> Option<u64> {
        self.latest.get(&partition).copied()
    }

    /// An offset was fetched. `latest` is as it was when that was asked for.
    pub(crate) fn fetched(&self, token: Option<u64>, latest: Option<u64>) {
        let Some(token) = token else {
            assert_eq!(latest, None, "a committed offset is gone");
            return;
        };
        let known = self.commits.get(&token);
        let (_, acknowledged) = known.unwrap_or_else(|| panic!("nobody committed token {token}"));
        assert!(
            !self.refused.contains(&token),
            "token {token} was refused and is fetched"
        );
        let older = acknowledged
            .zip(latest)
            .is_some_and(|(at, asked)| at < asked);
        assert!(!older, "token {token} is older than an acknowledged commit");
    }
}
