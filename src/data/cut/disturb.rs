//! Disturbances of what was not yet known on a day: records deleted, moved in time, and invented. None of them may change a feature of that day.
//!
//! Every choice is drawn from the numbers that the caller hands in, so a seed decides it all. Invented records are copies of existing ones with
//! other dates and amounts, of every kind that the tables can hold; the key of a table is made new, and no statement takes the date of
//! another: the checker sets such repetitions aside by their order in the file, which is no matter of hindsight.

use super::{Change, Datum, Part, Slice, dates, source_word};
use crate::base::config::Project;
use crate::base::dates::Day;
use crate::base::schema::{DIRECTIONS, EVENT_KINDS, RESULTS, TableKind};
use crate::base::units::Money;
use crate::data::cells::Cells;
use crate::data::tables::Purpose;

/// Gives a whole number below its argument.
pub type Draw<'a> = &'a mut dyn FnMut(u64) -> u64;

/// Whose records are invented, and within which days.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Identifier of the account.
    pub account: &'a str,
    /// Identifier of its borrower.
    pub borrower: &'a str,
    /// The day whose features must not change.
    pub as_of: Day,
    /// The last day of the data.
    pub until: Day,
}

/// Records are moved by up to this many days.
const FURTHEST: i32 = 120;
/// What an amount is made from where there is none to copy, in minor units.
const SOME_AMOUNT: i64 = 5_000;

/// A record in the making.
struct Sketch<'p> {
    table: usize,
    part: &'p Part,
    like: Option<usize>,
    cells: Vec<(usize, Datum)>,
}

impl Sketch<'_> {
    /// Sets one of our columns, if the source has it.
    fn set(&mut self, name: &str, datum: Datum) {
        if let Some(place) = self.part.table.column(name) {
            self.cells.retain(|(at, _)| *at != place);
            self.cells.push((place, datum));
        }
    }

    fn has(&self, name: &str) -> bool {
        self.part.table.column(name).is_some()
    }

    /// An amount of the record that it is like.
    fn amount(&self, name: &str) -> i64 {
        let of = |row: usize| match self.part.table.cells(name) {
            Some(Cells::Money(amounts)) => amounts[row].known(),
            _ => None,
        };
        self.like.and_then(of).filter(|amount| *amount != 0).map_or(SOME_AMOUNT, i64::abs)
    }
}

/// A day from `first` to `last`; `first` if there is none.
fn between(draw: Draw<'_>, first: Day, last: Day) -> Day {
    first.plus(draw((last.since(first).max(0) + 1) as u64) as i32)
}

/// Ten to two hundred percent of an amount.
fn about(draw: Draw<'_>, amount: i64) -> Money {
    Money((amount / 100).max(1).saturating_mul(10 + draw(191) as i64))
}

impl Slice {
    /// Half of what was not known by `as_of` is gone.
    pub fn deleted(&self, project: &Project, as_of: Day, draw: Draw<'_>) -> Vec<Change> {
        self.cut(project, as_of).into_iter().filter(|_| draw(2) == 0).collect()
    }

    /// Every record not known by `as_of` is moved by some days, and stays not known then.
    pub fn shifted(&self, project: &Project, as_of: Day, until: Day, draw: Draw<'_>) -> Vec<Change> {
        let gone = self.cut(project, as_of).into_iter().filter_map(|change| match change {
            Change::Gone { table, row } => Some((table, row)),
            _ => None,
        });
        let mut changes = Vec::new();
        for (table, row) in gone {
            let part = &self.parts[table];
            let kind = part.table.kind;
            let Some(known) = part.known_on[row].known().filter(|_| kind != TableKind::Accounts) else { continue };
            let ends = dates(kind)[..2].iter().filter_map(|name| part.table.days(name)?[row].known());
            // A schedule may reach beyond the data.
            let latest = if kind == TableKind::Instalments { None } else { ends.max() };
            let (first, last) = ((as_of.plus(1).since(known)).max(-FURTHEST), latest.map_or(FURTHEST, |day| until.since(day)).min(FURTHEST));
            let moved = first + draw((last - first + 1).max(1) as u64) as i32;
            if first > last || moved == 0 || (kind == TableKind::Statements && self.taken(table, row, part.happened_on[row].plus(moved), as_of)) {
                continue;
            }
            changes.push(Change::Moved { table, row, days: moved });
        }
        changes
    }

