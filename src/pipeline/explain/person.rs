//! Everything that the tables hold of one borrower, table by table, and what a run decided of each of their cases.

use super::Decided;
use super::case::explanation;
use crate::base::bilingual::Lang;
use crate::base::dates::Day;
use crate::base::problem::Result;
use crate::base::schema::{CHANNELS, RESULTS};
use crate::base::units::Money;
use crate::data::catalogue::CATALOGUE;
use crate::data::features::{NO_LEVEL, Values};
use crate::data::history::{ContactKind, Event, NO_NUMBER, Portfolio, range};
use crate::data::timeline::kind;
use crate::model::bin::short;
use crate::report::person::{FeatureValue, Held, HeldTable, Person, PersonCase, PersonRun};
use crate::report::terminal_explain::said;
use crate::report::words::{channel, event, or_code, result, unit};
use std::ops::Range;

/// Adds what a run's book holds of the person, once a project, and what the run decided.
pub(super) fn add(person: &mut Person, d: &Decided<'_>) -> Result<()> {
    let borrower = d.borrower(&person.borrower)?;
    let (project, lang) = (&d.book.project, person.lang);
    let file = project.file.display().to_string();
    if !person.held.iter().any(|held| held.file == file) {
        person.held.push(Held {
            project: project.name.clone(),
            file,
            currency: project.currency.code.clone(),
            tables: Tables { book: &d.book.portfolio, digits: d.digits, lang, borrower }.all(),
            notes: notes(d, lang),
        });
    }
    let cases = &d.observed.cases;
    let mine: Vec<usize> = (0..cases.len()).filter(|k| cases.borrower[*k] as usize == borrower).collect();
    let accounts = accounts(&d.book.portfolio, borrower);
    let no_case = accounts.filter(|a| !mine.iter().any(|k| cases.account[*k] as usize == *a)).map(|a| d.book.portfolio.account_ids[a].to_string());
    person.runs.push(PersonRun {
        run: d.run.clone(),
        as_of: d.as_of,
        no_case: no_case.collect(),
        cases: mine.into_iter().map(|k| PersonCase { explanation: explanation(d, k, lang), features: features(d, k, lang) }).collect(),
    });
    Ok(())
}

fn accounts(book: &Portfolio, borrower: usize) -> Range<usize> {
    book.accounts_of[borrower]..book.accounts_of[borrower + 1]
}

fn notes(d: &Decided<'_>, lang: Lang) -> Vec<String> {
    let two = |en: &str, zh: &str| lang.pick(en, zh).to_string();
    let mut notes = Vec::new();
    if !d.book.portfolio.protected.is_empty() {
        notes.push(two(
            "Protected attributes are held for the audit alone: no score, no rule and no strategy uses them.",
            "受保护属性仅为审计而持有：评分、规则和策略均不使用。",
        ));
    }
    for table in d.book.counts.iter().filter(|t| !t.unused_columns.is_empty()) {
        let columns = table.unused_columns.join(", ");
        notes.push(match lang {
            Lang::English => format!("Columns of {} that recoup does not read: {columns}.", table.table),
            Lang::Chinese => format!("{} 表中 recoup 不读取的列：{columns}。", table.table),
        });
    }
    let aside: usize = d.book.counts.iter().map(|t| t.rows_set_aside).sum();
    if aside > 0 {
        notes.push(match lang {
            Lang::English => {
                format!("{aside} rows of the whole book were set aside as unusable and may be this borrower's too: `recoup check` lists each.")
            }
            Lang::Chinese => format!("全账簿有 {aside} 行因不可用而被搁置，其中可能有该借款人的记录：`recoup check` 逐条列出。"),
        });
    }
    notes.push(two(
        "Days on which a record became known are those of the file, or follow from the project's rules where the file is silent.",
        "记录的知悉日取自文件；文件未载明时，按项目规则推定。",
    ));
    notes
}

