//! The doctor reports the truth: where the sandbox can be entered all network trials work, and where
//! user namespaces are forbidden it says so and names the setting.

use nemesis::Nodes;
use nemesis::doctor::{Capability, Outcome, examine};
use nemesis::sandbox::{Isolation, SandboxError, SandboxOptions, Step, enter};
use nix::sched::{CloneFlags, unshare};

use crate::Case;
use crate::support::enter_or_skip;

pub(crate) const CASES: &[Case] = &[
    ("doctor_agrees_with_the_sandbox", agrees),
    ("doctor_names_the_setting", names_setting),
];

fn agrees() {
    let diagnosis = examine().expect("a single thread");
    for trial in &diagnosis.trials {
        println!("note: {trial:?}");
    }
    assert!(diagnosis.process_faults());
    let entered = enter(&SandboxOptions {
        isolation: Isolation::Network,
        nodes: Nodes::THREE,
    });
    assert_eq!(diagnosis.network_faults(), entered.is_ok());
}

/// Forbids user namespaces for real: inside a user namespace, whose limits are its own, the limit
/// is set to 0, and the privilege that would make them unnecessary is given up.
fn names_setting() {
    let (user, group) = (nix::unistd::getuid(), nix::unistd::getgid());
    if let Err(errno) = unshare(CloneFlags::CLONE_NEWUSER) {
        println!("user namespaces are forbidden already: {errno}");
        std::process::exit(crate::SKIPPED);
    }
    let write = |path: &str, text: String| std::fs::write(path, text).expect(path);
    write("/proc/self/setgroups", "deny".to_owned());
    write("/proc/self/uid_map", format!("{user} {user} 1"));
    write("/proc/self/gid_map", format!("{group} {group} 1"));
    write("/proc/sys/user/max_user_namespaces", "0".to_owned());
    write("/proc/sys/user/max_net_namespaces", "0".to_owned());
    let diagnosis = examine().expect("a single thread");
    let trial = diagnosis.obstacle().expect("it is forbidden");
    println!("note: {trial:?}");
    assert_eq!(trial.capability, Capability::Namespaces);
    assert!(matches!(trial.outcome, Outcome::Refused(_)));
    assert!(trial.remedies[0].contains("user.max_user_namespaces"));
    assert!(diagnosis.process_faults());
    let error = enter(&SandboxOptions {
        isolation: Isolation::Network,
        nodes: Nodes::THREE,
    })
    .expect_err("forbidden");
    assert!(
        matches!(
            error,
            SandboxError::Refused {
                step: Step::Clone,
                ..
            }
        ),
        "{error}"
    );
    // The process is unharmed: it can still enter what needs no privilege.
    enter_or_skip(Isolation::ProcessesOnly);
}
