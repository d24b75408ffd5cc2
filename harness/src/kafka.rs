//! How the harness speaks Kafka: raw requests to single nodes, and librdkafka as users have it.
//!
//! | part | what it is |
//! |---|---|
//! | [`wire`] | one connection to one node, one request at a time |
//! | [`questions`] | what is asked over it, as plain values |
//! | [`clients`] | librdkafka producers and consumers, and how their results become outcomes |

pub mod clients;
pub mod questions;
pub mod wire;
