//! Damaged Parquet: whatever is broken, a clear error or a sound result, and no run that dies.

use super::world::{ACCOUNTS, Book, INSTALMENTS, PROJECT};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use recoup::data::write::{Format, OutColumn, OutTable};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Set for a child: where it works, its first seed, how many.
const CHILD: &str = "RECOUP_DAMAGE_CHILD";
/// Memory of a child in KiB: a request for more fails, and the child dies of it.
const MEMORY: &str = "4000000";

/// The files that are damaged: five of another writer and two of our own.
fn sound_files() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let mut files: Vec<(String, Vec<u8>)> =
        paths.iter().map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap())).collect();
    let day = |k: i32| recoup::base::dates::Day(18_300 + k);
    let amounts = OutColumn::Money((0..200).map(|k| recoup::base::units::Money(100 + k)).collect(), 2);
    let days = OutColumn::Day((0..200).map(day).collect());
    let numbers = OutColumn::Integer((0..200).map(|k| k % 3 + 1).collect());
    let words = OutColumn::Words { codes: (0..200).map(|k| k % 3).collect(), words: std::sync::Arc::new(["1", "2", "3"].map(Into::into).to_vec()) };
    for (name, ids) in [("our_numbers", numbers), ("our_words", words)] {
        let table = OutTable::default().with("account_id", ids).with("paid_on", days.clone()).with("amount", amounts.clone());
        let file = tempfile::NamedTempFile::new().unwrap();
        table.write(file.path(), Format::Parquet).unwrap();
        files.push((name.into(), std::fs::read(file.path()).unwrap()));
    }
    files
}

/// A book whose payments are one Parquet file.
fn book_of(bytes: &[u8]) -> Book {
    let plain = |text: &str| text.replace("\n00", "\n");
    let (accounts, instalments) = (plain(ACCOUNTS), plain(INSTALMENTS));
    let project = PROJECT.replace("payments.csv", "payments.parquet");
    Book::of_bytes(&[
        ("recoup.toml", project.as_bytes()),
        ("accounts.csv", accounts.as_bytes()),
        ("instalments.csv", instalments.as_bytes()),
        ("payments.parquet", bytes),
    ])
}

/// Damages a file in one of the ways in which files are damaged, most of them where sizes stand.
fn damage(bytes: &mut Vec<u8>, seed: u64) {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut below = |n: usize| (random.next_u64() % n.max(1) as u64) as usize;
    let length = bytes.len();
    let footer = u32::from_le_bytes(bytes[length - 8..length - 4].try_into().unwrap()) as usize;
    let in_footer = length - 8 - footer;
    for _ in 0..=below(3) {
        let place = match below(5) {
            0 | 1 => in_footer + below(footer),
            2 => 4 + below(40.min(length - 4)),
            3 => below(length),
            _ => length - 8 + below(8),
        };
        match below(7) {
            0 | 1 => bytes[place] ^= 1 << below(8),
            2 => bytes[place] = [0x00, 0xff, 0x7f, 0x80, 0xfc][below(5)],
            3 => bytes[place] = below(256) as u8,
            // A varint of many bytes: a size beyond all bounds.
            4 => bytes[place..(place + 1 + below(9)).min(length)].fill(0xfe),
            5 => bytes.copy_within(below(length - 8)..length - 8, place.min(length - 8).min(8)),
            _ => {
                let from = below(length);
                bytes[place] = bytes[from];
            }
        }
    }
    if below(12) == 0 {
        bytes.truncate(below(length));
    }
}

/// The child: reads damaged files one after the other. Run by itself it does nothing.
#[test]
fn child_that_reads_damaged_files() {
    let Ok(work) = std::env::var(CHILD) else { return };
    recoup::base::guard::silence_guarded_panics();
    let [folder, first, runs] = work.split(' ').collect::<Vec<_>>().try_into().unwrap();
    let (first, runs): (u64, u64) = (first.parse().unwrap(), runs.parse().unwrap());
    let files = sound_files();
    let (mut refused, mut sound) = (0, 0);
    let book = book_of(b"");
    for seed in first..first + runs {
        let (name, bytes) = &files[seed as usize % files.len()];
        let mut bytes = bytes.clone();
        damage(&mut bytes, seed);
        std::fs::write(Path::new(folder).join("last"), format!("{name}, seed {seed}")).unwrap();
        std::fs::write(book.folder.path().join("payments.parquet"), &bytes).unwrap();
        let summary = book.check().unwrap();
        assert!(summary.tables.iter().all(|t| t.rows_read == t.rows_used + t.rows_set_aside), "{name}, seed {seed}");
        assert!(summary.errors == 0 || summary.problems.iter().all(|p| p.file.is_some()), "{name}, seed {seed}");
        *(if summary.errors > 0 { &mut refused } else { &mut sound }) += 1;
    }
    std::fs::write(Path::new(folder).join("last"), format!("done {refused} {sound}")).unwrap();
}

