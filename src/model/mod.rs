//! Cases to a model: bin, encode, fit, calibrate, evaluate, and the file that holds it all.

pub mod bin;
pub mod encode;
pub mod fit;
pub mod calibrate;
pub mod evaluate;
pub mod train;
pub mod file;
