//! Calls of Jepsen's workloads as actions of the judges of [`crate::invariants`], and of several registers.
//!
//! What failed did not happen and is left out; a crashed read says nothing and is left out, too.

use std::fmt::{Display, Formatter};

use super::actions::{Actions, all, elements, failed, foreign_function, function, ok, value};
use super::error::ForeignError;
use super::model_name::ModelName;
use crate::edn::{EdnOperation as Call, EdnValue as Form, Entry};
use crate::invariants::{
    BankAction, CounterAction, ElementAction, ReverseAction, SequentialAction,
};
use crate::linearizability::models::{
    MultiRegisterAction, QueueAction, RegisterAction, RegisterStep, Value,
};

/// An id that was generated.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id(Value);

impl Display for Id {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(f, "generate {}", self.0)
    }
}

impl std::fmt::Debug for Id {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        Display::fmt(&self.0, f)
    }
}

fn number(form: &Form<'_>, line: usize, what: &str) -> Result<i64, ForeignError> {
    let problem = || {
        ForeignError::line(
            line,
            format!("{what} is a whole number of 64 bits, not {form}"),
        )
    };
    form.integer().ok_or_else(problem)
}

/// Of a counter.
pub(super) fn counter(calls: &[Call<'_>]) -> Result<Actions<CounterAction>, ForeignError> {
    all(calls, |call| {
        Ok(match (function(call), ok(call)) {
            ("add" | "read", _) if failed(call) => Vec::new(),
            ("add", _) => {
                let amount = number(&call.call.value, call.call.line, "the value of an add")?;
                vec![CounterAction::Add(amount)]
            }
            ("read", Some(done)) if done.value != Form::Nil => {
                let sum = number(&done.value, done.line, "the value of a read")?;
                vec![CounterAction::Read(sum)]
            }
            ("read", _) => Vec::new(),
            _ => return Err(foreign_function(call, ModelName::Counter)),
        })
    })
}

/// Of a bank.
pub(super) fn bank(calls: &[Call<'_>]) -> Result<Actions<BankAction<Value>>, ForeignError> {
    all(calls, |call| {
        Ok(match (function(call), ok(call)) {
            ("transfer" | "read", _) if failed(call) => Vec::new(),
            ("transfer", _) => {
                let part = |name: &str| {
                    let problem = "the value of a transfer is {:from A, :to B, :amount N}";
                    let part = call.call.value.get(name);
                    part.ok_or_else(|| ForeignError::line(call.call.line, problem))
                };
                vec![BankAction::Transfer {
                    from: value(part("from")?),
                    to: value(part("to")?),
                    amount: number(part("amount")?, call.call.line, "an amount")?,
                }]
            }
            ("read", Some(done)) if done.value != Form::Nil => {
                let problem = "the value of a read is the balances: {ACCOUNT N, ...}";
                let pairs = done.value.pairs();
                let pairs = pairs.ok_or_else(|| ForeignError::line(done.line, problem))?;
                let balances = pairs.iter().map(|(account, balance)| {
                    let balance = match balance {
                        Form::Nil => None,
                        other => Some(number(other, done.line, "a balance")?),
                    };
                    Ok((value(account), balance))
                });
                vec![BankAction::Read(
                    balances.collect::<Result<_, ForeignError>>()?,
                )]
            }
            ("read", _) => Vec::new(),
            _ => return Err(foreign_function(call, ModelName::Bank)),
        })
    })
}

fn all_of(done: &Entry<'_>) -> Result<Vec<Value>, ForeignError> {
    let read = elements(
        done,
        "the value of a read is everything: #{V ...} or [V ...]",
    )?;
    Ok(read.iter().map(value).collect())
}

/// Of a set to which elements are only added.
pub(super) fn set_full(calls: &[Call<'_>]) -> Result<Actions<ElementAction<Value>>, ForeignError> {
    all(calls, |call| {
        Ok(match (function(call), ok(call)) {
            ("add" | "read", _) if failed(call) => Vec::new(),
            ("add", _) => vec![ElementAction::Add(value(&call.call.value))],
            ("read", Some(done)) if done.value != Form::Nil => {
                vec![ElementAction::Read(all_of(done)?)]
            }
            ("read", _) => Vec::new(),
            _ => return Err(foreign_function(call, ModelName::SetFull)),
        })
    })
}

/// Of inserts and reads of everything.
pub(super) fn causal_reverse(
    calls: &[Call<'_>],
) -> Result<Actions<ReverseAction<Value>>, ForeignError> {
    all(calls, |call| {
        Ok(match (function(call), ok(call)) {
            ("write" | "insert" | "read", _) if failed(call) => Vec::new(),
            ("write" | "insert", _) => vec![ReverseAction::Write(value(&call.call.value))],
            ("read", Some(done)) if done.value != Form::Nil => {
                vec![ReverseAction::Read(all_of(done)?)]
            }
            ("read", _) => Vec::new(),
            _ => return Err(foreign_function(call, ModelName::CausalReverse)),
        })
    })
}

/// Of a queue in any order. A drain empties it; so does a dequeue that failed because the queue was empty.
pub(super) fn total_queue(calls: &[Call<'_>]) -> Result<Actions<QueueAction<Value>>, ForeignError> {
    let says_empty = |call: &Call<'_>| {
        call.completion.as_ref().is_some_and(|done| {
            let said = [done.other("error"), Some(&done.value)];
            let mut words = said.into_iter().flatten().filter_map(Form::word);
            words.any(|word| matches!(word, "empty" | "exhausted"))
        })
    };
    all(calls, |call| {
        Ok(match (function(call), ok(call)) {
            ("dequeue", _) if failed(call) && says_empty(call) => vec![QueueAction::DequeueEmpty],
            ("enqueue" | "dequeue" | "drain", _) if failed(call) => Vec::new(),
            ("enqueue", _) => vec![QueueAction::Enqueue(value(&call.call.value))],
            ("dequeue", None) => vec![QueueAction::DequeueUnknown],
            ("dequeue", Some(done)) if done.value == Form::Nil => vec![QueueAction::DequeueEmpty],
            ("dequeue", Some(done)) => vec![QueueAction::Dequeue(value(&done.value))],
            ("drain", Some(done)) => {
                let taken = elements(done, "the value of a drain is what it took: [V ...]")?;
                let taken = taken.iter().map(|taken| QueueAction::Dequeue(value(taken)));
                taken.chain([QueueAction::DequeueEmpty]).collect()
            }
            ("drain", None) => {
                let problem = "a crashed drain may have taken any number of values: not judged";
                return Err(ForeignError::line(call.call.line, problem));
            }
            _ => return Err(foreign_function(call, ModelName::TotalQueue)),
        })
    })
}

/// Of a generator of ids.
pub(super) fn unique_ids(calls: &[Call<'_>]) -> Result<Actions<Id>, ForeignError> {
    all(calls, |call| match (function(call), ok(call)) {
        ("generate", Some(done)) => Ok(vec![Id(value(&done.value))]),
        ("generate", None) => Ok(Vec::new()),
        _ => Err(foreign_function(call, ModelName::UniqueIds)),
    })
}

/// Of the parts of keys.
pub(super) fn sequential(
    calls: &[Call<'_>],
) -> Result<Actions<SequentialAction<Value>>, ForeignError> {
    all(calls, |call| {
        Ok(match (function(call), ok(call)) {
            ("write" | "insert" | "add" | "read", _) if failed(call) => Vec::new(),
            ("write" | "insert" | "add", _) => {
                vec![SequentialAction::Write(value(&call.call.value))]
            }
            ("read", Some(done)) => {
                let problem = "the value of a read is [KEY [PART ...]], the last part first";
                let wrong = || ForeignError::line(done.line, problem);
                let Some([key, parts]) = done.value.elements() else {
                    return Err(wrong());
                };
                let parts = parts.elements().ok_or_else(wrong)?;
                let seen = parts.iter().map(|part| !part.is_nil()).collect();
                vec![SequentialAction::Read(value(key), seen)]
            }
            ("read", None) => Vec::new(),
            _ => return Err(foreign_function(call, ModelName::Sequential)),
        })
    })
}

/// Of registers that are used together. What a read of `nil` saw is not known, as in Knossos.
pub(super) fn multi_register(
    calls: &[Call<'_>],
) -> Result<Actions<MultiRegisterAction<Value, Value>>, ForeignError> {
    all(calls, |call| steps(call, ModelName::MultiRegister, false))
}

/// Of registers that are each written once. A read of `nil` saw that nothing was written yet.
pub(super) fn long_fork(
    calls: &[Call<'_>],
) -> Result<Actions<MultiRegisterAction<Value, Value>>, ForeignError> {
    all(calls, |call| {
        let actions = steps(call, ModelName::LongFork, true)?;
        let is_write = |step: &RegisterStep<_, _>| matches!(step, RegisterStep::Write(..));
        for action in &actions {
            let writes = action.steps.iter().filter(|step| is_write(step)).count();
            if writes > 0 && action.steps.len() > 1 {
                let problem = "an operation of long-fork is one write, or reads only";
                return Err(ForeignError::line(call.call.line, problem));
            }
        }
        Ok(actions)
    })
}

fn steps(
    call: &Call<'_>,
    model: ModelName,
    nil_is_observed: bool,
) -> Result<Vec<MultiRegisterAction<Value, Value>>, ForeignError> {
    if !["txn", "read", "write", ""].contains(&function(call)) {
        return Err(foreign_function(call, model));
    }
    if failed(call) {
        return Ok(Vec::new());
    }
    let done = ok(call);
    let entry = done.unwrap_or(&call.call);
    let problem = "the value is [[:r KEY VALUE] [:w KEY VALUE] ...]";
    let wrong = || ForeignError::line(entry.line, problem);
    let mut steps = Vec::new();
    for step in entry.value.elements().ok_or_else(wrong)? {
        let (name, key, held) = match step.elements() {
            Some([name, key, held]) => (name, key, held),
            Some([name, key]) => (name, key, &Form::Nil),
            _ => return Err(wrong()),
        };
        match name.word() {
            Some("w" | "write") => steps.push(RegisterStep::Write(value(key), value(held))),
            // What a crashed operation read is not known.
            Some("r" | "read") if done.is_some() => {
                let seen = (nil_is_observed || !held.is_nil()).then(|| value(held));
                steps.push(RegisterStep::Read(value(key), seen));
            }
            Some("r" | "read") => {}
            _ => return Err(wrong()),
        }
    }
    let action = MultiRegisterAction::new(steps);
    Ok(if action.steps.is_empty() {
        Vec::new()
    } else {
        vec![action]
    })
}

/// Where an operation of a causal register says that it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Link {
    /// After which position, unless it is the first.
    pub(super) after: Option<Value>,
    /// At which position.
    pub(super) at: Option<Value>,
}

/// Of a causal register that begins as 0, and the links of its operations.
pub(super) fn causal_register(
    calls: &[Call<'_>],
) -> Result<(Actions<RegisterAction<Value>>, Vec<Link>), ForeignError> {
    let actions = all(calls, |call| {
        Ok(match (function(call), ok(call)) {
            ("write" | "read" | "read-init", _) if failed(call) => Vec::new(),
            ("write", _) => vec![RegisterAction::Write(value(&call.call.value))],
            ("read" | "read-init", Some(done)) => {
                let seen = (!done.value.is_nil()).then(|| value(&done.value));
                vec![RegisterAction::Read(seen)]
            }
            ("read" | "read-init", None) => vec![RegisterAction::Read(None)],
            _ => return Err(foreign_function(call, ModelName::CausalRegister)),
        })
    })?;
    let link = |number: &usize| {
        let Some(done) = ok(&calls[*number]) else {
            return Link::default();
        };
        let field = |name: &str| done.other(name).filter(|form| !form.is_nil()).map(value);
        let first = Value::text(":init");
        Link {
            after: field("link").filter(|link| *link != first),
            at: field("position"),
        }
    };
    let links = actions.calls.iter().map(link).collect();
    Ok((actions, links))
}
