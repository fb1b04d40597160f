//! Checked tables to a portfolio: places for accounts and borrowers, records grouped by place and sorted by date.
//!
//! Takes the tables and gives them up column by column: a file that stands in order is never copied.

mod order;
mod records;

use super::cells::{Cells, Codes, NO_WORD};
use super::check::{Aside, Meanings};
use super::features::{NO_LEVEL, Values};
use super::history::{AccountColumn, AccountWords, Portfolio};
use super::tables::{PlannedColumn, Purpose, Table};
use crate::base::config::Project;
use crate::base::dates::Day;
use crate::base::schema::TableKind;
use crate::base::units::Money;
use records::Records;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

const NOWHERE: u32 = u32::MAX;

/// A table whose rows were judged, to be taken apart.
pub(super) struct Sifted {
    pub table: Table,
    /// Rows that are set aside.
    pub aside: Aside,
    /// What its codes mean, by column.
    pub meanings: BTreeMap<&'static str, Meanings>,
}

impl Sifted {
    fn take(&mut self, name: &str) -> Option<Cells> {
        let place = self.table.column(name)?;
        Some(std::mem::replace(&mut self.table.cells[place], Cells::Day(Vec::new())))
    }

    fn days(&mut self, name: &str) -> Option<Vec<Day>> {
        match self.take(name)? {
            Cells::Day(days) => Some(days),
            _ => None,
        }
    }

    fn money(&mut self, name: &str) -> Option<Vec<Money>> {
        match self.take(name)? {
            Cells::Money(amounts) => Some(amounts),
            _ => None,
        }
    }

    fn numbers(&mut self, name: &str) -> Option<Vec<f64>> {
        match self.take(name)? {
            Cells::Number(numbers) => Some(numbers),
            _ => None,
        }
    }

    fn codes(&mut self, name: &str) -> Option<Codes> {
        match self.take(name)? {
            Cells::Words { codes, .. } => Some(codes),
            _ => None,
        }
    }

    /// For each row, the place of its word in the contract's list; [`NO_WORD`] where it has none.
    fn meaning(&mut self, name: &str) -> Option<Codes> {
        let places = std::mem::take(&mut self.meanings.get_mut(name)?.places);
        let codes = self.codes(name)?;
        Some(codes.map(|code| places.get(code as usize).copied().unwrap_or(NO_WORD)))
    }
}

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

/// Builds the portfolio from the rows that are not set aside.
pub(super) fn portfolio(project: &Project, mut tables: Vec<Sifted>, (data_until, inferred): (Day, bool)) -> Portfolio {
    let mut book = Portfolio {
        data_until,
        data_until_inferred: inferred,
        outcomes_until: project.clock.outcomes_until.unwrap_or(data_until),
        ..Default::default()
    };
    let mut taken = |kind: TableKind| tables.iter().position(|t| t.table.kind == kind).map(|place| tables.swap_remove(place));
    let places = taken(TableKind::Accounts).map(|sifted| accounts(project, sifted, &mut book)).unwrap_or_default();
    let [instalments, payments, statements, contacts, events] =
        [TableKind::Instalments, TableKind::Payments, TableKind::Statements, TableKind::Contacts, TableKind::Events].map(&mut taken);
    let records = Records { project, places: &places, book: &book };
    let ((instalments, payments), (statements, contacts, events)) = rayon::join(
        || rayon::join(|| records.instalments(instalments), || records.payments(payments)),
        || (records.statements(statements), records.contacts(contacts), records.events(events)),
    );
    book.instalments = instalments;
    (book.payments, book.failed_debits) = payments;
    (book.statements, book.contacts) = (statements, contacts);
    (book.account_events, book.borrower_events) = (events.of_accounts, events.of_borrowers);
    (book.promises, book.re_ages, book.written_off_on) = (events.promises, events.re_ages, events.written_off_on);
    let firsts = [&book.instalments.known_on, &book.payments.paid_on, &book.statements.statement_on].map(|days| days.iter().copied().min());
    book.data_from = firsts.into_iter().flatten().min().unwrap_or(data_until);
    book
}

