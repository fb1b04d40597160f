//! Files to cases: tables, checks, histories, observations, features.

pub mod words;
pub mod cells;
pub mod read_csv;
mod parquet_guard;
pub mod read_parquet;
pub mod tables;
pub mod check;
pub mod build;
pub mod history;
pub mod schedule;
pub mod path;
pub mod catalogue;
pub mod episodes;
pub mod timeline;
pub mod features;
pub mod cases;
pub mod observe;
pub mod cut;
pub mod expressions;
pub mod write;
pub mod read_back;
pub mod handover;
pub mod flat;
