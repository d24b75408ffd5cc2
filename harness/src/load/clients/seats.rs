//! The clients of a run that are processes: who sits where, what faults do to them, and who waits for whom.
//!
//! A seat is one member's place in the load. The thread that keeps it starts a process in it, and another one when that has
//! ended. A fault that kills it keeps the seat empty until its window ends.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use nemesis::process::{Client, ClientControl, ControlError};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// The time within which a killed process must be gone, and another one must sit in its place.
const LIMIT: Duration = Duration::from_secs(5);

/// Who sits in a seat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Sitter {
    /// Nobody yet, or nobody any more.
    #[default]
    Nobody,
    /// A process, with its group. `condemned` if a fault kills it.
    Running { group: i32, condemned: bool },
    /// Nobody until the fault that killed the last one has ended; and how that one ended.
    Killed(String),
}

#[derive(Debug, Default)]
struct Seat {
    /// The name of the present or the last client.
    name: String,
    sitter: Sitter,
}

/// All seats of a run. Cheap to clone.
#[derive(Clone, Default)]
pub struct Seats(Arc<Shared>);

#[derive(Default)]
struct Shared {
    seats: Mutex<Vec<Seat>>,
    changed: Condvar,
}

impl Seats {
    fn all(&self) -> MutexGuard<'_, Vec<Seat>> {
        self.0.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a seat, and returns its number.
    pub(super) fn add(&self) -> usize {
        let mut seats = self.all();
        seats.push(Seat::default());
        seats.len() - 1
    }

    /// A client sits in a seat.
    pub(super) fn taken(&self, seat: usize, name: &str, group: i32) {
        let mut seats = self.all();
        seats[seat] = Seat {
            name: name.to_owned(),
            sitter: Sitter::Running {
                group,
                condemned: false,
            },
        };
        self.0.changed.notify_all();
    }

    /// The client of a seat ends: `reap` waits for it and says how. Nobody signals its number meanwhile, which is free then.
    /// Returns that, and whether a fault killed it, which keeps the seat empty.
    pub(super) fn left<E>(
        &self,
        seat: usize,
        reap: impl FnOnce() -> Result<String, E>,
    ) -> Result<(String, bool), E> {
        let mut seats = self.all();
        let status = reap()?;
        let killed = matches!(
            seats[seat].sitter,
            Sitter::Running {
                condemned: true,
                ..
            }
        );
        seats[seat].sitter = match killed {
            true => Sitter::Killed(status.clone()),
            false => Sitter::Nobody,
        };
        self.0.changed.notify_all();
        Ok((status, killed))
    }

