//! Who is who in a group. A static member that comes back keeps its generation and its partitions and gets another member id
//! (KIP-345), so two ids may be one person; a check that compares ids alone takes the replacement for a second owner.

use std::collections::BTreeMap;

use super::roster::Group;

/// The persons of a group.
#[derive(Debug, Default)]
pub(super) struct Persons<'a> {
    /// Instance ids by member ids.
    instances: BTreeMap<&'a str, &'a str>,
    /// Whether a member id was in any answer: of others nobody knows whose they are.
    known: BTreeMap<&'a str, ()>,
}

impl<'a> Persons<'a> {
    pub(super) fn of(group: &Group<'a>) -> Persons<'a> {
        let mut persons = Persons::default();
        for join in &group.joins {
            let own = join.answer.member.as_str();
            persons.known.insert(own, ());
            if let Some(instance) = &join.call.instance {
                persons.instances.insert(own, instance);
            }
            for listed in &join.answer.members {
                persons.known.insert(&listed.member, ());
                if let Some(instance) = &listed.instance {
                    persons.instances.insert(&listed.member, instance);
                }
            }
        }
        persons
    }

    /// The person behind a member id: its instance id, or else the member id itself.
    pub(super) fn person(&self, member: &'a str) -> &'a str {
        self.instances.get(member).copied().unwrap_or(member)
    }

    /// Whether two member ids are certainly two persons. An id that stands in no answer may be a static member's, whose own
    /// answer was lost.
    pub(super) fn differ(&self, one: &'a str, other: &'a str) -> bool {
        let sure = |id| self.instances.is_empty() || self.known.contains_key(id);
        self.person(one) != self.person(other) && sure(one) && sure(other)
    }
}
