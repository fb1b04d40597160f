//! A model of any flat table, and the rows of such a table scored: an extract from a data mart instead of a book of histories.

use super::{Steps, table_format};
use crate::base::config::{Direction, ModelSettings, SpecialValue, SubScore, model_settings};
use crate::base::dates::Day;
use crate::base::files::refuse_input;
use crate::base::problem::{Failure, Problem, Problems, Result, Severity, suggestion};
use crate::data::features::{FeatureColumn, FeatureTable, NO_LEVEL, Values};
use crate::data::flat::{FlatAsk, FlatColumn, FlatTable, FlatValues, read_flat};
use crate::data::write::OutColumn;
use crate::decide::table::score_table as score_rows;
use crate::model::bin::Cut;
use crate::model::file::{InputFile, Model, Provenance, TrainedOn};
use crate::model::train::{TrainingInput, train};
use crate::report::summary::{FitTableSummary, ScoreTableSummary, TrainSummary};
use crate::report::tables::card_table;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How a flat text file is written. Parquet needs none of it.
#[derive(Clone, Debug)]
pub struct TextFormat {
    /// Column separator.
    pub separator: u8,
    /// Words that mean *no value*, besides the empty text.
    pub null_words: Vec<String>,
    /// Format of dates; ISO where absent.
    pub date_format: Option<String>,
}

/// What the columns of a table are.
#[derive(Clone, Debug, Default)]
pub struct FitTableAsk {
    /// The outcome: 0, 1, or a share between them.
    pub outcome: String,
    /// Weights.
    pub weight: Option<String>,
    /// Dates: rows of the same month, and what is later than what.
    pub time: Option<String>,
    /// Rows of one borrower belong together.
    pub borrower: Option<String>,
    /// Rows of this day or later test, the others train.
    pub test_from: Option<Day>,
    /// `COLUMN=VALUE,VALUE…`, or `VALUE,VALUE…` for every column that holds them.
    pub special: Vec<String>,
    /// Numbers that are words.
    pub category: Vec<String>,
    /// Columns that are not read.
    pub ignore: Vec<String>,
    /// Columns for the audit alone.
    pub protected: Vec<String>,
    /// A file with a `[model]` section.
    pub settings: Option<PathBuf>,
}

