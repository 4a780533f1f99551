//! The redactor: whatever stands around a secret, nothing of it is left; what comes out is of the same shape and is redacted
//! already; and no text takes it long.
#![no_main]

mod ground;

use ground::in_time;
use libfuzzer_sys::{
    arbitrary::{Result, Unstructured},
    fuzz_target,
};
use tracing_augur::{
    record::{Object, Value, parse, write_line},
    redact::RedactionPolicy,
};

/// What is planted: long and plain enough for every rule, and found nowhere else.
const CANARY: &str = "Qz7Kx9Wm2Vt4Lp8R";

/// Lines that every policy must take the canary out of, whatever the lines around them say.
const LINES: &[&str] =
    &["password=@", "Authorization: Bearer @", "{\"password\": \"@\"}", "cookie: session=@", "api_key: @"];

/// Names under which the canary is dropped or masked wherever they stand.
const NAMES: &[&str] = &["password", "api_key", "Authorization", "cookie", "secret", "access_token"];

fn look(input: &mut Unstructured<'_>) -> Result<()> {
    // The first policy knows fewer names and no JSON in text; the rest it promises as well.
    let finds_all = input.ratio(3, 4)?;
    let policy = if finds_all { RedactionPolicy::default_pii_v2() } else { RedactionPolicy::default_pii_v1() };
    let (before, after) = (input.arbitrary::<&str>()?, input.arbitrary::<&str>()?);
    if input.arbitrary()? {
        let line = input.choose(LINES)?.replace('@', CANARY);
        text(&policy, &format!("{before}\n{line}\n{after}"), finds_all);
    } else {
        let mut value = planted(input, before, 0)?;
        if let Some(members) = value.as_object_mut() {
            members.insert((*input.choose(NAMES)?).to_owned(), CANARY.into());
        }
        record(&policy, value, finds_all);
    }
    Ok(())
}

fn text(policy: &RedactionPolicy, text: &str, must_be_gone: bool) {
    let safe = in_time(|| policy.scrub(text).into_owned());
    assert!(!must_be_gone || !safe.contains(CANARY), "{text:?} -> {safe:?}");
    let again = policy.scrub(&safe);
    assert!(again == safe, "{text:?} -> {safe:?} -> {again:?}");
}

fn record(policy: &RedactionPolicy, value: Value, must_be_gone: bool) {
    let mut safe = value.clone();
    in_time(|| policy.redact(&mut safe));
    let mut line = Vec::new();
    write_line(&safe, &mut line);
    let line = String::from_utf8(line).expect("JSON is text");
    assert!(!must_be_gone || !line.contains(CANARY), "{value} -> {line}");
    assert!(parse(line.as_bytes()).expect("what is written is JSON") == safe);
    assert!(is_like(&value, &safe), "{value} -> {line}");
    let mut again = safe.clone();
    policy.redact(&mut again);
    assert!(again == safe, "{value} -> {line} -> {again}");
}

/// A value of any shape, with a text here and there.
fn planted(input: &mut Unstructured<'_>, text: &str, depth: usize) -> Result<Value> {
    if depth > 4 {
        return Ok(text.into());
    }
    Ok(match input.int_in_range(0..=5_u8)? {
        0 => input.arbitrary::<i64>()?.into(),
        1 => Value::Array(
            (0..input.int_in_range(0..=3)?).map(|_| planted(input, text, depth + 1)).collect::<Result<_>>()?,
        ),
        2 => input.arbitrary::<&str>()?.into(),
        3 => text.into(),
        _ => {
            let mut members = Object::new();
            for _ in 0..input.int_in_range(0..=3)? {
                let name = input.arbitrary::<&str>()?.to_owned();
                members.insert(name, planted(input, text, depth + 1)?);
            }
            members.into()
        }
    })
}

/// Whether a value is what redaction may make of another: members may go, values may become texts, and nothing else moves.
fn is_like(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (_, Value::String(_)) => true,
        (Value::Object(before), Value::Object(after)) => {
            after.len() <= before.len()
                && after.iter().all(|(name, value)| before.get(name).is_none_or(|was| is_like(was, value)))
        }
        (Value::Array(before), Value::Array(after)) => {
            before.len() == after.len() && before.iter().zip(after).all(|(before, after)| is_like(before, after))
        }
        (before, after) => before == after,
    }
}

fuzz_target!(|input: &[u8]| {
    // An input that ends too early says nothing.
    let _ = look(&mut Unstructured::new(input));
});
