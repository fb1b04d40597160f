//! What commands write as tables: the cases with their features, flows between buckets, and the problems.

use crate::base::config::Project;
use crate::base::dates::Day;
use crate::base::files::write_whole;
use crate::base::problem::{Problem, Result};
use crate::base::units::{Bucket, Money};
use crate::data::cases::{Maturity, Outcomes};
use crate::data::episodes::AccountEpisode;
use crate::data::features::Values;
use crate::data::history::Portfolio;
use crate::data::observe::Observed;
use crate::data::path::EpisodeEnd;
use crate::data::write::{OutColumn, OutTable};
use crate::model::card::{CardRow, card};
use crate::model::file::Model;
use crate::study::rolls::{BucketFlows, Estimate, FlowShare, RelapseRate, Rolls};
use std::path::Path;
use std::sync::Arc;

/// The scorecard: one row for the base, each bin of each feature and each bucket group.
pub fn card_table(model: &Model) -> OutTable {
    let rows = card(model);
    let text = |of: &dyn Fn(&CardRow) -> &str| OutColumn::Text(rows.iter().map(|r| of(r).into()).collect());
    let number = |of: &dyn Fn(&CardRow) -> f64| OutColumn::Number(rows.iter().map(of).collect());
    let whole = |of: &dyn Fn(&CardRow) -> Option<i64>| OutColumn::Integer(rows.iter().map(|r| of(r).unwrap_or(i64::MIN)).collect());
    OutTable::default()
        .with("feature", text(&|r| &r.feature))
        .with("bin", text(&|r| &r.bin))
        .with("n", whole(&|r| r.n.map(|n| n as i64)))
        .with("share", number(&|r| r.share))
        .with("repaid_share", number(&|r| r.repaid_share))
        .with("woe", number(&|r| r.woe))
        .with("woe_low", number(&|r| r.woe_interval[0]))
        .with("woe_high", number(&|r| r.woe_interval[1]))
        .with("information_value", number(&|r| r.information_value))
        .with("coefficient", number(&|r| r.coefficient))
        .with("contribution_micro_log_odds", whole(&|r| Some(r.contribution)))
        .with("points", number(&|r| r.points))
        .with("share_contribution_micro_log_odds", whole(&|r| r.share_contribution))
        .with("bin_exact", text(&|r| &r.exact))
}

/// One row a case: who, when, what was known, what followed.
pub fn cases_table(project: &Project, observed: Observed) -> OutTable {
    let cases = &observed.cases;
    let digits = project.currency.minor_digits;
    let text = |f: &dyn Fn(usize) -> String| OutColumn::Text((0..cases.len()).map(|k| f(k).into()).collect());
    let buckets: Vec<Box<str>> = Bucket::NAMES.iter().map(|name| (*name).into()).collect();
    let maturities: Vec<Box<str>> = ["mature", "immature", "left_the_book", "no_outcome_for_this_history"].map(Into::into).to_vec();
    let maturity = |k: &Maturity| match k {
        Maturity::Mature => 0,
        Maturity::Immature => 1,
        Maturity::LeftTheBook => 2,
        Maturity::NoOutcome => 3,
    };
    let repaid = |k: usize| if cases.maturity[k] == Maturity::Mature { f64::from(u8::from(cases.repaid[k])) } else { f64::NAN };
    let mut table = identified(&observed)
        .with("bucket_name", OutColumn::Words { codes: cases.bucket.iter().map(|b| u32::from(b.0)).collect(), words: Arc::new(buckets) })
        .with("overdue", OutColumn::Money(cases.arrears.clone(), digits))
        .with("holds", text(&|k| cases.holds[k].names().collect::<Vec<_>>().join(" ")))
        .with("maturity", OutColumn::Words { codes: cases.maturity.iter().map(maturity).collect(), words: Arc::new(maturities) })
        .with("repaid", OutColumn::Number((0..cases.len()).map(repaid).collect()))
        .with("paid_ratio", OutColumn::Number(cases.paid_ratio.clone()));
    for (place, (name, _)) in Outcomes::UNKNOWN.named().into_iter().enumerate() {
        let known = |outcomes: &Outcomes| outcomes.named()[place].1.map_or(f64::NAN, |yes| f64::from(u8::from(yes)));
        table = table.with(name, OutColumn::Number(cases.outcomes.iter().map(known).collect()));
    }
    with_features(table, observed)
}

/// One row an episode: whose, from when, to when, how it ended.
pub fn episodes_table(book: &Portfolio, episodes: &[AccountEpisode]) -> OutTable {
    let ends = [EpisodeEnd::Open, EpisodeEnd::Payment, EpisodeEnd::ReAge, EpisodeEnd::ChargeOff];
    let place = |end: EpisodeEnd| ends.iter().position(|e| *e == end).unwrap_or(0) as u32;
    let day = |of: &dyn Fn(&AccountEpisode) -> Day| OutColumn::Day(episodes.iter().map(of).collect());
    OutTable::default()
        .with("account_id", OutColumn::Words { codes: episodes.iter().map(|e| e.account).collect(), words: book.account_ids.clone() })
        .with("borrower_id", OutColumn::Words { codes: episodes.iter().map(|e| e.borrower).collect(), words: book.borrower_ids.clone() })
        .with("entry", day(&|e| e.episode.entry))
        .with("end", day(&|e| if e.episode.end == Day::NEVER { Day::NULL } else { e.episode.end }))
        .with(
            "ended_by",
            OutColumn::Words {
                codes: episodes.iter().map(|e| place(e.episode.how)).collect(),
                words: Arc::new(ends.iter().map(|end| end.name().into()).collect()),
            },
        )
        .with("max_dpd", OutColumn::Integer(episodes.iter().map(|e| i64::from(e.max_dpd)).collect()))
}

