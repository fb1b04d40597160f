//! What was found: flows, cures and relapses as plain rows, with the shares made of the tally's sums.

use super::Ask;
use super::cycles::Flow;
use super::ratio::Estimate;
use super::tally::{CURED, Cell, IN_ARREARS, Tally};
use crate::base::dates::Day;
use crate::base::units::{Bucket, Money};
use serde::{Serialize, Serializer};

/// The name of every month or every product together.
pub const ALL: &str = "all";
/// The name of an account's product where the book gives none.
pub const NO_PRODUCT: &str = "(none)";
/// The name of M1 to M7+ together.
pub const ARREARS: &str = "M1+";

/// A sum of money that is shown in major units, and as null where nothing is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Amount {
    /// The sum.
    pub money: Money,
    /// The currency's decimals.
    pub digits: u8,
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self.money.known() {
            Some(_) => s.serialize_str(&self.money.text(self.digits)),
            None => s.serialize_none(),
        }
    }
}

/// One flow out of a bucket.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FlowShare {
    /// Its name.
    pub flow: &'static str,
    /// Accounts that took it.
    pub accounts: u64,
    /// Accounts ÷ all accounts of the bucket at the cycle's start. Over the flows of a bucket these add up to 1. `None` for a flow that cannot be:
    /// nothing is cured from M0, nothing rolls on from M7+.
    pub by_count: Option<Estimate>,
    /// Their balance at the cycle's end; of those cured and those that left, at its start, because that is what was cured and what left.
    pub balance: Amount,
    /// That balance ÷ the balance of the bucket at the cycle's start. These need not add up to 1: balances grow and are paid down.
    pub by_balance: Option<Estimate>,
}

/// The flows out of a bucket.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BucketFlows {
    /// The month in which the flows happened, or `all`.
    pub month: String,
    /// The product, or `all`.
    pub product: String,
    /// The bucket at the cycle's start, or `M1+`.
    pub bucket: &'static str,
    /// Accounts in it at the cycle's start; over several cycles, an account counts once a cycle.
    pub n: u64,
    /// Their borrowers.
    pub borrowers: u64,
    /// Their balance at the cycle's start, of those whose balance is known at both ends.
    pub balance: Amount,
    /// Each flow.
    pub flows: Vec<FlowShare>,
}

impl BucketFlows {
    /// One of its flows.
    pub fn flow(&self, flow: Flow) -> &FlowShare {
        &self.flows[flow as usize]
    }
}

/// A roll rate: from a bucket to the next.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RollRate {
    /// The bucket one cycle ago.
    pub from: &'static str,
    /// The bucket now.
    pub to: &'static str,
    /// Accounts in the first bucket one cycle ago.
    pub n: u64,
    /// Their borrowers.
    pub borrowers: u64,
    /// Σ balance now in `to` that was in `from` one cycle ago ÷ Σ balance in `from` one cycle ago.
    pub by_balance: Option<Estimate>,
    /// The same of accounts.
    pub by_count: Option<Estimate>,
}

/// How many accounts in arrears at a month end were in M0 by payment at the next.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CureRate {
    /// The month in which they were cured, or `all`.
    pub month: String,
    /// The product, or `all`.
    pub product: String,
    /// Accounts in M1 or more at the month end before.
    pub n: u64,
    /// Their borrowers.
    pub borrowers: u64,
    /// Accounts cured.
    pub accounts: u64,
    /// Their share; `None` where no account was in arrears.
    pub cure: Option<Estimate>,
}

/// How many of those cured were 30 days past due on some day within 90 days after the cure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RelapseRate {
    /// The month in which they were cured, or `all`.
    pub month: String,
    /// The product, or `all`.
    pub product: String,
    /// Accounts cured whose 90 days are known.
    pub n: u64,
    /// Their borrowers.
    pub borrowers: u64,
    /// Those that relapsed.
    pub accounts: u64,
    /// Their share; `None` where no such account was cured.
    pub relapse: Option<Estimate>,
    /// Accounts cured whose 90 days reach beyond `outcomes_until`, or whose statements end within them.
    pub not_known: u64,
}

