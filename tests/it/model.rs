//! Training against references: scikit-learn's coefficients, signs, whole-number scores, the model file's refusals, and a world whose truth is
//! known.

use super::cli::text;
use super::world::{Book, PROJECT};
use recoup::base::config::{ModelSettings, Penalty, Project, Selection};
use recoup::base::units::Bucket;
use recoup::data::cases::Maturity;
use recoup::data::features::{Direction, FeatureColumn, FeatureTable, SubScore, Values};
use recoup::data::observe::observe;
use recoup::data::write::Format;
use recoup::decide::reasons::lowest;
use recoup::decide::score::score;
use recoup::model::bin::{Ask, Binned, Cut, Limits, Objective, Rows, Target, Trend, fit_bins};
use recoup::model::evaluate::{area_under_curve, figures};
use recoup::model::file::{Model, Provenance};
use recoup::model::fit::{Coded, LogisticFit, Newton, fit};
use recoup::model::train::{ArrearsColumns, TrainingInput, train};
use recoup::pipeline;
use recoup::study::simulate::{World, simulate};
use std::path::Path;
use std::process::Command;

fn category(name: &str, codes: Vec<u32>) -> FeatureColumn {
    let most = codes.iter().copied().filter(|c| *c != u32::MAX).max().unwrap();
    let levels = (0..=most).map(|c| format!("{name}{c}").into()).collect();
    FeatureColumn {
        name: name.into(),
        meaning: name.into(),
        expected: Direction::Free,
        sub_score: SubScore::Neither,
        values: Values::Category { codes, levels },
    }
}

fn number(name: &str, values: Vec<f64>) -> FeatureColumn {
    FeatureColumn { name: name.into(), meaning: name.into(), expected: Direction::Free, sub_score: SubScore::Neither, values: Values::Number(values) }
}

/// The cases of tests/reference/logistic.py.
fn reference() -> (FeatureTable, Vec<bool>) {
    let a: Vec<u32> = (0..600u32).map(|k| k * 7 % 5).collect();
    let b: Vec<u32> = (0..600u32).map(|k| (k * k + 3 * k) % 7).collect();
    let repaid = (0..600usize).map(|k| (k as u32 * 37 + a[k] * 11 + b[k] * b[k] * 5) % 100 < 5 + 6 * a[k] + 2 * b[k]).collect();
    (FeatureTable { columns: vec![category("a", a), category("b", b)] }, repaid)
}

/// Every level of each column in a bin of its own.
fn apart(table: &FeatureTable, outcome: &[f64]) -> Vec<Binned> {
    let limits = Limits { max_bins: 64, min_share: 0.0, min_events: 0.0, prebins: 250, objective: Objective::Likelihood };
    let asks: Vec<Ask<'_>> = table.columns.iter().map(|column| Ask { column, trend: Trend::Free, specials: &[], by_hand: None }).collect();
    fit_bins(&asks, Rows::All(outcome.len()), &Target { outcome, weight: None }, &limits).unwrap().0
}

fn coded(binned: &[Binned]) -> Coded<'_> {
    Coded {
        n: binned[0].codes.len(),
        columns: binned.iter().map(|b| b.codes.as_slice()).collect(),
        tables: binned.iter().map(|b| b.bins.bins.iter().map(|bin| bin.woe).collect()).collect(),
        names: binned.iter().map(|b| b.bins.name.as_str()).collect(),
    }
}

fn fitted(penalty_per_case: f64, turned: bool) -> LogisticFit {
    let (table, repaid) = reference();
    let outcome: Vec<f64> = repaid.iter().map(|r| f64::from(u8::from(*r != turned))).collect();
    let binned = apart(&table, &outcome);
    fit(coded(&binned), Target { outcome: &outcome, weight: None }, &Newton { penalty_per_case, seed: 1, start: None }).unwrap()
}

#[test]
fn coefficients_and_errors_equal_scikit_learn() {
    let cases: [(f64, [f64; 3], [f64; 3]); 3] = [
        (1e-4, [-1.262167680, 1.023565798, 1.038387209], [0.101830327, 0.223589793, 0.422334356]),
        (0.01, [-1.239623084, 0.786210119, 0.510795188], [0.099364006, 0.194320705, 0.287785961]),
        (0.0, [-1.262690485, 1.026876305, 1.049858751], [0.101892536, 0.223991061, 0.425054037]),
    ];
    for (penalty, coefficients, errors) in cases {
        let fit = fitted(penalty, false);
        let found = [fit.intercept, fit.coefficients[0], fit.coefficients[1]];
        for (a, b) in found.iter().zip(coefficients).chain(fit.standard_errors().iter().zip(errors)) {
            assert!((a - b).abs() < 1e-6, "penalty {penalty}: {fit:?}");
        }
        assert!(fit.gradient < 1e-10 && fit.start.starts_with("linfa-logistic"), "{fit:?}");
    }
}

