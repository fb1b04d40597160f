//! Questions: a world whose truth is known, the sample made of it, two policies on the same book, how accounts move between buckets, and
//! whether any feature knows the future.

pub mod simulate;
pub mod sample;
pub mod compare;
pub mod rolls;
pub mod prove;
pub mod verify;
pub mod evaluate;
pub mod reconcile;