/// Lays out accounts and borrowers. Gives the account place of each account code; [`NOWHERE`] for a code whose account is not used.
fn accounts(project: &Project, mut sifted: Sifted, book: &mut Portfolio) -> Vec<u32> {
    let account_cells = sifted.take("account_id");
    let borrower_cells = sifted.take("borrower_id");
    let Some(ids @ Cells::Words { codes, own, .. }) = &account_cells else { return Vec::new() };
    let codes: Vec<u32> = codes.iter().collect();
    let id = |row: usize| ids.word(codes[row]).unwrap_or_default();
    let mut rows: Vec<u32> = sifted.aside.used().map(|row| row as u32).collect();
    match own.numbers() {
        Some(numbers) => rows.sort_by_key(|row| numbers[codes[*row as usize] as usize]),
        None => rows.sort_by(|a, b| natural(id(*a as usize), id(*b as usize))),
    }
    // Borrowers stand in the order of their first account, so that a file sorted by account stays nearly in order.
    let mut borrower_ids: Vec<Box<str>> = Vec::new();
    let borrower_words = match &borrower_cells {
        Some(Cells::Words { codes, own, .. }) => Some((codes.iter().collect::<Vec<u32>>(), own)),
        _ => None,
    };
    let mut place_of_word = vec![NOWHERE; borrower_words.as_ref().map_or(0, |(_, words)| words.len())];
    let mut borrower_of: Vec<u32> = Vec::with_capacity(rows.len());
    for row in rows.iter().map(|row| *row as usize) {
        // An account without a borrower is its own borrower, by its own identifier.
        let word = borrower_words.as_ref().and_then(|(codes, words)| if codes[row] == NO_WORD { words.place(id(row)) } else { Some(codes[row]) });
        let mut unnamed = NOWHERE;
        let place = word.map_or(&mut unnamed, |word| &mut place_of_word[word as usize]);
        if *place == NOWHERE {
            *place = borrower_ids.len() as u32;
            borrower_ids.push(word.zip(borrower_words.as_ref()).map_or_else(|| id(row), |(word, (_, words))| &words.list()[word as usize]).into());
        }
        borrower_of.push(*place);
    }
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
    book.account_columns = account_columns(&sifted.table, &rows, project.currency.minor_digits, |column| {
        column.purpose == Purpose::Feature || (column.purpose == Purpose::Contract && ["product", "limit"].contains(&column.name.as_str()))
    });
    book.protected = account_columns(&sifted.table, &rows, project.currency.minor_digits, |column| column.purpose == Purpose::Protected);
    let opened = sifted.days("opened_on");
    let closed = sifted.days("closed_on");
    book.opened_on = rows.iter().map(|row| opened.as_ref().map_or(Day::NULL, |d| d[*row as usize])).collect();
    book.closed_on = rows.iter().map(|row| closed.as_ref().and_then(|d| d[*row as usize].known()).unwrap_or(Day::NEVER)).collect();
    book.limit = gathered(sifted.money("limit"), &rows);
    book.income = gathered(sifted.money("income"), &rows);
    book.payday = gathered(sifted.numbers("payday"), &rows);
    book.time_zone = account_words(sifted.take("time_zone"), &rows);
    book.evidence = account_words(sifted.take("evidence"), &rows);
    book.accessible_channels = account_words(sifted.take("accessible_channels"), &rows);
    book.language = account_words(sifted.take("language"), &rows);
    let secured = gathered(sifted.meaning("secured").map(|codes| codes.iter().collect()), &rows);
    // Place 1 of the words is yes.
    book.secured = secured.into_iter().map(|place| if place == NO_WORD { f64::NAN } else { f64::from(place) }).collect();
    place_of
}

/// A column of words in the order of the accounts' places.
fn account_words(cells: Option<Cells>, rows: &[u32]) -> AccountWords {
    let Some(Cells::Words { codes, own, .. }) = cells else { return AccountWords::default() };
    let codes: Vec<u32> = codes.iter().collect();
    AccountWords { codes: rows.iter().map(|row| codes[*row as usize]).collect(), words: own.list().to_vec() }
}

/// A column in the order of the accounts' places; empty if there is none.
fn gathered<T: Copy>(column: Option<Vec<T>>, rows: &[u32]) -> Vec<T> {
    column.map_or_else(Vec::new, |values| rows.iter().map(|row| values[*row as usize]).collect())
}

/// The wanted columns, in the order of the accounts' places. Levels are sorted, so that their order is no row order.
fn account_columns(table: &Table, rows: &[u32], minor_digits: u8, wanted: impl Fn(&PlannedColumn) -> bool) -> Vec<AccountColumn> {
    let mut columns = Vec::new();
    for (column, cells) in table.columns.iter().zip(&table.cells) {
        if !wanted(column) {
            continue;
        }
        let values = match cells {
            Cells::Number(v) => Values::Number(rows.iter().map(|row| v[*row as usize]).collect()),
            Cells::Money(v) => Values::Number(rows.iter().map(|row| v[*row as usize].major(minor_digits)).collect()),
            Cells::Day(_) => continue,
            Cells::Words { codes, own, .. } => {
                let codes: Vec<u32> = codes.iter().collect();
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
