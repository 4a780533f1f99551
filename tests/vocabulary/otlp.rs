//! Every name in what a real collector was sent.

use super::{
    every_name::{RUNS, STEPS, config},
    real_parts::{CollectedSpan, Collector},
    recorded,
    support::bundles,
    ways::{self, lists},
};
use serde_json::Value;
use std::collections::BTreeMap;
use tracing::{field::Empty, info, info_span};
use tracing_augur::{SpanExt, run_span, step_span};

/// What a collector was sent of an agent's spans, in the order in which they began, and as it wrote it down.
fn sent(test: &str, agent: impl FnOnce()) -> (Vec<CollectedSpan>, String) {
    let mut collector = Collector::start();
    recorded(config(&bundles(test)).with_otlp_endpoint(collector.http_endpoint()), agent);
    // In order: what it had accepted is then in its file.
    collector.stop();
    let mut spans = collector.traces();
    spans.sort_by_key(|span| span.start_ns);
    (spans, String::from_utf8_lossy(&collector.raw_bytes()).into_owned())
}

/// Holds attributes against fields. What `Debug` made of a text cannot be told from a text.
fn assert_has(what: &str, attributes: &BTreeMap<String, Value>, fields: &lists::List) {
    for (field, expected) in fields {
        let Some(value) = attributes.get(*field) else { panic!("{field} of {what} is not there") };
        let same = match (value, expected) {
            (Value::String(text), Value::Array(_) | Value::Object(_)) => {
                serde_json::from_str::<Value>(text).is_ok_and(|value| value == *expected)
            }
            (Value::String(text), Value::String(word)) => text == word || *text == format!("{word:?}"),
            (value, expected) => value == expected,
        };
        assert!(same, "{field} of {what} is {value} and not {expected}");
    }
}

/// The attributes of all events of a span.
fn of_events(span: &CollectedSpan) -> BTreeMap<String, Value> {
    span.events.iter().flat_map(|event| event.attributes.clone()).collect()
}

fn assert_ways(ways: &[(&str, fn())], spans: &[&CollectedSpan], plain: &lists::List, whole: &lists::List) {
    assert_eq!(spans.len(), ways.len());
    for ((way, _), span) in ways.iter().zip(spans) {
        match *way {
            "as JSON" => assert_has(way, &span.attributes, whole),
            "in events" => assert_has(way, &of_events(span), plain),
            _ => assert_has(way, &span.attributes, plain),
        }
    }
}

/// Every list of attributes in what the collector wrote down.
fn lists_of_attributes<'v>(value: &'v Value, found: &mut Vec<&'v Vec<Value>>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if let (true, Value::Array(list)) = (name == "attributes", member) {
                    found.push(list);
                }
                lists_of_attributes(member, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| lists_of_attributes(item, found)),
        _ => {}
    }
}

fn assert_no_attribute_is_double(raw: &str) {
    for line in raw.lines().filter(|line| !line.is_empty()) {
        let line: Value = serde_json::from_str(line).unwrap();
        let mut found = Vec::new();
        lists_of_attributes(&line, &mut found);
        assert!(!found.is_empty());
        for list in found {
            let mut keys: Vec<_> = list.iter().map(|attribute| attribute["key"].as_str().unwrap()).collect();
            keys.sort_unstable();
            assert!(keys.windows(2).all(|pair| pair[0] != pair[1]), "{keys:?}");
        }
    }
}

#[test]
fn every_name_of_a_step_is_found_on_its_span_with_its_type_and_once() {
    let (spans, raw) = sent("vocabulary_otlp_steps", || {
        let _run = run_span!("steps").entered();
        STEPS.iter().for_each(|(_, say)| say());
    });
    let steps: Vec<_> = spans.iter().filter(|span| span.name != "steps").collect();
    assert_ways(STEPS, &steps, &lists::step_fields(), &lists::step_structures());
    assert_no_attribute_is_double(&raw);
}

#[test]
fn every_name_of_a_run_is_found_on_its_span_with_its_type() {
    let (spans, raw) = sent("vocabulary_otlp_runs", || RUNS[0].1());
    let run: Vec<_> = spans.iter().filter(|span| span.name == "said").collect();
    assert_ways(&RUNS[..1], &run, &lists::run_fields(), &lists::run_structures());
    assert_no_attribute_is_double(&raw);
    for (index, (way, say)) in RUNS.iter().enumerate().skip(1) {
        let (spans, raw) = sent("vocabulary_otlp_runs_otherwise", say);
        let run: Vec<_> = spans.iter().filter(|span| span.name == "said" || span.name == "told").collect();
        assert_ways(&RUNS[index..=index], &run, &lists::run_fields(), &lists::run_structures());
        assert_no_attribute_is_double(&raw);
        assert!(!way.is_empty());
    }
}

#[test]
fn every_name_of_an_event_is_found_on_it() {
    let (spans, _) = sent("vocabulary_otlp_events", || {
        let _run = run_span!("events").entered();
        step_span!("click").in_scope(ways::event);
    });
    let step = spans.iter().find(|span| span.name == "click").unwrap();
    assert_has("an event", &step.events[0].attributes, &lists::event_fields());
}

#[test]
fn what_is_said_again_leaves_once_with_the_last_value_that_says_something() {
    let (spans, raw) = sent("vocabulary_otlp_again", || {
        let _run = run_span!("again").entered();
        let step = step_span!("click", augur.step.intent = "first", augur.costs.tokens_in = 1_u64, plain = Empty);
        step.record("augur.step.intent", "second").record("augur.step.intent", "");
        step.record("augur.costs.tokens_in", 2_u64).record("plain", 1).record("plain", 2);
        step.record_member("costs.tokens_in", &3);
    });
    let step = spans.iter().find(|span| span.name == "click").unwrap();
    assert_eq!(step.attributes["augur.step.intent"], "second");
    assert_eq!(step.attributes["augur.costs.tokens_in"], 3);
    assert_eq!(step.attributes["plain"], 2);
    assert_no_attribute_is_double(&raw);
}

#[test]
fn integers_leave_as_integers_wherever_they_stand_and_texts_as_texts() {
    let (spans, _) = sent("vocabulary_otlp_integers", || {
        let _run = run_span!("integers").entered();
        let step = step_span!("click", augur.action.params.x = 12_u64, augur.step.intent = "12");
        step.record_member("action.params.huge", &u64::MAX);
        step.in_scope(|| info!(candidates = 2_usize, code = "0012", "found"));
        let own = info_span!("own", items = 3_usize, large = -4_i128, most = u64::MAX, zip = "1234", late = Empty);
        own.record("late", 5_u8);
    });
    let of = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let (step, own) = (of("click"), of("own"));
    let event = &step.events[0];
    for (attributes, name, value) in [
        (&step.attributes, "augur.action.params.x", Value::from(12)),
        (&step.attributes, "augur.action.params.huge", u64::MAX.to_string().into()),
        (&step.attributes, "augur.step.intent", "12".into()),
        (&event.attributes, "candidates", 2.into()),
        (&event.attributes, "code", "0012".into()),
        (&own.attributes, "items", 3.into()),
        (&own.attributes, "large", (-4).into()),
        (&own.attributes, "most", u64::MAX.to_string().into()),
        (&own.attributes, "zip", "1234".into()),
        (&own.attributes, "late", 5.into()),
    ] {
        assert_eq!(attributes.get(name), Some(&value), "{name}");
    }
}
