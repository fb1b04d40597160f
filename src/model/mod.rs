//! Cases to a model: bin, encode, fit, calibrate, evaluate, and the file that holds it all.

pub mod bin;
pub mod calibrate;
pub mod encode;
pub mod evaluate;
pub mod file;
pub mod fit;
pub mod train;
