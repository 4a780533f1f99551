//! What looks a little like a secret and is none: it must come through unchanged.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::super::{Family, RedactionPolicy, Treatment};
use crate::record::{Value, parse};

/// Texts of agents, logs and records without a secret in them.
const TEXTS: &[&str] = &[
    "max_tokens: 4096",
    "input_tokens=12 output_tokens=7",
    "token_count: 5",
    "tokens: 17",
    "the tokenizer has 50257 tokens",
    "next_page_token: c2VjcmV0LXBhZ2U",
    "nextPageToken=CAUQAA",
    "author: Ann",
    "the secretary: Bob Smith",
    "password reset page",
    "Forgot your password?",
    "Enter password",
    "click on the password field, then on Log in",
    "bearer of bad news",
    "The bearer is entitled to enter",
    "a bearer token is required",
    "cookie recipe",
    "cookie recipe with flour and sugar",
    "accept all cookies",
    "123e4567-e89b-12d3-a456-426614174000",
    "id 00000000-0000-4000-8000-000000000000 done",
    "commit 9a0567bf3e2d1c0b9a8f7e6d5c4b3a2918070605",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "the key changed, commit 9a0567bf3e2d1c0b9a8f7e6d5c4b3a2918070605",
    "{\"steps/0000.json\": \"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"}",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "1769860800000",
    "1769860800000000 ns",
    "1769860800000000000",
    "4111111111111112",
    "4111 1111 1111 1112",
    "0.4111111111111111",
    "order 7000123412341234",
    "GB82WEST12345698765433",
    "000-12-3456 and 12-34-5678",
    "2026-01-31T12:00:00.000000Z",
    "10.0.0.5:8080, 192.168.1.1",
    "password=${SECRET}",
    "password: \"${DB_PASSWORD}\"",
    "api_key={{ secrets.API_KEY }}",
    "token: <your-token>",
    "Authorization: Bearer ${TOKEN}",
    "Authorization: Bearer {token}",
    "Authorization: Bearer <token>",
    "password=",
    "password=\nuser=ann",
    "password: \"\"",
    "password: null",
    "password=None, user='x'",
    "token=\"\"",
    "sk-learn is a library",
    "sk-learn-contrib-and-other-packages-for-prose",
    "see scikit: sk-this-is-only-prose-with-dashes",
    "AKIA is a prefix, ghp_ and glpat- too",
    "hf_hub_download and npm_config_registry",
    "press the key Enter",
    "key: Enter",
    "key=ArrowDown",
    "primary_key: user_id",
    "cache_key=user:42:profile",
    "idempotency_key: run-1/step/0001",
    "public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
    "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEbGzVnzANBgkqhkiG9w0BAQsF\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
    "https://example.com:8080/@user/path?page=2&sort=key",
    "https://example.com/a?key=name&code=404&state=open",
    "https://example.com/cb?code=abc",
    "npm i @scope/pkg@1.2.3 left-pad@2.0.0",
    "icon@2x.png",
    "user@host",
    "git log --author=ann --pretty=oneline",
    "docker run -u 1000:1000 -p 8080:80 image",
    "mkdir -p /var/lib/app-1234567890",
    "Basic English, basic setup, BASIC program",
    "x += 1; y = a + 12345",
    "Unexpected token: identifier",
    "Unexpected token < in JSON at position 0",
    "SyntaxError: Unexpected token: 'else'",
    "session_id: 1a2b3c4d",
    "debug_session_id=dbg_0f9c2b",
    "code: 404, status_code=200",
    "pin: the map",
    "shipping: free",
    "is_secret: false, has_password: true",
    "the secret: be kind",
    "sid: 12",
    "turkey: roasted",
    "credentials: self.credentials, access_token: Option<String>,",
    "let token = Token::new(); let client_secret = load_secret(path)?;",
    "buffer.extend(\"authorization:\"); buffer.extend(\"token=\");",
    "`https://h.example/api?token=` and `cua_v1:71546855d6279ef70d20909b292c42c271546855d6279ef70d20909b292c42c2` of the token `x`",
    "secrets::Kind in tests::secrets::spans, token::Unexpected and Credentials::default()",
    "token `x`, `cua_v1:71546855d6279ef70d20909b292c42c271546855d6279ef70d20909b292c42c2`",
    "monkey=1 keyboard=qwerty hotkey=ctrl",
    "auth: oauth2",
    "credentials: include",
    "verification_code: sent",
    "compass: north, passed: 12, pass: 3, bypass: true",
    "signature: valid",
    "{\"type\": \"press\", \"key\": \"Enter\"}",
    "{\"model\": \"m\", \"max_tokens\": 4096, \"stop_token\": \"</s>\"}",
    "{\"a\": 1,  \"b\":2.50, \"c\": 1e5}",
    "[not json",
    "SELECT * FROM users WHERE api_key IS NOT NULL",
    "https://cdn.example/assets/index-4f3a2b1c9d8e7f60.js",
    "/usr/lib/python3.12/site-packages/tokenizers/implementations/byte_level_bpe.py",
    "src/redact/pii_v2/keys.rs:120:17",
    "eyJ is how JSON begins, eyJpZCI6MX0 too",
    "next cursor eyJvZmZzZXQiOjEwMCwicGFnZSI6Mn0=",
    "50% of 20%20 and C:\\Users\\ann\\x64",
    "a--b -- c --- d -----",
    "+1 point, +100 and +12:30",
    "2026-01-31 12:00:00 +0000",
    "Bundle `run-2026-01-31-1a2b3c4d` with parent:branch:1a2b3c4d",
    "日本語のテキスト、パスなし",
    "***REDACTED:mask*** and password=***REDACTED:password_kv***",
    "",
    " ",
];

