//! The steps in order: values to pre-bins, pre-bins to the best bins, bins to weights of evidence and codes.

use super::best::best_bins;
use super::encode::look_up;
use super::intervals::Rule;
use super::labels::{at_scoring, labels};
use super::prebin::PreBins;
use super::tally::{Book, Counter, Tally};
use super::words::best_groups;
use super::{Ask, Bin, Binned, ByHand, Cut, Dropped, Edge, FeatureBins, Limits, MOST_BINS, Rows, Target, Trend, asked, weigh};
use crate::base::problem::{Problem, Result};
use crate::data::features::Values;
use rayon::prelude::*;
use std::borrow::Cow;

/// Makes the best bins of each feature from the training cases `rows`, whose outcomes are `target`.
///
/// # Errors
/// `model.bins_by_hand`, `model.special_values`: all bad asks at once. `model.bad_outcome`, `model.bad_weight`: a target out of range or
/// of another length.
pub fn fit_bins(asks: &[Ask], rows: Rows, target: &Target, limits: &Limits) -> Result<(Vec<Binned>, Vec<Dropped>)> {
    asked::check(asks)?;
    if target.outcome.len() != rows.len() {
        let text = format!("{} outcomes for {} training cases", target.outcome.len(), rows.len());
        return Err(Problem::error("model.bad_outcome", text).rule("one outcome a training case").fail());
    }
    let book = Book::new(target)?;
    let rule = Rule {
        most: limits.max_bins.clamp(1, MOST_BINS),
        // A share as people write it, 0.05 of 100 cases, is 5 cases, whatever the last bit of the product.
        least_cases: ((limits.min_share * rows.len() as f64 - 1e-9).ceil() as u64).max(1),
        least_events: book.units(limits.min_events).max(0),
        objective: limits.objective,
    };
    let made: Vec<std::result::Result<Binned, Dropped>> = asks.par_iter().map(|ask| fit_one(ask, rows, &book, &rule, limits.prebins)).collect();
    let (mut kept, mut dropped) = (Vec::new(), Vec::new());
    for result in made {
        match result {
            Ok(binned) => kept.push(binned),
            Err(why) => dropped.push(why),
        }
    }
    Ok((kept, dropped))
}

fn fit_one(ask: &Ask, rows: Rows, book: &Book, rule: &Rule, prebins: usize) -> std::result::Result<Binned, Dropped> {
    // `other` and missing have codes beside the specials, and one code is kept free.
    let rule = Rule { most: rule.most.min(MOST_BINS + 3 - ask.specials.len()), ..*rule };
    let made = match &ask.column.values {
        Values::Number(values) => numbers(ask, values, rows, book, &rule, prebins.clamp(2, MOST_BINS)),
        Values::Category { codes, levels } => category(ask, codes, levels, rows, book, &rule),
    };
    let made = made.map_err(|reason| Dropped { feature: ask.column.name.to_string(), reason: reason.to_string() })?;
    if made.tallies.iter().filter(|t| t.n > 0).count() < 2 {
        return Err(Dropped { feature: ask.column.name.to_string(), reason: "all training cases fall into one bin".to_string() });
    }
    let bin = |(label, t): (String, &Tally)| Bin::new(label, t.n, book.amount(t.weight), book.amount(t.repaid));
    let mut bins: Vec<Bin> = labels(&made.cut).into_iter().zip(&made.tallies).map(bin).collect();
    let information_value = weigh(&mut bins);
    let trend = match made.cut {
        Cut::Number { .. } => trend_of(&made.tallies[..made.cut.ordinary()]),
        Cut::Category { .. } | Cut::Pair { .. } => Trend::Free,
    };
    let at_scoring = at_scoring(&made.cut, &bins);
    let (name, meaning) = (ask.column.name.to_string(), ask.column.meaning.to_string());
    let bins = FeatureBins {
        name,
        meaning,
        cut: made.cut,
        trend,
        by_hand: ask.by_hand.is_some(),
        bins,
        information_value,
        against: made.against,
        at_scoring,
    };
    Ok(Binned { bins, codes: made.codes })
}

/// How values fall into bins, the code of each training case, and what each bin holds.
struct Made {
    cut: Cut,
    codes: Vec<u8>,
    tallies: Vec<Tally>,
    against: Option<f64>,
}

