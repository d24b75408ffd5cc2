//! What would permit a step that was refused: the setting of this machine that prevents it, by name.
//! Pure, given what is known of the machine.

use std::fs;
use std::path::Path;

use super::Capability;

/// What is known of the machine, as far as it can prevent a sandbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// `user.max_*_namespaces` that are 0, by name.
    pub forbidden_namespaces: Vec<String>,
    /// `kernel.unprivileged_userns_clone` is 0 (older Debian).
    pub clone_switched_off: bool,
    /// `kernel.apparmor_restrict_unprivileged_userns` is 1 (Ubuntu since 24.04).
    pub restricted_by_apparmor: bool,
    /// This is a container.
    pub container: bool,
    /// System calls are filtered.
    pub seccomp: bool,
    /// The caller is root.
    pub root: bool,
}

const NAMESPACE_LIMITS: [&str; 6] = ["user", "net", "pid", "mnt", "ipc", "uts"];

impl Surroundings {
    /// Reads them.
    pub fn of_this_machine() -> Surroundings {
        let is = |path: &str, value: &str| {
            fs::read_to_string(path).is_ok_and(|text| text.trim() == value)
        };
        let forbidden = NAMESPACE_LIMITS
            .iter()
            .map(|kind| format!("max_{kind}_namespaces"))
            .filter(|name| is(&format!("/proc/sys/user/{name}"), "0"));
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        Surroundings {
            forbidden_namespaces: forbidden.collect(),
            clone_switched_off: is("/proc/sys/kernel/unprivileged_userns_clone", "0"),
            restricted_by_apparmor: is(
                "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
                "1",
            ),
            container: in_container(),
            seccomp: status.lines().any(|line| {
                line.strip_prefix("Seccomp:")
                    .is_some_and(|mode| mode.trim() == "2")
            }),
            root: nix::unistd::geteuid().is_root(),
        }
    }

    /// What would permit this capability, the best remedy first.
    pub(super) fn remedies(&self, capability: Capability, reason: &str) -> Vec<String> {
        match capability {
            Capability::Namespaces | Capability::UserMap | Capability::PrivateMounts => {
                self.for_namespaces()
            }
            Capability::Landlock if reason.contains("not supported") => {
                vec![
                    "add landlock to the kernel's list of security modules: lsm=landlock,..."
                        .to_owned(),
                ]
            }
            Capability::OwnProc if self.container => {
                vec!["docker run --security-opt systempaths=unconfined".to_owned()]
            }
            Capability::Links if reason.contains("not supported") => {
                vec!["sudo modprobe bridge veth".to_owned()]
            }
            Capability::Switch => self.for_switch(reason),
            Capability::Supervision => self.for_supervision(reason),
            Capability::Clock => self.for_tracing(reason),
            Capability::Disk => self.for_disk(reason),
            Capability::Links | Capability::Packets | Capability::Cut => {
                let mut remedies = self.for_namespaces();
                remedies.push("sudo modprobe bridge veth".to_owned());
                remedies
            }
            _ => Vec::new(),
        }
    }

    /// A packet socket is a module that a kernel may lack; its buffer has a limit of the machine.
    fn for_switch(&self, reason: &str) -> Vec<String> {
        if reason.contains("not supported") || reason.contains("not available") {
            return vec!["sudo modprobe af_packet".to_owned()];
        }
        if reason.contains("lost") {
            return vec!["sudo sysctl -w net.core.rmem_max=4194304".to_owned()];
        }
        self.for_namespaces()
    }

    /// A second listener below a first is refused, whoever installed the first.
    fn for_supervision(&self, reason: &str) -> Vec<String> {
        let remedy = if reason.contains("another listener") {
            "run it outside LXD, Incus or the sandbox that supervises this process already"
        } else if reason.contains("Linux 5.5") {
            "use Linux 5.5 or later"
        } else if self.container || self.seccomp {
            "docker run --security-opt seccomp=unconfined, or a profile that permits `seccomp`"
        } else {
            "permit the system call `seccomp` with a listener (SECCOMP_FILTER_FLAG_NEW_LISTENER)"
        };
        vec![remedy.to_owned()]
    }

    /// FUSE is a module and a device; a container usually lacks the device.
    fn for_disk(&self, reason: &str) -> Vec<String> {
        match (reason.contains("/dev/fuse"), self.container) {
            (true, true) => vec!["docker run --device /dev/fuse".to_owned()],
            (true, false) => vec!["sudo modprobe fuse".to_owned()],
            (false, _) => self.for_namespaces(),
        }
    }

    /// A process is traced between its exec and its first instruction, by the one that started it. 1 is the usual setting,
    /// and permits that.
    fn for_tracing(&self, reason: &str) -> Vec<String> {
        match (reason.contains("refuses to trace"), self.container) {
            (false, _) => Vec::new(),
            (true, true) => vec!["docker run --cap-add SYS_PTRACE".to_owned()],
            (true, false) => vec![
                "sudo sysctl -w kernel.yama.ptrace_scope=1 (from 3, at the next boot)".to_owned(),
            ],
        }
    }

