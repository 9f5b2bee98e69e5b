//! What deletions and compactions left in a partition's directory when they were interrupted
//! (LogLoader's first passes).
//!
//! Files that end with `.deleted` and `.cleaned` go. A `.swap` file whose base is that of a
//! `.cleaned` one or behind it belongs to a swap that had not begun to remove anything, and goes
//! too. Any other swap is finished: what it takes the place of is removed, then it gets its name.
//! Each step is durable before the next, so that a crash in between is as good as none.

use std::collections::BTreeSet;
use std::path::Path;

use crate::fs::{DirEntry, Fs, OpenMode};
use crate::storage::dir::{
    CLEANED_SUFFIX, DELETED_SUFFIX, INDEX_SUFFIX, LOG_SUFFIX, SNAPSHOT_SUFFIX, SWAP_SUFFIX,
    TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX, parse_segment_name, segment_path,
};
use crate::storage::error::{AtPath, IoError, LoadError};
use crate::storage::segment::Segment;
use crate::storage::segments::{Segments, remove_if_there};
use crate::types::Offset;

/// Suffixes of the files that a compaction replaces; the records first.
pub(in crate::storage) const SWAPPED_SUFFIXES: [&str; 4] = [
    LOG_SUFFIX,
    INDEX_SUFFIX,
    TIME_INDEX_SUFFIX,
    TXN_INDEX_SUFFIX,
];

/// Finishes what was interrupted, and returns what the directory holds then.
pub(in crate::storage) fn finish(segments: &Segments) -> Result<Vec<DirEntry>, LoadError> {
    let (fs, dir) = (segments.fs.as_ref(), segments.dir.as_path());
    let mut entries = list(fs, dir)?;
    remove_ending(fs, dir, &entries, DELETED_SUFFIX)?;
    entries.retain(|entry| !entry.name.ends_with(DELETED_SUFFIX));
    let is_swapping = |entry: &DirEntry| {
        [CLEANED_SUFFIX, SWAP_SUFFIX]
            .iter()
            .any(|s| entry.name.ends_with(s))
    };
    if !entries.iter().any(is_swapping) {
        return Ok(entries);
    }
    let undone = bases(&entries, CLEANED_SUFFIX).first().copied();
    let is_undone = |base: Offset| undone.is_some_and(|undone| base >= undone);
    // The swap's files first: without the others beside them they would pass for complete.
    for (entry, base) in with_bases(&entries, SWAP_SUFFIX) {
        if is_undone(base) {
            remove_if_there(fs, &dir.join(&entry.name))?;
        }
    }
    sync(fs, dir)?;
    remove_cleaned(fs, dir)?;
    finish_swaps(segments, &entries, is_undone)?;
    Ok(list(fs, dir)?)
}

/// Removes what a compaction was writing.
pub(in crate::storage) fn remove_cleaned(fs: &dyn Fs, dir: &Path) -> Result<(), IoError> {
    let entries = match fs.read_dir(dir) {
        // The topic was deleted meanwhile.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        result => result.at("list", dir)?,
    };
    if remove_ending(fs, dir, &entries, CLEANED_SUFFIX)? > 0 {
        // A later swap must not be taken for a part of this.
        sync(fs, dir)?;
    }
    Ok(())
}

fn finish_swaps(
    segments: &Segments,
    entries: &[DirEntry],
    is_undone: impl Fn(Offset) -> bool,
) -> Result<(), LoadError> {
    let (fs, dir) = (segments.fs.as_ref(), segments.dir.as_path());
    let is_log = |entry: &DirEntry| {
        entry
            .name
            .trim_end_matches(SWAP_SUFFIX)
            .ends_with(LOG_SUFFIX)
    };
    let swaps: Vec<_> = with_bases(entries, SWAP_SUFFIX)
        .filter(|(_, base)| !is_undone(*base))
        .collect();
    for (entry, base) in swaps.iter().filter(|(entry, _)| is_log(entry)) {
        let next = next_offset(segments, &dir.join(&entry.name), *base)?;
        remove_replaced(fs, dir, entries, *base..next.max(base.plus(1)))?;
    }
    sync(fs, dir)?;
    // The records have their name before the rest: then the rest is known to be theirs.
    for wanted in [true, false] {
        for (entry, _) in swaps.iter().filter(|(entry, _)| is_log(entry) == wanted) {
            let from = dir.join(&entry.name);
            let to = dir.join(entry.name.trim_end_matches(SWAP_SUFFIX));
            fs.rename(&from, &to).at("rename", &from)?;
        }
        sync(fs, dir)?;
    }
    Ok(())
}

/// Removes the files of segments that a swap takes the place of.
fn remove_replaced(
    fs: &dyn Fs,
    dir: &Path,
    entries: &[DirEntry],
    range: std::ops::Range<Offset>,
) -> Result<(), IoError> {
    for entry in entries {
        let Some((base, suffix)) = parse_segment_name(&entry.name) else {
            continue;
        };
        let is_later_snapshot = suffix == SNAPSHOT_SUFFIX && base > range.start;
        if range.contains(&base) && (SWAPPED_SUFFIXES.contains(&suffix) || is_later_snapshot) {
            remove_if_there(fs, &segment_path(dir, base, suffix))?;
        }
    }
    Ok(())
}

/// Returns the offset behind the last batch of a `.log.swap`.
fn next_offset(segments: &Segments, path: &Path, base: Offset) -> Result<Offset, IoError> {
    let file = segments.fs.open(path, OpenMode::Read).at("open", path)?;
    let bytes = file.bytes().at("read", path)?;
    let mut segment = Segment::new(base, bytes, 0);
    let rebuilt = segment
        .rebuild(file.as_ref(), segments.index_interval_bytes)
        .at("read", path)?;
    Ok(rebuilt.next_offset)
}