fn numbers(ask: &Ask, values: &[f64], rows: Rows, book: &Book, rule: &Rule, prebins: usize) -> std::result::Result<Made, &'static str> {
    let specials = ask.specials.to_vec();
    if let Some(ByHand::Edges(edges)) = ask.by_hand {
        let cut = Cut::Number { edges: edges.iter().map(|x| Edge(x + 0.0)).collect(), specials };
        let codes = cut.codes(ask.column, rows);
        let mut counter = Counter::new(book, cut.bins());
        counter.add(codes.iter().copied(), 0);
        let tallies = counter.sums();
        return if tallies[..cut.bins() - 1].iter().all(|t| t.n == 0) { Err(NO_VALUE) } else { Ok(Made { cut, codes, tallies, against: None }) };
    }
    let values: Cow<[f64]> = match rows {
        Rows::All(n) => Cow::Borrowed(&values[..n]),
        Rows::Some(rows) => Cow::Owned(rows.iter().map(|r| values[*r as usize]).collect()),
    };
    let fine = PreBins::new(&values, ask.specials, prebins, book);
    if fine.specials.iter().all(|t| t.n == 0) {
        if fine.tallies.iter().all(|t| t.n == 0) {
            return Err(NO_VALUE);
        }
        if fine.constant && fine.missing.n == 0 {
            return Err("it has the same value in every training case");
        }
    }
    let ends = best_bins(&fine.tallies, rule, ask.trend, book).ends;
    let contrary = match ask.trend {
        Trend::Up => Some(Trend::Down),
        Trend::Down => Some(Trend::Up),
        _ => None,
    };
    let against = contrary.map(|trend| fine.information_value(&best_bins(&fine.tallies, rule, trend, book).ends, book));
    let mut tallies = vec![Tally::default(); ends.len()];
    for (k, tally) in fine.tallies.iter().enumerate() {
        tallies[ends.partition_point(|end| *end <= k)] += *tally;
    }
    tallies.extend(&fine.specials);
    tallies.push(fine.missing);
    let edges = ends[..ends.len() - 1].iter().map(|end| Edge(fine.edges[end - 1])).collect();
    let cut = Cut::Number { edges, specials };
    let codes = fine.codes(&values, &cut);
    Ok(Made { cut, codes, tallies, against })
}

impl PreBins {
    /// Information value of the bins that end behind these pre-bins, special and missing values included.
    fn information_value(&self, ends: &[usize], book: &Book) -> f64 {
        let mut tallies = vec![Tally::default(); ends.len()];
        for (k, tally) in self.tallies.iter().enumerate() {
            tallies[ends.partition_point(|end| *end <= k)] += *tally;
        }
        let apart = self.specials.iter().chain(std::iter::once(&self.missing)).copied();
        let mut bins: Vec<Bin> =
            tallies.into_iter().chain(apart).map(|t| Bin::new(String::new(), t.n, book.amount(t.weight), book.amount(t.repaid))).collect();
        weigh(&mut bins)
    }
}

const NO_VALUE: &str = "it has no value in any training case";

fn category(ask: &Ask, codes: &[u32], levels: &[Box<str>], rows: Rows, book: &Book, rule: &Rule) -> std::result::Result<Made, &'static str> {
    let mut counter = Counter::new(book, levels.len() + 1);
    match rows {
        Rows::All(n) => counter.add(codes[..n].iter().copied(), 0),
        Rows::Some(rows) => counter.add(rows.iter().map(|r| codes[*r as usize]), 0),
    }
    let by_level = counter.sums();
    if by_level[..levels.len()].iter().all(|t| t.n == 0) {
        return Err(NO_VALUE);
    }
    let groups = match ask.by_hand {
        Some(ByHand::Groups(groups)) => groups.iter().map(|words| sorted(words)).collect(),
        _ => best_groups(levels, &by_level, ask.specials, rule, book),
    };
    let cut = Cut::Category { groups, specials: ask.specials.to_vec() };
    let table = cut.codes_of_levels(levels);
    let mut tallies = vec![Tally::default(); cut.bins()];
    table.iter().zip(&by_level).for_each(|(code, tally)| tallies[usize::from(*code)] += *tally);
    Ok(Made { codes: look_up(codes, &table, rows), cut, tallies, against: None })
}

fn sorted(words: &[String]) -> Vec<String> {
    let mut words = words.to_vec();
    words.sort();
    words
}

/// The trend along intervals; those without weight say nothing. Equal rates throughout, or one interval, are no trend.
fn trend_of(intervals: &[Tally]) -> Trend {
    let known: Vec<&Tally> = intervals.iter().filter(|t| t.weight > 0).collect();
    let cross = |a: &Tally, b: &Tally| i128::from(a.repaid) * i128::from(b.weight);
    let mut moves: Vec<std::cmp::Ordering> = known.windows(2).map(|w| cross(w[1], w[0]).cmp(&cross(w[0], w[1]))).filter(|m| m.is_ne()).collect();
    moves.dedup();
    match moves.as_slice() {
        [only] if only.is_gt() => Trend::Up,
        [_] => Trend::Down,
        [first, _] if first.is_gt() => Trend::Peak,
        [_, _] => Trend::Valley,
        _ => Trend::Free,
    }
}
