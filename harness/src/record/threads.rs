//! Threads that end together: one flag stops all of them, and the run continues only after they ended.

use std::thread::JoinHandle;

use anyhow::{Context, Result};

use super::StopFlag;

/// Threads that end when their flag is set. The owner then waits for them.
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
    /// If the system cannot start another thread.
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

    /// Sets the flag and waits for all threads. Returns how many of them panicked, which is a bug of the harness.
    pub fn end(self) -> usize {
        self.stop.set();
        self.handles
            .into_iter()
            .filter_map(|handle| handle.join().err())
            .count()
    }
}
