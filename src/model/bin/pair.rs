//! Two features looked at together: one code for each pair of their bins, row by row.

use super::tally::{Book, Counter};
use super::{AtScoring, Bin, Binned, Cut, FeatureBins, MOST_CODES, Target, Trend, weigh};
use crate::base::problem::Result;

/// Between the names of the two features, and between the labels of their bins.
const TIMES: &str = " × ";

/// The codes of a pair: `code of the first × bins of the second + code of the second`.
pub fn pair_codes(first: &[u8], second: &[u8], bins_of_second: usize) -> Vec<u8> {
    first.iter().zip(second).map(|(a, b)| (usize::from(*a) * bins_of_second + usize::from(*b)) as u8).collect()
}

/// Whether two features have few enough bins to be looked at together.
pub fn can_pair(first: &FeatureBins, second: &FeatureBins) -> bool {
    first.bins.len() * second.bins.len() <= MOST_CODES
}

/// The bins of two features together, with what each holds of the training cases.
///
/// # Errors
/// Those of a target out of range.
pub fn pair_bins(first: &Binned, second: &Binned, target: &Target<'_>) -> Result<Binned> {
    let (a, b) = (&first.bins, &second.bins);
    let codes = pair_codes(&first.codes, &second.codes, b.bins.len());
    let book = Book::new(target)?;
    let mut counter = Counter::new(&book, a.bins.len() * b.bins.len());
    counter.add(codes.iter().copied(), 0);
    let labels = a.bins.iter().flat_map(|x| b.bins.iter().map(move |y| format!("{}{TIMES}{}", x.label, y.label)));
    let mut bins: Vec<Bin> =
        labels.zip(counter.sums()).map(|(label, t)| Bin::new(label, t.n, book.amount(t.weight), book.amount(t.repaid))).collect();
    let information_value = weigh(&mut bins);
    let cut = Cut::Pair { features: [a.name.clone(), b.name.clone()], cuts: Box::new([a.cut.clone(), b.cut.clone()]) };
    let at_scoring = AtScoring { missing: "a missing value has a row or a column of its own".into(), other: None, special: Vec::new() };
    let bins = FeatureBins {
        name: format!("{}{TIMES}{}", a.name, b.name),
        meaning: format!("{}, together with {}", a.meaning, b.meaning),
        cut,
        trend: Trend::Free,
        by_hand: false,
        bins,
        information_value,
        against: None,
        at_scoring,
    };
    Ok(Binned { bins, codes })
}
