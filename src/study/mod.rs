//! Questions: a world whose truth is known, the sample made of it, and two policies on the same book.

pub mod simulate;
pub mod sample;
pub mod compare;
