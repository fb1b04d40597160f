//! Checks that need the accounts: accounts with no history, records of no account or borrower, records before the opening, statements
//! that repeat one another.

use super::{Checker, Sieve, first_known, word_at};
use crate::base::dates::Day;
use crate::base::problem::Problem;
use crate::base::schema::{EVENT_KINDS, TableKind};
use crate::data::cells::{Cells, Codes, NO_WORD, Words};
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

impl Checker<'_> {
    /// What needs the accounts: accounts with no history, records of no account, records before the account was opened.
    pub(super) fn accounts(&mut self, sieves: &mut [Sieve<'_>]) {
        let Some(place) = sieves.iter().position(|s| s.table.kind == TableKind::Accounts) else { return };
        let (before, rest) = sieves.split_at_mut(place);
        let Some((accounts, after)) = rest.split_first_mut() else { return };
        let table = accounts.table;
        let Some(Cells::Words { codes: ids, own, .. }) = table.cells("account_id") else { return };
        let (known, ids) = (own.len(), ids.iter().collect::<Vec<u32>>());
        let mut has_history = vec![false; known];
        for sieve in before.iter().chain(after.iter()) {
            if matches!(sieve.table.kind, TableKind::Instalments | TableKind::Statements)
                && let Some(codes) = sieve.codes("account_id")
            {
                for (code, mut rows) in codes.runs() {
                    if let Some(seen) = has_history.get_mut(code as usize) {
                        *seen |= rows.any(|row| !sieve.aside.is(row));
                    }
                }
            }
        }
        // The opening of each account; [`Day::NEVER`] without a usable row, [`Day::NULL`] where it is not known.
        let mut state = vec![Day::NEVER; known];
        let opened = accounts.days("opened_on").map(<[Day]>::to_vec);
        for row in 0..accounts.table.rows {
            let code = ids[row] as usize;
            if accounts.aside.is(row) || code >= known {
                continue;
            }
            state[code] = opened.as_ref().map_or(Day::NULL, |o| o[row]);
            if !has_history[code] {
                // Kept all the same: an account is opened before its first statement comes, and until then it counts among the borrower's
                // accounts and so do the contacts about it. Set aside, it would count on later exports and not on that day's.
                let problem = Problem::warning("data.no_history", "the account has neither instalments nor statements")
                    .column(accounts.table.source("account_id"))
                    .value(own.list()[code].clone())
                    .rule("at least one instalment or statement")
                    .help("check the export of its history; without one the account is kept but never a case");
                self.problems.push(table.place(row, problem));
            }
        }
        let borrowers = match table.cells("borrower_id") {
            Some(Cells::Words { own, .. }) => own,
            _ => own,
        };
        for sieve in before.iter_mut().chain(after.iter_mut()) {
            self.orphans(sieve, &state, borrowers);
        }
    }

    fn orphans(&mut self, sieve: &mut Sieve<'_>, state: &[Day], borrowers: &Words) {
        let table = sieve.table;
        let events = table.kind == TableKind::Events;
        let Some(cells) = table.cells("account_id") else {
            if events && table.cells("borrower_id").is_none() {
                self.problems.push(
                    Problem::error("data.missing_column", "events name neither an account nor a borrower")
                        .file(table.files[0].name.clone())
                        .rule("account_id or borrower_id"),
                );
            }
            self.borrower_orphans(sieve, None, borrowers);
            return;
        };
        let Cells::Words { codes, .. } = cells else { return };
        let dated = match table.kind {
            TableKind::Payments => Some("paid_on"),
            TableKind::Instalments => Some("due_on"),
            TableKind::Contacts => Some("contacted_on"),
            _ => None,
        };
        let days = dated.and_then(|name| Some((name, table.days(name)?)));
        for (code, rows) in codes.runs() {
            let opened = state.get(code as usize).copied().unwrap_or(Day::NEVER);
            if opened != Day::NEVER && days.is_none_or(|(_, days)| days[rows.clone()].iter().all(|day| *day >= opened)) {
                continue;
            }
            for row in rows {
                if sieve.aside.is(row) || (events && code == NO_WORD) {
                    continue;
                }
                if opened == Day::NEVER {
                    let known = state.get(code as usize).is_some();
                    let message = if known { "the account of this record was set aside" } else { "there is no such account" };
                    let problem = Problem::warning("data.orphan", message)
                        .column(table.source("account_id"))
                        .value(cells.word(code).unwrap_or_default())
                        .rule("an account_id of the accounts table")
                        .help("export the accounts and this table on the same day; identifiers are compared to the letter");
                    self.set_aside(sieve, row, problem);
                } else if let Some((name, days)) = days.filter(|(_, days)| days[row] < opened) {
                    let problem = Problem::warning("data.before_opening", format!("{name} lies before the account was opened"))
                        .column(table.source(name))
                        .value(days[row].to_string())
                        .rule(format!("not before {opened}"))
                        .help("mend the date, or the account's opening");
                    self.set_aside(sieve, row, problem);
                }
            }
        }
        if events {
            self.borrower_orphans(sieve, Some(codes), borrowers);
        }
    }

    /// Events that name no account must name a borrower of the accounts table.
    fn borrower_orphans(&mut self, sieve: &mut Sieve<'_>, accounts: Option<&Codes>, borrowers: &Words) {
        let table = sieve.table;
        let cells = table.cells("borrower_id");
        for row in 0..table.rows {
            if sieve.aside.is(row) || accounts.is_some_and(|codes| codes.get(row) != NO_WORD) {
                continue;
            }
            let word = cells.and_then(|c| c.word(word_at(c, row)));
            if word.is_none_or(|w| borrowers.place(w).is_none()) {
                let problem = Problem::warning("data.orphan", "there is no such borrower")
                    .column(table.source("borrower_id"))
                    .value(word.unwrap_or_default())
                    .rule("an account_id or borrower_id of the accounts table")
                    .help("export the accounts and the events on the same day; identifiers are compared to the letter");
                self.set_aside(sieve, row, problem);
            }
        }
    }

    /// A promise or a re-age is of one account: what it promises or replaces belongs to that.
    pub(super) fn accountless(&mut self, sieve: &mut Sieve<'_>) {
        let table = sieve.table;
        if table.kind != TableKind::Events {
            return;
        }
        let of_one =
            |place: Option<u32>| place.and_then(|place| EVENT_KINDS.get(place as usize)).filter(|kind| ["promise", "re_age"].contains(*kind));
        for row in 0..table.rows {
            let named = sieve.codes("account_id").is_some_and(|codes| codes.get(row) != NO_WORD);
            if named || sieve.aside.is(row) {
                continue;
            }
            if let Some(kind) = of_one(sieve.meaning("kind", row)) {
                let problem = Problem::warning("data.missing_account", format!("a {kind} names no account"))
                    .column(table.source("account_id"))
                    .rule("an account_id for every promise and every re_age")
                    .help("name the account that it is about; for several accounts give a row each");
                self.set_aside(sieve, row, problem);
            }
        }
    }

    /// What a history cannot show: re-ages that brought no schedule, and what statements said before a ledger began.
    pub(super) fn histories(&mut self, sieves: &[Sieve<'_>]) {
        let find = |kind: TableKind| sieves.iter().find(|s| s.table.kind == kind);
        let Some(instalments) = find(TableKind::Instalments) else { return };
        let Some(schedules) = instalments.codes("account_id") else { return };
        if let Some(statements) = find(TableKind::Statements).and_then(|s| s.codes("account_id")) {
            let stated: HashSet<u32> = statements.runs().map(|(code, _)| code).collect();
            let both: HashSet<u32> = schedules.runs().map(|(code, _)| code).filter(|code| stated.contains(code)).collect();
            if !both.is_empty() {
                self.problems.push(
                    Problem::note("data.two_shapes", format!("{} accounts have both statements and instalments", both.len()))
                        .file(instalments.table.files[0].name.clone())
                        .rule("from its first due date or payment on an account's ledger speaks, before that its statements")
                        .help("features of arrears see both; features of payments see those of the ledger alone"),
                );
            }
        }
        let Some(events) = find(TableKind::Events) else { return };
        let (Some(accounts), Some(from)) = (events.codes("account_id"), events.days("from")) else { return };
        let re_age = EVENT_KINDS.iter().position(|kind| *kind == "re_age").map(|place| place as u32);
        let re_ages: Vec<usize> = events.aside.used().filter(|row| events.meaning("kind", *row) == re_age).collect();
        let known = first_known(self.project, events.table);
        if re_ages.is_empty() {
            return;
        }
        // The latest day on which a schedule of each re-aged account became known; those that say none are as old as the account. `None`
        // without a schedule.
        let mut latest: HashMap<u32, Option<Day>> = re_ages.iter().map(|row| (accounts.get(*row), None)).collect();
        for (code, rows) in schedules.runs() {
            if let Some(latest) = latest.get_mut(&code) {
                let day = instalments.days("known_on").and_then(|days| days[rows].iter().copied().max()).unwrap_or(Day::NULL);
                *latest = (*latest).max(Some(day));
            }
        }
        for row in re_ages {
            let (account, counts_from) = (accounts.get(row), known(row).max(from[row]));
            if latest.get(&account).copied().flatten().is_some_and(|latest| latest < counts_from) {
                let problem = Problem::note("data.re_age_without_schedule", "no instalment became known with this re-age, so it replaces nothing")
                    .column(events.table.source("from"))
                    .value(from[row].to_string())
                    .rule("instalments whose known_on is the re-age's, or later")
                    .help("give the new schedule with its known_on; until then days past due go on by the old one");
                self.problems.push(events.table.place(row, problem));
            }
        }
    }

    pub(super) fn repeated_statements(&mut self, sieve: &mut Sieve<'_>) {
        if sieve.table.kind != TableKind::Statements {
            return;
        }
        let (Some(codes), Some(days)) = (sieve.codes("account_id").cloned(), sieve.days("statement_on").map(<[Day]>::to_vec)) else {
            return;
        };
        let known = first_known(self.project, sieve.table);
        let mut kept: HashMap<(u32, Day), usize> = HashMap::with_capacity(codes.len());
        let mut repeats = Vec::new();
        for (row, code) in codes.iter().enumerate().filter(|(row, _)| !sieve.aside.is(*row)) {
            match kept.entry((code, days[row])) {
                Entry::Vacant(new) => drop(new.insert(row)),
                Entry::Occupied(mut seen) if known(row) < known(*seen.get()) => repeats.push(seen.insert(row)),
                Entry::Occupied(_) => repeats.push(row),
            }
        }
        repeats.sort_unstable();
        for row in repeats {
            let problem = Problem::warning("data.duplicate_key", "the account has another statement of this date; the one known first is kept")
                .column(sieve.table.source("statement_on"))
                .value(days[row].to_string())
                .rule("one statement an account and date")
                .help("if the later one corrects the first, remove the first from the export");
            self.set_aside(sieve, row, problem);
        }
    }
}
