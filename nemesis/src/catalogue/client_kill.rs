//! The kill of a client: SIGKILL to its process group; healing starts another one in its place. It leaves its consumer group
//! without a word, so the others learn of it when its session ends.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::reaped::{gone, in_words};
use crate::fault::{Fault, FaultError};
use crate::process::{Client, ClientControl, ProcessTable};

/// Some clients killed together. Dropping it starts none, as for nodes.
pub struct ClientKill {
    control: Arc<dyn ClientControl>,
    table: ProcessTable,
    clients: Vec<Client>,
    statuses: Vec<(String, String)>,
    down: bool,
}

impl ClientKill {
    /// For these clients.
    pub fn new(
        control: Arc<dyn ClientControl>,
        table: ProcessTable,
        clients: Vec<Client>,
    ) -> ClientKill {
        ClientKill {
            control,
            table,
            clients,
            statuses: Vec::new(),
            down: false,
        }
    }

    async fn kill(&mut self) -> Result<(), FaultError> {
        self.down = true;
        for client in &self.clients {
            let status = self.control.kill(&client.name).await;
            let status = status.map_err(|source| FaultError::Client {
                client: client.name.clone(),
                source,
            })?;
            self.statuses.push((client.name.clone(), status));
        }
        Ok(())
    }

    async fn restart(&mut self) -> Result<String, FaultError> {
        if !self.down {
            return Ok("already started".to_owned());
        }
        let mut started = Vec::new();
        for client in &self.clients {
            let text = self.control.start(&client.name).await;
            started.push(text.map_err(|source| FaultError::Client {
                client: client.name.clone(),
                source,
            })?);
        }
        self.down = false;
        Ok(format!("started in its place: {}", started.join("; ")))
    }
}

impl Fault for ClientKill {
    fn begin(&mut self) -> BoxFuture<'_, Result<(), FaultError>> {
        self.kill().boxed()
    }

    fn verify(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        async {
            let groups: Vec<i32> = self.clients.iter().map(|client| client.group).collect();
            gone(&self.table, &groups, in_words(&self.statuses)).await
        }
        .boxed()
    }

    fn heal(&mut self) -> BoxFuture<'_, Result<String, FaultError>> {
        self.restart().boxed()
    }
}
