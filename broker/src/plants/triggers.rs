//! What provokes a plant: kinds of fault, with a role where it matters. A finding counts as a plant's only after one of
//! them, so each list is whole: a fault that is missing here makes a detection look like an accident.

/// The trigger of a plant that needs no fault.
pub const ALWAYS: &[&str] = &[];

/// What takes the leader away, from the others or from the clients, for longer than an election.
pub(super) const NEW_LEADER: &[&str] = &[
    "isolate:leader",
    "deaf:leader",
    "mute:leader",
    "halves:leader",
    "pause:leader",
    "kill:leader",
];
/// What cuts a leader off that clients still reach, before its last words are out.
pub(super) const CUT_LEADER: &[&str] = &["isolate:leader", "mute:leader"];
/// What leaves the leader and a follower, with the other one gone.
pub(super) const BROKEN_LINK: &[&str] = &[
    "cut-link:leader-to-follower",
    "cut-link:follower-to-leader",
    "cut-link-one-way:leader-to-follower",
    "cut-link-one-way:follower-to-leader",
    "isolate",
    "deaf",
    "mute",
    "halves",
    "pause",
    "kill",
];
/// What leaves a node alone until it asks for votes, and then lets it come back.
pub(super) const COMES_BACK: &[&str] = &[
    "isolate",
    "deaf",
    "mute",
    "halves",
    "cut-link:leader-to-follower",
    "cut-link:follower-to-leader",
    "cut-link-one-way:leader-to-follower",
    "cut-link-one-way:follower-to-leader",
    "pause",
];
/// What makes a node read what it has stored.
pub(super) const RESTART: &[&str] = &["kill:leader", "kill:follower", "rolling-restart"];
