//! The feature table of a run: the catalogue, the project's named periods, account columns, the project's expressions.

use crate::base::config::Project;
use crate::data::cases::Cases;
use crate::data::catalogue::Feature;
use crate::data::expressions::{ColumnValues, Columns, Expression};
use crate::data::features::{Direction, FeatureColumn, FeatureTable, NO_LEVEL, SubScore, Values};
use crate::data::history::Portfolio;

pub(super) fn feature_table(project: &Project, book: &Portfolio, cases: &Cases, catalogue: &[Feature], columns: Vec<Vec<f64>>) -> FeatureTable {
    let mut table = FeatureTable::default();
    for (feature, values) in catalogue.iter().zip(columns) {
        table.columns.push(FeatureColumn {
            name: feature.name.clone(),
            meaning: feature.meaning.clone(),
            expected: feature.expected,
            sub_score: feature.sub_score,
            values: Values::Number(values),
        });
    }
    for (name, period) in &project.regimes {
        let within = |day: &crate::base::dates::Day| f64::from(u8::from((period.from..=period.until).contains(day)));
        table.columns.push(FeatureColumn {
            name: regime_name(name).into(),
            meaning: format!("within {}", name.replace('_', " ")).into(),
            expected: Direction::Free,
            sub_score: SubScore::Neither,
            values: Values::Number(cases.as_of.iter().map(within).collect()),
        });
    }
    for column in &book.account_columns {
        let of = |account: &u32| *account as usize;
        let values = match &column.values {
            Values::Number(v) => Values::Number(cases.account.iter().map(|a| v[of(a)]).collect()),
            Values::Category { codes, levels } => Values::Category {
                codes: cases.account.iter().map(|a| codes.get(of(a)).copied().unwrap_or(NO_LEVEL)).collect(),
                levels: levels.clone(),
            },
        };
        table.columns.push(FeatureColumn {
            name: column.name.clone(),
            meaning: column.name.replace('_', " ").into(),
            expected: Direction::Free,
            sub_score: if &*column.name == "limit" { SubScore::Ability } else { SubScore::Neither },
            values,
        });
    }
    let made: Vec<FeatureColumn> = expressions(project, book, cases, &table);
    table.columns.extend(made);
    table
}

/// The feature of a named period.
pub fn regime_name(period: &str) -> String {
    format!("regime_{period}")
}

/// The project's expressions. Each was read once by `data::check` over every column there is; one whose columns were not selected is left out.
fn expressions(project: &Project, book: &Portfolio, cases: &Cases, table: &FeatureTable) -> Vec<FeatureColumn> {
    if project.expressions.is_empty() {
        return Vec::new();
    }
    let mut columns = Columns::default();
    columns.add_features(table);
    // Facts of the account that are no features by themselves.
    let places = || cases.account.iter().map(|a| *a as usize);
    if !book.income.is_empty() {
        let digits = project.currency.minor_digits;
        columns.add("income", ColumnValues::Number(places().map(|a| book.income[a].major(digits)).collect()));
    }
    if !book.payday.is_empty() {
        columns.add("payday", ColumnValues::Number(places().map(|a| book.payday[a]).collect()));
    }
    let mut made = Vec::new();
    for (name, spec) in &project.expressions {
        let Ok(expression) = Expression::number(&spec.sql, &columns) else { continue };
        made.push(FeatureColumn {
            name: name.as_str().into(),
            meaning: spec.meaning.as_deref().unwrap_or(&spec.sql).into(),
            expected: spec.expected,
            sub_score: spec.sub_score,
            values: Values::Number((0..cases.len()).map(|case| expression.value(&columns, case)).collect()),
        });
    }
    made
}
