//! A column of texts in one stretch of memory: identifiers are nearly all distinct, so that a list of words would only cost.

use super::levels::Levels;

/// Texts, one a row. The empty text is null.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    text: String,
    /// Where each ends; it begins where the one before ends.
    ends: Vec<usize>,
}

impl Texts {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text of a row; `None` where it is null or there is no such row.
    pub fn get(&self, row: usize) -> Option<&str> {
        let end = *self.ends.get(row)?;
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(start..end).filter(|text| !text.is_empty())
    }

    /// The text of each row, `None` where it is null.
    pub fn iter(&self) -> impl Iterator<Item = Option<&str>> {
        (0..self.len()).map(|row| self.get(row))
    }

    /// Adds a row; the empty text is null.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    /// Makes room for that many rows.
    pub(super) fn reserve(&mut self, rows: usize) {
        self.ends.reserve(rows);
    }

    /// As one code a row and the sorted, distinct words.
    pub fn into_words(self) -> (Vec<u32>, Vec<Box<str>>) {
        let mut levels = Levels::default();
        let mut codes: Vec<u32> = self.iter().map(|text| text.map_or(crate::data::features::NO_LEVEL, |text| levels.code(text))).collect();
        let levels = levels.sorted(&mut codes);
        (codes, levels)
    }
}
