//! `idempotent`: producers with idempotence and retries. An operation is one record until its delivery report,
//! regardless of the number of requests. No record may appear twice.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use checkers::history::Promises;
use checkers::history::{Acks, Outcome};

use super::lives::{Producing, live, one};
use super::{Row, Turn, Worker, Workload, with_pollers};
use crate::config::shape::Shape;
use crate::kafka::clients::idempotent;
use crate::load::Load;

/// Its row.
pub(super) const ROW: Row = Row {
    name: "idempotent",
    description: "idempotent producers with retries; one operation is one record",
    make: || Arc::new(Idempotent),
};

struct Idempotent;

impl Workload for Idempotent {
    fn workers(&self, clients: usize) -> Vec<Worker> {
        with_pollers(clients, |_, _| Box::new(run))
    }

    fn promise(&self, promises: &mut Promises, _: &Shape) {
        promises.idempotent = true;
    }
}

/// The message time-out of [`crate::kafka::clients::idempotent`], and a second and a half for its report.
const PATIENCE: Duration = Duration::from_millis(11_500);

/// Appends until asked to stop.
///
/// # Errors
/// If librdkafka rejects a setting.
fn run(load: &Load, turn: Turn) -> Result<()> {
    let producing = Producing {
        settings: idempotent(&load.bootstrap, &load.client),
        acks: Acks::All,
        idempotent: true,
        patience: PATIENCE,
        // A fatal error (fenced, out of order) ends the client, as a time-out does.
        ends: |outcome| outcome != Outcome::Ok,
    };
    live(load, turn, &producing, |_, worker, counter| {
        one(worker, counter)
    })
}
