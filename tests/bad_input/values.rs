//! Values that are too large, too deep, not numbers, of the wrong type, or no pictures.

use crate::{
    assert_told, assert_valid, complaints, only_bundle, recorded,
    support::{PIXEL, at, bundles, json, lines, text},
};
use serde::{Serialize, Serializer};
use std::{fmt, fs};
use tracing::{error, info, info_span, warn};
use tracing_augur::{
    CaptureMode, Moment, Session, SpanExt, decision,
    record::{ModelLayer, Value, parse},
    run_span, step_span,
};

const MIB: usize = 1 << 20;

/// What is no picture, and what is said of it.
fn no_pictures() -> [(&'static str, Vec<u8>, &'static str); 4] {
    let mut huge = PIXEL.to_vec();
    huge.resize(100 * MIB, 0);
    [
        ("empty", Vec::new(), "it is empty"),
        ("a JPEG", b"\xff\xd8\xff\xe0 JFIF".to_vec(), "encode the screenshot as PNG"),
        ("half a signature", PIXEL[..7].to_vec(), "it is not a PNG"),
        ("100 MiB", huge, "scale the screenshot down"),
    ]
}

#[test]
fn what_is_no_picture_is_left_out_and_told_and_the_step_stands() {
    let root = bundles("bad_values_pictures");
    let (answer, report) = recorded(&root, CaptureMode::Full, || {
        let _run = run_span!("pictures").entered();
        for (_, bytes, _) in no_pictures() {
            step_span!("look").in_scope(|| {
                tracing::Span::current()
                    .record_screenshot(Moment::Before, bytes)
                    .record_screenshot(Moment::After, PIXEL);
            });
        }
        42
    });
    let bundle = only_bundle(&report);
    assert_eq!(answer, 42);
    for (index, (what, _, why)) in no_pictures().iter().enumerate() {
        let step = json(bundle.join(format!("steps/{index:04}.json")));
        assert!(at(&step, "observation_pre").is_null(), "{what}");
        assert_eq!(text(&step, "observation_post"), format!("screenshots/{index:04}_post.png"), "{what}");
        assert_told(&complaints(&bundle, Some(index as u64)), why);
    }
}

#[test]
fn a_session_refuses_what_is_no_picture() {
    let folder = bundles("bad_values_session_pictures").join("run");
    let session = Session::builder("run", "agent", &folder).capture_mode(CaptureMode::Full).open().unwrap();
    for (what, bytes, why) in no_pictures() {
        let error = session.attach_observation(0, Moment::Before, bytes).unwrap_err();
        assert_eq!(error.kind(), "invalid_argument", "{what}");
        assert!(error.to_string().contains(why), "{what}: {error}");
    }
    session.close(None).unwrap();
    assert_valid(&folder);
    assert!(!folder.join("screenshots").exists());
}

/// Pixels are never decoded: what begins like a PNG is kept byte for byte, and whoever shows it has to be careful.
#[test]
fn a_picture_that_is_only_a_signature_is_kept_as_it_is() {
    let root = bundles("bad_values_signature");
    let (_, report) = recorded(&root, CaptureMode::Full, || {
        let _run = run_span!("signature").entered();
        step_span!("look").record_screenshot(Moment::Before, &PIXEL[..8]);
    });
    let bundle = only_bundle(&report);
    assert_eq!(fs::read(bundle.join("screenshots/0000_pre.png")).unwrap(), &PIXEL[..8]);
}

/// Writes `0` the given number of times without holding the text in memory.
struct Endless(usize);

impl fmt::Debug for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..self.0 / 1024).try_for_each(|_| f.write_str(&"0".repeat(1024)))
    }
}

