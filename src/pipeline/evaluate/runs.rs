//! Past runs of `score` whose outcomes have matured: what they expected beside what came.

use crate::base::config::Observe;
use crate::base::dates::Day;
use crate::base::files::{fingerprint, io_failure};
use crate::base::problem::{Problem, Result};
use crate::data::cases::Maturity;
use crate::data::flat::{FlatAsk, FlatValues, read_flat};
use crate::data::observe::observe;
use crate::pipeline::{Book, Steps};
use crate::report::evaluation::RunMoney;
use crate::study::evaluate::{APART, Dimension, MoneyMonth, money_by_month};
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

/// Every run below a folder, or the run that the folder is, by day.
///
/// # Errors
/// `evaluate.no_runs` where none is found; those of reading a run's files.
pub(super) fn runs(book: &Book, folder: &Path, steps: Steps<'_>) -> Result<(Vec<RunMoney>, Vec<MoneyMonth>)> {
    let is_run = |f: &PathBuf| f.join("manifest.json").is_file() && f.join("ranked.csv").is_file();
    let own = folder.to_path_buf();
    let mut folders: Vec<PathBuf> = if is_run(&own) {
        vec![own]
    } else {
        let entries = std::fs::read_dir(folder).map_err(|e| io_failure(folder, "look for runs in", &e))?;
        entries.flatten().map(|e| e.path()).filter(is_run).collect()
    };
    folders.sort();
    if folders.is_empty() {
        return Err(Problem::error("evaluate.no_runs", "no run is in this folder")
            .file(folder.display().to_string())
            .rule("folders that `recoup score --out` wrote, each with manifest.json and ranked.csv")
            .fail());
    }
    steps("comparing past runs with what came");
    let mut came = Came::default();
    let mut found = folders.iter().map(|f| run(book, f, &mut came)).collect::<Result<Vec<RunMoney>>>()?;
    found.sort_by(|a, b| a.as_of.cmp(&b.as_of).then(a.folder.cmp(&b.folder)));
    let names: BTreeSet<&String> = came.month.iter().collect();
    let values: Vec<String> = names.into_iter().cloned().collect();
    let codes = came.month.iter().map(|m| values.binary_search(m).map_or(APART, |p| p as u32)).collect();
    let by_month = money_by_month(&came.expected, &came.paid, &came.borrower, &Dimension { by: "month".into(), codes, values });
    Ok((found, by_month))
}

/// Cases of all runs whose outcome is known, side by side.
#[derive(Default)]
struct Came {
    days: BTreeSet<Day>,
    expected: Vec<f64>,
    paid: Vec<f64>,
    borrower: Vec<u32>,
    month: Vec<String>,
}

fn run(book: &Book, folder: &Path, came: &mut Came) -> Result<RunMoney> {
    let unreadable =
        |why: String| Problem::error("evaluate.run", why).file(folder.display().to_string()).help("give folders that `recoup score` wrote").fail();
    let manifest = folder.join("manifest.json");
    let text = std::fs::read_to_string(&manifest).map_err(|e| io_failure(&manifest, "read", &e))?;
    let value: serde_json::Value = serde_json::from_str(&text).map_err(|e| unreadable(format!("its manifest is no JSON: {e}")))?;
    let day = value.get("as_of").and_then(serde_json::Value::as_str).and_then(Day::parse_iso);
    let Some(day) = day else { return Err(unreadable("its manifest names no as_of".into())) };
    let of_project = value.pointer("/project/name").and_then(serde_json::Value::as_str).unwrap_or_default();
    let ranked = folder.join("ranked.csv");
    let wanted = ["account_id".to_string(), "expected_recovery".to_string()];
    let ask = FlatAsk {
        categories: &[],
        ignore: &[],
        only: Some(&wanted),
        text: &wanted[..1],
        dates: &[],
        null_words: &[],
        separator: b',',
        date_format: None,
    };
    let mut table = read_flat(&ranked, &ask)?;
    let (Some(ids), Some(FlatValues::Number(hoped))) = (table.take("account_id"), table.take("expected_recovery")) else {
        return Err(unreadable("its ranked.csv has no account_id and expected_recovery".into()));
    };
    let blank = |note: String| RunMoney {
        folder: folder.display().to_string(),
        as_of: day.to_string(),
        cases: hoped.len(),
        matured: 0,
        immature: 0,
        not_matched: 0,
        money: None,
        note: Some(note),
    };
    let recorded = value.pointer("/outputs/ranked.csv").and_then(serde_json::Value::as_str);
    if recorded != Some(fingerprint(&ranked)?.as_str()) {
        return Ok(blank("its ranked.csv is not the one that its manifest records: it was changed after the run".into()));
    }
    if came.days.contains(&day) {
        return Ok(blank("another run of the same day is counted already".into()));
    }
    if !of_project.is_empty() && of_project != book.project.name {
        return Ok(blank(format!("it is a run of another project, {of_project}")));
    }
    if day > book.portfolio.data_until || day < book.portfolio.data_from {
        return Ok(blank(format!("the tables cover {} to {} only", book.portfolio.data_from, book.portfolio.data_until)));
    }
    let observed = observe(&book.project, &book.portfolio, &Observe::Dates(vec![day]));
    let cases = &observed.cases;
    let place: HashMap<&str, usize> = (0..cases.len()).map(|k| (cases.account_id(k), k)).collect();
    let scale = 10f64.powi(i32::from(book.project.currency.minor_digits));
    let (mut expected, mut paid, mut borrower) = (Vec::new(), Vec::new(), Vec::new());
    let (mut immature, mut not_matched) = (0, 0);
    for (row, hoped) in hoped.iter().enumerate() {
        let id = ids.text(row).unwrap_or_default();
        let Some(k) = place.get(id.as_str()).copied() else {
            not_matched += 1;
            continue;
        };
        if cases.maturity[k] == Maturity::Immature {
            immature += 1;
        } else if let Some(arrears) = cases.arrears[k].known().filter(|_| cases.paid_ratio[k].is_finite() && hoped.is_finite()) {
            expected.push(hoped * scale);
            paid.push(arrears as f64 * cases.paid_ratio[k]);
            borrower.push(cases.borrower[k]);
        } else {
            not_matched += 1;
        }
    }
    if expected.is_empty() {
        let none = blank("none of its cases has a known outcome in money yet".into());
        return Ok(RunMoney { immature, not_matched, ..none });
    }
    came.days.insert(day);
    let month: String = day.to_string().chars().take(7).collect();
    let whole = Dimension { by: "run".into(), codes: vec![0; expected.len()], values: vec![month.clone()] };
    let money = money_by_month(&expected, &paid, &borrower, &whole).into_iter().next();
    let matured = expected.len();
    came.month.extend(std::iter::repeat_n(month, matured));
    came.expected.append(&mut expected);
    came.paid.append(&mut paid);
    came.borrower.append(&mut borrower);
    Ok(RunMoney {
        folder: folder.display().to_string(),
        as_of: day.to_string(),
        cases: hoped.len(),
        matured,
        immature,
        not_matched,
        money,
        note: None,
    })
}
