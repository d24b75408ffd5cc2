//! One window of a plan, from finding its target to its heal.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use checkers::history::{FaultEvent, FaultPhase, Moment};
use tokio::time::{Instant, sleep, timeout};

use super::{Engine, Sink, Step, Summary};
use crate::evidence::Counters;
use crate::fault::{Fault, FaultError};
use crate::kind::{Class, Needs};
use crate::link::Link;
use crate::node::Node;
use crate::plan::Window;
use crate::process::Client;
use crate::site::Site;
use crate::target::{Draw, Role};

/// How long a window waits for a leader before it is skipped.
const LEADER_LIMIT: Duration = Duration::from_secs(5);

/// How often it asks meanwhile.
const LEADER_INTERVAL: Duration = Duration::from_millis(50);

/// How long the question may take that only serves to record which node led.
const WHO_LEADS_LIMIT: Duration = Duration::from_millis(500);

/// How many times a heal is tried.
const HEAL_ATTEMPTS: usize = 5;

/// Between two attempts at a heal.
const HEAL_INTERVAL: Duration = Duration::from_millis(200);

/// At which nodes, or which clients, a window is aimed.
#[derive(Default)]
struct Aim {
    nodes: Vec<Node>,
    clients: Vec<Client>,
    draw: Option<Draw>,
    affects_leader: bool,
    /// Why these, where more than the leader was asked for.
    why: Option<String>,
}

/// The node that leads, or coordinates, and in the second case who says so.
struct Named {
    node: Node,
    why: Option<String>,
}

/// What was seen of a step: in words, and counted.
struct Seen {
    evidence: String,
    counters: Counters,
    skew_ms: Option<(i64, i64)>,
}

impl Seen {
    fn of(fault: &dyn Fault, evidence: String) -> Seen {
        Seen {
            evidence,
            counters: fault.counters(),
            skew_ms: fault.skew_ms(),
        }
    }
}

impl From<String> for Seen {
    fn from(evidence: String) -> Seen {
        Seen {
            evidence,
            counters: Counters::default(),
            skew_ms: None,
        }
    }
}

impl Engine {
    /// Runs one window to its end, or to `stop`.
    pub(super) async fn run_window(
        &self,
        (window, draw): (&Window, Draw),
        sink: Sink<'_>,
        mut stop: Pin<&mut (impl Future<Output = ()> + Send)>,
        summary: &mut Summary,
    ) {
        if let Some(why) = self.site.control.refuses(window.kind.needs()) {
            return self.skip(window, &why, summary, sink);
        }
        let aim = tokio::select! {
            biased;
            () = &mut stop => {
                summary.stopped = true;
                return;
            }
            aim = self.aim(window, draw) => aim,
        };
        let aim = match aim {
            Ok(aim) => aim,
            Err(why) => return self.skip(window, &why, summary, sink),
        };
        let called = (self.clock)();
        let site = Site {
            seed: draw.seed(),
            ..self.site.clone()
        };
        let made = match window.role.is_of_clients() {
            true => window.kind.make_for_clients(&site, &aim.clients),
            false => window.kind.make(&site, &aim.nodes),
        };
        let mut fault = match made {
            Ok(fault) => fault,
            Err(error) => {
                let reason = error.to_string();
                return self.without_effect(window, &aim, called, reason, summary, sink);
            }
        };
        let (seen, leader) = tokio::join!(take_effect(fault.as_mut()), self.who_leads(window.role));
        let role_held = self.role_held(window, &aim, leader);
        let evidence = match seen {
            Ok(evidence) => evidence,
            Err(error) => {
                self.end(window, &aim, role_held, fault.as_mut(), summary, None)
                    .await;
                let reason = error.to_string();
                return self.without_effect(window, &aim, called, reason, summary, sink);
            }
        };
        summary.begun += 1;
        summary.leader_affecting += usize::from(aim.affects_leader && role_held);
        let evidence = match &aim.why {
            Some(why) => format!("{evidence}; {why}"),
            None => evidence,
        };
        let seen = Seen::of(fault.as_ref(), evidence);
        sink(self.step(window, &aim, FaultPhase::Begun, called, seen, role_held));
        let held = tokio::select! {
            biased;
            () = &mut stop => {
                summary.stopped = true;
                Ok(())
            }
            held = fault.hold(Duration::from_millis(window.duration_ms)) => held,
        };
        self.end(window, &aim, role_held, fault.as_mut(), summary, Some(sink))
            .await;
        // After the heal, which is that of the window that began.
        if let Err(error) = held {
            let reason = error.to_string();
            self.without_effect(window, &aim, called, reason, summary, sink);
        }
    }

