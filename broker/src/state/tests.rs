//! Topics and bounds; transactions have tests of their own.

use super::*;

fn apply(state: &mut State, change: AdminChange, limits: TopicLimits) -> Applied {
    let data = Command::Admin(change, limits).encode(1);
    state.apply(9, 1, &data)
}

fn create(name: &str, partitions: i32) -> AdminChange {
    AdminChange::CreateTopic {
        name: name.into(),
        id: Uuid::from_u128(name.len() as u128),
        partitions,
        settings: Vec::new(),
    }
}

#[test]
fn the_bounds_of_an_entry_decide_on_every_node_alike() {
    let limits = TopicLimits {
        topics: 2,
        partitions: 10,
    };
    let refused = Applied::Admin(Err(ResponseError::PolicyViolation));
    let mut state = State::default();
    assert_eq!(apply(&mut state, create("a", 11), limits), refused);
    assert_eq!(
        apply(&mut state, create("a", 6), limits),
        Applied::Admin(Ok(()))
    );
    assert_eq!(apply(&mut state, create("bb", 5), limits), refused);
    assert_eq!(
        apply(&mut state, create("bb", 2), limits),
        Applied::Admin(Ok(()))
    );
    let grow = |partitions| AdminChange::GrowTopic {
        name: "bb".into(),
        partitions,
    };
    assert_eq!(apply(&mut state, grow(5), limits), refused);
    assert_eq!(apply(&mut state, grow(4), limits), Applied::Admin(Ok(())));
    assert_eq!(
        apply(&mut state, create("ccc", 1), limits),
        refused,
        "a third topic"
    );
    let delete = AdminChange::DeleteTopic { name: "a".into() };
    assert_eq!(apply(&mut state, delete, limits), Applied::Admin(Ok(())));
    assert_eq!(
        apply(&mut state, create("ccc", 6), limits),
        Applied::Admin(Ok(()))
    );
    let none = TopicLimits::NONE;
    assert_eq!(
        apply(&mut state, create("dddd", 100), none),
        Applied::Admin(Ok(()))
    );
}

#[test]
fn an_entry_cannot_forget_what_follows_it() {
    let mut state = State::default();
    let trim = |first_index| Command::Trim { first_index }.encode(1);
    assert_eq!(state.apply(9, 1, &trim(u64::MAX)), Applied::Nothing);
    assert_eq!(state.apply(9, 1, &trim(10)), Applied::Nothing);
    assert_eq!(state.apply(9, 1, &trim(9)), Applied::Trimmed(9));
}
