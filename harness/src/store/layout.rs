//! The names of all files and folders in a run directory, each defined once. Scripts rely on them.
//!
//! ```text
//! <out>/latest -> <UTC time>-<seed>/
//! <out>/index.html
//! <out>/<UTC time>-<seed>/
//!   run.json  results.json  report.json  metrics.json  report.html  junit.xml  suite.json  baseline.json
//!   scenarios/<name>/
//!     history.jsonl(.zst)  faults.json  scenario.json  verdict.json  memory.csv
//!     nodes/<node>/{stdout.log,stderr.log,...}  nodes/highlights.log
//! ```

/// The link to the newest run.
pub const LATEST: &str = "latest";
/// The page that lists all runs of a directory.
pub const INDEX: &str = "index.html";

/// What is about to run. It is the first file of a run.
pub const RUN: &str = "run.json";
/// The verdicts, for machines. It is the last file of a run.
pub const RESULTS: &str = "results.json";
/// The values behind the page. `jepsen report` renders the page from them.
pub const REPORT_VALUES: &str = "report.json";
/// The figures, for machines.
pub const METRICS: &str = "metrics.json";
/// The page.
pub const PAGE: &str = "report.html";
/// The verdicts as JUnit XML.
pub const JUNIT: &str = "junit.xml";
/// Which part of a suite's run this is.
pub const SUITE: &str = "suite.json";
/// The mark of a baseline.
pub const BASELINE: &str = "baseline.json";
/// The pairs of blocks from which figures are taken.
pub const PAIRS: &str = "pairs.json";

/// The folder of all scenarios of a run.
pub const SCENARIOS: &str = "scenarios";
/// A scenario's history while it is recorded.
pub const HISTORY: &str = "history.jsonl";
/// A scenario's history once it is closed.
pub const HISTORY_COMPRESSED: &str = "history.jsonl.zst";
/// A scenario's resolved fault plan, which `--schedule` replays.
pub const FAULTS: &str = "faults.json";
/// What a scenario asked for.
pub const SCENARIO: &str = "scenario.json";
/// A scenario's judgement.
pub const VERDICT: &str = "verdict.json";
/// The memory of the harness while a scenario ran.
pub const MEMORY: &str = "memory.csv";
/// The folder of all nodes of a scenario.
pub const NODES: &str = "nodes";
/// The lines of the nodes' logs that the target file selects, in the folder of all nodes.
pub const HIGHLIGHTS: &str = "highlights.log";

/// Everything that a run directory contains, apart from hidden names. A directory with other files is not removed by
/// `--keep`.
pub(super) const OF_A_RUN: [&str; 10] = [
    RUN,
    RESULTS,
    REPORT_VALUES,
    METRICS,
    PAGE,
    JUNIT,
    SUITE,
    BASELINE,
    PAIRS,
    SCENARIOS,
];

/// Everything that the directory of a scenario contains.
pub(super) const OF_A_SCENARIO: [&str; 7] = [
    HISTORY,
    HISTORY_COMPRESSED,
    FAULTS,
    SCENARIO,
    VERDICT,
    MEMORY,
    NODES,
];