/// Lets a child read damaged files, its memory bounded; gives how many it refused and how many it read.
fn read_by_child(first: u64, runs: u64) -> (u64, u64) {
    let folder = tempfile::tempdir().unwrap();
    let program = std::env::current_exe().unwrap();
    let done = Command::new("sh")
        .args([
            "-c",
            &format!("ulimit -v {MEMORY}; exec \"$0\" --exact bad_parquet::child_that_reads_damaged_files --nocapture"),
            program.to_str().unwrap(),
        ])
        .env(CHILD, format!("{} {first} {runs}", folder.path().display()))
        .env("RAYON_NUM_THREADS", "2")
        .output()
        .unwrap();
    let last = std::fs::read_to_string(folder.path().join("last")).unwrap_or_default();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{} (signal {:?}) at {last}\n{said}", done.status, done.status.signal());
    let counts: Vec<u64> = last.split(' ').skip(1).map(|n| n.parse().unwrap()).collect();
    (counts[0], counts[1])
}

#[test]
fn no_damage_ends_a_run() {
    // `RECOUP_DAMAGE="10000 5000"`: five thousand others, from seed 10,000.
    let asked = std::env::var("RECOUP_DAMAGE").ok();
    let (first, runs) = asked.as_deref().and_then(|a| a.split_once(' ')).map_or((0, 700), |(a, b)| (a.parse().unwrap(), b.parse().unwrap()));
    let (refused, sound) = read_by_child(first, runs);
    assert_eq!(refused + sound, runs);
    // A changed value in a page without a checksum is no damage that anybody could see; most damage is seen.
    assert!(refused * 10 > runs * 5, "{refused} of {runs} refused");
}

#[test]
fn sound_files_of_other_writers_are_read() {
    for (name, bytes) in sound_files() {
        let summary = book_of(&bytes).check().unwrap();
        let said: String = summary.problems.iter().filter(|p| p.code != "data.after_data_end").map(|p| p.to_string()).collect();
        assert!(said.is_empty(), "{name}: {said}");
        assert_eq!(summary.tables[2].rows_read, if name.starts_with("our") { 200 } else { 40 }, "{name}");
    }
}

#[test]
fn a_table_without_rows_is_empty_and_not_damaged() {
    let (ids, days, amounts) = (OutColumn::Integer(Vec::new()), OutColumn::Day(Vec::new()), OutColumn::Money(Vec::new(), 2));
    let file = tempfile::NamedTempFile::new().unwrap();
    let table = OutTable::default().with("account_id", ids).with("paid_on", days).with("amount", amounts);
    table.write(file.path(), Format::Parquet).unwrap();
    let said = said_of(&std::fs::read(file.path()).unwrap());
    assert!(said.contains("warning[data.empty_table]: payments has no rows"), "{said}");
}

fn said_of(bytes: &[u8]) -> String {
    book_of(bytes).check().unwrap().problems.iter().map(|p| p.to_string()).collect()
}

#[test]
fn what_is_broken_is_said() {
    let files = sound_files();
    let of = |wanted: &str| files.iter().find(|(name, _)| name.starts_with(wanted)).unwrap().1.clone();
    let sound = of("plain_checked");
    for (bytes, part) in [
        (b"no".to_vec(), "2 bytes are no Parquet file"),
        (b"account_id,paid_on,amount\n1,2020-02-20,1.00\n".to_vec(), "does not begin and end with PAR1"),
        (sound[..sound.len() - 1].to_vec(), "it was cut off"),
        (sound[..sound.len() / 3].to_vec(), "it was cut off"),
        (Vec::new(), "0 bytes are no Parquet file"),
    ] {
        let said = said_of(&bytes);
        assert!(said.contains("data.unreadable") && said.contains("payments.parquet") && said.contains(part) && said.contains("help:"), "{said}");
    }
    // The last page missing: what follows it moves up.
    let footer = u32::from_le_bytes(sound[sound.len() - 8..sound.len() - 4].try_into().unwrap()) as usize;
    let data_end = sound.len() - 8 - footer;
    let without_page = [&sound[..data_end - 300], &sound[data_end..]].concat();
    let said = said_of(&without_page);
    assert!(said.contains("column amount is said to lie at bytes"), "{said}");
    // A value changed where its writer left a checksum.
    let mut changed = sound.clone();
    changed[data_end - 5] ^= 1;
    let said = said_of(&changed);
    assert!(said.contains("does not have its checksum") && said.contains("column amount"), "{said}");
}
