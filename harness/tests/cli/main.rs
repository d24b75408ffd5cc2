//! Tests of the built program from outside: exit codes, output, and the files of a run. They do not use the library.

mod arguments;
mod check;
mod damage;
mod hostile;
mod outside;
mod plans;
mod process;
mod support;
