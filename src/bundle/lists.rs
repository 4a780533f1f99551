//! Documents that are lists, one record a step: they are written line by line while the run goes on, and become one document
//! when it ends. A call costs its own line, however many came before it.

use super::paths;
use crate::{
    record::{Value, parse, write_pretty},
    store::LocalStore,
};
use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
};

struct List {
    lines: &'static str,
    document: &'static str,
    /// The document's one member.
    member: &'static str,
    /// Whether records stand in the order of their steps, not of the calls.
    by_step: bool,
}

const LISTS: &[List] = &[
    List { lines: paths::OUTCOME_LINES, document: paths::OUTCOMES, member: "outcomes", by_step: false },
    List { lines: paths::EVAL_CANDIDATE_LINES, document: paths::EVAL_CANDIDATES, member: "candidates", by_step: true },
];

/// Where a record that counts begins, and how long it is.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// When the first record of its step came.
    order: usize,
    step: Option<u64>,
    offset: u64,
    length: usize,
}

/// Writes the documents. The lines stay until [`sweep`], so that this can be done again after a failure.
pub(super) fn fold(store: &LocalStore) -> io::Result<()> {
    LISTS.iter().filter(|list| store.exists(list.lines)).try_for_each(|list| fold_one(store, list))
}

/// Takes the lines away once the bundle is complete.
pub(super) fn sweep(store: &LocalStore) -> io::Result<()> {
    LISTS.iter().try_for_each(|list| store.remove(list.lines))
}

fn fold_one(store: &LocalStore, list: &List) -> io::Result<()> {
    let mut file = File::open(store.path(list.lines))?;
    let mut places = places(&file)?;
    places.sort_unstable_by_key(|place| (list.by_step.then_some(place.step), place.order));
    let mut out = BufWriter::with_capacity(64 * 1024, store.replace(list.document)?);
    write!(out, "{{\n  \"{}\": [", list.member)?;
    let mut bytes = Vec::new();
    for (position, place) in places.iter().enumerate() {
        bytes.resize(place.length, 0);
        file.seek(SeekFrom::Start(place.offset))?;
        file.read_exact(&mut bytes)?;
        let record = parse(&bytes).map_err(io::Error::other)?;
        bytes.clear();
        bytes.extend_from_slice(if position == 0 { b"\n    " } else { b",\n    " });
        write_pretty(&record, 2, &mut bytes);
        out.write_all(&bytes)?;
    }
    out.write_all(if places.is_empty() { b"]\n}\n" } else { b"\n  ]\n}\n" })?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.commit()
}

/// The last record of each step and of the run. A line that a kill tore counts for nothing.
fn places(file: &File) -> io::Result<Vec<Place>> {
    let mut reader = BufReader::new(file);
    let mut places: HashMap<Option<u64>, Place> = HashMap::new();
    let (mut line, mut offset) = (Vec::new(), 0_u64);
    while reader.read_until(b'\n', &mut line)? > 0 {
        if let (Ok(record), true) = (parse(&line), line.ends_with(b"\n")) {
            let step = record.get("step_index").and_then(Value::as_u64);
            let order = places.len();
            let place = places.entry(step).or_insert(Place { order, step, offset, length: 0 });
            (place.offset, place.length) = (offset, line.len());
        }
        offset += line.len() as u64;
        line.clear();
    }
    Ok(places.into_values().collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn folded(lines: &str) -> (String, String) {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::open(folder.path()).unwrap();
        for list in LISTS {
            store.append(list.lines, lines.as_bytes()).unwrap();
        }
        fold(&store).unwrap();
        // Once more, as after a failure further on.
        fold(&store).unwrap();
        sweep(&store).unwrap();
        let names: Vec<_> = store.list("").unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, [paths::EVAL_CANDIDATES, paths::OUTCOMES]);
        let read = |path| String::from_utf8(store.read(path).unwrap()).unwrap();
        (read(paths::OUTCOMES), read(paths::EVAL_CANDIDATES))
    }

    #[test]
    fn the_last_record_of_a_step_counts_and_stands_where_its_first_did() {
        let (outcomes, tags) = folded(concat!(
            "{\"step_index\": 7, \"n\": 1}\n",
            "{\"scope\": \"session\", \"n\": 2}\n",
            "{\"step_index\": 3, \"n\": 3}\n",
            "{\"step_index\": 7, \"n\": 4.0}\n",
            "{\"scope\": \"session\", \"n\": 5}\n",
            "{\"step_index\": 9, \"n\""
        ));
        assert_eq!(
            outcomes,
            "{\n  \"outcomes\": [\n    {\n      \"n\": 4.0,\n      \"step_index\": 7\n    },\n    {\n      \"n\": 5,\n      \
             \"scope\": \"session\"\n    },\n    {\n      \"n\": 3,\n      \"step_index\": 3\n    }\n  ]\n}\n"
        );
        let order: Vec<_> = tags.lines().filter(|line| line.contains("\"n\"")).map(str::trim).collect();
        assert_eq!(order, ["\"n\": 5,", "\"n\": 3,", "\"n\": 4.0,"]);
    }

    #[test]
    fn a_line_that_a_kill_tore_is_no_record() {
        assert_eq!(folded("{\"step_index\": 1").0, "{\n  \"outcomes\": []\n}\n");
    }
}
