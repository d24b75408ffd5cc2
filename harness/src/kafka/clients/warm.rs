//! Keeps a client in contact with every node, not only with the leader.
//!
//! librdkafka asks the least idle node for metadata and measures idleness in whole seconds. A node that was not asked
//! within the last second is never asked again while another one is, so after a kill or a pause the old leader may be
//! the only one left. Isolated from the other nodes, it names no new leader, and the client stays with it until the
//! heal (observed once in twenty runs: 3.9 s without an acknowledgement, although the cluster had elected after 0.4 s).
//! The target is what is measured, so every node gets a small request twice a second. Whether it answers does not
//! matter.

use std::ffi::{CStr, CString};
use std::time::{Duration, Instant};

use rdkafka_sys as sys;

use super::producer::Producer;

/// The time between two requests to each node: well below librdkafka's unit of one second.
const EVERY: Duration = Duration::from_millis(400);
/// The time that librdkafka may spend on a request.
const PATIENCE_MS: i32 = 1_000;
/// The buffer size for librdkafka's error messages, which are not read.
const MESSAGE_BYTES: usize = 256;

/// Requests every node's own configuration periodically.
pub struct Warm<'a> {
    producer: &'a Producer,
    nodes: Vec<CString>,
    queue: *mut sys::rd_kafka_queue_t,
    next: Instant,
}

impl Warm<'_> {
    /// For a producer and the brokers with these ids.
    pub fn new<'a>(producer: &'a Producer, ids: impl IntoIterator<Item = i32>) -> Warm<'a> {
        let text = |id: i32| CString::new(id.to_string()).unwrap_or_default();
        Warm {
            producer,
            nodes: ids.into_iter().map(text).collect(),
            // SAFETY: the producer's handle lives as long as the producer, which outlives this value.
            queue: unsafe { sys::rd_kafka_queue_new(producer.native()) },
            next: Instant::now(),
        }
    }

    /// Sends the requests if they are due.
    pub fn keep(&mut self) {
        if Instant::now() < self.next {
            return;
        }
        self.next = Instant::now() + EVERY;
        for node in &self.nodes {
            self.ask(node);
        }
        self.forget_answers();
    }

    fn ask(&self, node: &CStr) {
        let client = self.producer.native();
        // SAFETY: the handle and the queue are live; the call copies resource and options, which are destroyed once.
        unsafe {
            let operation = sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS;
            let options = sys::rd_kafka_AdminOptions_new(client, operation);
            let mut message = [0; MESSAGE_BYTES];
            sys::rd_kafka_AdminOptions_set_request_timeout(
                options,
                PATIENCE_MS,
                message.as_mut_ptr(),
                message.len(),
            );
            let kind = sys::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_BROKER;
            let mut resource = sys::rd_kafka_ConfigResource_new(kind, node.as_ptr());
            sys::rd_kafka_DescribeConfigs(client, &mut resource, 1, options, self.queue);
            sys::rd_kafka_ConfigResource_destroy(resource);
            sys::rd_kafka_AdminOptions_destroy(options);
        }
    }

    fn forget_answers(&self) {
        loop {
            // SAFETY: the queue lives as long as this value; an event is destroyed once.
            unsafe {
                let event = sys::rd_kafka_queue_poll(self.queue, 0);
                if event.is_null() {
                    return;
                }
                sys::rd_kafka_event_destroy(event);
            }
        }
    }
}

impl Drop for Warm<'_> {
    fn drop(&mut self) {
        self.forget_answers();
        // SAFETY: made in `new`, destroyed once.
        unsafe { sys::rd_kafka_queue_destroy(self.queue) };
    }
}
