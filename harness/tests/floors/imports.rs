//! The imports of one crate, read from its sources: which module imports which other one, and in which line.
//!
//! `syn` reads the files. `use` items and every path in code, in macros and in attributes count: a path written in full
//! couples two files as a `use` does. `#[cfg(test)]` items, doc comments and visibilities do not count. A name that a
//! module re-exports counts for the file that defines it.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Spacing, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// A module, as the names from the crate's root to it; the root is empty.
pub(crate) type Path = Vec<String>;

/// A path in the code, not yet resolved.
struct Mention {
    module: Path,
    line: usize,
    words: Path,
}

/// One module imports another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    /// The file that contains it, relative to the sources.
    pub(crate) file: String,
    /// Its line.
    pub(crate) line: usize,
    /// The text of the import.
    pub(crate) text: String,
    /// The module that imports.
    pub(crate) from: Path,
    /// The module that defines the imported name.
    pub(crate) to: Path,
    /// The file of that module.
    pub(crate) to_file: String,
}

/// The modules of a crate.
#[derive(Default)]
struct Crate {
    name: String,
    /// Each module's file.
    files: BTreeMap<Path, String>,
    /// The names bound by `use` in each module: a name, its path, and whether other modules may see it.
    names: BTreeMap<(Path, String), (Path, bool)>,
    mentions: Vec<Mention>,
}

/// Reads all imports of a crate. `sources` are its files by their path below `src/`. `name` is the library's name in
/// its own binary. The module `main` is that binary.
pub(crate) fn read(name: &str, sources: &BTreeMap<String, String>) -> Vec<Import> {
    let mut krate = Crate {
        name: name.to_owned(),
        ..Crate::default()
    };
    for (file, module) in [
        ("lib.rs", Path::new()),
        ("main.rs", vec!["main".to_owned()]),
    ] {
        if sources.contains_key(file) {
            let mut reader = Reader {
                krate: &mut krate,
                sources,
                module,
                file: file.to_owned(),
            };
            reader.file();
        }
    }
    let imports: BTreeSet<Import> = krate
        .mentions
        .iter()
        .filter_map(|mention| krate.import(mention, sources))
        .collect();
    imports.into_iter().collect()
}

impl Crate {
    fn import(&self, mention: &Mention, sources: &BTreeMap<String, String>) -> Option<Import> {
        let to = self.resolve(&mention.module, &mention.words, 0)?;
        let file = self.files.get(&mention.module)?.clone();
        let to_file = self.files.get(&to)?.clone();
        if file == to_file {
            return None;
        }
        let line = sources[&file].lines().nth(mention.line - 1);
        Some(Import {
            text: line.unwrap_or_default().trim().to_owned(),
            file,
            line: mention.line,
            from: mention.module.clone(),
            to,
            to_file,
        })
    }

    /// The module that defines the meaning of this path in a module. None if it is outside the crate.
    fn resolve(&self, module: &[String], words: &[String], depth: usize) -> Option<Path> {
        // A name that resolves to itself, as of `use serde;`, belongs to another crate.
        if depth > 20 {
            return None;
        }
        let (first, mut rest) = words.split_first()?;
        let mut here = match first.as_str() {
            "crate" => Path::new(),
            "self" => module.to_vec(),
            "super" => module.split_last()?.1.to_vec(),
            name => {
                let child = below(module, name);
                if let Some((meant, _)) = self.names.get(&(module.to_vec(), name.to_owned())) {
                    return self.resolve(module, &joined(meant, rest), depth + 1);
                } else if self.files.contains_key(&child) {
                    child
                } else if name == self.name {
                    Path::new()
                } else {
                    return None;
                }
            }
        };
        while let Some((word, after)) = rest.split_first() {
            let child = below(&here, word);
            if word == "super" {
                here.pop()?;
            } else if self.files.contains_key(&child) {
                here = child;
            } else if let Some((meant, public)) = self.names.get(&(here.clone(), word.clone()))
                && (*public || module.starts_with(&here))
            {
                let meant = joined(meant, after);
                return self.resolve(&here, &meant, depth + 1).or(Some(here));
            } else {
                break;
            }
            rest = after;
        }
        Some(here)
    }
}

fn below(module: &[String], name: &str) -> Path {
    joined(module, &[name.to_owned()])
}

fn joined(first: &[String], then: &[String]) -> Path {
    [first, then].concat()
}

/// Reads a file and those of its child modules.
struct Reader<'a> {
    krate: &'a mut Crate,
    sources: &'a BTreeMap<String, String>,
    module: Path,
    file: String,
}

