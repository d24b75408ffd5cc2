//! Exit codes, on which scripts rely. The first four are Jepsen's. clap's own exit code 2 for usage errors is never
//! used, because here it means *undecided*.

use std::io::{self, ErrorKind};

use checkers::verdict::{Class, Validity, Verdict};
use nix::errno::Errno;
use reports::{RunReport, visible};

/// Everything valid.
pub const VALID: i32 = 0;
/// Something is invalid (safety, leadership or liveness, their limits included). Outranks every other code.
pub const INVALID: i32 = 1;
/// Nothing invalid, something undecided or vacuous.
pub const UNDECIDED: i32 = 2;
/// All valid, but a performance limit or the baseline comparison failed.
pub const PERFORMANCE: i32 = 3;
/// The user interrupted the run.
pub const INTERRUPTED: i32 = 130;
/// This machine cannot run it: see `jepsen doctor`.
pub const MACHINE: i32 = 253;
/// Bad arguments or files.
pub const USAGE: i32 = 254;
/// A bug of the harness.
pub const BUG: i32 = 255;

/// The text that `--help` ends with.
pub const HELP: &str = "Exit codes: 0 all valid, or all findings waived; 1 something invalid; 2 nothing invalid, something undecided; \
3 only a performance limit or the baseline comparison failed; 130 interrupted; 253 this machine cannot run it \
(see `jepsen doctor`), or its output could not be written; 254 bad arguments or files; 255 a bug of the harness.";

/// The exit code of a judged run.
pub fn of(validity: Validity, interrupted: bool) -> i32 {
    match validity {
        Validity::Invalid => INVALID,
        _ if interrupted => INTERRUPTED,
        Validity::Undecided => UNDECIDED,
        Validity::Valid | Validity::NotApplicable => VALID,
    }
}

/// The exit code of a run. Missing evidence makes the run undecided. Exceeded performance limits get a code of their
/// own, apart from broken promises.
pub fn of_run(report: &RunReport) -> i32 {
    // A run of a before and an after asks whether both had the expected outcome.
    if let Some(both) = report
        .before_after
        .as_ref()
        .filter(|_| !report.run.interrupted)
    {
        return if both.as_expected { VALID } else { INVALID };
    }
    // A waived finding is shown, and does not fail the run.
    let verdicts = || {
        report.scenarios.iter().flat_map(|one| {
            let counts = |v: &&Verdict| !report.is_waived(&one.name, v);
            one.judgement.verdicts.iter().filter(counts)
        })
    };
    let broken =
        verdicts().any(|v| v.validity == Validity::Invalid && v.class != Class::Performance);
    let slow = verdicts().any(|v| v.validity == Validity::Invalid)
        || report
            .comparison
            .as_ref()
            .is_some_and(|compared| compared.regressed().next().is_some());
    let undecided = report.scenarios.is_empty()
        || !report.run.incomplete.is_empty()
        || verdicts().any(|v| v.validity == Validity::Undecided);
    match () {
        () if broken => INVALID,
        () if report.run.interrupted => INTERRUPTED,
        () if undecided => UNDECIDED,
        () if slow => PERFORMANCE,
        () => VALID,
    }
}

/// Which of two exit codes reports the worse outcome: invalid outranks everything.
pub fn worse(one: i32, other: i32) -> i32 {
    let rank = |code| match code {
        INVALID => 4,
        INTERRUPTED => 3,
        UNDECIDED => 2,
        PERFORMANCE => 1,
        _ => 0,
    };
    if rank(other) > rank(one) { other } else { one }
}

/// The exit code of an error that reached `main`: the one that it chose as a [`Stop`], or the one of its cause. An
/// error of the operating system anywhere in the chain has an outside cause. Every other error is a bug of the harness.
pub fn of_error(error: &anyhow::Error) -> i32 {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return stop.code;
    }
    let outside = error.chain().find_map(|cause| {
        let errno = cause.downcast_ref::<Errno>().copied();
        errno
            .and_then(of_errno)
            .or_else(|| of_io(cause.downcast_ref()?))
    });
    outside.unwrap_or(BUG)
}

