//! `jepsen museum`: bugs that shipped in real releases. Each exhibit is run on a release with the bug, which must be shown for
//! its own reason, and on one without it, which must be clean. Exit code 0 only if all verdicts are as expected.
//!
//! | part | what it is |
//! |---|---|
//! | [`crate::config::exhibit`] | the exhibits, as data |
//! | `job` | one run of one release |
//! | `conclusion` | what follows from the runs of an exhibit |
//! | `matrix` | the table on the terminal |
//! | `unexpected` | the first exhibit that was not as expected |

mod conclusion;
mod job;
mod matrix;
mod unexpected;

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use reports::Museum;
use reports::model::{ExhibitRow, MuseumRun, MuseumSide};

use super::calibrate::result_cache::ResultCache;
use crate::config::exhibit::{self, Exhibit, Release};
use crate::config::place;
use crate::exit::{self, Stop};
use crate::output::{say, shown, tell, tell_more};
use crate::session::reproduce::typed;
use crate::session::{Session, full_disk, prepare, publish};
use crate::store::{self, SOURCES, write_whole};

/// The number of seeds for each exhibit.
const SEEDS: u32 = 5;

const VALUES: &str = "museum.json";
const PAGE: &str = "museum.html";

/// Flags of `museum`.
#[derive(Debug, Args)]
pub struct MuseumArguments {
    /// The exhibits to run (see `jepsen list exhibits`); all if none is named.
    #[arg(value_name = "EXHIBIT")]
    pub exhibits: Vec<String>,
    /// The number of seeds for each release of an exhibit.
    #[arg(long, value_name = "K", default_value_t = SEEDS, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub seeds: u32,
    /// The first seed, decimal or 0x hexadecimal.
    #[arg(long, value_name = "N", value_parser = crate::config::seed::parse, default_value = "1")]
    pub seed: u64,
    /// The directory of results; an interrupted visit continues from there.
    #[arg(long, value_name = "DIR", default_value = "runs/museum")]
    pub out: PathBuf,
    /// Run everything again, and ignore stored results.
    #[arg(long)]
    pub fresh: bool,
}

/// Runs the selected exhibits and prints the matrix.
///
/// # Errors
/// If an exhibit is unknown, or the machine cannot run nodes.
pub fn run(arguments: &MuseumArguments) -> Result<i32> {
    place::of_runs(&arguments.out)?;
    let exhibits = exhibit::named(&arguments.exhibits)?;
    // Before the sandbox, because preparing may need the network.
    let refused = prepared(&exhibits);
    let cache = ResultCache::below(&arguments.out.join("results"), arguments.fresh)?;
    let out = arguments.out.canonicalize()?;
    let _lock = store::lock_directory(&out, false).ok_or_else(|| {
        Stop::usage(format!(
            "--out {}: another jepsen is at work there; name another directory",
            out.display()
        ))
    })?;
    let sides = exhibits
        .iter()
        .flat_map(|exhibit| [Some(&exhibit.bad), exhibit.good.as_ref()]);
    let nodes = sides.flatten().map(|side| side.target.nodes).max();
    let session = Session::open(true, nodes.unwrap_or_default(), &out)?;
    say(&format!(
        "jepsen {}  museum of {} exhibits, {} seeds each, sources {SOURCES}",
        env!("CARGO_PKG_VERSION"),
        exhibits.len(),
        arguments.seeds
    ));
    let visit = Visit {
        arguments,
        session: &session,
        cache: &cache,
        refused,
    };
    let museum = session.runtime.block_on(visit.all(&exhibits))?;
    tell_more(&matrix::table(&museum));
    let page = out.join(PAGE);
    write_whole(&page, &reports::museum_html(&museum))?;
    write_whole(&out.join(VALUES), &serde_json::to_string_pretty(&museum)?)?;
    tell(match museum.as_expected {
        true => "✓ as expected",
        false => "✗ NOT as expected",
    });
    tell_more(&unexpected::first(&museum, &shown(&page)));
    tell_more(&format!(
        "  report     {}\n  reproduce  {}",
        shown(&page),
        museum.reproduce
    ));
    let is_full = session.space.is_set();
    session.leave();
    if is_full {
        return Err(full_disk(&out));
    }
    Ok(match (museum.interrupted, museum.as_expected) {
        (true, _) => exit::INTERRUPTED,
        (false, true) => exit::VALID,
        (false, false) => exit::INVALID,
    })
}

