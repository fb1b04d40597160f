//! What cannot be done as asked: bins by hand and specials that contradict themselves, all of them at once.

use super::{Ask, ByHand, MOST_BINS, MOST_CODES};
use crate::base::problem::{Problem, Problems, Result};
use crate::data::features::Values;
use std::collections::BTreeSet;

/// Special values of a feature at most: each is a splitter of the search.
const MOST_SPECIAL_VALUES: usize = 200;

/// Looks at every ask.
///
/// # Errors
/// `model.bins_by_hand`, `model.special_values`: every problem of every feature.
pub(super) fn check(asks: &[Ask]) -> Result<()> {
    let mut problems = Problems::default();
    for ask in asks {
        let name = &*ask.column.name;
        for text in special_problems(ask) {
            let rule = "each special value or word has one meaning";
            problems.push(Problem::error("model.special_values", format!("the special values of `{name}`: {text}")).column(name).rule(rule));
        }
        for (text, rule) in by_hand_problems(ask) {
            problems
                .push(Problem::error("model.bins_by_hand", format!("the bins of `{name}` that are given by hand: {text}")).column(name).rule(rule));
        }
    }
    problems.stop_on_error().map(|_| ())
}

fn special_problems(ask: &Ask) -> Vec<String> {
    let mut found = Vec::new();
    let mut names = BTreeSet::new();
    let mut words = BTreeSet::new();
    let mut values: Vec<f64> = Vec::new();
    for special in ask.specials {
        if !names.insert(&special.name) {
            found.push(format!("the name {:?} stands twice", special.name));
        }
        for word in &special.words {
            if !words.insert(word) {
                found.push(format!("the word {word:?} stands twice"));
            }
        }
        for value in &special.values {
            if value.is_nan() {
                found.push("a value is not a number".into());
            } else if values.contains(value) {
                found.push(format!("the value {value} stands twice"));
            }
            values.push(*value);
        }
    }
    if values.len() > MOST_SPECIAL_VALUES {
        found.push(format!("{} values, more than {MOST_SPECIAL_VALUES}", values.len()));
    }
    if ask.specials.len() > MOST_SPECIAL_VALUES {
        found.push(format!("{} names, more than {MOST_SPECIAL_VALUES}", ask.specials.len()));
    }
    found
}

fn by_hand_problems(ask: &Ask) -> Vec<(String, &'static str)> {
    let Some(by_hand) = ask.by_hand else { return Vec::new() };
    let mut found = Vec::new();
    let bins = match (by_hand, &ask.column.values) {
        (ByHand::Edges(edges), Values::Number(_)) => {
            let rule = "upper edges are finite numbers in ascending order";
            found.extend(edges.iter().filter(|x| !x.is_finite()).map(|x| (format!("the edge {x} is not a finite number"), rule)));
            let turned = edges.windows(2).filter(|w| w[0] >= w[1]);
            found.extend(turned.map(|w| (format!("the edge {} does not lie above the one before it, {}", w[1], w[0]), rule)));
            edges.len() + 1
        }
        (ByHand::Groups(groups), Values::Category { .. }) => {
            let rule = "each word stands in one group, each group has a word";
            if groups.is_empty() {
                found.push(("there is no group".into(), rule));
            }
            for (k, _) in groups.iter().enumerate().filter(|(_, group)| group.is_empty()) {
                found.push((format!("group {} is empty", k + 1), rule));
            }
            let mut seen = BTreeSet::new();
            for word in ask.specials.iter().flat_map(|s| &s.words) {
                seen.insert(word.as_str());
            }
            for word in groups.iter().flatten().filter(|word| !seen.insert(word.as_str())) {
                found.push((format!("the word {word:?} stands twice, or is a special as well"), rule));
            }
            groups.len()
        }
        (ByHand::Edges(_), Values::Category { .. }) => {
            found.push(("they are edges, but its values are words".into(), "edges for numbers, groups for words"));
            0
        }
        (ByHand::Groups(_), Values::Number(_)) => {
            found.push(("they are groups of words, but its values are numbers".into(), "edges for numbers, groups for words"));
            0
        }
    };
    // `other` and missing have codes as well, and one code is kept free.
    if bins > MOST_BINS || bins + ask.specials.len() + 2 >= MOST_CODES {
        found.push((format!("{bins} bins"), "at most 250 bins, 253 with specials"));
    }
    found
}
