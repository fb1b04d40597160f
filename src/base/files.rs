//! Files that appear whole or not at all: written beside their place, flushed, synced, renamed.

use super::problem::{Failure, Problem, Result};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// A problem with a file, from what the system said.
pub fn io_failure(path: &Path, doing: &str, error: &std::io::Error) -> Failure {
    use std::io::ErrorKind::*;
    let help = match error.kind() {
        NotFound => "check the path; a relative path starts at the file that names it",
        PermissionDenied => "choose a folder that you may write to, or change its permissions",
        StorageFull | QuotaExceeded => "free some space and run again; nothing was left half-written",
        AlreadyExists => "choose another name, or move the old one away",
        _ => "check the disk and the path",
    };
    Problem::error("file.io", format!("cannot {doing}: {error}")).file(path.display().to_string()).help(help).fail()
}

fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Writes one file whole or not at all.
///
/// # Errors
/// `file.io` if the folder cannot be written or the disk is full; whatever stood at `path` before stays as it was.
pub fn write_whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
    let fail = |error: std::io::Error| io_failure(path, "write the file", &error);
    let parent = parent_of(path);
    std::fs::create_dir_all(parent).map_err(fail)?;
    let mut beside = tempfile::Builder::new().prefix(".recoup-").tempfile_in(parent).map_err(fail)?;
    let mut buffer = BufWriter::with_capacity(1 << 20, beside.as_file_mut());
    write(&mut buffer).map_err(fail)?;
    buffer.flush().map_err(fail)?;
    drop(buffer);
    beside.as_file().sync_all().map_err(fail)?;
    readable_by_others(beside.path()).map_err(fail)?;
    beside.persist(path).map_err(|e| fail(e.error))?;
    Ok(())
}

/// A temporary file is private to its owner; a result should have the permissions of any new file.
fn readable_by_others(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = if path.is_dir() { 0o755 } else { 0o644 };
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// What a command leaves in its folder, by which its own earlier folder is known.
#[derive(Clone, Copy, Debug)]
pub struct FolderKind {
    /// What the folder is called in messages.
    pub name: &'static str,
    /// A key that its `manifest.json` has and that of no other kind.
    pub key: &'static str,
    /// Names of its entries, up to their first dot.
    pub entries: &'static [&'static str],
}

impl FolderKind {
    /// Whether a folder was left by that command and holds nothing else.
    fn left(self, place: &Path) -> bool {
        let manifest = std::fs::read_to_string(place.join("manifest.json")).unwrap_or_default();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap_or_default();
        let known = manifest.get(self.key).is_some() && untouched(place, &manifest);
        let ours = |entry: std::io::Result<std::fs::DirEntry>| {
            let name = entry.map(|e| e.file_name().to_string_lossy().into_owned()).unwrap_or_default();
            self.entries.contains(&name.split('.').next().unwrap_or_default())
        };
        known && std::fs::read_dir(place).is_ok_and(|mut entries| entries.all(ours))
    }
}

/// Whether the files that a record names in folders within stand as they were written, and no others do: people fill lists in.
fn untouched(place: &Path, manifest: &serde_json::Value) -> bool {
    let outputs = manifest.get("outputs").and_then(serde_json::Value::as_object);
    let within: Vec<(&String, Option<&str>)> =
        outputs.into_iter().flatten().filter(|(name, _)| name.contains('/')).map(|(name, was)| (name, was.as_str())).collect();
    let mut folders: Vec<&str> = within.iter().filter_map(|(name, _)| name.split_once('/').map(|(folder, _)| folder)).collect();
    folders.dedup();
    let named = |folder: &str, entry: std::io::Result<std::fs::DirEntry>| {
        entry.is_ok_and(|entry| within.iter().any(|(name, _)| **name == format!("{folder}/{}", entry.file_name().to_string_lossy())))
    };
    // One that is gone has nothing to lose.
    let same = |name: &str, was: Option<&str>| fingerprint(&place.join(name)).is_ok_and(|now| Some(now.as_str()) == was);
    within.iter().all(|(name, was)| !place.join(name).exists() || same(name, *was))
        && folders.iter().all(|folder| std::fs::read_dir(place.join(folder)).map_or(true, |mut entries| entries.all(|entry| named(folder, entry))))
}

/// Refuses a place at which something stands that the same command did not leave: only its own earlier folder, an empty one or nothing may be
/// replaced.
///
/// # Errors
/// `file.in_the_way`.
pub fn refuse_foreign(place: &Path, kind: FolderKind) -> Result<()> {
    if !place.exists() {
        return Ok(());
    }
    let empty = std::fs::read_dir(place).is_ok_and(|mut entries| entries.next().is_none());
    if place.is_dir() && (empty || kind.left(place)) {
        return Ok(());
    }
    Err(Problem::error("file.in_the_way", format!("the output folder exists and is not an earlier {}", kind.name))
        .file(place.display().to_string())
        .rule(format!("an empty folder, an earlier {} with nothing else in it and nothing filled in, or nothing", kind.name))
        .help("give another --out, or move what is there away")
        .fail())
}

/// Refuses to write over a file that is read.
///
/// # Errors
/// `file.in_the_way`.
pub fn refuse_input(out: &Path, inputs: &[PathBuf]) -> Result<()> {
    let Ok(place) = out.canonicalize() else { return Ok(()) };
    if !inputs.iter().any(|input| input.canonicalize().is_ok_and(|input| input == place)) {
        return Ok(());
    }
    Err(Problem::error("file.in_the_way", "the output would be written over a file that is read")
        .file(out.display().to_string())
        .help("give another name")
        .fail())
}

/// A run's folder: filled beside its place, then put there in one rename.
#[derive(Debug)]
pub struct RunFolder {
    beside: tempfile::TempDir,
    place: PathBuf,
}

