//! A model to an action: score, reasons, policy, guardrails, value, choice, ranked list.

pub mod choose;
pub mod guardrail;
pub mod policy;
pub mod ranked;
pub mod reasons;
pub mod score;
pub mod value;