    /// Waits for a moment until a fault lets somebody sit there. Returns whether it does.
    pub(super) fn is_free(&self, seat: usize, wait: Duration) -> bool {
        let seats = self.all();
        let waits = |seats: &mut Vec<Seat>| matches!(seats[seat].sitter, Sitter::Killed(_));
        let waited = self.0.changed.wait_timeout_while(seats, wait, waits);
        let (mut seats, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !waits(&mut seats)
    }

    fn kill_now(&self, name: &str) -> Result<String, ControlError> {
        let mut seats = self.all();
        let at = seats.iter().position(|seat| seat.name == name);
        let Some((at, group)) = at.and_then(|at| Some((at, seats[at].group()?))) else {
            return Err(format!("{name} does not run").into());
        };
        seats[at].sitter = Sitter::Running {
            group,
            condemned: true,
        };
        killpg(Pid::from_raw(group), Signal::SIGKILL)?;
        let runs = |seats: &mut Vec<Seat>| seats[at].group().is_some();
        let waited = self.0.changed.wait_timeout_while(seats, LIMIT, runs);
        let (seats, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match &seats[at].sitter {
            Sitter::Killed(status) => Ok(status.clone()),
            _ => Err(format!("{name} is still there after SIGKILL").into()),
        }
    }

    fn start_now(&self, name: &str) -> Result<String, ControlError> {
        let mut seats = self.all();
        let is_empty = |seat: &Seat| matches!(seat.sitter, Sitter::Killed(_));
        let at = seats.iter().position(|seat| seat.name == name);
        let Some(at) = at.filter(|at| is_empty(&seats[*at])) else {
            return Err(format!("nobody was killed in the place of {name}").into());
        };
        seats[at].sitter = Sitter::Nobody;
        self.0.changed.notify_all();
        let waits = |seats: &mut Vec<Seat>| seats[at].sitter == Sitter::Nobody;
        let waited = self.0.changed.wait_timeout_while(seats, LIMIT, waits);
        let (seats, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match seats[at].group() {
            Some(group) => Ok(format!("{}, process {group}", seats[at].name)),
            None => Err(format!("nobody was started in the place of {name}").into()),
        }
    }
}

impl Seat {
    fn group(&self) -> Option<i32> {
        match self.sitter {
            Sitter::Running { group, .. } => Some(group),
            _ => None,
        }
    }
}

impl ClientControl for Seats {
    fn members(&self) -> Vec<Client> {
        let seats = self.all();
        let running = seats.iter().filter_map(|seat| {
            let (name, group) = (seat.name.clone(), seat.group()?);
            Some(Client { name, group })
        });
        running.collect()
    }

    fn kill(&self, name: &str) -> BoxFuture<'_, Result<String, ControlError>> {
        let name = name.to_owned();
        async move { tokio::task::block_in_place(|| self.kill_now(&name)) }.boxed()
    }

    fn start(&self, name: &str) -> BoxFuture<'_, Result<String, ControlError>> {
        let name = name.to_owned();
        async move { tokio::task::block_in_place(|| self.start_now(&name)) }.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A seat whose client was killed stays empty until the fault has ended, and one that ended by itself does not.
    #[test]
    fn a_seat_is_kept_empty_by_a_fault_only() {
        let seats = Seats::default();
        let seat = seats.add();
        assert!(seats.members().is_empty() && seats.kill_now("w1").is_err());
        let child = std::process::Command::new("sleep");
        let mut child = started(child);
        let group = i32::try_from(child.id()).expect("a process id");
        seats.taken(seat, "w1", group);
        assert_eq!(seats.members().len(), 1);
        let killing = seats.clone();
        let killing = std::thread::spawn(move || killing.kill_now("w1").map_err(|e| e.to_string()));
        let end = |child: &mut std::process::Child| child.wait().map(|status| status.to_string());
        let (status, killed) = loop {
            // Its end is noticed by its pipe, and so after the signal.
            match child.try_wait().expect("it can be looked at") {
                Some(_) => break seats.left(seat, || end(&mut child)).expect("it ends"),
                None => std::thread::yield_now(),
            }
        };
        assert!(killed, "by a fault");
        assert_eq!(killing.join().expect("no panic"), Ok(status));
        assert!(!seats.is_free(seat, Duration::ZERO) && seats.members().is_empty());
        assert!(seats.start_now("w2").is_err(), "nobody of that name");
        let starting = seats.clone();
        let starting =
            std::thread::spawn(move || starting.start_now("w1").map_err(|e| e.to_string()));
        while !seats.is_free(seat, Duration::from_millis(10)) {}
        seats.taken(seat, "w2", 4_711);
        assert_eq!(
            starting.join().expect("no panic"),
            Ok("w2, process 4711".to_owned())
        );
        let left = seats.left(seat, || Ok::<_, ()>("exit 0".to_owned()));
        assert_eq!(left, Ok(("exit 0".to_owned(), false)));
        assert!(seats.is_free(seat, Duration::ZERO));
    }

    fn started(mut command: std::process::Command) -> std::process::Child {
        use std::os::unix::process::CommandExt;
        command.arg("60").process_group(0);
        command.spawn().expect("a process")
    }
}