#[test]
fn the_event_is_repaid_whichever_outcome_is_the_more_frequent() {
    // 22.5 % repaid, and 77.5 % when turned: weights of evidence turn with the outcome, so coefficients stay above zero and the intercept turns.
    let (plain, turned) = (fitted(1e-4, false), fitted(1e-4, true));
    assert!(plain.intercept < -1.0 && turned.intercept > 1.0, "{plain:?} {turned:?}");
    assert!(plain.coefficients.iter().chain(&turned.coefficients).all(|c| *c > 0.0));
    assert!((plain.intercept + turned.intercept).abs() < 1e-9);
}

#[test]
fn figures_equal_scikit_learn() {
    let p: Vec<f64> = (0..500).map(|k| f64::from((k * 7919) % 1000) / 1000.0 * 0.98 + 0.01).collect();
    let y: Vec<f64> = (0..500i64).map(|k| f64::from(u8::from(((k * 104_729) % 997) as f64 / 997.0 < p[k as usize]))).collect();
    let found = figures(&p, &p, &Target { outcome: &y, weight: None }, None);
    for (a, b) in [(found.auc, 0.823947836396), (found.log_loss, 0.514520095575), (found.brier, 0.171513593400), (found.ks, 0.494657075570)] {
        assert!((a.unwrap() - b).abs() < 1e-9, "{found:?}");
    }
}

/// Every feature that has bins stays.
fn whole() -> ModelSettings {
    ModelSettings { selection: Selection::none(), penalty_per_case: Penalty::Fixed(1e-4), ..Default::default() }
}

/// A table of 400 cases with one telling feature, one weaker one, a constant, an empty one and a category.
fn trained(
    features: Option<Vec<String>>,
    change: impl Fn(&mut FeatureTable, &mut Vec<bool>),
) -> Result<(Model, FeatureTable), recoup::base::problem::Failure> {
    let n = 400usize;
    let wave = |k: usize, m: usize| ((k * m) % 101) as f64 / 101.0;
    let mut table = FeatureTable {
        columns: vec![
            number("telling", (0..n).map(|k| wave(k, 37)).collect()),
            number("weaker", (0..n).map(|k| if k % 9 == 0 { f64::NAN } else { wave(k, 59) }).collect()),
            number("constant", vec![4.0; n]),
            number("empty", vec![f64::NAN; n]),
            category("word", (0..n as u32).map(|k| k % 3).collect()),
        ],
    };
    let mut repaid: Vec<bool> = (0..n).map(|k| 1.6 * wave(k, 37) + 0.5 * wave(k, 59) + wave(k, 83) > 1.5).collect();
    change(&mut table, &mut repaid);
    let (borrower, bucket, dpd): (Vec<u32>, Vec<Bucket>, Vec<i32>) = (
        (0..n as u32).map(|k| k / 2).collect(),
        (0..n).map(|k| Bucket(1 + (k % 4) as u8)).collect(),
        (0..n as i32).map(|k| 5 + 30 * (k % 4)).collect(),
    );
    let train_rows: Vec<u32> = (0..300).collect();
    let test_rows: Vec<u32> = (300..400).collect();
    let settings = ModelSettings { features, ..whole() };
    let outcome: Vec<f64> = repaid.iter().map(|r| f64::from(u8::from(*r))).collect();
    let input = TrainingInput {
        features: &table,
        outcome: &outcome,
        weight: None,
        borrower: Some(&borrower),
        month: None,
        arrears: Some(ArrearsColumns { bucket: &bucket, dpd: &dpd, share: &vec![f64::NAN; n], amount: &vec![f64::NAN; n] }),
        train: &train_rows,
        test: &test_rows,
        settings: &settings,
        withheld: vec![],
        provenance: Provenance::default(),
    };
    let model = train(&input)?;
    Ok((model, table))
}

