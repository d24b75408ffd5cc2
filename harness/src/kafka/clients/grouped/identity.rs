//! A client's generation and member id, which the safe interface of librdkafka does not have.

use std::ffi::CStr;

use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka_sys as sys;

/// The generation and the member id that the library has now.
pub(super) fn identity<C: ConsumerContext>(consumer: &BaseConsumer<C>) -> (i32, String) {
    // SAFETY: the client lives as long as its consumer. What is returned is owned by the caller, and is destroyed below, after
    // its text was copied.
    unsafe {
        let metadata = sys::rd_kafka_consumer_group_metadata(consumer.client().native_ptr());
        if metadata.is_null() {
            return (-1, String::new());
        }
        let generation = sys::rd_kafka_consumer_group_metadata_generation_id(metadata);
        let member = sys::rd_kafka_consumer_group_metadata_member_id(metadata);
        let member = match member.is_null() {
            true => String::new(),
            false => CStr::from_ptr(member).to_string_lossy().into_owned(),
        };
        sys::rd_kafka_consumer_group_metadata_destroy(metadata);
        (generation, member)
    }
}