fn of_io(error: &io::Error) -> Option<i32> {
    match (error.raw_os_error(), error.kind()) {
        (Some(number), _) => of_errno(Errno::from_raw(number)),
        // The file ends too early, its content is of another kind than its name says, or its name contains a zero byte.
        (None, ErrorKind::InvalidData | ErrorKind::UnexpectedEof | ErrorKind::InvalidInput) => {
            Some(USAGE)
        }
        (None, _) => None,
    }
}

fn of_errno(errno: Errno) -> Option<i32> {
    match errno {
        // The harness made an invalid system call.
        Errno::EBADF | Errno::EFAULT | Errno::EINVAL | Errno::ENOSYS | Errno::UnknownErrno => None,
        // The machine ran out of a resource, or a device failed.
        Errno::ENOSPC
        | Errno::EDQUOT
        | Errno::EFBIG
        | Errno::EMFILE
        | Errno::ENFILE
        | Errno::ENOMEM
        | Errno::EAGAIN
        | Errno::EIO => Some(MACHINE),
        // The named file or address is missing, forbidden, taken, or of the wrong kind.
        _ => Some(USAGE),
    }
}

/// The exit code of a command whose standard output was lost. Invalid outranks it, and an error keeps its own code.
pub fn of_lost_output(code: i32) -> i32 {
    match code {
        VALID | UNDECIDED | PERFORMANCE => MACHINE,
        other => other,
    }
}

/// An error as its message: every cause, the outermost first, in lines of ours. A line break within a cause is visible,
/// because it may come from a value.
pub fn message(error: &anyhow::Error) -> String {
    let cause = |cause: &(dyn std::error::Error + 'static)| match cause.downcast_ref::<Stop>() {
        Some(stop) => visible::lines(&stop.message).into_owned(),
        None => visible::line(&cause.to_string()).into_owned(),
    };
    error.chain().map(cause).collect::<Vec<_>>().join(": ")
}

/// An error that ends the program with a chosen code. For any other error, see [`of_error`].
#[derive(Debug)]
pub struct Stop {
    /// The exit code.
    pub code: i32,
    /// The message for the user: what is wrong, and what to do. Its line breaks are ours, because the constructors
    /// make those of values visible.
    pub message: String,
}

impl Stop {
    /// Bad arguments or files.
    pub fn usage(message: impl AsRef<str>) -> anyhow::Error {
        Stop::of(USAGE, message)
    }

    /// Bad arguments or files, with lines below the message, such as the line of the file.
    pub fn usage_with_lines<S: AsRef<str>>(
        message: impl AsRef<str>,
        lines: impl IntoIterator<Item = S>,
    ) -> anyhow::Error {
        let mut message = visible::line(message.as_ref()).into_owned();
        for line in lines {
            message += "\n  ";
            message += &visible::line(line.as_ref());
        }
        Stop {
            code: USAGE,
            message,
        }
        .into()
    }

    /// This machine cannot run it.
    pub fn machine(message: impl AsRef<str>) -> anyhow::Error {
        Stop::of(MACHINE, message)
    }

    fn of(code: i32, message: impl AsRef<str>) -> anyhow::Error {
        let message = visible::line(message.as_ref()).into_owned();
        Stop { code, message }.into()
    }
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Stop {}

#[cfg(test)]
mod tests {
    use super::*;
    use checkers::judgement::Judgement;
    use checkers::verdict::{Anomaly, Doubt, Evidence, Finding, Verdict};
    use reports::model::{Comparison, FigureChange, FigureOutcome, ScenarioReport};

    fn report(class: Class, invalid: bool, undecided: bool) -> RunReport {
        let mut verdict = Verdict::new("x", class);
        if invalid {
            verdict.found(Anomaly {
                kind: Finding::NotServed {
                    what: "reads".into(),
                    waited_ms: 1,
                },
                certain: true,
                evidence: Evidence::default(),
            });
        }
        if undecided {
            verdict.doubt(Doubt::CutShort);
        }
        let judgement = Judgement {
            verdicts: vec![verdict],
            ..Judgement::default()
        };
        RunReport {
            scenarios: vec![ScenarioReport {
                judgement,
                ..ScenarioReport::default()
            }],
            ..RunReport::default()
        }
    }