#[test]
fn the_score_is_the_sum_of_its_whole_numbers_alone_or_in_a_batch() {
    let (model, table) = trained(None, |_, _| {}).unwrap();
    let bucket: Vec<Bucket> = (0..400).map(|k| Bucket(1 + (k % 4) as u8)).collect();
    let scored = score(&model, &table, &bucket).unwrap();
    for case in [0, 9, 17, 399] {
        let sum: i64 = model.base() + (0..model.terms().len()).map(|t| scored.contribution(t, case)).sum::<i64>() + scored.bucket_contribution(case);
        assert_eq!(sum, scored.score[case].0);
        assert_eq!(scored.probability[case], scored.score[case].probability());
        let points = 600.0 + 50.0 / 2f64.ln() * scored.score[case].log_odds();
        assert!((scored.points[case] - points).abs() <= 0.05 + 1e-9);
        let alone = FeatureTable {
            columns: table
                .columns
                .iter()
                .map(|c| FeatureColumn {
                    values: match &c.values {
                        Values::Number(v) => Values::Number(vec![v[case]]),
                        Values::Category { codes, levels } => Values::Category { codes: vec![codes[case]], levels: levels.clone() },
                    },
                    ..c.clone()
                })
                .collect(),
        };
        let single = score(&model, &alone, &bucket[case..=case]).unwrap();
        assert_eq!(
            (single.score[0], single.probability[0].to_bits(), single.points[0].to_bits()),
            (scored.score[case], scored.probability[case].to_bits(), scored.points[case].to_bits())
        );
        // Reasons are the terms furthest below their mean, most negative first.
        let reasons = lowest(&scored, case, 3);
        let below: Vec<i64> = reasons.iter().map(|t| scored.contribution(*t, case) - model.terms()[*t].mean_contribution).collect();
        assert!(below.is_sorted() && below.iter().all(|d| *d < 0));
    }
    assert!(model.terms()[0].coefficient.value > 0.0);
    let dropped: Vec<&str> = model.dropped().iter().map(|d| d.feature.as_str()).collect();
    assert_eq!(dropped, ["constant", "empty"]);
}

#[test]
fn training_refuses_what_it_cannot_learn_from() {
    let said =
        |features: Option<Vec<String>>, change: &dyn Fn(&mut FeatureTable, &mut Vec<bool>)| trained(features, change).err().unwrap().to_string();
    let text = said(None, &|_, repaid| repaid.fill(true));
    assert!(text.contains("model.one_class") && text.contains("300 training cases, 300 repaid"), "{text}");
    let text = said(None, &|_, repaid| {
        repaid.fill(false);
        repaid[..5].fill(true);
    });
    assert!(text.contains("model.no_cases"), "{text}");
    let text = said(Some(vec!["tellling".into()]), &|_, _| {});
    assert!(text.contains("model.unknown_feature") && text.contains("did you mean `telling`?"), "{text}");
    let text = said(Some(vec!["constant".into(), "empty".into()]), &|_, _| {});
    assert!(text.contains("model.no_feature") && text.contains("constant: it has the same value"), "{text}");
}

#[test]
fn a_feature_that_gives_the_outcome_away_is_named_when_nothing_holds_it_back() {
    let (table, repaid) = reference();
    let outcome: Vec<f64> = repaid.iter().map(|r| f64::from(u8::from(*r))).collect();
    let table = FeatureTable { columns: vec![table.columns[0].clone(), number("leak", outcome.clone())] };
    let binned = apart(&table, &outcome);
    let newton = Newton { penalty_per_case: 0.0, seed: 1, start: None };
    let failure = fit(coded(&binned), Target { outcome: &outcome, weight: None }, &newton).unwrap_err().to_string();
    assert!((failure.contains("model.separation") || failure.contains("model.singular")) && failure.contains("`leak`"), "{failure}");
}

