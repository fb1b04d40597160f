//! The dynamic program against every set of bins there is.

use super::best::best_bins;
use super::intervals::{Rule, log_likelihood, worth};
use super::tally::{Book, Tally};
use super::weigh::Odds;
use super::*;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use std::cmp::Ordering;

/// Random pre-bins with the book they come from.
fn world(rng: &mut Xoshiro256PlusPlus, most: u64) -> (Vec<Tally>, Book) {
    let mut below = |n: u64| rng.next_u64() % n;
    let prebins = 1 + below(most) as usize;
    let weighted = below(2) == 0;
    let (mut outcome, mut weight, mut place) = (Vec::new(), Vec::new(), Vec::new());
    // Few different counts, so that equal rates and equal sums are common.
    let rich = 1 + below(12);
    for prebin in 0..=prebins {
        let share = below(11);
        for _ in 0..1 + below(rich) {
            place.push(prebin);
            outcome.push(if below(10) < share { 1.0 } else { 0.0 });
            weight.push([0.0, 0.5, 1.0, 1.25, 3.0][below(5) as usize]);
        }
    }
    let book = Book::new(&Target { outcome: &outcome, weight: weighted.then_some(&weight) }).unwrap();
    // The last place stands for missing values: in the book, but no pre-bin.
    let mut tallies = vec![Tally::default(); prebins + 1];
    place.iter().enumerate().for_each(|(k, p)| tallies[*p] += book.case(k));
    tallies.pop();
    (tallies, book)
}

fn all_ends(prebins: usize) -> Vec<Vec<usize>> {
    (0..1usize << (prebins - 1)).map(|mask| (1..prebins).filter(|k| mask >> (k - 1) & 1 == 1).chain([prebins]).collect()).collect()
}

fn joined(prebins: &[Tally], ends: &[usize]) -> Vec<Tally> {
    let mut bins = vec![Tally::default(); ends.len()];
    prebins.iter().enumerate().for_each(|(k, t)| bins[ends.partition_point(|e| *e <= k)] += *t);
    bins
}

fn keeps_trend(bins: &[Tally], trend: Trend) -> bool {
    let moves: Vec<Ordering> = bins
        .windows(2)
        .map(|w| (i128::from(w[1].repaid) * i128::from(w[0].weight)).cmp(&(i128::from(w[0].repaid) * i128::from(w[1].weight))))
        .filter(|m| m.is_ne())
        .collect();
    let turns_once = |first: Ordering| moves.iter().skip_while(|m| **m == first).all(|m| *m != first);
    match trend {
        Trend::Up => moves.iter().all(|m| m.is_gt()),
        Trend::Down => moves.iter().all(|m| m.is_lt()),
        Trend::Peak => turns_once(Ordering::Greater),
        Trend::Valley => turns_once(Ordering::Less),
        Trend::Best | Trend::Free => true,
    }
}

/// The best ends by looking at all: greatest worth, then fewest bins, then the order of trends, then the first edges.
fn brute(prebins: &[Tally], rule: &Rule, trend: Trend, book: &Book) -> Option<(f64, Vec<usize>)> {
    let odds = Odds::new(book.amount(book.all.weight), book.amount(book.all.repaid));
    let trends: &[Trend] = if trend == Trend::Best { &[Trend::Up, Trend::Down, Trend::Peak, Trend::Valley] } else { &[trend] };
    let mut best: Option<(i64, f64, Vec<usize>)> = None;
    for trend in trends {
        for ends in all_ends(prebins.len()) {
            let bins = joined(prebins, &ends);
            let fits = |t: &Tally| t.n >= rule.least_cases && t.weight > 0 && t.repaid.min(t.weight - t.repaid) >= rule.least_events;
            if bins.len() > rule.most || !bins.iter().all(fits) || !keeps_trend(&bins, *trend) {
                continue;
            }
            let sum: i64 = bins.iter().map(|t| worth(t, rule.objective, book, &odds)).sum();
            let value = bins
                .iter()
                .map(|t| {
                    let (w, g) = (book.amount(t.weight), book.amount(t.repaid));
                    match rule.objective {
                        Objective::InformationValue => odds.excess(w, g) * odds.woe(w, g),
                        Objective::Likelihood => log_likelihood(w, g) / book.amount(book.all.weight),
                    }
                })
                .sum();
            let better = best.as_ref().is_none_or(|(top, _, held)| {
                let same_trend = keeps_trend(&joined(prebins, held), *trend)
                    && !trends.iter().take_while(|t| *t != trend).any(|t| keeps_trend(&joined(prebins, held), *t));
                let order = sum.cmp(top).then(held.len().cmp(&ends.len()));
                order.is_gt() || (order.is_eq() && same_trend && ends < *held)
            });
            if better {
                best = Some((sum, value, ends));
            }
        }
    }
    best.map(|(_, value, ends)| (value, ends))
}

