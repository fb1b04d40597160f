//! Evaluation: figures by hand and by scikit-learn, intervals that cover, leaks and differences that are found, odd books that are told so.

use super::cli::text;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;
use recoup::base::config::{Direction, SubScore};
use recoup::base::units::Bucket;
use recoup::data::features::{FeatureColumn, Values};
use recoup::study::evaluate::{
    APART, Cases, Contender, Dimension, Measured, Performance, Retrain, Shuffle, Slice, bands, evaluate, money_by_month, permutation, redefault,
    rolls_beside_score, score_stability,
};
use std::path::Path;
use std::process::{Command, Output};

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn contender(score: Vec<f64>, probability: Vec<f64>) -> Contender {
    Contender { name: "m".into(), baseline: false, money_order: score.clone(), score, probability }
}

fn overall(contenders: &[Contender], repaid: &[bool], borrower: &[u32], paid: &[f64], draws: usize, seed: u64) -> Slice {
    evaluate(&Cases { repaid, borrower, paid, dimensions: &[], contenders, draws, seed, capacity: 0.2 }).overall
}

fn close(name: &str, found: Measured, expected: f64) {
    assert!((found.value.unwrap() - expected).abs() < 1e-12, "{name}: {found:?}, expected {expected}");
}

#[test]
fn figures_by_hand() {
    // Scores of repaid 0.8, 0.6, 0.4; of not repaid 0.6, 0.2: 4.5 of 6 pairs are won. Worked: one case of five, the best, repaid, with 30 of 60.
    let p = vec![0.8, 0.6, 0.4, 0.6, 0.2];
    let found = overall(&[contender(p.clone(), p)], &[true, true, true, false, false], &[1, 2, 3, 4, 5], &[30.0, 10.0, 20.0, 0.0, 0.0], 40, 1);
    let m = &found.contenders[0].performance;
    close("auc", m.auc, 0.75);
    close("gini", m.gini, 0.5);
    close("ks", m.ks, 0.5);
    close("brier", m.brier, (0.04 + 0.16 + 0.36 + 0.36 + 0.04) / 5.0);
    close("log-loss", m.log_loss, -(0.8f64.ln() + 0.6f64.ln() + 0.4f64.ln() + 0.4f64.ln() + 0.8f64.ln()) / 5.0);
    close("gap", m.calibration_gap, 0.52 - 0.6);
    close("gain", m.gain_at_capacity, 1.0 / 3.0);
    close("lift", m.lift_at_capacity, 5.0 / 3.0);
    close("money", m.money_at_capacity, 0.5);
    // The bins are 0.2 | 0.4 | 0.6, 0.6 | 0.8: |0.2| + |0.4 − 1| + |1.2 − 1| + |0.8 − 1| over five.
    close("ece", m.expected_calibration_error, (0.2 + 0.6 + 0.2 + 0.2) / 5.0);
    assert!(m.auc.interval.is_none() && found.note.unwrap().contains("fewer than 10"));
}

#[test]
fn figures_equal_scikit_learn() {
    // tests/reference/evaluation.py
    let score: Vec<f64> = (0..500).map(|k| f64::from((k * 7_919) % 211) / 40.0 - 2.5).collect();
    let probability: Vec<f64> = score.iter().map(|s| sigmoid(0.8 * s - 0.3)).collect();
    let repaid: Vec<bool> = (0..500u32).map(|k| f64::from((k * 104_729) % 997) / 997.0 < sigmoid(score[k as usize])).collect();
    let paid: Vec<f64> = (0..500u32).map(|k| if repaid[k as usize] { f64::from((k * 31) % 1_000 + 1) } else { 0.0 }).collect();
    let borrower: Vec<u32> = (0..500).collect();
    let found = overall(&[contender(score, probability)], &repaid, &borrower, &paid, 40, 1);
    let m = &found.contenders[0].performance;
    assert_eq!(found.repaid, 263);
    close("auc", m.auc, 0.8345686736936678);
    close("ks", m.ks, 0.5431807607771414);
    close("log-loss", m.log_loss, 0.5187278081353348);
    close("brier", m.brier, 0.1701656913008733);
    close("intercept", m.calibration_intercept, 0.4136070429554002);
    close("slope", m.calibration_slope, 1.238989612156122);
    close("ece", m.expected_calibration_error, 0.06474499162242567);
    close("gain", m.gain_at_capacity, 0.33840304182509506);
    close("money", m.money_at_capacity, 0.38714746352046125);
}

