//! `fit-table`, `score-table` and `model` by the binary: a scorecard of a flat table from its fit to its ranked rows, and every bad table with a
//! message that names what is wrong.

use super::cli::text;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output};

/// Rows of [`table`].
const ROWS: usize = 900;

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_recoup")).args(args).current_dir(folder).output().unwrap()
}

/// A number between 0 and 1 that looks random: the fraction of k times an irrational number of its own.
fn wave(k: usize, of: f64) -> f64 {
    (k as f64 * of).fract()
}

/// Columns by name, a cell a row.
type Columns = Vec<(&'static str, Box<dyn Fn(usize) -> String>)>;

/// 900 rows: income helps, arrears hurt and have a special code, region says something, noise nothing; two rows a borrower, a row a day.
fn columns() -> Columns {
    let chance = |k: usize| 0.25 + 0.6 * wave(k, 0.618_033_988_7) - 0.3 * wave(k, 0.414_213_562_4) + if k.is_multiple_of(5) { 0.2 } else { 0.0 };
    vec![
        ("id", Box::new(|k| format!("{k:05}"))),
        ("borrower", Box::new(|k| format!("B{}", k / 2))),
        ("day", Box::new(|k| format!("2025-{:02}-{:02}", 1 + k / 75, 1 + (k % 75) / 3))),
        ("income", Box::new(|k| if k.is_multiple_of(11) { String::new() } else { format!("{:.0}", 3_000.0 * wave(k, 0.618_033_988_7)) })),
        ("arrears", Box::new(|k| if k.is_multiple_of(13) { "-999".into() } else { format!("{:.2}", 500.0 * wave(k, 0.414_213_562_4)) })),
        ("region", Box::new(|k| ["north", "south", "east", "west", "centre"][k % 5].into())),
        ("noise", Box::new(|k| format!("{}", k % 29))),
        ("gender", Box::new(|k| ["f", "m"][k % 2].into())),
        ("weight", Box::new(|k| format!("{}", 1 + (k / 7) % 3))),
        ("repaid", Box::new(move |k| if wave(k, 0.732_050_807_6) < chance(k) { "1".into() } else { "0".into() })),
    ]
}

fn csv(columns: &Columns, rows: usize) -> String {
    let mut text = columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",") + "\n";
    for k in 0..rows {
        let cells: Vec<String> = columns.iter().map(|(_, of)| of(k)).collect();
        writeln!(text, "{}", cells.join(",")).unwrap();
    }
    text
}

/// The table with some columns changed or added.
fn table(changes: Columns) -> String {
    let mut all = columns();
    for (name, of) in changes {
        match all.iter_mut().find(|(n, _)| *n == name) {
            Some(column) => column.1 = of,
            None => all.push((name, of)),
        }
    }
    csv(&all, ROWS)
}

const FIT: [&str; 12] =
    ["fit-table", "t.csv", "--outcome", "repaid", "--borrower", "borrower", "--ignore", "id,day", "--protected", "gender", "--out", "m.json"];

fn fit_with(text: &str, more: &[&str]) -> (tempfile::TempDir, Output) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.csv"), text).unwrap();
    let done = run(folder.path(), &[&FIT[..], more].concat());
    (folder, done)
}

fn fitted(text: &str, more: &[&str]) -> tempfile::TempDir {
    let (folder, done) = fit_with(text, more);
    assert_eq!(done.status.code(), Some(0), "{}", super::cli::text(&done.stderr));
    folder
}

/// What a fit that must fail says.
fn refused(table: &str, more: &[&str]) -> String {
    let (folder, done) = fit_with(table, more);
    assert_eq!(done.status.code(), Some(2), "{}", text(&done.stdout));
    assert!(!folder.path().join("m.json").exists());
    text(&done.stderr)
}

fn json(path: &Path) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn names(model: &serde_json::Value) -> Vec<String> {
    model["terms"].as_array().unwrap().iter().map(|t| t["name"].as_str().unwrap().to_string()).collect()
}

