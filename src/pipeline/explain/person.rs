//! Everything that the tables hold of one borrower, table by table, and what a run decided of each of their cases.

use super::Decided;
use super::case::explanation;
use super::held::held;
use crate::base::bilingual::Lang;
use crate::base::problem::Result;
use crate::data::catalogue::CATALOGUE;
use crate::data::features::{NO_LEVEL, Values};
use crate::data::history::Portfolio;
use crate::model::bin::short;
use crate::report::person::{FeatureValue, Held, Person, PersonCase, PersonRun};
use crate::report::terminal_explain::said;
use crate::report::words::{or_code, unit};
use std::ops::Range;

/// Adds what a run's book holds of the person, once a project, and what the run decided.
pub(super) fn add(person: &mut Person, d: &Decided<'_>) -> Result<()> {
    let borrower = d.borrower(&person.borrower)?;
    let (project, lang) = (&d.book.project, person.lang);
    let file = project.file.display().to_string();
    if !person.held.iter().any(|held| held.file == file) {
        person.held.push(Held {
            project: project.name.clone(),
            file,
            currency: project.currency.code.clone(),
            tables: held(project, &d.book.portfolio, borrower, accounts(&d.book.portfolio, borrower)),
            notes: notes(d, lang),
        });
    }
    let cases = &d.observed.cases;
    let mine: Vec<usize> = (0..cases.len()).filter(|k| cases.borrower[*k] as usize == borrower).collect();
    let accounts = accounts(&d.book.portfolio, borrower);
    let no_case = accounts.filter(|a| !mine.iter().any(|k| cases.account[*k] as usize == *a)).map(|a| d.book.portfolio.account_ids[a].to_string());
    person.runs.push(PersonRun {
        run: d.run.clone(),
        as_of: d.as_of,
        no_case: no_case.collect(),
        cases: mine.into_iter().map(|k| PersonCase { explanation: explanation(d, k, lang), features: features(d, k, lang) }).collect(),
    });
    Ok(())
}

fn accounts(book: &Portfolio, borrower: usize) -> Range<usize> {
    book.accounts_of[borrower]..book.accounts_of[borrower + 1]
}

fn notes(d: &Decided<'_>, lang: Lang) -> Vec<String> {
    let two = |en: &str, zh: &str| lang.pick(en, zh).to_string();
    let mut notes = Vec::new();
    if !d.book.portfolio.protected.is_empty() {
        notes.push(two(
            "Protected attributes are held for the audit alone: no score, no rule and no strategy uses them.",
            "受保护属性仅为审计而持有：评分、规则和策略均不使用。",
        ));
    }
    for table in d.book.counts.iter().filter(|t| !t.unused_columns.is_empty()) {
        let columns = table.unused_columns.join(", ");
        notes.push(match lang {
            Lang::English => format!("Columns of {} that recoup does not read: {columns}.", table.table),
            Lang::Chinese => format!("{} 表中 recoup 不读取的列：{columns}。", table.table),
        });
    }
    notes.push(two(
        "Records are shown as the files hold them, with their places, those too that were set aside as unusable. Where a file does not say on which day a record became known, the project's rules do.",
        "记录按文件原样显示并注明位置，包括因不可用而被搁置的记录。文件未载明知悉日的，按项目规则推定。",
    ));
    notes
}

fn features(d: &Decided<'_>, k: usize, lang: Lang) -> Vec<FeatureValue> {
    let one = |column: &crate::data::features::FeatureColumn| {
        let value = match &column.values {
            Values::Number(v) => Some(v[k]).filter(|x| !x.is_nan()).map(short),
            Values::Category { codes, levels } => Some(codes[k]).filter(|code| *code != NO_LEVEL).map(|code| levels[code as usize].to_string()),
        };
        let of_catalogue = CATALOGUE.iter().find(|f| f.name == column.name);
        FeatureValue {
            name: column.name.to_string(),
            meaning: said(&column.meaning, lang),
            value,
            unit: of_catalogue.map(|f| or_code(unit(f.unit), f.unit, lang)),
        }
    };
    d.observed.features.columns.iter().map(one).collect()
}
