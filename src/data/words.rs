//! The words of a column: distinct texts or numbers by place, and one code a row.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;
use std::sync::OnceLock;

/// A code that stands for no value.
pub const NO_WORD: u32 = u32::MAX;

/// Distinct words in the order in which they were first seen.
///
/// Identifiers that a file holds as whole numbers stay numbers: they cost no text until somebody asks for one.
#[derive(Clone, Debug)]
pub enum Words {
    /// Texts.
    Texts {
        /// By place.
        list: Vec<Box<str>>,
        /// Place of each.
        places: HashMap<Box<str>, u32>,
    },
    /// Whole numbers, each standing for its shortest decimal text.
    Numbers {
        /// By place.
        list: Vec<i64>,
        /// Place of each; `None` while the list ascends and is searched instead.
        places: Option<HashMap<i64, u32>>,
        /// Their texts, once asked for.
        texts: OnceLock<Vec<Box<str>>>,
    },
}

impl Default for Words {
    fn default() -> Self {
        Words::Texts { list: Vec::new(), places: HashMap::new() }
    }
}

impl Words {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Words::Texts { list, .. } => list.len(),
            Words::Numbers { list, .. } => list.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The words, by place.
    pub fn list(&self) -> &[Box<str>] {
        match self {
            Words::Texts { list, .. } => list,
            Words::Numbers { list, texts, .. } => texts.get_or_init(|| list.iter().map(|n| n.to_string().into()).collect()),
        }
    }

    /// The numbers, by place, if all words are numbers that are at least zero.
    pub fn numbers(&self) -> Option<&[i64]> {
        match self {
            Words::Numbers { list, .. } if list.iter().all(|n| *n >= 0) => Some(list),
            _ => None,
        }
    }

    /// The place of a word, if it was seen.
    pub fn place(&self, word: &str) -> Option<u32> {
        match self {
            Words::Texts { places, .. } => places.get(word).copied(),
            Words::Numbers { .. } => plain_number(word).and_then(|n| self.place_of_number(n, NO_WORD)),
        }
    }

    /// The place of a number, if it was seen. Files are mostly sorted, so the place after `before` is tried first.
    pub fn place_of_number(&self, number: i64, before: u32) -> Option<u32> {
        match self {
            Words::Texts { .. } => self.place(&number.to_string()),
            Words::Numbers { list, places, .. } => {
                let next = before.wrapping_add(1);
                if list.get(next as usize) == Some(&number) {
                    return Some(next);
                }
                match places {
                    Some(places) => places.get(&number).copied(),
                    None => {
                        // Where accounts are left out, the next one named is mostly not far.
                        let near = (next as usize).min(list.len());
                        let (from, until) = match list.get(near) {
                            Some(first) if *first < number => {
                                let mut step = 1;
                                while list.get(near + step).is_some_and(|n| *n < number) {
                                    step *= 2;
                                }
                                (near + step / 2, (near + step + 1).min(list.len()))
                            }
                            _ => (0, near),
                        };
                        list[from..until].binary_search(&number).ok().map(|place| (from + place) as u32)
                    }
                }
            }
        }
    }

    /// The place of a word, new or seen.
    pub(super) fn insert(&mut self, word: &str) -> u32 {
        if let Some(place) = self.place(word) {
            return place;
        }
        if let (Words::Numbers { .. }, Some(number)) = (&*self, plain_number(word)) {
            return self.insert_number(number);
        }
        if let Words::Numbers { .. } = self {
            let list = self.list().to_vec();
            let places = list.iter().enumerate().map(|(place, word)| (word.clone(), place as u32)).collect();
            *self = Words::Texts { list, places };
        }
        let Words::Texts { list, places } = self else { return NO_WORD };
        let place = list.len() as u32;
        list.push(word.into());
        places.insert(word.into(), place);
        place
    }

    /// The place of a number, new or seen.
    pub(super) fn insert_or_find(&mut self, number: i64) -> u32 {
        // A new number above all others, as in a file sorted by it, needs no search.
        if let Words::Numbers { list, places: None, .. } = self
            && list.last().is_none_or(|last| *last < number)
        {
            return self.insert_number(number);
        }
        self.place_of_number(number, NO_WORD).unwrap_or_else(|| self.insert_number(number))
    }