#[test]
fn a_table_is_fitted_shown_and_scored() {
    let folder = fitted(&table(vec![]), &["--special", "arrears=-999", "--scorecard", "card.csv"]);
    let model = json(&folder.path().join("m.json"));
    assert_eq!(names(&model)[..3], ["income", "arrears", "region"]);
    assert!(model["dropped"].as_array().unwrap().iter().any(|d| d["feature"] == "noise"), "{}", model["dropped"]);
    assert_eq!(model["provenance"]["trained_on"], "table");
    assert_eq!(model["provenance"]["train_borrowers"], 450);
    // The special code has a bin of its own: 70 of 900 rows.
    let arrears = &model["terms"][1];
    let labels: Vec<&str> = arrears["bins"].as_array().unwrap().iter().map(|b| b["label"].as_str().unwrap()).collect();
    let special = labels.iter().position(|l| *l == "-999").unwrap();
    assert_eq!(arrears["bins"][special]["n"], 70);
    assert!(labels.last() == Some(&"missing"));
    let shown = run(folder.path(), &["model", "show", "m.json"]);
    let said = text(&shown.stdout);
    for words in ["income", "WOE (95 % interval)", "protected, never a feature: gender", "noise", "calibration slope"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    // Contributions of the flat scorecard add up to the score of a row.
    let done = run(folder.path(), &["score-table", "t.csv", "--model", "m.json", "--id", "id,region", "--out", "ranked.csv"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let card: Vec<csv::StringRecord> = rows(&folder.path().join("card.csv"));
    let add = |feature: &str, bin: &str| -> i64 {
        let found: Vec<i64> =
            card.iter().filter(|r| &r[0] == feature && (feature == "(base)" || &r[1] == bin)).map(|r| r[10].parse().unwrap()).collect();
        assert_eq!(found.len(), 1, "{feature} {bin}");
        found[0]
    };
    let ranked = rows(&folder.path().join("ranked.csv"));
    assert_eq!(ranked.len(), ROWS);
    let scores: Vec<i64> = ranked.iter().map(|r| r[4].parse().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b));
    // Row 14 of the table (k = 13) has the special code; `00013` keeps its zeros.
    let row = ranked.iter().find(|r| &r[2] == "00013").unwrap();
    assert_eq!((&row[1], &row[3]), ("14", "west"));
    let bin_of = |term: usize, x: f64| {
        let t = &model["terms"][term];
        let edges: Vec<f64> = t["cut"]["edges"].as_array().unwrap().iter().map(|e| e.as_str().unwrap().parse().unwrap()).collect();
        t["bins"][edges.iter().filter(|e| **e < x).count()]["label"].as_str().unwrap().to_string()
    };
    let income: f64 = (columns()[3].1)(13).parse().unwrap();
    let groups = model["terms"][2]["cut"]["groups"].as_array().unwrap();
    let group = groups.iter().position(|g| g.as_array().unwrap().iter().any(|w| w == "west")).unwrap();
    let region = model["terms"][2]["bins"][group]["label"].as_str().unwrap();
    // The two-way table of income and arrears: the income's interval, and the special code behind the intervals of arrears.
    let cuts = &model["terms"][3]["cut"]["cuts"];
    let ends = |which: usize| cuts[which]["edges"].as_array().unwrap().iter().map(|e| e.as_str().unwrap().parse().unwrap()).collect::<Vec<f64>>();
    let (across, special) = (ends(1).len() + 3, ends(1).len() + 1);
    let cell = ends(0).iter().filter(|e| **e < income).count() * across + special;
    let together = model["terms"][3]["bins"][cell]["label"].as_str().unwrap();
    assert!(together.ends_with(" × -999"), "{together}");
    let sum = add("(base)", "") + add("income", &bin_of(0, income)) + add("arrears", "-999") + add("region", region);
    let sum = sum + add("income × arrears", together);
    assert_eq!(row[4].parse::<i64>().unwrap(), sum);
    let p = (1.0 / (1.0 + (-(sum as f64) * 1e-6).exp()) * 1e9).round_ties_even() / 1e9;
    assert_eq!(row[5].parse::<f64>().unwrap(), p);
}

#[test]
fn exact_edges_of_the_flat_scorecard_read_back_to_the_same_bits() {
    let folder = fitted(&table(vec![]), &["--special", "arrears=-999", "--scorecard", "card.csv"]);
    let model = json(&folder.path().join("m.json"));
    let edges: Vec<&str> = model["terms"][0]["cut"]["edges"].as_array().unwrap().iter().map(|e| e.as_str().unwrap()).collect();
    let exact: Vec<String> = rows(&folder.path().join("card.csv")).iter().filter(|r| &r[0] == "income").map(|r| r[13].to_string()).collect();
    assert_eq!(exact[0], format!("up to {}", edges[0]));
    assert_eq!(exact[1], format!("above {} up to {}", edges[0], edges[1]));
    assert_eq!(exact.last().unwrap(), "missing");
    let pair = rows(&folder.path().join("card.csv")).into_iter().find(|r| &r[0] == "income × arrears").unwrap();
    assert!(pair[13].starts_with("up to ") && pair[13].contains(" × up to "), "{}", &pair[13]);
}

fn rows(path: &Path) -> Vec<csv::StringRecord> {
    csv::Reader::from_path(path).unwrap().records().map(Result::unwrap).collect()
}

#[test]
fn the_same_table_as_parquet_and_with_any_threads_gives_the_same_model() {
    let folder = fitted(&table(vec![]), &["--threads", "1"]);
    let one = std::fs::read(folder.path().join("m.json")).unwrap();
    let done = run(folder.path(), &[&FIT[..], &["--threads", "2"]].concat());
    assert_eq!(done.status.code(), Some(0));
    assert!(one == std::fs::read(folder.path().join("m.json")).unwrap());
}

#[test]
fn later_rows_test_and_months_tell_stability() {
    let folder = fitted(&table(vec![]), &["--special", "arrears=-999", "--test-from", "2025-10-01", "--time", "day"]);
    let model = json(&folder.path().join("m.json"));
    let samples: Vec<&str> = model["evaluation"].as_array().unwrap().iter().map(|s| s["sample"].as_str().unwrap()).collect();
    assert_eq!(samples[..2], ["train", "out_of_time"]);
    assert_eq!((&model["provenance"]["train_cases"], &model["provenance"]["test_cases"]), (&675.into(), &225.into()));
    assert_eq!(model["terms"][0]["order_kept"]["months"], 9);
    assert!(model["terms"][0]["csi"].as_f64().unwrap() >= 0.0);
    assert!(model["evaluation"][1]["calibration"]["interval"].is_array());
}

#[test]
fn a_weight_of_two_is_the_row_twice() {
    let all = columns();
    let mut twice = csv(&all, 0);
    let place = all.iter().position(|(name, _)| *name == "weight").unwrap();
    for k in 0..ROWS {
        let mut cells: Vec<String> = all.iter().map(|(_, of)| of(k)).collect();
        let times: usize = cells[place].parse().unwrap();
        cells[place] = "1".into();
        (0..times).for_each(|_| writeln!(twice, "{}", cells.join(",")).unwrap());
    }
    let common = ["--outcome", "repaid", "--ignore", "id,day", "--borrower", "borrower", "--settings", "s.toml", "--out", "m.json"];
    let coefficients = |text: &str, more: &[&str]| -> Vec<f64> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t.csv"), text).unwrap();
        let settings = "[model]\npenalty_per_case = 0.001\nmin_bin_share = 0.05\n\n[model.bins]\nincome = [1000, 2000]\narrears = [0, 250]\nregion = [[\"centre\", \"west\"], [\"north\"]]\n\n[model.selection]\nmin_information_value = 0.01\nstepwise = \"none\"\nsign = false\n";
        std::fs::write(folder.path().join("s.toml"), settings).unwrap();
        let done = run(folder.path(), &[&["fit-table", "t.csv"], &common[..], more].concat());
        assert_eq!(done.status.code(), Some(0), "{}", super::cli::text(&done.stderr));
        let model = json(&folder.path().join("m.json"));
        assert_eq!(names(&model)[..3], ["income", "arrears", "region"]);
        model["terms"].as_array().unwrap().iter().map(|t| t["coefficient"]["value"].as_f64().unwrap()).take(3).collect()
    };
    let weighted = coefficients(&table(vec![]), &["--weight", "weight", "--protected", "gender,noise"]);
    let repeated = coefficients(&twice, &["--protected", "gender,noise,weight"]);
    for (a, b) in weighted.iter().zip(&repeated) {
        assert!((a - b).abs() < 1e-7, "{weighted:?} {repeated:?}");
    }
}

#[test]
fn whole_points_add_up_and_say_what_they_cost() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.csv"), table(vec![])).unwrap();
    std::fs::write(folder.path().join("s.toml"), "[model]\ninteger_points = true\npdo = 20\nbase_points = 500\nbase_odds = 2\n").unwrap();
    let done = run(folder.path(), &[&FIT[..], &["--settings", "s.toml"]].concat());
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert!(text(&done.stdout).contains("whole points cost (training cases): AUC"), "{}", text(&done.stdout));
    let model = json(&folder.path().join("m.json"));
    let points = |v: &serde_json::Value| v.as_f64().unwrap();
    let whole = |x: f64| x == x.trunc();
    assert!(whole(points(&model["points"]["start"])));
    assert!(model["terms"].as_array().unwrap().iter().all(|t| t["points"].as_array().unwrap().iter().all(|p| whole(points(p)))));
    let [before, after] = [0, 1].map(|k| points(&model["points"]["rounding"]["log_loss"][k]));
    assert!((before - after).abs() < 0.01, "{before} {after}");
    let scored = run(folder.path(), &["score-table", "t.csv", "--model", "m.json", "--id", "id", "--out", "r.csv"]);
    assert_eq!(scored.status.code(), Some(0));
    for row in rows(&folder.path().join("r.csv")) {
        assert!(whole(row[5].parse().unwrap()), "{row:?}");
        // Points and log-odds say the same: points = 500 + 20 / ln 2 × (log-odds − ln 2).
        let log_odds = row[3].parse::<f64>().unwrap() * 1e-6;
        assert!((500.0 + 20.0 / 2f64.ln() * (log_odds - 2f64.ln()) - row[5].parse::<f64>().unwrap()).abs() < 1e-3, "{row:?}");
    }
}

