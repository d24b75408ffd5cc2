//! The roles that kinds share.

use crate::target::Role;

/// What acts on all processes of some nodes.
pub(super) const WHOLE_NODES: &[Role] = &[
    Role::Leader,
    Role::Controller,
    Role::Coordinator,
    Role::Follower,
    Role::Any,
    Role::Minority,
    Role::Majority,
    Role::All,
    Role::Followers,
];

/// What acts on all processes of some nodes, or of a member of a consumer group.
pub(super) const NODES_AND_MEMBERS: &[Role] = &[
    Role::Leader,
    Role::Controller,
    Role::Coordinator,
    Role::Follower,
    Role::Any,
    Role::Minority,
    Role::Majority,
    Role::All,
    Role::Followers,
    Role::Member,
];

/// What acts on the links of one node.
pub(super) const ONE_NODE: &[Role] = &[
    Role::Leader,
    Role::Controller,
    Role::Coordinator,
    Role::Follower,
    Role::Any,
];

/// What acts on the link from one node to another.
pub(super) const TWO_NODES: &[Role] = &[
    Role::LeaderToFollower,
    Role::FollowerToLeader,
    Role::FollowerToFollower,
];

/// What acts on all links of one node, or on that from one node to another.
pub(super) const ONE_OR_TWO: &[Role] = &[
    Role::Leader,
    Role::Controller,
    Role::Coordinator,
    Role::Follower,
    Role::Any,
    Role::LeaderToFollower,
    Role::FollowerToLeader,
    Role::FollowerToFollower,
];