fn features(d: &Decided<'_>, k: usize, lang: Lang) -> Vec<FeatureValue> {
    let one = |column: &crate::data::features::FeatureColumn| {
        let value = match &column.values {
            Values::Number(v) => Some(v[k]).filter(|x| !x.is_nan()).map(short),
            Values::Category { codes, levels } => Some(codes[k]).filter(|code| *code != NO_LEVEL).map(|code| levels[code as usize].to_string()),
        };
        let of_catalogue = CATALOGUE.iter().find(|f| f.name == column.name);
        FeatureValue {
            name: column.name.to_string(),
            meaning: said(&column.meaning, lang),
            value,
            unit: of_catalogue.map(|f| or_code(unit(f.unit), f.unit, lang)),
        }
    };
    d.observed.features.columns.iter().map(one).collect()
}

struct Tables<'a> {
    book: &'a Portfolio,
    digits: u8,
    lang: Lang,
    borrower: usize,
}

/// A day as a record shows it; empty where there is none.
fn day(day: Day) -> String {
    if day == Day::NEVER { String::new() } else { day.to_string() }
}

fn number(x: f64) -> String {
    if x.is_nan() { String::new() } else { short(x) }
}

impl Tables<'_> {
    fn all(&self) -> Vec<HeldTable> {
        let b = self.book;
        let (i, p, f, s) = (&b.instalments, &b.payments, &b.failed_debits, &b.statements);
        let back = |k: usize| p.taken_back_on.get(k).copied().unwrap_or(Day::NEVER);
        let (m, r) = (&b.promises, &b.re_ages);
        let all = [
            self.accounts(),
            self.protected(),
            self.of_account("instalments", &["due_on", "amount", "known_on"], &i.offsets, &|k| {
                vec![day(i.due_on[k]), self.money(Money(i.amount[k])), day(i.known_on[k])]
            }),
            self.of_account("payments", &["paid_on", "amount", "known_on", "taken_back_on"], &p.offsets, &|k| {
                vec![day(p.paid_on[k]), self.money(Money(p.amount[k])), day(p.known_on[k]), day(back(k))]
            }),
            self.of_account("failed_debits", &["failed_on", "known_on"], &f.offsets, &|k| vec![day(f.failed_on[k]), day(f.known_on[k])]),
            self.of_account(
                "statements",
                &["statement_on", "known_on", "days_past_due", "bucket", "current", "balance", "amount_due", "amount_paid", "arrears"],
                &s.offsets,
                &|k| {
                    let amounts = [s.balance[k], s.amount_due[k], s.amount_paid[k], s.arrears[k]].map(|amount| self.money(amount));
                    let said = [day(s.statement_on[k]), day(s.known_on[k]), s.dpd[k].to_string(), s.bucket[k].name().into(), self.yes(s.current[k])];
                    said.into_iter().chain(amounts).collect()
                },
            ),
            self.of_account("promises", &["made_on", "due_on", "amount", "known_on"], &m.offsets, &|k| {
                vec![day(m.made_on[k]), day(m.due_on[k]), self.money(m.amount[k]), day(m.known_on[k])]
            }),
            self.of_account("re_ages", &["from", "known_on"], &r.offsets, &|k| vec![day(r.from[k]), day(r.known_on[k])]),
            self.contacts(),
            self.events(),
        ];
        all.into_iter().filter(|table| !table.rows.is_empty()).collect()
    }

    fn money(&self, amount: Money) -> String {
        amount.text(self.digits)
    }

    fn yes(&self, is: bool) -> String {
        self.lang.pick(if is { "yes" } else { "no" }, if is { "是" } else { "否" }).into()
    }

    fn accounts(&self) -> HeldTable {
        let b = self.book;
        let mut columns: Vec<(String, Vec<String>)> = Vec::new();
        let accounts = || accounts(b, self.borrower);
        let mut add = |name: &str, of: &dyn Fn(usize) -> String| {
            let values: Vec<String> = accounts().map(of).collect();
            if values.iter().any(|value| !value.is_empty()) && !columns.iter().any(|(n, _)| n == name) {
                columns.push((name.to_string(), values));
            }
        };
        add("account_id", &|a| b.account_ids[a].to_string());
        add("opened_on", &|a| day(b.opened_on[a]));
        add("closed_on", &|a| day(b.closed_on[a]));
        let amount = |of: &[Money], a: usize| of.get(a).map_or(String::new(), |x| self.money(*x));
        add("limit", &|a| amount(&b.limit, a));
        add("income", &|a| amount(&b.income, a));
        add("payday", &|a| b.payday.get(a).map_or(String::new(), |x| number(*x)));
        add("secured", &|a| b.secured.get(a).filter(|x| !x.is_nan()).map_or(String::new(), |x| self.yes(*x > 0.0)));
        for (name, words) in [("time_zone", &b.time_zone), ("evidence", &b.evidence), ("accessible_channels", &b.accessible_channels)] {
            add(name, &|a| words.of(a).unwrap_or_default().to_string());
        }
        add("written_off_on", &|a| b.written_off_on.get(a).map_or(String::new(), |x| day(*x)));
        for column in &b.account_columns {
            add(&column.name, &|a| value(&column.values, a));
        }
        let rows = (0..accounts().len()).map(|k| columns.iter().map(|(_, values)| values[k].clone()).collect()).collect();
        HeldTable { table: "accounts", columns: columns.into_iter().map(|(name, _)| name).collect(), rows }
    }

    fn protected(&self) -> HeldTable {
        let b = self.book;
        let rows = accounts(b, self.borrower).flat_map(|a| {
            b.protected.iter().map(move |column| vec![b.account_ids[a].to_string(), column.name.to_string(), value(&column.values, a)])
        });
        HeldTable { table: "protected", columns: ["account_id", "column", "value"].map(String::from).to_vec(), rows: rows.collect() }
    }

    fn of_account(&self, table: &'static str, columns: &[&str], offsets: &[usize], row: &dyn Fn(usize) -> Vec<String>) -> HeldTable {
        let rows = accounts(self.book, self.borrower).flat_map(|a| {
            let id = self.book.account_ids[a].to_string();
            range(offsets, a).map(move |k| std::iter::once(id.clone()).chain(row(k)).collect())
        });
        HeldTable { table, columns: std::iter::once("account_id").chain(columns.iter().copied()).map(String::from).collect(), rows: rows.collect() }
    }

    fn contacts(&self) -> HeldTable {
        let (b, c, lang) = (self.book, &self.book.contacts, self.lang);
        let coded = |list: &[&str], code: u8, words: fn(&str) -> Option<crate::base::bilingual::Bilingual>| {
            list.get(usize::from(code)).map_or(String::new(), |name| or_code(words(name), name, lang))
        };
        let direction = |kind: ContactKind| match (kind.is(ContactKind::OUTBOUND), kind.is(ContactKind::INBOUND)) {
            (true, _) => lang.pick("outbound", "主动").to_string(),
            (_, true) => lang.pick("inbound", "本人来联").to_string(),
            _ => String::new(),
        };
        let row = |k: usize| {
            vec![
                b.account_ids.get(c.account[k] as usize).map_or(String::new(), |id| id.to_string()),
                day(c.contacted_on[k]),
                day(c.known_on[k]),
                coded(CHANNELS, c.channel[k], channel),
                direction(c.kind[k]),
                coded(RESULTS, c.result[k], result),
                if c.number[k] == NO_NUMBER { String::new() } else { c.number[k].to_string() },
            ]
        };
        let columns = ["account_id", "contacted_on", "known_on", "channel", "direction", "result", "number"].map(String::from).to_vec();
        HeldTable { table: "contacts", columns, rows: range(&c.offsets, self.borrower).map(row).collect() }
    }

    fn events(&self) -> HeldTable {
        let row = |account: String, e: &Event| {
            vec![account, or_code(event(kind(e)), kind(e), self.lang), day(e.from), day(e.to), day(e.known_on), day(e.answer_by)]
        };
        let of_person = self.book.borrower_events.of(self.borrower).iter().map(|e| row(String::new(), e));
        let of_accounts = accounts(self.book, self.borrower)
            .flat_map(|a| self.book.account_events.of(a).iter().map(move |e| row(self.book.account_ids[a].to_string(), e)));
        let columns = ["account_id", "kind", "from", "to", "known_on", "answer_by"].map(String::from).to_vec();
        HeldTable { table: "events", columns, rows: of_person.chain(of_accounts).collect() }
    }
}

fn value(values: &Values, a: usize) -> String {
    match values {
        Values::Number(v) => v.get(a).map_or(String::new(), |x| number(*x)),
        Values::Category { codes, levels } => {
            codes.get(a).filter(|code| **code != NO_LEVEL).and_then(|code| levels.get(*code as usize)).map_or(String::new(), |word| word.to_string())
        }
    }
}