/// `recoup fit-table`: a model of the rows of one table, written to `out`.
///
/// # Errors
/// Those of reading the table; `table.*` for columns that are not what they should be; those of training; `file.io`.
pub fn fit_table(
    file: &Path,
    ask: &FitTableAsk,
    text: &TextFormat,
    out: &Path,
    scorecard: Option<&Path>,
    steps: Steps<'_>,
) -> Result<(FitTableSummary, Problems)> {
    scorecard.map(table_format).transpose()?;
    std::iter::once(out).chain(scorecard).try_for_each(|out| refuse_input(out, &[file.to_path_buf()]))?;
    let mut settings = ask.settings.as_deref().map_or_else(|| Ok(ModelSettings::default()), model_settings)?;
    let mut problems = Problems::default();
    settings.check(&ask.protected, &mut problems);
    let roles: Vec<&String> = std::iter::once(&ask.outcome).chain(&ask.weight).chain(&ask.time).chain(&ask.borrower).collect();
    for role in &roles {
        if ask.protected.contains(role) && ask.borrower.as_ref() != Some(*role) {
            problems.push(
                Problem::error("config.protected_feature", format!("`{role}` is protected and cannot serve the fit"))
                    .column(role.as_str())
                    .rule("a protected attribute is for the audit alone"),
            );
        }
    }
    problems.stop_on_error()?;
    steps("reading the table");
    let left_out: Vec<String> = ask.ignore.iter().chain(&ask.protected).filter(|c| ask.borrower.as_ref() != Some(c)).cloned().collect();
    let mut table = read_flat(
        file,
        &FlatAsk {
            categories: &ask.category,
            ignore: &left_out,
            only: None,
            text: ask.borrower.as_slice(),
            dates: ask.time.as_slice(),
            null_words: &text.null_words,
            separator: text.separator,
            date_format: text.date_format.as_deref(),
        },
    )?;
    steps("checking");
    let mut columns = RoleColumns::take(&mut table, ask, file)?;
    let mut found = std::mem::take(&mut table.notes);
    let rows = columns.usable(table.rows, file, &mut found)?;
    let test_from = columns.test_from(ask, file)?;
    let (mut features, not_features) = features(table.columns, ask.outcome.as_str());
    specials(&ask.special, &features, &mut settings, file, &mut found)?;
    let day = |row: u32| columns.day.as_ref().map(|days| days[row as usize]);
    let later = |row: &u32| day(*row).zip(test_from).is_some_and(|(day, from)| day >= from);
    let (test, train_rows): (Vec<u32>, Vec<u32>) = rows.into_iter().partition(later);
    if let (Some(from), true) = (test_from, test.is_empty()) {
        found.push(
            Problem::note("table.no_test_rows", "no row is of the first test day or later, so the model is not tested")
                .file(file.display().to_string())
                .column("--test-from")
                .value(from.to_string()),
        );
    }
    let month: Option<Vec<u32>> =
        columns.day.as_ref().map(|days| days.iter().map(|d| if d.known().is_some() { d.month_index().unsigned_abs() } else { 0 }).collect());
    let window = |rows: &[u32]| -> Option<[String; 2]> {
        let days = || rows.iter().filter_map(|r| day(*r));
        Some([days().min()?.to_string(), days().max()?.to_string()])
    };
    let distinct = |rows: &[u32]| columns.borrower.as_ref().map(|b| rows.iter().map(|r| b[*r as usize]).collect::<HashSet<u32>>().len() as u64);
    let total: f64 = train_rows.iter().map(|r| columns.weight_of(*r)).sum();
    let repaid: f64 = train_rows.iter().map(|r| columns.weight_of(*r) * columns.outcome[*r as usize]).sum();
    let name = file.file_name().map_or_else(|| file.display().to_string(), |n| n.to_string_lossy().into_owned());
    let provenance = Provenance {
        trained_on: TrainedOn::Table,
        project: name.clone(),
        outcome: ask.outcome.clone(),
        outcome_meaning: format!("column {}", ask.outcome),
        population: "every row of the table whose outcome is known".into(),
        observed: ask.time.as_ref().map_or_else(|| "at no stated time".into(), |time| format!("by column {time}")),
        train_window: window(&train_rows),
        test_window: window(&test),
        train_cases: train_rows.len() as u64,
        train_borrowers: distinct(&train_rows),
        train_repaid_share: if total > 0.0 { repaid / total } else { 0.0 },
        test_cases: test.len() as u64,
        weight: ask.weight.clone(),
        protected: ask.protected.clone(),
        excluded: columns.excluded.clone(),
        inputs: vec![InputFile { table: "table".into(), path: name, rows: table.rows as u64, fingerprint: table.fingerprint }],
        ..Provenance::default()
    };
    features.columns.retain(|column| !roles.iter().any(|role| ***role == *column.name));
    steps("training");
    let model = train(&TrainingInput {
        features: &features,
        outcome: &columns.outcome,
        weight: columns.weight.as_deref(),
        borrower: columns.borrower.as_deref(),
        month: month.as_deref(),
        arrears: None,
        train: &train_rows,
        test: &test,
        settings: &settings,
        withheld: Vec::new(),
        provenance,
    })
    .map_err(|failure| super::train::in_file(failure, file))?
    .save(out)?;
    if let Some(path) = scorecard {
        card_table(&model).write(path, table_format(path)?)?;
    }
    Ok((FitTableSummary { train: TrainSummary::of(&model, out), not_features }, found))
}

/// Columns that are not features.
struct RoleColumns {
    outcome: Vec<f64>,
    weight: Option<Vec<f64>>,
    day: Option<Vec<Day>>,
    borrower: Option<Vec<u32>>,
    borrower_missing: Vec<u32>,
    excluded: BTreeMap<String, u64>,
}

