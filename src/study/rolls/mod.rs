//! Roll rates: how accounts and balances move between buckets from one month end to the next, how many are cured, how many of those relapse.
//!
//! Takes a portfolio; gives flows by month, product and bucket, each with a 95 % interval by borrower. Works borrower by borrower in fixed
//! chunks and sums whole numbers, so nothing depends on threads. Deliberately absent: stocks. A bucket's size says nothing of who moved.

mod cycles;
mod ratio;
mod tally;
mod found;

pub use cycles::Flow;
pub use found::{ALL, ARREARS, Amount, BucketFlows, CureRate, FlowShare, NO_PRODUCT, RelapseRate, RollRate, Rolls};
pub use ratio::{Estimate, Sums, wilson};

use crate::base::config::Project;
use crate::base::dates::Day;
use crate::base::problem::{Problem, Result};
use crate::data::features::Values;
use crate::data::history::Portfolio;
use crate::data::path::Path;
use crate::data::schedule::Schedules;
use cycles::{Calendar, Walker};
use found::Names;
use rayon::prelude::*;
use tally::{Shape, Tally};

/// What to look at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ask {
    /// Whether to split by product.
    pub by_product: bool,
    /// First day on which a cycle may begin; the data's first day if absent.
    pub from: Option<Day>,
    /// Last day on which one may end; `outcomes_until` if absent or later.
    pub until: Option<Day>,
}

/// Flows of every account that was begun, not closed, not written off and not deceased at a cycle's start.
///
/// A cycle is a calendar month, month end to month end. Ledger accounts stand where their path stands at the end of those days; accounts with
/// statements where the statements of one month and the next say. The roll rate from Mk to Mk+1 is the balance now in Mk+1 that was in Mk one
/// cycle ago ÷ the balance in Mk one cycle ago, and the same by count. Balances below zero count as zero; a balance counts where both of its
/// ends are known.
///
/// # Errors
/// `rolls.no_cycle` if the book, or the part that was asked for, holds no whole cycle; `rolls.no_account` if no account counts in one.
pub fn rolls(project: &Project, book: &Portfolio, ask: &Ask) -> Result<Rolls> {
    let last = book.data_until.min(book.outcomes_until);
    let (from, until) = (ask.from.unwrap_or(book.data_from).max(book.data_from), ask.until.unwrap_or(last).min(last));
    let calendar = Calendar::new(from, until);
    let problem = |code, message: &str| Problem::error(code, message).file(project.file.display().to_string()).value(format!("{from} to {until}"));
    let Some(span) = calendar.span() else {
        return Err(problem("rolls.no_cycle", "there is no whole cycle to look at")
            .rule("two month ends, one calendar month apart, within the data and not after outcomes_until")
            .help("give more history or a wider --from and --until; if the tables cover the last month to its end, say so: [clock] data_until")
            .fail());
    };
    let column = book.account_columns.iter().find(|c| &*c.name == "product").filter(|_| ask.by_product);
    let (mut products, codes) = match column.map(|c| &c.values) {
        Some(Values::Category { codes, levels }) => (levels.clone(), codes.as_slice()),
        _ => (Vec::new(), [].as_slice()),
    };
    let by_product = !products.is_empty() || !codes.is_empty();
    if by_product {
        products.push(NO_PRODUCT.into());
    }
    let shape = Shape { cycles: calendar.cycles(), products: products.len() };
    // Levels in order from 1, and the last place for what is none of them.
    let product_of = |account: usize| if by_product { (codes[account] as usize).min(products.len() - 1) + 1 } else { 0 };
    let tally = book
        .chunks()
        .into_par_iter()
        .with_min_len(4)
        .fold(
            || Tally::new(shape),
            |mut tally, borrowers| {
                let mut walker = Walker {
                    book,
                    calendar: &calendar,
                    tolerance: project.tolerance,
                    path: Path::default(),
                    schedules: Schedules::default(),
                    gaps: 0,
                    borrower_gone: None,
                };
                for borrower in borrowers {
                    for account in book.accounts_of[borrower]..book.accounts_of[borrower + 1] {
                        let mut counted = false;
                        walker.account(borrower, account, |step| {
                            tally.add(product_of(account), &step);
                            counted = true;
                        });
                        tally.accounts += u64::from(counted);
                    }
                    tally.end_borrower();
                }
                tally.gaps += walker.gaps;
                tally
            },
        )
        .reduce_with(Tally::merge)
        .unwrap_or_else(|| Tally::new(shape));
    if tally.accounts == 0 {
        return Err(problem("rolls.no_account", "no account counts in a cycle")
            .rule("begun, not closed, not written off and not deceased at a cycle's start")
            .help("look at `recoup check`, or give a wider --from and --until")
            .fail());
    }
    let mut found = Rolls {
        span,
        cycles: calendar.cycles(),
        accounts: tally.accounts,
        borrowers: tally.borrowers,
        has_balance: false,
        by_product,
        flows: Vec::new(),
        cure: Vec::new(),
        relapse: Vec::new(),
        notes: Vec::new(),
    };
    let digits = project.currency.minor_digits;
    for product in 0..=products.len() {
        for month in 0..=calendar.cycles() {
            let names = Names {
                month: if month == 0 { ALL.to_string() } else { calendar.month(month - 1) },
                product: if product == 0 { ALL.to_string() } else { products[product - 1].to_string() },
            };
            found.read(&names, |kind| tally.cell(month, product, kind), digits);
        }
    }
    // Months before products, as a reader goes from the whole to its parts.
    let order = |month: &str, product: &str| (month != ALL && product != ALL, product != ALL);
    found.flows.sort_by_key(|f| order(&f.month, &f.product));
    found.cure.sort_by_key(|f| order(&f.month, &f.product));
    found.relapse.sort_by_key(|f| order(&f.month, &f.product));
    found.note(&tally, ask);
    Ok(found)
}