/// Prepares all releases, each once. Returns why some cannot be had, by their names.
fn prepared(exhibits: &[&Exhibit]) -> BTreeMap<String, String> {
    let run = exhibits.iter().filter(|exhibit| exhibit.not_here.is_none());
    let sides = run.flat_map(|exhibit| [Some(&exhibit.bad), exhibit.good.as_ref()]);
    let mut refused = BTreeMap::new();
    let mut known = Vec::new();
    let targets = sides.flatten().map(|side| &side.target);
    for target in targets
        .flat_map(|target| [Some(target), target.next.as_deref()])
        .flatten()
    {
        if known.contains(&&target.name) {
            continue;
        }
        known.push(&target.name);
        if let Err(error) = prepare::ensure(target) {
            say(&format!("  {error:#}"));
            refused.insert(target.name.clone(), format!("{error:#}"));
        }
    }
    refused
}

/// What all runs share.
struct Visit<'a> {
    arguments: &'a MuseumArguments,
    session: &'a Session,
    cache: &'a ResultCache,
    /// Why a release cannot be had.
    refused: BTreeMap<String, String>,
}

impl Visit<'_> {
    async fn all(&self, exhibits: &[&Exhibit]) -> Result<Museum> {
        let mut museum = Museum {
            tool: publish::tool(),
            sources: SOURCES.to_owned(),
            reproduce: typed(),
            ..Museum::default()
        };
        for exhibit in exhibits {
            museum.exhibits.push(self.exhibit(exhibit).await?);
        }
        museum.interrupted = self.session.interrupt.is_set();
        museum.as_expected = !museum.interrupted && conclusion::as_expected(&museum.exhibits);
        Ok(museum)
    }

    async fn exhibit(&self, exhibit: &Exhibit) -> Result<ExhibitRow> {
        let mut row = conclusion::listed(exhibit);
        row.not_run_because = exhibit.not_here.clone().or_else(|| self.refuses(exhibit));
        if let Some(why) = &row.not_run_because {
            say(&format!("  - {}: not run: {why}", exhibit.name));
            return Ok(row);
        }
        row.bad = self.side(exhibit, &exhibit.bad, "bad").await?;
        if let Some(good) = &exhibit.good {
            row.good = Some(self.side(exhibit, good, "good").await?);
        }
        row.as_expected = conclusion::of(exhibit, &row, self.arguments.seeds as usize);
        Ok(row)
    }

    fn refuses(&self, exhibit: &Exhibit) -> Option<String> {
        let sides = [Some(&exhibit.bad), exhibit.good.as_ref()];
        let mut sides = sides.into_iter().flatten();
        let next = |side: &Release| side.target.next.as_ref().map(|next| next.name.clone());
        let missing = |name: &String| self.refused.get(name).cloned();
        sides.find_map(
            |side| match missing(&side.name).or_else(|| missing(&next(side)?)) {
                Some(why) => Some(why),
                None => job::case(exhibit, side, self.arguments.seed).map_or_else(
                    |error| Some(format!("{error:#}")),
                    |case| self.session.refuses(&case),
                ),
            },
        )
    }

    /// All seeds of one release.
    async fn side(&self, exhibit: &Exhibit, release: &Release, side: &str) -> Result<MuseumSide> {
        let mut runs: Vec<MuseumRun> = Vec::new();
        for at in 0..u64::from(self.arguments.seeds) {
            let seed = self.arguments.seed.wrapping_add(at);
            let name = format!("{}-{side}-{seed:x}", exhibit.name);
            let how = format!("{exhibit:?} {release:?}");
            let run = match self.cache.find(&name, &how) {
                Some(run) => run,
                None if self.session.interrupt.is_set() => break,
                None => {
                    let run = job::run(self.session, exhibit, release, (&name, seed)).await?;
                    let Some(run) = run else { break };
                    self.cache.keep(&name, &how, &run)?;
                    run
                }
            };
            say(&matrix::run_line(
                &exhibit.name,
                &release.name,
                side == "bad",
                &run,
            ));
            runs.push(run);
        }
        Ok(MuseumSide {
            target: release.name.clone(),
            runs,
        })
    }
}