    /// Records a window that did not begin.
    pub(super) fn skip(&self, window: &Window, why: &str, summary: &mut Summary, sink: Sink<'_>) {
        summary.skipped += 1;
        let aim = Aim::default();
        let now = (self.clock)();
        sink(self.step(
            window,
            &aim,
            FaultPhase::Skipped,
            now,
            why.to_owned().into(),
            false,
        ));
    }

    fn without_effect(
        &self,
        window: &Window,
        aim: &Aim,
        called: Moment,
        reason: String,
        summary: &mut Summary,
        sink: Sink<'_>,
    ) {
        let Window { id, kind, role, .. } = window;
        summary
            .without_effect
            .push(format!("{id}, {kind} at {role}: {reason}"));
        let seen = reason.into();
        sink(self.step(window, aim, FaultPhase::Failed, called, seen, false));
    }

    /// Waits for a leader where the role needs one, and names the nodes; or says why it cannot.
    async fn aim(&self, window: &Window, draw: Draw) -> Result<Aim, String> {
        let Window { kind, role, .. } = window;
        if role.is_of_clients() {
            return self.aim_at_clients(*role, draw).await;
        }
        let named = if role.needs_leader() {
            let found = self.leader(*role).await;
            let limit_s = LEADER_LIMIT.as_secs();
            let wanted = match role {
                Role::Coordinator => "coordinator",
                _ => "leader",
            };
            Some(found.ok_or_else(|| format!("no {wanted} for {limit_s} s"))?)
        } else {
            self.who_leads(*role).await
        };
        let (leader, why) = match named {
            Some(named) => (Some(named.node), named.why),
            None => (None, None),
        };
        let all = self.site.nodes();
        let nodes = kind.aim(*role, all, draw, leader).ok_or_else(|| {
            let count = all.count();
            format!("{kind} at {role} needs a larger cluster than one of {count}")
        })?;
        let leading = timeout(WHO_LEADS_LIMIT, self.site.resolver.leading()).await;
        // Who coordinates need not lead any partition.
        let leads = leader.filter(|_| *role != Role::Coordinator);
        let affects_leader = leads.is_some_and(|leader| kind.affects(all, &nodes, leader))
            || leading.is_ok_and(|leading| kind.affects_any(all, &nodes, &leading));
        Ok(Aim {
            nodes,
            clients: Vec::new(),
            draw: Some(draw),
            affects_leader,
            why,
        })
    }

    /// Waits until a client of the role runs, and names one.
    async fn aim_at_clients(&self, role: Role, mut draw: Draw) -> Result<Aim, String> {
        let limit = Instant::now() + LEADER_LIMIT;
        loop {
            let members = self.site.clients.members();
            if let Some(client) = draw.pick(members.len()).map(|at| members[at].clone()) {
                return Ok(Aim {
                    clients: vec![client],
                    ..Aim::default()
                });
            }
            if Instant::now() >= limit {
                let limit_s = LEADER_LIMIT.as_secs();
                return Err(format!("no {role} runs for {limit_s} s"));
            }
            sleep(LEADER_INTERVAL).await;
        }
    }

    /// The leader that a role means.
    async fn ask(&self, role: Role) -> Option<Named> {
        let resolver = &self.site.resolver;
        let leader = match role {
            Role::Coordinator => {
                let found = resolver.coordinator().await?;
                return Some(Named {
                    node: found.node,
                    why: Some(found.evidence),
                });
            }
            Role::Controller => resolver.leading().await.quorum,
            _ => resolver.leader().await,
        };
        let why = None;
        leader.map(|node| Named { node, why })
    }

