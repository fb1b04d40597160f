//! Words and numbers: what every other room speaks.

pub mod config;
pub mod dates;
pub mod files;
pub mod problem;
pub mod schema;
pub mod units;