    fn insert_number(&mut self, number: i64) -> u32 {
        if self.is_empty() {
            *self = Words::Numbers { list: Vec::new(), places: None, texts: OnceLock::new() };
        }
        let Words::Numbers { list, places, texts } = self else { return self.insert(&number.to_string()) };
        let place = list.len() as u32;
        if places.is_none() && list.last().is_none_or(|last| *last < number) {
            list.push(number);
        } else {
            if places.is_none()
                && let Ok(place) = list.binary_search(&number)
            {
                return place as u32;
            }
            let places = places.get_or_insert_with(|| list.iter().enumerate().map(|(place, n)| (*n, place as u32)).collect());
            match places.entry(number) {
                Entry::Occupied(seen) => return *seen.get(),
                Entry::Vacant(new) => new.insert(place),
            };
            list.push(number);
        }
        texts.take();
        place
    }
}

/// The number that a text is the shortest decimal of: `7` but not `007`.
fn plain_number(word: &str) -> Option<i64> {
    let digits = word.strip_prefix('-').unwrap_or(word);
    let shortest =
        word == "0" || (digits.as_bytes().first().is_some_and(|b| (b'1'..=b'9').contains(b)) && digits.bytes().all(|b| b.is_ascii_digit()));
    if shortest { word.parse().ok() } else { None }
}

/// One code a row, held as runs of the same code: files are mostly sorted, so an account's identifier stands in many rows in a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codes {
    /// Code and the row after its last.
    runs: Vec<(u32, u32)>,
}

impl Codes {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.runs.last().map_or(0, |(_, end)| *end as usize)
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Adds a row.
    pub fn push(&mut self, code: u32) {
        self.push_run(code, 1);
    }

    /// Adds rows of one code.
    pub fn push_run(&mut self, code: u32, rows: usize) {
        match self.runs.last_mut() {
            Some((last, end)) if *last == code => *end += rows as u32,
            _ if rows == 0 => {}
            _ => self.runs.push((code, self.len() as u32 + rows as u32)),
        }
    }

    /// The code of the last row.
    pub fn last(&self) -> Option<u32> {
        self.runs.last().map(|(code, _)| *code)
    }

    /// The code of a row.
    pub fn get(&self, row: usize) -> u32 {
        self.runs.get(self.runs.partition_point(|(_, end)| *end as usize <= row)).map_or(NO_WORD, |(code, _)| *code)
    }

    /// Each run: its code and its rows.
    pub fn runs(&self) -> impl Iterator<Item = (u32, Range<usize>)> + '_ {
        let mut start = 0;
        self.runs.iter().map(move |(code, end)| (*code, std::mem::replace(&mut start, *end as usize)..*end as usize))
    }

    /// The code of each row.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.runs().flat_map(|(code, rows)| rows.map(move |_| code))
    }

    /// One code a row, written out: for places that look at rows out of order.
    pub fn to_vec(&self) -> Vec<u32> {
        self.iter().collect()
    }

    /// Keeps the rows that are marked.
    pub fn retain(&mut self, kept: &[bool]) {
        *self = self.iter().zip(kept).filter(|(_, kept)| **kept).map(|(code, _)| code).collect();
    }

    /// Each code turned into another.
    pub fn map(&self, turn: impl Fn(u32) -> u32) -> Codes {
        let mut turned = Codes::default();
        self.runs().for_each(|(code, rows)| turned.push_run(turn(code), rows.len()));
        turned
    }
}

impl FromIterator<u32> for Codes {
    fn from_iter<I: IntoIterator<Item = u32>>(codes: I) -> Codes {
        let mut all = Codes::default();
        codes.into_iter().for_each(|code| all.push(code));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stand_in_runs() {
        let codes: Codes = [4, 4, 4, 1, 4, NO_WORD, NO_WORD].into_iter().collect();
        assert_eq!((codes.len(), codes.runs().count(), Codes::default().len()), (7, 4, 0));
        assert_eq!((0..8).map(|row| codes.get(row)).collect::<Vec<_>>(), [4, 4, 4, 1, 4, NO_WORD, NO_WORD, NO_WORD]);
        assert_eq!(codes.map(|code| code.min(4)).runs().collect::<Vec<_>>(), [(4, 0..3), (1, 3..4), (4, 4..7)]);
    }
}
