//! How much of a run a page may show. The page states every omission; everything is in `results.json` and the history.

/// Buckets per line series.
pub const SERIES_BUCKETS_MAX: usize = 600;
/// The narrowest bucket.
pub const BUCKET_MS_MIN: u64 = 100;
/// Columns of the latency density.
pub const DENSITY_COLUMNS: usize = 120;
/// Rows of the latency density.
pub const DENSITY_ROWS: usize = 30;
/// Non-empty cells of the latency density.
pub const DENSITY_CELLS_MAX: usize = 1_500;
/// Failed and unknown operations drawn over the density.
pub const MARKS_MAX: usize = 500;
/// Instances shown per kind of anomaly and check.
pub const INSTANCES_PER_KIND_MAX: usize = 12;
/// Operations in the evidence of one instance.
pub const OPERATIONS_PER_INSTANCE_MAX: usize = 40;
/// Rows of an elections, gaps or faults table.
pub const TABLE_ROWS_MAX: usize = 100;
/// Spans drawn per lane.
pub const SPANS_PER_LANE_MAX: usize = 400;
/// With more scenarios than this, only failing and undecided ones get charts, and no more of them than this.
pub const SCENARIOS_WITH_CHARTS_MAX: usize = 60;
/// Characters of an untrusted text (value, error, log line) on the page.
pub const TEXT_CHARACTERS_MAX: usize = 500;
/// Bytes of a node's configuration on the page.
pub const CONFIG_CHARACTERS_MAX: usize = 8_000;
/// Files of a build on the page.
pub const BUILD_FILES_MAX: usize = 100;
/// Reasons listed under the verdict.
pub const REASONS_MAX: usize = 5;
/// A page that exceeds this loses parts, in a fixed order.
pub const PAGE_BYTES_SOFT: usize = 3_000_000;
/// A page is never larger than this.
pub const PAGE_BYTES_HARD: usize = 10_000_000;
/// Half the width of the small timeline on a failure card.
pub const MINI_TIMELINE_HALF_NS: u64 = 3_000_000_000;
/// Timelines on a page, and excerpts of a history.
pub const EXCERPTS_MAX: usize = 5;
/// Operations of an excerpt. A mark takes about 230 bytes, so five full timelines take about 1.2 MB.
pub const OPERATIONS_PER_EXCERPT_MAX: usize = 1_000;
/// Rows of workers in a timeline.
pub const WORKERS_PER_TIMELINE_MAX: usize = 24;
/// Lines of one node's log in one excerpt.
pub const LOG_LINES_MAX: usize = 200;
/// Consumer groups of a scenario.
pub const GROUPS_MAX: usize = 100;
/// Members of a group that have a name on the page.
pub const GROUP_MEMBERS_MAX: usize = 500;
/// Generations of a group.
pub const GENERATIONS_MAX: usize = 400;
/// Groups that are drawn; of the others a page has a row.
pub const GROUPS_DRAWN_MAX: usize = 3;
/// Bars in the drawing of a group; 1,000 take about 250 KB.
pub const GROUP_BARS_MAX: usize = 1_000;
/// Lanes of partitions in a drawing of a group or of transactions.
pub const PARTITION_LANES_MAX: usize = 12;
/// Transactions of a scenario that are kept one by one.
pub const TRANSACTIONS_MAX: usize = 200;
/// Rows of transactions in a drawing.
pub const TRANSACTION_LANES_MAX: usize = 8;
/// Buckets in which transactions are counted.
pub const TRANSACTION_BUCKETS_MAX: u64 = 240;
/// Times in which a last stable offset stood still.
pub const STALLS_MAX: usize = 100;
/// A last stable offset that stands still for less is not noted: a transaction is open for some time.
pub const STALL_MS_MIN: u64 = 500;
/// Failure cards on a page.
pub const CARDS_MAX: usize = 60;
/// Scenarios listed on a page that was reduced to its outline.
pub const OUTLINE_SCENARIOS_MAX: usize = 500;
/// Runs on one index page.
pub const INDEX_RUNS_MAX: usize = 200;
/// Runs in a trend.
pub const TREND_RUNS_MAX: usize = 20;
/// Bytes of a Markdown summary; GitHub rejects more than 1 MiB a step.
pub const MARKDOWN_BYTES_MAX: usize = 256 * 1024;
/// Lines of the terminal's last block.
pub const SUMMARY_LINES_MAX: usize = 36;
/// Characters of a JUnit message attribute.
pub const JUNIT_MESSAGE_CHARACTERS_MAX: usize = 200;
/// Bytes of a JUnit body.
pub const JUNIT_BODY_BYTES_MAX: usize = 64 * 1024;