    /// Whether the account of a statement had another one of a day, known by `as_of`.
    fn taken(&self, table: usize, row: usize, day: Day, as_of: Day) -> bool {
        let part = &self.parts[table];
        let Some(codes) = part.table.codes("account_id") else { return true };
        let account = codes.get(row);
        (0..part.table.rows).any(|other| codes.get(other) == account && part.happened_on[other] == day && self.was_known(table, other, as_of))
    }

    /// Records that were not known by `as_of`, for they never were.
    pub fn invented(&self, project: &Project, target: Target<'_>, draw: Draw<'_>) -> Vec<Change> {
        let mut changes = Vec::new();
        for (table, part) in self.parts.iter().enumerate() {
            match part.table.kind {
                TableKind::Accounts => {}
                TableKind::Instalments => (0..2).for_each(|_| changes.extend(self.instalment(table, target, None, draw))),
                TableKind::Payments => (0..4).for_each(|what| changes.extend(self.payment(project, table, target, what, draw))),
                TableKind::Statements => (0..2).for_each(|_| changes.extend(self.statement(table, target, draw))),
                TableKind::Contacts => (0..3).for_each(|_| changes.extend(self.contact(project, table, target, draw))),
                TableKind::Events => {
                    EVENT_KINDS.iter().for_each(|kind| changes.extend(self.event(project, table, target, kind, draw)));
                }
            }
        }
        changes
    }

