//! Compares what two recordings left, file by file.

use std::{collections::BTreeSet, fs, path::Path};

/// How much of a line is shown.
const SHOWN: usize = 200;

#[track_caller]
pub(super) fn assert_same(left: &Path, right: &Path) {
    let (ours, theirs) = (files(left), files(right));
    if let Some(path) = ours.difference(&theirs).next() {
        panic!("the first recording has {path}, and the second has not");
    }
    if let Some(path) = theirs.difference(&ours).next() {
        panic!("the second recording has {path}, and the first has not");
    }
    for path in ours {
        let read = |folder: &Path| {
            fs::read(folder.join(&path)).unwrap_or_else(|error| panic!("{path} cannot be read: {error}"))
        };
        let (one, other) = (read(left), read(right));
        if one == other {
            continue;
        }
        let lines = |bytes: &[u8]| bytes.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
        let (one, other) = (lines(&one), lines(&other));
        let at = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
        let shown = |lines: &[Vec<u8>]| {
            lines.get(at).map_or_else(
                || "(the file ends here)".to_owned(),
                |line| String::from_utf8_lossy(line).chars().take(SHOWN).collect::<String>(),
            )
        };
        panic!("{path} differs in line {}:\n  first:  {}\n  second: {}", at + 1, shown(&one), shown(&other));
    }
}

/// The paths of all files below a folder, with `/` between their parts.
pub(super) fn files(root: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![String::new()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(root.join(&folder)).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(path);
            } else {
                found.insert(path);
            }
        }
    }
    found
}
