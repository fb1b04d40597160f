//! Cases to a model: bin, encode, select, fit, calibrate, evaluate, and the file that holds it all.

pub mod bin;
pub mod encode;
pub mod fit;
pub mod select;
pub mod interaction;
pub mod calibrate;
pub mod evaluate;
pub mod share;
pub mod sub_score;
pub mod train;
pub mod file;
pub mod card;
pub mod diff;
