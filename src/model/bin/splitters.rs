//! Values to buckets in one branchless search: the step that touches every value, so the one whose speed counts.
//!
//! Splitters come from a sample of places; each value gets the bucket between two of them or the bucket of those equal to one. A grid
//! of even cells, over the values or over their bits, whichever spreads the splitters better, leaves a search among the few splitters
//! of one cell. Which values the sample hit changes how evenly the buckets fill, never a result that is read from them.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

/// Splitters at most, less one.
const SLOTS: usize = 1024;
/// Room behind the last splitter for a search that starts there.
const PADDED: usize = 2 * SLOTS;
/// Cells of the grid.
const CELLS: usize = 4096;
/// Values sampled: enough that buckets are of similar size.
const SAMPLE: usize = 8192;
/// Values searched at once.
const BLOCK: usize = 16;
/// The bucket of missing values, after those between and at splitters.
pub(super) const MISSING: usize = 2 * SLOTS;
/// All buckets.
pub(super) const BUCKETS: usize = MISSING + 1;

/// Splitters in ascending order, infinite behind the last.
pub(super) struct Splitters {
    at: Box<[f64; PADDED]>,
    grid: Grid,
    /// Splitters in lower cells, one a cell.
    start: Box<[u16; CELLS]>,
    /// Steps of the search: `2^levels` exceeds the splitters of any cell.
    levels: u32,
}

impl Splitters {
    /// From a sample of the values, with the special values among the splitters.
    pub fn new(values: &[f64], specials: &[f64]) -> Splitters {
        let sample = sample(values, specials);
        let room = SLOTS - 1 - specials.len();
        let distinct = 1 + sample.windows(2).filter(|w| w[0] != w[1]).count();
        let mut chosen: Vec<f64> =
            if distinct <= room { sample.clone() } else { (1..=room).map(|k| sample[k * sample.len() / (room + 1)]).collect() };
        chosen.extend(specials.iter().map(|x| x + 0.0));
        chosen.sort_unstable_by(f64::total_cmp);
        chosen.dedup();
        let (grid, start, levels) = [Grid::new(&sample, false), Grid::new(&sample, true)]
            .into_iter()
            .map(|grid| {
                let (start, levels) = grid.starts(&chosen);
                (grid, start, levels)
            })
            .min_by_key(|(_, _, levels)| *levels)
            .unwrap_or((Grid::new(&[], false), Box::new([0; CELLS]), SLOTS.ilog2()));
        let mut at = Box::new([f64::INFINITY; PADDED]);
        at[..chosen.len()].copy_from_slice(&chosen);
        Splitters { at, grid, start, levels }
    }

    /// The value of a splitter's own bucket (`bucket` is odd), or the splitter above a bucket between two.
    pub fn value(&self, bucket: usize) -> f64 {
        self.at[bucket / 2]
    }

    /// The splitter below a bucket between two; none below the first.
    pub fn below(&self, bucket: usize) -> Option<f64> {
        (bucket >= 2).then(|| self.at[bucket / 2 - 1])
    }

    /// The bucket of one value.
    pub fn bucket(&self, x: f64) -> usize {
        let mut bucket = Vec::new();
        self.search(&[x], &mut bucket);
        usize::from(bucket[0])
    }

    /// Appends the bucket of each value: odd those equal to a splitter, even those between two, `MISSING` for NaN.
    pub fn search(&self, values: &[f64], buckets: &mut Vec<u16>) {
        // A number of steps that the compiler knows is worth a factor of two.
        match self.levels {
            0 | 1 => self.search_in::<1>(values, buckets),
            2 => self.search_in::<2>(values, buckets),
            3 => self.search_in::<3>(values, buckets),
            4 => self.search_in::<4>(values, buckets),
            5 => self.search_in::<5>(values, buckets),
            6 => self.search_in::<6>(values, buckets),
            7 | 8 => self.search_in::<8>(values, buckets),
            _ => self.search_in::<10>(values, buckets),
        }
    }

