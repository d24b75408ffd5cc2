//! Gathers the groups of a history while its lines go by.

use std::collections::BTreeMap;

use checkers::history::{Call, Completion, Event, Moment, Report, What, WorkerId};

use super::Group;
use super::membership::Membership;
use crate::limits::GROUPS_MAX;

/// The groups so far.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    open: BTreeMap<WorkerId, Open>,
    /// Since when a worker has been asking to join, whatever it was answered.
    asking: BTreeMap<WorkerId, Moment>,
    groups: BTreeMap<String, Membership>,
    end: Moment,
}

/// A call about a group that has not returned.
#[derive(Clone, Debug)]
struct Open {
    group: String,
    node: Option<String>,
    /// The instance id of a static member that joins.
    instance: Option<String>,
    /// Generation and member of a sync.
    sync: Option<(i32, String)>,
}

impl Groups {
    /// Takes the next line.
    pub fn take(&mut self, event: &Event) {
        self.end = event.t;
        match &event.what {
            What::Invoke(invocation) => self.called(event.t, invocation.worker, &invocation.call),
            What::Ok(completion) => self.returned(event.t, completion),
            What::Fail(completion) | What::Info(completion) => {
                self.open.remove(&completion.worker);
            }
            _ => {}
        }
    }

    /// The groups that had generations, by their names.
    pub fn finish(self) -> Vec<Group> {
        let end = self.end;
        let with_generations = self
            .groups
            .into_iter()
            .filter(|(_, group)| group.has_generations());
        with_generations
            .map(|(name, group)| group.finish(name, end))
            .collect()
    }

    fn called(&mut self, at: Moment, worker: WorkerId, call: &Call) {
        // A worker has one call at a time, so an open one will never return.
        self.open.remove(&worker);
        let (mut sync, mut instance) = (None, None);
        let (group, node) = match call {
            Call::Join(join) => {
                self.asking.entry(worker).or_insert(at);
                instance = join.instance.as_ref().map(ToString::to_string);
                (&join.group, &join.node)
            }
            Call::Sync(call) => {
                sync = Some((call.generation, call.member.to_string()));
                (&call.group, &call.node)
            }
            Call::Leave(leave) => {
                if let Some(group) = self.group(&leave.group) {
                    for member in &leave.members {
                        group.leaves(at, member);
                    }
                }
                (&leave.group, &leave.node)
            }
            Call::Heartbeat(beat) => (&beat.group, &beat.node),
            Call::CommitOffsets(commit) => (&commit.group, &commit.node),
            _ => return,
        };
        let open = Open {
            group: group.to_string(),
            node: node.as_ref().map(ToString::to_string),
            instance,
            sync,
        };
        self.open.insert(worker, open);
    }

    fn returned(&mut self, at: Moment, completion: &Completion) {
        let Some(open) = self.open.remove(&completion.worker) else {
            return;
        };
        let asking = match &completion.report {
            Report::Join(joined) if joined.generation >= 0 => {
                self.asking.remove(&completion.worker)
            }
            _ => None,
        };
        let Some(group) = self.group(&open.group) else {
            return;
        };
        if let Some(node) = &open.node {
            group.answered(at, node);
        }
        match (&completion.report, open.sync) {
            (Report::Join(joined), _) if joined.generation >= 0 => {
                group.joined(at, (asking.unwrap_or(at), open.instance), joined);
            }
            (Report::Sync(synced), Some((generation, member))) => {
                group.synced(at, generation, &member, synced);
            }
            _ => {}
        }
    }

