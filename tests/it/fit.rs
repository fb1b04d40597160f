//! The fit on worlds whose truth is known: coverage of intervals, plain and clustered; folds against refits; penalties; what cannot be fitted.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;
use recoup::base::problem::Failure;
use recoup::model::calibrate::{isotonic, line};
use recoup::model::evaluate::figures;
use recoup::model::fit::{Coded, LinfaStart, LogisticFit, Newton, Target, choose_penalty, clustered_covariance, fit, out_of_fold, wald};

/// Cases of a world, by feature.
struct World {
    columns: Vec<Vec<u8>>,
    tables: Vec<Vec<f64>>,
    outcome: Vec<f64>,
    cluster: Vec<u32>,
}

impl World {
    fn data(&self) -> Coded<'_> {
        let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
        Coded {
            n: self.outcome.len(),
            columns: self.columns.iter().map(Vec::as_slice).collect(),
            tables: self.tables.clone(),
            names: (0..self.columns.len()).map(|j| names[j % 12]).collect(),
        }
    }

    fn target(&self) -> Target<'_> {
        Target { outcome: &self.outcome, weight: None }
    }
}

fn uniform(random: &mut Xoshiro256PlusPlus) -> f64 {
    (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// A world of fixed bins: log-odds = −0.4 + Σ β x, with an effect of the cluster of that size that the outcome of each of its cases shares.
fn world(seed: u64, clusters: usize, each: usize, beta: &[f64], shared: f64) -> World {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let tables: Vec<Vec<f64>> =
        beta.iter().enumerate().map(|(j, _)| (0..4 + j % 3).map(|c| 0.6 * c as f64 - 0.7 - 0.1 * j as f64).collect()).collect();
    let mut world = World { columns: vec![Vec::new(); beta.len()], tables, outcome: Vec::new(), cluster: Vec::new() };
    for cluster in 0..clusters {
        // Cases of a cluster are alike in their features and share one draw of luck.
        let own: Vec<usize> = world.tables.iter().map(|t| (random.next_u64() % t.len() as u64) as usize).collect();
        let luck = uniform(&mut random);
        for _ in 0..each {
            let mut eta = -0.4;
            for (j, table) in world.tables.iter().enumerate() {
                let code = if uniform(&mut random) < shared { own[j] } else { (random.next_u64() % table.len() as u64) as usize };
                eta += beta[j] * table[code];
                world.columns[j].push(code as u8);
            }
            let draw = if uniform(&mut random) < shared { luck } else { uniform(&mut random) };
            world.outcome.push(f64::from(u8::from(draw < 1.0 / (1.0 + (-eta).exp()))));
            world.cluster.push(cluster as u32);
        }
    }
    world
}

fn newton(penalty_per_case: f64) -> Newton {
    Newton { penalty_per_case, seed: 1, start: None }
}

/// The share of 2,000 worlds whose 95 % interval of each coefficient covers the truth, over all coefficients.
fn coverage(clusters: usize, each: usize, shared: f64, clustered: bool) -> f64 {
    let beta = [0.8, -0.5, 0.0, 0.3];
    let covered: usize = (0..2_000u64)
        .into_par_iter()
        .map(|seed| {
            let world = world(seed, clusters, each, &beta, shared);
            let found = fit(world.data(), world.target(), &newton(0.0)).unwrap();
            let p = beta.len() + 1;
            let covariance =
                if clustered { clustered_covariance(&world.data(), &world.target(), &found, &world.cluster) } else { found.covariance.clone() };
            (1..p)
                .filter(|j| {
                    let w = wald(found.coefficients[j - 1], covariance[j * p + j].sqrt());
                    (w.low..=w.high).contains(&beta[j - 1])
                })
                .count()
        })
        .sum();
    covered as f64 / (2_000.0 * 4.0)
}

#[test]
fn plain_intervals_cover_at_their_level() {
    let share = coverage(600, 1, 0.0, false);
    assert!((0.935..=0.965).contains(&share), "{share}");
}

#[test]
fn clustered_intervals_cover_where_plain_ones_do_not() {
    let (clustered, plain) = (coverage(250, 4, 0.7, true), coverage(250, 4, 0.7, false));
    assert!((0.935..=0.965).contains(&clustered), "{clustered}");
    assert!(plain < 0.90, "{plain}");
}

/// The parameters of the fit of some cases alone.
fn refit(world: &World, keep: &dyn Fn(usize) -> bool, penalty: f64) -> LogisticFit {
    let rows: Vec<usize> = (0..world.outcome.len()).filter(|k| keep(*k)).collect();
    let some = World {
        columns: world.columns.iter().map(|c| rows.iter().map(|k| c[*k]).collect()).collect(),
        tables: world.tables.clone(),
        outcome: rows.iter().map(|k| world.outcome[*k]).collect(),
        cluster: Vec::new(),
    };
    fit(some.data(), some.target(), &newton(penalty)).unwrap()
}

#[test]
fn folds_are_scored_by_fits_that_did_not_see_them() {
    for n in [400, 20_000] {
        let world = world(7, n, 1, &[0.8, -0.5, 0.3], 0.0);
        let fold: Vec<u8> = (0..n).map(|k| (k * 7 % 5) as u8).collect();
        let full = fit(world.data(), world.target(), &newton(1e-3)).unwrap();
        let found = out_of_fold(&world.data(), &world.target(), &fold, 5, &full, 1e-3).unwrap();
        for held in 0..5u8 {
            let exact = refit(&world, &|k| fold[k] != held, 1e-3).log_odds(&world.data());
            for k in (0..n).filter(|k| fold[*k] == held) {
                assert!((found[k] - exact[k]).abs() < 2e-5, "{n} {k}: {} {}", found[k], exact[k]);
            }
        }
    }
}

#[test]
fn useless_features_call_for_a_penalty_and_telling_ones_do_not() {
    let grid: Vec<f64> = [0.01, 1.0, 10.0, 100.0].iter().map(|precision| precision / 300.0).collect();
    let choose = |beta: &[f64], seed: u64| {
        let world = world(seed, 300, 1, beta, 0.0);
        let fold: Vec<u8> = (0..300).map(|k| (k % 5) as u8).collect();
        choose_penalty(&world.data(), &world.target(), &fold, 5, &grid).unwrap()
    };
    let mut noise = [0.0; 12];
    noise[0] = 0.3;
    let (weak, strong) = (choose(&noise, 3), choose(&[1.5, -1.2], 3));
    assert!(weak.chosen > strong.chosen, "{weak:?} {strong:?}");
    assert!(weak.tried.iter().all(|t| t.loss.is_finite()) && weak.tried.iter().map(|t| t.penalty_per_case).eq(grid.iter().copied()));
}

#[test]
fn linfa_and_newton_stand_for_each_other_behind_one_trait() {
    use linfa::DatasetBase;
    use linfa::traits::Fit;
    let world = world(5, 1_500, 1, &[0.8, -0.5], 0.0);
    let dataset = DatasetBase::new(world.data(), world.target());
    let start = LinfaStart { penalty_per_case: 1e-4, seed: 1, cases: 2_000 }.fit(&dataset).unwrap();
    let found = newton(1e-4).fit(&dataset).unwrap();
    assert!(start.start.starts_with("linfa-logistic on 1500 cases") && found.start == start.start);
    assert!((start.coefficients[0] - found.coefficients[0]).abs() < 0.05 && found.gradient < 1e-10 && found.steps > 0);
    // From any other start the same maximum.
    let other = Newton { start: Some(vec![2.0, -2.0, 2.0]), ..newton(1e-4) }.fit(&dataset).unwrap();
    assert!(other.coefficients.iter().zip(&found.coefficients).all(|(a, b)| (a - b).abs() < 1e-9));
}

#[test]
fn where_linfa_fails_the_fit_starts_from_zero_and_says_so() {
    use linfa::DatasetBase;
    use linfa::traits::Fit;
    let mut world = world(5, 1_500, 1, &[0.8, -0.5], 0.0);
    // On unscaled inputs its line search can run for ever.
    world.tables[0].iter_mut().for_each(|x| *x *= 1e6);
    let start = LinfaStart { penalty_per_case: 0.0, seed: 1, cases: 2_000 }.fit(&DatasetBase::new(world.data(), world.target())).unwrap();
    assert!(start.start.starts_with("zero, because linfa-logistic"), "{}", start.start);
    assert_eq!((start.intercept, start.coefficients), (0.0, vec![0.0, 0.0]));
    let found = newton(0.0).fit(&DatasetBase::new(world.data(), world.target())).unwrap();
    assert!(found.start == start.start && found.gradient < 1e-10 && (found.coefficients[0] * 1e6 - 0.8).abs() < 0.2, "{found:?}");
}

fn said(world: &World, penalty: f64) -> String {
    match fit(world.data(), world.target(), &newton(penalty)) {
        Err(failure) => Failure::to_string(&failure),
        Ok(found) => panic!("{found:?}"),
    }
}

#[test]
fn what_cannot_be_fitted_is_told_by_its_feature() {
    let base = || world(9, 500, 1, &[0.8, -0.5], 0.0);
    // A copy: neither says more than the other.
    let mut copy = base();
    copy.columns.push(copy.columns[0].clone());
    copy.tables.push(copy.tables[0].iter().map(|x| 2.0 * x + 1.0).collect());
    let text = said(&copy, 0.0);
    assert!(text.contains("model.singular") && text.contains("`c`") && text.contains("`a`"), "{text}");
    assert!(fit(copy.data(), copy.target(), &newton(1e-3)).is_ok());
    // The outcome itself.
    let mut leak = base();
    leak.columns.push(leak.outcome.iter().map(|y| *y as u8).collect());
    leak.tables.push(vec![-1.0, 1.0]);
    let text = said(&leak, 0.0);
    assert!(text.contains("model.separation") && text.contains("`c`") && text.contains("500 of 500"), "{text}");
    // A bin of thirty cases that are all repaid, beside bins of both outcomes: its weight runs away.
    let mut quasi = base();
    quasi.columns.push((0..500).map(|k| u8::from(k < 30)).collect());
    quasi.tables.push(vec![0.0, 1.0]);
    quasi.outcome[..30].fill(1.0);
    let text = said(&quasi, 0.0);
    assert!(text.contains("model.separation") && text.contains("`c`") && text.contains("30 of 500"), "{text}");
    // Outcomes and weights out of range.
    let mut one = base();
    one.outcome.fill(0.0);
    assert!(said(&one, 1e-3).contains("model.one_class"));
    let mut odd = base();
    odd.outcome[3] = f64::NAN;
    assert!(said(&odd, 1e-3).contains("model.bad_outcome"));
    let world = base();
    for (weight, code) in [(vec![0.0; 500], "model.no_weight"), (vec![-1.0; 500], "model.bad_weight"), (vec![f64::INFINITY; 500], "model.bad_weight")]
    {
        let target = Target { outcome: &world.outcome, weight: Some(&weight) };
        let text = fit(world.data(), target, &newton(1e-3)).unwrap_err().to_string();
        assert!(text.contains(code), "{text}");
    }
}

/// The cases of tests/reference/scorecard.py.
fn reference() -> (World, Vec<f64>, Vec<f64>) {
    let n = 600usize;
    let a: Vec<usize> = (0..n).map(|k| k * 7 % 5).collect();
    let b: Vec<usize> = (0..n).map(|k| (k * k + 3 * k) % 7).collect();
    let c: Vec<usize> = (0..n).map(|k| (k * 13 + k / 7) % 4).collect();
    let repaid = |k: usize| (k * 37 + a[k] * 11 + b[k] * b[k] * 5) % 100 < 5 + 6 * a[k] + 2 * b[k];
    let share = (0..n).map(|k| ((k * 29 + a[k] * 17) % 101) as f64 / 100.0 * (0.2 + 0.15 * a[k] as f64)).collect();
    let weight = (0..n).map(|k| 1.0 + (k * 5 % 3) as f64).collect();
    let codes = |of: &[usize]| of.iter().map(|x| *x as u8).collect::<Vec<u8>>();
    let world = World {
        columns: vec![codes(&a), codes(&b), codes(&c)],
        tables: vec![vec![-0.8, -0.3, 0.1, 0.4, 0.9], vec![0.5, -0.6, 0.2, -0.1, 0.7, -0.9, 0.3], vec![-0.4, 0.0, 0.3, 0.6]],
        outcome: (0..n).map(|k| f64::from(u8::from(repaid(k)))).collect(),
        cluster: (0..n as u32).map(|k| k * 11 % 150).collect(),
    };
    (world, share, weight)
}

fn near(found: &[f64], expected: &[f64], what: &str) {
    assert!(found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{what}: {found:?} {expected:?}");
}

fn errors(covariance: &[f64]) -> Vec<f64> {
    (0..4).map(|j| covariance[j * 4 + j].sqrt()).collect()
}

#[test]
fn weighted_and_penalised_coefficients_equal_scikit_learn() {
    let (world, _, weight) = reference();
    let (plain, weighted) = (None, Some(weight.as_slice()));
    for (penalty, weight, expected) in [
        (1e-4, plain, [-1.364928910404, 0.781040083776, -0.143660043580, 0.453860872648]),
        (1e-4, weighted, [-1.331556421163, 0.761906683166, -0.169521946528, 0.418418892347]),
        (0.01, plain, [-1.328918597762, 0.657478079202, -0.136972582581, 0.300658817220]),
        (0.01, weighted, [-1.298715120189, 0.642940557508, -0.158426817548, 0.279160995280]),
    ] {
        let found = fit(world.data(), Target { outcome: &world.outcome, weight }, &newton(penalty)).unwrap();
        near(&found.parameters(), &expected, &format!("penalty {penalty}"));
    }
}

#[test]
fn errors_equal_statsmodels_plain_clustered_weighted_and_of_shares() {
    let (world, share, weight) = reference();
    let of = |outcome: &[f64], weight: Option<&[f64]>| {
        let target = Target { outcome, weight };
        let found = fit(world.data(), target, &newton(0.0)).unwrap();
        let clustered = clustered_covariance(&world.data(), &target, &found, &world.cluster);
        (found.clone(), found.standard_errors(), errors(&clustered))
    };
    let (found, plain, clustered) = of(&world.outcome, None);
    near(&found.parameters(), &[-1.365444282678, 0.782563432964, -0.143683971078, 0.456258189855], "logit");
    near(&plain, &[0.109609628207, 0.178316477088, 0.149668858062, 0.297023148064], "plain errors");
    near(&clustered, &[0.123957022984, 0.198948979597, 0.117013613638, 0.287576506462], "clustered errors");
    assert!((found.log_likelihood + 307.828620494799).abs() < 1e-9);
    let (found, plain, clustered) = of(&world.outcome, Some(&weight));
    near(&found.parameters(), &[-1.332022053859, 0.763366450927, -0.169602287722, 0.420586537677], "weighted");
    near(&plain, &[0.076531763561, 0.124933677538, 0.105158242373, 0.208800951932], "weighted errors");
    near(&clustered, &[0.136289578832, 0.219570080190, 0.118069904994, 0.301322969059], "weighted clustered errors");
    let (found, _, clustered) = of(&share, None);
    near(&found.parameters(), &[-1.257818209021, 1.029163201213, 0.018701175744, 0.042981362608], "share");
    near(&clustered, &[0.048685588213, 0.094068224532, 0.051172964009, 0.109880330793], "share clustered errors");
}

#[test]
fn calibration_and_weighted_figures_equal_scikit_learn_and_statsmodels() {
    let (world, _, weight) = reference();
    let score: Vec<f64> = (0..600).map(|k| f64::from((k * 7_919) % 1_000) / 250.0 - 2.0).collect();
    let target = Target { outcome: &world.outcome, weight: None };
    let plain = line(&score, &target, None).unwrap();
    let clustered = line(&score, &target, Some(&world.cluster)).unwrap();
    near(&[plain.intercept, plain.slope, plain.slope_error], &[-1.238217968955, 0.060333010684, 0.084777514046], "line");
    near(&[clustered.slope_error], &[0.084058887749], "clustered line");
    let weighted = Target { outcome: &world.outcome, weight: Some(&weight) };
    let tied: Vec<i64> = score.iter().map(|s| (s * 10.0).round_ties_even() as i64).collect();
    let steps = isotonic(&tied, &weighted);
    let expected = [(-20, 0.052631578947), (-19, 0.204081632653), (-9, 0.228501228501), (18, 0.338709677419), (20, 0.636363636364)];
    assert_eq!(steps.iter().map(|s| s.from).collect::<Vec<_>>(), expected.map(|(from, _)| from));
    near(&steps.iter().map(|s| s.probability).collect::<Vec<_>>(), &expected.map(|(_, p)| p), "isotonic");
    let probability: Vec<f64> = score.iter().map(|s| 1.0 / (1.0 + (-s).exp())).collect();
    let found = figures(&score, &probability, &weighted, None);
    near(
        &[found.auc.unwrap(), found.log_loss.unwrap(), found.brier.unwrap(), found.ks.unwrap()],
        &[0.526274201474, 0.828388055863, 0.302926625483, 0.060343980344],
        "weighted figures",
    );
}
