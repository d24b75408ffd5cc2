//! Every test that needs no browser, in one program, so that the handmade run is built once.

mod common;

mod budgets;
mod decision;
mod extremes;
mod figures;
mod golden;
mod groups;
mod hostile;
mod machine;
mod nodes;
mod page;
mod pages;
mod timelines;
mod waivers;
