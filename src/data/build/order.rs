//! Rows into the order of a portfolio: grouped by place, by date within a place.

use super::NOWHERE;
use crate::base::dates::Day;
use crate::data::cells::Codes;
use crate::data::check::Aside;
use std::cmp::Ordering;

/// How rows become records.
pub(super) enum Order {
    /// They stand in order, but for those left out and for places whose own rows are not in order.
    AsIs {
        /// Rows left out, ascending.
        left_out: Vec<u32>,
        /// First record of a place out of order, and its records in order, as places from there.
        within: Vec<(usize, Vec<u32>)>,
    },
    /// These rows, in this order.
    Rows(Vec<u32>),
}

impl Order {
    /// The records of a column.
    pub(super) fn arrange<T: Copy>(&self, mut column: Vec<T>) -> Vec<T> {
        match self {
            Order::AsIs { left_out, within } => {
                close_gaps(&mut column, left_out);
                for (first, order) in within {
                    let records = &mut column[*first..first + order.len()];
                    let sorted: Vec<T> = order.iter().map(|place| records[*place as usize]).collect();
                    records.copy_from_slice(&sorted);
                }
                column
            }
            Order::Rows(rows) => rows.iter().map(|row| column[*row as usize]).collect(),
        }
    }
}

/// Takes some rows out of a column; the stretches between them move as wholes.
fn close_gaps<T: Copy>(column: &mut Vec<T>, left_out: &[u32]) {
    let Some(first) = left_out.first() else { return };
    let mut end = *first as usize;
    for (k, gap) in left_out.iter().enumerate() {
        let next = left_out.get(k + 1).map_or(column.len(), |next| *next as usize);
        let stretch = *gap as usize + 1..next;
        column.copy_within(stretch.clone(), end);
        end += stretch.len();
    }
    column.truncate(end);
}

/// Groups rows by place, ordered by date and then by `tie` within a place: the offsets of the places and the order of the rows.
///
/// A row is left out if it is set aside or its place is [`NOWHERE`]. Rows that already stand in order cost one pass and are not copied.
pub(super) fn order(places: usize, place: &Codes, aside: &Aside, date: &[Day], tie: impl Fn(u32, u32) -> Ordering) -> (Vec<usize>, Order) {
    let by_day = |a: u32, b: u32| date[a as usize].cmp(&date[b as usize]).then_with(|| tie(a, b));
    let mut offsets = vec![0usize; places + 1];
    let (mut left_out, mut grouped, mut last) = (Vec::new(), true, 0);
    for (p, rows) in place.runs() {
        if p == NOWHERE {
            left_out.extend(rows.map(|row| row as u32));
            continue;
        }
        grouped &= last <= p;
        last = p;
        let before = left_out.len();
        if aside.any_of(rows.clone()) {
            left_out.extend(rows.clone().filter(|row| aside.is(*row)).map(|row| row as u32));
        }
        offsets[p as usize + 1] += rows.len() - (left_out.len() - before);
    }
    for k in 0..places {
        offsets[k + 1] += offsets[k];
    }
    if grouped {
        let within = out_of_order(&offsets, &left_out, date, by_day);
        return (offsets, Order::AsIs { left_out, within });
    }
    let mut next = offsets.clone();
    let mut rows = vec![0u32; offsets[places]];
    for (p, run) in place.runs().filter(|(p, _)| *p != NOWHERE) {
        for row in run.filter(|row| !aside.is(*row)) {
            rows[next[p as usize]] = row as u32;
            next[p as usize] += 1;
        }
    }
    for k in 0..places {
        let records = &mut rows[offsets[k]..offsets[k + 1]];
        if !records.is_sorted_by(|a, b| by_day(*a, *b).is_le()) {
            records.sort_by(|a, b| by_day(*a, *b));
        }
    }
    (offsets, Order::Rows(rows))
}

/// Of rows that stand grouped by place: the places whose own rows are not in order, with their order.
fn out_of_order(offsets: &[usize], left_out: &[u32], date: &[Day], by_day: impl Fn(u32, u32) -> Ordering) -> Vec<(usize, Vec<u32>)> {
    let mut found = Vec::new();
    let (mut row, mut gaps) = (0u32, left_out.iter().copied().peekable());
    let mut rows: Vec<u32> = Vec::new();
    for place in offsets.windows(2) {
        let n = (place[1] - place[0]) as u32;
        let without_gap = gaps.peek().is_none_or(|gap| *gap >= row + n);
        if without_gap {
            // The rows of a place mostly stand in order: each day is later than the one before. Ties are looked at one by one.
            let days = &date[row as usize..(row + n) as usize];
            let ascending = days.iter().zip(days.iter().skip(1)).fold(true, |so_far, (a, b)| so_far & (a < b));
            if ascending {
                row += n;
                continue;
            }
        }
        rows.clear();
        while (rows.len() as u32) < n {
            if gaps.next_if_eq(&row).is_none() {
                rows.push(row);
            }
            row += 1;
        }
        if !rows.is_sorted_by(|a, b| by_day(*a, *b).is_le()) {
            let mut order: Vec<u32> = (0..n).collect();
            order.sort_by(|a, b| by_day(rows[*a as usize], rows[*b as usize]));
            found.push((place[0], order));
        }
    }
    found
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
        assert_eq!((rows.arrange(vec![7, 8, 9, 10]), offsets), (vec![7, 8, 9, 10], vec![0, 2, 4]));
        let (offsets, rows) = order(2, &place, &Aside::of(4, &[1]), &date, |_, _| Ordering::Equal);
        assert_eq!((rows.arrange(vec![7, 8, 9, 10]), offsets), (vec![7, 9, 10], vec![0, 1, 3]));
        // The second row is left out, the rows of the second place are out of order; nothing else moves.
        let place: Codes = [0, NOWHERE, 0, 1, 1, 1, NOWHERE].into_iter().collect();
        let date = [Day(1), Day(0), Day(1), Day(8), Day(7), Day(9), Day(0)];
        let (offsets, rows) = order(3, &place, &Aside::of(7, &[5]), &date, |a, b| a.cmp(&b));
        assert_eq!(offsets, [0, 2, 4, 4]);
        assert!(matches!(rows, Order::AsIs { .. }));
        assert_eq!(rows.arrange(vec![10, 11, 12, 13, 14, 15, 16]), [10, 12, 14, 13]);
    }
}
