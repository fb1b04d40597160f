//! The dynamic program: of all ways to join neighbouring pre-bins into bins, the best under the trend.
//!
//! Works from the right: the best that can follow a bin is a maximum over bins of a rate not below (or not above), which a running
//! maximum over bins sorted by rate answers in one step. So a layer of one more bin costs one step a possible bin, `O(B²)`, after one
//! sort, `O(B² log B)`. Ties: fewer bins, then up before down before peak before valley, then the first edges.

use super::Trend;
use super::intervals::{Intervals, Rule, WORTH};
use super::tally::{Book, Tally};

/// The worth of what cannot be.
const NEVER: i64 = i64::MIN / 2;

/// The best bins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    /// The pre-bin behind the last of each bin.
    pub ends: Vec<usize>,
    /// The objective; 0 if no bins keep the limits and all pre-bins are one.
    pub value: f64,
}

/// A shape of the rates from some bin on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Up,
    Down,
    Peak,
    Valley,
}

/// One shape: the best worth from each bin on with exactly so many bins, layer by layer, and the running maxima that the next looks up.
struct Layers {
    shape: Shape,
    /// One a layer, of one a possible bin.
    worth: Vec<Vec<i64>>,
    /// Best of bins from this slot of the row on: of rates not below.
    from: Vec<i64>,
    /// Best of bins before this slot of the row: of rates not above.
    before: Vec<i64>,
}

/// Finds the best bins of `prebins` under a rule.
pub(super) fn best_bins(prebins: &[Tally], rule: &Rule, trend: Trend, book: &Book) -> Found {
    let bins = Intervals::new(prebins, rule, book, trend != Trend::Free);
    let (shapes, asked): (&[Shape], &[Shape]) = match trend {
        Trend::Up | Trend::Free => (&[Shape::Up], &[Shape::Up]),
        Trend::Down => (&[Shape::Down], &[Shape::Down]),
        Trend::Peak => (&[Shape::Down, Shape::Peak], &[Shape::Peak]),
        Trend::Valley => (&[Shape::Up, Shape::Valley], &[Shape::Valley]),
        Trend::Best => (&[Shape::Up, Shape::Down, Shape::Peak, Shape::Valley], &[Shape::Up, Shape::Down, Shape::Peak, Shape::Valley]),
    };
    let mut all: Vec<Layers> = shapes.iter().map(|shape| Layers { shape: *shape, worth: Vec::new(), from: Vec::new(), before: Vec::new() }).collect();
    let top = |all: &[Layers], shape: Shape| {
        let layer = all.iter().find(|l| l.shape == shape).and_then(|l| l.worth.last());
        bins.starting(0).filter_map(|slot| layer.map(|worth| worth[slot])).max().unwrap_or(NEVER)
    };
    // With any number of bins, first: the layers can stop where they reach it.
    restart(&mut all, &bins);
    add_layer(&mut all, &bins, (0..bins.prebins).rev());
    let limit = asked.iter().map(|shape| top(&all, *shape)).max().unwrap_or(NEVER);
    restart(&mut all, &bins);
    let mut best: Option<(i64, usize, Shape)> = None;
    for count in 1..=rule.most.min(most_bins(&bins)) {
        add_layer(&mut all, &bins, 0..bins.prebins);
        end_nowhere(&mut all);
        for shape in asked {
            let top = top(&all, *shape);
            if top > NEVER / 2 && best.is_none_or(|(value, ..)| top > value) {
                best = Some((top, count, *shape));
            }
        }
        if best.is_some_and(|(value, ..)| value >= limit) {
            break;
        }
    }
    match best {
        Some((value, count, shape)) => Found { ends: walk(&all, &bins, value, count, shape), value: value as f64 / WORTH },
        None => Found { ends: vec![prebins.len()], value: 0.0 },
    }
}

/// Bins that one way through has at most: the shortest first bin, then the shortest next.
fn most_bins(bins: &Intervals) -> usize {
    let (mut at, mut count) = (0, 0);
    while let Some(end) = bins.starting(at).map(|slot| bins.end[slot]).min() {
        at = end;
        count += 1;
    }
    count
}

/// No layers, and nothing may follow a bin but the end.
fn restart(all: &mut [Layers], bins: &Intervals) {
    for layers in all {
        layers.worth.clear();
        layers.from = vec![NEVER; bins.table_len()];
        layers.before = vec![NEVER; bins.table_len()];
        // The last slot is what bins at the end look up.
        for table in [&mut layers.from, &mut layers.before] {
            table.last_mut().into_iter().for_each(|end| *end = 0);
        }
    }
}

