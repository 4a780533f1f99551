//! The vectors of the bundle contract, custom policies, identity, and what happens when a custom rule fails.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::borrow::Cow;

use super::{ERROR, Family, MASK, RedactionPolicy, Treatment};
use crate::record::{Object, Value, parse};

fn json(text: &str) -> Value {
    parse(text.as_bytes()).unwrap()
}

fn record(text: &str) -> Object {
    match json(text) {
        Value::Object(members) => members,
        other => panic!("no object but {other:?}"),
    }
}

fn redacted(policy: &RedactionPolicy, text: &str) -> String {
    let mut value = json(text);
    policy.redact(&mut value);
    value.to_string()
}

#[test]
fn text_is_scrubbed_as_the_contract_says() {
    let policy = RedactionPolicy::default_pii_v1();
    for (input, expected) in [
        ("Authorization: Bearer abc.def==", "Authorization: ***REDACTED:bearer***=="),
        ("api_key=abc123 xapikey: z", "***REDACTED:api_key*** x***REDACTED:api_key***"),
        ("X-Api-Key: aaa.b", "***REDACTED:api_key***"),
        ("Set-Cookie: a=b; c=d", "Set-***REDACTED:cookie_header***"),
        ("cookie: s=1\nnext", "***REDACTED:cookie_header***\nnext"),
        ("me@Example.COM", "***REDACTED:email***"),
        ("password = hunter2 more", "***REDACTED:password_kv*** more"),
        ("password:\n next", "***REDACTED:password_kv***"),
        ("eyJhbGciOi.eyJzdWIi.sig-_x", "***REDACTED:jwt***"),
        ("Bearer eyJh.eyJz.sig", "***REDACTED:bearer***"),
        ("AKIAABCDEFGHIJKLMNOP", "***REDACTED:aws_key***"),
        ("passwd:Bearer abc", "***REDACTED:password_kv***"),
        ("pwd:foo@bar.com", "***REDACTED:password_kv***"),
        ("api_key=foo@bar.com", "***REDACTED:api_key***@bar.com"),
        ("BEARER   x", "***REDACTED:bearer***"),
        ("token=abc", "token=abc"),
        ("xapikey: z", "x***REDACTED:api_key***"),
        ("pa\u{17f}\u{17f}word=x", "***REDACTED:password_kv***"),
        ("coo\u{212a}ie:x", "***REDACTED:cookie_header***"),
        ("bearer\u{1f}x", "***REDACTED:bearer***"),
        ("pwd\u{1c}=\u{2003}x y", "***REDACTED:password_kv*** y"),
        ("pwd:x\u{1d}y", "***REDACTED:password_kv***\u{1d}y"),
        ("cookie:\r\n\r\n x\r\ny", "***REDACTED:cookie_header***\r\ny"),
        ("cookie:\r\n", "cookie:\r\n"),
        ("", ""),
    ] {
        assert_eq!(policy.scrub(input), expected, "{input:?}");
        assert_eq!(policy.is_clean(input), input == expected, "{input:?}");
    }
}

#[test]
fn clean_text_is_borrowed_and_not_counted() {
    let policy = RedactionPolicy::default_pii_v1();
    assert!(matches!(policy.scrub("a cookie recipe"), Cow::Borrowed(_)));
    assert!(policy.is_clean("max_tokens: 4096"));
    assert_eq!(policy.redactions(), 0);
}

