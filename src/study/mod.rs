//! Questions: a world whose truth is known, the sample made of it, two policies on the same book, and how accounts move between buckets.

pub mod simulate;
pub mod sample;
pub mod compare;
pub mod rolls;