#[test]
fn the_book_of_scoring_must_have_the_features_of_training() {
    let (model, table) = trained(None, |_, _| {}).unwrap();
    let mut less = table.clone();
    less.columns.retain(|c| &*c.name != "weaker");
    let text = score(&model, &less, &[Bucket(1); 400]).err().unwrap().to_string();
    assert!(text.contains("score.missing_feature") && text.contains("weaker"), "{text}");
    let mut other = table.clone();
    other.columns[4] = number("word", vec![1.0; 400]);
    let text = score(&model, &other, &[Bucket(1); 400]).err().unwrap().to_string();
    assert!(text.contains("score.wrong_type") && text.contains("word"), "{text}");
    // A word never seen falls into `other`, a missing value into its own bin.
    let mut unseen = table;
    unseen.columns[4] = FeatureColumn {
        values: Values::Category { codes: (0..400).map(|k| if k == 0 { 0 } else { u32::MAX }).collect(), levels: vec!["never seen".into()] },
        ..unseen.columns[4].clone()
    };
    let scored = score(&model, &unseen, &[Bucket(1); 400]).unwrap();
    let word = model.terms().iter().position(|t| t.bins.name == "word").unwrap();
    let cut = &model.terms()[word].bins.cut;
    let Cut::Category { groups, .. } = cut else { panic!() };
    assert_eq!((scored.design.columns[word][0], scored.design.columns[word][1]), (groups.len() as u8, cut.missing()));
}

#[test]
fn a_model_file_is_whole_of_this_version_and_unchanged_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.json");
    let (model, _) = trained(None, |_, _| {}).unwrap();
    let model = model.save(&path).unwrap();
    let loaded = Model::load(&path).unwrap();
    let original = std::fs::read_to_string(&path).unwrap();
    let again = folder.path().join("n.json");
    loaded.clone().save(&again).unwrap();
    assert_eq!(loaded, model);
    assert_eq!(std::fs::read(&again).unwrap(), original.as_bytes());
    let refusal = |text: &str| {
        std::fs::write(&path, text).unwrap();
        Model::load(&path).unwrap_err().to_string()
    };
    let contribution = model.terms()[0].contributions[0].to_string();
    let text = refusal(&original.replacen(&contribution, &(model.terms()[0].contributions[0] + 1).to_string(), 1));
    assert!(text.contains("model.digest") && text.contains("changed after training"), "{text}");
    for place in [original.find("\"edges\"").unwrap() + 30, original.len() / 2, original.len() - 3] {
        let mut bytes = original.clone().into_bytes();
        bytes[place] = if bytes[place] == b'1' { b'2' } else { b'1' };
        assert!(refusal(&String::from_utf8(bytes).unwrap()).contains("model."), "byte {place}");
    }
    let text = refusal(&original.replace("\"format_version\": 2", "\"format_version\": 3"));
    assert!(text.contains("model.version") && text.contains("reads version 2"), "{text}");
    assert!(refusal(&original[..original.len() / 2]).contains("model.unreadable"));
    assert!(refusal("{}").contains("model.unreadable"));
}

fn simulated(accounts: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    simulate(&World { accounts, months: 18, seed: 11, ..World::default() }, &folder.path().join("world"), Format::Parquet).unwrap();
    folder
}

#[test]
fn the_same_book_trains_to_the_same_bytes_with_any_threads() {
    let world = simulated(3_000);
    let files: Vec<Vec<u8>> = ["1", "2", "3"]
        .iter()
        .map(|threads| {
            let out = format!("m{threads}.json");
            let done = Command::new(env!("CARGO_BIN_EXE_recoup"))
                .args(["train", "--project", "world/recoup.toml", "--out", &out, "--threads", threads])
                .current_dir(world.path())
                .output()
                .unwrap();
            assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
            std::fs::read(world.path().join(out)).unwrap()
        })
        .collect();
    assert!(files.windows(2).all(|w| w[0] == w[1]));
}

