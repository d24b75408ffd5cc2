//! Rolling restart: one node after the other ends and is started again. Without a setting each is killed, and the next one
//! follows when its share of the window begins, as a careless upgrade does it; each is down for half of its share. With
//! `graceful` a node is asked to end, and with `whole` the next one waits until the cluster is whole again.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::time::{Instant, sleep};

use super::kill::{Ending, Kill};
use super::setting::with_setting;
use crate::fault::{Fault, FaultError};
use crate::kind::{Class, FaultKind, Kind};
use crate::node::Node;
use crate::process::{ProcessControl, ProcessTable, Release};
use crate::site::Site;
use crate::target::{Role, RoleResolver};

/// How long the next node waits until the cluster is whole. An operator would look for the cause; a run goes on, because a
/// broker that never recovers is a finding, and the evidence says that it waited in vain.
const WHOLE_LIMIT: Duration = Duration::from_secs(120);

/// Between two questions whether it is.
const WHOLE_INTERVAL: Duration = Duration::from_millis(100);

/// The shortest time that a node is down, so that no answer from before its end can be taken for one from after its start.
const DOWN_MIN: Duration = Duration::from_secs(1);

/// The words, for messages.
const WORDS: &str = "words joined by `+`: `graceful` (SIGTERM instead of SIGKILL), `whole` (each node after the cluster is \
    whole again, the quorum's leader last)";

/// How a rolling restart goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// How each node ends.
    pub ending: Ending,
    /// Whether each node waits until the cluster is whole again, and the quorum's leader is the last one.
    pub whole: bool,
    /// What each node runs at its next start. None if it stays as it is.
    pub release: Option<Release>,
}

impl Manner {
    fn read(setting: &str) -> Result<Manner, String> {
        let mut manner = Manner::default();
        for word in setting.split('+') {
            match word {
                "graceful" => manner.ending = Ending::Stop,
                "whole" => manner.whole = true,
                _ => return Err(format!("`{word}` is none of the {WORDS}")),
            }
        }
        Ok(manner)
    }
}

/// End and start again, one node after the other.
#[derive(Clone, Copy)]
pub(super) struct RollingRestartKind {
    name: &'static str,
    manner: Manner,
}

/// The row of the catalogue.
pub(super) static KIND: RollingRestartKind = RollingRestartKind {
    name: "rolling-restart",
    manner: Manner {
        ending: Ending::Kill,
        whole: false,
        release: None,
    },
};

impl FaultKind for RollingRestartKind {
    fn name(&self) -> &'static str {
        self.name
    }

    fn description(&self) -> &'static str {
        "SIGKILL and start, one node after the other"
    }

    fn class(&self) -> Class {
        Class::Process
    }

    fn roles(&self) -> &'static [Role] {
        &[Role::All]
    }

    fn setting(&self) -> Option<&'static str> {
        Some(WORDS)
    }

    fn set(&self, setting: &str) -> Result<Kind, String> {
        let manner = Manner::read(setting)?;
        Ok(with_setting(KIND.name, setting, |name| {
            RollingRestartKind { name, manner }
        }))
    }

    fn waits_for_evidence(&self) -> bool {
        self.manner.whole
    }

    fn make(&self, site: &Site, aimed: &[Node]) -> Result<Box<dyn Fault>, FaultError> {
        let fault = RollingRestart::new(site, aimed.to_vec(), self.manner);
        Ok(Box::new(fault))
    }
}

/// Some nodes, one at a time.
pub struct RollingRestart {
    control: Arc<dyn ProcessControl>,
    table: ProcessTable,
    resolver: Arc<dyn RoleResolver>,
    manner: Manner,
    /// The next one last.
    waiting: Vec<Node>,
    nodes: u32,
    current: Option<(Node, Kill)>,
    evidence: Vec<String>,
}

