//! Pre-bins and codes against plain sorting; the order of cases; bad input.

use super::prebin::PreBins;
use super::tally::{Book, Tally};
use super::*;
use crate::data::features::{Direction, NO_LEVEL, SubScore, Values};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

pub(super) fn column(name: &str, values: Values) -> FeatureColumn {
    FeatureColumn { name: name.into(), meaning: name.into(), expected: Direction::Free, sub_score: SubScore::Neither, values }
}

pub(super) fn ask(column: &FeatureColumn) -> Ask<'_> {
    Ask { column, trend: Trend::Best, specials: &[], by_hand: None }
}

pub(super) fn limits(max_bins: usize, min_share: f64) -> Limits {
    Limits { max_bins, min_share, min_events: 0.0, prebins: 100, objective: Objective::InformationValue }
}

/// Columns of every shape that has hurt someone: (name, values).
fn shapes(n: usize) -> Vec<(&'static str, Vec<f64>)> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(n as u64);
    let mut uniform = move || ((rng.next_u64() >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    let mut z = move || (-2.0 * uniform().ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos();
    let mut make = |f: &dyn Fn(f64, f64) -> f64| (0..n).map(|_| f(z(), z())).collect::<Vec<f64>>();
    vec![
        ("normal", make(&|z, _| 50.0 + 15.0 * z)),
        ("counts", make(&|z, _| (12.0 + 6.0 * z).max(0.0).round())),
        ("many counts", make(&|z, _| (1000.0 * z).round())),
        ("lognormal", make(&|z, _| (8.0 * z).exp())),
        ("signed heavy", make(&|z, _| (8.0 * z).exp() * if z > 0.3 { 1.0 } else { -1.0 })),
        ("mostly zero", make(&|z, y| if z < 1.5 { if y > 0.0 { 0.0 } else { -0.0 } } else { y })),
        (
            "two heavy",
            make(&|z, y| {
                if z < -0.5 {
                    3.0
                } else if z < 0.5 {
                    3.0 + f64::EPSILON * 2.0
                } else {
                    y
                }
            }),
        ),
        ("greatest heavy", make(&|z, y| if z < 0.2 { 9.0 } else { y.min(8.0) })),
        ("clusters", make(&|z, y| if z < 0.0 { 1e-9 * y } else { 1e9 + y })),
        ("missing", make(&|z, y| if z < 1.0 { f64::NAN } else { y })),
        ("hardly there", make(&|z, y| if z < 2.8 { f64::NAN } else { y })),
        (
            "specials",
            make(&|z, y| {
                if z < -1.0 {
                    -999.0
                } else if z < -0.8 {
                    -998.0
                } else {
                    y
                }
            }),
        ),
        (
            "infinities",
            make(&|z, y| {
                if z < -1.5 {
                    f64::NEG_INFINITY
                } else if z > 1.5 {
                    f64::INFINITY
                } else {
                    y
                }
            }),
        ),
        ("tiny", make(&|z, _| z * 5e-320)),
        ("huge", make(&|z, _| z * 1e307)),
        ("constant", make(&|_, _| 4.0)),
        ("nothing", make(&|_, _| f64::NAN)),
        ("hundred", make(&|z, _| ((z * 1e6).abs() as u64 % 100) as f64)),
        ("hundred and one", make(&|z, _| ((z * 1e6).abs() as u64 % 101) as f64)),
    ]
}

/// The pre-bin edges by their definition, from sorted values.
fn edges_by_sorting(values: &[f64], specials: &[f64], wanted: usize) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().filter(|x| !x.is_nan() && !specials.contains(x)).map(|x| x + 0.0).collect();
    sorted.sort_by(f64::total_cmp);
    let mut distinct = sorted.clone();
    distinct.dedup();
    if distinct.len() > wanted {
        let n = sorted.len();
        let at: Vec<f64> = (1..=wanted).map(|k| sorted[(n * k).div_ceil(wanted) - 1]).collect();
        let mut edges = at.clone();
        for w in at.windows(2).filter(|w| w[0] == w[1]) {
            edges.extend(sorted[..sorted.partition_point(|x| *x < w[0])].last());
        }
        edges.sort_by(f64::total_cmp);
        edges.dedup();
        distinct = edges;
    }
    distinct.pop();
    distinct
}

fn repaid(n: usize) -> Vec<f64> {
    (0..n).map(|k| f64::from(u8::from((k * 7919) % 97 < 40))).collect()
}

#[test]
fn quantiles_are_exact() {
    let special = Special { name: "s".into(), values: vec![-999.0, -998.0], words: vec![] };
    for n in [1, 7, 500, 8192, 30_000] {
        let outcome = repaid(n);
        let book = Book::new(&Target { outcome: &outcome, weight: None }).unwrap();
        for (name, values) in shapes(n) {
            for wanted in [2, 20, 100, 250] {
                let made = PreBins::new(&values, std::slice::from_ref(&special), wanted, &book);
                let edges = edges_by_sorting(&values, &special.values, wanted);
                assert_eq!(made.edges, edges, "{name} {n} {wanted}");
                assert!(edges.len() < wanted, "{name} {n} {wanted}: {}", edges.len());
                let cut = Cut::Number { edges: edges.iter().map(|x| Edge(*x)).collect(), specials: vec![special.clone()] };
                let mut tallies = vec![Tally::default(); cut.bins()];
                let codes: Vec<u8> = values.iter().map(|x| cut.number_code(*x)).collect();
                codes.iter().enumerate().for_each(|(k, code)| tallies[usize::from(*code)] += book.case(k));
                assert_eq!(made.tallies, tallies[..edges.len() + 1], "{name} {n} {wanted}");
                assert_eq!((made.specials[0], made.missing), (tallies[edges.len() + 1], tallies[edges.len() + 2]), "{name} {n} {wanted}");
                // Codes from buckets, from compares and one by one are the same.
                let coarse: Vec<Edge> = edges.iter().step_by(7).map(|x| Edge(*x)).collect();
                for edges in [coarse, edges.iter().map(|x| Edge(*x)).collect()] {
                    let cut = Cut::Number { edges, specials: vec![special.clone()] };
                    let codes: Vec<u8> = values.iter().map(|x| cut.number_code(*x)).collect();
                    assert_eq!(made.codes(&values, &cut), codes, "{name} {n} {wanted}");
                    assert_eq!(cut.codes(&column("x", Values::Number(values.clone())), Rows::All(n)), codes, "{name} {n} {wanted}");
                }
            }
        }
    }
}

#[test]
fn the_order_of_cases_and_the_number_of_threads_make_no_difference() {
    let n = 20_000;
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
    let mut shuffled: Vec<u32> = (0..n as u32).collect();
    (1..n).rev().for_each(|k| shuffled.swap(k, (rng.next_u64() % (k as u64 + 1)) as usize));
    let mut columns: Vec<FeatureColumn> = shapes(n).into_iter().map(|(name, values)| column(name, Values::Number(values))).collect();
    let levels: Vec<Box<str>> = (0..40).map(|k| format!("w{k:02}").into()).collect();
    let codes = (0..n).map(|_| (rng.next_u64() % 45).isqrt() as u32 * 6).map(|c| if c > 39 { NO_LEVEL } else { c }).collect();
    columns.push(column("words", Values::Category { codes, levels }));
    let asks: Vec<Ask> = columns.iter().map(ask).collect();
    let outcome: Vec<f64> = (0..n).map(|k| f64::from(u8::from(rng.next_u64() % 1000 < 300 + (k % 97) as u64))).collect();
    let parts: Vec<f64> = outcome.iter().map(|y| if *y > 0.0 { 0.9 } else { 0.123456789 }).collect();
    let weights: Vec<f64> = (0..n).map(|_| (rng.next_u64() % 1000) as f64 / 300.0).collect();
    for (outcome, weight) in [(&outcome, None), (&parts, Some(&weights))] {
        let moved = |list: &[f64]| shuffled.iter().map(|r| list[*r as usize]).collect::<Vec<f64>>();
        let (there, heavy) = (moved(outcome), weight.map(|w| moved(w)));
        let target = Target { outcome, weight: weight.map(Vec::as_slice) };
        let turned = Target { outcome: &there, weight: heavy.as_deref() };
        let run = |threads: usize, rows: Rows, target: &Target| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| fit_bins(&asks, rows, target, &limits(8, 0.02))).unwrap()
        };
        let (kept, dropped) = run(1, Rows::All(n), &target);
        assert!(kept.len() >= 15, "{dropped:?}");
        assert_eq!(run(2, Rows::All(n), &target), (kept.clone(), dropped.clone()));
        let (again, also) = run(2, Rows::Some(&shuffled), &turned);
        assert_eq!(also, dropped);
        for (a, b) in kept.iter().zip(&again) {
            assert_eq!(a.bins, b.bins);
            assert_eq!(shuffled.iter().map(|r| a.codes[*r as usize]).collect::<Vec<u8>>(), b.codes);
            let column = columns.iter().find(|c| *c.name == *a.bins.name).unwrap();
            assert_eq!(a.bins.cut.codes(column, Rows::Some(&shuffled)), b.codes);
            assert_eq!(a.bins.cut.sound(), Ok(()));
            let text = serde_json::to_string(&a.bins).unwrap();
            assert_eq!(serde_json::from_str::<FeatureBins>(&text).unwrap(), a.bins);
        }
    }
}

#[test]
fn ten_thousand_words_share_what_is_too_few() {
    let n = 60_000usize;
    let levels: Vec<Box<str>> = (0..10_000).map(|k| format!("w{k:05}").into()).collect();
    // 300 words of 100 cases each, the rest 3 cases or so.
    let codes: Vec<u32> = (0..n).map(|k| if k % 2 == 0 { (k / 2 % 300) as u32 } else { (k % 10_000) as u32 }).collect();
    let outcome: Vec<f64> = codes.iter().enumerate().map(|(k, c)| f64::from(u8::from((k / 600 * 13) % 100 < *c as usize % 80))).collect();
    let words = column("words", Values::Category { codes, levels });
    let (kept, _) = fit_bins(&[ask(&words)], Rows::All(n), &Target { outcome: &outcome, weight: None }, &limits(10, 100.0 / 60_000.0)).unwrap();
    let Cut::Category { groups, .. } = &kept[0].bins.cut else { panic!() };
    assert_eq!(groups.iter().flatten().count(), 200);
    assert_eq!(groups.len(), 10);
    assert!(kept[0].bins.bins.iter().all(|b| b.label.chars().count() <= 80), "{:?}", kept[0].bins.bins);
}
