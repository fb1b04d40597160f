//! Changes made to the tables of a slice, and the portfolio that is built of them by the one road there is: check, then build.

use super::{Change, Datum, Slice};
use crate::base::config::Project;
use crate::base::dates::Day;
use crate::base::problem::Problems;
use crate::base::units::Money;
use crate::data::cells::{Builder, Cells, NO_WORD};
use crate::data::check::check;
use crate::data::history::Portfolio;
use crate::data::tables::{Table, Tables};

impl Slice {
    /// The tables after some changes.
    pub fn changed(&self, changes: &[Change]) -> Tables {
        let mut tables: Vec<Table> = self.parts.iter().map(|part| part.table.clone()).collect();
        let mut kept: Vec<Vec<bool>> = tables.iter().map(|table| vec![true; table.rows]).collect();
        for change in changes {
            match change {
                Change::Gone { table, row } => kept[*table][*row] = false,
                Change::Blank { table, row, column } => {
                    if let Some(Cells::Day(days)) = tables[*table].column(column).map(|place| &mut tables[*table].cells[place]) {
                        days[*row] = Day::NULL;
                    }
                }
                Change::Moved { table, row, days } => {
                    for name in super::dates(tables[*table].kind) {
                        if let Some(Cells::Day(dates)) = tables[*table].column(name).map(|place| &mut tables[*table].cells[place])
                            && let Some(day) = dates[*row].known()
                        {
                            dates[*row] = day.plus(*days);
                        }
                    }
                }
                Change::Invented { table, like, cells } => {
                    invent(&mut tables[*table], *like, cells);
                    kept[*table].push(true);
                }
            }
        }
        for (table, kept) in tables.iter_mut().zip(&kept) {
            retain(table, kept);
        }
        Tables { list: tables }
    }
}

/// Puts a record behind the others.
fn invent(table: &mut Table, like: Option<usize>, cells: &[(usize, Datum)]) {
    for (place, column) in table.columns.iter().enumerate() {
        let datum = cells.iter().find(|(at, _)| *at == place).map(|(_, datum)| datum);
        let old = std::mem::replace(&mut table.cells[place], Cells::Day(Vec::new()));
        let mut builder = Builder::new(column.of, None, 0, &[], None);
        builder.cells = old;
        let word = match datum {
            Some(Datum::Word(word)) => Some(builder.code_of(word)),
            _ => None,
        };
        match (&mut builder.cells, datum) {
            (Cells::Words { codes, .. }, _) => codes.push(word.or(like.map(|row| codes.get(row))).unwrap_or(NO_WORD)),
            (Cells::Day(days), Some(Datum::Day(day))) => days.push(*day),
            (Cells::Money(amounts), Some(Datum::Money(amount))) => amounts.push(*amount),
            (Cells::Number(numbers), Some(Datum::Number(number))) => numbers.push(*number),
            (Cells::Day(days), _) => days.push(like.map_or(Day::NULL, |row| days[row])),
            (Cells::Money(amounts), _) => amounts.push(like.map_or(Money::NULL, |row| amounts[row])),
            (Cells::Number(numbers), _) => numbers.push(like.map_or(f64::NAN, |row| numbers[row])),
        }
        table.cells[place] = builder.cells;
    }
    table.rows += 1;
}

/// Keeps the rows that are marked.
fn retain(table: &mut Table, kept: &[bool]) {
    fn only<T>(column: &mut Vec<T>, kept: &[bool]) {
        let mut kept = kept.iter();
        column.retain(|_| kept.next() == Some(&true));
    }
    if kept.iter().all(|kept| *kept) {
        return;
    }
    for cells in &mut table.cells {
        match cells {
            Cells::Words { codes, .. } => codes.retain(kept),
            Cells::Day(days) => only(days, kept),
            Cells::Money(amounts) => only(amounts, kept),
            Cells::Number(numbers) => only(numbers, kept),
        }
    }
    let place = |row: u32| kept[..row as usize].iter().filter(|kept| **kept).count() as u32;
    table.aside = table.aside.iter().filter(|row| kept[**row as usize]).map(|row| place(*row)).collect();
    table.rows = kept.iter().filter(|kept| **kept).count();
}

/// Checks and builds changed tables.
///
/// A table all of whose rows are set aside stops a run, for it shows that a column is mapped wrongly. Of a few borrowers it shows nothing, so
/// such a table counts as empty here. `None` if something else stands in the way.
pub fn rebuild(project: &Project, mut tables: Tables) -> Option<Portfolio> {
    loop {
        let checked = check(project, tables.clone(), Problems::default());
        if checked.portfolio.is_some() {
            return checked.portfolio;
        }
        let mut emptied = false;
        for (table, count) in tables.list.iter_mut().zip(&checked.counts) {
            if count.rows_used == 0 && table.rows > 0 {
                let none = vec![false; table.rows];
                retain(table, &none);
                emptied = true;
            }
        }
        if !emptied {
            return None;
        }
    }
}
