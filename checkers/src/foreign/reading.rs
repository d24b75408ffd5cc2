//! One way to read a foreign history: where its keys are, and what its calls are in a model.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use super::actions::{self, Actions, RegisterDialect};
use super::error::ForeignError;
use super::keys::{Place, split};
use super::model_name::ModelName;
use super::options::ForeignOptions;
use super::verdict::{ForeignVerdict, Shown};
use super::words;
use super::workloads::{self, Id, Link};
use crate::edn::EdnOperation as Call;
use crate::invariants::{
    self, BankAction, CounterAction, ElementAction, InvariantReport, ReverseAction,
    SequentialAction,
};
use crate::linearizability::models::{
    KeyValue, KeyValueAction, Log, LogAction, MultiRegister, MultiRegisterAction, Mutex,
    MutexAction, Queue, QueueAction, Register, RegisterAction, Set, SetAction, Value,
};
use crate::linearizability::{Decision, Model, Operation, check, check_keyed, deciders};
use crate::verdict::{Rule, Validity};

/// A history, read in one way.
pub(super) struct Reading<'a> {
    place: Place,
    calls: Vec<Call<'a>>,
    /// By call; empty if there is one object.
    keys: Vec<Arc<str>>,
    actions: Any,
}

/// The actions of some model.
enum Any {
    Register(Actions<RegisterAction<Value>>),
    KeyValue(Actions<KeyValueAction>),
    Mutex(Actions<MutexAction>),
    Queue(Actions<QueueAction<Value>>),
    Set(Actions<SetAction<Value>>),
    Log(Actions<LogAction<Value>>),
    MultiRegister(Actions<MultiRegisterAction<Value, Value>>),
    Counter(Actions<CounterAction>),
    Bank(Actions<BankAction<Value>>),
    SetFull(Actions<ElementAction<Value>>),
    TotalQueue(Actions<QueueAction<Value>>),
    UniqueIds(Actions<Id>),
    LongFork(Actions<MultiRegisterAction<Value, Value>>),
    Sequential(Actions<SequentialAction<Value>>),
    CausalRegister(Actions<RegisterAction<Value>>, Vec<Link>),
    CausalReverse(Actions<ReverseAction<Value>>),
}