#[test]
fn a_field_beyond_8_mib_is_cut_and_says_by_how_much() {
    let root = bundles("bad_values_huge");
    let long = "ä".repeat(5 * MIB);
    let (answer, report) = recorded(&root, CaptureMode::Full, || {
        let _run = run_span!("huge").entered();
        step_span!("huge", augur.step.intent = long.as_str()).in_scope(|| info!(value = ?Endless(64 * MIB)));
        step_span!("after").in_scope(|| info!("small"));
        42
    });
    let bundle = only_bundle(&report);
    assert_eq!(answer, 42);
    let step = json(bundle.join("steps/0000.json"));
    let (intent, end) = (text(&step, "intent"), format!("…[cut, {} bytes]", 2 * MIB));
    assert!(intent.ends_with(&end) && intent.len() == 8 * MIB + end.len(), "{}", &intent[intent.len() - 40..]);
    let log = fs::read_to_string(bundle.join("logs/step-0.log")).unwrap();
    assert!(log.ends_with(&format!("0…[cut, {} bytes]\n", 56 * MIB)), "{}", &log[log.len() - 40..]);
    assert_eq!(text(&json(bundle.join("steps/0001.json")), "status"), "succeeded");
}

#[test]
fn ten_thousand_events_in_a_step_all_arrive() {
    let root = bundles("bad_values_events");
    let (_, report) = recorded(&root, CaptureMode::Full, || {
        let _run = run_span!("events").entered();
        step_span!("busy").in_scope(|| {
            for n in 0..5_000 {
                decision!(Planner, Info, "thought", n = n);
                info!(n, "line");
            }
        });
    });
    let bundle = only_bundle(&report);
    let events = lines(bundle.join("events/0000.jsonl"));
    let numbers: Vec<_> = events.iter().map(|event| at(event, "detail.n").as_i64()).collect();
    assert_eq!(numbers, (0..5_000).map(Some).collect::<Vec<_>>());
    assert_eq!(fs::read_to_string(bundle.join("logs/step-0.log")).unwrap().lines().count(), 5_000);
}