struct Unit(Xoshiro256PlusPlus);

impl Unit {
    fn of(seed: u64) -> Unit {
        Unit(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    fn next(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.next()).sum::<f64>() - 6.0
    }
}

/// Borrowers of one to five cases that share a part of their truth; two models that see it with noise.
fn clustered(borrowers: u32, seed: u64) -> (Vec<Contender>, Vec<bool>, Vec<u32>) {
    let mut unit = Unit::of(seed);
    let (mut a, mut b, mut repaid, mut borrower) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for who in 0..borrowers {
        let own = unit.normal();
        for _ in 0..1 + who % 5 {
            let seen = own + 0.5 * unit.normal();
            // What the models do not see is the borrower's too: cases of one borrower are alike beyond their scores.
            repaid.push(unit.next() < sigmoid(0.3 + seen + 0.8 * own));
            a.push(1.2 * seen);
            b.push(0.9 * seen + 0.6 * unit.normal());
            borrower.push(who);
        }
    }
    let of = |name: &str, score: Vec<f64>| Contender { name: name.into(), ..contender(score.clone(), score.iter().map(|x| sigmoid(*x)).collect()) };
    (vec![of("a", a), of("b", b)], repaid, borrower)
}

#[test]
fn bootstrap_intervals_cover_at_the_nominal_rate() {
    type Figure = (&'static str, fn(&Slice) -> Measured);
    fn first(s: &Slice) -> &Performance {
        &s.contenders[0].performance
    }
    let figures: [Figure; 7] = [
        ("auc", |s| first(s).auc),
        ("log-loss", |s| first(s).log_loss),
        ("brier", |s| first(s).brier),
        ("slope", |s| first(s).calibration_slope),
        ("gap", |s| first(s).calibration_gap),
        ("repaid share", |s| s.repaid_share),
        ("difference of AUCs", |s| s.differences.iter().find(|d| d.figure == "auc").unwrap().difference),
    ];
    let (contenders, repaid, borrower) = clustered(120_000, 1);
    let truth = overall(&contenders, &repaid, &borrower, &[], 40, 1);
    let truths: Vec<f64> = figures.iter().map(|(_, of)| of(&truth).value.unwrap()).collect();
    const WORLDS: u64 = 500;
    let covered: Vec<Vec<bool>> = (0..WORLDS)
        .into_par_iter()
        .map(|world| {
            let (contenders, repaid, borrower) = clustered(250, 1_000 + world);
            let found = overall(&contenders, &repaid, &borrower, &[], 200, world);
            figures.iter().zip(&truths).map(|((_, of), t)| of(&found).interval.is_some_and(|[low, high]| low <= *t && *t <= high)).collect()
        })
        .collect();
    for (k, (name, _)) in figures.iter().enumerate() {
        let share = covered.iter().filter(|c| c[k]).count() as f64 / WORLDS as f64;
        // 95 %, less what percentiles of 200 draws of 250 borrowers lose, and three errors of 500 worlds.
        assert!((0.91..=0.98).contains(&share), "{name}: {share}");
    }
}

#[test]
fn draws_are_of_borrowers_and_differences_are_paired() {
    let (contenders, repaid, borrower) = clustered(400, 5);
    let alone: Vec<u32> = (0..borrower.len() as u32).collect();
    let width = |m: Measured| m.interval.map(|[low, high]| high - low).unwrap();
    let by_borrower = overall(&contenders, &repaid, &borrower, &[], 400, 1);
    let by_case = overall(&contenders, &repaid, &alone, &[], 400, 1);
    assert!(width(by_borrower.repaid_share) > 1.15 * width(by_case.repaid_share));
    // The same model twice: no difference, in any draw.
    let twins = [contenders[0].clone(), Contender { name: "twin".into(), ..contenders[0].clone() }];
    let found = overall(&twins, &repaid, &borrower, &[], 40, 1);
    assert!(found.differences.iter().all(|d| d.difference == Measured { value: Some(0.0), interval: Some([0.0, 0.0]) }), "{:?}", found.differences);
    // A paired interval is narrower than the two apart.
    let difference = by_borrower.differences.iter().find(|d| d.figure == "auc").unwrap();
    let apart: f64 = by_borrower.contenders.iter().map(|c| width(c.performance.auc).powi(2)).sum::<f64>().sqrt();
    assert!(width(difference.difference) < 0.8 * apart);
}

#[test]
fn threads_change_no_figure() {
    let (contenders, repaid, borrower) = clustered(3_000, 9);
    let paid: Vec<f64> = borrower.iter().map(|b| f64::from(b % 977)).collect();
    let codes = borrower.iter().map(|b| b % 3).collect();
    let dimensions = [Dimension { by: "third".into(), codes, values: ["x", "y", "z"].map(String::from).to_vec() }];
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let cases = Cases {
            repaid: &repaid,
            borrower: &borrower,
            paid: &paid,
            dimensions: &dimensions,
            contenders: &contenders,
            draws: 100,
            seed: 3,
            capacity: 0.2,
        };
        pool.install(|| serde_json::to_string(&evaluate(&cases)).unwrap())
    };
    assert_eq!(run(1), run(2));
    assert_eq!(run(2), run(5));
}

#[test]
fn odd_slices_are_told_and_hold_no_nan() {
    let n = 400usize;
    let mut unit = Unit::of(3);
    let score: Vec<f64> = (0..n).map(|_| unit.normal()).collect();
    // Month 0 is never repaid, month 1 has five cases, month 2 is ordinary; a second model gives everybody the same score.
    let month: Vec<u32> = (0..n).map(|k| if k < 100 { 0 } else { u32::from(k >= 105) + 1 }).collect();
    let repaid: Vec<bool> = (0..n).map(|k| k >= 100 && unit.next() < sigmoid(score[k])).collect();
    let borrower: Vec<u32> = (0..n as u32).collect();
    let probability: Vec<f64> = score.iter().map(|s| sigmoid(*s)).collect();
    let flat = Contender { name: "flat".into(), ..contender(vec![0.0; n], vec![0.5; n]) };
    let dimensions = [Dimension { by: "month".into(), codes: month, values: ["a", "b", "c", "empty"].map(String::from).to_vec() }];
    let contenders = [contender(score, probability), flat];
    let cases = Cases {
        repaid: &repaid,
        borrower: &borrower,
        paid: &[],
        dimensions: &dimensions,
        contenders: &contenders,
        draws: 60,
        seed: 1,
        capacity: 0.2,
    };
    let found = evaluate(&cases);
    assert_eq!(found.slices.iter().map(|s| s.value.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    let note = |k: usize| found.slices[k].note.clone().unwrap_or_default();
    assert!(note(0).contains("every case has the same outcome (not repaid)"), "{}", note(0));
    assert!(note(1).contains("fewer than 10"), "{}", note(1));
    assert!(note(2).contains("the scores of flat do not differ"), "{}", note(2));
    let of = |slice: &Slice, c: usize| slice.contenders[c].performance.clone();
    assert_eq!((of(&found.slices[0], 0).auc, of(&found.slices[0], 0).gain_at_capacity), (Measured::default(), Measured::default()));
    assert_eq!(of(&found.slices[2], 1).auc.value, Some(0.5));
    assert_eq!(of(&found.slices[2], 1).calibration_slope, Measured::default());
    assert_eq!(of(&found.slices[2], 0).money_at_capacity, Measured::default());
    let json = serde_json::to_string(&found).unwrap();
    assert!(!json.contains("NaN") && !json.contains("inf"), "{json}");
}

/// Features without a meaning and outcomes without a cause.
fn noise(n: usize) -> (Vec<FeatureColumn>, Vec<bool>, Vec<u32>) {
    let mut unit = Unit::of(77);
    let columns = (0..12)
        .map(|k| FeatureColumn {
            name: format!("x{k}").into(),
            meaning: format!("x{k}").into(),
            expected: Direction::Free,
            sub_score: SubScore::Neither,
            values: Values::Number((0..n).map(|_| unit.next()).collect()),
        })
        .collect();
    let month: Vec<u32> = (0..n as u32).map(|k| k % 4).collect();
    // Months differ in their share repaid, which is no leak.
    let repaid = month.iter().map(|m| unit.next() < 0.2 + 0.15 * f64::from(*m)).collect();
    (columns, repaid, month)
}

#[test]
fn the_permutation_check_passes_without_a_leak_and_fails_with_one() {
    let n = 2_000;
    let (columns, repaid, month) = noise(n);
    let columns: Vec<&FeatureColumn> = columns.iter().collect();
    let (train, test): (Vec<u32>, Vec<u32>) = (0..n as u32).partition(|k| k % 2 == 0);
    let look = |train: &[u32], test: &[u32]| {
        let of = |rows: &[u32]| -> (Vec<bool>, Vec<u32>) { rows.iter().map(|k| (repaid[*k as usize], month[*k as usize])).unzip() };
        let (outcomes, months) = of(test);
        let score: Vec<f64> = test.iter().map(|k| f64::from(k % 97)).collect();
        let retrain = Some(Retrain { columns: &columns, repaid: &repaid, month: &month, train, test });
        permutation(&Shuffle { score: &score, repaid: &outcomes, month: &months, retrain, shuffles: 200, retrained: 20, seed: 1 }).unwrap()
    };
    let clean = look(&train, &test);
    assert_eq!(clean.passed, Some(true), "{clean:?}");
    let [low, high] = clean.shuffled.interval.unwrap();
    assert!(low < 0.5 && 0.5 < high && (clean.shuffled.value.unwrap() - 0.5).abs() < 0.01, "{clean:?}");
    // The leak: half of the test cases were in training.
    let leaked: Vec<u32> = test.iter().copied().filter(|k| k % 4 == 1).chain(train.iter().copied().filter(|k| k % 4 == 0)).collect();
    let found = look(&train, &leaked);
    assert_eq!(found.passed, Some(false), "{found:?}");
    assert!(found.retrained_auc.interval.unwrap()[0] > 0.5);
}

#[test]
fn the_audit_finds_a_planted_difference_and_withholds_small_groups() {
    // Group b repays less than its scores say; a repays as they say; c is too small to speak of.
    let n = 4_000usize;
    let mut unit = Unit::of(11);
    let group: Vec<u32> = (0..n as u32).map(|k| if k < 30 { 2 } else { k % 2 }).collect();
    let score: Vec<f64> = (0..n).map(|_| unit.normal()).collect();
    let repaid: Vec<bool> = (0..n).map(|k| unit.next() < sigmoid(score[k] - if group[k] == 1 { 0.6 } else { 0.0 })).collect();
    let borrower: Vec<u32> = (0..n as u32).collect();
    let values = Values::Category { codes: group, levels: ["a", "b", "c"].map(Into::into).to_vec() };
    let (dimension, withheld) = bands("group", &values, &borrower, 50);
    assert_eq!((dimension.values.as_slice(), withheld), (&["a".to_string(), "b".to_string()][..], [1, 30]));
    assert_eq!(dimension.codes.iter().filter(|c| **c == APART).count(), 30);
    let probability: Vec<f64> = score.iter().map(|s| sigmoid(*s)).collect();
    let contenders = [contender(score, probability)];
    let dimensions = [dimension];
    let cases = Cases {
        repaid: &repaid,
        borrower: &borrower,
        paid: &[],
        dimensions: &dimensions,
        contenders: &contenders,
        draws: 200,
        seed: 1,
        capacity: 0.2,
    };
    let gap = |k: usize| evaluate(&cases).slices[k].contenders[0].performance.calibration_gap.interval.unwrap();
    let ([low_a, high_a], [low_b, _]) = (gap(0), gap(1));
    assert!(low_a < 0.0 && 0.0 < high_a, "{low_a} {high_a}");
    assert!(low_b > 0.05, "{low_b}");
}

#[test]
fn many_numbers_of_an_attribute_become_bands() {
    let ages: Vec<Box<str>> = (20..70).map(|a| a.to_string().into()).collect();
    let codes: Vec<u32> = (0..500).map(|k| k % 50).collect();
    let rows: Vec<u32> = (0..500).collect();
    let (dimension, _) = bands("age", &Values::Category { codes, levels: ages }, &rows, 50);
    assert_eq!(dimension.values, ["20 to 29", "30 to 39", "40 to 49", "50 to 59", "60 to 69"]);
    assert_eq!(dimension.codes[..3], [0, 0, 0]);
    assert_eq!(dimension.codes[49], 4);
}

#[test]
fn what_became_of_the_cases_by_hand() {
    let month = Dimension { by: "month".into(), codes: vec![0, 0, 1, 1, 1], values: ["a", "b"].map(String::from).to_vec() };
    // 100 and 300 expected, 200 paid; then 50 and 150, of which 250 came; one case of unknown payment is left out.
    let (expected, paid) = ([100.0, 300.0, 50.0, 150.0, 70.0], [0.0, 200.0, 100.0, 150.0, f64::NAN]);
    let found = money_by_month(&expected, &paid, &[1, 2, 3, 4, 5], &month);
    let of = |k: usize| (found[k].month.as_str(), found[k].n, found[k].expected, found[k].actual, found[k].ratio.value.unwrap());
    assert_eq!((of(0), of(1), of(2)), (("a", 2, 400.0, 200.0, 0.5), ("b", 2, 200.0, 250.0, 1.25), ("all", 4, 600.0, 450.0, 0.75)));
    assert!(found[2].ratio.interval.is_none(), "four borrowers give no interval");
    // Ten cures, the worst two of which fell back: one fifth of the scores, all of it.
    let score: Vec<f64> = (0..12).map(f64::from).collect();
    let relapse: Vec<Option<bool>> = (0..12).map(|k| (k >= 2).then_some(k < 4)).collect();
    let borrower: Vec<u32> = (0..12).collect();
    let found = redefault(&score, &relapse, &borrower);
    assert_eq!((found[0].band, found[0].cures, found[0].relapses, found[0].share.value), (None, 10, 2, Some(0.2)));
    assert_eq!((found[1].band, found[1].cures, found[1].share.value), (Some(1), 2, Some(1.0)));
    assert_eq!((found[5].band, found[5].cures, found[5].share.value), (Some(5), 2, Some(0.0)));
    // Six cases of M1 by thirds: the worst two rolled, the best two repaid; the cases of M2 are not known.
    let bucket: Vec<Bucket> = (0..12).map(|k| Bucket(if k < 6 { 1 } else { 2 })).collect();
    let repaid: Vec<bool> = (0..12).map(|k| k == 4 || k == 5).collect();
    let not_rolled: Vec<Option<bool>> = (0..12).map(|k| (k < 6).then_some(k >= 2)).collect();
    let found = rolls_beside_score(&score, &bucket, &repaid, &not_rolled, &borrower);
    let of = |k: usize| (found[k].band, found[k].n, found[k].repaid_share.value.unwrap(), found[k].rolled_forward.value.unwrap());
    assert_eq!(found.len(), 4);
    assert_eq!((of(1), of(2), of(3)), ((Some(1), 2, 0.0, 1.0), (Some(2), 2, 0.0, 0.0), (Some(3), 2, 1.0, 0.0)));
    assert!((of(0).2 - 1.0 / 3.0).abs() < 1e-12);
}

#[test]
fn a_month_like_the_reference_is_calm_and_a_shifted_one_is_not() {
    let score: Vec<f64> = (0..300).map(|k| f64::from(k % 100) + if k >= 200 { 50.0 } else { 0.0 }).collect();
    let month = Dimension { by: "month".into(), codes: (0..300).map(|k| k / 100).collect(), values: ["a", "b", "c"].map(String::from).to_vec() };
    let reference: Vec<u32> = (0..100).collect();
    let found = score_stability(&score, &reference, &month);
    assert_eq!((found[0].psi, found[1].psi), (Some(0.0), Some(0.0)));
    // Half of month c lies in bands of the reference, ten each, the other half above: 60 in the last band. Half a case is added to each band.
    let share = |n: f64| (n + 0.5) / 105.0;
    let part = |a: f64| (share(a) - share(10.0)) * (share(a) / share(10.0)).ln();
    let by_hand = 5.0 * part(0.0) + 4.0 * part(10.0) + part(60.0);
    assert!((found[2].psi.unwrap() - by_hand).abs() < 1e-12, "{:?} {by_hand}", found[2].psi);
}

/// The binary, on the sample book.
fn on_sample(folder: &Path, more: &[&str]) -> Output {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (model, project) = (root.join("models/sample.json"), root.join("data/sample/recoup.toml"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_recoup"));
    command.current_dir(folder).arg("evaluate").arg(model).arg("--project").arg(project).args(more).output().unwrap()
}

#[test]
fn the_sample_is_evaluated_with_a_challenger_a_policy_and_a_past_run() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = |p: &str| root.join(p).display().to_string();
    // The same model under another name is the challenger.
    std::fs::copy(path("models/sample.json"), folder.path().join("challenger.json")).unwrap();
    let policy = path("data/policies/current.toml");
    let (project, model) = (path("data/sample/recoup.toml"), path("models/sample.json"));
    let score = ["score", "--project", &project, "--model", &model, "--policy", &policy, "--as-of", "2025-10-31", "--out", "runs/october"];
    let done = Command::new(env!("CARGO_BIN_EXE_recoup")).current_dir(folder.path()).args(score).output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    for name in ["report.html", "report.zh.html", "report.json"] {
        assert!(folder.path().join("runs/october").join(name).is_file(), "{name}");
    }
    let more = ["challenger.json", "--policy", &policy, "--runs", "runs", "--json", "--threads"];
    let outputs: Vec<Vec<u8>> = ["1", "2"]
        .iter()
        .map(|threads| {
            let done = on_sample(folder.path(), &[&more[..], &[threads]].concat());
            assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
            done.stdout
        })
        .collect();
    assert!(outputs[0] == outputs[1], "threads changed the figures");
    let json: serde_json::Value = serde_json::from_slice(&outputs[0]).unwrap();
    assert_eq!(json["models"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap()).collect::<Vec<_>>(), ["sample", "challenger"]);
    assert_eq!(json["baselines"].as_array().unwrap().len(), 3);
    assert_eq!(json["overall"]["n"], json["cases"]);
    // Slices of one kind hold all cases.
    for by in ["bucket", "product", "month"] {
        let of = json["slices"].as_array().unwrap().iter().filter(|s| s["by"] == by);
        assert_eq!(of.map(|s| s["n"].as_u64().unwrap()).sum::<u64>(), json["cases"].as_u64().unwrap(), "{by}");
    }
    let differences = json["overall"]["differences"].as_array().unwrap();
    let twin = differences.iter().find(|d| d["of"] == "challenger" && d["figure"] == "auc").unwrap();
    assert_eq!(twin["difference"]["interval"], serde_json::json!([0.0, 0.0]));
    // The AUC is the one in the model file.
    let file: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&model).unwrap()).unwrap();
    let out_of_time = file["evaluation"].as_array().unwrap().iter().find(|s| s["sample"] == "out_of_time").unwrap();
    let (here, there) = (json["overall"]["contenders"][0]["performance"]["auc"]["value"].as_f64(), out_of_time["slices"][0]["model"]["auc"].as_f64());
    assert!((here.unwrap() - there.unwrap()).abs() < 1e-9);
    assert_eq!(json["audit"]["attributes"], serde_json::json!(["age_band"]));
    let strategies = json["audit"]["strategies"].as_array().unwrap();
    let shares = strategies.iter().filter(|s| s["value"] == strategies[0]["value"]);
    assert!((shares.map(|s| s["share"]["value"].as_f64().unwrap()).sum::<f64>() - 1.0).abs() < 1e-9);
    assert_eq!(json["runs"][0]["as_of"], "2025-10-31");
    assert!(json["runs"][0]["matured"].as_u64().unwrap() > 100 && json["runs"][0]["money"]["ratio"]["interval"].is_array());
    assert_eq!(json["models"][0]["permutation"]["passed"], true);
    assert!(!text(&outputs[0]).contains("NaN"));
}

#[test]
fn runs_that_were_changed_or_stand_twice_are_told_and_not_counted() {
    let folder = tempfile::tempdir().unwrap();
    let path = |p: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(p).display().to_string();
    let (project, model, policy) = (path("data/sample/recoup.toml"), path("models/sample.json"), path("data/policies/current.toml"));
    for (day, out) in [("2025-09-30", "runs/a"), ("2025-09-30", "runs/b"), ("2025-10-31", "runs/c"), ("2025-12-31", "runs/d")] {
        let score = ["score", "--project", &project, "--model", &model, "--policy", &policy, "--as-of", day, "--out", out];
        let done = Command::new(env!("CARGO_BIN_EXE_recoup")).current_dir(folder.path()).args(score).output().unwrap();
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    }
    let ranked = folder.path().join("runs/c/ranked.csv");
    let changed = std::fs::read_to_string(&ranked).unwrap().replacen(",call,", ",visit,", 1);
    std::fs::write(&ranked, changed).unwrap();
    let done = on_sample(folder.path(), &["--runs", "runs", "--json"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let json: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let runs = json["runs"].as_array().unwrap();
    let note = |k: usize| runs[k]["note"].as_str().unwrap_or_default();
    assert_eq!((note(0), note(1)), ("", "another run of the same day is counted already"));
    assert!(note(2).contains("changed after the run"), "{}", note(2));
    assert!(note(3).contains("none of its cases has a known outcome"), "{}", note(3));
    assert_eq!(runs[3]["immature"], runs[3]["cases"]);
    let by_month = json["runs_by_month"].as_array().unwrap();
    assert_eq!((by_month.len(), &by_month[0]["month"], &by_month[0]["n"]), (1, &"2025-09".into(), &runs[0]["matured"]));
}

#[test]
fn dates_of_an_attribute_become_bands_and_the_word_missing_is_missing() {
    let days: Vec<Box<str>> = (1..=20).map(|d| format!("1980-01-{d:02}").into()).collect();
    let codes: Vec<u32> = (0..200).map(|k| k % 20).collect();
    let rows: Vec<u32> = (0..200).collect();
    let (dimension, _) = bands("born", &Values::Category { codes, levels: days }, &rows, 10);
    assert_eq!(dimension.values[0], "1980-01-01 to 1980-01-04");
    let codes = (0..200).map(|k| if k % 4 == 0 { u32::MAX } else { k % 2 }).collect();
    let (dimension, _) = bands("x", &Values::Category { codes, levels: ["a", "missing"].map(Into::into).to_vec() }, &rows, 10);
    assert_eq!(dimension.values, ["a", "missing"]);
}

#[test]
fn what_is_odd_about_models_and_cases_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let project = std::fs::read_to_string(root.join("data/sample/recoup.toml")).unwrap();
    let data = root.join("data/sample").display().to_string();
    let rooted = |text: String| text.replacen("name = \"simulated\"", &format!("name = \"another\"\nroot = \"{data}\""), 1);
    let model = root.join("models/sample.json").display().to_string();
    let run = |name: &str, text: String, more: &[&str]| {
        std::fs::write(folder.path().join(name), rooted(text)).unwrap();
        let args = [&["evaluate", &model, "--project", name][..], more].concat();
        Command::new(env!("CARGO_BIN_EXE_recoup")).current_dir(folder.path()).args(args).output().unwrap()
    };
    let done = run("other.toml", project.clone(), &["--sample", "all"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let said = text(&done.stdout);
    assert!(said.contains("sample was trained with another project, simulated"), "{said}");
    assert!(said.contains("cases lie within the dates that sample was trained on"), "{said}");
    // No protected column: the audit says so.
    let open = project.replace("protected = [\"age_band\"]", "ignored = [\"age_band\"]");
    let said = text(&run("open.toml", open, &[]).stdout);
    assert!(said.contains("audit: the project names no protected column"), "{said}");
    // Nothing has matured.
    let early = project.replace("[outcome]", "[outcome]\n").replace("test_from = \"2025-06-30\"", "test_from = \"2025-12-31\"");
    let done = run("early.toml", early, &[]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("no case of the sample has an outcome yet"), "{}", text(&done.stderr));
    // A page that would overwrite the model, a flat model, a folder without runs.
    let done = run("page.toml", project.clone(), &["--page", &model]);
    assert_eq!(done.status.code(), Some(2), "{}", text(&done.stdout));
    let done = run("runs.toml", project, &["--runs", "."]);
    assert!(text(&done.stderr).contains("no run is in this folder"), "{}", text(&done.stderr));
}
