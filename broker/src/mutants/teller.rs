//! The one place at which a node lies: the hook at the edge, between an answer that is ready and the socket.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::lie::{Asked, Scene};
use super::memory::Memory;
use super::moment::Moment;
use super::{FIRST_LIE, Mutant, When};
use crate::frame::Frame;
use crate::hooks::{Hook, Retelling, Told};
use crate::request::NodeId;

/// Tells clients something else.
#[derive(Debug)]
pub(super) struct Teller(Arc<Edge>);

#[derive(Debug)]
pub(super) struct Edge {
    node: i32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    moment: Moment,
    mutants: Vec<Active>,
}

#[derive(Debug)]
struct Active {
    mutant: &'static Mutant,
    memory: Memory,
    /// Answers that it could have changed.
    chances: u32,
    /// Answers that it has changed.
    lies: u32,
}

impl Teller {
    pub(super) fn new(node: NodeId, mutants: Vec<&'static Mutant>, delay: Duration) -> Teller {
        Teller(Arc::new(Edge::new(node, mutants, delay)))
    }
}

impl Edge {
    pub(super) fn new(node: NodeId, mutants: Vec<&'static Mutant>, delay: Duration) -> Edge {
        let active = |mutant| Active {
            mutant,
            memory: Memory::default(),
            chances: 0,
            lies: 0,
        };
        Edge {
            node: i32::try_from(node).unwrap_or(-1),
            state: Mutex::new(State {
                moment: Moment::new(delay),
                mutants: mutants.into_iter().map(active).collect(),
            }),
        }
    }

    /// What is sent instead of an honest answer, or that answer.
    pub(super) fn tell(&self, asked: &Asked, honest: Bytes) -> Told {
        let now = Instant::now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { moment, mutants } = &mut *state;
        moment.watch(asked, &honest, now);
        let mut told = Told::at_once(honest.clone());
        for active in mutants {
            let Active { mutant, memory, .. } = active;
            if mutant.lie.api() != asked.key {
                continue;
            }
            let mut scene = Scene {
                node: self.node,
                asked,
                memory,
            };
            // Also before it begins: it has to know what was true.
            let lie = mutant.lie.tell(&honest, &mut scene);
            if let Some(lie) = lie.filter(|_| moment.is_now(mutant.when, now))
                && active.has_its_turn()
            {
                told = lie;
            }
        }
        told
    }
}

impl Active {
    /// Counts an answer that it could change, and says whether it does.
    fn has_its_turn(&mut self) -> bool {
        let chance = self.chances;
        self.chances = self.chances.wrapping_add(1);
        let lies = match self.mutant.when {
            When::OneIn(answers) => chance.is_multiple_of(answers),
            When::Always | When::For(_) | When::AfterElection | When::FromStart => true,
        };
        if lies {
            if self.lies == 0 {
                // Whoever runs this node looks for it, to tell a lie that was not noticed from one that was not told.
                tracing::warn!(mutant = self.mutant.name, "{FIRST_LIE}");
            }
            self.lies = self.lies.saturating_add(1);
        }
        lies
    }
}

impl Hook for Teller {
    fn question_came(&self, frame: &Frame) -> Option<Retelling> {
        let asked = Asked::of(frame)?;
        let edge = Arc::clone(&self.0);
        Some(Box::new(move |honest| edge.tell(&asked, honest)))
    }
}