#[test]
fn numbers_keep_their_digits_or_are_marked() {
    let root = bundles("bad_values_numbers");
    let (_, report) = recorded(&root, CaptureMode::Full, || {
        let _run = run_span!("numbers").entered();
        let step = step_span!(
            "count",
            augur.action.type = "count",
            augur.action.params.u64 = u64::MAX,
            augur.action.params.i64 = i64::MIN,
            augur.action.params.i128 = i128::MIN,
            augur.action.params.u128 = u128::MAX,
            augur.action.params.nan = f64::NAN,
            augur.action.params.up = f64::INFINITY,
            augur.action.params.down = f64::NEG_INFINITY,
            augur.action.params.zero = -0.0,
            augur.costs.tokens_in = u64::MAX,
            augur.costs.total_usd = f64::MAX,
        );
        step.in_scope(|| decision!(Planner, Info, "numbers", nan = f64::NAN, big = u128::MAX));
        step_span!("more", augur.costs.tokens_in = u64::MAX, augur.costs.total_usd = f64::MAX).in_scope(|| ());
    });
    let bundle = only_bundle(&report);
    let step = json(bundle.join("steps/0000.json"));
    assert_eq!(
        at(&step, "action.params").to_string(),
        format!(
            r#"{{"down": "-Infinity", "i128": {}, "i64": {}, "nan": "NaN", "u128": {}, "u64": {}, "up": "Infinity", "zero": -0.0}}"#,
            i128::MIN,
            i64::MIN,
            u128::MAX,
            u64::MAX
        )
    );
    assert_eq!(at(&step, "costs.tokens_in").to_string(), u64::MAX.to_string());
    let events = lines(bundle.join("events/0000.jsonl"));
    assert_eq!(at(&events[0], "detail").to_string(), format!(r#"{{"big": {}, "nan": "NaN"}}"#, u128::MAX));
}

/// Nests as deep as it says, without being that deep itself.
struct Deep(usize);

impl Serialize for Deep {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.checked_sub(1) {
            Some(less) => serializer.collect_seq([Deep(less)]),
            None => serializer.serialize_unit(),
        }
    }
}

/// Structured values that cannot stand in a record, and what is said of them.
fn unstorable(check: &mut dyn FnMut(&dyn erased::Value, &str)) {
    check(&serde_json::json!({"a": 1}).as_str(), "expected an object");
    check(&Deep(200_000), "nests deeper than 128 levels");
    check(&[f64::NAN], "NaN or infinite");
    check(&[f32::NEG_INFINITY], "NaN or infinite");
    check(&std::collections::HashMap::from([((1, 2), 3)]), "key that is not text");
}

/// A table of values of different types needs a trait that can be an object.
mod erased {
    use tracing_augur::{Session, SpanExt, session::SessionError};

    pub trait Value {
        fn tell(&self, step: &tracing::Span);
        fn offer(&self, session: &Session) -> Result<(), SessionError>;
    }

    impl<T: serde::Serialize> Value for T {
        fn tell(&self, step: &tracing::Span) {
            step.record_verdict(self).record_model_call(super::ModelLayer::Model, self);
        }

        fn offer(&self, session: &Session) -> Result<(), SessionError> {
            session.record_step(self)
        }
    }
}

#[test]
fn a_value_that_no_record_can_hold_is_left_out_and_told_and_the_step_stands() {
    let root = bundles("bad_values_unstorable");
    let mut expected = Vec::new();
    let (_, report) = recorded(&root, CaptureMode::Full, || {
        let _run = run_span!("unstorable").entered();
        unstorable(&mut |value, why| {
            let step = step_span!("try");
            value.tell(&step);
            step.record_member("recovery_decision", &serde_json::json!({"type": "retry"}));
            expected.push(why.to_owned());
        });
    });
    let bundle = only_bundle(&report);
    for (index, why) in expected.iter().enumerate() {
        let step = json(bundle.join(format!("steps/{index:04}.json")));
        assert!(at(&step, "verdict").is_null());
        assert_eq!(text(&step, "recovery_decision.type"), "retry");
        let said = complaints(&bundle, Some(index as u64));
        assert_eq!(said.iter().filter(|line| line.contains(why)).count(), 2, "{why}: {said:?}");
    }
}

#[test]
fn a_session_refuses_a_value_that_no_record_can_hold() {
    let folder = bundles("bad_values_session").join("run");
    let session = Session::builder("run", "agent", &folder).capture_mode(CaptureMode::Full).open().unwrap();
    unstorable(&mut |value, why| {
        let error = value.offer(&session).unwrap_err();
        assert_eq!(error.kind(), "invalid_argument");
        assert!(error.to_string().contains(why), "{error}");
    });
    session.close(None).unwrap();
    assert_valid(&folder);
}

/// The record protocol reads its values with this parser.
#[test]
fn json_200_000_levels_deep_is_refused_or_kept_as_text() {
    let open = "[".repeat(200_000);
    let deep = format!("{open}{}", "]".repeat(200_000));
    assert!(parse(deep.as_bytes()).unwrap_err().to_string().contains("nested deeper than 128 levels"));
    let objects = "{\"a\":".repeat(200_000);
    let root = bundles("bad_values_deep_text");
    let (_, report) = recorded(&root, CaptureMode::Full, || {
        let _run = run_span!("deep").entered();
        for text in [&deep, &open, &objects] {
            let text = text.as_str();
            step_span!("any", augur.action.type = "x", augur.action.params.a = text, augur.verdict = text).in_scope(
                || {
                    decision!(Model, Info, "deep", answer = text);
                    info_span!("chat", gen_ai.operation.name = "chat", gen_ai.input.messages = text).in_scope(|| ());
                },
            );
        }
    });
    let bundle = only_bundle(&report);
    for (index, given) in [&deep, &open, &objects].into_iter().enumerate() {
        let step = json(bundle.join(format!("steps/{index:04}.json")));
        assert_eq!(text(&step, "action.params.a"), given);
        assert_told(&complaints(&bundle, Some(index as u64)), "augur.verdict: expected an object");
    }
}

#[test]
fn fields_of_the_wrong_type_are_told_and_the_step_stands_with_the_others() {
    let root = bundles("bad_values_types");
    let (_, report) = recorded(&root, CaptureMode::Full, || {
        let _run =
            run_span!("types", augur.run.status = "great", augur.run.tags = 7, augur.run.mood = "blue").entered();
        let step = step_span!(
            "click",
            augur.step.status = "done",
            augur.step.intent = 17,
            augur.action = "click",
            augur.grounding.confidence = "high",
            augur.grounding.provenance = "dream",
            augur.verdict.status = true,
            augur.loop_detected = 3,
            augur.costs.tokens_in = 1.5,
            augur.costs.total_usd = f64::NAN,
            augur.judge_decisions = "{",
            augur.step.index = -1,
            augur.no.such.thing = 1,
        );
        step.in_scope(|| info!(augur.layer = "stomach", augur.kind = "feeling", "odd"));
        step.record_member("costs.tokens_in", &"many").record_member("no.such", &1);
        step.record_grounding(&serde_json::json!({"provider": 3, "confidence": 7}));
    });
    let bundle = only_bundle(&report);
    let said = complaints(&bundle, Some(0));
    for expected in [
        "augur.step.status: expected one of",
        "augur.action: expected an object",
        "augur.grounding.confidence: expected a number from 0 to 1, got a text of 4 bytes",
        "augur.grounding.provenance: expected one of",
        "augur.verdict.status: expected one of",
        "augur.loop_detected: expected true or false",
        "augur.costs.tokens_in: expected a whole number",
        "augur.costs.total_usd: expected a number from 0 on, got NaN",
        "augur.judge_decisions: expected a list",
        "augur.layer: ",
        "augur.kind: ",
        "costs.tokens_in: expected a whole number",
        "grounding/provider",
        "grounding/confidence",
    ] {
        assert_told(&said, expected);
    }
    let run = complaints(&bundle, None);
    assert_told(&run, "augur.run.status: expected one of");
    assert_told(&run, "augur.run.tags: expected an object");
    let step = json(bundle.join("steps/0000.json"));
    assert_eq!((text(&step, "step_type"), text(&step, "status"), text(&step, "intent")), ("click", "succeeded", "17"));
    let kept = lines(bundle.join("events/0000.jsonl"));
    let details = kept.iter().map(|event| at(event, "detail").to_string()).collect::<String>();
    for name in ["augur.step.index", "augur.no.such.thing", "no.such"] {
        assert!(details.contains(name), "{name}: {details}");
    }
}

#[test]
fn empty_and_repeated_names_are_no_harm() {
    let root = bundles("bad_values_names");
    let (_, report) = recorded(&root, CaptureMode::Full, || {
        let _run = run_span!("names").entered();
        info_span!("", augur.step.type = "", augur.step.intent = "").in_scope(|| {
            info!(a = 1, a = 2, "twice");
            warn!("");
            error!(error = "");
            decision!(Planner, Info, "", a = 1, a = 2);
        });
        step_span!("twice", augur.step.intent = "first", augur.step.intent = "second").in_scope(|| ());
        step_span!("members").record_member("", &1).record_member(".", &1).record_member("action..x", &1);
    });
    let bundle = only_bundle(&report);
    let trace = json(bundle.join("trace.json"));
    assert_eq!(at(&trace, "steps").as_array().unwrap().len(), 3);
    assert_eq!(text(&trace, "steps.1.intent"), "second");
    let log = fs::read_to_string(bundle.join("logs/step-0.log")).unwrap();
    assert!(log.ends_with("twice a=1 a=2\n"), "{log}");
    let events = lines(bundle.join("events/0000.jsonl"));
    assert_eq!(at(events.last().unwrap(), "detail.a").as_i64(), Some(2));
}

/// A line of a log cannot be forged, and no byte of a text breaks the files that hold it.
#[test]
fn control_characters_stay_inside_their_line() {
    let root = bundles("bad_values_control");
    let nasty = "a\u{0}b\r\n2026-01-01T00:00:00Z  INFO forged: c\u{2028}d\u{1b}[2Je\u{202e}f";
    let (_, report) = recorded(&root, CaptureMode::Full, || {
        let _run = run_span!("control").entered();
        step_span!("type", augur.step.intent = nasty).in_scope(|| {
            info!("{nasty}");
            decision!(Planner, Info, nasty);
        });
    });
    let bundle = only_bundle(&report);
    assert_eq!(text(&json(bundle.join("steps/0000.json")), "intent"), nasty);
    assert_eq!(fs::read_to_string(bundle.join("logs/step-0.log")).unwrap().lines().count(), 1);
    let events = lines(bundle.join("events/0000.jsonl"));
    assert_eq!(events.len(), 1);
    assert!(matches!(at(&events[0], "summary"), Value::String(_)));
}
