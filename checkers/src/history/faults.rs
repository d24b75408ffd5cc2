//! The faults of a history, from begin to heal: those of nodes and links, and apart from them those of clients. Whoever asks
//! what a fault explains of the cluster reads the first.

use super::event::What;
use super::fault::FaultPhase;
use super::index::History;
use super::window::Window;

impl History {
    /// Faults of nodes and links, in the order of their begins.
    pub fn windows(&self) -> Vec<Window> {
        let mut windows = self.every_window();
        windows.retain(|window| !window.is_of_clients());
        windows
    }

    /// Faults of clients that are processes of their own. The nodes are not touched by them, and serve everybody else.
    pub fn client_windows(&self) -> Vec<Window> {
        let mut windows = self.every_window();
        windows.retain(Window::is_of_clients);
        windows
    }

    fn every_window(&self) -> Vec<Window> {
        let mut windows: Vec<Window> = Vec::new();
        for event in self.others() {
            let What::Fault(fault) = &event.what else {
                continue;
            };
            match fault.phase {
                FaultPhase::Begun => windows.push(Window::of(fault, Some(event.t), false)),
                FaultPhase::Failed => windows.push(Window::of(fault, None, false)),
                FaultPhase::Skipped => windows.push(Window::of(fault, None, true)),
                FaultPhase::Healed => {
                    if let Some(window) = windows.iter_mut().rev().find(|w| w.id == fault.id) {
                        window.heal(fault, event.t);
                    }
                }
                FaultPhase::Unknown => {}
            }
        }
        windows
    }
}
