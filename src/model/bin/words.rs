//! Words to groups: frequent words by their rate, joined by the same dynamic program as intervals; the rest share `other`.

use super::best::best_bins;
use super::intervals::Rule;
use super::tally::{Book, Tally};
use super::{Special, Trend};

/// Words with a place of their own in the search at most.
const MOST_WORDS: usize = 200;

/// A word of fewer cases than this part of the least bin is rare …
const RARE: u64 = 10;
/// … and so is one of fewer than this, or than the least bin.
const FEW: u64 = 5;

/// The best groups of words; `tallies` is what each level holds.
pub(super) fn best_groups(levels: &[Box<str>], tallies: &[Tally], specials: &[Special], rule: &Rule, book: &Book) -> Vec<Vec<String>> {
    let special = |level: &str| specials.iter().any(|s| s.words.iter().any(|word| word == level));
    // A word that is too rare for a bin of its own may still join others of its rate; only its rate must be worth something.
    let rate_known = |t: &Tally| t.n >= rule.least_cases || t.repaid.min(t.weight - t.repaid) >= rule.least_events;
    let least = rule.least_cases.min(FEW).max(rule.least_cases.div_ceil(RARE));
    let enough = |t: &Tally| t.n >= least && t.weight > 0 && rate_known(t);
    let mut words: Vec<(&str, &Tally)> =
        levels.iter().map(|level| &**level).zip(tallies).filter(|(level, tally)| enough(tally) && !special(level)).collect();
    // More words than places: the most frequent keep theirs.
    words.sort_by(|a, b| b.1.n.cmp(&a.1.n).then(a.0.cmp(b.0)));
    words.truncate(MOST_WORDS);
    if words.is_empty() {
        return Vec::new();
    }
    let cross = |a: &Tally, b: &Tally| i128::from(a.repaid) * i128::from(b.weight);
    words.sort_by(|a, b| cross(a.1, b.1).cmp(&cross(b.1, a.1)).then(a.0.cmp(b.0)));
    let prebins: Vec<Tally> = words.iter().map(|(_, tally)| **tally).collect();
    let mut from = 0;
    best_bins(&prebins, rule, Trend::Up, book)
        .ends
        .into_iter()
        .map(|end| {
            let mut group: Vec<String> = words[from..end].iter().map(|(word, _)| word.to_string()).collect();
            group.sort();
            from = end;
            group
        })
        .collect()
}