    /// A copy of some record of the account, else of any, with a key of its own.
    fn sketch(&self, table: usize, target: Target<'_>, draw: Draw<'_>) -> Sketch<'_> {
        let part = &self.parts[table];
        let of_account = |row: &usize| match part.table.cells("account_id") {
            Some(cells @ Cells::Words { codes, .. }) => cells.word(codes.get(*row)) == Some(target.account),
            _ => false,
        };
        let mut rows: Vec<usize> = (0..part.table.rows).filter(of_account).collect();
        if rows.is_empty() {
            rows = (0..part.table.rows).collect();
        }
        let like = if rows.is_empty() { None } else { Some(rows[draw(rows.len() as u64) as usize]) };
        let mut sketch = Sketch { table, part, like, cells: Vec::new() };
        for (place, _) in part.table.columns.iter().enumerate().filter(|(_, column)| column.purpose == Purpose::Key) {
            sketch.cells.push((place, Datum::Word(format!("invented {}", draw(u64::MAX)).into())));
        }
        sketch.set("account_id", Datum::Word(target.account.into()));
        sketch
    }

    /// Dates a record that is not known by `as_of`: it happens later, or, where the source says what was known when, it happened before and
    /// becomes known later. Gives the day from which it is known; `None` where the data end with `as_of`.
    fn date(&self, sketch: &mut Sketch<'_>, target: Target<'_>, draw: Draw<'_>) -> Option<Day> {
        let first = target.as_of.plus(1);
        if first > target.until {
            return None;
        }
        let known = between(draw, first, target.until.min(target.as_of.plus(FURTHEST)));
        let behind = sketch.has("known_on") && draw(2) == 0;
        let happened = if behind { target.as_of.plus(-(draw(45) as i32)) } else { known };
        sketch.set(dates(sketch.part.table.kind)[0], Datum::Day(happened));
        sketch.set("known_on", Datum::Day(known));
        Some(known)
    }

    fn finish(sketch: Sketch<'_>) -> Change {
        Change::Invented { table: sketch.table, like: sketch.like, cells: sketch.cells }
    }

    /// An instalment known later, of whatever due date; with `agreed` on that day.
    fn instalment(&self, table: usize, target: Target<'_>, agreed: Option<Day>, draw: Draw<'_>) -> Option<Change> {
        let mut sketch = self.sketch(table, target, draw);
        let amount = about(draw, sketch.amount("amount"));
        sketch.set("amount", Datum::Money(amount));
        // Without a date of its own a schedule is known from the account's opening on: nothing can be added to it later.
        if !sketch.has("known_on") {
            return None;
        }
        let known = agreed.unwrap_or_else(|| target.as_of.plus(1 + draw(60) as i32));
        let due = between(draw, target.as_of.plus(-60), target.as_of.plus(90));
        sketch.set("known_on", Datum::Day(known));
        sketch.set("due_on", Datum::Day(due));
        Some(Self::finish(sketch))
    }

    /// A payment, a reversal of another, a bounced debit or a small payment, by `what`.
    fn payment(&self, project: &Project, table: usize, target: Target<'_>, what: usize, draw: Draw<'_>) -> Option<Change> {
        let mut sketch = self.sketch(table, target, draw);
        self.date(&mut sketch, target, draw)?;
        let copied = sketch.amount("amount");
        let amount = match what {
            1 => Money(-copied),
            3 => Money(1),
            _ => about(draw, copied),
        };
        sketch.set("amount", Datum::Money(amount));
        let result = if what == 2 { "failed" } else { "paid" };
        sketch.set("result", Datum::Word(source_word(project, TableKind::Payments, "result", result)));
        Some(Self::finish(sketch))
    }

    fn statement(&self, table: usize, target: Target<'_>, draw: Draw<'_>) -> Option<Change> {
        let mut sketch = self.sketch(table, target, draw);
        self.date(&mut sketch, target, draw)?;
        // The date must be one of no other statement: see the head of this file.
        let first = target.as_of.plus(1);
        let part = sketch.part;
        let free: Vec<Day> = (0..=target.until.min(target.as_of.plus(FURTHEST)).since(first))
            .map(|k| first.plus(k))
            .filter(|day| !part.happened_on.contains(day) && draw(2) == 0)
            .collect();
        let day = *free.get(draw(free.len().max(1) as u64) as usize)?;
        sketch.set("statement_on", Datum::Day(day));
        sketch.set("known_on", Datum::Day(day));
        for name in ["balance", "amount_due", "amount_paid", "arrears"] {
            let amount = about(draw, sketch.amount(name));
            sketch.set(name, Datum::Money(amount));
        }
        let dpd = draw(400) as f64;
        sketch.set("days_past_due", Datum::Number(dpd));
        Some(Self::finish(sketch))
    }

    fn contact(&self, project: &Project, table: usize, target: Target<'_>, draw: Draw<'_>) -> Option<Change> {
        let mut sketch = self.sketch(table, target, draw);
        self.date(&mut sketch, target, draw)?;
        for (name, words) in [("result", RESULTS), ("direction", DIRECTIONS)] {
            let word = words[draw(words.len() as u64) as usize];
            sketch.set(name, Datum::Word(source_word(project, TableKind::Contacts, name, word)));
        }
        Some(Self::finish(sketch))
    }

    /// An event of a kind; a re-age with the schedule that it brings.
    fn event(&self, project: &Project, table: usize, target: Target<'_>, kind: &str, draw: Draw<'_>) -> Vec<Change> {
        let mut sketch = self.sketch(table, target, draw);
        let Some(known) = self.date(&mut sketch, target, draw) else { return Vec::new() };
        if !sketch.has("account_id") {
            // A promise and a re-age must name an account; the rest may be of the borrower as a whole.
            sketch.set("borrower_id", Datum::Word(target.borrower.into()));
        }
        sketch.set("kind", Datum::Word(source_word(project, TableKind::Events, "kind", kind)));
        let ends = if kind == "promise" { known.plus(draw(30) as i32) } else { Day::NULL };
        sketch.set("to", Datum::Day(ends));
        let amount = about(draw, SOME_AMOUNT);
        sketch.set("amount", Datum::Money(amount));
        let mut changes = vec![Self::finish(sketch)];
        if kind == "re_age"
            && let Some(table) = self.parts.iter().position(|part| part.table.kind == TableKind::Instalments)
        {
            (0..2).for_each(|_| changes.extend(self.instalment(table, target, Some(known), draw)));
        }
        changes
    }
}
