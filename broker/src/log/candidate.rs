//! A segment's file, before anybody knows whether it is a part of the log.

use std::sync::Arc;

use super::frame;
use super::segment::Opening;
use crate::disk::DiskFile;

/// Length of a segment's first frame.
pub(super) const OPENING_BYTES: u64 = (frame::HEADER_BYTES + Opening::BODY_BYTES) as u64;

/// A segment's file.
pub(super) struct Candidate {
    pub(super) name: String,
    pub(super) sequence: u32,
    pub(super) file: Arc<dyn DiskFile>,
}
