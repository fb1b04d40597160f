//! recoup: a repayment-risk scoring engine.

pub mod base;
pub mod data;
pub mod model;
pub mod decide;
pub mod study;
pub mod report;
pub mod pipeline;
