//! Results for people: summaries of each command, their layout on a terminal, the tables and records that commands write.

pub mod summary;
pub mod policy;
pub mod tables;
pub mod dictionary;
pub mod evaluation;
pub mod explanation;
pub mod manifest;
pub mod terminal;
pub mod terminal_model;
pub mod terminal_rolls;
pub mod terminal_prove;
pub mod terminal_evaluation;
pub mod page;