fn list(fs: &dyn Fs, dir: &Path) -> Result<Vec<DirEntry>, IoError> {
    fs.read_dir(dir).at("list", dir)
}

fn sync(fs: &dyn Fs, dir: &Path) -> Result<(), IoError> {
    fs.sync_dir(dir).at("sync", dir)
}

fn remove_ending(
    fs: &dyn Fs,
    dir: &Path,
    entries: &[DirEntry],
    ending: &str,
) -> Result<usize, IoError> {
    let mut count = 0;
    for entry in entries
        .iter()
        .filter(|entry| !entry.is_dir && entry.name.ends_with(ending))
    {
        remove_if_there(fs, &dir.join(&entry.name))?;
        count += 1;
    }
    Ok(count)
}

/// Returns the segments' files that end so, with their bases.
fn with_bases<'e>(
    entries: &'e [DirEntry],
    ending: &'e str,
) -> impl Iterator<Item = (&'e DirEntry, Offset)> {
    let files = entries
        .iter()
        .filter(move |entry| !entry.is_dir && entry.name.ends_with(ending));
    files.filter_map(|entry| Some((entry, parse_segment_name(&entry.name)?.0)))
}

fn bases(entries: &[DirEntry], ending: &str) -> BTreeSet<Offset> {
    with_bases(entries, ending).map(|(_, base)| base).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::fs::SimFs;
    use crate::record::tests::{DATA_BATCH, unhex};

    /// Returns the names that are left of these, each file holding its own name; a `.log.swap`
    /// holds two batches, at its base and five behind.
    fn left(names: &[&str]) -> Vec<(String, String)> {
        let fs = SimFs::default();
        let dir = Path::new("/t-0");
        fs.create_dir_all(dir).unwrap();
        for name in names {
            let mut content = name.as_bytes().to_vec();
            if name.ends_with(".log.swap") {
                let base = parse_segment_name(name).unwrap().0;
                content.clear();
                for offset in [base, base.plus(5)] {
                    let mut batch = unhex(DATA_BATCH);
                    batch[..8].copy_from_slice(&offset.0.to_be_bytes());
                    content.extend(batch);
                }
            }
            fs.replace(&dir.join(name), &content).unwrap();
        }
        let segments = Segments::new(Arc::new(fs.clone()), dir.to_path_buf(), 4096);
        let entries = finish(&segments).unwrap();
        assert_eq!(entries, fs.read_dir(dir).unwrap());
        let content = |name: &str| {
            let bytes = fs.read(&dir.join(name), 1000).unwrap();
            String::from_utf8(bytes).unwrap_or_else(|_| "batches".to_owned())
        };
        let short = |name: &str| name.trim_start_matches('0').to_owned();
        let entries = entries.iter();
        entries
            .map(|entry| (short(&entry.name), short(&content(&entry.name))))
            .collect()
    }

    fn names(number: i64, suffixes: &[&str]) -> Vec<String> {
        let name = |suffix: &&str| format!("{number:020}{suffix}");
        suffixes.iter().map(name).collect()
    }

    #[track_caller]
    fn check(before: &[Vec<String>], after: &[(&str, &str)]) {
        let before: Vec<&str> = before.iter().flatten().map(String::as_str).collect();
        let after: Vec<_> = after
            .iter()
            .map(|(name, content)| ((*name).to_owned(), (*content).to_owned()))
            .collect();
        assert_eq!(left(&before), after);
    }

    const PLAIN: [&str; 4] = [".log", ".index", ".timeindex", ".txnindex"];

    #[test]
    fn what_was_being_written_or_removed_goes() {
        let extra = [".log.cleaned", ".index.cleaned", ".txnindex.deleted"];
        check(
            &[
                names(7, &[".log"]),
                names(7, &extra),
                names(3, &[".log.deleted"]),
            ],
            &[("7.log", "7.log")],
        );
    }

    #[test]
    fn a_swap_that_is_not_complete_goes_whole() {
        for cleaned in [".txnindex.cleaned", ".index.cleaned"] {
            check(
                &[
                    names(7, &[".log", ".log.swap", ".timeindex.swap", cleaned]),
                    names(9, &[".log", ".log.swap"]),
                ],
                &[("7.log", "7.log"), ("9.log", "9.log")],
            );
        }
    }

    #[test]
    fn a_complete_swap_takes_the_place_of_all_in_its_range() {
        let swap = [".log.swap", ".index.swap", ".timeindex.swap"];
        check(
            &[
                names(3, &[".log"]),
                names(7, &PLAIN),
                names(7, &[".snapshot"]),
                names(7, &swap),
                names(12, &PLAIN),
                names(12, &[".snapshot"]),
                names(13, &[".log"]),
            ],
            &[
                ("3.log", "3.log"),
                ("7.index", "7.index.swap"),
                ("7.log", "batches"),
                ("7.snapshot", "7.snapshot"),
                ("7.timeindex", "7.timeindex.swap"),
                ("13.log", "13.log"),
            ],
        );
    }

    #[test]
    fn a_swap_whose_records_have_their_name_is_finished() {
        check(
            &[names(
                7,
                &[".log", ".index", ".index.swap", ".txnindex.swap"],
            )],
            &[
                ("7.index", "7.index.swap"),
                ("7.log", "7.log"),
                ("7.txnindex", "7.txnindex.swap"),
            ],
        );
    }
}