    #[test]
    fn invalid_outranks_everything() {
        assert_eq!(worse(UNDECIDED, INVALID), INVALID);
        assert_eq!(worse(INVALID, UNDECIDED), INVALID);
        assert_eq!(worse(VALID, UNDECIDED), UNDECIDED);
    }

    #[test]
    fn each_outcome_has_its_code() {
        assert_eq!(of_run(&report(Class::Safety, false, false)), VALID);
        assert_eq!(of_run(&report(Class::Safety, true, true)), INVALID);
        assert_eq!(of_run(&report(Class::Safety, false, true)), UNDECIDED);
        assert_eq!(
            of_run(&report(Class::Performance, true, false)),
            PERFORMANCE
        );
        assert_eq!(of_run(&RunReport::default()), UNDECIDED);
        let mut missing = report(Class::Safety, false, false);
        missing.run.incomplete = vec!["shard 2 of 3 is missing".into()];
        assert_eq!(of_run(&missing), UNDECIDED);
        missing.run.interrupted = true;
        assert_eq!(of_run(&missing), INTERRUPTED);
    }

    #[test]
    fn an_error_of_the_system_is_not_a_bug_of_the_harness() {
        use anyhow::Context;
        let code = |errno: Errno| {
            let failed = Err::<(), _>(io::Error::from(errno)).context("write run.json");
            of_error(&failed.context("finish").expect_err("an error"))
        };
        assert_eq!(code(Errno::ENOENT), USAGE);
        assert_eq!(code(Errno::EACCES), USAGE);
        assert_eq!(code(Errno::EADDRINUSE), USAGE);
        assert_eq!(code(Errno::ENOSPC), MACHINE);
        assert_eq!(code(Errno::EMFILE), MACHINE);
        assert_eq!(code(Errno::EBADF), BUG);
        assert_eq!(code(Errno::EFBIG), MACHINE);
        assert_eq!(code(Errno::ELOOP), USAGE);
        let direct = anyhow::Error::from(Errno::ENOSPC).context("mount");
        assert_eq!(of_error(&direct), MACHINE);
        let damaged = io::Error::new(ErrorKind::UnexpectedEof, "cut");
        assert_eq!(of_error(&damaged.into()), USAGE);
        assert_eq!(of_error(&Stop::machine("no").context("run")), MACHINE);
        assert_eq!(of_error(&anyhow::anyhow!("an index is out of range")), BUG);
    }

    #[test]
    fn lost_output_is_never_a_success_and_never_a_bug() {
        assert_eq!(of_lost_output(VALID), MACHINE);
        assert_eq!(of_lost_output(UNDECIDED), MACHINE);
        assert_eq!(of_lost_output(INVALID), INVALID);
        assert_eq!(of_lost_output(USAGE), USAGE);
    }

    #[test]
    fn a_value_in_a_message_forges_no_line() {
        let stop = Stop::usage_with_lines("a\nb", ["1 | c\nd"]);
        assert_eq!(message(&stop.context("e\nf")), "e\\nf: a\\nb\n  1 | c\\nd");
        assert_eq!(message(&Stop::machine("a\u{1b}[2J")), "a\\x1b[2J");
    }

    #[test]
    fn a_regression_shows_only_where_nothing_is_broken() {
        let regressed = Comparison {
            figures: vec![FigureChange {
                outcome: FigureOutcome::Regressed,
                ..FigureChange::default()
            }],
            ..Comparison::default()
        };
        let mut slower = report(Class::Safety, false, false);
        slower.comparison = Some(regressed.clone());
        assert_eq!(of_run(&slower), PERFORMANCE);
        let mut broken = report(Class::Safety, true, false);
        broken.comparison = Some(regressed);
        assert_eq!(of_run(&broken), INVALID);
    }
}
