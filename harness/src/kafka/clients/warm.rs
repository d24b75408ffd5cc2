//! Keeps a client in use of every node, not only of the one that leads.
//!
//! librdkafka asks the least idle node for metadata, counted in whole seconds. A node that was not asked within the last
//! second is never asked again as long as another was, so after a kill or a pause the old leader may be the only one left:
//! isolated from the other nodes it names no new leader, and the client stays with it until the heal (seen once in twenty
//! runs: 3.9 s without an acknowledgement where the cluster had elected after 0.4 s). What is to be measured is the target,
//! so every node gets a small question twice a second; whether it answers does not matter.

use std::ffi::{CStr, CString};
use std::time::{Duration, Instant};

use rdkafka_sys as sys;

use super::producer::Producer;

/// Between two questions to each node: well below the second that librdkafka counts in.
const EVERY: Duration = Duration::from_millis(400);
/// How long librdkafka may try to ask.
const PATIENCE_MS: i32 = 1_000;
/// Of librdkafka's messages, which are not read.
const MESSAGE_BYTES: usize = 256;

/// Asks every node for its own configuration, again and again.
pub struct Warm<'a> {
    producer: &'a Producer,
    nodes: Vec<CString>,
    queue: *mut sys::rd_kafka_queue_t,
    next: Instant,
}

impl Warm<'_> {
    /// For a producer, and the brokers with these ids.
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

    /// Asks, if it is time to.
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
