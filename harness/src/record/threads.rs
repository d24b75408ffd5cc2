//! Threads that end together: one flag asks all of them, and nothing goes on before they are gone.

use std::thread::JoinHandle;

use anyhow::{Context, Result};

use super::StopFlag;

/// Threads that end when their flag is set, and are waited for then.
#[derive(Default)]
pub struct Threads {
    /// Shared with every thread.
    pub stop: StopFlag,
    handles: Vec<JoinHandle<()>>,
}

impl Threads {
    /// Starts a thread.
    ///
    /// # Errors
    /// If the system has no more threads.
    pub fn start(
        &mut self,
        name: &str,
        body: impl FnOnce(StopFlag) + Send + 'static,
    ) -> Result<()> {
        let stop = self.stop.clone();
        let handle = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || body(stop))
            .with_context(|| format!("start thread {name}"))?;
        self.handles.push(handle);
        Ok(())
    }

    /// Sets the flag and waits for all threads. The number of those that panicked: bugs of the harness.
    pub fn end(self) -> usize {
        self.stop.set();
        self.handles
            .into_iter()
            .filter_map(|handle| handle.join().err())
            .count()
    }
}