#[test]
fn what_is_no_secret_comes_through_unchanged() {
    let policy = RedactionPolicy::default_pii_v2();
    for text in TEXTS {
        assert_eq!(policy.scrub(text), *text);
        // The same within JSON and within a longer text.
        let mut value = Value::from(vec![Value::from(*text)]);
        policy.redact(&mut value);
        assert_eq!(value.to_string(), Value::from(vec![Value::from(*text)]).to_string());
        if !text.contains("-----BEGIN") {
            let longer = format!("First line.\n{text}\nLast line, {text}");
            assert_eq!(policy.scrub(&longer), longer);
        }
    }
    assert_eq!(policy.counts(), []);
    assert!(TEXTS.len() >= 100);
}

#[test]
fn members_that_are_no_secrets_come_through_unchanged() {
    let policy = RedactionPolicy::default_pii_v2();
    for json in [
        r#"{"max_tokens":4096,"input_tokens":1,"token_count":2,"tokenizer":"bpe","next_page_token":"CAUQAA"}"#,
        r#"{"author":"Ann","secretary":"Bob","key":"Enter","keys":["a","b"],"code":"x = 1","signature":"def f(x)"}"#,
        r#"{"has_password":true,"requires_token":false,"show_pin":null,"reasoning_token":7,"otp_enabled":true}"#,
        r#"{"session_id":"1a2b3c4d","debug_session_id":"dbg_0f9c2b","user_id":"u-1","auth":"none","sid":"7"}"#,
        r#"{"client_secret":"","api-key":"${KEY}","db_password":"<password>"}"#,
        r#"{"name":"password","type":"string"}"#,
        r#"{"name":"query","value":"blue shoes"}"#,
        r#"{"required":["password","email"],"headers":["accept","x"]}"#,
        r#"{"properties":{"db_password":{"type":"string","description":"the password"},"access_token":{"type":"string"}}}"#,
        r#"{"key":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}"#,
        r#"{"key":"123e4567-e89b-12d3-a456-426614174000","id":1769860800000000,"seed":4294967295}"#,
        r#"{"pixels":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}"#,
        r#"{"words":["the","quick","brown","fox","jumps","over","it"],"ids":["a1","b2","c3"]}"#,
        r#"{"token":" the","logprob":-0.5,"top_alternatives":[{"token":"b","logprob":-2}]}"#,
        r#"{"pin":{"lat":1.5,"lon":2},"cookie_policy":"strict","passed":3,"pass":1}"#,
        r#"{"argv":["git","log","--author","ann","-p","src"]}"#,
        r#"{"cookies":[],"cookies_accepted":true}"#,
    ] {
        let mut value = parse(json.as_bytes()).unwrap();
        let before = value.to_string();
        assert_eq!(policy.redact(&mut value), 0, "{json} became {value}");
        assert_eq!(value.to_string(), before);
        // And as the text of a tool call.
        assert_eq!(policy.scrub(json), json);
    }
}

