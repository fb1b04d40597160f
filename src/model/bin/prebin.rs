//! Numbers to pre-bins at exact quantiles, without sorting them all.
//!
//! `splitters` puts each value into one of about two thousand buckets; only buckets that hold a wanted rank are looked into. The edges
//! are order statistics of all values, so they depend on neither the sample nor the order of cases: rank `⌈n k / P⌉` for k of P, never
//! between equal values. A value that holds two ranks has a pre-bin of its own; at most P distinct values have one each.

use super::splitters::{BUCKETS, MISSING, Splitters};
use super::tally::{Book, Counter, Tally};
use super::{Cut, Special};
use std::collections::BTreeMap;

/// Cases searched and counted together, so that their buckets are still in the cache.
const BLOCK: usize = 4096;

/// A feature's values in buckets, and its pre-bins.
pub(super) struct PreBins {
    /// Upper edges of all pre-bins but the last.
    pub edges: Vec<f64>,
    /// What each pre-bin holds; one empty where no value is known.
    pub tallies: Vec<Tally>,
    /// What each special holds.
    pub specials: Vec<Tally>,
    /// Missing values.
    pub missing: Tally,
    /// Whether all known values are one.
    pub constant: bool,
    splitters: Splitters,
    buckets: Vec<u16>,
}

impl PreBins {
    /// At most `wanted` pre-bins of values, one a training case.
    pub fn new(values: &[f64], specials: &[Special], wanted: usize, book: &Book) -> PreBins {
        let special: Vec<f64> = specials.iter().flat_map(|s| s.values.iter().copied()).collect();
        let splitters = Splitters::new(values, &special);
        let mut buckets: Vec<u16> = Vec::with_capacity(values.len());
        let mut counter = Counter::new(book, BUCKETS);
        for (k, block) in values.chunks(BLOCK).enumerate() {
            splitters.search(block, &mut buckets);
            counter.add(buckets[k * BLOCK..].iter().copied(), k * BLOCK);
        }
        let mut known = counter.sums();
        let missing = std::mem::take(&mut known[MISSING]);
        let mut take = |special: &Special| {
            special.values.iter().fold(Tally::default(), |mut sum, x| {
                sum += std::mem::take(&mut known[splitters.bucket(*x)]);
                sum
            })
        };
        let specials = specials.iter().map(&mut take).collect();

        let ranks = Ranks::new(&known, wanted.max(2));
        let opened = open(values, &buckets, &ranks.opened(&known), &known);
        let look = Look { known: &known, splitters: &splitters, opened: &opened };
        let edges = match look.distinct(wanted.max(2)) {
            Some(distinct) => distinct[..distinct.len().saturating_sub(1)].to_vec(),
            None => look.quantiles(&ranks),
        };
        let tallies = look.tallies(&edges, book);
        PreBins { constant: edges.is_empty(), edges, tallies, specials, missing, splitters, buckets }
    }

    /// The code of each case under a cut of these values whose edges are pre-bin edges or any others.
    pub fn codes(&self, values: &[f64], cut: &Cut) -> Vec<u8> {
        // No code is 255 (see `asked`), so it marks a bucket that an edge divides.
        const DIVIDED: u8 = u8::MAX;
        let Cut::Number { edges, specials } = cut else { return vec![cut.missing(); values.len()] };
        let below = |x: f64| edges.partition_point(|e| e.0 < x) as u8;
        let mut code = vec![DIVIDED; BUCKETS];
        for (bucket, code) in code.iter_mut().enumerate().take(MISSING) {
            *code = if bucket % 2 == 1 {
                below(self.splitters.value(bucket))
            } else {
                let low = self.splitters.below(bucket).map_or(0, |x| edges.partition_point(|e| e.0 <= x) as u8);
                if low == below(self.splitters.value(bucket)) { low } else { DIVIDED }
            };
        }
        for (k, special) in specials.iter().enumerate() {
            special.values.iter().for_each(|x| code[self.splitters.bucket(*x)] = (cut.first_special() + k) as u8);
        }
        code[MISSING] = cut.missing();
        let of = |(bucket, x): (&u16, &f64)| match code[usize::from(*bucket)] {
            DIVIDED => below(*x),
            code => code,
        };
        self.buckets.iter().zip(values).map(of).collect()
    }
}

/// The wanted ranks and the buckets that hold them.
struct Ranks {
    /// One a pre-bin, the last the greatest value: bucket, and rank inside it from 0.
    places: Vec<(usize, usize)>,
}

impl Ranks {
    fn new(known: &[Tally], wanted: usize) -> Ranks {
        let n: u64 = known.iter().map(|t| t.n).sum();
        let mut places = Vec::new();
        let (mut bucket, mut before) = (0, 0);
        for k in 1..=if n > 0 { wanted as u64 } else { 0 } {
            // Ranks from 0: the last of the first ⌈n k / P⌉ values.
            let rank = (n * k).div_ceil(wanted as u64).max(1) - 1;
            while before + known[bucket].n <= rank {
                before += known[bucket].n;
                bucket += 1;
            }
            places.push((bucket, (rank - before) as usize));
        }
        Ranks { places }
    }

