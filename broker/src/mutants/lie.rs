//! A lie: what becomes of one honest answer. The answer is decoded as a client decodes it, changed, and encoded again.

use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::{
    AddOffsetsToTxnResponse, AddPartitionsToTxnResponse, ApiKey, ApiVersionsResponse,
    CreatePartitionsResponse, CreateTopicsResponse, DeleteTopicsResponse, DescribeGroupsResponse,
    DescribeProducersResponse, DescribeQuorumResponse, DescribeTransactionsResponse,
    EndTxnResponse, FetchResponse, FindCoordinatorResponse, HeartbeatResponse,
    InitProducerIdResponse, JoinGroupResponse, LeaveGroupResponse, ListOffsetsResponse,
    ListTransactionsResponse, MetadataResponse, OffsetCommitResponse, OffsetFetchResponse,
    OffsetForLeaderEpochResponse, ProduceResponse, RequestHeader, ResponseHeader,
    SyncGroupResponse, TxnOffsetCommitResponse,
};
use kafka_protocol::protocol::{Decodable, Encodable};

use super::memory::Memory;
use super::sending::{Sending, set_length};
use crate::frame::Frame;
use crate::hooks::Told;

/// Makes the enum of lies, and what depends on its cases, out of one list.
macro_rules! lies {
    ($($case:ident($answer:ident) = $api:ident),+ $(,)?) => {
        /// What a mutant does, by the API whose answers it changes.
        #[derive(Clone, Copy, Debug)]
        pub(super) enum Lie {
            $($case(Change<$answer>),)+
            /// The answer is true, and sent in another way.
            Sent(ApiKey, Sending),
        }

        impl Lie {
            pub(super) fn api(&self) -> ApiKey {
                match self {
                    $(Lie::$case(_) => ApiKey::$api,)+
                    Lie::Sent(key, _) => *key,
                }
            }

            /// What is told instead of this answer. None if there is nothing in it to lie about.
            pub(super) fn tell(&self, honest: &Bytes, scene: &mut Scene<'_>) -> Option<Told> {
                let bytes = match self {
                    $(Lie::$case(change) => changed(*change, honest, scene),)+
                    Lie::Sent(_, sending) => return Some(sending.told(honest)),
                };
                bytes.map(Told::at_once)
            }
        }
    };
}

lies! {
    Produce(ProduceResponse) = Produce,
    Fetch(FetchResponse) = Fetch,
    ListOffsets(ListOffsetsResponse) = ListOffsets,
    Metadata(MetadataResponse) = Metadata,
    FindCoordinator(FindCoordinatorResponse) = FindCoordinator,
    ApiVersions(ApiVersionsResponse) = ApiVersions,
    CreateTopics(CreateTopicsResponse) = CreateTopics,
    DeleteTopics(DeleteTopicsResponse) = DeleteTopics,
    CreatePartitions(CreatePartitionsResponse) = CreatePartitions,
    InitProducerId(InitProducerIdResponse) = InitProducerId,
    EpochEnds(OffsetForLeaderEpochResponse) = OffsetForLeaderEpoch,
    Quorum(DescribeQuorumResponse) = DescribeQuorum,
    Join(JoinGroupResponse) = JoinGroup,
    Sync(SyncGroupResponse) = SyncGroup,
    Heartbeat(HeartbeatResponse) = Heartbeat,
    Leave(LeaveGroupResponse) = LeaveGroup,
    Commit(OffsetCommitResponse) = OffsetCommit,
    Committed(OffsetFetchResponse) = OffsetFetch,
    DescribeGroups(DescribeGroupsResponse) = DescribeGroups,
    AddPartitions(AddPartitionsToTxnResponse) = AddPartitionsToTxn,
    AddOffsets(AddOffsetsToTxnResponse) = AddOffsetsToTxn,
    Stage(TxnOffsetCommitResponse) = TxnOffsetCommit,
    End(EndTxnResponse) = EndTxn,
    ListTransactions(ListTransactionsResponse) = ListTransactions,
    DescribeTransactions(DescribeTransactionsResponse) = DescribeTransactions,
    Producers(DescribeProducersResponse) = DescribeProducers,
}

/// Changes an answer in place. One that it leaves alone is sent as it is.
pub(super) type Change<R> = fn(&mut R, &mut Scene<'_>);

/// What a lie may use.
pub(super) struct Scene<'a> {
    /// The node that lies.
    pub(super) node: i32,
    /// What it was asked.
    pub(super) asked: &'a Asked,
    /// What it has answered before.
    pub(super) memory: &'a mut Memory,
}

/// A request that was answered.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) key: ApiKey,
    version: i16,
    /// The request from its API key on.
    bytes: Bytes,
}

impl Asked {
    /// None for an API that nobody knows, which is not answered.
    pub(super) fn of(frame: &Frame) -> Option<Asked> {
        Asked::new(frame.key, frame.version, frame.bytes.clone())
    }

    pub(super) fn new(key: i16, version: i16, bytes: Bytes) -> Option<Asked> {
        let key = ApiKey::try_from(key).ok()?;
        // A version of ApiVersions that is not offered is answered in version 0.
        let is_unknown = key == ApiKey::ApiVersions && !(0..=3).contains(&version);
        let version = if is_unknown { 0 } else { version };
        Some(Asked {
            key,
            version,
            bytes,
        })
    }

    /// The request itself.
    pub(super) fn request<Q: Decodable>(&self) -> Option<Q> {
        let mut bytes = self.bytes.clone();
        RequestHeader::decode(&mut bytes, self.key.request_header_version(self.version)).ok()?;
        Q::decode(&mut bytes, self.version).ok()
    }

    /// Takes the answer's length and header off, and decodes it.
    pub(super) fn answer<R: Decodable>(&self, frame: &Bytes) -> Option<(ResponseHeader, R)> {
        let mut body = frame.slice(4..);
        let header = self.key.response_header_version(self.version);
        let header = ResponseHeader::decode(&mut body, header).ok()?;
        Some((header, R::decode(&mut body, self.version).ok()?))
    }

    /// The whole answer with its length. None if the version has no place for what it says.
    pub(super) fn frame(&self, header: &ResponseHeader, answer: &impl Encodable) -> Option<Bytes> {
        let mut bytes = BytesMut::new();
        bytes.put_i32(0);
        let version = self.key.response_header_version(self.version);
        header.encode(&mut bytes, version).ok()?;
        answer.encode(&mut bytes, self.version).ok()?;
        set_length(&mut bytes);
        Some(bytes.freeze())
    }
}

fn changed<R: Decodable + Encodable>(
    change: Change<R>,
    honest: &Bytes,
    scene: &mut Scene<'_>,
) -> Option<Bytes> {
    let asked = scene.asked;
    let (header, mut answer) = asked.answer::<R>(honest)?;
    change(&mut answer, scene);
    // A field that this version does not have is not sent, and a lie that is not sent is none.
    asked
        .frame(&header, &answer)
        .filter(|bytes| bytes != honest)
}
