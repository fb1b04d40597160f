//! Inputs shaped like the outcome: a column that alone separates repaid from not repaid almost perfectly was, most likely, written after the fact.
//! No test of dates finds it, for it bears none, or a wrong one.

use crate::base::config::Project;
use crate::base::dates::Day;
use crate::base::units::Money;
use crate::data::cases::Maturity;
use crate::data::features::{NO_LEVEL, Values};
use crate::data::history::{Portfolio, range};
use crate::data::observe::Observed;
use crate::model::evaluate::area_under_curve;
use rayon::prelude::*;
use serde::Serialize;

/// Above this, a column is named. A collections AUC of 0.98 is an alarm; no single honest column comes near 0.95.
const SHAPED_AUC: f64 = 0.95;
/// Fewer mature cases say nothing.
const LEAST_CASES: usize = 50;
/// Of fewer cases of an outcome, chance alone gives such an AUC: with ten, 0.95 is five standard deviations from one half.
const LEAST_OF_EACH: usize = 10;
/// Levels of a category with fewer cases are taken together.
const LEAST_OF_LEVEL: usize = 20;

/// An input that looks like the outcome.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shaped {
    /// The column.
    pub column: String,
    /// Where it comes from.
    pub of: &'static str,
    /// `max(AUC, 1 − AUC)` of repaid by it alone.
    pub auc: f64,
    /// Mature cases that have it.
    pub n: usize,
    /// Those of them repaid.
    pub repaid: usize,
    /// What to do.
    pub advice: &'static str,
}

/// What looking at the inputs gave.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Shapes {
    /// Mature cases of the whole book.
    pub mature_cases: usize,
    /// Columns looked at.
    pub columns: usize,
    /// Those that look like the outcome, most alike first.
    pub found: Vec<Shaped>,
    /// The column most alike, whether it is named or not.
    pub closest: Option<Shaped>,
    /// Why nothing could be looked at.
    pub not_looked_at: Option<String>,
}

const ACCOUNT_COLUMN: &str = "account column";
const AMOUNT_DUE: &str = "amount due";
const FEATURE: &str = "feature";

/// One column, made when it is looked at: all of them at once would hold a large book's features twice.
struct Column<'a> {
    name: String,
    of: &'static str,
    /// Its values over the mature cases; `NaN` where it has none.
    values: Box<dyn Fn() -> Vec<f64> + Sync + 'a>,
}

/// Looks at every input over all mature cases of the book.
pub(super) fn look(project: &Project, book: &Portfolio, observed: &Observed) -> Shapes {
    let cases = &observed.cases;
    let mature: Vec<usize> = (0..cases.len()).filter(|k| cases.maturity[*k] == Maturity::Mature).collect();
    let repaid: Vec<bool> = mature.iter().map(|k| cases.repaid[*k]).collect();
    let good = repaid.iter().filter(|r| **r).count();
    let mut shapes = Shapes { mature_cases: mature.len(), ..Default::default() };
    if mature.len() < LEAST_CASES || good.min(repaid.len() - good) < LEAST_OF_EACH {
        shapes.not_looked_at = Some(format!(
            "the book has {} mature cases, {good} of them repaid; it takes {LEAST_CASES}, and {LEAST_OF_EACH} of each outcome",
            mature.len()
        ));
        return shapes;
    }
    let columns = columns(project, book, observed, &mature, &repaid);
    let looked: Vec<Vec<Shaped>> = columns.par_iter().map(|column| both(column, &repaid)).collect();
    let mut all: Vec<Shaped> = looked.into_iter().flatten().collect();
    all.sort_by(|a, b| b.auc.total_cmp(&a.auc));
    shapes.columns = all.len();
    shapes.closest = all.first().cloned();
    all.retain(|column| column.auc > SHAPED_AUC);
    shapes.found = all;
    shapes
}

