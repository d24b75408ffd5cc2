//! Tests of the import reader, the circle finder and the floors, on small artificial crates.

use std::collections::BTreeMap;

use crate::circles::{self, Circle};
use crate::imports::{self, Import};
use crate::order;

fn read(files: &[(&str, &str)]) -> Vec<Import> {
    let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
    let sources: BTreeMap<String, String> = files.iter().map(owned).collect();
    imports::read("made_up", &sources)
}

/// Each import as `file:line -> file`.
fn arrows(files: &[(&str, &str)]) -> Vec<String> {
    let arrow = |one: &Import| format!("{}:{} -> {}", one.file, one.line, one.to_file);
    read(files).iter().map(arrow).collect()
}

fn circle_of(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let names = |circle: Circle| circle.files.into_iter().collect();
    circles::find(&read(files)).into_iter().map(names).collect()
}

#[test]
fn every_way_to_write_an_import_is_read() {
    let found = arrows(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        (
            "a.rs",
            "use crate::{b::{Inner, deep::{self, Deep}}, c as other};\nuse super::c::*;",
        ),
        ("b.rs", "pub mod deep; pub struct Inner;"),
        (
            "b/deep.rs",
            "pub struct Deep;\nfn f() { crate::c::g(); super::super::a::h(); }",
        ),
        (
            "c.rs",
            "fn f() {\n  println!(\"{}\", crate::a::X);\n}\n#[arg(long = crate::b::deep::read)]\nstruct S;\nuse crate::b;\nfn g() { b::deep::read() }",
        ),
    ]);
    assert_eq!(
        found,
        [
            "a.rs:1 -> b.rs",
            "a.rs:1 -> b/deep.rs",
            "a.rs:1 -> c.rs",
            "a.rs:2 -> c.rs",
            "b/deep.rs:2 -> a.rs",
            "b/deep.rs:2 -> c.rs",
            "c.rs:2 -> a.rs",
            "c.rs:4 -> b/deep.rs",
            "c.rs:6 -> b.rs",
            "c.rs:7 -> b/deep.rs",
        ]
    );
}

#[test]
fn tests_docs_visibilities_and_other_crates_are_no_imports() {
    let found = arrows(&[
        ("lib.rs", "pub mod a; mod b;"),
        (
            "a.rs",
            "//! See crate::b::B.\nuse serde::b;\nuse serde;\n/// crate::b\npub(in crate::b) struct A;\n\
             #[cfg(test)]\nmod tests { use crate::b::B; }\n#[cfg(test)]\nuse crate::b::B;\n\
             impl A { #[cfg(test)] fn f() { crate::b::g() } }\n#[cfg(test)]\nmod lost;",
        ),
        ("b.rs", "pub struct B;"),
    ]);
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn a_name_counts_for_the_file_that_defines_it() {
    let found = arrows(&[
        (
            "lib.rs",
            "pub mod a; mod b;\npub use b::inner::Deep as Shown;",
        ),
        (
            "a.rs",
            "use crate::b::Deep;\nuse crate::Shown;\nuse crate::b::Foreign;",
        ),
        (
            "b.rs",
            "pub mod inner;\npub use inner::Deep;\npub use serde::Foreign;",
        ),
        ("b/inner.rs", "pub struct Deep;"),
        ("main.rs", "use made_up::a::f;"),
    ]);
    assert_eq!(
        found,
        [
            "a.rs:1 -> b/inner.rs",
            "a.rs:2 -> b/inner.rs",
            "a.rs:3 -> b.rs",
            "b.rs:2 -> b/inner.rs",
            "lib.rs:2 -> b/inner.rs",
            "main.rs:1 -> a.rs",
        ]
    );
}

#[test]
fn a_name_that_is_bound_privately_is_unknown_outside() {
    let found = arrows(&[
        ("lib.rs", "mod a; mod b; mod run;"),
        ("a.rs", "use crate::run;\npub fn run() {}"),
        ("b.rs", "fn f() { crate::a::run() }"),
        ("run.rs", ""),
    ]);
    assert_eq!(found, ["a.rs:1 -> run.rs", "b.rs:1 -> a.rs"]);
}

#[test]
fn a_circle_is_found() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b::B;"),
        ("b.rs", "fn f() { crate::c::g() }"),
        ("c.rs", "use super::a;\nuse crate::d::D;"),
        ("d.rs", "struct D;"),
    ];
    assert_eq!(circle_of(&files), [["a.rs", "b.rs", "c.rs"]]);
    let found = &circles::find(&read(&files))[0];
    assert_eq!(found.imports.len(), 3);
    assert_eq!(found.imports[2].text, "use super::a;");
}

#[test]
fn two_circles_are_two() {
    let found = circle_of(&[
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b::B;\nuse crate::c::C;"),
        ("b.rs", "use crate::a::A;"),
        ("c.rs", "use crate::d::D;"),
        ("d.rs", "use crate::c::C;"),
    ]);
    assert_eq!(found, [["a.rs", "b.rs"], ["c.rs", "d.rs"]]);
}

#[test]
fn a_module_and_its_children_may_know_each_other() {
    let found = circle_of(&[
        ("lib.rs", "mod a;"),
        (
            "a.rs",
            "mod one; mod two;\nuse one::One;\nuse two::Two;\npub struct Shared;",
        ),
        ("a/one.rs", "use super::Shared;\npub struct One;"),
        ("a/two.rs", "use super::Shared;\npub struct Two;"),
    ]);
    assert_eq!(found, Vec::<Vec<String>>::new());
}

#[test]
fn children_may_not_know_each_other_through_their_parent() {
    let found = circle_of(&[
        ("lib.rs", "mod a;"),
        ("a.rs", "mod one; mod two;\nuse one::One;\nuse two::Two;"),
        ("a/one.rs", "use super::Two;\npub struct One;"),
        ("a/two.rs", "use super::One;\npub struct Two;"),
    ]);
    assert_eq!(found, [["a/one.rs", "a/two.rs"]]);
}

#[test]
fn an_upward_import_is_named() {
    let files = [
        ("lib.rs", "mod top; mod side; mod bottom;\npub struct Root;"),
        ("main.rs", "use made_up::top::Top;"),
        (
            "top.rs",
            "mod part;\nuse crate::bottom::Bottom;\nuse part::P;",
        ),
        ("top/part.rs", "use crate::side::Side;"),
        ("side.rs", "use crate::bottom::Bottom;\nuse crate::Root;"),
        (
            "bottom.rs",
            "struct Bottom;\nuse crate::{\n    top::part::P,\n};",
        ),
    ];
    let wrong = |floors: &[&[&str]]| -> Vec<String> {
        let found = order::upward(&read(&files), floors);
        found
            .into_iter()
            .map(|(import, why)| format!("{}:{}: {why}", import.file, import.line))
            .collect()
    };
    let rooted = "side.rs:2: `side` imports from the crate's root, which is above it";
    assert_eq!(
        wrong(&[&["main"], &["top"], &["side"], &["bottom"]]),
        ["bottom.rs:3: `top` is above `bottom`", rooted]
    );
    assert_eq!(
        wrong(&[&["main"], &["top", "side"], &["bottom"]]),
        [
            "bottom.rs:3: `top` is above `bottom`",
            rooted,
            "top/part.rs:1: `top` and `side` are on the same floor"
        ]
    );
    assert_eq!(
        wrong(&[&["top"], &["side"], &["bottom"]])[1],
        "main.rs:1: `main` is on no floor"
    );
}
