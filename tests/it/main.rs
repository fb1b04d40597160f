//! The one integration test binary: a module a concern.

mod check;
mod hindsight;
mod house;
mod ledger;
mod real;
mod world;
