//! What the cases share: entering, an environment, a runtime.

use nemesis::sandbox::{Entered, Isolation, SandboxOptions, enter};
use nemesis::{Environment, Node, Nodes};

/// Enters the sandbox for three nodes, or ends this process as skipped.
pub(crate) fn enter_or_skip(isolation: Isolation) -> Entered {
    enter_for(Nodes::THREE, isolation)
}

/// Enters the sandbox for these nodes, or ends this process as skipped.
pub(crate) fn enter_for(nodes: Nodes, isolation: Isolation) -> Entered {
    match enter(&SandboxOptions { isolation, nodes }) {
        Ok(entered) => entered,
        Err(error) => {
            println!("{error}");
            std::process::exit(crate::SKIPPED);
        }
    }
}

/// The nodes of most cases.
pub(crate) fn three() -> [Node; 3] {
    [0, 1, 2].map(|at| Node::from_index(at).expect("a node"))
}

/// A runtime for processes and sleeps.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

/// A process that does nothing and stays until it is killed.
pub(crate) fn sleeper() -> tokio::process::Command {
    let mut command = tokio::process::Command::new("sleep");
    command.arg("1000");
    command
}

/// An environment inside the tree.
pub(crate) fn environment(isolation: Isolation) -> Environment {
    let entered = enter_or_skip(isolation);
    Environment::build(&entered).expect("the environment is built")
}