impl<'a> Reading<'a> {
    /// Reads calls in this way.
    ///
    /// # Errors
    /// If a call makes no sense in the model.
    pub(super) fn new(
        calls: Vec<Call<'a>>,
        place: Place,
        model: ModelName,
        dialect: RegisterDialect,
    ) -> Result<Reading<'a>, ForeignError> {
        let keyed = split(calls, place);
        let calls = keyed.calls;
        let actions = match model {
            ModelName::Register | ModelName::CasRegister => {
                Any::Register(actions::register(&calls, model, dialect)?)
            }
            ModelName::Kv => Any::KeyValue(actions::key_value(&calls)?),
            ModelName::Mutex => Any::Mutex(actions::mutex(&calls)?),
            ModelName::FifoQueue => Any::Queue(actions::queue(&calls)?),
            ModelName::Set => Any::Set(actions::set(&calls)?),
            ModelName::Log => Any::Log(actions::log(&calls)?),
            ModelName::MultiRegister => Any::MultiRegister(workloads::multi_register(&calls)?),
            ModelName::Counter => Any::Counter(workloads::counter(&calls)?),
            ModelName::Bank => Any::Bank(workloads::bank(&calls)?),
            ModelName::SetFull => Any::SetFull(workloads::set_full(&calls)?),
            ModelName::TotalQueue => Any::TotalQueue(workloads::total_queue(&calls)?),
            ModelName::UniqueIds => Any::UniqueIds(workloads::unique_ids(&calls)?),
            ModelName::LongFork => Any::LongFork(workloads::long_fork(&calls)?),
            ModelName::Sequential => Any::Sequential(workloads::sequential(&calls)?),
            ModelName::CausalRegister => {
                let (actions, links) = workloads::causal_register(&calls)?;
                Any::CausalRegister(actions, links)
            }
            ModelName::CausalReverse => Any::CausalReverse(workloads::causal_reverse(&calls)?),
            other => return Err(ForeignError::OtherModel(other)),
        };
        Ok(Reading {
            place,
            calls,
            keys: keyed.keys,
            actions,
        })
    }

    /// Judges it.
    ///
    /// # Errors
    /// If its operations contradict themselves.
    pub(super) fn judge(
        &self,
        name: &str,
        model: ModelName,
        options: &ForeignOptions,
    ) -> Result<ForeignVerdict, ForeignError> {
        let mut verdict = words::empty(name, model);
        verdict.notes.extend(self.place.words());
        let v = &mut verdict;
        match &self.actions {
            Any::Register(actions) => {
                self.check(v, &Register::new(Value::Nil), actions, options)?
            }
            Any::KeyValue(actions) => self.check(v, &KeyValue::new(), actions, options)?,
            Any::Mutex(actions) => self.check(v, &Mutex, actions, options)?,
            Any::Queue(actions) => self.check(v, &Queue::new(), actions, options)?,
            Any::Set(actions) => self.check(v, &Set::new(), actions, options)?,
            Any::Log(actions) => self.check(v, &Log::new(), actions, options)?,
            Any::MultiRegister(actions) => {
                let components = MultiRegister::components(&actions.operations);
                let components = components.into_iter().enumerate();
                let keys: Vec<String> = components
                    .map(|(at, component)| match self.key(actions, at) {
                        Some(key) => format!("{key} {component}"),
                        None => component,
                    })
                    .collect();
                let registers = MultiRegister::new(Value::Nil);
                self.check_by(v, &registers, actions, &keys, options)?;
            }
            Any::Counter(actions) => self.hold(v, actions, invariants::counter),
            Any::Bank(actions) => {
                self.hold(v, actions, |own| invariants::bank(own, options.bank));
            }
            Any::SetFull(actions) => self.hold(v, actions, invariants::set_full),
            Any::TotalQueue(actions) => self.hold(v, actions, invariants::total_queue),
            Any::UniqueIds(actions) => self.hold(v, actions, invariants::unique_ids),
            Any::LongFork(actions) => {
                self.hold(v, actions, |own| invariants::long_fork(own, &Value::Nil));
            }
            Any::Sequential(actions) => self.hold(v, actions, invariants::sequential),
            Any::CausalRegister(actions, links) => {
                self.causal(v, actions, links, options)?;
            }
            Any::CausalReverse(actions) => self.hold(v, actions, invariants::causal_reverse),
        }
        Ok(words::finish(verdict))
    }

    /// The key of an operation.
    fn key<A>(&self, actions: &Actions<A>, operation: usize) -> Option<&Arc<str>> {
        self.keys.get(actions.calls[operation])
    }

    /// Searches for a linearization.
    fn check<M: Model<Action: Display>>(
        &self,
        verdict: &mut ForeignVerdict,
        model: &M,
        actions: &Actions<M::Action>,
        options: &ForeignOptions,
    ) -> Result<(), ForeignError> {
        let all = 0..actions.operations.len();
        let keys: Vec<&Arc<str>> = all.filter_map(|at| self.key(actions, at)).collect();
        self.check_by(verdict, model, actions, &keys, options)
    }

    /// The same with a key for each operation; without any, the model says what the objects are.
    fn check_by<M: Model<Action: Display>, K: AsRef<str>>(
        &self,
        verdict: &mut ForeignVerdict,
        model: &M,
        actions: &Actions<M::Action>,
        keys: &[K],
        options: &ForeignOptions,
    ) -> Result<(), ForeignError> {
        let operations = &actions.operations;
        let report = if keys.is_empty() {
            check(model, operations, &options.search)
        } else {
            check_keyed(model, operations, keys, &options.search)
        };
        let report = report.map_err(ForeignError::Malformed)?;
        words::add(verdict, report, None, &|position| {
            self.shown(actions, position)
        });
        Ok(())
    }

    /// Judges each object by a rule that needs no search.
    fn hold<A: Display>(
        &self,
        verdict: &mut ForeignVerdict,
        actions: &Actions<A>,
        judge: impl Fn(&[&Operation<A>]) -> InvariantReport,
    ) {
        for (key, positions) in self.objects(actions) {
            let own = positions.iter().map(|at| &actions.operations[*at]);
            let report = judge(&own.collect::<Vec<_>>());
            let object = key.map(|key| format!("key {key}"));
            words::add_invariants(verdict, report, object, &|position| {
                self.shown(actions, positions[position])
            });
        }
    }

    /// The operations of each object, in the order of first use.
    fn objects<A>(&self, actions: &Actions<A>) -> Vec<(Option<&Arc<str>>, Vec<usize>)> {
        let mut numbers: BTreeMap<Option<&Arc<str>>, usize> = BTreeMap::new();
        let mut objects: Vec<(Option<&Arc<str>>, Vec<usize>)> = Vec::new();
        for position in 0..actions.operations.len() {
            let key = self.key(actions, position);
            let number = *numbers.entry(key).or_insert(objects.len());
            if number == objects.len() {
                objects.push((key, Vec::new()));
            }
            objects[number].1.push(position);
        }
        objects
    }

    /// Judges causal registers. One site uses a key at a time, so its operations have the order of time, and a register
    /// and its links must keep it. Operations that overlap have no causal order by themselves: of those only a value
    /// out of nothing is known to be wrong.
    fn causal(
        &self,
        verdict: &mut ForeignVerdict,
        actions: &Actions<RegisterAction<Value>>,
        links: &[Link],
        options: &ForeignOptions,
    ) -> Result<(), ForeignError> {
        let initial = Value::Integer(0);
        let objects = self.objects(actions);
        let mut search = options.search;
        search.budget.steps /= objects.len().max(1) as u64;
        for (key, positions) in objects {
            let object = key.map(|key| format!("key {key}"));
            let shown = |position: usize| self.shown(actions, positions[position]);
            let own: Vec<&Operation<_>> = positions
                .iter()
                .map(|at| &actions.operations[*at])
                .collect();
            let mut report = InvariantReport::of(&own);
            // What crashed is over for its site, though it may take effect later.
            let overlap = |pair: &[&Operation<_>]| {
                pair[0]
                    .returned
                    .is_some_and(|returned| returned >= pair[1].called)
            };
            if own.windows(2).any(overlap) {
                if let Some(Decision::Contradiction { rule, witness }) =
                    deciders::sources::register(&initial, &own)
                {
                    let about = || own[witness[witness.len() - 1]].action.to_string();
                    report.breach(rule, &witness, about);
                }
                report.doubt(
                    "operations on one key overlap: one site uses a causal register at a time",
                );
                words::add_invariants(verdict, report, object, &shown);
                continue;
            }
            for at in 1..positions.len() {
                let (last, link) = (&links[positions[at - 1]], &links[positions[at]]);
                if let (Some(after), Some(position)) = (&link.after, &last.at)
                    && after != position
                {
                    let about = || format!("{after}, not {position}");
                    report.breach(Rule::LinkBroken, &[at - 1, at], about);
                }
            }
            if report.validity == Validity::Invalid {
                words::add_invariants(verdict, report, object, &shown);
                continue;
            }
            let own: Vec<Operation<_>> = own.into_iter().cloned().collect();
            let report = check(&Register::new(initial.clone()), &own, &search);
            words::add(
                verdict,
                report.map_err(ForeignError::Malformed)?,
                object,
                &shown,
            );
        }
        Ok(())
    }

    fn shown<A: Display>(&self, actions: &Actions<A>, position: usize) -> Shown {
        let call = &self.calls[actions.calls[position]];
        let returned = actions.operations[position].returned;
        let completion = call.completion.as_ref().filter(|_| returned.is_some());
        Shown {
            process: call.process,
            called_line: call.call.line,
            returned_line: completion.map(|done| done.line),
            text: actions.operations[position].action.to_string(),
        }
    }
}

/// The answer to a history that can be read in two ways: that of both where they agree, else none.
pub(super) fn either(mut keyed: ForeignVerdict, whole: ForeignVerdict) -> ForeignVerdict {
    let same = keyed.validity == whole.validity;
    keyed
        .notes
        .retain(|note| !note.starts_with("judged by key"));
    keyed.notes.insert(
        0,
        format!(
            "the values can be read as [KEY VALUE] or as pairs: {}",
            if same {
                "the answer is the same"
            } else {
                "the answers differ"
            }
        ),
    );
    if same {
        return keyed;
    }
    let (by_key, as_pairs) = (keyed.validity.word(), whole.validity.word());
    let reason = format!(
        "read as [KEY VALUE] it is {by_key}, read as pairs it is {as_pairs}, and no call shows which is meant"
    );
    keyed.validity = Validity::Undecided;
    keyed.evidence = None;
    words::undecided(&mut keyed, reason);
    keyed
}