impl RoleColumns {
    fn take(table: &mut FlatTable, ask: &FitTableAsk, file: &Path) -> Result<RoleColumns> {
        let mut problems = Problems::default();
        let names: Vec<String> = table.columns.iter().map(|c| c.name.to_string()).collect();
        let mut take = |role: &str, name: &str| {
            let column = table.take(name);
            if column.is_none() {
                problems.push(
                    Problem::error("table.unknown_column", format!("the table has no column `{name}`"))
                        .file(file.display().to_string())
                        .column(format!("--{role}"))
                        .value(name)
                        .help(suggestion(name, names.iter().map(String::as_str))),
                );
            }
            column
        };
        let outcome = take("outcome", &ask.outcome);
        let weight = ask.weight.as_ref().and_then(|name| take("weight", name));
        let day = ask.time.as_ref().and_then(|name| take("time", name));
        let borrower = ask.borrower.as_ref().and_then(|name| take("borrower", name));
        let mut numbers = |values: FlatValues, name: &str, what: &str| match values {
            FlatValues::Number(values) => values,
            FlatValues::Words { codes, levels } if levels.iter().all(|l| truth(l).is_some()) => {
                let meaning: Vec<f64> = levels.iter().filter_map(|l| truth(l)).collect();
                codes.iter().map(|code| meaning.get(*code as usize).copied().unwrap_or(f64::NAN)).collect()
            }
            other => {
                let found = (0..other.len()).find_map(|row| other.text(row)).unwrap_or_default();
                problems.push(
                    Problem::error("table.wrong_type", format!("the column {name} does not hold {what}"))
                        .file(file.display().to_string())
                        .column(name)
                        .value(found)
                        .rule(what)
                        .help("write numbers; for the outcome 1 is *repaid* and 0 is not"),
                );
                Vec::new()
            }
        };
        let outcome = outcome.map_or(Vec::new(), |values| numbers(values, &ask.outcome, "0 and 1, or shares between them"));
        let weight = weight.map(|values| numbers(values, ask.weight.as_deref().unwrap_or_default(), "weights"));
        let day = day.and_then(|values| if let FlatValues::Day(days) = values { Some(days) } else { None });
        let borrower = borrower.map(borrowers);
        let borrower_missing = borrower.iter().flatten().enumerate().filter(|(_, b)| **b == NO_LEVEL).map(|(k, _)| k as u32).collect();
        problems.stop_on_error()?;
        Ok(RoleColumns { outcome, weight, day, borrower, borrower_missing, excluded: BTreeMap::new() })
    }

    fn weight_of(&self, row: u32) -> f64 {
        self.weight.as_ref().map_or(1.0, |w| w[row as usize])
    }

    /// Rows whose outcome, and where they are named weight, time and borrower, are known; those set aside are counted and named.
    fn usable(&mut self, rows: usize, file: &Path, found: &mut Problems) -> Result<Vec<u32>> {
        let mut problems = Problems::default();
        let at = |problem: Problem, row: usize| problem.file(file.display().to_string()).row(row as u64 + 2);
        for (row, y) in self.outcome.iter().enumerate().filter(|(_, y)| !y.is_nan() && !(0.0..=1.0).contains(*y)) {
            let problem = Problem::error("table.bad_outcome", "the outcome is neither 0 nor 1 nor a share between them");
            problems.push(at(problem, row).value(y.to_string()).rule("0 to 1; 1 is *repaid*"));
        }
        for (row, w) in self.weight.iter().flatten().enumerate().filter(|(_, w)| **w < 0.0 || w.is_infinite()) {
            problems
                .push(at(Problem::error("table.bad_weight", "the weight is negative or without bound"), row).value(w.to_string()).rule("at least 0"));
        }
        problems.stop_on_error()?;
        let mut reason: Vec<Option<&'static str>> = vec![None; rows];
        let unknown = |values: &[f64]| values.iter().enumerate().filter(|(_, x)| x.is_nan()).map(|(k, _)| k as u32).collect::<Vec<_>>();
        let undated = self.day.iter().flat_map(|days| days.iter().enumerate().filter(|(_, d)| d.known().is_none()).map(|(k, _)| k as u32));
        for (why, rows) in [
            ("no_borrower", self.borrower_missing.clone()),
            ("no_time", undated.collect()),
            ("no_weight", self.weight.as_deref().map_or(Vec::new(), unknown)),
            ("no_outcome", unknown(&self.outcome)),
        ] {
            rows.into_iter().for_each(|row| reason[row as usize] = Some(why));
        }
        for (row, why) in reason.iter().enumerate().filter_map(|(row, why)| Some((row, (*why)?))) {
            *self.excluded.entry(why.to_string()).or_default() += 1;
            let what = why.trim_start_matches("no_");
            found.push(at(Problem::warning("table.not_known", format!("the row has no {what} and is set aside")), row));
        }
        Ok((0..rows as u32).filter(|row| reason[*row as usize].is_none()).collect())
    }

