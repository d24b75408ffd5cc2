//! Tests of the built program from outside: exit codes, output, and the files of a run. They do not use the library.

mod arguments;
mod check;
mod cluster;
mod confined;
mod damage;
mod foreign;
mod hostile;
mod hostile_input;
mod init;
mod lost_output;
mod merge;
mod open;
mod outside;
mod places;
mod plans;
mod process;
mod store;
mod support;
