//! What a summary tells, and what it keeps to itself.
#![allow(clippy::unwrap_used)]

use super::{super::reader::sample::Sample, *};

fn summary(sample: &Sample) -> Summary {
    Summary::read(&Bundle::open(sample.root()).unwrap()).unwrap()
}

#[test]
fn a_summary_counts_what_is_in_the_bundle() {
    let summary = summary(&Sample::new());
    assert_eq!((summary.steps.total(), summary.iterations, summary.unreadable), (3, 1, 0));
    assert_eq!((summary.steps.get("succeeded"), summary.steps.get("failed")), (1, 1));
    assert_eq!((summary.verdicts.get("passed"), summary.verdicts.get("failed")), (1, 1));
    assert_eq!(summary.failure_classes.total(), 2);
    assert_eq!(summary.duration_ms, Some(12_345));
    assert_eq!((summary.model_calls.total(), summary.models.get("m-2")), (2, 1));
    assert_eq!((summary.tokens.prompt, summary.tokens.completion, summary.tokens.cache_hit), (11, 3, 5));
    assert_eq!(summary.costs, [("total_usd".to_owned(), 0.25), ("tokens_in".to_owned(), 1200.0)]);
    assert_eq!((summary.screenshots, summary.event_layers.total(), summary.event_kinds.get("info")), (1, 3, 2));
    assert_eq!((summary.side_effects.get("committed"), summary.files), (1, 49));
    let failed = summary.first_failed.unwrap();
    assert_eq!((failed.index, failed.path.as_str()), (2, "steps/0002.json"));
    assert_eq!(failed.failure_class.as_deref(), Some("no_state_change"));
}

#[test]
fn text_of_the_run_is_told_only_on_request() {
    let summary = summary(&Sample::new());
    for told in [summary.to_text(false), summary.to_value(false).to_string()] {
        for text in ["Buy the red", "Pay", "did not change"] {
            assert!(!told.contains(text), "{told}");
        }
        assert!(told.contains("run_t") && told.contains("no_state_change"));
    }
    let text = summary.to_text(true);
    assert!(text.contains("not to be trusted ---\n| instruction: Buy the red one\n| first_failed_intent: Pay é\n"));
    let value = summary.to_value(true);
    let reason = value.get("untrusted").and_then(|untrusted| untrusted.get("first_failed_reason"));
    assert_eq!(reason.and_then(Value::as_str), Some("The page did not change"));
    for key in ["schema", "kind", "augur_version"] {
        assert!(value.get(key).is_some(), "{key}");
    }
}

#[test]
fn nothing_of_the_run_can_reach_a_terminal_as_control() {
    let sample = Sample::new();
    for path in ["steps/0002.json", "trace.json"] {
        sample.replace(path, "Pay", "\\u001b]0;x\\u0007\\n| fake: \\u202e");
        sample.replace(path, "no_state_change", "a\\u001b[2Jb");
    }
    sample.replace("trace.json", "\"run_t\"", "\"run\\r\\u009bt\"");
    let text = summary(&sample).to_text(true);
    assert!(!text.contains(|c: char| (c != '\n' && c.is_control()) || c == '\u{202e}'), "{text:?}");
    assert!(
        text.contains(r"first_failed_intent: \u{1b}]0;x\u{7}\n| fake: \u{202e} é") && text.contains(r"run\r\u{9b}t")
    );
}

#[test]
fn costs_come_from_the_steps_if_the_session_has_none() {
    let sample = Sample::new();
    sample.change("trace.json", |trace| {
        drop(trace.get_mut("session").and_then(Value::as_object_mut).unwrap().remove("costs"));
    });
    for (path, costs) in
        [("steps/0000.json", r#"{"total_usd":0.5,"tokens_in":3}"#), ("steps/0002.json", r#"{"total_usd":1}"#)]
    {
        sample.change(path, |step| {
            drop(step.insert("costs".into(), crate::record::parse(costs.as_bytes()).unwrap()));
        });
    }
    assert_eq!(summary(&sample).costs, [("total_usd".to_owned(), 1.5), ("tokens_in".to_owned(), 3.0)]);
}

#[test]
fn a_run_that_died_is_summarised_from_what_is_there() {
    let sample = Sample::new();
    sample.remove("manifest.json");
    sample.write("incomplete", b"{}\n");
    sample.write("steps/0002.json", b"{");
    sample.write("trace.json", b"{\n  \"session\": {\n    \"run_id\": \"run_t\",\n");
    let summary = summary(&sample);
    assert_eq!(summary.state, BundleState::Died);
    assert_eq!((summary.steps.total(), summary.unreadable, summary.duration_ms), (2, 2, None));
    assert!(summary.to_text(false).contains("unreadable    2 records"));
}

#[test]
fn names_without_end_are_counted_in_bounded_space() {
    let mut counts = Counts::default();
    for number in 0..3_000 {
        counts.add(&format!("{number}{}", "x".repeat(1_000)));
    }
    assert_eq!((counts.total(), counts.by_frequency().count()), (3_000, MAX_NAMES + 1));
    assert_eq!(counts.by_frequency().last(), Some(("(others)", 2_000)));
    assert!(counts.by_frequency().all(|(name, _)| name.chars().count() <= MAX_NAME + 1));
}

#[test]
fn the_most_frequent_comes_first_and_ties_as_they_appeared() {
    let mut counts = Counts::default();
    for name in ["b", "a", "c", "c"] {
        counts.add(name);
    }
    assert_eq!(counts.by_frequency().collect::<Vec<_>>(), [("c", 2), ("b", 1), ("a", 1)]);
}