#[test]
fn ordinary_ids_are_clean() {
    let policy = RedactionPolicy::default_pii_v2();
    for id in [
        "run-2026-01-31T12-00-00Z",
        "run-20260131T120000Z-1a2b3c4d",
        "checkout-17",
        "checkout-17/step/0001",
        "checkout-17/step/0001/it2",
        "parent:branch:1a2b3c4d",
        "run_2026_01_31:branch:9f86d081",
        "123e4567-e89b-12d3-a456-426614174000",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "9a0567bf3e2d1c0b9a8f7e6d5c4b3a2918070605",
        "modelio/0001-planner-0.json",
        "screenshots/0001_pre.png",
        "key-9f86d081884c7d659a2feaa0c55ad015",
        "token-refresh-2026-01-31-a8Kd02mXq7Lp3Zt9bb12cd34",
        "password-reset-flow",
        "password reset/step/0001",
        "secret-santa-2026",
        "login_with_otp",
        "dbg_0f9c2b7d5e4a",
        "run-4f3a2b1c9d8e7f60",
        "01HV3K5Z8Q9X7C6B5N4M3L2K1J",
        "evt_1a2b3c4d5e6f7g8h",
        "ünïcode-run",
        "a.b.c-1.2.3+build.7",
        "run 7 (retry)",
        "sk-learn-eval-3",
        "4111111111111112",
        "1769860800000000000",
    ] {
        assert!(policy.is_clean(id), "{id}");
    }
    for id in ["me@x.org", "password=hunter2x", &format!("run-ghp_{}", "a1".repeat(18)), "pay-4111111111111111"] {
        assert!(!policy.is_clean(id), "{id}");
    }
}

#[test]
fn an_id_is_not_refused_because_it_was_learned() {
    let policy = RedactionPolicy::default_pii_v2();
    let mut value = parse(br#"{"sessionid":"checkout-17","password":"run-7-secret"}"#).unwrap();
    policy.redact(&mut value);
    assert_eq!(policy.scrub("run-7-secret"), "***REDACTED:learned***");
    assert!(policy.is_clean("checkout-17") && policy.is_clean("run-7-secret"));
}

#[test]
fn no_member_of_the_format_is_taken_for_a_secret() {
    let policy = RedactionPolicy::default_pii_v2();
    for family in Family::ALL {
        for name in family.identity().iter().flat_map(|path| path.split('.')) {
            assert_eq!(policy.treat_key(name), Treatment::Scrub, "{family:?} {name}");
        }
    }
    for name in [
        "gen_ai.usage.input_tokens",
        "gen_ai.request.max_tokens",
        "gen_ai.token.type",
        "session.id",
        "gen_ai.conversation.id",
        "code.function.name",
        "http.response.status_code",
        "messaging.kafka.message.key",
        "feature_flag.key",
        "enduser.id",
        "user_agent.original",
        "gen_ai.request.stop_sequences",
        "db.query.text",
        "url.full",
        "error.type",
        "rpc.grpc.status_code",
        "augur.costs.tokens_in",
        "augur.captured_versions.prompt_hash",
        "idempotency_key",
        "token_id",
        "author",
    ] {
        assert_eq!(policy.treat_key(name), Treatment::Scrub, "{name}");
    }
}
