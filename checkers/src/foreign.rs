//! Histories that other tools wrote, read as values. Text in, values or a placed error out; no files.

pub mod edn;