impl RollingRestart {
    /// In the order given, or with the quorum's leader last.
    pub fn new(site: &Site, nodes: Vec<Node>, manner: Manner) -> RollingRestart {
        let count = nodes.len().max(1) as u32;
        let mut waiting = nodes;
        waiting.reverse();
        RollingRestart {
            control: Arc::clone(&site.control),
            table: site.table.clone(),
            resolver: Arc::clone(&site.resolver),
            manner,
            waiting,
            nodes: count,
            current: None,
            evidence: vec![],
        }
    }

    /// The quorum's leader is replaced once, at the end, and not again for each node that it moves to.
    async fn order(&mut self) {
        if self.manner.whole {
            let last = self.resolver.leading().await.quorum;
            // The front of the list is its end.
            self.waiting.sort_by_key(|node| Some(*node) != last);
        }
    }

    async fn end_next(&mut self) -> Result<(), FaultError> {
        let Some(node) = self.waiting.pop() else {
            return Ok(());
        };
        let kill = Kill::new(Arc::clone(&self.control), self.table.clone(), vec![node]);
        let (_, kill) = self.current.insert((node, kill.by(self.manner.ending)));
        kill.begin().await
    }

    async fn start_current(&mut self) -> Result<(), FaultError> {
        let Some((node, kill)) = &mut self.current else {
            return Ok(());
        };
        if let Some(release) = self.manner.release {
            match self.control.replace(*node, release).await {
                Ok(replaced) => self.evidence.push(format!("{node} is now {replaced}")),
                Err(source) => {
                    // The heal must start it all the same.
                    self.manner.release = None;
                    let node = *node;
                    return Err(FaultError::Control { node, source });
                }
            }
        }
        let evidence = kill.heal().await?;
        self.evidence.push(evidence);
        self.current = None;
        Ok(())
    }

    async fn until_whole(&mut self) {
        let begun = Instant::now();
        while begun.elapsed() < WHOLE_LIMIT {
            if self.resolver.is_whole().await {
                let after = begun.elapsed().as_secs_f64();
                return self
                    .evidence
                    .push(format!("whole again after {after:.1} s"));
            }
            sleep(WHOLE_INTERVAL).await;
        }
        let limit = WHOLE_LIMIT.as_secs();
        self.evidence
            .push(format!("NOT whole again after {limit} s"));
    }

    async fn roll(&mut self, duration: Duration) -> Result<(), FaultError> {
        let half_share = duration / self.nodes / 2;
        loop {
            sleep(match self.manner.whole {
                true => half_share.max(DOWN_MIN),
                false => half_share,
            })
            .await;
            self.start_current().await?;
            match self.manner.whole {
                true => self.until_whole().await,
                false => sleep(half_share).await,
            }
            if self.waiting.is_empty() {
                return Ok(());
            }
            self.end_next().await?;
            let evidence = self.verify().await?;
            self.evidence.push(evidence);
        }
    }
}

impl Fault for RollingRestart {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), FaultError>> {
        async {
            self.order().await;
            self.end_next().await
        }
        .boxed()
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        match &mut self.current {
            Some((_, kill)) => kill.verify(),
            None => async {
                let evidence = "no node was left to restart".to_owned();
                Err(FaultError::NoEffect { evidence })
            }
            .boxed(),
        }
    }

    fn hold(&mut self, duration: Duration) -> BoxFuture<'_, Result<(), FaultError>> {
        self.roll(duration).boxed()
    }

    fn heal(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        async {
            self.start_current().await?;
            Ok(self.evidence.join("; "))
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manner_is_a_part_of_the_name() {
        let kind: Kind = "rolling-restart=graceful+whole".parse().expect("a kind");
        assert_eq!(kind.name(), "rolling-restart=graceful+whole");
        assert!(kind.waits_for_evidence());
        assert!(!Kind::ROLLING_RESTART.waits_for_evidence());
        let graceful: Kind = "rolling-restart=graceful".parse().expect("a kind");
        assert!(!graceful.waits_for_evidence());
        let why = "rolling-restart=slow"
            .parse::<Kind>()
            .expect_err("no word")
            .to_string();
        assert!(why.contains("`graceful`"), "{why}");
    }
}
