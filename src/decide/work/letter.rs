//! What a letter must state: since when what is owed is due, what was paid last, how many instalments are open, and how to object.

use super::{Maker, Unit, worded};
use crate::base::bilingual::{Bilingual, Lang};
use crate::base::dates::Day;
use crate::base::units::Money;
use crate::data::features::Values;
use crate::data::history::{Portfolio, range};
use crate::data::write::{OutColumn, OutTable};

/// The latest payment of an account that stood and was known on a day; of an account without payments, the latest statement that shows one.
fn last_payment(book: &Portfolio, account: usize, as_of: Day) -> Option<(Day, Money)> {
    let (p, s) = (&book.payments, &book.statements);
    let stands = |k: &usize| p.paid_on[*k] <= as_of && p.known_on[*k] <= as_of && p.amount[*k] > 0 && p.stands(*k, as_of);
    let paid = range(&p.offsets, account).rev().find(stands).map(|k| (p.paid_on[k], Money(p.amount[k])));
    let shows = |k: &usize| s.statement_on[*k] <= as_of && s.known_on[*k] <= as_of && s.amount_paid[*k].known().is_some_and(|amount| amount > 0);
    paid.or_else(|| range(&s.offsets, account).rev().find(shows).map(|k| (s.statement_on[k], s.amount_paid[k])))
}

/// In the language of the account; in both where it is neither, or nobody knows it.
fn in_language(said: &Bilingual, language: Option<&str>) -> String {
    let language = language.unwrap_or_default().to_lowercase();
    let begins = |words: &[&str]| words.iter().any(|word| language.starts_with(word));
    if begins(&["zh", "chinese", "中", "汉"]) {
        said.get(Lang::Chinese).to_string()
    } else if begins(&["en", "英"]) {
        said.get(Lang::English).to_string()
    } else {
        format!("{} / {}", said.en, said.zh)
    }
}

pub(super) fn columns(maker: &Maker<'_>, table: OutTable, units: &[Unit]) -> OutTable {
    let on = maker.decisions.guard.situation();
    let (book, cases, digits) = (on.book, on.cases, maker.ask.minor_digits);
    let oldest = |unit: &Unit| unit.cases().map(|k| cases.as_of[k].plus(-cases.dpd[k])).min().unwrap_or(Day::NULL);
    let paid = |unit: &Unit| unit.cases().filter_map(|k| last_payment(book, cases.account[k] as usize, cases.as_of[k])).max();
    let paid: Vec<Option<(Day, Money)>> = units.iter().map(paid).collect();
    let unpaid = match on.features.get("unpaid_instalments").map(|c| &c.values) {
        Some(Values::Number(v)) => v.as_slice(),
        _ => &[],
    };
    // Of several accounts the sum, where it is known of each.
    let unpaid = |unit: &Unit| {
        let sum = unit.cases().map(|k| unpaid.get(k).copied().unwrap_or(f64::NAN)).sum::<f64>();
        if sum.is_nan() { i64::MIN } else { sum as i64 }
    };
    let language = |unit: &Unit| {
        let codes = unit.cases().map(|k| book.language.codes.get(cases.account[k] as usize).copied().unwrap_or(u32::MAX));
        codes.into_iter().find(|code| (*code as usize) < book.language.words.len()).unwrap_or(u32::MAX)
    };
    let object = |code: u32| in_language(&maker.decisions.policy.rights.object, book.language.words.get(code as usize).map(|w| &**w));
    table
        .with("oldest_due_on", OutColumn::Day(units.iter().map(oldest).collect()))
        .with("last_payment_on", OutColumn::Day(paid.iter().map(|p| p.map_or(Day::NULL, |(day, _)| day)).collect()))
        .with("last_payment", OutColumn::Money(paid.iter().map(|p| p.map_or(Money::NULL, |(_, amount)| amount)).collect(), digits))
        .with("unpaid_instalments", OutColumn::Integer(units.iter().map(unpaid).collect()))
        .with("how_to_object", worded(units.iter().map(language), object))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_speaks_neither_language_is_told_in_both() {
        let said = Bilingual::new("write to us", "请致函");
        for (language, told) in [
            (Some("zh"), "请致函"),
            (Some("zh-CN"), "请致函"),
            (Some("中文"), "请致函"),
            (Some("EN"), "write to us"),
            (Some("fr"), "write to us / 请致函"),
            (None, "write to us / 请致函"),
        ] {
            assert_eq!(in_language(&said, language), told, "{language:?}");
        }
    }
}
