//! Executes a plan: waits for a window, finds the nodes at which it is aimed, begins the fault,
//! verifies that it took effect, waits, heals it, verifies that it is gone; and reports every step.
//!
//! When `stop` completes, the fault under way is healed and reported. When the engine's future is
//! dropped or panics, the fault is healed by its own drop, and nothing more is reported.

mod window;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use checkers::history::{FaultEvent, Moment};
use tokio::time::{Instant, sleep_until};

use crate::environment::Environment;
use crate::plan::Plan;
use crate::process::{ClientControl, NoClients, ProcessControl, ProcessTable};
use crate::site::Site;
use crate::target::RoleResolver;

/// The least quiet between two windows when the first one took longer than planned.
const GAP_LEAST: Duration = Duration::from_secs(1);

/// Between two questions whether the cluster is whole again.
const WHOLE_INTERVAL: Duration = Duration::from_millis(50);

/// If a cluster is not whole when the next window is due, the window waits for up to this multiple of the settling
/// time. A broker that never recovers is still subjected to faults.
const PATIENCE: u32 = 2;

/// A window that would have to begin later than this after its time is skipped: the load phase is
/// not extended.
const LATE_LIMIT: Duration = Duration::from_secs(8);

/// A step in the life of a fault, as the history records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When it was known: for `begun`, after the fault was seen to have taken effect.
    pub t: Moment,
    /// What happened. `called` is the time before the call that made it happen.
    pub event: FaultEvent,
}

/// Receives steps in the order in which they happen. Must not block.
pub type Sink<'a> = &'a (dyn Fn(Step) + Send + Sync);

/// Nanoseconds since the run began.
pub type Clock = Arc<dyn Fn() -> Moment + Send + Sync>;

/// What became of a plan's windows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Windows that took effect.
    pub begun: usize,
    /// Those of them that affected the leader of their time, and whose target still had its role
    /// then.
    pub leader_affecting: usize,
    /// Windows that were skipped because their role could not be resolved, or for lack of time.
    pub skipped: usize,
    /// Faults without effect: an error of the run, with the reason.
    pub without_effect: Vec<String>,
    /// Faults that could not be healed, with the reason: what follows them cannot be trusted.
    pub unhealed: Vec<String>,
    /// Whether `stop` ended it before the plan did.
    pub stopped: bool,
}

/// Executes plans against one cluster.
pub struct Engine {
    site: Site,
    clock: Clock,
    settling: Duration,
}

impl fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Engine")
            .field("site", &self.site)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Brings together what faults act on and what they ask.
    pub fn new(
        environment: Environment,
        table: ProcessTable,
        control: Arc<dyn ProcessControl>,
        resolver: Arc<dyn RoleResolver>,
        clock: Clock,
    ) -> Engine {
        let site = Site {
            environment,
            table,
            control,
            clients: Arc::new(NoClients),
            resolver,
            seed: 0,
        };
        Engine {
            site,
            clock,
            settling: Duration::ZERO,
        }
    }

    /// With clients that are processes of their own, which faults can be aimed at. Without this there are none.
    pub fn clients(mut self, clients: Arc<dyn ClientControl>) -> Engine {
        self.site.clients = clients;
        self
    }

    /// How long the cluster takes after a heal until everything is as before. A window that is planned after at least
    /// this much quiet waits for a limited time until the cluster is whole, and the windows after it move with it: a second
    /// fault in a cluster whose killed node is still starting would leave no majority, and the planned fault would show
    /// nothing. Zero: no window waits.
    pub fn settling(self, settling: Duration) -> Engine {
        Engine { settling, ..self }
    }

    /// Executes the plan from now on: its times count from this call.
    pub async fn execute(
        &self,
        plan: &Plan,
        sink: Sink<'_>,
        stop: impl Future<Output = ()> + Send,
    ) -> Summary {
        let mut stop = std::pin::pin!(stop);
        let begun = Instant::now();
        let mut free_from = begun;
        let mut moved = Duration::ZERO;
        let mut quiet_from_ms = 0;
        let mut summary = Summary::default();
        for (at, window) in plan.windows.iter().enumerate() {
            let draw = plan.draw(at);
            let quiet = Duration::from_millis(window.at_ms.saturating_sub(quiet_from_ms));
            quiet_from_ms = window.at_ms + window.duration_ms;
            let planned = begun + Duration::from_millis(window.at_ms) + moved;
            let at = planned.max(free_from);
            tokio::select! {
                biased;
                () = &mut stop => summary.stopped = true,
                () = sleep_until(at) => {}
            }
            if summary.stopped {
                break;
            }
            if at > planned + LATE_LIMIT {
                self.skip(
                    window,
                    "the window before it took too long",
                    &mut summary,
                    sink,
                );
                continue;
            }
            if !self.settling.is_zero() && quiet >= self.settling {
                tokio::select! {
                    biased;
                    () = &mut stop => summary.stopped = true,
                    waited = self.until_whole() => moved += waited,
                }
                if summary.stopped {
                    break;
                }
            }
            let before = Instant::now();
            self.run_window((window, draw), sink, stop.as_mut(), &mut summary)
                .await;
            if window.kind.waits_for_evidence() {
                let planned = Duration::from_millis(window.duration_ms);
                moved += before.elapsed().saturating_sub(planned);
            }
            free_from = Instant::now() + GAP_LEAST;
            if summary.stopped {
                break;
            }
        }
        summary
    }

    /// Waits until the cluster is whole, or patience ends; returns how long that took.
    async fn until_whole(&self) -> Duration {
        let begun = Instant::now();
        while begun.elapsed() < self.settling * PATIENCE && !self.site.resolver.is_whole().await {
            tokio::time::sleep(WHOLE_INTERVAL).await;
        }
        begun.elapsed()
    }
}
