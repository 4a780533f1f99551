//! The canary method: secrets drawn at run time, in every shape and every place that a run can carry them. Not one byte of
//! them may be in what leaves, in no encoding; and what is no secret arrives as it was.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod draw;
mod keep;
mod pictures;
#[cfg(feature = "otlp")]
#[path = "../real_parts/mod.rs"]
mod real_parts;
mod sensitive;
#[cfg(feature = "otlp")]
mod sensitive_elsewhere;
mod session;
mod spans;
#[path = "../support/mod.rs"]
mod support;
mod table;
mod words;

use draw::{Draw, Shape, assert_nothing_left, disguises, found};
use serde_json::Value as Json;
use std::path::Path;
use tracing_augur::{bundle, redact::RedactionPolicy};

/// A shape as it is carried.
struct Carried {
    shape: Shape,
    /// What the text is the JSON of; the text itself if it is none.
    value: Json,
}

/// Every row of the table, with secrets of its own.
fn drawn(draw: &mut Draw) -> Vec<Carried> {
    let carry = |(row, template): &(u8, &str)| {
        let shape = draw.fill(*row, template);
        let value = serde_json::from_str(&shape.text).ok().filter(Json::is_object);
        let value = value.unwrap_or_else(|| Json::String(shape.text.clone()));
        Carried { shape, value }
    };
    table::MEMBERS.iter().chain(table::TEXTS).map(carry).collect()
}

fn assert_valid(folder: &Path) {
    let judged = bundle::validate(folder);
    assert!(judged.is_valid(), "{}: {:?}", folder.display(), judged.problems);
}

#[test]
fn the_table_has_every_row_that_text_can_have() {
    let elsewhere = [17, 71, 74, 76, 81, 82, 83, 84];
    let rows = |row: &u8| table::MEMBERS.iter().chain(table::TEXTS).any(|(known, _)| known == row);
    let missing: Vec<u8> = (1..=84).filter(|row| !rows(row) && !elsewhere.contains(row)).collect();
    assert_eq!(missing, [0; 0]);
}

#[test]
fn every_shape_is_taken_out_of_a_text_by_itself() {
    let mut draw = Draw::new();
    let mut left = Vec::new();
    for _ in 0..5 {
        for Carried { shape, value } in drawn(&mut draw) {
            let policy = RedactionPolicy::default();
            let safe = policy.scrub(&shape.text).into_owned();
            left.extend(found("the text", safe.as_bytes(), &[&shape]));
            if safe == shape.text || policy.scrub(&safe) != safe || policy.counts().is_empty() {
                left.push(format!("row {}: {} becomes {safe}", shape.row, shape.text));
            }
            let policy = RedactionPolicy::default();
            let mut value = tracing_augur::record::to_value(&value).unwrap();
            let touched = policy.redact(&mut value);
            let safe = value.to_string();
            left.extend(found("the value", safe.as_bytes(), &[&shape]));
            if touched == 0 || policy.redact(&mut value) > 0 {
                left.push(format!("row {}: {safe} becomes {value}", shape.row));
            }
        }
    }
    assert!(left.is_empty(), "{} of them\n{}", left.len(), left[..left.len().min(30)].join("\n"));
}

/// Row 17: as deep as JSON may be, and a little less, so that the text is read and not refused.
#[test]
fn a_secret_at_the_bottom_of_deep_json_is_taken_out() {
    let mut draw = Draw::new();
    for depth in [1, 60, 126, 127, 128, 200] {
        let shape = draw.fill(17, r#"{"password": "«24»", "note": "«=»"}"#);
        let text = format!("{}{}{}", r#"{"a":"#.repeat(depth - 1), shape.text, "}".repeat(depth - 1));
        let safe = RedactionPolicy::default().scrub(&text).into_owned();
        assert_nothing_left("the text", safe.as_bytes(), &[&shape]);
        let shape = draw.fill(17, r#"{"password": "«24»", "note": "«=»"}"#);
        let mut value = tracing_augur::record::parse(shape.text.as_bytes()).unwrap();
        for _ in 1..depth {
            value = tracing_augur::record::Value::Array(vec![value]);
        }
        RedactionPolicy::default().redact(&mut value);
        assert_nothing_left("the value", value.to_string().as_bytes(), &[&shape]);
    }
}

#[test]
fn the_test_finds_a_secret_in_every_disguise() {
    let shape = Draw::new().fill(0, "«24»");
    for (form, needle) in disguises(&shape.canaries[0]) {
        let hidden = [b"some text ".as_slice(), &needle, b" more"].concat();
        assert!(std::panic::catch_unwind(|| assert_nothing_left(form, &hidden, &[&shape])).is_err(), "{form}");
    }
    for (encoding, template) in [("base64", "⟦b64:ab«24»c⟧"), ("pieces", "⟦five:ab«24»c⟧"), ("bytes", "⟦bytes:«24»⟧")]
    {
        let shape = Draw::new().fill(0, template);
        let found = std::panic::catch_unwind(|| assert_nothing_left(encoding, shape.text.as_bytes(), &[&shape]));
        assert!(found.is_err(), "{encoding}");
    }
}