    fn search_in<const LEVELS: u32>(&self, values: &[f64], buckets: &mut Vec<u16>) {
        let (blocks, rest) = values.as_chunks::<BLOCK>();
        for x in blocks {
            buckets.extend_from_slice(&self.block::<LEVELS>(x));
        }
        let mut last = [f64::NAN; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        buckets.extend_from_slice(&self.block::<LEVELS>(&last)[..rest.len()]);
    }

    #[inline(always)]
    fn block<const LEVELS: u32>(&self, x: &[f64; BLOCK]) -> [u16; BLOCK] {
        let cells = self.grid.cells(x);
        std::array::from_fn(|k| {
            let mut below = u32::from(self.start[cells[k] as usize % CELLS]);
            for level in (0..LEVELS).rev() {
                let probe = self.at[below.wrapping_add((1 << level) - 1) as usize % PADDED];
                below = below.wrapping_add(u32::from(probe < x[k]) << level);
            }
            let equal = u32::from(self.at[below as usize % PADDED] == x[k]);
            let bucket = below.wrapping_mul(2).wrapping_add(equal);
            if x[k].is_nan() { MISSING as u16 } else { bucket as u16 }
        })
    }
}

/// Known values at seeded places, sorted; all of them where they are few.
fn sample(values: &[f64], specials: &[f64]) -> Vec<f64> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(values.len() as u64);
    let known = |x: &f64| !x.is_nan() && !specials.contains(x);
    let mut sample: Vec<f64> = if values.len() <= SAMPLE {
        values.iter().copied().filter(known).collect()
    } else {
        (0..SAMPLE).map(|_| values[((u128::from(rng.next_u64()) * values.len() as u128) >> 64) as usize]).filter(known).collect()
    };
    sample.iter_mut().for_each(|x| *x += 0.0);
    sample.sort_unstable_by(f64::total_cmp);
    sample
}

/// Even cells between two values; what lies outside falls into the end cells. A greater value never has a lower cell.
struct Grid {
    by_bits: bool,
    low: f64,
    scale: f64,
}

impl Grid {
    /// Over nearly all of a sorted sample.
    fn new(sample: &[f64], by_bits: bool) -> Grid {
        let mut grid = Grid { by_bits, low: 0.0, scale: 1.0 };
        if let [first, .., last] = sample {
            let beyond = sample.len() / 500;
            let place = |x: f64| if by_bits { bits_place(x) } else { x };
            let (low, high) = (place(sample[beyond]), place(sample[sample.len() - 1 - beyond]));
            let (low, high) = if low < high { (low, high) } else { (place(*first), place(*last)) };
            let scale = (CELLS - 1) as f64 / (high - low);
            if scale.is_finite() && scale > 0.0 && low.is_finite() {
                (grid.low, grid.scale) = (low, scale);
            }
        }
        grid
    }

    /// The cell of each value; that of NaN means nothing.
    #[inline(always)]
    fn cells(&self, x: &[f64; BLOCK]) -> [u32; BLOCK] {
        // Adding 2⁵² leaves a whole number in the low bits, rounded, as a vector instruction.
        const WHOLE: f64 = (1u64 << 52) as f64;
        const LAST: f64 = (CELLS - 1) as f64;
        let cell = |place: f64| {
            let cell = (place - self.low) * self.scale;
            let cell = if cell > 0.0 { cell } else { 0.0 };
            ((if cell < LAST { cell } else { LAST }) + WHOLE).to_bits() as u32 & (CELLS as u32 - 1)
        };
        if self.by_bits { std::array::from_fn(|k| cell(bits_place(x[k]))) } else { std::array::from_fn(|k| cell(x[k])) }
    }

    /// How many splitters lie in lower cells, and the steps that the search in a cell needs.
    fn starts(&self, splitters: &[f64]) -> (Box<[u16; CELLS]>, u32) {
        let mut count = Box::new([0u16; CELLS]);
        for block in splitters.chunks(BLOCK) {
            let mut x = [0.0; BLOCK];
            x[..block.len()].copy_from_slice(block);
            self.cells(&x)[..block.len()].iter().for_each(|cell| count[*cell as usize] += 1);
        }
        let most = count.iter().max().copied().unwrap_or(0);
        let mut before = 0;
        for cell in count.iter_mut() {
            before += std::mem::replace(cell, before);
        }
        (count, u32::from(most + 1).next_power_of_two().ilog2())
    }
}

/// The upper half of the bits as a number that rises with the value: even steps in it are about even ratios.
#[inline(always)]
fn bits_place(x: f64) -> f64 {
    let high = (x.to_bits() >> 32) as i32;
    f64::from(high ^ ((high >> 31) as u32 >> 1) as i32)
}
