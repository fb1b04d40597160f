//! The one integration test binary: a module a concern.

// A test that cannot go on should stop where it stands, and what it did not test must be said loudly.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod allocate;
mod bad_input;
mod bad_parquet;
mod capacity;
mod capacity_policy;
mod check;
mod cli;
mod decide;
mod evaluation;
mod explain;
mod features;
mod fit;
mod flat;
mod guardrails;
mod hindsight;
mod house;
mod interaction;
mod ledger;
mod metamorphic;
mod model;
mod page;
mod parquet;
mod plan;
mod policy;
mod prove;
mod real;
mod reconcile;
mod reference;
mod replay;
mod road;
mod rolls;
mod scorecard;
mod statements;
mod stories;
mod verify;
mod work;
mod worked;
mod world;