#[test]
fn an_isotonic_calibration_rises_in_steps_and_leaves_the_ranking() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.csv"), table(vec![])).unwrap();
    std::fs::write(folder.path().join("s.toml"), "[model]\ncalibration = \"isotonic\"\n").unwrap();
    for (settings, out) in [(&["--settings", "s.toml"][..], "iso.json"), (&[][..], "platt.json")] {
        let mut args = FIT.to_vec();
        args[11] = out;
        assert_eq!(run(folder.path(), &[&args[..], settings].concat()).status.code(), Some(0));
        let ranked = out.replace("json", "csv");
        assert_eq!(run(folder.path(), &["score-table", "t.csv", "--model", out, "--out", &ranked]).status.code(), Some(0));
    }
    let (iso, platt) = (rows(&folder.path().join("iso.csv")), rows(&folder.path().join("platt.csv")));
    let score = |r: &csv::StringRecord| r[2].to_string();
    assert!(iso.iter().map(score).eq(platt.iter().map(score)));
    let mut probabilities: Vec<f64> = iso.iter().map(|r| r[3].parse().unwrap()).collect();
    assert!(probabilities.is_sorted_by(|a, b| a >= b));
    probabilities.dedup();
    assert!(probabilities.len() > 2 && probabilities.len() < 200, "{}", probabilities.len());
    let diff = run(folder.path(), &["model", "diff", "platt.json", "iso.json"]);
    assert_eq!(diff.status.code(), Some(1));
    assert!(text(&diff.stdout).contains("calibration: platt → isotonic"), "{}", text(&diff.stdout));
    let same = run(folder.path(), &["model", "diff", "platt.json", "platt.json"]);
    assert_eq!((same.status.code(), text(&same.stdout).contains("the two models are the same")), (Some(0), true));
}