impl Reader<'_> {
    fn file(&mut self) {
        let text = &self.sources[&self.file];
        let parsed = syn::parse_file(text);
        let parsed = parsed.unwrap_or_else(|error| panic!("{}: {error}", self.file));
        let known = &mut self.krate.files;
        known.insert(self.module.clone(), self.file.clone());
        self.visit_file(&parsed);
    }

    fn mention(&mut self, line: usize, words: Path) {
        self.krate.mentions.push(Mention {
            module: self.module.clone(),
            line,
            words,
        });
    }

    fn used(&mut self, tree: &UseTree, before: &[String], public: bool) {
        match tree {
            UseTree::Path(path) => {
                let before = below(before, &path.ident.to_string());
                self.used(&path.tree, &before, public);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.used(tree, before, public);
                }
            }
            UseTree::Glob(glob) => self.mention(glob.span().start().line, before.to_vec()),
            UseTree::Name(name) => self.bound(&name.ident, before, &name.ident, public),
            UseTree::Rename(name) => self.bound(&name.ident, before, &name.rename, public),
        }
    }

    fn bound(&mut self, name: &syn::Ident, before: &[String], known_as: &syn::Ident, public: bool) {
        let words = match name.to_string() {
            name if name == "self" => before.to_vec(),
            name => below(before, &name),
        };
        let known_as = match known_as.to_string() {
            name if name == "self" => words.last().cloned().unwrap_or_default(),
            name => name,
        };
        let key = (self.module.clone(), known_as);
        let names = &mut self.krate.names;
        names.insert(key, (words.clone(), public));
        self.mention(name.span().start().line, words);
    }

    /// Paths in tokens without a known grammar: those of macros and attributes.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut words = Path::new();
        let mut line = 0;
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.path(line, std::mem::take(&mut words));
                        line = ident.span().start().line;
                    }
                    words.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => {
                    colons += 1;
                    let joint = punct.spacing() == Spacing::Joint;
                    if (colons == 1) != joint {
                        colons = 3;
                    }
                }
                other => {
                    self.path(line, std::mem::take(&mut words));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.path(line, words);
    }

    /// A single name means what a `use` has bound, and the `use` counts already.
    fn path(&mut self, line: usize, words: Path) {
        if words.len() > 1 {
            self.mention(line, words);
        }
    }

    /// Reads a module's own file, or the items between its braces.
    fn child(&mut self, item: &syn::ItemMod) {
        let module = below(&self.module, &item.ident.to_string());
        if let Some((_, items)) = &item.content {
            let known = &mut self.krate.files;
            known.insert(module.clone(), self.file.clone());
            let around = std::mem::replace(&mut self.module, module);
            for item in items {
                self.visit_item(item);
            }
            self.module = around;
            return;
        }
        let folder = self.file.strip_suffix(".rs").unwrap_or(&self.file);
        let folder = match folder.rsplit_once('/') {
            _ if matches!(folder, "lib" | "main" | "mod") => String::new(),
            Some((folder, "mod")) => format!("{folder}/"),
            _ => format!("{folder}/"),
        };
        let name = &item.ident;
        let file = [
            format!("{folder}{name}.rs"),
            format!("{folder}{name}/mod.rs"),
        ]
        .into_iter()
        .find(|file| self.sources.contains_key(file));
        Reader {
            krate: &mut *self.krate,
            sources: self.sources,
            file: file.unwrap_or_else(|| panic!("{}: mod {name}: no file", self.file)),
            module,
        }
        .file();
    }
}

fn only_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let condition = attribute
            .path()
            .is_ident("cfg")
            .then(|| attribute.parse_args::<syn::Path>());
        condition.is_some_and(|word| word.is_ok_and(|word| word.is_ident("test")))
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if only_for_tests(attributes(item)) {
            return;
        }
        match item {
            Item::Mod(item) => self.child(item),
            Item::Use(item) => {
                let public = !matches!(item.vis, syn::Visibility::Inherited);
                self.used(&item.tree, &[], public);
            }
            item => visit::visit_item(self, item),
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !only_for_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if !attribute.path().is_ident("doc")
            && let syn::Meta::List(list) = &attribute.meta
        {
            self.tokens(list.tokens.clone());
        }
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.visit_path(&item.path);
        self.tokens(item.tokens.clone());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words = path.segments.iter().map(|word| word.ident.to_string());
        self.path(path.span().start().line, words.collect());
        visit::visit_path(self, path);
    }
}