/// From the second layer on, a bin at the end has none behind it and so is not in the layer.
fn end_nowhere(all: &mut [Layers]) {
    for table in all.iter_mut().flat_map(|layers| [&mut layers.from, &mut layers.before]) {
        table.last_mut().into_iter().for_each(|end| *end = NEVER);
    }
}

/// One more layer, row by row. What a bin looks up stands in later rows: from the first row on they still hold the layer before (one more
/// bin in front), from the last row on they hold the new layer (any number of bins).
fn add_layer(all: &mut [Layers], bins: &Intervals, rows: impl Iterator<Item = usize>) {
    let mut new: Vec<Vec<i64>> = all.iter().map(|_| vec![NEVER; bins.worth.len()]).collect();
    for start in rows {
        let (row, at) = (bins.starting(start), bins.table_row(start));
        let slots = || bins.worth[row.clone()].iter().zip(&bins.not_below[row.clone()]).zip(&bins.above[row.clone()]);
        for (k, new) in new.iter_mut().enumerate() {
            let table = |shape: Shape| all.iter().find(|l| l.shape == shape);
            let none: &[i64] = &[];
            let (from, before) = match all[k].shape {
                Shape::Up => (all[k].from.as_slice(), none),
                Shape::Down => (none, all[k].before.as_slice()),
                Shape::Peak => (all[k].from.as_slice(), table(Shape::Down).map_or(none, |l| &l.before)),
                Shape::Valley => (table(Shape::Up).map_or(none, |l| &l.from), all[k].before.as_slice()),
            };
            let new = &mut new[row.clone()];
            let sum = |worth: i64, next: i64| if next > NEVER / 2 { worth.wrapping_add(next) } else { NEVER };
            match (from.is_empty(), before.is_empty()) {
                (_, true) => new.iter_mut().zip(slots()).for_each(|(new, ((w, rise), _))| *new = sum(*w, from[*rise as usize])),
                (true, _) => new.iter_mut().zip(slots()).for_each(|(new, ((w, _), fall))| *new = sum(*w, before[*fall as usize])),
                _ => {
                    new.iter_mut().zip(slots()).for_each(|(new, ((w, rise), fall))| *new = sum(*w, from[*rise as usize].max(before[*fall as usize])))
                }
            }
        }
        for (layers, new) in all.iter_mut().zip(&new) {
            let new = &new[row.clone()];
            let mut top = NEVER;
            if matches!(layers.shape, Shape::Up | Shape::Peak) {
                for (cell, worth) in layers.from[at..at + new.len()].iter_mut().zip(new).rev() {
                    top = top.max(*worth);
                    *cell = top;
                }
            } else {
                for (cell, worth) in layers.before[at + 1..at + 1 + new.len()].iter_mut().zip(new) {
                    top = top.max(*worth);
                    *cell = top;
                }
            }
        }
    }
    for (layers, new) in all.iter_mut().zip(new) {
        layers.worth.push(new);
    }
}

/// The ends of the first bins, from the left, that give this worth.
fn walk(all: &[Layers], bins: &Intervals, value: i64, count: usize, shape: Shape) -> Vec<usize> {
    let worth = |shape: Shape, count: usize, slot: usize| match all.iter().find(|l| l.shape == shape) {
        Some(layers) => layers.worth[count - 1][slot],
        None => NEVER,
    };
    let first = bins.starting(0).filter(|slot| worth(shape, count, *slot) == value).map(|slot| (bins.end[slot], slot, shape)).min_by_key(|f| f.0);
    let mut ends = Vec::new();
    let Some((mut end, mut slot, mut shape)) = first else { return vec![bins.prebins] };
    let mut left = value;
    for count in (1..count).rev() {
        ends.push(end);
        left -= bins.worth[slot];
        let (rise, fall) = (bins.not_below[slot] as usize, bins.above[slot] as usize);
        // The same shape first: where both give the worth, it has every way on that the other has.
        let ways: &[(Shape, bool)] = match shape {
            Shape::Up => &[(Shape::Up, true)],
            Shape::Down => &[(Shape::Down, false)],
            Shape::Peak => &[(Shape::Peak, true), (Shape::Down, false)],
            Shape::Valley => &[(Shape::Valley, false), (Shape::Up, true)],
        };
        let next = ways
            .iter()
            .flat_map(|(shape, rising)| {
                let row = if *rising { rise - end..bins.row[end + 1] } else { bins.row[end]..fall - end };
                row.filter(|slot| worth(*shape, count, *slot) == left).map(|slot| (bins.end[slot], slot, *shape))
            })
            .min_by_key(|way| way.0);
        let Some(next) = next else { break };
        (end, slot, shape) = next;
    }
    ends.push(end);
    ends
}