impl RunFolder {
    /// Begins a folder that will stand at `place`. An earlier run there is replaced only by [`RunFolder::finish`].
    ///
    /// # Errors
    /// `file.io` if its parent cannot be written; those of [`refuse_foreign`].
    pub fn begin(place: &Path, kind: FolderKind) -> Result<RunFolder> {
        refuse_foreign(place, kind)?;
        let parent = parent_of(place);
        let fail = |error: std::io::Error| io_failure(place, "make the output folder", &error);
        std::fs::create_dir_all(parent).map_err(fail)?;
        let beside = tempfile::Builder::new().prefix(".recoup-").tempdir_in(parent).map_err(fail)?;
        Ok(RunFolder { beside, place: place.to_path_buf() })
    }

    /// Where a file of the run is written until the run is finished.
    pub fn path(&self, name: &str) -> PathBuf {
        self.beside.path().join(name)
    }

    /// A failure to write a file of the run, named by the place where it was to stand.
    pub fn in_place(&self, mut failure: Failure) -> Failure {
        let beside = self.beside.path().display().to_string();
        for problem in &mut failure.problems {
            if let Some(rest) = problem.file.as_deref().and_then(|f| f.strip_prefix(&beside)) {
                problem.file = Some(format!("{}{rest}", self.place.display()).into());
            }
        }
        failure
    }

    /// Puts the folder in its place.
    ///
    /// # Errors
    /// `file.io` if the rename fails; an earlier run then stays.
    pub fn finish(self) -> Result<()> {
        let fail = |error: std::io::Error| io_failure(&self.place, "put the output folder in its place", &error);
        readable_by_others(self.beside.path()).map_err(fail)?;
        let old = self.place.exists().then(|| self.place.with_file_name(format!(".recoup-old-{}", std::process::id())));
        if let Some(old) = &old {
            std::fs::rename(&self.place, old).map_err(fail)?;
        }
        let new = self.beside.keep();
        if let Err(error) = std::fs::rename(&new, &self.place) {
            if let Some(old) = &old {
                let _ = std::fs::rename(old, &self.place);
            }
            let _ = std::fs::remove_dir_all(&new);
            return Err(io_failure(&self.place, "put the output folder in its place", &error));
        }
        if let Some(old) = old {
            let _ = std::fs::remove_dir_all(old);
        }
        Ok(())
    }
}

/// The blake3 digest of a file, in hexadecimal: its fingerprint in a manifest.
///
/// # Errors
/// `file.io` if it cannot be read.
pub fn fingerprint(path: &Path) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut file = std::fs::File::open(path).map_err(|e| io_failure(path, "read the file", &e))?;
    std::io::copy(&mut file, &mut hasher).map_err(|e| io_failure(path, "read the file", &e))?;
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write_whole(&path, |w| w.write_all(b"old")).unwrap();
        let failed = write_whole(&path, |w| {
            w.write_all(b"half")?;
            Err(std::io::Error::from(std::io::ErrorKind::StorageFull))
        });
        assert!(failed.unwrap_err().to_string().contains("nothing was left half-written"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_run_replaces_a_run_but_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("run");
        let kind = FolderKind { name: "run", key: "run", entries: &["list", "manifest"] };
        for text in ["{\"run\": 1}", "{\"run\": 2}"] {
            let run = RunFolder::begin(&place, kind).unwrap();
            std::fs::write(run.path("manifest.json"), text).unwrap();
            std::fs::write(run.path("list.csv"), text).unwrap();
            run.finish().unwrap();
        }
        assert_eq!(std::fs::read_to_string(place.join("manifest.json")).unwrap(), "{\"run\": 2}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        // Somebody's papers, a folder of another command, and a run that somebody has put a note into.
        let other = folder.path().join("papers");
        std::fs::create_dir(&other).unwrap();
        std::fs::write(other.join("thesis.doc"), "mine").unwrap();
        assert!(RunFolder::begin(&other, kind).is_err());
        assert!(RunFolder::begin(&place, FolderKind { key: "book", ..kind }).is_err());
        std::fs::write(place.join("notes.txt"), "mine").unwrap();
        assert!(RunFolder::begin(&place, kind).unwrap_err().to_string().contains("nothing else in it"));
    }

    #[test]
    fn a_run_with_a_list_that_somebody_filled_in_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("run");
        let kind = FolderKind { name: "run", key: "outputs", entries: &["work", "manifest"] };
        let write = || {
            let run = RunFolder::begin(&place, kind)?;
            std::fs::create_dir(run.path("work")).unwrap();
            std::fs::write(run.path("work/call.csv"), "a,\n").unwrap();
            let list = fingerprint(&run.path("work/call.csv"))?;
            std::fs::write(run.path("manifest.json"), format!("{{\"outputs\": {{\"work/call.csv\": \"{list}\"}}}}")).unwrap();
            run.finish()
        };
        write().unwrap();
        write().unwrap();
        std::fs::write(place.join("work/call.csv"), "a,reached\n").unwrap();
        assert!(write().unwrap_err().to_string().contains("nothing filled in"));
        std::fs::write(place.join("work/call.csv"), "a,\n").unwrap();
        std::fs::write(place.join("work/mine.csv"), "b\n").unwrap();
        assert!(write().is_err());
    }

    #[test]
    fn a_file_that_is_read_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let read = folder.path().join("payments.csv");
        std::fs::write(&read, "x").unwrap();
        let same = folder.path().join(".").join("payments.csv");
        assert!(refuse_input(&same, std::slice::from_ref(&read)).is_err());
        assert!(refuse_input(&folder.path().join("cases.csv"), &[read]).is_ok());
    }
}
