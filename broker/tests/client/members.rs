//! Members of consumer groups that do exactly what a test asks of them, one request each.

use bytes::Bytes;
use kafka_protocol::messages::join_group_request::JoinGroupRequestProtocol;
use kafka_protocol::messages::leave_group_request::MemberIdentity;
use kafka_protocol::messages::offset_commit_request::{
    OffsetCommitRequestPartition, OffsetCommitRequestTopic,
};
use kafka_protocol::messages::offset_fetch_request::OffsetFetchRequestTopic;
use kafka_protocol::messages::sync_group_request::SyncGroupRequestAssignment;
use kafka_protocol::messages::{
    GroupId, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest,
    OffsetCommitRequest, OffsetFetchRequest, SyncGroupRequest, SyncGroupResponse,
};
use kafka_protocol::protocol::StrBytes;

use super::{Client, name};

/// MEMBER_ID_REQUIRED.
const ID_REQUIRED: i16 = 79;

/// A member, with a connection of its own.
pub struct Member {
    pub client: Client,
    pub group: String,
    pub id: String,
    pub instance: Option<String>,
    pub generation: i32,
    pub session_ms: i32,
    pub rebalance_ms: i32,
    pub metadata: Bytes,
}

impl Member {
    pub fn new(client: Client, group: &str) -> Member {
        Member {
            client,
            group: group.to_owned(),
            id: String::new(),
            instance: None,
            generation: -1,
            session_ms: 10_000,
            rebalance_ms: 10_000,
            metadata: Bytes::from_static(b"subscription"),
        }
    }

    /// Sends a JoinGroup without waiting; with the correlation id.
    pub fn begin_join(&mut self) -> i32 {
        let protocol = JoinGroupRequestProtocol::default()
            .with_name(StrBytes::from_static_str("range"))
            .with_metadata(self.metadata.clone());
        let request = JoinGroupRequest::default()
            .with_group_id(group(&self.group))
            .with_session_timeout_ms(self.session_ms)
            .with_rebalance_timeout_ms(self.rebalance_ms)
            .with_member_id(text(&self.id))
            .with_group_instance_id(self.instance.as_deref().map(text))
            .with_protocol_type(StrBytes::from_static_str("consumer"))
            .with_protocols(vec![protocol]);
        self.client.send(5, &request)
    }

    /// Reads the answer to a JoinGroup.
    pub fn end_join(&mut self, correlation_id: i32) -> JoinGroupResponse {
        let response = self.client.receive::<JoinGroupRequest>(5, correlation_id);
        if response.error_code == 0 {
            self.generation = response.generation_id;
        }
        if !response.member_id.is_empty() {
            self.id = response.member_id.to_string();
        }
        response
    }

    /// Asks for a member id, which a dynamic member must have before it joins.
    pub fn ask_for_id(&mut self) {
        let asked = self.begin_join();
        assert_eq!(self.end_join(asked).error_code, ID_REQUIRED);
        assert!(!self.id.is_empty());
    }

    /// Joins, and waits until the generation is formed.
    pub fn join(&mut self) -> JoinGroupResponse {
        if self.id.is_empty() && self.instance.is_none() {
            self.ask_for_id();
        }
        let asked = self.begin_join();
        self.end_join(asked)
    }

