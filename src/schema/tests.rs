//! What the embedded schemas accept and refuse.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::record::{Value, parse};

fn value(text: &str) -> Value {
    parse(text.as_bytes()).unwrap()
}

fn told(schema: Schema, text: &str) -> String {
    match validate(schema, &value(text)) {
        Ok(()) => String::new(),
        Err(violations) => violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    }
}

const STEP: &str =
    r#""step_id":"r/step/0000","step_type":"click","status":"succeeded","started_at":"2026-01-01T00:00:00Z""#;

fn step(more: &str) -> String {
    format!("{{{STEP},\"step_index\":0,{more}}}")
}

#[test]
fn every_embedded_schema_compiles_and_is_named_as_its_file() {
    assert_eq!(Schema::ALL.len(), 27);
    assert!(Schema::ALL.is_sorted_by_key(|schema| schema.name()));
    for &schema in Schema::ALL {
        assert!(schema.validator().is_some(), "{schema}");
        let id = document(schema).unwrap().get("$id").unwrap().as_str().unwrap().to_owned();
        assert!(id.ends_with(&format!("/{}", schema.file_name())), "{id}");
        assert_eq!(Schema::from_name(schema.name()), Some(schema));
    }
    assert_eq!(Schema::from_name("nothing"), None);
}

