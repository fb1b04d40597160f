//! The sample book and the sample policies, carried in the binary, so that `recoup demo` works wherever it is run.

use crate::base::files::write_whole;
use crate::base::problem::Result;
use std::path::Path;

/// The day on which the demo scores the sample book: its last.
pub const SAMPLE_DAY: &str = "2025-12-31";

/// Name below the demo's folder, and content.
const FILES: &[(&str, &[u8])] = &[
    ("book/accounts.csv.gz", include_bytes!("../../data/sample/accounts.csv.gz")),
    ("book/instalments.csv.gz", include_bytes!("../../data/sample/instalments.csv.gz")),
    ("book/payments.csv.gz", include_bytes!("../../data/sample/payments.csv.gz")),
    ("book/contacts.csv.gz", include_bytes!("../../data/sample/contacts.csv.gz")),
    ("book/events.csv.gz", include_bytes!("../../data/sample/events.csv.gz")),
    ("book/recoup.toml", include_bytes!("../../data/sample/recoup.toml")),
    ("policies/current.toml", include_bytes!("../../data/policies/current.toml")),
    ("policies/challenger.toml", include_bytes!("../../data/policies/challenger.toml")),
];

/// Lays the sample out below a folder.
///
/// # Errors
/// `file.io` if the folder cannot be written.
pub fn lay_out(folder: &Path) -> Result<()> {
    FILES.iter().try_for_each(|(name, bytes)| write_whole(&folder.join(name), |out| out.write_all(bytes)))
}