#[test]
fn a_protected_column_is_no_feature_by_any_way() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.csv"), table(vec![])).unwrap();
    for settings in [
        "features = [\"income\", \"gender\"]",
        "[model.bins]\ngender = [[\"f\"]]",
        "[model.trends]\ngender = \"up\"",
        "[model.special.gender]\nother = [\"m\"]",
    ] {
        std::fs::write(folder.path().join("s.toml"), format!("[model]\n{settings}\n")).unwrap();
        let said = text(&run(folder.path(), &[&FIT[..], &["--settings", "s.toml"]].concat()).stderr);
        assert!(said.contains("config.protected_feature") && said.contains("`gender`"), "{said}");
    }
    let said = text(&run(folder.path(), &[&FIT[..], &["--weight", "gender"]].concat()).stderr);
    assert!(said.contains("config.protected_feature") && said.contains("`gender`"), "{said}");
}

#[test]
fn tables_that_cannot_be_learned_from_are_told_so() {
    let constant = |value: &'static str| -> Box<dyn Fn(usize) -> String> { Box::new(move |_| value.to_string()) };
    let said = refused(&table(vec![("repaid", constant("1"))]), &[]);
    assert!(said.contains("model.one_class"), "{said}");
    let said = refused(&csv(&columns(), 10), &[]);
    assert!(said.contains("model.no_cases") && said.contains("10 training cases"), "{said}");
    let said = refused(&table(vec![("repaid", Box::new(|k| format!("{}", k % 3)))]), &[]);
    assert!(said.contains("table.bad_outcome") && said.contains("row 4") && said.contains("\"2\""), "{said}");
    let said = refused(&table(vec![("weight", Box::new(|k| format!("{}", 1.0 - k as f64)))]), &["--weight", "weight"]);
    assert!(said.contains("table.bad_weight") && said.contains("row 4"), "{said}");
    let said = refused(&table(vec![("weight", constant("0"))]), &["--weight", "weight"]);
    assert!(said.contains("model.no_weight"), "{said}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.csv"), table(vec![])).unwrap();
    let said = text(&run(folder.path(), &["fit-table", "t.csv", "--outcome", "repayed", "--out", "m.json"]).stderr);
    assert!(said.contains("table.unknown_column") && said.contains("did you mean `repaid`?"), "{said}");
    // Nothing to learn from: each column says why.
    let said =
        refused(&table(vec![("income", constant("")), ("arrears", constant("7")), ("region", constant("north")), ("noise", constant("x"))]), &[]);
    assert!(
        said.contains("model.no_feature") && said.contains("income: it has no value") && said.contains("arrears: it has the same value"),
        "{said}"
    );
}

