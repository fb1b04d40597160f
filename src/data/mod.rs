//! Files to cases: tables, checks, histories, observations, features.

pub mod cases;
pub mod features;
pub mod write;