/// Flows of a book.
#[derive(Clone, Debug, PartialEq)]
pub struct Rolls {
    /// Start of the first cycle and end of the last.
    pub span: (Day, Day),
    /// How many cycles there are.
    pub cycles: usize,
    /// Accounts that counted in one.
    pub accounts: u64,
    /// Their borrowers.
    pub borrowers: u64,
    /// Whether any balance is known.
    pub has_balance: bool,
    /// Whether the flows are split by product.
    pub by_product: bool,
    /// Flows: all months and products first, then each month, then each product, then each month of each product.
    pub flows: Vec<BucketFlows>,
    /// Cure rates in the same order.
    pub cure: Vec<CureRate>,
    /// Relapse rates in the same order.
    pub relapse: Vec<RelapseRate>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// Of which scope rows are made.
pub(super) struct Names {
    pub month: String,
    pub product: String,
}

impl Rolls {
    /// The roll rates of all months and products.
    pub fn roll_rates(&self) -> Vec<RollRate> {
        let overall = self.flows.iter().filter(|f| f.month == ALL && f.product == ALL);
        overall
            .filter_map(|f| {
                let place = Bucket::NAMES.iter().position(|name| *name == f.bucket)?;
                let flow = f.flow(Flow::RollForward);
                let to = Bucket::NAMES.get(place + 1)?;
                Some(RollRate { from: f.bucket, to, n: f.n, borrowers: f.borrowers, by_balance: flow.by_balance, by_count: flow.by_count })
            })
            .collect()
    }

    /// Makes the rows of a scope. Buckets without an account have none; cure and relapse have one wherever an account counts at all.
    pub(super) fn read<'c>(&mut self, names: &Names, cell: impl Fn(usize) -> Option<&'c Cell>, digits: u8) {
        let (month, product) = (|| names.month.clone(), || names.product.clone());
        let buckets: Vec<(usize, &'static str, &Cell)> =
            Bucket::NAMES.into_iter().chain([ARREARS]).enumerate().filter_map(|(kind, name)| Some((kind, name, cell(kind)?))).collect();
        if buckets.is_empty() {
            return;
        }
        for (kind, bucket, cell) in buckets {
            let money = |sum: i128| Money(if cell.with_balance > 0 { i64::try_from(sum).unwrap_or(i64::MAX) } else { Money::NULL.0 });
            let amount = |sum: i128| Amount { money: money(sum), digits };
            self.has_balance |= cell.with_balance > 0;
            self.flows.push(BucketFlows {
                month: month(),
                product: product(),
                bucket,
                n: whole(cell.count.total()),
                borrowers: cell.count.borrowers(),
                balance: amount(cell.balance.total()),
                flows: Flow::ALL
                    .into_iter()
                    .map(|flow| {
                        let (count, balance) = (cell.count.sums(flow as usize), cell.balance.sums(flow as usize));
                        FlowShare {
                            flow: flow.name(),
                            accounts: whole(count.n),
                            by_count: count.estimate().filter(|_| flow.possible(kind)),
                            balance: amount(balance.n),
                            by_balance: balance.estimate().filter(|_| flow.possible(kind)),
                        }
                    })
                    .collect(),
            });
        }
        let none = Cell::default();
        let late = cell(IN_ARREARS).unwrap_or(&none);
        let cured = late.count.sums(Flow::Cure as usize);
        self.cure.push(CureRate {
            month: month(),
            product: product(),
            n: whole(cured.d),
            borrowers: cured.borrowers,
            accounts: whole(cured.n),
            cure: cured.estimate(),
        });
        let sequel = cell(CURED).unwrap_or(&none);
        let relapsed = sequel.count.sums(0);
        self.relapse.push(RelapseRate {
            month: month(),
            product: product(),
            n: whole(relapsed.d),
            borrowers: relapsed.borrowers,
            accounts: whole(relapsed.n),
            relapse: relapsed.estimate(),
            not_known: sequel.not_known,
        });
    }

    pub(super) fn note(&mut self, tally: &Tally, ask: &Ask) {
        let cells = || (0..8).filter_map(|kind| tally.cell(0, 0, kind));
        let (n, with_balance): (i128, u64) = (cells().map(|c| c.count.total()).sum(), cells().map(|c| c.with_balance).sum());
        if with_balance == 0 {
            self.notes.push("the book has no balances: roll rates are by count only".to_string());
        } else if i128::from(with_balance) < n {
            self.notes.push(format!("by balance: the {with_balance} of {n} account months whose balance is known at both ends"));
        }
        if tally.nothing_owed > 0 {
            self.notes.push(format!(
                "M0 with nothing owed at the cycle's start (paid off but not closed, or not drawn): {} account months; they weigh on M0 by count, not by balance",
                tally.nothing_owed
            ));
        }
        if tally.gaps > 0 {
            self.notes.push(format!("left out, no statement at the cycle's end though later ones exist: {} account months", tally.gaps));
        }
        if ask.by_product && !self.by_product {
            self.notes.push("the accounts table has no column `product`: there is only `all`".to_string());
        }
    }
}

/// A count that began as one.
fn whole(n: i128) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
