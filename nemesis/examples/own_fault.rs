//! A fault of your own, in one file: `confine` lets a node run on one processor only. It is named in
//! a selection and drawn by a plan as the built-in ones are, and the engine begins, verifies and
//! heals it. The cluster is three processes that do nothing; no privilege is needed.
//!
//! ```console
//! $ cargo run -p nemesis --example own_fault
//! ```
#![allow(clippy::print_stdout)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use nemesis::catalogue::{Catalogue, Class, FaultKind, Selection};
use nemesis::engine::Engine;
use nemesis::fault::{Cause, Fault, FaultError};
use nemesis::plan::{Plan, Timing};
use nemesis::process::{ControlError, ProcessControl, ProcessTable};
use nemesis::sandbox::{self, Isolation, SandboxOptions};
use nemesis::site::Site;
use nemesis::target::{Role, RoleResolver};
use nemesis::{Environment, Node, Nodes, Room};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// What plans, lists and the engine need to know of it.
struct ConfineKind;

static CONFINE: ConfineKind = ConfineKind;

impl FaultKind for ConfineKind {
    fn name(&self) -> &'static str {
        "confine"
    }

    fn description(&self) -> &'static str {
        "the first process of a node may use one processor only"
    }

    fn class(&self) -> Class {
        Class::Process
    }

    fn roles(&self) -> &'static [Role] {
        &[Role::Leader, Role::Follower, Role::Any]
    }

    fn make(&self, site: &Site, aimed: &[Node]) -> Result<Box<dyn Fault>, FaultError> {
        let process = |node: &Node| {
            let group = site.control.group(*node);
            let group = group.ok_or(FaultError::NotRunning { node: *node })?;
            Ok((Pid::from_raw(group), None))
        };
        let processes = aimed
            .iter()
            .map(process)
            .collect::<Result<_, FaultError>>()?;
        Ok(Box::new(Confine { processes }))
    }
}

/// Some processes, each with what it was allowed before.
struct Confine {
    processes: Vec<(Pid, Option<CpuSet>)>,
}

impl Confine {
    fn confine(&mut self) -> Result<(), Cause> {
        for (process, before) in &mut self.processes {
            let allowed = sched_getaffinity(*process)?;
            let first = (0..CpuSet::count()).find(|cpu| allowed.is_set(*cpu) == Ok(true));
            let mut one = CpuSet::new();
            one.set(first.ok_or("no processor is allowed")?)?;
            sched_setaffinity(*process, &one)?;
            *before = Some(allowed);
        }
        Ok(())
    }

    fn restore(&mut self) -> Result<(), Cause> {
        for (process, before) in &mut self.processes {
            if let Some(allowed) = before {
                sched_setaffinity(*process, allowed)?;
                *before = None;
            }
        }
        Ok(())
    }

    /// The evidence is the kernel's, not the return code of the call.
    fn seen(&self) -> Result<String, Cause> {
        let line = |process: &Pid| {
            let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
            let allowed = status
                .lines()
                .find(|line| line.starts_with("Cpus_allowed_list"));
            Ok(format!(
                "process {process}: {}",
                allowed.unwrap_or_default()
            ))
        };
        let lines = self.processes.iter().map(|(process, _)| line(process));
        Ok(lines.collect::<Result<Vec<String>, Cause>>()?.join("; "))
    }
}

impl Fault for Confine {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), FaultError>> {
        async { Ok(self.confine()?) }.boxed()
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        async { Ok(self.seen()?) }.boxed()
    }

    fn heal(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        async {
            self.restore()?;
            Ok(self.seen()?)
        }
        .boxed()
    }
}

impl Drop for Confine {
    fn drop(&mut self) {
        // A process that is gone needs no healing.
        let _ = self.restore();
    }
}

/// Three sleeping processes; `n1` leads.
struct Sleepers(Mutex<Vec<tokio::process::Child>>);

impl ProcessControl for Sleepers {
    fn nodes(&self) -> Nodes {
        Nodes::THREE
    }

    fn group(&self, node: Node) -> Option<i32> {
        let children = self.0.lock().ok()?;
        i32::try_from(children.get(node.index())?.id()?).ok()
    }

    fn kill(&self, _: Node) -> BoxFuture<'_, Result<String, ControlError>> {
        async { Err("not here".into()) }.boxed()
    }

    fn start(&self, _: Node) -> BoxFuture<'_, Result<String, ControlError>> {
        async { Err("not here".into()) }.boxed()
    }
}

impl RoleResolver for Sleepers {
    fn leader(&self) -> BoxFuture<'_, Option<Node>> {
        async { Node::from_index(0) }.boxed()
    }
}

fn main() -> Result<(), Cause> {
    // Before any thread exists.
    let entered = sandbox::enter(&SandboxOptions {
        isolation: Isolation::ProcessesOnly,
        nodes: Nodes::THREE,
    })?;
    let catalogue = Catalogue::built_in().with(&CONFINE);
    let selection = Selection::read("confine", &catalogue)?;
    let plan = Plan::for_time_limit(Duration::from_secs(10), 7, &selection, &Timing::default());
    println!("{plan}");
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let environment = Environment::build(&entered)?;
        let sleeper = |node| {
            let mut command = tokio::process::Command::new("sleep");
            command.arg("60");
            environment.spawn(node, command, &Room::default())
        };
        let children = Nodes::THREE.into_iter().map(sleeper);
        let sleepers = Arc::new(Sleepers(Mutex::new(children.collect::<Result<_, _>>()?)));
        let began = Instant::now();
        let engine = Engine::new(
            environment.clone(),
            ProcessTable::of(&entered),
            sleepers.clone(),
            sleepers,
            Arc::new(move || u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX)),
        );
        let print = |step: nemesis::engine::Step| {
            let event = step.event;
            println!(
                "{} {} {:?}: {}",
                event.id, event.kind, event.phase, event.evidence
            );
        };
        let summary = engine.execute(&plan, &print, std::future::pending()).await;
        println!(
            "{} begun, {} not healed",
            summary.begun,
            summary.unhealed.len()
        );
        Ok(())
    })
}