#[test]
fn the_best_of_all_bin_sets() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(20261126);
    let (mut without, mut several) = (0, 0);
    for round in 0..700 {
        let (prebins, book) = world(&mut rng, if round % 10 == 0 { 9 } else { 7 });
        let mut below = |n: u64| rng.next_u64() % n;
        let objective = if below(2) == 0 { Objective::InformationValue } else { Objective::Likelihood };
        let rule = Rule {
            most: 1 + below(9) as usize,
            least_cases: 1 + below(1 + prebins.iter().map(|t| t.n).sum::<u64>() / 4),
            least_events: if below(2) == 0 { 0 } else { book.units([0.5, 1.0, 2.0][below(3) as usize]) },
            objective,
        };
        for trend in [Trend::Up, Trend::Down, Trend::Peak, Trend::Valley, Trend::Best, Trend::Free] {
            let found = best_bins(&prebins, &rule, trend, &book);
            match brute(&prebins, &rule, trend, &book) {
                None => {
                    assert_eq!(found.ends, [prebins.len()]);
                    without += 1;
                }
                Some((value, ends)) => {
                    assert!((found.value - value).abs() < 1e-12, "{trend:?} {rule:?}: {} is not {value}", found.value);
                    assert_eq!(found.ends, ends, "{trend:?} {rule:?} {prebins:?}");
                    several += usize::from(ends.len() > 1);
                }
            }
        }
    }
    assert!(without > 100 && several > 1500, "the worlds are one-sided: {without} {several}");
}

#[test]
fn groups_of_words_are_the_best_of_all_ways_to_group() {
    // Likelihood is convex in the counts, so that groups of neighbouring rates are the best of ALL groups, not only of neighbouring ones.
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(7);
    for _ in 0..120 {
        let (words, book) = world(&mut rng, 6);
        if words.iter().any(|t| t.weight == 0) {
            continue;
        }
        let rule = Rule { most: 1 + (rng.next_u64() % 4) as usize, least_cases: 1, least_events: 0, objective: Objective::Likelihood };
        let levels: Vec<Box<str>> = (0..words.len()).map(|k| format!("w{k}").into()).collect();
        let groups = words::best_groups(&levels, &words, &[], &rule, &book);
        let value = |groups: &[Vec<usize>]| {
            let sum = |group: &Vec<usize>| {
                group.iter().fold(Tally::default(), |mut sum, k| {
                    sum += words[*k];
                    sum
                })
            };
            groups.iter().map(|group| log_likelihood(book.amount(sum(group).weight), book.amount(sum(group).repaid))).sum::<f64>()
        };
        let found: Vec<Vec<usize>> = groups.iter().map(|g| g.iter().map(|w| w[1..].parse().unwrap()).collect()).collect();
        let mut best = f64::NEG_INFINITY;
        let mut all: Vec<Vec<Vec<usize>>> = vec![Vec::new()];
        for word in 0..words.len() {
            let mut next = Vec::new();
            for groups in all {
                for k in 0..groups.len() {
                    let mut with = groups.clone();
                    with[k].push(word);
                    next.push(with);
                }
                next.push(groups.into_iter().chain([vec![word]]).collect());
            }
            all = next;
        }
        all.iter().filter(|groups| groups.len() <= rule.most).for_each(|groups| best = best.max(value(groups)));
        assert!((value(&found) - best).abs() < 1e-9 * best.abs().max(1.0), "{groups:?}");
    }
}

#[test]
fn the_worth_reported_is_the_information_value_of_the_bins() {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
    let prebins: Vec<Tally> = (0..40)
        .map(|k| {
            let n = 50 + rng.next_u64() % 50;
            Tally { n, weight: n as i64, repaid: (n * (k + 10) / 80) as i64 }
        })
        .collect();
    let outcome: Vec<f64> = prebins.iter().flat_map(|t| (0..t.n).map(|k| f64::from(u8::from((k as i64) < t.repaid)))).collect();
    let book = Book::new(&Target { outcome: &outcome, weight: None }).unwrap();
    let rule = Rule { most: 8, least_cases: 100, least_events: 0, objective: Objective::InformationValue };
    let found = best_bins(&prebins, &rule, Trend::Best, &book);
    let mut bins: Vec<Bin> = joined(&prebins, &found.ends).iter().map(|t| Bin::new(String::new(), t.n, t.weight as f64, t.repaid as f64)).collect();
    assert_eq!(bins.len(), 8);
    assert!((weigh(&mut bins) - found.value).abs() < 1e-12);
}
