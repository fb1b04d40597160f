//! Questions: a world whose truth is known, and two policies on the same book.

pub mod compare;
pub mod sample;
pub mod simulate;
