//! Moves summed by scope: for each month, product and bucket, the sums over borrowers that a share and its interval need.
//!
//! Everything is a whole number, so sums are exact and the same in any order. Deliberately absent: shares, which are made once all is summed.

use super::cycles::{Flow, Move, Relapse};
use super::ratio::Sums;

/// What stands in the place of a bucket: M0 … M7+, then all of M1 and more together, then the cured with a known sequel.
pub(super) const IN_ARREARS: usize = 8;
/// Accounts cured, of which those with a relapse are the first flow.
pub(super) const CURED: usize = 9;
const KINDS: usize = 10;
const FLOWS: usize = Flow::ALL.len();

/// Numerator sums over borrowers: `Σ N`, `Σ N²`, `Σ N D`.
#[derive(Clone, Copy, Debug, Default)]
struct Above {
    n: i128,
    nn: i128,
    nd: i128,
}

/// One measure (accounts or balance) of a cell.
#[derive(Clone, Debug, Default)]
pub(super) struct Measure {
    borrowers: u64,
    d: i128,
    dd: i128,
    above: [Above; FLOWS],
}

impl Measure {
    /// One borrower's sums. A balance's square may be large beyond any book; it saturates rather than stop.
    fn add(&mut self, n: &[i64; FLOWS], d: i64) {
        let d = i128::from(d);
        self.borrowers += u64::from(d > 0);
        self.d = self.d.saturating_add(d);
        self.dd = self.dd.saturating_add(d.saturating_mul(d));
        for (above, n) in self.above.iter_mut().zip(n).filter(|(_, n)| **n != 0) {
            let n = i128::from(*n);
            above.n = above.n.saturating_add(n);
            above.nn = above.nn.saturating_add(n.saturating_mul(n));
            above.nd = above.nd.saturating_add(n.saturating_mul(d));
        }
    }

    fn merge(&mut self, other: &Measure) {
        self.borrowers += other.borrowers;
        self.d = self.d.saturating_add(other.d);
        self.dd = self.dd.saturating_add(other.dd);
        for (a, b) in self.above.iter_mut().zip(&other.above) {
            a.n = a.n.saturating_add(b.n);
            a.nn = a.nn.saturating_add(b.nn);
            a.nd = a.nd.saturating_add(b.nd);
        }
    }

    /// Borrowers with a part in the denominator.
    pub fn borrowers(&self) -> u64 {
        self.borrowers
    }

    /// The denominator.
    pub fn total(&self) -> i128 {
        self.d
    }

    /// The sums of one flow.
    pub fn sums(&self, flow: usize) -> Sums {
        let Above { n, nn, nd } = self.above[flow];
        Sums { borrowers: self.borrowers, n, d: self.d, nn, nd, dd: self.dd }
    }
}

/// The sums of one month (or all), product (or all) and bucket.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    /// Accounts.
    pub count: Measure,
    /// Balances of those whose balance is known at both ends.
    pub balance: Measure,
    /// Accounts whose balance is known at both ends.
    pub with_balance: u64,
    /// Cures whose sequel is not known yet.
    pub not_known: u64,
}

/// One borrower's part of a cell.
#[derive(Clone, Default)]
struct Part {
    cell: usize,
    count: [i64; FLOWS],
    accounts: i64,
    balance: [i64; FLOWS],
    then: i64,
    with_balance: u64,
    not_known: u64,
}

/// Scopes in one line: month (0 is all) × product (0 is all) × what stands in the place of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Cycles.
    pub cycles: usize,
    /// Products; 0 without a split.
    pub products: usize,
}

impl Shape {
    /// Place of a cell.
    pub fn place(self, month: usize, product: usize, kind: usize) -> usize {
        (month * (self.products + 1) + product) * KINDS + kind
    }

    fn places(self) -> usize {
        (self.cycles + 1) * (self.products + 1) * KINDS
    }
}

const NOWHERE: u32 = u32::MAX;

