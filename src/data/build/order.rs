//! Rows into the order of a portfolio: grouped by place, by date within a place.

use super::NOWHERE;
use crate::base::dates::Day;
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
/// `place[row]` is [`NOWHERE`] for a row that is left out. Rows that already stand in order cost one pass and are not copied.
pub(super) fn order(places: usize, place: &[u32], date: &[Day], tie: impl Fn(u32, u32) -> Ordering) -> (Vec<usize>, Order) {
    let mut offsets = vec![0usize; places + 1];
    let (mut before, mut left_out, mut in_order) = (NOWHERE as usize, 0usize, true);
    for (row, p) in place.iter().enumerate() {
        if *p == NOWHERE {
            left_out += 1;
            continue;
        }
        offsets[*p as usize + 1] += 1;
        if let Some(last) = place.get(before) {
            let same = || date[before].cmp(&date[row]).then_with(|| tie(before as u32, row as u32));
            in_order &= last < p || (last == p && same().is_le());
        }
        before = row;
    }
    for k in 0..places {
        offsets[k + 1] += offsets[k];
    }
    if in_order {
        let kept = || Order::Kept(place.iter().map(|p| *p != NOWHERE).collect());
        return (offsets, if left_out == 0 { Order::AsIs } else { kept() });
    }
    let mut next = offsets.clone();
    let mut rows = vec![0u32; offsets[places]];
    for (row, p) in place.iter().enumerate().filter(|(_, p)| **p != NOWHERE) {
        rows[next[*p as usize]] = row as u32;
        next[*p as usize] += 1;
    }
    for k in 0..places {
        let records = &mut rows[offsets[k]..offsets[k + 1]];
        let by_day = |a: &u32, b: &u32| date[*a as usize].cmp(&date[*b as usize]).then_with(|| tie(*a, *b));
        if !records.is_sorted_by(|a, b| by_day(a, b).is_le()) {
            records.sort_by(by_day);
        }
    }
    (offsets, Order::Rows(rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_grouped_by_place_and_sorted_by_date() {
        let place = [1, 0, NOWHERE, 1, 0];
        let date = [Day(5), Day(9), Day(0), Day(4), Day(9)];
        let (offsets, rows) = order(3, &place, &date, |a, b| b.cmp(&a));
        assert_eq!(offsets, [0, 2, 4, 4]);
        assert_eq!(rows.arrange(vec![10, 11, 12, 13, 14]), [14, 11, 13, 10]);
    }

    #[test]
    fn rows_in_order_stay_where_they_are() {
        let date = [Day(1), Day(2), Day(1), Day(1)];
        let (offsets, rows) = order(2, &[0, 0, 1, 1], &date, |_, _| Ordering::Equal);
        assert!(matches!(rows, Order::AsIs) && offsets == [0, 2, 4]);
        let (offsets, rows) = order(2, &[0, NOWHERE, 1, 1], &date, |_, _| Ordering::Equal);
        assert!(matches!(rows, Order::Kept(_)) && offsets == [0, 1, 3]);
        assert_eq!(rows.arrange(vec![7, 8, 9, 10]), [7, 9, 10]);
    }
}