    async fn leader(&self, role: Role) -> Option<Named> {
        let limit = Instant::now() + LEADER_LIMIT;
        loop {
            let left = limit.saturating_duration_since(Instant::now());
            match timeout(left, self.ask(role)).await {
                Ok(Some(leader)) => return Some(leader),
                Err(_) => return None,
                Ok(None) => {}
            }
            if Instant::now() + LEADER_INTERVAL >= limit {
                return None;
            }
            sleep(LEADER_INTERVAL).await;
        }
    }

    async fn who_leads(&self, role: Role) -> Option<Named> {
        timeout(WHO_LEADS_LIMIT, self.ask(role))
            .await
            .ok()
            .flatten()
    }

    /// Whether the targets still had their role when the fault took effect. If no leader is named any
    /// more, they have kept it: the fault itself may have removed the leader.
    fn role_held(&self, window: &Window, aim: &Aim, leader: Option<Named>) -> bool {
        match (leader, aim.draw) {
            (Some(named), Some(draw)) => {
                let all = self.site.nodes();
                let leader = Some(named.node);
                let now = window.kind.aim(window.role, all, draw, leader);
                now.as_ref() == Some(&aim.nodes)
            }
            _ => true,
        }
    }

    /// Heals, and reports that if the fault began.
    async fn end(
        &self,
        window: &Window,
        aim: &Aim,
        role_held: bool,
        fault: &mut dyn Fault,
        summary: &mut Summary,
        sink: Option<Sink<'_>>,
    ) {
        let called = (self.clock)();
        let healed = heal(fault).await;
        let (phase, evidence) = match healed {
            Ok(evidence) => (FaultPhase::Healed, evidence),
            Err(error) => {
                let reason = format!("not healed: {error}");
                summary
                    .unhealed
                    .push(format!("{}, {}: {reason}", window.id, window.kind));
                (FaultPhase::Failed, reason)
            }
        };
        if let Some(sink) = sink {
            let seen = Seen::of(fault, evidence);
            sink(self.step(window, aim, phase, called, seen, role_held));
        }
    }

    fn step(
        &self,
        window: &Window,
        aim: &Aim,
        phase: FaultPhase,
        called: Moment,
        seen: Seen,
        role_held: bool,
    ) -> Step {
        let nodes = self.site.nodes();
        let named = |links: Vec<Link>| links.into_iter().map(Link::named).collect();
        let event = FaultEvent {
            id: window.id.clone(),
            called,
            kind: window.kind.to_string(),
            phase,
            targets: (aim.nodes.iter().map(Node::to_string))
                .chain(aim.clients.iter().map(|client| client.name.clone()))
                .collect(),
            links: named(window.kind.links(nodes, &aim.nodes)),
            disturbed: named(window.kind.disturbs(nodes, &aim.nodes)),
            disk: window.kind.disk(),
            role: window.role.to_string(),
            role_held,
            affects_leader: aim.affects_leader,
            evidence: seen.evidence,
            counters: seen.counters.named(),
            // One that never began moved nothing, and stopped nobody either.
            skew_ms: seen
                .skew_ms
                .or((window.kind.class() == Class::Clock).then_some((0, 0))),
            wiped: window.kind.needs() == Needs::ReplaceableDisk,
        };
        Step {
            t: (self.clock)(),
            event,
        }
    }
}

async fn take_effect(fault: &mut dyn Fault) -> Result<String, FaultError> {
    fault.begin().await?;
    fault.verify().await
}

async fn heal(fault: &mut dyn Fault) -> Result<String, FaultError> {
    let mut attempt = 1;
    loop {
        match fault.heal().await {
            Err(_) if attempt < HEAL_ATTEMPTS => attempt += 1,
            healed => return healed,
        }
        sleep(HEAL_INTERVAL).await;
    }
}
