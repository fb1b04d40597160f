//! Rows into the order of a portfolio: grouped by place, by date within a place.

use super::NOWHERE;
use crate::base::dates::Day;
use crate::data::cells::Codes;
use crate::data::check::Aside;
use std::cmp::Ordering;

/// How rows become records.
pub(super) enum Order {
    /// They stand in order.
    AsIs,
    /// They stand in order once those not marked are left out.
    Kept(Vec<bool>),
    /// These rows, in this order.
    Rows(Vec<u32>),
}

impl Order {
    /// The records of a column.
    pub(super) fn arrange<T: Copy>(&self, column: Vec<T>) -> Vec<T> {
        match self {
            Order::AsIs => column,
            Order::Kept(kept) => {
                let mut kept = kept.iter();
                let mut column = column;
                column.retain(|_| kept.next() == Some(&true));
                column
            }
            Order::Rows(rows) => rows.iter().map(|row| column[*row as usize]).collect(),
        }
    }
}

/// Groups rows by place, ordered by date and then by `tie` within a place: the offsets of the places and the order of the rows.
///
/// A row is left out if it is set aside or its place is [`NOWHERE`]. Rows that already stand in order cost one pass and are not copied.
pub(super) fn order(places: usize, place: &Codes, aside: &Aside, date: &[Day], tie: impl Fn(u32, u32) -> Ordering) -> (Vec<usize>, Order) {
    let by_day = |a: u32, b: u32| date[a as usize].cmp(&date[b as usize]).then_with(|| tie(a, b));
    let mut offsets = vec![0usize; places + 1];
    let (mut before, mut left_out, mut in_order): (Option<(u32, u32)>, usize, bool) = (None, 0, true);
    for (p, rows) in place.runs() {
        if p == NOWHERE {
            left_out += rows.len();
            continue;
        }
        let mut kept = 0;
        if let (false, Some(first)) = (aside.any_of(rows.clone()), rows.clone().next()) {
            // The rows of a place stand in order if each day is later than the one before; ties are looked at one by one.
            let days = &date[rows.clone()];
            let ascending = days.windows(2).all(|pair| pair[0] < pair[1]);
            in_order &= before.is_none_or(|(last, earlier)| last < p || (last == p && by_day(earlier, first as u32).is_le()));
            in_order &= ascending || (first + 1..rows.end).all(|row| by_day(row as u32 - 1, row as u32).is_le());
            before = Some((p, rows.end as u32 - 1));
            offsets[p as usize + 1] += rows.len();
            continue;
        }
        for row in rows.clone().filter(|row| !aside.is(*row)) {
            let row = row as u32;
            in_order &= before.is_none_or(|(last, earlier)| last < p || (last == p && by_day(earlier, row).is_le()));
            before = Some((p, row));
            kept += 1;
        }
        left_out += rows.len() - kept;
        offsets[p as usize + 1] += kept;
    }
    for k in 0..places {
        offsets[k + 1] += offsets[k];
    }
    let kept = || place.runs().flat_map(|(p, rows)| rows.map(move |row| (p, row))).filter(|(p, row)| *p != NOWHERE && !aside.is(*row));
    if in_order && left_out == 0 {
        return (offsets, Order::AsIs);
    }
    if in_order {
        let mut marks = vec![false; date.len()];
        kept().for_each(|(_, row)| marks[row] = true);
        return (offsets, Order::Kept(marks));
    }
    let mut next = offsets.clone();
    let mut rows = vec![0u32; offsets[places]];
    for (p, row) in kept() {
        rows[next[p as usize]] = row as u32;
        next[p as usize] += 1;
    }
    for k in 0..places {
        let records = &mut rows[offsets[k]..offsets[k + 1]];
        if !records.is_sorted_by(|a, b| by_day(*a, *b).is_le()) {
            records.sort_by(|a, b| by_day(*a, *b));
        }
    }
    (offsets, Order::Rows(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_grouped_by_place_and_sorted_by_date() {
        let place: Codes = [1, 0, NOWHERE, 1, 0].into_iter().collect();
        let date = [Day(5), Day(9), Day(0), Day(4), Day(9)];
        let (offsets, rows) = order(3, &place, &Aside::default(), &date, |a, b| b.cmp(&a));
        assert_eq!(offsets, [0, 2, 4, 4]);
        assert_eq!(rows.arrange(vec![10, 11, 12, 13, 14]), [14, 11, 13, 10]);
    }

    #[test]
    fn rows_in_order_stay_where_they_are() {
        let date = [Day(1), Day(2), Day(1), Day(1)];
        let place: Codes = [0, 0, 1, 1].into_iter().collect();
        let (offsets, rows) = order(2, &place, &Aside::default(), &date, |_, _| Ordering::Equal);
        assert!(matches!(rows, Order::AsIs) && offsets == [0, 2, 4]);
        let (offsets, rows) = order(2, &place, &Aside::of(4, &[1]), &date, |_, _| Ordering::Equal);
        assert!(matches!(rows, Order::Kept(_)) && offsets == [0, 1, 3]);
        assert_eq!(rows.arrange(vec![7, 8, 9, 10]), [7, 9, 10]);
    }
}