    fn for_namespaces(&self) -> Vec<String> {
        let mut remedies: Vec<String> = self
            .forbidden_namespaces
            .iter()
            .map(|name| format!("sudo sysctl -w user.{name}=10000"))
            .collect();
        if self.clone_switched_off {
            remedies.push("sudo sysctl -w kernel.unprivileged_userns_clone=1".to_owned());
        }
        if self.restricted_by_apparmor && !self.root {
            remedies
                .push("sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0".to_owned());
            remedies.push(
                "add an AppArmor profile for this program that contains `userns,`".to_owned(),
            );
        }
        if self.container {
            remedies.push(
                "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined \
                 --security-opt systempaths=unconfined (as an ordinary user)"
                    .to_owned(),
            );
            remedies.push(
                "docker run --cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt \
                 apparmor=unconfined (as root)"
                    .to_owned(),
            );
        } else if self.seccomp {
            remedies.push("use a seccomp filter that permits clone with CLONE_NEWUSER".to_owned());
        }
        if remedies.is_empty() && !self.root {
            remedies.push("run it as root: sudo jepsen".to_owned());
        }
        if remedies.is_empty() {
            remedies.push("give this process the capabilities SYS_ADMIN and NET_ADMIN".to_owned());
        }
        remedies
    }
}

fn in_container() -> bool {
    ["/.dockerenv", "/run/.containerenv"]
        .iter()
        .any(|path| Path::new(path).exists())
        || std::env::var_os("container").is_some()
        || fs::read_to_string("/proc/1/cgroup").is_ok_and(|text| {
            ["docker", "kubepods", "containerd", "libpod"]
                .iter()
                .any(|word| text.contains(word))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_that_is_off_is_named() {
        let plain = Surroundings::default();
        let ubuntu = Surroundings {
            restricted_by_apparmor: true,
            ..plain.clone()
        };
        let debian = Surroundings {
            clone_switched_off: true,
            ..plain.clone()
        };
        let limit = vec!["max_user_namespaces".to_owned()];
        let limited = Surroundings {
            forbidden_namespaces: limit,
            ..plain.clone()
        };
        let docker = Surroundings {
            container: true,
            seccomp: true,
            ..plain.clone()
        };
        for (machine, word) in [
            (ubuntu, "apparmor_restrict_unprivileged_userns=0"),
            (debian, "unprivileged_userns_clone=1"),
            (limited, "user.max_user_namespaces="),
            (docker, "seccomp=unconfined"),
            (plain, "sudo jepsen"),
        ] {
            let remedies = machine.remedies(Capability::Namespaces, "EPERM");
            assert!(remedies[0].contains(word), "{remedies:?}");
        }
    }

    #[test]
    fn supervision_has_remedies_of_its_own() {
        let plain = Surroundings::default();
        let docker = Surroundings {
            container: true,
            ..plain.clone()
        };
        for (machine, reason, word) in [
            (&plain, "EBUSY (another listener supervises it)", "Incus"),
            (&plain, "EINVAL (Linux 5.5 or later is needed)", "Linux 5.5"),
            (
                &docker,
                "EPERM (seccomp is not permitted here)",
                "docker run",
            ),
            (
                &plain,
                "EPERM (seccomp is not permitted here)",
                "NEW_LISTENER",
            ),
        ] {
            let remedies = machine.remedies(Capability::Supervision, reason);
            assert!(remedies[0].contains(word), "{remedies:?}");
        }
    }

    #[test]
    fn a_clock_needs_to_be_traced() {
        let machine = Surroundings::default();
        let refused = "the kernel refuses to trace it: EPERM: Operation not permitted";
        let remedies = machine.remedies(Capability::Clock, refused);
        assert!(remedies[0].contains("ptrace_scope=1"), "{remedies:?}");
        let container = Surroundings {
            container: true,
            ..machine
        };
        let remedies = container.remedies(Capability::Clock, refused);
        assert!(remedies[0].contains("SYS_PTRACE"), "{remedies:?}");
        let other = "the kernel gives it no vDSO";
        assert!(container.remedies(Capability::Clock, other).is_empty());
    }

    #[test]
    fn the_switch_has_remedies_of_its_own() {
        let machine = Surroundings::default();
        for (reason, word) in [
            (
                "Address family not supported by protocol (os error 97)",
                "modprobe af_packet",
            ),
            ("Protocol not available (os error 92)", "modprobe af_packet"),
            ("the switch itself lost 3 frames", "rmem_max"),
            ("Operation not permitted (os error 1)", "sudo jepsen"),
        ] {
            let remedies = machine.remedies(Capability::Switch, reason);
            assert!(remedies[0].contains(word), "{remedies:?}");
        }
    }
}
