//! The built program from outside: exit codes, what is printed, and the files that a run leaves. Nothing here knows the
//! library.

mod arguments;
mod check;
mod outside;
mod plans;
mod process;
mod support;
