//! What `rolls` found, laid out for a terminal: flows by bucket by count and by balance, then cures, relapses and roll rates by product and by
//! month.

use super::summary::RollsSummary;
use super::terminal::{count, percent, table};
use crate::study::rolls::{ALL, BucketFlows, CureRate, Estimate, Flow, RelapseRate};
use std::fmt::Write;

/// Months shown; all of them are in `--json` and in the file.
const SHOWN_MONTHS: usize = 24;
/// Products shown.
const SHOWN_PRODUCTS: usize = 20;
/// Buckets whose roll rate is shown a month or a product.
const SHOWN_BUCKETS: [(&str, &str); 4] = [("M0", "M0→M1"), ("M1", "M1→M2"), ("M2", "M2→M3"), ("M3", "M3→M4")];

/// A share with its interval, `12.3 % (10.1 to 14.8)`; `-` where there is none.
fn interval(estimate: Option<Estimate>) -> String {
    match estimate {
        Some(Estimate { share, low: Some(low), high: Some(high) }) => {
            format!("{} ({:.1} to {:.1})", percent(Some(share)), low * 100.0, high * 100.0)
        }
        other => percent(other.map(|e| e.share)),
    }
}

/// What `rolls` found.
pub fn rolls(summary: &RollsSummary) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{} accounts of {} borrowers over {} month-end cycles, {} to {}",
        count(summary.accounts),
        count(summary.borrowers),
        summary.cycles,
        summary.from,
        summary.until
    );
    let _ =
        writeln!(out, "\nwhere accounts went within a cycle, by the bucket at its start (share of accounts; brackets: 95 % interval by borrower)");
    let _ = writeln!(out, "{}", by_count(&summary.by_bucket));
    if summary.has_balance {
        let _ = writeln!(
            out,
            "\nthe same by balance: balance at the cycle's end (cured, left: at its start) ÷ balance of the bucket at its start; need not add up to 100 %"
        );
        let _ = writeln!(out, "{}", by_balance(&summary.by_bucket, &summary.currency));
    }
    let products = rates(&summary.by_product, &summary.cure, &summary.relapse, |month, product| (month == ALL && product != ALL).then_some(product));
    if !products.is_empty() {
        let (shown, left) = products.split_at(products.len().min(SHOWN_PRODUCTS));
        rates_tables(&mut out, "product", shown, &format!("{} more products", left.len()), !left.is_empty());
    }
    let months = rates(&summary.by_month, &summary.cure, &summary.relapse, |month, product| (product == ALL && month != ALL).then_some(month));
    let all = rates(&summary.by_bucket, &summary.cure, &summary.relapse, |month, product| (product == ALL && month == ALL).then_some(month));
    let (left, shown) = months.split_at(months.len().saturating_sub(SHOWN_MONTHS));
    let shown = [shown, all.as_slice()].concat();
    rates_tables(&mut out, "month", &shown, &format!("{} earlier months", left.len()), !left.is_empty());
    for note in &summary.notes {
        let _ = writeln!(out, "note: {note}");
    }
    if let Some(file) = &summary.file {
        let _ = writeln!(out, "every flow: {file}");
    }
    out
}

fn by_count(buckets: &[BucketFlows]) -> String {
    let rows = buckets.iter().map(|b| {
        let plain = |flow| percent(b.flow(flow).by_count.map(|e| e.share));
        let wide = |flow| interval(b.flow(flow).by_count);
        vec![
            b.bucket.to_string(),
            count(b.n),
            count(b.borrowers),
            wide(Flow::RollForward),
            plain(Flow::Jump),
            plain(Flow::Stay),
            plain(Flow::RollBack),
            wide(Flow::Cure),
            plain(Flow::ReAge),
            plain(Flow::Left),
        ]
    });
    let header = ["from", "account months", "borrowers", "roll forward", "jumped", "stayed", "rolled back", "cured", "re-aged", "left"];
    table(&header, rows)
}

fn by_balance(buckets: &[BucketFlows], currency: &str) -> String {
    let rows = buckets.iter().map(|b| {
        let plain = |flow| percent(b.flow(flow).by_balance.map(|e| e.share));
        let digits = b.balance.digits;
        vec![
            b.bucket.to_string(),
            b.balance.money.text(digits),
            interval(b.flow(Flow::RollForward).by_balance),
            plain(Flow::Jump),
            plain(Flow::Stay),
            plain(Flow::RollBack),
            interval(b.flow(Flow::Cure).by_balance),
            plain(Flow::ReAge),
            plain(Flow::Left),
        ]
    });
    let balance = format!("balance, {currency}");
    table(&["from", &balance, "roll forward", "jumped", "stayed", "rolled back", "cured", "re-aged", "left"], rows)
}

/// One line of a table by month or by product.
#[derive(Clone, Copy)]
struct Rates<'a> {
    name: &'a str,
    cure: &'a CureRate,
    relapse: Option<&'a RelapseRate>,
    rolls: [Option<Estimate>; SHOWN_BUCKETS.len()],
}

/// The lines whose month and product `name` gives a name.
fn rates<'a>(
    flows: &'a [BucketFlows],
    cure: &'a [CureRate],
    relapse: &'a [RelapseRate],
    name: impl for<'b> Fn(&'b str, &'b str) -> Option<&'b str>,
) -> Vec<Rates<'a>> {
    let named = cure.iter().filter_map(|c| Some((name(&c.month, &c.product)?, c)));
    named
        .map(|(name, cure)| {
            let same = |month: &str, product: &str| month == cure.month && product == cure.product;
            let roll = |bucket: &str| {
                let row = flows.iter().find(|f| f.bucket == bucket && same(&f.month, &f.product))?;
                row.flow(Flow::RollForward).by_count
            };
            Rates { name, cure, relapse: relapse.iter().find(|r| same(&r.month, &r.product)), rolls: SHOWN_BUCKETS.map(|(bucket, _)| roll(bucket)) }
        })
        .collect()
}

/// Cures and relapses, then roll rates, a line a month or a product.
fn rates_tables(out: &mut String, what: &str, lines: &[Rates<'_>], more: &str, is_more: bool) {
    let rows = lines.iter().map(|line| {
        vec![
            line.name.to_string(),
            count(line.cure.n),
            interval(line.cure.cure),
            count(line.relapse.map_or(0, |r| r.n)),
            interval(line.relapse.and_then(|r| r.relapse)),
            count(line.relapse.map_or(0, |r| r.not_known)),
        ]
    });
    let _ = writeln!(out, "\ncures by {what}, and relapses of those cured then: 30 days past due within 90 days after the cure (share of accounts)");
    let _ = writeln!(out, "{}", table(&[what, "in arrears", "cured", "sequel known", "relapsed", "not yet known"], rows));
    let header: Vec<&str> = std::iter::once(what).chain(SHOWN_BUCKETS.map(|(_, title)| title)).collect();
    let rows = lines.iter().map(|line| std::iter::once(line.name.to_string()).chain(line.rolls.iter().map(|e| interval(*e))).collect());
    let _ = writeln!(out, "\nroll rates by {what} (share of accounts)\n{}", table(&header, rows));
    if is_more {
        let _ = writeln!(out, "{more} in --json and --out");
    }
}