/// Cells of borrowers, summed. Only cells that somebody touched take room.
pub(super) struct Tally {
    shape: Shape,
    slot: Vec<u32>,
    cells: Vec<(usize, Cell)>,
    /// The borrower at hand: place of each touched cell in `parts`.
    part_of: Vec<u32>,
    parts: Vec<Part>,
    /// Accounts that counted in a cycle.
    pub accounts: u64,
    /// Borrowers with one.
    pub borrowers: u64,
    /// Cycles without a statement at the end, of accounts that have later ones.
    pub gaps: u64,
    /// Accounts in M0 at a cycle's start that owed nothing.
    pub nothing_owed: u64,
}

impl Tally {
    /// An empty one.
    pub fn new(shape: Shape) -> Tally {
        let (slot, part_of) = (vec![NOWHERE; shape.places()], vec![NOWHERE; shape.places()]);
        Tally { shape, slot, cells: Vec::new(), part_of, parts: Vec::new(), accounts: 0, borrowers: 0, gaps: 0, nothing_owed: 0 }
    }

    /// Adds a move of the borrower at hand; `product` is a place from 1, or 0 without a split.
    pub fn add(&mut self, product: usize, step: &Move) {
        self.nothing_owed += u64::from(step.from.0 == 0 && step.then == Some(0));
        let products: &[usize] = if product == 0 { &[0] } else { &[0, product] };
        for month in [0, step.cycle + 1] {
            for product in products {
                self.part(month, *product, usize::from(step.from.0), step.flow as usize, step);
                if step.from.0 > 0 {
                    self.part(month, *product, IN_ARREARS, step.flow as usize, step);
                }
                match step.relapse {
                    Some(Relapse::NotKnown) => self.touch(month, *product, CURED).not_known += 1,
                    Some(known) => {
                        let part = self.touch(month, *product, CURED);
                        part.accounts += 1;
                        part.count[0] += i64::from(known == Relapse::Yes);
                    }
                    None => {}
                }
            }
        }
    }

    fn touch(&mut self, month: usize, product: usize, kind: usize) -> &mut Part {
        let cell = self.shape.place(month, product, kind);
        if self.part_of[cell] == NOWHERE {
            self.part_of[cell] = self.parts.len() as u32;
            self.parts.push(Part { cell, ..Part::default() });
        }
        &mut self.parts[self.part_of[cell] as usize]
    }

    fn part(&mut self, month: usize, product: usize, kind: usize, flow: usize, step: &Move) {
        let part = self.touch(month, product, kind);
        part.accounts += 1;
        part.count[flow] += 1;
        if let (Some(then), Some(moved)) = (step.then, step.moved) {
            part.with_balance += 1;
            part.then = part.then.saturating_add(then);
            part.balance[flow] = part.balance[flow].saturating_add(moved);
        }
    }

    /// Ends the borrower at hand: their sums become one cluster of each cell.
    pub fn end_borrower(&mut self) {
        self.borrowers += u64::from(!self.parts.is_empty());
        let mut parts = std::mem::take(&mut self.parts);
        for part in parts.drain(..) {
            self.part_of[part.cell] = NOWHERE;
            let cell = self.cell_mut(part.cell);
            cell.count.add(&part.count, part.accounts);
            if part.with_balance > 0 {
                cell.balance.add(&part.balance, part.then);
            }
            cell.with_balance += part.with_balance;
            cell.not_known += part.not_known;
        }
        self.parts = parts;
    }

    fn cell_mut(&mut self, place: usize) -> &mut Cell {
        if self.slot[place] == NOWHERE {
            self.slot[place] = self.cells.len() as u32;
            self.cells.push((place, Cell::default()));
        }
        &mut self.cells[self.slot[place] as usize].1
    }

    /// Both together; the order is of no consequence.
    pub fn merge(mut self, other: Tally) -> Tally {
        for (place, theirs) in other.cells {
            let ours = self.cell_mut(place);
            ours.count.merge(&theirs.count);
            ours.balance.merge(&theirs.balance);
            ours.with_balance += theirs.with_balance;
            ours.not_known += theirs.not_known;
        }
        self.accounts += other.accounts;
        self.borrowers += other.borrowers;
        self.gaps += other.gaps;
        self.nothing_owed += other.nothing_owed;
        self
    }

    /// The cell of a scope, if anybody touched it.
    pub fn cell(&self, month: usize, product: usize, kind: usize) -> Option<&Cell> {
        self.cells.get(*self.slot.get(self.shape.place(month, product, kind))? as usize).map(|(_, cell)| cell)
    }
}