#[test]
fn odd_columns_are_borne_or_dropped_with_a_reason() {
    // A copy, ten thousand words (here 900), infinities, an empty column, a constant.
    let income: Box<dyn Fn(usize) -> String> = Box::new(|k| (columns()[3].1)(k));
    let folder = fitted(
        &table(vec![
            ("copy", income),
            ("many", Box::new(|k| format!("w{k}"))),
            ("wild", Box::new(|k| ["inf", "-inf", "1", "2"][(k * k + k / 3) % 4].into())),
            ("empty", Box::new(|_| String::new())),
            ("constant", Box::new(|_| "4".into())),
        ]),
        &[],
    );
    let model = json(&folder.path().join("m.json"));
    let reason = |name: &str| {
        let dropped = model["dropped"].as_array().unwrap().iter().find(|d| d["feature"] == name);
        dropped.map_or(String::new(), |d| d["reason"].as_str().unwrap().to_string())
    };
    assert!(reason("copy").contains("the others tell it") || reason("income").contains("the others tell it"), "{}", model["dropped"]);
    assert!(!reason("many").is_empty() && reason("empty").contains("no value") && reason("constant").contains("same value"), "{}", model["dropped"]);
}

#[test]
fn a_feature_that_separates_is_named() {
    let leak: Box<dyn Fn(usize) -> String> = Box::new(|k| (columns()[9].1)(k));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.csv"), table(vec![("leak", leak)])).unwrap();
    // Bins that need cases of both outcomes cannot separate; without that rule and without a penalty they do.
    std::fs::write(folder.path().join("s.toml"), "[model]\nmin_bin_events = 0\npenalty_per_case = 0\n").unwrap();
    let said = text(&run(folder.path(), &[&FIT[..], &["--settings", "s.toml"]].concat()).stderr);
    assert!(said.contains("model.separation") && said.contains("`leak`"), "{said}");
}

