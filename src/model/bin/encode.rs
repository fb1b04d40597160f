//! Codes of whole columns: blocks of branchless compares, which the compiler turns into vector instructions.

use super::{Cut, Rows};
use crate::data::features::{FeatureColumn, Values};
use std::collections::BTreeMap;

/// Cases handled at once: their values and counters fit the vector registers of any processor.
const BLOCK: usize = 8;
/// Edges up to which comparing with each of them beats a binary search.
const FEW: usize = 40;

impl Cut {
    /// Codes of the cases `rows` of a column. A column of the other type is missing everywhere.
    pub fn codes(&self, column: &FeatureColumn, rows: Rows) -> Vec<u8> {
        match (&column.values, self) {
            (Values::Number(values), Cut::Number { .. }) => self.codes_of_numbers(values, rows),
            (Values::Category { codes, levels }, Cut::Category { .. }) => look_up(codes, &self.codes_of_levels(levels), rows),
            _ => vec![self.missing(); rows.len()],
        }
    }

    /// The code of each level, then the code of a missing one.
    pub(super) fn codes_of_levels(&self, levels: &[Box<str>]) -> Vec<u8> {
        let Cut::Category { groups, specials } = self else { return vec![self.missing(); levels.len() + 1] };
        let mut code_of: BTreeMap<&str, u8> = BTreeMap::new();
        let other = groups.len();
        for (code, words) in groups.iter().enumerate().chain(specials.iter().enumerate().map(|(k, s)| (other + 1 + k, &s.words))) {
            code_of.extend(words.iter().map(|word| (word.as_str(), code as u8)));
        }
        levels.iter().map(|level| code_of.get(&**level).copied().unwrap_or(other as u8)).chain([self.missing()]).collect()
    }

    fn codes_of_numbers(&self, values: &[f64], rows: Rows) -> Vec<u8> {
        let Cut::Number { edges, specials } = self else { return vec![self.missing(); rows.len()] };
        let plain: Vec<f64> = edges.iter().map(|e| e.0).collect();
        let special: Vec<(f64, u64)> =
            specials.iter().enumerate().flat_map(|(k, s)| s.values.iter().map(move |x| (*x, (edges.len() + 1 + k) as u64))).collect();
        let missing = u64::from(self.missing());
        let code = |x: &[f64; BLOCK]| {
            if plain.len() <= FEW { block_codes(x, &plain, &special, missing) } else { std::array::from_fn(|k| self.number_code(x[k])) }
        };
        let mut codes = Vec::with_capacity(rows.len());
        match rows {
            Rows::All(n) => {
                let (blocks, rest) = values[..n].as_chunks::<BLOCK>();
                blocks.iter().for_each(|x| codes.extend_from_slice(&code(x)));
                codes.extend(rest.iter().map(|x| self.number_code(*x)));
            }
            Rows::Some(rows) => {
                let (blocks, rest) = rows.as_chunks::<BLOCK>();
                blocks.iter().for_each(|r| codes.extend_from_slice(&code(&std::array::from_fn(|k| values[r[k] as usize]))));
                codes.extend(rest.iter().map(|r| self.number_code(values[*r as usize])));
            }
        }
        codes
    }
}

/// Codes of a block: the count of edges below, unless the value is special or missing.
fn block_codes(x: &[f64; BLOCK], edges: &[f64], special: &[(f64, u64)], missing: u64) -> [u8; BLOCK] {
    let mut code = [0u64; BLOCK];
    for edge in edges {
        for k in 0..BLOCK {
            code[k] = code[k].wrapping_add(u64::from(*edge < x[k]));
        }
    }
    for (value, its) in special {
        for k in 0..BLOCK {
            code[k] = if x[k] == *value { *its } else { code[k] };
        }
    }
    std::array::from_fn(|k| if x[k].is_nan() { missing as u8 } else { code[k] as u8 })
}

/// The entry of `table` for each case's level; the last entry is for a missing level.
pub(super) fn look_up(codes: &[u32], table: &[u8], rows: Rows) -> Vec<u8> {
    let last = table.len() - 1;
    let code = |level: u32| table[(level as usize).min(last)];
    match rows {
        Rows::All(n) => codes[..n].iter().map(|c| code(*c)).collect(),
        Rows::Some(rows) => rows.iter().map(|r| code(codes[*r as usize])).collect(),
    }
}
