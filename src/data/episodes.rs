//! Every arrears episode of a book, with how it ended: the record from which cures, re-ages and write-offs are counted.

use super::catalogue::{Family, Settings};
use super::history::Portfolio;
use super::path::{Episode, EpisodeEnd};
use crate::base::config::Project;
use rayon::prelude::*;

/// An episode of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountEpisode {
    /// Place of the account in the portfolio.
    pub account: u32,
    /// Place of the borrower.
    pub borrower: u32,
    /// The episode, as known at the data's end.
    pub episode: Episode,
    /// Highest days past due within it.
    pub max_dpd: i32,
}

impl EpisodeEnd {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            EpisodeEnd::Open => "open",
            EpisodeEnd::Payment => "payment",
            EpisodeEnd::ReAge => "re_age",
            EpisodeEnd::ChargeOff => "charge_off",
        }
    }
}

/// The episodes of every account up to the data's end, by account and then by day.
pub fn episodes(project: &Project, book: &Portfolio) -> Vec<AccountEpisode> {
    let chunks: Vec<Vec<AccountEpisode>> = book
        .chunks()
        .into_par_iter()
        .map(|borrowers| {
            let mut found = Vec::new();
            let mut family = Family::new(book, Settings::of(project));
            for borrower in borrowers {
                family.turn_to(borrower);
                for account in family.accounts.clone() {
                    let view = family.view(account, book.data_until);
                    for episode in view.episodes().into_iter().rev() {
                        let max_dpd = view.highest_within(&episode);
                        found.push(AccountEpisode { account: account as u32, borrower: borrower as u32, episode, max_dpd });
                    }
                }
            }
            found
        })
        .collect();
    chunks.into_iter().flatten().collect()
}