#[test]
fn bins_by_hand_are_checked_and_kept() {
    let settings = |bins: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("t.csv"), table(vec![])).unwrap();
        std::fs::write(folder.path().join("s.toml"), format!("[model.bins]\n{bins}\n")).unwrap();
        let done = run(folder.path(), &[&FIT[..], &["--settings", "s.toml"]].concat());
        (folder, done)
    };
    let (folder, done) = settings("income = [500, 1500.5]\nregion = [[\"north\", \"west\"], [\"south\"]]");
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let model = json(&folder.path().join("m.json"));
    assert_eq!(model["terms"][0]["cut"]["edges"], serde_json::json!(["500", "1500.5"]));
    assert_eq!(model["terms"][0]["by_hand"], true);
    for (bins, words) in [
        ("income = [1500, 500]", "income"),
        ("region = [[\"north\"], [\"north\", \"west\"]]", "north"),
        ("income = [[\"a\"]]", "income"),
        ("region = [1, 2]", "region"),
        ("incom = [1]", "did you mean `income`?"),
    ] {
        let said = text(&settings(bins).1.stderr);
        assert!(said.contains("model.") && said.contains(words), "{bins}: {said}");
    }
}

#[test]
fn a_model_and_a_table_that_do_not_fit_are_refused() {
    let folder = fitted(&table(vec![]), &[]);
    let score = |table: &str| {
        std::fs::write(folder.path().join("u.csv"), table).unwrap();
        let done = run(folder.path(), &["score-table", "u.csv", "--model", "m.json", "--out", "r.csv"]);
        (done.status.code(), text(&done.stderr))
    };
    let without: Columns = columns().into_iter().filter(|(name, _)| *name != "income").collect();
    let (code, said) = score(&csv(&without, 20));
    assert!(code == Some(2) && said.contains("score.missing_feature") && said.contains("`income`"), "{said}");
    let (code, said) = score(&table(vec![("income", Box::new(|k| ["much", "little"][k % 2].into()))]));
    assert!(code == Some(2) && said.contains("score.wrong_type") && said.contains("`income`"), "{said}");
    // One cell that is no number: the message names its row.
    let (code, said) = score(&table(vec![("income", Box::new(|k| if k == 7 { "n/a".into() } else { "100".into() }))]));
    assert!(code == Some(2) && said.contains("score.wrong_type") && said.contains("row 9") && said.contains("n/a"), "{said}");
    // A region that training never saw, and one row alone: scored.
    let (code, said) = score(&csv(
        &columns()
            .into_iter()
            .map(|(n, of)| if n == "region" { (n, Box::new(|_| "moon".to_string()) as Box<dyn Fn(usize) -> String>) } else { (n, of) })
            .collect(),
        1,
    ));
    assert_eq!(code, Some(0), "{said}");
    // One digit of the model changed.
    let original = std::fs::read_to_string(folder.path().join("m.json")).unwrap();
    let place = original.find("\"contributions\"").unwrap()
        + original[original.find("\"contributions\"").unwrap()..].find(|c: char| c.is_ascii_digit()).unwrap();
    let mut bytes = original.into_bytes();
    bytes[place] = if bytes[place] == b'9' { b'8' } else { bytes[place] + 1 };
    std::fs::write(folder.path().join("m.json"), bytes).unwrap();
    let (code, said) = score(&table(vec![]));
    assert!(code == Some(2) && said.contains("model.digest"), "{said}");
}
