//! The one place that gives tests a folder for bundles. Whatever a test leaves there is judged by the reference package
//! after the tests (see `scripts/test`), so bundles that are meant to be broken belong into a temporary folder instead.
#![allow(dead_code)]

pub mod child;

use std::{
    fs,
    path::{Path, PathBuf},
};
use tracing_augur::record::{Value, parse};

/// A new, empty folder for the bundles of one test.
pub fn bundles(test: &str) -> PathBuf {
    let root = std::env::var_os("AUGUR_TEST_BUNDLES")
        .map_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("bundles"), PathBuf::from);
    let folder = root.join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder for bundles");
    folder
}

/// A JSON file of a bundle.
pub fn json(path: impl AsRef<Path>) -> Value {
    let path = path.as_ref();
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    parse(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The records of a `.jsonl` file; none if it is not there.
pub fn lines(path: impl AsRef<Path>) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| parse(line.as_bytes()).expect("a JSON line")).collect()
}

/// The value at a dotted path, `steps.0.status`.
pub fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    static NULL: Value = Value::Null;
    path.split('.').fold(value, |value, key| match value {
        Value::Array(items) => key.parse().ok().and_then(|index: usize| items.get(index)).unwrap_or(&NULL),
        other => other.get(key).unwrap_or(&NULL),
    })
}

/// The text at a dotted path; empty if there is none.
pub fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    at(value, path).as_str().unwrap_or_default()
}

/// The smallest PNG: one pixel.
pub const PIXEL: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 0,
    0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 10, b'I', b'D', b'A', b'T', 0x78, 0x9c, 0x63, 0x68, 0, 0, 0, 0x82, 0,
    0x81, 0x77, 0xcd, 0x72, 0xb6, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82,
];

/// Every byte of every file below a folder, to look for what must not be there.
pub fn all_bytes(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        bytes.extend_from_slice(entry.file_name().as_encoded_bytes());
        if path.is_dir() {
            bytes.extend(all_bytes(&path));
        } else {
            bytes.extend(fs::read(&path).unwrap_or_default());
        }
    }
    bytes
}

pub fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}