#[test]
fn in_a_world_whose_truth_is_known_the_model_comes_near_it() {
    let world = simulated(20_000);
    let project = Project::load(&world.path().join("world/recoup.toml")).unwrap();
    let book = pipeline::read_book(project, &|_| {}).unwrap();
    let seen = observe(&book.project, &book.portfolio, &book.project.observe);
    let truth = truth(&world.path().join("world/truth.parquet"));
    let cases = &seen.cases;
    let mature: Vec<usize> = (0..cases.len()).filter(|k| cases.maturity[*k] == Maturity::Mature).collect();
    let known: Vec<(usize, f64)> =
        mature.iter().filter_map(|k| Some((*k, *truth.get(&(cases.account_id(*k).to_string(), cases.as_of[*k].0))?))).collect();
    // All but those of the lately deceased have a truth.
    assert!(known.len() as f64 > 0.98 * mature.len() as f64, "{} of {}", known.len(), mature.len());
    // The outcomes that the ledger gives are draws from the true probabilities: cases, path and outcome agree with the world.
    let (mut expected, mut variance, mut repaid) = (0.0, 0.0, 0.0);
    for (k, p) in &known {
        expected += p;
        variance += p * (1.0 - p);
        repaid += f64::from(u8::from(cases.repaid[*k]));
    }
    assert!((repaid - expected).abs() < 4.0 * f64::sqrt(variance), "{repaid} repaid, {expected} expected");
    // The model ranks as the truth does, better than days past due alone, and no better than the truth itself.
    let model_file = world.path().join("model.json");
    pipeline::train(&world.path().join("world/recoup.toml"), &model_file, None, &|_| {}).unwrap();
    let model = Model::load(&model_file).unwrap();
    let scored = score(&model, &seen.features, &cases.bucket).unwrap();
    let pick = |f: &dyn Fn(usize) -> f64| known.iter().map(|(k, _)| f(*k)).collect::<Vec<f64>>();
    let outcome: Vec<bool> = known.iter().map(|(k, _)| cases.repaid[*k]).collect();
    let auc = |scores: Vec<f64>| area_under_curve(&scores, &outcome).unwrap();
    let truth: Vec<f64> = known.iter().map(|(_, p)| *p).collect();
    let (oracle, model_auc, by_dpd) = (auc(truth), auc(pick(&|k| scored.probability[k])), auc(pick(&|k| -f64::from(cases.dpd[k]))));
    assert!(oracle > model_auc && model_auc > by_dpd + 0.02, "truth {oracle:.3}, model {model_auc:.3}, dpd {by_dpd:.3}");
    assert!(model_auc > 0.70 && oracle < 0.85, "truth {oracle:.3}, model {model_auc:.3}");
    // The share repaid: out of time it expects about the money that came, where the probability would leave out all part payments.
    let later = model.share().unwrap().evaluation.iter().find(|s| s.sample == "out_of_time").unwrap();
    let (money, by_probability) = (later.money_expected.unwrap(), later.money_by_probability.unwrap());
    assert!((0.95..1.05).contains(&money) && by_probability < 0.85, "{later:?}");
    assert!((later.expected - later.observed).abs() < 0.02, "{later:?}");
}

/// True probabilities by account and day, through the product's own reader.
fn truth(path: &Path) -> std::collections::HashMap<(String, i32), f64> {
    use recoup::base::config::TableSpec;
    use recoup::base::schema::TableKind;
    use recoup::data::cells::Cells;
    use recoup::data::read_parquet;
    use recoup::data::tables::ReadContext;
    let columns = [("account_id", "account_id"), ("from", "as_of"), ("kind", "hardship")].map(|(a, b)| (a.to_string(), b.to_string())).into();
    let features = [(
        "p".to_string(),
        recoup::base::config::ExtraFeature { column: "probability_repaid".into(), kind: recoup::base::config::FeatureKind::Numeric },
    )]
    .into();
    let spec = TableSpec {
        kind: TableKind::Events,
        paths: vec![],
        separator: b',',
        null_words: vec![],
        date_format: None,
        columns,
        features,
        protected: vec![],
        ignored: vec![],
        key: vec![],
        codes: Default::default(),
        status: Default::default(),
    };
    let context = ReadContext {
        spec: &spec,
        table: "truth",
        known: spec.kind.columns(),
        minor_digits: 2,
        audit: false,
        set_aside: &[],
        account_ids: None,
        name: "truth".into(),
    };
    let (plan, part) = read_parquet::read(path, &context).unwrap_or_else(|p| panic!("{:?}", p.iter().next()));
    let column = |name: &str| &part.cells[plan.iter().position(|c| c.name == name).unwrap()];
    let (Cells::Words { codes, .. }, Cells::Day(days), Cells::Number(p)) = (column("account_id"), column("from"), column("p")) else { panic!() };
    (0..part.rows).map(|row| ((column("account_id").word(codes.get(row)).unwrap().to_string(), days[row].0), p[row])).collect()
}

#[test]
fn too_small_a_book_is_told_so_by_the_binary() {
    let book = Book::with(&[("recoup.toml", PROJECT)]);
    let done = super::cli::recoup(&book, &["train", "--project", "recoup.toml", "--out", "m.json"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("model.no_cases") && !book.folder.path().join("m.json").exists(), "{}", text(&done.stderr));
}
