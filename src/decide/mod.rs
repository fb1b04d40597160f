//! A model to an action: score, reasons, policy, guardrails, value, choice, ranked list.

pub mod reasons;
pub mod score;