#[test]
fn members_are_dropped_and_masked_as_the_contract_says() {
    let policy = RedactionPolicy::default_pii_v1();
    for (input, expected) in [
        (
            r#"{"API_KEY":null,"ApiKey":[1],"api-key":"k","X-Api-Key":"z","Set-Cookie":"z"}"#,
            r#"{"API_KEY":"***REDACTED:mask***","ApiKey":"***REDACTED:mask***","api-key":"k"}"#,
        ),
        (r#"{"token":"a","logprob":-0.5}"#, r#"{"token":"a","logprob":-0.5}"#),
        (r#"{"token":"a","logprob":"1"}"#, r#"{"token":"***REDACTED:mask***","logprob":"1"}"#),
        (r#"{"token":"a","logprob":null}"#, r#"{"token":"***REDACTED:mask***","logprob":null}"#),
        (r#"{"token":"a","logprob":true}"#, r#"{"token":"a","logprob":true}"#),
        (r#"{"token":"me@x.org","logprob":0}"#, r#"{"token":"***REDACTED:email***","logprob":0}"#),
        (r#"{"token":{"logprob":1,"token":"a"}}"#, r#"{"token":"***REDACTED:mask***"}"#),
        (r#"{"api_key":"a","logprob":1}"#, r#"{"api_key":"***REDACTED:mask***","logprob":1}"#),
        (
            r#"[{"token":"a","logprob":1,"top_alternatives":[{"token":"b","logprob":2},{"token":"c"}]}]"#,
            r#"[{"token":"a","logprob":1,"top_alternatives":[{"token":"b","logprob":2},{"token":"***REDACTED:mask***"}]}]"#,
        ),
        (r#"{"a":[{"password":1},"pwd=x",2.5,null,true]}"#, r#"{"a":[{},"***REDACTED:password_kv***",2.5,null,true]}"#),
        (r#"{"me@x.org":1,"tokens_in":7}"#, r#"{"me@x.org":1,"tokens_in":7}"#),
        (r#"{"to\u212aen":1}"#, "{\"to\u{212a}en\":\"***REDACTED:mask***\"}"),
    ] {
        assert_eq!(redacted(&policy, input), json(expected).to_string(), "{input}");
    }
}

#[test]
fn every_touched_value_is_counted_once() {
    let policy = RedactionPolicy::default_pii_v1();
    let mut value = json(r#"{"pwd":1,"token":2,"a":["pwd=x me@x.org","clean"],"cvv":"***REDACTED:mask***"}"#);
    assert_eq!(policy.redact(&mut value), 3);
    assert_eq!(policy.redact(&mut value), 0, "what is redacted stays as it is");
    let _ = policy.clone().scrub("me@x.org");
    assert_eq!(policy.redactions(), 4);
}

#[test]
fn attribute_names_are_judged_whole_and_by_their_last_segment() {
    let policy = RedactionPolicy::default_pii_v1().to_builder().mask_key("User.Email").build();
    for (name, expected) in [
        ("http.request.header.Authorization", Treatment::Drop),
        ("http.response.header.set-cookie", Treatment::Drop),
        ("augur.action.params.password", Treatment::Drop),
        ("augur.action.params.token.value", Treatment::Mask),
        ("augur.token.password.x", Treatment::Drop),
        ("TOKEN", Treatment::Mask),
        ("user.email", Treatment::Mask),
        ("user.email.domain", Treatment::Scrub),
        ("gen_ai.token.type", Treatment::Scrub),
        ("gen_ai.usage.input_tokens", Treatment::Scrub),
        ("", Treatment::Scrub),
    ] {
        assert_eq!(policy.treat_key(name), expected, "{name}");
    }
}

#[test]
fn attributes_pass_the_same_rules_as_members() {
    let policy = RedactionPolicy::default_pii_v1().to_builder().dropper(|name, _| name == "patient").build();
    for (name, expected) in [
        ("http.request.header.cookie", None),
        ("augur.action.params.patient", None),
        ("patient", None),
        ("augur.action.params.cvv", Some(MASK)),
        ("message", Some("***REDACTED:email***")),
    ] {
        let mut value = Value::from("me@x.org");
        let kept = policy.redact_attribute(name, &mut value);
        assert_eq!(kept.then(|| value.as_str()).flatten(), expected, "{name}");
    }
    assert_eq!(policy.redactions(), 5);
}

#[test]
fn a_custom_policy_takes_effect() {
    let policy = RedactionPolicy::default_pii_v1()
        .to_builder()
        .id("clinic-v1")
        .drop_key("Patient_Name")
        .mask_key("MRN")
        .mask_key("password")
        .keep_key("Token")
        .redactor(|text: &str| text.replace("ward 9", "ward ?"))
        .redactor(|text: &str| text.contains("ward ?").then(|| format!("[{text}]")))
        .dropper(|name, value| name == "Note" && value.as_array().is_some())
        .build();
    assert_eq!(policy.id(), "clinic-v1");
    assert_eq!(
        redacted(
            &policy,
            r#"{"PATIENT_NAME":"a","mrn":7,"password":"p","token":"t","at":"ward 9, me@x.org","Note":[1],"note":[2]}"#
        ),
        json(r#"{"mrn":"***REDACTED:mask***","token":"t","at":"[ward ?, ***REDACTED:email***]","note":[2]}"#)
            .to_string()
    );
    assert!(!policy.is_clean("ward 9"));
    assert!(policy.is_clean("ward 8"));
}

#[test]
fn a_policy_built_from_another_keeps_its_rules() {
    let first =
        RedactionPolicy::default_pii_v1().to_builder().id("a").redactor(|text: &str| text.replace('x', "y")).build();
    let second = first.to_builder().id("b").drop_key("k").build();
    assert_eq!(redacted(&second, r#"{"k":1,"v":"x"}"#), r#"{"v": "y"}"#);
    assert_eq!((first.id(), second.id()), ("a", "b"));
    assert_eq!((first.redactions(), second.redactions()), (0, 2));
}

#[test]
fn reasoning_rules_see_the_scrubbed_text_of_reasoning_records_only() {
    let policy = RedactionPolicy::default_pii_v1()
        .to_builder()
        .reasoning_redactor(|text: &str| text.replace("***REDACTED:email***", "someone"))
        .build();
    let source = r#"{"text":"ask me@x.org","model":"me@x.org","format":"adapter_inferred","step_index":1}"#;
    let mut reasoning = record(source);
    policy.redact_family(Family::Reasoning, &mut reasoning);
    assert_eq!(reasoning.get("text").and_then(Value::as_str), Some("ask someone"));
    assert_eq!(reasoning.get("model").and_then(Value::as_str), Some("***REDACTED:email***"));
    let mut event = record(source);
    policy.redact_family(Family::Event, &mut event);
    assert_eq!(event.get("text").and_then(Value::as_str), Some("ask ***REDACTED:email***"));
}

#[test]
fn a_rule_that_panics_costs_the_value_and_not_the_secret() {
    let policy = RedactionPolicy::default_pii_v1()
        .to_builder()
        .redactor(|text: &str| {
            assert!(!text.contains("bad"), "rule failed");
            None
        })
        .dropper(|name, _| {
            assert!(name != "trap", "rule failed");
            false
        })
        .reasoning_redactor(|_: &str| -> Option<String> { panic!("rule failed") })
        .build();
    let walked = redacted(&policy, r#"{"a":"bad secret","trap":{"x":"y"},"ok":"fine","cvv":1}"#);
    let scrubbed = policy.scrub("bad secret").into_owned();
    let mut reasoning = record(r#"{"text":"secret"}"#);
    policy.redact_family(Family::Reasoning, &mut reasoning);
    let expected = format!(r#"{{"a":"{ERROR}","trap":"{ERROR}","ok":"fine","cvv":"{MASK}"}}"#);
    assert_eq!(walked, json(&expected).to_string());
    assert_eq!(scrubbed, ERROR);
    assert_eq!(reasoning.get("text").and_then(Value::as_str), Some(ERROR));
}

#[test]
fn a_value_nested_too_deep_is_replaced_and_not_passed() {
    let mut value = Value::from("me@x.org");
    for _ in 0..2_000 {
        value = Value::from(vec![value]);
    }
    let policy = RedactionPolicy::default_pii_v1();
    assert_eq!(policy.redact(&mut value), 1);
    let text = value.to_string();
    assert!(text.contains(ERROR) && !text.contains("me@x.org"));
}

#[test]
fn debug_tells_counts_and_no_names() {
    let policy =
        RedactionPolicy::default_pii_v1().to_builder().id("p").drop_key("hush").redactor(|_: &str| None).build();
    let text = format!("{policy:?}");
    assert_eq!(
        text,
        "RedactionPolicy { id: \"p\", drop_keys: 9, mask_keys: 7, redactors: 1, droppers: 0, reasoning_redactors: 0, redactions: 0 }"
    );
}

/// A record with `kept` at every identity path of the family, and the same texts elsewhere.
fn record_with_identity(family: Family) -> Object {
    let mut members = record(r#"{"intent":"me@x.org","params":{"status":"me@x.org"},"tags":{"run_id":"me@x.org"}}"#);
    for path in family.identity() {
        plant(&mut members, path);
    }
    members
}

fn plant(members: &mut Object, path: &str) {
    match path.split_once('.') {
        None => {
            let name = if path == "*" { "any" } else { path };
            members.insert(name.to_owned(), Value::from("me@x.org"));
        }
        Some((first, rest)) => {
            let inner = members.entry(first.to_owned()).or_insert_with(|| Value::from(Object::new()));
            plant(inner.as_object_mut().unwrap(), rest);
        }
    }
}

fn at<'a>(members: &'a Object, path: &str) -> Option<&'a Value> {
    let mut names = path.split('.').map(|name| if name == "*" { "any" } else { name });
    let first = members.get(names.next()?);
    names.fold(first, |value, name| value?.get(name))
}

#[test]
fn identity_survives_in_every_family_and_nothing_else_does() {
    let strict = RedactionPolicy::default_pii_v1()
        .to_builder()
        .redactor(|_: &str| "gone".to_owned())
        .dropper(|name, _| name == "step_index")
        .build();
    for family in Family::ALL {
        for policy in [RedactionPolicy::default_pii_v1(), strict.clone()] {
            let mut members = record_with_identity(family);
            policy.redact_family(family, &mut members);
            for path in family.identity() {
                assert_eq!(at(&members, path).and_then(Value::as_str), Some("me@x.org"), "{family:?} {path}");
            }
            for path in ["intent", "params.status", "tags.run_id"] {
                let content = at(&members, path).and_then(Value::as_str);
                assert!(matches!(content, Some("***REDACTED:email***" | "gone")), "{family:?} {path}");
            }
        }
    }
}

#[test]
fn identity_reaches_through_lists_and_stops_at_objects() {
    let policy = RedactionPolicy::default_pii_v1();
    let mut step = record(
        r#"{"step_id":{"password":"p","x":"me@x.org"},
            "events":["events/me@x.org.jsonl"],
            "logs":["a",["me@x.org"]],
            "verdict":{"status":"passed","reason":"me@x.org","evidence_refs":["e/me@x.org"]},
            "judge_decisions":[{"judge_id":"me@x.org","verdict":{"status":"passed","reason":"pwd=1"}}]}"#,
    );
    policy.redact_family(Family::Step, &mut step);
    assert_eq!(
        Value::from(step).to_string(),
        json(
            r#"{"step_id":{"x":"***REDACTED:email***"},
                "events":["events/me@x.org.jsonl"],
                "logs":["a",["***REDACTED:email***"]],
                "verdict":{"status":"passed","reason":"***REDACTED:email***","evidence_refs":["e/me@x.org"]},
                "judge_decisions":[{"judge_id":"me@x.org","verdict":{"status":"passed","reason":"***REDACTED:password_kv***"}}]}"#
        )
        .to_string()
    );
}

#[test]
fn a_secret_in_an_identity_member_is_found_before_it_is_kept() {
    let policy = RedactionPolicy::default_pii_v1();
    for (family, source, expected) in [
        (Family::Step, r#"{"step_id":"r/step/0001","intent":"me@x.org"}"#, None),
        (Family::Step, r#"{"step_id":"me@x.org/step/0001"}"#, Some("step_id")),
        (
            Family::Step,
            r#"{"judge_decisions":[{"judge_id":"a"},{"judge_id":"me@x.org"}]}"#,
            Some("judge_decisions.judge_id"),
        ),
        (Family::Step, r#"{"verdict":{"evidence_refs":["a","pwd=1"]}}"#, Some("verdict.evidence_refs")),
        (Family::SideEffect, r#"{"side_effect_id":"AKIAABCDEFGHIJKLMNOP"}"#, Some("side_effect_id")),
        (Family::Manifest, r#"{"signatures":{"a":"me@x.org"}}"#, Some("signatures.*")),
    ] {
        assert_eq!(policy.tainted_identity(family, &record(source)), expected, "{source}");
    }
}

#[test]
fn model_call_tokens_keep_their_names() {
    let policy = RedactionPolicy::default_pii_v1();
    let mut call = record(
        r#"{"layer":"planner","request":{"model":"m","messages":[{"role":"user","content":"pwd=1"}],"params":{"token":"t"}},
            "response":{"logprobs":[{"token":"a","token_id":1,"logprob":-1,"top_alternatives":[{"token":"b","logprob":-2}]}]}}"#,
    );
    assert_eq!(policy.redact_family(Family::ModelCall, &mut call), 2);
    assert_eq!(
        Value::from(call).to_string(),
        json(
            r#"{"layer":"planner","request":{"model":"m","messages":[{"role":"user","content":"***REDACTED:password_kv***"}],
                "params":{"token":"***REDACTED:mask***"}},
                "response":{"logprobs":[{"token":"a","token_id":1,"logprob":-1,"top_alternatives":[{"token":"b","logprob":-2}]}]}}"#
        )
        .to_string()
    );
}
