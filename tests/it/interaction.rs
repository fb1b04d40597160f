//! Two-way tables: found where two features say more together, absent where they do not, and one more term of the sum.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use recoup::base::config::{Direction, ModelSettings, SubScore};
use recoup::data::features::{FeatureColumn, FeatureTable, NO_LEVEL, Values};
use recoup::model::bin::{Cut, Rows};
use recoup::model::encode::encode;
use recoup::model::evaluate::area_under_curve;
use recoup::model::file::{Model, Provenance, TrainedOn};
use recoup::model::train::{TrainingInput, train};

struct World {
    features: FeatureTable,
    outcome: Vec<f64>,
}

/// Cases of two numbers, a word and a number that says nothing; one in ten values of `a` is missing.
fn world(n: usize, seed: u64, log_odds: impl Fn(f64, f64, u32) -> f64) -> World {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut unit = move || (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    let (mut a, mut b, mut codes, mut noise, mut outcome) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..n {
        let (x, y, word) = (unit(), unit(), (unit() * 3.0) as u32);
        outcome.push(f64::from(u8::from(unit() < 1.0 / (1.0 + (-log_odds(x, y, word)).exp()))));
        a.push(if unit() < 0.1 { f64::NAN } else { x });
        b.push(y);
        codes.push(if word == 2 { NO_LEVEL } else { word });
        noise.push(unit());
    }
    let column = |name: &str, values| FeatureColumn {
        name: name.into(),
        meaning: name.into(),
        expected: Direction::Free,
        sub_score: SubScore::Neither,
        values,
    };
    let words = Values::Category { codes, levels: vec!["north".into(), "south".into()] };
    let columns = vec![column("a", Values::Number(a)), column("b", Values::Number(b)), column("c", words), column("noise", Values::Number(noise))];
    World { features: FeatureTable { columns }, outcome }
}

fn fitted(world: &World, train_rows: &[u32], most: usize) -> Model {
    let mut settings = ModelSettings::default();
    settings.interactions.most = most;
    // A feature that says nothing alone may say something together.
    settings.selection.min_information_value = 0.0;
    settings.selection.beyond_chance = false;
    let provenance = Provenance { trained_on: TrainedOn::Table, ..Provenance::default() };
    let input = TrainingInput {
        features: &world.features,
        outcome: &world.outcome,
        weight: None,
        borrower: None,
        month: None,
        arrears: None,
        train: train_rows,
        test: &[],
        settings: &settings,
        withheld: Vec::new(),
        provenance,
    };
    train(&input).unwrap()
}

fn held_out_auc(world: &World, model: &Model, rows: &[u32]) -> f64 {
    let columns: Vec<&FeatureColumn> = world.features.columns.iter().collect();
    let bins: Vec<_> = model.terms().iter().map(|t| &t.bins).collect();
    let design = encode(&columns, &bins, Rows::Some(rows)).unwrap();
    let score: Vec<f64> = model.scores(&design, None).iter().map(|s| s.log_odds()).collect();
    // The score is base + Σ contributions, the table's included.
    for k in 0..rows.len() {
        let terms = model.terms().iter().zip(&design.columns).map(|(t, codes)| t.contributions[usize::from(codes[k])]);
        assert_eq!(score[k], (model.base() + terms.sum::<i64>()) as f64 / 1e6);
    }
    let repaid: Vec<bool> = rows.iter().map(|r| world.outcome[*r as usize] > 0.5).collect();
    area_under_curve(&score, &repaid).unwrap()
}

#[test]
fn features_that_matter_only_together_are_found_and_the_score_stays_a_sum() {
    // Repaid where both are high or both are low, and a little where b is high.
    let world = world(8_000, 7, |x, y, _| if (x > 0.5) == (y > 0.6) { 1.0 + 0.4 * y } else { -1.0 + 0.4 * y });
    let (rest, held): (Vec<u32>, Vec<u32>) = (0..8_000).partition(|k| k % 4 != 0);
    let (with, without) = (fitted(&world, &rest, 10), fitted(&world, &rest, 0));
    assert!(without.interactions().is_empty());
    let found: Vec<&[String; 2]> = with.interactions().iter().map(|i| &i.features).collect();
    assert!(found[0].contains(&"a".to_string()) && found[0].contains(&"b".to_string()), "{found:?}");
    assert!(with.interactions()[0].held_out_gain > 10.0 * with.interactions()[0].standard_error);
    let (better, plain) = (held_out_auc(&world, &with, &held), held_out_auc(&world, &without, &held));
    // The truth itself gives about 0.72; one feature alone next to nothing.
    assert!(better > 0.69 && plain < 0.60, "{better} {plain}");
    // The model reads each feature once, whoever needs it.
    assert!(with.inputs().contains_key("a") && with.inputs().values().all(|cut| !matches!(cut, Cut::Pair { .. })));
}

#[test]
fn a_pair_has_the_code_of_its_two_bins_and_counts_every_case_once() {
    let world = world(4_000, 3, |x, y, _| if (x > 0.5) == (y > 0.5) { 1.0 } else { -1.0 });
    let rows: Vec<u32> = (0..4_000).collect();
    let model = fitted(&world, &rows, 1);
    let term = model.terms().last().unwrap();
    let Cut::Pair { features, cuts } = &term.bins.cut else { panic!("{:?}", term.bins.cut) };
    assert_eq!(term.bins.name, format!("{} × {}", features[0], features[1]));
    assert_eq!(term.bins.bins.iter().map(|b| b.n).sum::<u64>(), 4_000);
    let columns: Vec<&FeatureColumn> = world.features.columns.iter().collect();
    let design = encode(&columns, &[&term.bins], Rows::Some(&rows)).unwrap();
    let values = |name: &str| match &world.features.get(name).unwrap().values {
        Values::Number(v) => v.clone(),
        Values::Category { .. } => panic!("{name} is a word"),
    };
    let (x, y) = (values(&features[0]), values(&features[1]));
    for k in 0..rows.len() {
        let expected = usize::from(cuts[0].number_code(x[k])) * cuts[1].bins() + usize::from(cuts[1].number_code(y[k]));
        assert_eq!(usize::from(design.columns[0][k]), expected, "case {k}: {} {}", x[k], y[k]);
    }
}

#[test]
fn features_that_add_up_have_no_table() {
    // An additive truth in twenty worlds: a table may come of chance in one or two of them, not more.
    let with_tables = (0..20).filter(|seed| {
        let world = world(3_000, 100 + seed, |x, y, word| 2.0 * x - 1.5 * y + f64::from(word) * 0.5 - 0.7);
        let rows: Vec<u32> = (0..3_000).collect();
        !fitted(&world, &rows, 10).interactions().is_empty()
    });
    let n = with_tables.count();
    assert!(n <= 2, "{n} of 20 worlds");
}
