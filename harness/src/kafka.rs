//! The Kafka clients of the harness: raw requests to single nodes, and librdkafka as applications use it.
//!
//! | part | what it is |
//! |---|---|
//! | [`wire`] | one connection to one node, one request at a time |
//! | [`questions`] | the requests over it, with plain values as answers |
//! | [`nodes`] | their names and addresses |
//! | [`clients`] | librdkafka producers and consumers, and how their results become outcomes |

pub mod clients;
pub mod contents;
pub mod nodes;
pub mod questions;
mod unpack;
pub mod wire;
