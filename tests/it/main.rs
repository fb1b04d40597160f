//! The one integration test binary: a module a concern.

mod check;
mod cli;
mod decide;
mod hindsight;
mod house;
mod ledger;
mod model;
mod parquet;
mod real;
mod road;
mod world;