    fn group(&mut self, name: &str) -> Option<&mut Membership> {
        if !self.groups.contains_key(name) && self.groups.len() >= GROUPS_MAX {
            return None;
        }
        Some(self.groups.entry(name.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Cause;
    use super::*;
    use checkers::history::jsonl;

    const LINES: [&str; 13] = [
        r#""t":10,"type":"invoke","worker":1,"f":"join","group":"g","member":"","node":"n1""#,
        r#""t":20,"type":"fail","worker":1,"error":"NOT_COORDINATOR","f":"join""#,
        r#""t":30,"type":"invoke","worker":1,"f":"join","group":"g","member":"","node":"n2""#,
        r#""t":40,"type":"ok","worker":1,"f":"join","generation":1,"member":"a","leader":"a","members":[{"member":"a"}]"#,
        r#""t":50,"type":"invoke","worker":1,"f":"sync","group":"g","generation":1,"member":"a","node":"n2""#,
        r#""t":60,"type":"ok","worker":1,"f":"sync","partitions":[["t",0],["t",1]]"#,
        r#""t":70,"type":"invoke","worker":2,"f":"join","group":"g","member":"","node":"n2""#,
        r#""t":80,"type":"invoke","worker":1,"f":"leave","group":"g","members":["a"],"node":"n2""#,
        r#""t":85,"type":"ok","worker":1,"f":"leave""#,
        r#""t":90,"type":"ok","worker":2,"f":"join","generation":2,"member":"b","leader":"b","members":[{"member":"b"}]"#,
        r#""t":91,"type":"invoke","worker":2,"f":"sync","group":"g","generation":2,"member":"b","node":"n2""#,
        r#""t":95,"type":"ok","worker":2,"f":"sync","partitions":[["t",0]]"#,
        r#""t":99,"type":"phase","phase":"done""#,
    ];

    fn gathered(lines: &[&str]) -> Vec<Group> {
        let mut text = String::from("{\"format\":\"jepsen-history\",\"version\":1}\n");
        for (i, line) in lines.iter().enumerate() {
            text += &format!("{{\"i\":{i},{line}}}\n");
        }
        let mut groups = Groups::default();
        let parsed = jsonl::parse(&text).expect("a history");
        parsed.events.iter().for_each(|event| groups.take(event));
        groups.finish()
    }

    #[test]
    fn generations_have_causes_owners_and_a_time_to_stable() {
        let groups = gathered(&LINES);
        let group = &groups[0];
        assert_eq!((groups.len(), group.generations_total), (1, 2));
        assert_eq!(group.members, ["a", "b"]);
        let [first, second] = group.generations.as_slice() else {
            panic!("two generations");
        };
        assert_eq!(
            (
                first.called_ns,
                first.begin_ns,
                first.stable_ns,
                first.end_ns
            ),
            (10, 40, Some(60), 90),
            "the refused try counts, because the member asked since then"
        );
        assert_eq!(first.causes, [Cause::First]);
        assert_eq!(second.causes, [Cause::Left, Cause::Joined]);
        assert_eq!(
            (second.called_ns, second.stable_ns, second.end_ns),
            (70, Some(95), 99)
        );
        let owned = |at: usize| {
            let owners = &group.generations[at].owners;
            let one = |o: &super::super::Owner| (o.partition, o.member, o.from_ns, o.to_ns);
            owners.iter().map(one).collect::<Vec<_>>()
        };
        assert_eq!(owned(0), [(0, 0, 60, 80), (1, 0, 60, 80)], "until it left");
        assert_eq!(owned(1), [(0, 1, 95, 99)]);
        assert_eq!(
            group.coordinators.len(),
            1,
            "a refusal is no answer as coordinator"
        );
        assert_eq!(group.coordinators[0].node, "n2");
    }

    /// A static member that comes back in the same generation replaces itself; another one contests.
    #[test]
    fn a_static_member_that_comes_back_is_the_same_owner() {
        let joins = |worker: u64, member: &str, instance: &str| {
            let at = 100 + worker * 10;
            [
                format!(
                    r#""t":{at},"type":"invoke","worker":{worker},"f":"join","group":"g","member":"","instance":"{instance}""#
                ),
                format!(
                    r#""t":{},"type":"ok","worker":{worker},"f":"join","generation":7,"member":"{member}""#,
                    at + 1
                ),
                format!(
                    r#""t":{},"type":"invoke","worker":{worker},"f":"sync","group":"g","generation":7,"member":"{member}""#,
                    at + 2
                ),
                format!(
                    r#""t":{},"type":"ok","worker":{worker},"f":"sync","partitions":[["t",0]]"#,
                    at + 3
                ),
            ]
        };
        let owned = |second: &str| {
            let lines = [joins(1, "a", "one"), joins(2, "b", second)].concat();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            let owners = gathered(&lines)[0].generations[0].owners.clone();
            let one = |o: &super::super::Owner| (o.from_ns, o.to_ns, o.contested);
            owners.iter().map(one).collect::<Vec<_>>()
        };
        assert_eq!(owned("one"), [(113, 123, false), (123, 123, false)]);
        assert_eq!(owned("two"), [(113, 123, true), (123, 123, true)]);
    }

    #[test]
    fn who_falls_silent_expires() {
        let mut lines = LINES.to_vec();
        lines.drain(7..9);
        let groups = gathered(&lines);
        assert_eq!(
            groups[0].generations[1].causes,
            [Cause::Expired, Cause::Joined]
        );
        assert!(gathered(&LINES[..2]).is_empty(), "no generation, no group");
    }
}
