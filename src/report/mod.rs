//! Results for people: summaries of each command, their layout on a terminal, the tables and records that commands write.

pub mod summary;
pub mod reconcile;
pub mod chinese;
pub mod words;
pub mod plain;
pub mod plan;
pub mod policy;
pub mod policy_capacity;
pub mod tables;
pub mod dictionary;
pub mod evaluation;
pub mod history;
pub mod explanation;
pub mod letter;
pub mod person;
pub mod manifest;
pub mod terminal;
pub mod terminal_model;
pub mod terminal_explain;
pub mod terminal_plan;
pub mod terminal_rolls;
pub mod terminal_prove;
pub mod terminal_evaluation;
pub mod page;
