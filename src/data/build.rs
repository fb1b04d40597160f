//! Checked tables to a portfolio: places for accounts and borrowers, records grouped by place and sorted by date.

use super::cells::{Cells, NO_WORD};
use super::check::{Sieve, used};
use super::features::{NO_LEVEL, Values};
use super::history::{AccountColumn, Contacts, Event, Instalments, Payments, Portfolio, Statements, gather, group, match_reversals};
use super::tables::Purpose;
use crate::base::config::Project;
use crate::base::dates::Day;
use crate::base::schema::TableKind;
use crate::base::units::{Bucket, Money};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

const NOWHERE: u32 = u32::MAX;

/// Orders identifiers as people do: numbers by value, then texts. Total, and the same for any order of rows.
fn natural(a: &str, b: &str) -> Ordering {
    let number = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    match (number(a), number(b)) {
        (true, true) => {
            let (x, y) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
            x.len().cmp(&y.len()).then_with(|| x.cmp(y)).then_with(|| a.cmp(b))
        }
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => a.cmp(b),
    }
}

struct Builder<'a> {
    project: &'a Project,
    sieves: &'a [Sieve<'a>],
    /// Place of each account code; [`NOWHERE`] for a code whose account is not used.
    place_of: Vec<u32>,
}

/// Builds the portfolio from the rows that are not set aside.
pub(super) fn portfolio(project: &Project, sieves: &[Sieve<'_>], (data_until, inferred): (Day, bool)) -> Portfolio {
    let mut book = Portfolio {
        data_until,
        data_until_inferred: inferred,
        outcomes_until: project.clock.outcomes_until.unwrap_or(data_until),
        ..Default::default()
    };
    let mut builder = Builder { project, sieves, place_of: Vec::new() };
    builder.accounts(&mut book);
    let ((instalments, payments), (statements, contacts, (events, event_offsets))) = rayon::join(
        || rayon::join(|| builder.instalments(&book), || builder.payments(&book)),
        || (builder.statements(&book), builder.contacts(&book), builder.events(&book)),
    );
    (book.instalments, book.payments) = (instalments, payments);
    (book.statements, book.contacts, book.events, book.event_offsets) = (statements, contacts, events, event_offsets);
    let firsts = [&book.instalments.known_on, &book.payments.paid_on, &book.statements.statement_on].map(|days| days.iter().copied().min());
    book.data_from = firsts.into_iter().flatten().min().unwrap_or(data_until);
    book
}

impl Builder<'_> {
    fn sieve(&self, kind: TableKind) -> Option<&Sieve<'_>> {
        self.sieves.iter().find(|s| s.table.kind == kind)
    }

    /// Day on which a record became known: as the source says, else `happened + posting lag`; never before it happened.
    fn known(&self, known: Option<&[Day]>, row: usize, happened: Day) -> Day {
        known.and_then(|k| k[row].known()).unwrap_or(happened.plus(self.project.clock.posting_lag_days)).max(happened)
    }

    fn accounts(&mut self, book: &mut Portfolio) {
        let Some(sieve) = self.sieve(TableKind::Accounts) else { return };
        let Some(ids @ Cells::Words { codes, .. }) = sieve.table.cells("account_id") else { return };
        let id = |row: usize| ids.word(codes[row]).unwrap_or_default();
        let borrowers = sieve.table.cells("borrower_id");
        // An account without a borrower is its own borrower.
        let borrower = |row: usize| -> &str {
            match borrowers {
                Some(cells @ Cells::Words { codes, .. }) => cells.word(codes[row]).unwrap_or_else(|| id(row)),
                _ => id(row),
            }
        };
        let mut rows: Vec<u32> = used(&sieve.aside).map(|row| row as u32).collect();
        rows.sort_by(|a, b| natural(id(*a as usize), id(*b as usize)));
        // Borrowers stand in the order of their first account, so that a file sorted by account stays nearly in order.
        let mut borrower_ids: Vec<Box<str>> = Vec::new();
        let mut borrower_place: HashMap<&str, u32> = HashMap::new();
        let borrower_of: Vec<u32> = rows
            .iter()
            .map(|row| {
                let name = borrower(*row as usize);
                *borrower_place.entry(name).or_insert_with(|| {
                    borrower_ids.push(name.into());
                    borrower_ids.len() as u32 - 1
                })
            })
            .collect();
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|k| borrower_of[*k]);
        let rows: Vec<u32> = order.iter().map(|k| rows[*k]).collect();
        book.accounts_of = vec![0; borrower_ids.len() + 1];
        borrower_of.iter().for_each(|b| book.accounts_of[*b as usize + 1] += 1);
        for k in 0..borrower_ids.len() {
            book.accounts_of[k + 1] += book.accounts_of[k];
        }
        let mut place_of = vec![NOWHERE; codes.iter().filter(|c| **c != NO_WORD).max().map_or(0, |m| *m as usize + 1)];
        for (place, row) in rows.iter().enumerate() {
            place_of[codes[*row as usize] as usize] = place as u32;
        }
        book.account_ids = Arc::new(rows.iter().map(|row| id(*row as usize).into()).collect());
        book.borrower_ids = Arc::new(borrower_ids);
        book.opened_on = rows.iter().map(|row| sieve.days("opened_on").map_or(Day::NULL, |d| d[*row as usize])).collect();
        book.closed_on = rows.iter().map(|row| sieve.days("closed_on").and_then(|d| d[*row as usize].known()).unwrap_or(Day::NEVER)).collect();
        book.account_columns = account_columns(sieve, &rows, self.project.currency.minor_digits);
        self.place_of = place_of;
    }

    /// The account place of every row of a table; [`NOWHERE`] for rows set aside.
    fn places(&self, sieve: &Sieve<'_>) -> Vec<u32> {
        let codes = sieve.codes("account_id").unwrap_or(&[]);
        codes
            .iter()
            .zip(&sieve.aside)
            .map(|(code, aside)| if *aside { NOWHERE } else { self.place_of.get(*code as usize).copied().unwrap_or(NOWHERE) })
            .collect()
    }

    fn instalments(&self, book: &Portfolio) -> Instalments {
        let Some(sieve) = self.sieve(TableKind::Instalments) else { return Instalments::default() };
        let (Some(due), Some(amount)) = (sieve.days("due_on"), sieve.money("amount")) else { return Instalments::default() };
        let place = self.places(sieve);
        let known = sieve.days("known_on");
        let (offsets, rows) = group(book.accounts(), &place, due, |a, b| amount[a as usize].cmp(&amount[b as usize]));
        // A schedule is known from the agreement on: the account's opening where the source does not say, or else the due date itself, the
        // latest day on which it can have been agreed.
        let known_on = rows
            .iter()
            .map(|row| {
                let row = *row as usize;
                let opened = book.opened_on.get(place[row] as usize).copied().unwrap_or(Day::NULL);
                known.and_then(|k| k[row].known()).or(opened.known()).unwrap_or(due[row])
            })
            .collect();
        Instalments { due_on: gather(due, &rows), known_on, amount: rows.iter().map(|row| amount[*row as usize].0).collect(), offsets }
    }

    fn payments(&self, book: &Portfolio) -> Payments {
        let Some(sieve) = self.sieve(TableKind::Payments) else { return Payments::default() };
        let (Some(paid), Some(amount)) = (sieve.days("paid_on"), sieve.money("amount")) else { return Payments::default() };
        let known = sieve.days("known_on");
        let tie = |a: u32, b: u32| {
            let known = |row: u32| self.known(known, row as usize, paid[row as usize]);
            // Payments before reversals of the same day, then larger first: any fixed rule will do, so long as it is no row order.
            known(a).cmp(&known(b)).then_with(|| amount[b as usize].cmp(&amount[a as usize]))
        };
        let (offsets, rows) = group(book.accounts(), &self.places(sieve), paid, tie);
        let mut payments = Payments {
            known_on: rows.iter().map(|row| self.known(known, *row as usize, paid[*row as usize])).collect(),
            paid_on: gather(paid, &rows),
            amount: rows.iter().map(|row| amount[*row as usize].0).collect(),
            reversed_on: Vec::new(),
            offsets,
        };
        match_reversals(&mut payments);
        payments
    }

    fn statements(&self, book: &Portfolio) -> Statements {
        let Some(sieve) = self.sieve(TableKind::Statements) else { return Statements::default() };
        let Some(days) = sieve.days("statement_on") else { return Statements::default() };
        let known = sieve.days("known_on");
        let (offsets, rows) = group(book.accounts(), &self.places(sieve), days, |_, _| Ordering::Equal);
        let meanings: Vec<_> = self.project.table(TableKind::Statements).map(|s| s.status.values().copied().collect()).unwrap_or_default();
        let dpd_given = match sieve.table.cells("days_past_due") {
            Some(Cells::Number(v)) => Some(v),
            _ => None,
        };
        let mut statements = Statements {
            statement_on: gather(days, &rows),
            known_on: rows.iter().map(|row| self.known(known, *row as usize, days[*row as usize])).collect(),
            offsets,
            ..Default::default()
        };
        for row in rows.iter().map(|row| *row as usize) {
            let status = sieve.meaning("status", row).and_then(|p| meanings.get(p as usize).copied());
            let bucket = sieve.meaning("bucket", row).map(|p| Bucket(p as u8));
            let dpd = dpd_given.map(|v| v[row]).filter(|d| !d.is_nan()).map(|d| d as i32);
            let bucket_of_dpd = dpd.map(Bucket::of_dpd).or(bucket).or(status.map(|s| s.bucket)).unwrap_or_default();
            statements.dpd.push(dpd.unwrap_or(bucket_of_dpd.lower_dpd()));
            statements.bucket.push(bucket_of_dpd);
            statements.current.push(status.map_or(bucket_of_dpd == Bucket(0), |s| s.current));
        }
        let money = |name: &str| rows.iter().map(|row| sieve.money(name).map_or(Money::NULL, |m| m[*row as usize])).collect();
        statements.balance = money("balance");
        statements.amount_due = money("amount_due");
        statements.amount_paid = money("amount_paid");
        statements.arrears = money("arrears");
        statements
    }

    fn contacts(&self, book: &Portfolio) -> Contacts {
        let Some(sieve) = self.sieve(TableKind::Contacts) else { return Contacts::default() };
        let Some(days) = sieve.days("contacted_on") else { return Contacts::default() };
        let known = sieve.days("known_on");
        let (offsets, rows) = group(book.accounts(), &self.places(sieve), days, |_, _| Ordering::Equal);
        Contacts {
            logged: true,
            contacted_on: gather(days, &rows),
            known_on: rows.iter().map(|row| self.known(known, *row as usize, days[*row as usize])).collect(),
            // Place 1 of the directions is inbound.
            outbound: rows.iter().map(|row| sieve.meaning("direction", *row as usize) != Some(1)).collect(),
            offsets,
        }
    }

    fn events(&self, book: &Portfolio) -> (Vec<Event>, Vec<usize>) {
        let none = (Vec::new(), vec![0; book.borrowers() + 1]);
        let Some(sieve) = self.sieve(TableKind::Events) else { return none };
        let Some(from) = sieve.days("from") else { return none };
        let (to, known) = (sieve.days("to"), sieve.days("known_on"));
        let borrower_cells = sieve.table.cells("borrower_id");
        let borrower_place: HashMap<&str, u32> = book.borrower_ids.iter().enumerate().map(|(k, id)| (&**id, k as u32)).collect();
        let borrower_of_account: Vec<u32> =
            (0..book.borrowers()).flat_map(|b| std::iter::repeat_n(b as u32, book.accounts_of[b + 1] - book.accounts_of[b])).collect();
        let mut list: Vec<(u32, Event)> = Vec::new();
        for row in used(&sieve.aside) {
            let account = sieve.codes("account_id").map(|c| c[row]).filter(|c| *c != NO_WORD).map(|c| self.place_of[c as usize]);
            let borrower = match account {
                Some(place) => borrower_of_account.get(place as usize).copied(),
                None => match borrower_cells {
                    Some(cells @ Cells::Words { codes, .. }) => cells.word(codes[row]).and_then(|w| borrower_place.get(w).copied()),
                    _ => None,
                },
            };
            if let (Some(borrower), Some(kind)) = (borrower, sieve.meaning("kind", row)) {
                let event = Event {
                    account,
                    kind: kind as u8,
                    from: from[row],
                    to: to.and_then(|t| t[row].known()).unwrap_or(Day::NEVER),
                    known_on: self.known(known, row, from[row]),
                };
                list.push((borrower, event));
            }
        }
        list.sort_by_key(|(b, e)| (*b, e.from, e.known_on, e.account, e.kind, e.to));
        let mut offsets = vec![0; book.borrowers() + 1];
        list.iter().for_each(|(b, _)| offsets[*b as usize + 1] += 1);
        for k in 0..book.borrowers() {
            offsets[k + 1] += offsets[k];
        }
        (list.into_iter().map(|(_, e)| e).collect(), offsets)
    }
}

