//! What fields of ours say, and what is said of those that cannot be used.
#![allow(clippy::unwrap_used)]

use super::*;

fn said(attributes: &Attributes) -> Fields {
    step_fields(attributes, &mut Lists::default(), &mut |_| None)
}

fn attributes(pairs: &[(&'static str, Value)]) -> Attributes {
    let mut attributes = Attributes::default();
    for (name, value) in pairs {
        attributes.push(*name, value.clone());
    }
    attributes
}

/// What one field after another makes of a step's lists.
fn after(pairs: &[(&'static str, Value)], known: Option<&str>) -> String {
    let mut lists = Lists::default();
    let mut record = Object::new();
    for pair in pairs {
        let known = |path: &str| known.filter(|_| path == "judge_decisions").map(parsed);
        let fields = step_fields(&attributes(std::slice::from_ref(pair)), &mut lists, &mut { known });
        assert!(fields.complaints.is_empty() && fields.unknown.is_empty(), "{:?}", fields.complaints);
        for (name, member) in fields.members {
            put(&mut record, &name, member);
        }
    }
    Value::from(record).to_string()
}

fn parsed(text: &str) -> Value {
    crate::record::parse(text.as_bytes()).unwrap()
}

#[test]
fn fields_become_the_members_that_the_schema_has_for_them() {
    let fields = said(&attributes(&[
        ("augur.step.type", "click".into()),
        ("augur.step.intent", "log in".into()),
        ("augur.action.type", "click".into()),
        ("augur.action.params.x", 3.into()),
        ("augur.action.params.at", r#"{"y": 4}"#.into()),
        ("augur.grounding.provider", "vision".into()),
        ("augur.grounding.coordinates.x", "12".into()),
        ("augur.grounding.confidence", Value::from_f64_marked(0.5)),
        ("augur.verdict.status", "\"passed\"".into()),
        ("augur.verdict.evidence_refs", r#"["a"]"#.into()),
        ("augur.loop_detected", "true".into()),
        ("augur.costs.tokens_in", "12".into()),
    ]));
    assert_eq!(
        Value::from(fields.members).to_string(),
        r#"{"action": {"params": {"at": {"y": 4}, "x": 3}, "type": "click"}, "costs": {"tokens_in": 12}, "grounding": {"confidence": 0.5, "coordinates": {"x": 12}, "provider": "vision"}, "intent": "log in", "loop_detected": true, "step_type": "click", "verdict": {"evidence_refs": ["a"], "status": "passed"}}"#
    );
    assert!(fields.complaints.is_empty() && fields.unknown.is_empty());
}

#[test]
fn a_value_that_the_schema_does_not_take_is_told_without_quoting_it() {
    for (name, value, problem) in [
        ("augur.grounding.confidence", Value::from("s3cret"), "expected a number from 0 to 1, got a text of 6 bytes"),
        ("augur.grounding.confidence", 2.into(), "expected a number from 0 to 1, got a number that does not fit"),
        ("augur.grounding.confidence", Value::from_f64_marked(f64::NAN), "expected a number from 0 to 1, got NaN"),
        ("augur.grounding.coordinates.x", true.into(), "expected a number, got a value of type boolean"),
        (
            "augur.costs.tokens_in",
            Value::from_f64_marked(1.5),
            "expected a whole number from 0 on, got a number that does not fit",
        ),
        ("augur.costs.tokens_in", (-1).into(), "expected a whole number from 0 on, got a number that does not fit"),
        (
            "augur.verdict.status",
            "great".into(),
            "expected one of passed, failed, recoverable, skipped, unknown, got a text of 5 bytes",
        ),
        ("augur.loop_detected", 1.into(), "expected true or false, got a value of type number"),
        ("augur.verdict", "[1]".into(), "expected an object, or JSON text of one, got a text of 3 bytes"),
        ("augur.judge_decisions", "{}".into(), "expected a list, or JSON text of one, got a text of 2 bytes"),
        ("augur.action.params", "x".into(), "expected an object, or JSON text of one, got a text of 1 bytes"),
        ("augur.step.ended_at", "now".into(), "expected a time as RFC 3339 has it, got a text of 3 bytes"),
        (
            "augur.step.index",
            7.into(),
            "a field cannot set it: steps are numbered in the order in which their spans begin",
        ),
        (
            "augur.observation_pre",
            "x.png".into(),
            "a field cannot set it: `SpanExt::record_screenshot` attaches a picture",
        ),
    ] {
        let fields = said(&attributes(&[(name, value.clone())]));
        let kept = problem.starts_with("a field cannot").then_some(value);
        assert_eq!(fields.complaints, [Complaint { kept, ..Complaint::new(name, problem.to_owned()) }]);
        assert!(fields.members.is_empty() && fields.unknown.is_empty());
    }
}

#[test]
fn names_that_no_schema_has_are_kept_apart_and_never_dropped() {
    for name in ["augur.mood", "augur.verdict.mood", "augur.step.status.x", "augur.judge_decisions.x", "augur.verdict."]
    {
        let fields = said(&attributes(&[(name, "good".into())]));
        assert_eq!(Value::from(fields.unknown).to_string(), format!(r#"{{"{name}": "good"}}"#));
        assert!(fields.members.is_empty() && fields.complaints.is_empty());
    }
}

#[test]
fn the_last_value_counts_that_says_something() {
    for (first, second, kept) in [
        ("a", "b", r#"{"intent": "b"}"#),
        ("a", "", r#"{"intent": "a"}"#),
        ("", "b", r#"{"intent": "b"}"#),
        ("", "", "{}"),
    ] {
        let fields = said(&attributes(&[("augur.step.intent", first.into()), ("augur.intent", second.into())]));
        assert_eq!(Value::from(fields.members).to_string(), kept);
    }
    // What an action is given may well be empty.
    let fields =
        said(&attributes(&[("augur.action.params.text", "a".into()), ("augur.action.params.text", "".into())]));
    assert_eq!(Value::from(fields.members).to_string(), r#"{"action": {"params": {"text": ""}}}"#);
    // An empty text is no wrong number either.
    assert!(said(&attributes(&[("augur.verdict.score", "".into())])).is_empty());
}

#[test]
fn integers_of_any_size_floats_and_nulls_are_kept_as_they_are() {
    for (name, value, kept) in [
        ("augur.costs.tokens_in", Value::from(u64::MAX), "18446744073709551615"),
        ("augur.costs.tokens_in", i128::MAX.into(), "170141183460469231731687303715884105727"),
        ("augur.costs.tokens_in", "18446744073709551616".into(), "18446744073709551616"),
        ("augur.costs.tokens_in", Value::from_f64_marked(3.0), "3.0"),
        ("augur.costs.total_usd", " 0.10 ".into(), "0.1"),
        ("augur.recovery_decision", "null".into(), "null"),
        ("augur.duration_ms", Value::Null, "null"),
        ("augur.failure_class", 404.into(), "\"404\""),
    ] {
        let fields = said(&attributes(&[(name, value)]));
        assert!(fields.complaints.is_empty(), "{name}: {:?}", fields.complaints);
        let record = Value::from(fields.members);
        let path = name.strip_prefix("augur.").unwrap();
        let found = path.split('.').try_fold(&record, |at, part| at.get(part)).unwrap();
        assert_eq!(found.to_string(), kept, "{name}");
    }
}

#[test]
fn times_are_brought_into_the_form_of_the_records() {
    let fields = said(&attributes(&[("augur.step.started_at", "2026-01-02T03:04:05+01:00".into())]));
    assert_eq!(Value::from(fields.members).to_string(), r#"{"started_at": "2026-01-02T02:04:05.000000Z"}"#);
}

#[test]
fn a_list_can_be_said_item_by_item_and_part_by_part() {
    const FIRST: &str = r#"[{"judge_id": "a"}, {"judge_id": "b"}]"#;
    for (pairs, known, record) in [
        (
            &[("augur.judge_decisions.0.judge_id", "a"), ("augur.judge_decisions.0.verdict.status", "passed")][..],
            None,
            r#"{"judge_decisions": [{"judge_id": "a", "verdict": {"status": "passed"}}]}"#,
        ),
        // By number, not by text; what is left out leaves no gap.
        (
            &[
                ("augur.judge_decisions.10.judge_id", "c"),
                ("augur.judge_decisions.9.judge_id", "b"),
                ("augur.judge_decisions.2.judge_id", "a"),
            ],
            None,
            r#"{"judge_decisions": [{"judge_id": "a"}, {"judge_id": "b"}, {"judge_id": "c"}]}"#,
        ),
        // A whole list before, and one after.
        (
            &[("augur.judge_decisions", FIRST), ("augur.judge_decisions.1.confidence", "0.5")],
            Some(FIRST),
            r#"{"judge_decisions": [{"judge_id": "a"}, {"confidence": 0.5, "judge_id": "b"}]}"#,
        ),
        (
            &[("augur.judge_decisions.1.confidence", "0.5"), ("augur.judge_decisions", FIRST)],
            None,
            r#"{"judge_decisions": [{"judge_id": "a"}, {"judge_id": "b"}]}"#,
        ),
        // A whole item, and one of its parts.
        (
            &[
                ("augur.judge_decisions.0", r#"{"judge_id": "a", "verdict": {"status": "failed"}}"#),
                ("augur.judge_decisions.0.verdict.status", "passed"),
                ("augur.judge_decisions.0", r#"{"confidence": 1}"#),
            ],
            None,
            r#"{"judge_decisions": [{"confidence": 1, "judge_id": "a", "verdict": {"status": "passed"}}]}"#,
        ),
        // Lists in lists, lists in objects, lists in what is open.
        (
            &[
                ("augur.judge_decisions.0.evidence_refs.1", "y"),
                ("augur.judge_decisions.0.evidence_refs.0", "x"),
                ("augur.verdict.evidence_refs.0", "z"),
                ("augur.verdict.status", "passed"),
                ("augur.verdict.evidence_refs.1", "w"),
                ("augur.action.params.keys.0", "ctrl"),
                ("augur.action.params.keys.1", "c"),
                ("augur.action.params.0", "a member"),
            ],
            None,
            r#"{"action": {"params": {"0": "a member", "keys": ["ctrl", "c"]}}, "judge_decisions": [{"evidence_refs": ["x", "y"]}], "verdict": {"evidence_refs": ["z", "w"], "status": "passed"}}"#,
        ),
        (
            &[
                ("augur.verdict.evidence_refs.0", "a"),
                ("augur.verdict", r#"{"evidence_refs": ["b"]}"#),
                ("augur.verdict.evidence_refs.1", "c"),
            ],
            None,
            r#"{"verdict": {"evidence_refs": ["c"]}}"#,
        ),
    ] {
        let pairs: Vec<_> = pairs.iter().map(|(name, text)| (*name, Value::from(*text))).collect();
        assert_eq!(after(&pairs, known), record);
    }
}

#[test]
fn a_list_does_not_grow_without_end() {
    let mut lists = Lists::default();
    let complaints: usize = (0..2000)
        .map(|place| {
            let mut one = Attributes::default();
            one.push(format!("augur.verdict.evidence_refs.{place}"), "a".into());
            step_fields(&one, &mut lists, &mut |_| None).complaints.len()
        })
        .sum();
    assert_eq!(complaints, 2000 - 1024);
}

#[test]
fn a_run_takes_what_its_schema_has() {
    let mut lists = Lists::default();
    let fields = run_fields(
        &attributes(&[
            ("augur.run.id", "r".into()),
            ("augur.run.tags.env", "prod".into()),
            ("augur.run.tags.try", 3.into()),
            ("augur.run.status", "cancelled".into()),
            ("augur.run.client.version", "7".into()),
            ("augur.run.branch_context.mutation.model", "m".into()),
            ("augur.run.task_spec.subgoals.0.subgoal_id", "s".into()),
            ("augur.run.color", "red".into()),
            ("augur.run.run_id", "x".into()),
        ]),
        &mut lists,
    );
    assert_eq!(
        Value::from(fields.members).to_string(),
        r#"{"branch_context": {"mutation": {"model": "m"}}, "client": {"version": "7"}, "status": "cancelled", "tags": {"env": "prod", "try": "3"}, "task_spec": {"subgoals": [{"subgoal_id": "s"}]}}"#
    );
    assert!(fields.unknown.contains_key("augur.run.color"));
    assert_eq!(fields.complaints.len(), 1);
}

#[test]
fn an_event_says_where_it_belongs_when_it_happened_and_what_is_in_it() {
    let event = EventFacts {
        name: "e".into(),
        target: "t".into(),
        level: Level::Info,
        time: std::time::SystemTime::UNIX_EPOCH,
        message: None,
        attributes: attributes(&[
            ("augur.layer", "\"planner\"".into()),
            ("augur.ts", "2026-01-02T03:04:05Z".into()),
            ("augur.step_index", 3.into()),
            ("augur.detail", r#"{"a": 1, "deep": {"b": 2}}"#.into()),
            ("augur.detail.deep.c.0", 3.into()),
            ("plain.name", 4.into()),
        ]),
    };
    let decided = decision_of(&event, EventLayer::Runner).unwrap();
    assert_eq!((decided.layer, decided.kind), (EventLayer::Planner, EventKind::Decision));
    assert_eq!(decided.time.unwrap().to_string(), "2026-01-02T03:04:05.000000Z");
    assert_eq!(Value::from(decided.detail).to_string(), r#"{"a": 1, "deep": {"b": 2, "c": [3]}, "plain.name": 4}"#);
    assert!(decided.complaints.is_empty());
    let mut complaints = Vec::new();
    assert_eq!(step_of_event(&event.attributes, &mut complaints), Some(3));
    assert_eq!(step_of_event(&attributes(&[("augur.step.index", "3".into())]), &mut complaints), Some(3));
    assert!(complaints.is_empty());
    assert_eq!(step_of_event(&attributes(&[("augur.step_index", (-1).into())]), &mut complaints), None);
    assert_eq!(complaints.len(), 1);
}

#[cfg(feature = "otlp")]
#[test]
fn telemetry_that_is_but_text_gets_the_type_of_its_name() {
    for (name, text, value) in [
        ("augur.costs.tokens_in", "7", Some("7")),
        ("augur.step.costs.tokens_in", "7", Some("7")),
        ("augur.verdict.score", "0.5", Some("0.5")),
        ("augur.step.required", "false", Some("false")),
        ("augur.judge_decisions.0.confidence", "1", Some("1")),
        ("augur.run.task_spec.max_steps", "9", Some("9")),
        ("augur.verdict.status", "\"passed\"", Some("\"passed\"")),
        ("augur.verdict.score", "high", None),
        ("augur.step.intent", "7", None),
        ("augur.action.params.x", "7", None),
        ("augur.mood", "7", None),
        ("http.status", "7", None),
    ] {
        assert_eq!(typed(name, text).map(|value| value.to_string()).as_deref(), value, "{name}");
    }
}
