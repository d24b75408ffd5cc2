//! A target file and the files that it extends, from the file itself down to the last base.

use std::path::{Path, PathBuf};

use anyhow::Result;
use toml::{Table, Value};

use super::{Target, built_in, releases};
use crate::bounded;
use crate::config::near;
use crate::config::source::Source;
use crate::exit::Stop;

/// The maximum depth of bases.
const DEPTH_MAX: usize = 8;

/// One file.
pub(super) struct Layer {
    /// Its name in error messages.
    pub(super) name: String,
    /// Its content.
    pub(super) text: String,
    /// The name of the built-in target. None for a file.
    built_in: Option<String>,
    /// The directory of the file. The current directory for a text without a file.
    folder: PathBuf,
}

/// A file and its bases.
pub(super) struct Layers(Vec<Layer>);

impl Layer {
    pub(super) fn source(&self) -> Source<'_> {
        Source {
            name: &self.name,
            text: &self.text,
        }
    }

    fn built_in(name: &str, text: &str) -> Layer {
        Layer {
            name: format!("built-in target {name}"),
            text: text.to_owned(),
            built_in: Some(name.to_owned()),
            folder: PathBuf::new(),
        }
    }

    fn file(path: &Path) -> Result<Layer> {
        let wrong = |error| Stop::usage(format!("target file {}: {error}", path.display()));
        let text = bounded::text(path, bounded::CONFIG).map_err(wrong)?;
        let folder = path.canonicalize().map_err(wrong)?;
        Ok(Layer {
            name: path.display().to_string(),
            text,
            built_in: None,
            folder: folder.parent().unwrap_or(Path::new("/")).to_owned(),
        })
    }
}

impl Layers {
    /// Finds the target that a word on the command line names.
    pub(super) fn named(word: &str) -> Result<Layers> {
        if let Some(text) = built_in::text(word) {
            return Layers::from(Layer::built_in(word, text));
        }
        if let Some(text) = releases::text(word).map_err(Stop::usage)? {
            return Layers::from(Layer::built_in(word, &text));
        }
        let path = Path::new(word);
        if !path.exists()
            && let Some(addresses) = addresses(word)
        {
            let list: Vec<Value> = addresses.into_iter().map(Value::String).collect();
            let text = format!("name = {:?}\nbootstrap = {}\n", word, Value::Array(list));
            return Layers::of_text(&text, &format!("--target {word}"));
        }
        if !path.exists() {
            let known: Vec<_> = Target::built_in().collect();
            let told = near::unknown("built-in target, no file and no host:port", word, &known);
            return Err(Stop::usage(told));
        }
        Layers::from(Layer::file(path)?)
    }

    /// A text without a file.
    pub(super) fn of_text(text: &str, name: &str) -> Result<Layers> {
        Layers::from(Layer {
            name: name.to_owned(),
            text: text.to_owned(),
            built_in: None,
            folder: std::env::current_dir().unwrap_or_default(),
        })
    }

    fn from(first: Layer) -> Result<Layers> {
        let mut layers = vec![first];
        while let Some(top) = layers.last() {
            // Each file is parsed strictly and separately, because only then does an error have its position.
            let read: Target = top.source().parse()?;
            let Some(base) = read.base else { break };
            let at = top.source().value_at(&["base"]).unwrap_or_default();
            if layers.len() >= DEPTH_MAX {
                return Err(top.source().mistake(&at, "at most 8 levels of `base`"));
            }
            let path = top.folder.join(&base);
            let release = releases::text(&base).map_err(|why| top.source().mistake(&at, why))?;
            layers.push(match built_in::text(&base).or(release.as_deref()) {
                Some(text) => Layer::built_in(&base, text),
                None if top.built_in.is_none() && path.exists() => Layer::file(&path)?,
                None => {
                    let known: Vec<_> = Target::built_in().collect();
                    let why = format!(
                        "no such file and no such built-in target; built-in: {}",
                        known.join(", ")
                    );
                    return Err(top.source().mistake(&at, why));
                }
            });
        }
        Ok(Layers(layers))
    }

    /// The target that the files form together.
    pub(super) fn target(&self) -> Result<Target> {
        let mut whole = Table::new();
        for layer in self.0.iter().rev() {
            merge(&mut whole, layer.source().parse()?);
        }
        let mut target: Target = whole
            .try_into()
            .map_err(|error| Stop::usage(format!("{}: {error}", self.top().name)))?;
        // Downloaded data belongs to the file whose `prepare` downloads it.
        let owner = self
            .0
            .iter()
            .find(|layer| layer.source().value_at(&["prepare"]).is_some())
            .unwrap_or(self.top());
        let owned: Target = owner.source().parse()?;
        target.home = cache().join(&owned.name);
        match &owner.built_in {
            Some(name) => {
                target.here = target.home.join("files");
                target.companions = built_in::companions(releases::family(name).unwrap_or(name));
            }
            None => target.here.clone_from(&owner.folder),
        }
        let starts = |layer: &&Layer| layer.source().value_at(&["node", "command"]).is_some();
        let starter = self.0.iter().find(starts).unwrap_or(self.top());
        target.source.clone_from(&starter.name);
        Ok(target)
    }

    pub(super) fn top(&self) -> &Layer {
        // There is always a first file: see `from`.
        &self.0[0]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Layer> {
        self.0.iter()
    }

    /// The error for a value, positioned in the topmost file that sets it.
    pub(super) fn mistake(&self, path: &[&str], what: impl std::fmt::Display) -> anyhow::Error {
        for layer in &self.0 {
            if let Some(at) = layer.source().value_at(path) {
                return layer.source().mistake(&at, what);
            }
        }
        Stop::usage(format!("{}: {}: {what}", self.top().name, path.join(".")))
    }
}

/// Merges one table over another: tables are merged, every other value is replaced.
fn merge(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => merge(below, above),
            (_, value) => drop(below.insert(key, value)),
        }
    }
}

/// `host:port,host:port`, if the word has that form.
fn addresses(word: &str) -> Option<Vec<String>> {
    let address = |part: &str| {
        let (host, port) = part.rsplit_once(':')?;
        (!host.is_empty() && port.parse::<u16>().is_ok()).then(|| part.to_owned())
    };
    word.split(',').map(address).collect()
}

/// The directory of prepared targets: `$XDG_CACHE_HOME/jepsen/targets`, by default below `~/.cache`. Never below the
/// temporary directory: whoever creates a directory there first would choose the programs that run.
fn cache() -> PathBuf {
    let set = |name| std::env::var_os(name).map(PathBuf::from);
    let home = || set("HOME").filter(|home| home.is_absolute());
    let entry = || {
        nix::unistd::User::from_uid(nix::unistd::geteuid())
            .ok()
            .flatten()
    };
    let base = set("XDG_CACHE_HOME").filter(|cache| cache.is_absolute());
    let base = base.or_else(|| Some(home().or_else(|| Some(entry()?.dir))?.join(".cache")));
    // A user without a home directory has nowhere to prepare a target; `prepare` then reports this path.
    base.unwrap_or_else(|| PathBuf::from("/nonexistent"))
        .join("jepsen/targets")
}