    fn test_from(&self, ask: &FitTableAsk, file: &Path) -> Result<Option<Day>> {
        if ask.test_from.is_some() && self.day.is_none() {
            return Err(Problem::error("table.no_time", "--test-from needs a column of dates")
                .file(file.display().to_string())
                .help("name it: --time COLUMN")
                .fail());
        }
        Ok(ask.test_from)
    }
}

/// What a text file's word for yes or no says.
fn truth(word: &str) -> Option<f64> {
    [("true", 1.0), ("false", 0.0)].into_iter().find(|(text, _)| word.eq_ignore_ascii_case(text)).map(|(_, value)| value)
}

/// A number for each borrower, in the order of identifiers; [`NO_LEVEL`] where there is none.
fn borrowers(values: FlatValues) -> Vec<u32> {
    match values {
        FlatValues::Integer(ids) => {
            let mut distinct: Vec<i64> = ids.iter().copied().filter(|id| *id != i64::MIN).collect();
            distinct.sort_unstable();
            distinct.dedup();
            // In the order of their texts, as a text file of the same table has them: folds are by this number.
            let mut by_text: Vec<usize> = (0..distinct.len()).collect();
            by_text.sort_by_cached_key(|k| distinct[*k].to_string());
            let mut number = vec![0u32; distinct.len()];
            by_text.into_iter().enumerate().for_each(|(place, k)| number[k] = place as u32);
            ids.iter().map(|id| if *id == i64::MIN { NO_LEVEL } else { number[distinct.partition_point(|d| d < id)] }).collect()
        }
        other => other.into_words().0,
    }
}

/// Columns as features, and those that cannot be one with the reason.
fn features(columns: Vec<FlatColumn>, outcome: &str) -> (FeatureTable, Vec<String>) {
    let (mut features, mut not_features) = (FeatureTable::default(), Vec::new());
    for FlatColumn { name, values } in columns.into_iter().filter(|c| *c.name != *outcome) {
        match feature_values(values) {
            Some(values) => {
                features.columns.push(FeatureColumn { meaning: name.clone(), name, expected: Direction::Free, sub_score: SubScore::Neither, values });
            }
            None => not_features.push(format!("{name} (a date; give days since it instead)")),
        }
    }
    (features, not_features)
}

fn feature_values(values: FlatValues) -> Option<Values> {
    match values {
        FlatValues::Number(values) => Some(Values::Number(values)),
        FlatValues::Integer(values) => Some(Values::Number(values.into_iter().map(|v| if v == i64::MIN { f64::NAN } else { v as f64 }).collect())),
        FlatValues::Words { codes, levels } => Some(Values::Category { codes, levels }),
        FlatValues::Day(_) | FlatValues::Text(_) => None,
    }
}

/// Adds the special codes of the command line to the settings.
fn specials(asked: &[String], features: &FeatureTable, settings: &mut ModelSettings, file: &Path, found: &mut Problems) -> Result<()> {
    let mut problems = Problems::default();
    let holds = |column: &FeatureColumn, text: &str| match (&column.values, text.parse::<f64>()) {
        (Values::Number(values), Ok(x)) => values.contains(&x),
        (Values::Category { levels, .. }, _) => levels.iter().any(|l| **l == *text),
        _ => false,
    };
    for ask in asked {
        let (column, values) = ask.split_once('=').map_or((None, ask.as_str()), |(column, values)| (Some(column.trim()), values));
        let values: Vec<&str> = values.split(',').map(str::trim).filter(|v| !v.is_empty()).collect();
        let named: Vec<&FeatureColumn> = match column {
            Some(name) => features.get(name).into_iter().collect(),
            None => features.columns.iter().filter(|c| values.iter().any(|v| holds(c, v))).collect(),
        };
        if let (Some(name), true) = (column, named.is_empty()) {
            problems.push(
                Problem::error("model.unknown_feature", format!("there is no feature `{name}`"))
                    .file(file.display().to_string())
                    .column("--special")
                    .value(ask.as_str())
                    .help(suggestion(name, features.names())),
            );
        }
        for column in named {
            let numeric = matches!(column.values, Values::Number(_));
            for value in &values {
                if !holds(column, value) {
                    found.push(
                        Problem::note("model.special_absent", format!("no row of {} has the special code {value}", column.name))
                            .file(file.display().to_string())
                            .column("--special")
                            .value(ask.as_str()),
                    );
                }
                let special = match value.parse::<f64>() {
                    Ok(x) if numeric => SpecialValue::Number(x),
                    _ if !numeric => SpecialValue::Word((*value).to_string()),
                    _ => {
                        problems.push(
                            Problem::error("model.bad_special", format!("`{}` is numeric, its special codes are numbers", column.name))
                                .file(file.display().to_string())
                                .column("--special")
                                .value(ask.as_str()),
                        );
                        continue;
                    }
                };
                settings.special.entry(column.name.to_string()).or_default().entry((*value).to_string()).or_insert_with(|| vec![special]);
            }
        }
    }
    problems.stop_on_error().map(|_| ())
}