/// One row a case: who, when, and the features alone.
pub fn features_table(observed: Observed) -> OutTable {
    with_features(identified(&observed), observed)
}

fn identified(observed: &Observed) -> OutTable {
    let cases = &observed.cases;
    OutTable::default()
        .with("account_id", OutColumn::Words { codes: cases.account.clone(), words: cases.account_ids.clone() })
        .with("borrower_id", OutColumn::Words { codes: cases.borrower.clone(), words: cases.borrower_ids.clone() })
        .with("as_of", OutColumn::Day(cases.as_of.clone()))
}

/// Takes the features, so that a large table is never held twice.
fn with_features(mut table: OutTable, observed: Observed) -> OutTable {
    for column in observed.features.columns {
        let values = match column.values {
            Values::Number(v) => OutColumn::Number(v),
            Values::Category { codes, levels } => OutColumn::Words { codes, words: Arc::new(levels) },
        };
        table = table.with(&column.name, values);
    }
    table
}

/// Flows in long form: one row a month, product, bucket and flow, `all` where they are taken together. Relapses follow, from bucket `cured`.
pub fn rolls_table(rolls: &Rolls, digits: u8) -> OutTable {
    let flows: Vec<(&BucketFlows, &FlowShare)> = rolls.flows.iter().flat_map(|b| b.flows.iter().map(move |f| (b, f))).collect();
    let relapse = &rolls.relapse;
    let text = |of_flow: &dyn Fn(&BucketFlows, &FlowShare) -> String, of_relapse: &dyn Fn(&RelapseRate) -> String| {
        let all = flows.iter().map(|(b, f)| of_flow(b, f)).chain(relapse.iter().map(of_relapse));
        OutColumn::Text(all.map(String::into_boxed_str).collect())
    };
    let whole = |of_flow: &dyn Fn(&BucketFlows, &FlowShare) -> u64, of_relapse: &dyn Fn(&RelapseRate) -> u64| {
        let all = flows.iter().map(|(b, f)| of_flow(b, f)).chain(relapse.iter().map(of_relapse));
        OutColumn::Integer(all.map(|n| i64::try_from(n).unwrap_or(i64::MAX)).collect())
    };
    let number = |of: &dyn Fn(&Estimate) -> Option<f64>, of_flow: &dyn Fn(&FlowShare) -> Option<Estimate>, with_relapse: bool| {
        let all = flows.iter().map(|(_, f)| of_flow(f)).chain(relapse.iter().map(|r| r.relapse.filter(|_| with_relapse)));
        OutColumn::Number(all.map(|e| e.as_ref().and_then(of).unwrap_or(f64::NAN)).collect())
    };
    let money = |of_flow: &dyn Fn(&BucketFlows, &FlowShare) -> Money| {
        OutColumn::Money(flows.iter().map(|(b, f)| of_flow(b, f)).chain(relapse.iter().map(|_| Money::NULL)).collect(), digits)
    };
    let not_known = flows.iter().map(|_| f64::NAN).chain(relapse.iter().map(|r| r.not_known as f64)).collect();
    OutTable::default()
        .with("month", text(&|b, _| b.month.clone(), &|r| r.month.clone()))
        .with("product", text(&|b, _| b.product.clone(), &|r| r.product.clone()))
        .with("from_bucket", text(&|b, _| b.bucket.into(), &|_| "cured".into()))
        .with("flow", text(&|_, f| f.flow.into(), &|_| "relapse".into()))
        .with("n", whole(&|b, _| b.n, &|r| r.n))
        .with("borrowers", whole(&|b, _| b.borrowers, &|r| r.borrowers))
        .with("accounts", whole(&|_, f| f.accounts, &|r| r.accounts))
        .with("share_by_count", number(&|e| Some(e.share), &|f| f.by_count, true))
        .with("low_by_count", number(&|e| e.low, &|f| f.by_count, true))
        .with("high_by_count", number(&|e| e.high, &|f| f.by_count, true))
        .with("balance_then", money(&|b, _| b.balance.money))
        .with("balance", money(&|_, f| f.balance.money))
        .with("share_by_balance", number(&|e| Some(e.share), &|f| f.by_balance, false))
        .with("low_by_balance", number(&|e| e.low, &|f| f.by_balance, false))
        .with("high_by_balance", number(&|e| e.high, &|f| f.by_balance, false))
        .with("not_known", OutColumn::Number(not_known))
}

const PROBLEM_COLUMNS: [&str; 9] = ["severity", "code", "message", "file", "row", "column", "value", "rule", "help"];

/// Whether a file is one that [`write_problems`] wrote, so that it may be emptied when its problems are gone.
pub fn is_problems_file(path: &Path) -> bool {
    let header = PROBLEM_COLUMNS.join(",");
    std::fs::read_to_string(path).is_ok_and(|text| text.lines().next() == Some(&header))
}

/// Writes every problem to a CSV file: one row each.
///
/// # Errors
/// `file.io` if it cannot be written.
pub fn write_problems<'a>(problems: impl Iterator<Item = &'a Problem>, path: &Path) -> Result<()> {
    write_whole(path, |out| {
        let mut writer = csv::Writer::from_writer(out);
        writer.write_record(PROBLEM_COLUMNS)?;
        for p in problems {
            let row = p.row.map(|r| r.to_string()).unwrap_or_default();
            writer.write_record([
                p.severity.name(),
                p.code,
                &p.message,
                p.file.as_deref().unwrap_or(""),
                &row,
                p.column.as_deref().unwrap_or(""),
                p.value.as_deref().unwrap_or(""),
                p.rule.as_deref().unwrap_or(""),
                p.help.as_deref().unwrap_or(""),
            ])?;
        }
        writer.flush()
    })
}