/// Every input: features and account columns, facts of the account that are no features, amounts due.
fn columns<'a>(project: &'a Project, book: &'a Portfolio, observed: &'a Observed, mature: &'a [usize], repaid: &'a [bool]) -> Vec<Column<'a>> {
    let cases = &observed.cases;
    let of_accounts: Vec<&str> = book.account_columns.iter().map(|c| &*c.name).chain(["secured"]).collect();
    let mut columns: Vec<Column<'a>> = Vec::new();
    let mut add =
        |name: &str, of: &'static str, values: Box<dyn Fn() -> Vec<f64> + Sync + 'a>| columns.push(Column { name: name.into(), of, values });
    for column in &observed.features.columns {
        let of = if of_accounts.contains(&&*column.name) { ACCOUNT_COLUMN } else { FEATURE };
        match &column.values {
            Values::Number(v) => add(&column.name, of, Box::new(|| mature.iter().map(|k| v[*k]).collect())),
            Values::Category { codes, levels } => {
                add(&column.name, of, Box::new(|| by_share(&mature.iter().map(|k| codes[*k]).collect::<Vec<_>>(), levels.len(), repaid)))
            }
        }
    }
    let digits = project.currency.minor_digits;
    let account = |k: &usize| cases.account[*k] as usize;
    if !book.income.is_empty() {
        add("income", ACCOUNT_COLUMN, Box::new(move || mature.iter().map(|k| book.income[account(k)].major(digits)).collect()));
    }
    if !book.payday.is_empty() {
        add("payday", ACCOUNT_COLUMN, Box::new(move || mature.iter().map(|k| book.payday[account(k)]).collect()));
    }
    for (name, which) in [("latest amount due", 0), ("next amount due", 1), ("sum scheduled", 2)] {
        let due = move |k: &usize| due(book, account(k), cases.as_of[*k])[which].major(digits);
        add(name, AMOUNT_DUE, Box::new(move || mature.iter().map(due).collect()));
    }
    columns
}

/// How much a column is like the outcome where it has a value, and whether it has one; nothing of what too few cases tell.
fn both(column: &Column<'_>, repaid: &[bool]) -> Vec<Shaped> {
    let values = (column.values)();
    let known = |x: &f64| !x.is_nan();
    let mut found = Vec::new();
    if values.iter().any(known) {
        let (x, y): (Vec<f64>, Vec<bool>) = values.iter().zip(repaid).filter(|(x, _)| known(x)).map(|(x, r)| (*x, *r)).unzip();
        found.extend(shaped(column.name.clone(), column.of, &x, &y));
        if !values.iter().all(known) {
            let missing: Vec<f64> = values.iter().map(|x| f64::from(u8::from(x.is_nan()))).collect();
            found.extend(shaped(format!("{} is missing", column.name), column.of, &missing, repaid));
        }
    }
    found
}

fn shaped(column: String, of: &'static str, values: &[f64], repaid: &[bool]) -> Option<Shaped> {
    let good = repaid.iter().filter(|r| **r).count();
    if values.len() < LEAST_CASES || good.min(repaid.len() - good) < LEAST_OF_EACH {
        return None;
    }
    let auc = area_under_curve(values, repaid)?;
    let advice = match of {
        ACCOUNT_COLUMN => "ask when it is written: if after the outcome, leave it out (ignored = [ … ]) or take it as it stood at as_of",
        AMOUNT_DUE => "ask whether the amount is the one agreed or the one in the end paid, fees and discounts included",
        _ => "look at the records it is made of: their dates say that they were known, and their values look as if they were written later",
    };
    Some(Shaped { column, of, auc: auc.max(1.0 - auc), n: repaid.len(), repaid: good, advice })
}

/// A category as a number: the share repaid of its level, levels of few cases taken together.
fn by_share(codes: &[u32], levels: usize, repaid: &[bool]) -> Vec<f64> {
    let mut counts = vec![(0usize, 0usize); levels];
    for (code, repaid) in codes.iter().zip(repaid) {
        if let Some(count) = counts.get_mut(*code as usize) {
            count.0 += 1;
            count.1 += usize::from(*repaid);
        }
    }
    let few = counts.iter().filter(|(n, _)| *n < LEAST_OF_LEVEL).fold((0, 0), |sum, (n, good)| (sum.0 + n, sum.1 + good));
    let share = |(n, good): (usize, usize)| good as f64 / n.max(1) as f64;
    let of = |code: &u32| match counts.get(*code as usize) {
        Some(count) if count.0 >= LEAST_OF_LEVEL => share(*count),
        Some(_) => share(few),
        None => f64::NAN,
    };
    debug_assert!(codes.iter().all(|code| *code == NO_LEVEL || (*code as usize) < levels));
    codes.iter().map(of).collect()
}

/// The latest amount due, the next one, and the sum of all, as known on a day; of statements the amount that the latest one asks for.
fn due(book: &Portfolio, account: usize, as_of: Day) -> [Money; 3] {
    let i = &book.instalments;
    let known = || range(&i.offsets, account).filter(|k| i.known_on[*k] <= as_of);
    let latest = known().rfind(|k| i.due_on[*k] <= as_of).map(|k| Money(i.amount[k]));
    let next = known().find(|k| i.due_on[*k] > as_of).map(|k| Money(i.amount[k]));
    let sum = known().map(|k| i.amount[k]).reduce(i64::saturating_add).map(Money);
    let s = &book.statements;
    let asked = range(&s.offsets, account).rev().find(|k| s.statement_on[*k] <= as_of && s.known_on[*k] <= as_of).map(|k| s.amount_due[k]);
    [latest.or(asked), next, sum].map(|amount| amount.unwrap_or(Money::NULL))
}