#[test]
fn numbers_count_as_json_schema_counts_them() {
    for (index, fine) in [
        ("0", true),
        ("1.0", true),
        ("1e3", true),
        ("123456789012345678901234567890", true),
        ("18446744073709551616", true),
        ("-1", false),
        ("-123456789012345678901234567890", false),
        ("1.5", false),
        ("true", false),
        ("null", false),
        ("\"0\"", false),
    ] {
        let text = format!("{{{STEP},\"step_index\":{index}}}");
        assert_eq!(told(Schema::Step, &text).is_empty(), fine, "{index}");
    }
    let huge = format!("{{{STEP},\"step_index\":1{}}}", "0".repeat(400));
    assert_eq!(told(Schema::Step, &huge), "");
    let below = format!("{{{STEP},\"step_index\":-1{}}}", "0".repeat(400));
    assert_eq!(told(Schema::Step, &below), "must be at least 0 (at step_index)");
    for (confidence, fine) in [("1", true), ("0.5", true), ("-0.0", true), ("1.01", false), ("true", false)] {
        let text =
            step(&format!(r#""grounding":{{"provider":"p","provenance":"screenshot","confidence":{confidence}}}"#));
        assert_eq!(told(Schema::Step, &text).is_empty(), fine, "{confidence}");
    }
}

#[test]
fn a_violation_names_the_place_and_what_is_asked_for() {
    for (more, message) in [
        (
            r#""status":"paused""#,
            r#"must be one of "pending", "running", "succeeded", "failed", "skipped", "recovered" (at status)"#,
        ),
        (r#""sensitive":true"#, r#"unknown member "sensitive" (at <root>)"#),
        (r#""action":{}"#, r#"member "type" is missing (at action)"#),
        (r#""action":{"type":1}"#, "must be of type string (at action/type)"),
        (r#""ended_at":1"#, "must be of type null, string (at ended_at)"),
        (r#""failure_class":"""#, "must have a length of at least 1 (at failure_class)"),
        (r#""duration_ms":-1"#, "must be at least 0 (at duration_ms)"),
        (r#""verdict":{"status":"passed","score":2}"#, "must be at most 1 (at verdict/score)"),
        (r#""ended_at":"noon""#, "must be a date and time by RFC 3339, such as 2026-01-31T12:00:00Z (at ended_at)"),
        (
            r#""branch_context":{"parent_run_id":"p","branch_point_step_index":-1,"mutated_axis":"model"}"#,
            "must be at least 0 (at branch_context/branch_point_step_index)",
        ),
        (r#""branch_context":7"#, "follows none of the schemas that are possible here (at branch_context)"),
        (r#""events":["a",2]"#, "must be of type string (at events/1)"),
        (
            r#""capture_mode":"loud""#,
            r#"must be one of "off", "metadata", "trace", "screenshots", "video", "model_io", "dispatch", "replay", "full" (at capture_mode)"#,
        ),
    ] {
        assert_eq!(told(Schema::Step, &step(more)), message, "{more}");
    }
    assert_eq!(
        told(
            Schema::Step,
            &step(r#""branch_context":null,"ended_at":null,"action":{"type":"x","params":{"any":[{}]}}"#)
        ),
        ""
    );
    assert_eq!(told(Schema::Step, "[]"), "must be of type object (at <root>)");
}

#[test]
fn a_violation_never_quotes_the_value() {
    for more in [
        r#""status":"hunter2""#,
        r#""ended_at":"hunter2""#,
        r#""costs":"hunter2""#,
        r#""action":{"type":"hunter2","params":"hunter2"}"#,
        r#""capture_mode":{"hunter2":"hunter2"}"#,
        r#""latency":{"total_ms":"hunter2"}"#,
    ] {
        let message = told(Schema::Step, &step(more));
        assert!(!message.is_empty() && !message.contains("hunter2"), "{message}");
    }
    let manifest = told(Schema::Manifest, r#"{"bundle_format":"hunter2","signatures":{"a":"hunter2"}}"#);
    assert!(manifest.contains("must match the pattern ^[0-9a-f]{64}$ (at signatures/a)"), "{manifest}");
    assert!(manifest.contains(r#"must be "augur-bundle" (at bundle_format)"#) && !manifest.contains("hunter2"));
}

#[test]
fn a_record_that_is_wrong_everywhere_is_told_in_bounded_space() {
    let items = vec!["1"; 5_000].join(",");
    let violations = validate(Schema::Step, &value(&step(&format!("\"events\":[{items}]")))).unwrap_err();
    assert_eq!(violations.len(), MAX_VIOLATIONS);
    let unknown = format!("\"{}\\n\":1", "x".repeat(10_000));
    assert!(told(Schema::Step, &step(&unknown)).len() < 200);
    assert!(told(Schema::Step, &step(r#""a\u001b[2J":1"#)).contains(r#"unknown member "a\u{1b}[2J""#));
}

#[test]
fn the_members_of_an_object_are_judged_without_the_value_around_them() {
    let record = value(&step(r#""intent":"x""#));
    let members = record.as_object().unwrap();
    assert!(validate(Schema::Step, members).is_ok() && is_valid(Schema::Step, members));
    assert!(!is_valid(Schema::Event, members));
}

#[test]
fn dates_follow_rfc_3339() {
    for (text, fine) in [
        ("2026-01-01T00:00:00Z", true),
        ("2026-01-01T00:00:00.123456Z", true),
        ("2026-01-01T23:59:59+05:30", true),
        ("2024-02-29T00:00:00-00:00", true),
        ("0001-01-01T00:00:00Z", true),
        ("0000-01-01T00:00:00Z", false),
        ("2026-02-29T00:00:00Z", false),
        ("2026-13-01T00:00:00Z", false),
        ("2026-00-01T00:00:00Z", false),
        ("2026-01-00T00:00:00Z", false),
        ("2026-01-01T24:00:00Z", false),
        ("2026-01-01T00:60:00Z", false),
        ("2026-12-31T23:59:60Z", false),
        ("2026-01-01t00:00:00Z", true),
        ("2026-01-01T00:00:00z", true),
        ("2026-01-01 00:00:00Z", false),
        ("2026-01-01T00:00:00", false),
        ("2026-01-01T00:00:00.Z", false),
        ("2026-01-01T00:00:00+0530", false),
        ("2026-01-01T00:00:00+24:00", false),
        ("2026-01-01T00:00:00Z\n", false),
        ("+026-01-01T00:00:00Z", false),
        ("20260101T000000Z", false),
        ("２026-01-01T00:00:00Z", false),
        ("2026-01-01T00:00:0ü", false),
        ("t", false),
        ("", false),
    ] {
        assert_eq!(is_date_time(text), fine, "{text:?}");
        let event = format!(r#"{{"ts":{},"layer":"model","kind":"info","summary":""}}"#, Value::from(text));
        assert_eq!(told(Schema::Event, &event).is_empty(), fine, "{text:?}");
    }
}
