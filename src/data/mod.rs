//! Files to cases: tables, checks, histories, observations, features.

pub mod build;
pub mod cases;
pub mod catalogue;
pub mod cells;
pub mod check;
pub mod expressions;
pub mod features;
pub mod history;
pub mod observe;
pub mod path;
pub mod read_csv;
pub mod read_parquet;
pub mod tables;
pub mod write;