    /// Which buckets between splitters must be looked into.
    fn opened(&self, known: &[Tally]) -> Vec<bool> {
        let mut opened = vec![false; BUCKETS];
        let at_splitters = known.iter().skip(1).step_by(2).filter(|t| t.n > 0).count();
        for (k, (bucket, _)) in self.places.iter().enumerate() {
            opened[*bucket] = true;
            // A value that holds two ranks: the greatest value below it is an edge as well.
            if k > 0
                && self.places[k - 1].0 == *bucket
                && let Some(below) = (0..*bucket).rev().find(|b| known[*b].n > 0)
            {
                opened[below] = true;
            }
        }
        // Perhaps few enough distinct values for a pre-bin each: all must be seen.
        let all = at_splitters <= self.places.len();
        (0..BUCKETS).map(|b| b % 2 == 0 && b != MISSING && known[b].n > 0 && (all || opened[b])).collect()
    }
}

/// Values and places of the cases in the opened buckets.
type Opened = BTreeMap<usize, Vec<(f64, u32)>>;

fn open(values: &[f64], buckets: &[u16], which: &[bool], known: &[Tally]) -> Opened {
    // Where the next case of each opened bucket goes.
    let mut next = vec![0usize; BUCKETS];
    let mut total = 0;
    for bucket in (0..BUCKETS).filter(|b| which[*b]) {
        next[bucket] = total;
        total += known[bucket].n as usize;
    }
    let mut kept = vec![(0.0, 0u32); total];
    for (k, (bucket, x)) in buckets.iter().zip(values).enumerate() {
        let bucket = usize::from(*bucket);
        if which[bucket] {
            kept[next[bucket]] = (x + 0.0, k as u32);
            next[bucket] = next[bucket].wrapping_add(1);
        }
    }
    let mut from = 0;
    let mut opened = Opened::new();
    for bucket in (0..BUCKETS).filter(|b| which[*b]) {
        let to = from + known[bucket].n as usize;
        opened.insert(bucket, kept[from..to].to_vec());
        from = to;
    }
    opened
}

/// Buckets with the cases of those that were opened.
struct Look<'a> {
    known: &'a [Tally],
    splitters: &'a Splitters,
    opened: &'a Opened,
}

impl Look<'_> {
    /// The distinct values, sorted, if they are at most `most`.
    fn distinct(&self, most: usize) -> Option<Vec<f64>> {
        let mut distinct: Vec<f64> = Vec::new();
        for bucket in (0..MISSING).filter(|b| self.known[*b].n > 0) {
            if bucket % 2 == 1 {
                distinct.push(self.splitters.value(bucket));
            } else {
                let mut inside: Vec<f64> = self.opened.get(&bucket)?.iter().map(|c| c.0).collect();
                inside.sort_unstable_by(f64::total_cmp);
                inside.dedup();
                distinct.extend(inside);
            }
            if distinct.len() > most {
                return None;
            }
        }
        Some(distinct)
    }

    /// Edges at the ranks.
    fn quantiles(&self, ranks: &Ranks) -> Vec<f64> {
        let mut values: Vec<f64> = Vec::with_capacity(ranks.places.len());
        for same in ranks.places.chunk_by(|a, b| a.0 == b.0) {
            let bucket = same[0].0;
            match self.opened.get(&bucket) {
                None => values.extend(same.iter().map(|_| self.splitters.value(bucket))),
                Some(cases) => {
                    let mut inside: Vec<f64> = cases.iter().map(|c| c.0).collect();
                    if same.len() == 1 {
                        values.push(*inside.select_nth_unstable_by(same[0].1, f64::total_cmp).1);
                    } else {
                        inside.sort_unstable_by(f64::total_cmp);
                        values.extend(same.iter().map(|(_, rank)| inside[*rank]));
                    }
                }
            }
        }
        let mut edges = values.clone();
        for (k, pair) in values.windows(2).enumerate() {
            if pair[0] == pair[1] {
                edges.extend(self.next_below(ranks.places[k].0, pair[0]));
            }
        }
        edges.sort_unstable_by(f64::total_cmp);
        edges.dedup();
        // Behind the greatest value there is nothing.
        edges.pop();
        edges
    }

    /// The greatest known value below one in that bucket.
    fn next_below(&self, bucket: usize, value: f64) -> Option<f64> {
        let greatest =
            |bucket: usize| self.opened.get(&bucket).and_then(|cases| cases.iter().map(|c| c.0).filter(|x| *x < value).max_by(f64::total_cmp));
        greatest(bucket).or_else(|| {
            let below = (0..bucket).rev().find(|b| self.known[*b].n > 0)?;
            if below % 2 == 1 { Some(self.splitters.value(below)) } else { greatest(below) }
        })
    }

    /// What the pre-bins of these edges hold.
    fn tallies(&self, edges: &[f64], book: &Book) -> Vec<Tally> {
        let mut tallies = vec![Tally::default(); edges.len() + 1];
        let place = |x: f64| edges.partition_point(|e| *e < x);
        for bucket in (0..MISSING).filter(|b| self.known[*b].n > 0) {
            let low = match self.splitters.below(bucket) {
                _ if bucket % 2 == 1 => place(self.splitters.value(bucket)),
                Some(below) => edges.partition_point(|e| *e <= below),
                None => 0,
            };
            let divided = bucket % 2 == 0 && low < place(self.splitters.value(bucket));
            match self.opened.get(&bucket) {
                Some(cases) if divided => cases.iter().for_each(|(x, k)| tallies[place(*x)] += book.case(*k as usize)),
                _ => tallies[low] += self.known[bucket],
            }
        }
        tallies
    }
}
