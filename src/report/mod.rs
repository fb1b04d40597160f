//! Results for people: summaries of each command and their layout on a terminal.

pub mod summary;
pub mod terminal;