    /// Sends a SyncGroup without waiting.
    pub fn begin_sync(&mut self, assignments: &[(&str, &'static [u8])]) -> i32 {
        let assignments = assignments.iter().map(|(id, bytes)| {
            SyncGroupRequestAssignment::default()
                .with_member_id(text(id))
                .with_assignment(Bytes::from_static(bytes))
        });
        let request = SyncGroupRequest::default()
            .with_group_id(group(&self.group))
            .with_generation_id(self.generation)
            .with_member_id(text(&self.id))
            .with_group_instance_id(self.instance.as_deref().map(text))
            .with_assignments(assignments.collect());
        self.client.send(3, &request)
    }

    pub fn end_sync(&mut self, correlation_id: i32) -> SyncGroupResponse {
        self.client.receive::<SyncGroupRequest>(3, correlation_id)
    }

    pub fn sync(&mut self, assignments: &[(&str, &'static [u8])]) -> SyncGroupResponse {
        let asked = self.begin_sync(assignments);
        self.end_sync(asked)
    }

    /// The error of a heartbeat.
    pub fn heartbeat(&mut self) -> i16 {
        let request = HeartbeatRequest::default()
            .with_group_id(group(&self.group))
            .with_generation_id(self.generation)
            .with_member_id(text(&self.id))
            .with_group_instance_id(self.instance.as_deref().map(text));
        self.client.call(3, &request).error_code
    }

    /// The error of a commit.
    pub fn commit(&mut self, topic: &str, offset: i64, token: &str) -> i16 {
        let partition = OffsetCommitRequestPartition::default()
            .with_committed_offset(offset)
            .with_committed_leader_epoch(-1)
            .with_committed_metadata(Some(text(token)));
        let topic = OffsetCommitRequestTopic::default()
            .with_name(name(topic))
            .with_partitions(vec![partition]);
        let request = OffsetCommitRequest::default()
            .with_group_id(group(&self.group))
            .with_generation_id_or_member_epoch(self.generation)
            .with_member_id(text(&self.id))
            .with_group_instance_id(self.instance.as_deref().map(text))
            .with_topics(vec![topic]);
        self.client.call(8, &request).topics[0].partitions[0].error_code
    }

    /// Error, offset and token that the group has committed for partition 0.
    pub fn committed(&mut self, topic: &str) -> (i16, i64, String) {
        let topic = OffsetFetchRequestTopic::default()
            .with_name(name(topic))
            .with_partition_indexes(vec![0]);
        let request = OffsetFetchRequest::default()
            .with_group_id(group(&self.group))
            .with_topics(Some(vec![topic]));
        let response = self.client.call(7, &request);
        let partition = &response.topics[0].partitions[0];
        let token = partition.metadata.as_deref().unwrap_or_default().to_owned();
        (response.error_code, partition.committed_offset, token)
    }

    /// The error of a LeaveGroup.
    pub fn leave(&mut self) -> i16 {
        let identity = MemberIdentity::default()
            .with_member_id(text(&self.id))
            .with_group_instance_id(self.instance.as_deref().map(text));
        let request = LeaveGroupRequest::default()
            .with_group_id(group(&self.group))
            .with_members(vec![identity]);
        let response = self.client.call(3, &request);
        match response.error_code {
            0 => response.members[0].error_code,
            error => error,
        }
    }
}

/// Lets these members join, all at once, and gives each its letter: "a" to the first, "b" to the second, and so on.
pub fn settle(members: &mut [&mut Member]) {
    for member in members.iter_mut() {
        if member.id.is_empty() && member.instance.is_none() {
            member.ask_for_id();
        }
    }
    for member in members.iter_mut() {
        // Otherwise a follower that joins before the leader is answered the present generation.
        if member.metadata.starts_with(b"subscription") {
            member.metadata = format!("subscription after {}", member.generation).into();
        }
    }
    let asked = members.iter_mut().map(|member| member.begin_join());
    let asked = asked.collect();
    finish(members, asked);
}

/// The same for members that have begun to join.
pub fn finish(members: &mut [&mut Member], asked: Vec<i32>) {
    let mut leads = 0;
    for (at, (member, asked)) in members.iter_mut().zip(asked).enumerate() {
        let joined = member.end_join(asked);
        assert_eq!(joined.error_code, 0, "member {at}");
        if *joined.leader == *member.id {
            leads = at;
        }
    }
    let letters: [&'static [u8]; 4] = [b"a", b"b", b"c", b"d"];
    let ids: Vec<String> = members.iter().map(|member| member.id.clone()).collect();
    let assignments: Vec<_> = ids.iter().map(String::as_str).zip(letters).collect();
    let asked: Vec<i32> = members
        .iter_mut()
        .enumerate()
        .map(|(at, member)| member.begin_sync(if at == leads { &assignments } else { &[] }))
        .collect();
    for (at, (member, asked)) in members.iter_mut().zip(asked).enumerate() {
        let synced = member.end_sync(asked);
        assert_eq!(synced.error_code, 0, "member {at}");
        assert_eq!(&synced.assignment[..], letters[at], "member {at}");
    }
}

pub fn group(id: &str) -> GroupId {
    GroupId(text(id))
}

fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}
