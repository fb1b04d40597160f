//! A model to an action: score, reasons, policy, guardrails, value, choice, ranked list.

pub mod score;
pub mod reasons;
pub mod policy;
pub mod plan;
pub mod rulebook;
pub mod facts;
pub mod guardrail;
pub mod value;
pub mod allocate;
pub mod places;
pub mod choose;
pub mod words;
pub mod log;
pub mod deadlines;
pub mod unknown;
pub mod ranked;
pub mod work;
pub mod change;
pub mod table;
