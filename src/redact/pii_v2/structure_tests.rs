//! Secrets that the shape of a value gives away, what is learned from them, and what holds for every text.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::super::{ERROR, MASK, RedactionPolicy, Treatment};
use crate::record::{Value, parse};
use std::time::{Duration, Instant};

const S: &str = "aB3dE6gH9kL2mN5pQ8rS1tU4";

fn redacted(json: &str) -> String {
    let policy = RedactionPolicy::default_pii_v2();
    let mut value = parse(json.as_bytes()).unwrap();
    policy.redact(&mut value);
    let once = value.to_string();
    policy.redact(&mut value);
    assert_eq!(value.to_string(), once, "a second look changes it");
    once
}

#[test]
fn members_are_treated_by_what_their_names_mean() {
    for (shape, expected) in [
        (r#"{"password":"§","PassWord":"§","x":1}"#, r#"{"x":1}"#),
        (r#"{"db_password":"§","old_password":"§","smtp_pass":"§"}"#, "{}"),
        (
            r#"{"accessToken":"§","refresh_token":"§","id_token":"§"}"#,
            r#"{"accessToken":"M","id_token":"M","refresh_token":"M"}"#,
        ),
        (r#"{"client_secret":"§","private_key":"§","passphrase":"§"}"#, "{}"),
        (r#"{"api-key":"§","X-Auth-Token":"§"}"#, r#"{"X-Auth-Token":"M","api-key":"M"}"#),
        (r#"{"Proxy-Authorization":"Basic §","Authorization":"Basic §"}"#, "{}"),
        (r#"{"otp":"123456","pin":1234,"card_cvc":"123"}"#, "{}"),
        (r#"{"sessionid":"§","csrf_token":"§"}"#, r#"{"csrf_token":"M","sessionid":"M"}"#),
        (r#"{"a":{"b":{"password":"§"}},"secret":{"value":"§"},"token":["§"]}"#, r#"{"a":{"b":{}},"token":"M"}"#),
        (r#"{"access_token":{"value":"§"}}"#, r#"{"access_token":"M"}"#),
        (
            r#"{"headers":[{"name":"Authorization","value":"Basic §"}]}"#,
            r#"{"headers":[{"name":"Authorization","value":"M"}]}"#,
        ),
        (r#"{"headers":[["X-Api-Key","§"],["accept","*"]]}"#, r#"{"headers":[["X-Api-Key","M"],["accept","*"]]}"#),
        (r#"{"rawHeaders":["Host","x","X-Api-Key","§"]}"#, r#"{"rawHeaders":["Host","x","X-Api-Key","M"]}"#),
        (
            r#"{"cookies":[{"name":"sid","value":"§","path":"/"}]}"#,
            r#"{"cookies":[{"name":"sid","path":"/","value":"M"}]}"#,
        ),
        (r#"{"cookies":{"sid":"§"}}"#, r#"{"cookies":{"sid":"M"}}"#),
        (
            r#"{"localStorage":[{"name":"auth_token","value":"§"}]}"#,
            r#"{"localStorage":[{"name":"auth_token","value":"M"}]}"#,
        ),
        (r#"{"env":[{"key":"DB_PASSWORD","value":"§"}]}"#, r#"{"env":[{"key":"DB_PASSWORD","value":"M"}]}"#),
        ("{\"ｐａｓｓｗｏｒｄ\":\"§\",\"pass\u{200b}word\":\"§\",\"pаssword\":\"§\"}", "{}"),
        (r#"{"cvv":123,"o":4111111111111111}"#, r#"{"cvv":"M","o":"***REDACTED:card***"}"#),
        (r#"{"key":"§","openai_key":"§"}"#, r#"{"key":"M","openai_key":"M"}"#),
        (r#"{"argv":["tool","--password","§","--verbose"]}"#, r#"{"argv":["tool","--password","M","--verbose"]}"#),
        (
            r#"["curl","-u","ann:§","https://x.example"]"#,
            r#"["curl","-u","***REDACTED:password_kv***","https://x.example"]"#,
        ),
        (r#"{"arguments":"{\"password\":\"§\",\"user\":\"ann\"}"}"#, r#"{"arguments":"{\"user\": \"ann\"}"}"#),
        (r#"{"a":"{\"b\":\"{\\\"token\\\":\\\"§\\\"}\"}"}"#, r#"{"a":"{\"b\": \"{\\\"token\\\": \\\"M\\\"}\"}"}"#),
    ] {
        let result = redacted(&shape.replace('§', S));
        assert!(!result.contains(S), "{shape}: {result}");
        let expected = expected.replace('M', MASK);
        assert_eq!(result, parse(expected.as_bytes()).unwrap().to_string(), "{shape}");
    }
}

#[test]
fn a_secret_at_the_deepest_place_that_json_has_is_found() {
    let depth = 127;
    let json = format!("{}{{\"password\":\"{S}\",\"t\":\"pwd={S}\"}}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(!redacted(&json).contains(S));
    assert!(!RedactionPolicy::default_pii_v2().scrub(&json).contains(S));
}

#[test]
fn secrets_are_found_in_names_lines_pieces_and_bytes() {
    let token = format!("{}{}", "sk_live_", "4eC39HqLyjWDarjtT1zdp7dc");
    let result = redacted(&format!(r#"{{"sessions":{{"{token}":1,"ann@x.org":2,"bob@x.org":3}}}}"#));
    let expected =
        r#"{"sessions": {"***REDACTED:email***": 2, "***REDACTED:email*** 2": 3, "***REDACTED:stripe_key***": 1}}"#;
    assert_eq!(result, expected);

    let dashes = "-----";
    let lines = format!(
        r#"["a","{dashes}BEGIN RSA PRIVATE KEY{dashes}","{S}","{S}","{dashes}END RSA PRIVATE KEY{dashes}","b"]"#
    );
    let gone = "***REDACTED:private_key***";
    assert_eq!(redacted(&lines), format!(r#"["a", "{gone}", "{gone}", "{gone}", "{gone}", "b"]"#));
    assert!(!redacted(&lines.replace(&format!(",\"{dashes}END RSA PRIVATE KEY{dashes}\""), "")).contains(S));

    let pieces: Vec<String> =
        token.as_bytes().chunks(5).map(|part| format!("{:?}", std::str::from_utf8(part).unwrap())).collect();
    let result = redacted(&format!("[\"so:\", {}, \" ok\"]", pieces.join(",")));
    assert!(!result.contains("HqLyj") && result.contains("stripe_key"), "{result}");

    for bytes in [
        format!("password={S}").into_bytes(),
        format!("password={S}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
    ] {
        let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
        let result = redacted(&format!("[{}]", numbers.join(",")));
        assert!(!result.contains("112") && result.contains("***REDACTED:encoded***"), "{result}");
    }
}

#[test]
fn a_value_seen_under_a_secret_name_is_found_later_and_elsewhere() {
    for source in [
        r#"{"aaa":"it was §","password":"§"}"#,
        r#"{"headers":[{"name":"X-Api-Key","value":"§"}]}"#,
        r#"{"Authorization":"Bearer §"}"#,
        r#"{"Authorization":"Custom §"}"#,
        r#"{"cookie":"a=1; sid=§"}"#,
        r#"{"text":"login failed password=§"}"#,
        r#"{"text":"postgres://u:§@10.0.0.5/d"}"#,
        r#"{"text":"{\"secret\": [\"§\"]}"}"#,
        r#"{"access_token":"§"}"#,
        r#"["--token","§"]"#,
    ] {
        let secret = "correct-horse-7";
        let policy = RedactionPolicy::default_pii_v2();
        let clone = policy.clone();
        assert_eq!(clone.scrub(secret), secret, "it is no secret by itself");
        let mut value = parse(source.replace('§', secret).as_bytes()).unwrap();
        policy.redact(&mut value);
        if source.starts_with("[\"--") {
            // What follows an option is masked; lists of arguments do not teach.
            continue;
        }
        assert!(!value.to_string().contains(secret), "{source}: {value}");
        assert_eq!(clone.scrub("later: correct-horse-7!"), "later: ***REDACTED:learned***!", "{source}");
        let base64 = data_encoding::BASE64.encode(format!("and in base64 {secret}").as_bytes());
        assert_eq!(clone.scrub(&base64), "***REDACTED:encoded***");
        assert_eq!(RedactionPolicy::default_pii_v2().scrub(secret), secret, "another policy knows nothing of it");
        assert_eq!(policy.to_builder().build().scrub(secret), secret);
    }
}

#[test]
fn many_threads_learn_and_look_at_once() {
    let policy = RedactionPolicy::default_pii_v2();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let policy = policy.clone();
            scope.spawn(move || {
                for number in 0..200 {
                    let secret = format!("thread{thread}-secret-{number}");
                    let _ = policy.scrub(&format!("password={secret}"));
                    assert_eq!(policy.scrub(&secret), "***REDACTED:learned***");
                }
            });
        }
    });
    assert_eq!(policy.counts(), [("password_kv", 800), ("learned", 800)]);
}

#[test]
fn rules_tell_how_often_they_found_something() {
    let policy = RedactionPolicy::builder().redactor(|text: &str| text.replace("ward 9", "ward ?")).build();
    let policy = RedactionPolicy::default_pii_v2()
        .to_builder()
        .redactor(move |text: &str| Some(policy.scrub(text).into_owned()))
        .build();
    let mut value = parse(br#"{"password":1,"token":"x","a":"me@x.org and you@x.org, ward 9","cvv":null}"#).unwrap();
    policy.redact(&mut value);
    assert_eq!(policy.counts(), [("drop", 1), ("mask", 2), ("custom", 1), ("email", 2)]);
    assert_eq!(policy.redactions(), 4);
    let one = RedactionPolicy::default_pii_v1();
    let _ = one.scrub("me@x.org and pwd=x");
    assert_eq!(one.counts(), [("text", 1)]);
}

#[test]
fn names_that_users_list_come_before_the_rules() {
    let policy = RedactionPolicy::default_pii_v2()
        .to_builder()
        .keep_key("Token")
        .keep_key("device_pin")
        .drop_key("ward")
        .mask_key("MRN")
        .build();
    let mut value = parse(br#"{"token":"abc","device_pin":"1234","ward":9,"mrn":7,"access_token":"x1y2z3"}"#).unwrap();
    policy.redact(&mut value);
    let expected = format!(r#"{{"access_token": "{MASK}", "device_pin": "1234", "mrn": "{MASK}", "token": "abc"}}"#);
    assert_eq!(value.to_string(), expected);
    for (name, expected) in [
        ("augur.x.token", Treatment::Scrub),
        ("http.request.header.x-api-key", Treatment::Drop),
        ("http.request.header.proxy-authorization", Treatment::Drop),
        ("db.user.accessToken", Treatment::Mask),
        ("openai.api.key", Treatment::Mask),
        ("ward", Treatment::Drop),
    ] {
        assert_eq!(policy.treat_key(name), expected, "{name}");
    }
    let mut value = Value::from("4 8 15");
    assert!(policy.redact_attribute("auth.session_cookie.name", &mut value));
    assert!(!policy.redact_attribute("session_cookie", &mut value));
}

/// Pieces of which texts are put together that no one would write.
const PIECES: &[&str] = &[
    "password",
    "pwd",
    "api_key",
    "token",
    "secret",
    "cookie",
    "Authorization",
    "Bearer",
    "Basic",
    "Digest",
    "name",
    "value",
    "key",
    ":",
    "=",
    "=>",
    ":=",
    "\"",
    "'",
    "\\\"",
    "\\\\\\\"",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ",",
    ";",
    "&",
    "?",
    "#",
    "/",
    "://",
    "@",
    "%",
    "%3D",
    "%70",
    "\\u0070",
    "\\n",
    "\\",
    " ",
    "  ",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "-",
    "--",
    "-p",
    "-u",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "-----BEGIN",
    "eyJ",
    "eyJhbGciOiJub25lIn0",
    ".",
    "AKIA",
    "ABCDEFGHIJKLMNOP",
    "sk-",
    "ghp_",
    "SG.",
    "Q~",
    "hunter2",
    "aB3dE6gH9kL2mN5pQ8rS1tU4",
    "cGFzc3dvcmQ9aHVudGVyMg==",
    "70617373776f72643d6162636465666768",
    "4111111111111111",
    "4111",
    "123-45-6789",
    "+4915112345678",
    "GB82WEST12345698765432",
    "me",
    "x.org",
    "é",
    "日本",
    "ｐ",
    "\u{200b}",
    "\u{212a}",
    "***REDACTED:email***",
    "***",
    "***REDACTED:",
    "${X}",
    "<a>",
    "PuTTY-User-Key-File-3:",
    "hooks.slack.com/services/",
    "T1/B2/abcdefgh12345678",
    "null",
    "a",
    "1",
];

fn hostile(state: &mut u64) -> String {
    let mut next = || {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        usize::try_from(*state >> 33).unwrap()
    };
    let length = next() % 16;
    (0..length).map(|_| *PIECES.get(next() % PIECES.len()).unwrap()).collect()
}

#[test]
fn whatever_comes_a_second_look_changes_nothing() {
    let mut state = 0x9E37_79B9_7F4A_7C15;
    let mut changed = 0;
    for _ in 0..12_000 {
        let text = hostile(&mut state);
        let policy = RedactionPolicy::default_pii_v2();
        let once = policy.scrub(&text).into_owned();
        changed += usize::from(once != text);
        let twice = policy.scrub(&once).into_owned();
        let marks = text.matches("***").count();
        // Marks of the caller's own may be torn by what is found around them.
        if marks == 0 {
            assert_eq!(twice, once, "{text:?}");
        }
        assert_eq!(policy.scrub(&twice), twice, "{text:?}");
        let mut value = Value::from(vec![Value::from(text.as_str())]);
        policy.redact(&mut value);
        assert!(value.as_array().is_some_and(|items| items.len() == 1));
    }
    assert!((4_000..11_600).contains(&changed), "both sides must occur: {changed}");
}

#[test]
fn a_name_that_held_a_secret_says_nothing_about_its_value_afterwards() {
    let policy = RedactionPolicy::default_pii_v2();
    for text in [
        r#"{"cookie: Cs": ["plain"]}"#,
        r#"{"le.cs:/api_key=s://n": 0}"#,
        r#"{"Bearer dz\u0001pz[": ["plain"]}"#,
        r#"{"password: hunter2secret": {"a": 1}}"#,
        r#"{"Authorization: _key": {"a": 1}}"#,
        // As the first of a pair, and taken out by what the two say together: the shortest marks there are.
        r#"[["jpieyJprocess.env.os.envm\u0000b?", "jpieyJprocess.env.os.envm\u0000b?"]]"#,
    ] {
        let mut value = crate::record::parse(text.as_bytes()).unwrap();
        policy.redact(&mut value);
        let once = value.to_string();
        assert_ne!(once, text);
        policy.redact(&mut value);
        assert_eq!(value.to_string(), once);
    }
}

#[test]
fn text_of_any_length_takes_time_by_its_length() {
    for piece in PIECES.iter().copied().chain([
        "a",
        "-----BEGIN ",
        "eyJa.",
        "eyJ..",
        "sk-a1-",
        "password=",
        "password=\"",
        "password=\\\"",
        "password:\n",
        "cookie:\n ",
        "a@",
        "a@b.",
        "://a:",
        "%41",
        "\\u0041",
        "{\"a\":",
        "1 ",
        "4111 ",
        "bearer ",
        "--password ",
        "-u a:",
        "token aB3dE6gH9kL2mN5pQ8 ",
        "QUJD",
        "QUJDRA==",
        "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5eg\n",
        "GB82 ",
        "name: value: ",
        "password=}",
        "Authorization: Digest ",
        "cookie: a\r\n ",
        "%70assword=1 ",
        "M1.",
        "123456789:A",
    ]) {
        let text = piece.repeat(200_000 / piece.len());
        let begun = Instant::now();
        let result = RedactionPolicy::default_pii_v2().scrub(&text).into_owned();
        // Squares of the length would take minutes.
        assert!(begun.elapsed() < Duration::from_secs(15), "{piece:?} took {:?}", begun.elapsed());
        assert!(result.len() <= text.len() * 30, "{piece:?}");
    }
}

#[test]
fn a_value_nested_too_deep_is_replaced() {
    let mut value = Value::from(S);
    for _ in 0..2_000 {
        value = Value::from(vec![value]);
    }
    let policy = RedactionPolicy::default_pii_v2();
    policy.redact(&mut value);
    assert!(value.to_string().contains(ERROR) && !value.to_string().contains(S));
}
