//! What faults may do with the nodes of a cluster: kill and start them, replace their disks, and what the target refuses.

use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use futures::FutureExt;
use futures::future::BoxFuture;
use nemesis::catalogue::Needs;
use nemesis::process::{ControlError, ProcessControl, Release};
use nemesis::{Node, Nodes};

use super::Cluster;
use super::size::directory_bytes;

impl ProcessControl for Cluster {
    fn nodes(&self) -> Nodes {
        Cluster::nodes(self)
    }

    fn group(&self, node: Node) -> Option<i32> {
        self.pid(node)
    }

    fn kill(&self, node: Node) -> BoxFuture<'_, Result<String, ControlError>> {
        async move {
            if self.pid(node).is_none() {
                return Err(format!("{node} is not running").into());
            }
            Ok(Cluster::kill(self, node).await?)
        }
        .boxed()
    }

    fn stop(&self, node: Node) -> BoxFuture<'_, Result<String, ControlError>> {
        async move {
            if self.pid(node).is_none() {
                return Err(format!("{node} is not running").into());
            }
            Ok(self.ask_to_end(node).await?)
        }
        .boxed()
    }

    fn release(&self, node: Node) -> Release {
        Cluster::release(self, node)
    }

    fn replace(&self, node: Node, release: Release) -> BoxFuture<'_, Result<String, ControlError>> {
        async move {
            Ok(tokio::task::block_in_place(|| {
                Cluster::replace(self, node, release)
            })?)
        }
        .boxed()
    }

    fn finalize(&self) -> BoxFuture<'_, Result<String, ControlError>> {
        async move { Ok(Cluster::finalize(self).await?) }.boxed()
    }

    fn start(&self, node: Node) -> BoxFuture<'_, Result<String, ControlError>> {
        async move { Ok(format!("process {}", Cluster::start(self, node).await?)) }.boxed()
    }

    fn wipe(&self, node: Node) -> BoxFuture<'_, Result<String, ControlError>> {
        async move { Ok(tokio::task::block_in_place(|| Cluster::wipe(self, node))?) }.boxed()
    }

    fn refuses(&self, needs: Needs) -> Option<String> {
        self.0.target.refuses(needs)
    }
}

impl Cluster {
    /// Removes the data directory of a node that does not run, and writes the target's files anew. Its next start runs the
    /// target's `init` on it, as on a new machine.
    fn wipe(&self, node: Node) -> Result<String> {
        let process = self.process(node);
        anyhow::ensure!(self.pid(node).is_none(), "it still runs");
        let directory = &process.layout().place.directory;
        let bytes = directory_bytes(directory);
        process.unmount();
        std::fs::remove_dir_all(directory)
            .with_context(|| format!("remove {}", directory.display()))?;
        process.wiped.store(true, Ordering::SeqCst);
        process.layout().restore()?;
        process.mount(&self.0.environment)?;
        Ok(format!("{bytes} bytes removed"))
    }
}
