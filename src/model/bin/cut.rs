//! How values fall into bins: the part of a feature's bins that scoring needs.
//!
//! Gives codes: intervals (or groups, then `other`), then one a special, then missing. `encode` does whole columns.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Codes of a feature at most: a code is one byte.
pub const MOST_CODES: usize = 256;

/// An edge, kept in files as text, because JSON has no infinities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge(pub f64);

impl Serialize for Edge {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Edge {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map(Edge).map_err(|_| serde::de::Error::custom(format!("{text:?} is not a number")))
    }
}

/// Values that stand for a meaning, not for an amount: they keep a bin of their own and never enter the intervals or groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Special {
    /// What they mean; the bin's label.
    pub name: String,
    /// The numbers, for a feature of numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<f64>,
    /// The words, for a category.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
}

/// How values fall into bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cut {
    /// Bin k holds `edges[k−1] < x <= edges[k]`; the last is open above. Infinities fall into the end bins.
    Number {
        /// Upper edges, ascending, as shortest texts that read back to the same bits.
        edges: Vec<Edge>,
        /// Specials; those with an equal value are looked at before the edges.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        specials: Vec<Special>,
    },
    /// A word's bin is its group; words of no group share the bin `other` after them.
    Category {
        /// Groups of words, each sorted.
        groups: Vec<Vec<String>>,
        /// Specials.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        specials: Vec<Special>,
    },
    /// Two features together: `code of the first × bins of the second + code of the second`. Never a pair of pairs.
    Pair {
        /// Their names.
        features: [String; 2],
        /// How the values of each fall into bins.
        cuts: Box<[Cut; 2]>,
    },
}

impl Cut {
    /// The specials.
    pub fn specials(&self) -> &[Special] {
        match self {
            Cut::Number { specials, .. } | Cut::Category { specials, .. } => specials,
            Cut::Pair { .. } => &[],
        }
    }

    /// The code of the first special: intervals, or groups and `other`, stand before it.
    pub fn first_special(&self) -> usize {
        match self {
            Cut::Number { edges, .. } => edges.len() + 1,
            Cut::Category { groups, .. } => groups.len() + 1,
            Cut::Pair { .. } => self.bins(),
        }
    }

    /// The code of missing values: the last bin; of a pair, both missing.
    pub fn missing(&self) -> u8 {
        (self.bins() - 1) as u8
    }

    /// How many bins there are, with `other`, specials and missing.
    pub fn bins(&self) -> usize {
        match self {
            Cut::Pair { cuts, .. } => cuts[0].bins() * cuts[1].bins(),
            _ => self.first_special() + self.specials().len() + 1,
        }
    }

    /// How many intervals or groups there are, without `other`, specials and missing.
    pub fn ordinary(&self) -> usize {
        match self {
            Cut::Number { edges, .. } => edges.len() + 1,
            Cut::Category { groups, .. } => groups.len(),
            // Pairs have no order.
            Cut::Pair { .. } => 0,
        }
    }

    /// The features whose values fall into the bins, with the cut of each; `name` is that of the feature itself.
    pub fn inputs<'a>(&'a self, name: &'a str) -> Vec<(&'a str, &'a Cut)> {
        match self {
            Cut::Pair { features, cuts } => features.iter().map(String::as_str).zip(cuts.iter()).collect(),
            _ => vec![(name, self)],
        }
    }

    /// The code of a number. A category has none, so there a number is missing.
    pub fn number_code(&self, x: f64) -> u8 {
        let Cut::Number { edges, specials } = self else { return self.missing() };
        if x.is_nan() {
            return self.missing();
        }
        match specials.iter().position(|s| s.values.contains(&x)) {
            Some(place) => (edges.len() + 1 + place) as u8,
            None => edges.partition_point(|e| e.0 < x) as u8,
        }
    }

    /// What falls into a bin, exactly: edges as shortest texts that read back to the same bits, words separated by `|`.
    pub fn exact(&self, code: usize) -> String {
        let special = |s: &Special| s.values.iter().map(f64::to_string).chain(s.words.iter().cloned()).collect::<Vec<_>>().join("|");
        match self {
            Cut::Pair { cuts, .. } => format!("{} × {}", cuts[0].exact(code / cuts[1].bins()), cuts[1].exact(code % cuts[1].bins())),
            _ if code == usize::from(self.missing()) => "missing".into(),
            _ if code >= self.first_special() => special(&self.specials()[code - self.first_special()]),
            Cut::Number { edges, .. } => match (code.checked_sub(1).map(|k| edges[k].0), edges.get(code).map(|e| e.0)) {
                (None, None) => "any value".into(),
                (None, Some(high)) => format!("up to {high}"),
                (Some(low), None) => format!("above {low}"),
                (Some(low), Some(high)) => format!("above {low} up to {high}"),
            },
            Cut::Category { groups, .. } => groups.get(code).map_or("other".into(), |words| words.join("|")),
        }
    }

    /// Whether a cut read from a file can be trusted.
    ///
    /// # Errors
    /// The first rule that it breaks: edges ascend, no word and no special value stands twice, every code fits a byte.
    pub fn sound(&self) -> Result<(), String> {
        if self.bins() > MOST_CODES {
            return Err(format!("{} bins, more than {MOST_CODES}", self.bins()));
        }
        match self {
            Cut::Number { edges, specials } => {
                if edges.iter().any(|e| e.0.is_nan()) {
                    return Err("an edge is not a number".into());
                }
                if let Some(w) = edges.windows(2).find(|w| w[0].0 >= w[1].0) {
                    return Err(format!("the edge {} stands before {}", w[0].0, w[1].0));
                }
                let values: Vec<f64> = specials.iter().flat_map(|s| s.values.iter().copied()).collect();
                match values.iter().enumerate().find(|(k, x)| x.is_nan() || values[..*k].contains(x)) {
                    Some((_, x)) if x.is_nan() => Err("a special value is not a number".into()),
                    Some((_, x)) => Err(format!("the special value {x} stands twice")),
                    None => Ok(()),
                }
            }
            Cut::Category { groups, specials } => {
                let mut seen = BTreeSet::new();
                let words = groups.iter().flatten().chain(specials.iter().flat_map(|s| &s.words));
                match words.into_iter().find(|word| !seen.insert(word.as_str())) {
                    Some(word) => Err(format!("the word {word:?} stands twice")),
                    None => Ok(()),
                }
            }
            Cut::Pair { cuts, .. } => {
                if cuts.iter().any(|cut| matches!(cut, Cut::Pair { .. })) {
                    return Err("a pair of pairs".into());
                }
                cuts.iter().try_for_each(Cut::sound)
            }
        }
    }
}