/// Product, limit and the project's own columns, in the order of the accounts' places. Levels are sorted, so that their order is no row
/// order.
fn account_columns(sieve: &Sieve<'_>, rows: &[u32], minor_digits: u8) -> Vec<AccountColumn> {
    let mut columns = Vec::new();
    for (column, cells) in sieve.table.columns.iter().zip(&sieve.table.cells) {
        let wanted = column.purpose == Purpose::Feature || ["product", "limit"].contains(&column.name.as_str());
        if !wanted {
            continue;
        }
        let values = match cells {
            Cells::Number(v) => Values::Number(rows.iter().map(|row| v[*row as usize]).collect()),
            Cells::Money(v) => Values::Number(rows.iter().map(|row| v[*row as usize].major(minor_digits)).collect()),
            Cells::Day(_) => continue,
            Cells::Words { codes, own, .. } => {
                let mut order: Vec<usize> = (0..own.list().len()).collect();
                order.sort_by(|a, b| own.list()[*a].cmp(&own.list()[*b]));
                let mut level_of = vec![NO_LEVEL; order.len()];
                order.iter().enumerate().for_each(|(level, word)| level_of[*word] = level as u32);
                Values::Category {
                    codes: rows.iter().map(|row| level_of.get(codes[*row as usize] as usize).copied().unwrap_or(NO_LEVEL)).collect(),
                    levels: order.iter().map(|word| own.list()[*word].clone()).collect(),
                }
            }
        };
        columns.push(AccountColumn { name: column.name.as_str().into(), values });
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_stand_in_the_order_of_people() {
        let mut ids = ["b2", "10", "9", "010", "a"];
        ids.sort_by(|a, b| natural(a, b));
        assert_eq!(ids, ["9", "010", "10", "a", "b2"]);
    }
}
