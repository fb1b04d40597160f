//! Words and numbers: what every other room speaks.

pub mod units;
pub mod dates;
pub mod zone;
pub mod bilingual;
pub mod problem;
pub mod schema;
pub mod config;
pub mod files;
pub mod guard;
