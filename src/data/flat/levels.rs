//! The words of a column, numbered as they are first seen and sorted at the end, so that the order of rows leaves no trace.

use crate::data::features::NO_LEVEL;
use std::collections::HashMap;

/// Words remembered by their bits to save look-ups: a column of categories has few.
const NEAR: usize = 512;
/// The longest text whose bytes and length fit into 128 bits.
const SHORT: usize = 15;

/// Distinct words and their codes.
pub(super) struct Levels {
    places: HashMap<Box<str>, u32>,
    /// Bits that stand for one word and no other, and its code. Nothing but the empty text has the bits 0.
    near: Vec<(u128, u32)>,
}

impl Default for Levels {
    fn default() -> Levels {
        Levels { places: HashMap::new(), near: vec![(0, NO_LEVEL); NEAR] }
    }
}

fn slot(bits: u128) -> usize {
    let mixed = (bits as u64 ^ (bits >> 64) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 55) as usize % NEAR
}

/// A short text as bits: its bytes, then its length.
pub(super) fn short_bits(text: &[u8]) -> Option<u128> {
    let mut bytes = [0u8; SHORT + 1];
    bytes.get_mut(..text.len()).filter(|place| place.len() <= SHORT)?.copy_from_slice(text);
    bytes[SHORT] = text.len() as u8;
    Some(u128::from_le_bytes(bytes))
}

impl Levels {
    /// The code of the bits, if they were remembered.
    #[inline]
    pub(super) fn near(&self, bits: u128) -> Option<u32> {
        let (known, code) = self.near[slot(bits)];
        (known == bits).then_some(code)
    }

    /// Remembers the code of bits that stand for one word, or for a null.
    pub(super) fn remember(&mut self, bits: u128, code: u32) {
        self.near[slot(bits)] = (bits, code);
    }

    /// Forgets what was remembered: the bits that follow stand for other words.
    pub(super) fn forget(&mut self) {
        self.near.fill((0, NO_LEVEL));
    }

    /// The code of a word, new or known.
    pub(super) fn insert(&mut self, word: &str) -> u32 {
        match self.places.get(word) {
            Some(code) => *code,
            None => {
                let code = self.places.len() as u32;
                self.places.insert(word.into(), code);
                code
            }
        }
    }

    /// The same for a column whose words are all given as texts.
    pub(super) fn code(&mut self, word: &str) -> u32 {
        let bits = short_bits(word.as_bytes());
        if let Some(code) = bits.and_then(|bits| self.near(bits)) {
            return code;
        }
        let code = self.insert(word);
        bits.into_iter().for_each(|bits| self.remember(bits, code));
        code
    }

    /// The words in order; the codes become their places.
    pub(super) fn sorted(self, codes: &mut [u32]) -> Vec<Box<str>> {
        let mut words: Vec<(Box<str>, u32)> = self.places.into_iter().collect();
        words.sort_unstable();
        let mut place = vec![0u32; words.len()];
        words.iter().enumerate().for_each(|(new, (_, old))| place[*old as usize] = new as u32);
        codes.iter_mut().filter(|code| **code != NO_LEVEL).for_each(|code| *code = place[*code as usize]);
        words.into_iter().map(|(word, _)| word).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_places_among_sorted_words_whatever_the_order() {
        let long = "a word of more than fifteen bytes";
        for rows in [["b", "", long, "a", "b"], [long, "b", "a", "b", ""]] {
            let mut levels = Levels::default();
            let mut codes: Vec<u32> = rows.iter().map(|word| if word.is_empty() { NO_LEVEL } else { levels.code(word) }).collect();
            let levels = levels.sorted(&mut codes);
            assert_eq!(levels, ["a".into(), long.into(), "b".into()] as [Box<str>; 3]);
            let back: Vec<&str> = codes.iter().map(|code| levels.get(*code as usize).map_or("", |word| &**word)).collect();
            assert_eq!(back, rows);
        }
    }

    #[test]
    fn bits_stand_for_one_text() {
        assert_ne!(short_bits(b"a"), short_bits(b"a\0"));
        assert_eq!((short_bits(b""), short_bits(&[b'x'; 16])), (Some(0), None));
        assert!(short_bits(&[b'x'; 15]).is_some());
    }
}