/// `recoup score-table`: the rows of a table scored by a model that `fit-table` made, ranked, written to `out`.
///
/// # Errors
/// Those of the model file; `score.other_model` for a model of a book; those of reading the table; `score.missing_feature`,
/// `score.wrong_type`; `file.io`.
pub fn score_table(
    file: &Path,
    model_file: &Path,
    ids: &[String],
    text: &TextFormat,
    out: &Path,
    steps: Steps<'_>,
) -> Result<(ScoreTableSummary, Problems)> {
    let format = table_format(out)?;
    refuse_input(out, &[file.to_path_buf(), model_file.to_path_buf()])?;
    let model = Model::load(model_file)?;
    let trained_on = model.provenance().trained_on;
    if trained_on != TrainedOn::Table {
        return Err(Problem::error("score.other_model", "this model scores cases of a book of histories, not rows of a table")
            .file(model_file.display().to_string())
            .help(format!("score with `{}`, or train with `recoup fit-table`", trained_on.command()))
            .fail());
    }
    let inputs = model.inputs();
    let used: Vec<String> = inputs.keys().map(|name| name.to_string()).collect();
    let is_words = |cut: &Cut| matches!(cut, Cut::Category { .. });
    let words: Vec<String> = inputs.iter().filter(|(_, cut)| is_words(cut)).map(|(name, _)| name.to_string()).collect();
    // An identifier that is a feature too is read as the feature.
    let only_ids: Vec<String> = ids.iter().filter(|id| !used.contains(id)).cloned().collect();
    steps("reading the table");
    let mut table = read_flat(
        file,
        &FlatAsk {
            categories: &words,
            ignore: &[],
            only: Some(&used),
            text: &only_ids,
            dates: &[],
            null_words: &text.null_words,
            separator: text.separator,
            date_format: text.date_format.as_deref(),
        },
    )
    .map_err(|failure| missing_features(failure, &used))?;
    let (rows, notes) = (table.rows, std::mem::take(&mut table.notes));
    let id_columns: Vec<(String, OutColumn)> = ids
        .iter()
        .filter_map(|name| {
            let values = if used.contains(name) { table.get(name).cloned() } else { table.take(name) }?;
            Some((name.clone(), values.into()))
        })
        .collect();
    let columns: Vec<FeatureColumn> = table
        .columns
        .into_iter()
        .filter_map(|FlatColumn { name, values }| {
            let values = feature_values(values)?;
            Some(FeatureColumn { meaning: name.clone(), name, expected: Direction::Free, sub_score: SubScore::Neither, values })
        })
        .collect();
    steps("scoring");
    // A column that is no number because of one cell: the reader's warning names the row.
    let scored = score_rows(&model, &columns.iter().collect::<Vec<_>>(), rows).map_err(|mut failure| {
        failure.problems.extend(notes.iter().cloned());
        super::train::in_file(failure, file)
    })?;
    drop(columns);
    let summary = ScoreTableSummary::of(&model, model_file, out, &scored);
    steps("writing");
    scored.ranked(id_columns).write(out, format)?;
    Ok((summary, notes))
}

/// A column that the model needs and the table lacks is told as such.
fn missing_features(mut failure: Failure, used: &[String]) -> Failure {
    for problem in failure.problems.iter_mut().filter(|p| p.severity == Severity::Error) {
        if let Some(name) = problem.column.as_deref().filter(|c| problem.code == "data.missing_column" && used.iter().any(|u| u == c)) {
            problem.code = "score.missing_feature";
            problem.message = Arc::from(format!("the model needs the feature `{name}`, which the table does not have"));
        }
    }
    failure
}
