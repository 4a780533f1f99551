//! What is no secret arrives as it was, byte for byte, at every exit.

use crate::{
    assert_valid,
    support::{at, bundles, json as read, lines, text},
};
use serde_json::json;
use std::time::Duration;
use tracing::{dispatcher::with_default, info};
use tracing_augur::{CaptureMode, Config, Durability, Session, redact::RedactionPolicy, run_span, step_span};
use tracing_subscriber::prelude::*;

/// Texts of agents, logs and records that look a little like a secret.
pub const KEPT: &[&str] = &[
    "max_tokens: 4096",
    "input_tokens=12 output_tokens=7",
    "token_count: 5",
    "tokens: 17",
    "the tokenizer has 50257 tokens",
    "next_page_token: CAUQAA",
    "author: Ann, secretary: Bob",
    "password reset page",
    "Forgot your password?",
    "click on the password field, then on Log in",
    "bearer of bad news",
    "a bearer token is required",
    "cookie recipe with flour and sugar",
    "accept all cookies",
    "123e4567-e89b-12d3-a456-426614174000",
    "id 00000000-0000-4000-8000-000000000000 done",
    "commit 9a0567bf3e2d1c0b9a8f7e6d5c4b3a2918070605",
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "the key changed, commit 9a0567bf3e2d1c0b9a8f7e6d5c4b3a2918070605",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "1769860800000",
    "1769860800000000000 ns",
    // Row 74: sixteen digits whose sum is wrong, and orders.
    "4111111111111112",
    "4111 1111 1111 1112",
    "order 7000123412341234",
    // Row 76: an account whose sum is wrong.
    "GB82WEST12345698765433",
    "000-12-3456 and 12-34-5678",
    "2026-01-31T12:00:00.000000Z",
    "10.0.0.5:8080, 192.168.1.1",
    "password=${SECRET}",
    "password: \"${DB_PASSWORD}\"",
    "api_key={{ secrets.API_KEY }}",
    "token: <your-token>",
    "Authorization: Bearer {token}",
    "password=",
    "password: null",
    "token=\"\"",
    "sk-learn is a library",
    "sk-learn-contrib-and-other-packages-for-prose",
    "AKIA is a prefix, ghp_ and glpat- too",
    "hf_hub_download and npm_config_registry",
    "press the key Enter",
    "key=ArrowDown",
    "primary_key: user_id",
    "cache_key=user:42:profile",
    "idempotency_key: run-1/step/0001",
    // Row 71: what is meant to be public.
    "public_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
    "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEbGzVnzANBgkqhkiG9w0BAQsF\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----",
    "https://example.com:8080/@user/path?page=2&sort=key",
    "https://example.com/a?key=name&code=404&state=open",
    "npm i @scope/pkg@1.2.3 left-pad@2.0.0",
    "icon@2x.png",
    // Row 80: an address in words; row 78: a number without its country.
    "user at host dot com",
    "call (415) 555-2671 or 0151 12345678",
    // Row 51: a link that is none of those that let somebody in.
    "https://app.example/reports/2026-01-31-weekly-summary-of-orders",
    "git log --author=ann --pretty=oneline",
    "docker run -u 1000:1000 -p 8080:80 image",
    "mkdir -p /var/lib/app-1234567890",
    "Basic English, basic setup, BASIC program",
    "Unexpected token < in JSON at position 0",
    "session_id: 1a2b3c4d",
    "status_code=200, zip code: 12345",
    "pin: the map, shipping: free",
    "is_secret: false, has_password: true",
    "turkey: roasted, monkey=1, keyboard=qwerty",
    "let token = Token::new(); let client_secret = load_secret(path)?;",
    "secrets::Kind in tests::secrets::spans, token::Unexpected and Credentials::default()",
    "verification_code: sent",
    "compass: north, passed: 12, pass: 3, bypass: true",
    "signature: valid",
    "{\"b\": 1,  \"a\":2.50}",
    "{\"model\": \"m\", \"max_tokens\": 4096, \"stop_token\": \"</s>\"}",
    "[not json",
    "SELECT * FROM users WHERE api_key IS NOT NULL",
    "https://cdn.example/assets/index-4f3a2b1c9d8e7f60.js",
    "next cursor eyJvZmZzZXQiOjEwMCwicGFnZSI6Mn0=",
    "50% of 20%20 and C:\\Users\\ann\\x64",
    "Bundle `run-2026-01-31-1a2b3c4d` with parent:branch:1a2b3c4d",
    "日本語のテキスト、パスなし",
];

#[test]
fn what_is_no_secret_is_left_alone_by_the_policy() {
    assert!(KEPT.len() >= 60);
    for kept in KEPT {
        let policy = RedactionPolicy::default();
        assert_eq!(policy.scrub(kept), *kept);
        assert!(policy.counts().is_empty(), "{kept}");
    }
}

#[test]
fn what_is_no_secret_arrives_as_it_was_said_to_a_session() {
    let folder = bundles("secrets_kept").join("run");
    let session = Session::builder("run", "agent", &folder)
        .capture_mode(CaptureMode::Full)
        .durability(Durability::Lazy)
        .open()
        .unwrap();
    for (index, kept) in (0_u64..).zip(KEPT) {
        let step = json!({"step_id": format!("run/step/{index:04}"), "step_index": index, "step_type": "type", "status": "succeeded",
            "started_at": "2026-01-01T00:00:00Z", "intent": kept, "action": {"type": "type", "params": {"text": kept, "list": [kept]}}});
        session.record_step(&step).unwrap();
        let event = json!({"ts": "2026-01-01T00:00:00Z", "layer": "model", "kind": "info", "summary": kept, "step_index": index,
            "detail": {"note": kept, "max_tokens": 4096, "next_page_token": "CAUQAA", "key": "Enter"}});
        session.record_event(&event).unwrap();
        let call = json!({"request": {"model": "m", "system": kept, "messages": [{"role": "user", "content": kept}]},
            "response": {"text": kept, "tool_calls": [{"id": "1", "name": "t", "arguments": {"x": kept, "max_tokens": 1}}]}});
        session.record_modelio(&call, Some(index), None).unwrap();
        session.append_log(kept, Some(index), "run").unwrap();
        session.add_tag(&format!("tag{index}"), kept).unwrap();
    }
    session.close(None).unwrap();
    assert_valid(&folder);
    let trace = read(folder.join("trace.json"));
    for (index, kept) in KEPT.iter().enumerate() {
        let step = at(&trace, &format!("steps.{index}"));
        for path in ["intent", "action.params.text", "action.params.list.0"] {
            assert_eq!(text(step, path), *kept, "{path}");
        }
        let event = &lines(folder.join(format!("events/{index:04}.jsonl")))[0];
        assert_eq!((text(event, "summary"), text(event, "detail.note")), (*kept, *kept));
        assert_eq!(at(event, "detail.max_tokens").as_i64(), Some(4096));
        assert_eq!((text(event, "detail.next_page_token"), text(event, "detail.key")), ("CAUQAA", "Enter"));
        let call = read(folder.join(format!("modelio/{index:04}-model-0.json")));
        for path in
            ["request.system", "request.messages.0.content", "response.text", "response.tool_calls.0.arguments.x"]
        {
            assert_eq!(text(&call, path), *kept, "{path}");
        }
        assert_eq!(
            std::fs::read_to_string(folder.join(format!("logs/step-{index}.log"))).unwrap(),
            format!("{kept}\n")
        );
        assert_eq!(text(&trace, &format!("session.tags.tag{index}")), *kept);
    }
    let counted = at(&trace, "session.tags").as_object().unwrap().keys().find(|key| key.starts_with("augur.redacted."));
    assert_eq!(counted, None, "nothing was taken out");
}

/// A run of spans, each with a text in every place; `check` looks at what became of it.
fn told(config: Config) -> tracing_augur::Report {
    let (layer, guard) = tracing_augur::layer(config.with_capture_mode(CaptureMode::Full)).unwrap();
    let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(layer));
    with_default(&dispatch, || {
        let _run = run_span!("kept").entered();
        for kept in KEPT {
            let kept = *kept;
            step_span!("step", augur.step.intent = kept, augur.action.type = "type", augur.action.params.text = kept, note = kept)
                .in_scope(|| info!(note = kept, "{kept}"));
        }
    });
    let report = guard.shutdown(Duration::from_secs(60));
    assert!(report.is_complete(), "{report}");
    report
}

#[test]
fn what_is_no_secret_arrives_as_it_was_said_in_spans() {
    let report = told(Config::new("agent").with_root(bundles("secrets_kept_spans")));
    let folder = report.bundles[0].folder.as_ref().unwrap();
    assert_valid(folder);
    for (index, kept) in KEPT.iter().enumerate() {
        let step = read(folder.join(format!("steps/{index:04}.json")));
        assert_eq!(text(&step, "intent"), *kept);
        // A parameter that is JSON text becomes what it is the JSON of.
        if !kept.starts_with('{') {
            assert_eq!(text(&step, "action.params.text"), *kept);
        }
        let log = std::fs::read_to_string(folder.join(format!("logs/step-{index}.log"))).unwrap();
        let line = kept.replace('\n', " ");
        assert!(log.contains(&format!(": {line} note={line}\n")), "{log}");
    }
}

#[cfg(feature = "otlp")]
#[test]
fn what_is_no_secret_arrives_at_a_real_collector() {
    let mut collector = crate::real_parts::Collector::start();
    let config = Config::new("agent").with_root(bundles("secrets_kept_otlp"));
    told(config.with_otlp(true).with_otlp_endpoint(collector.http_endpoint()));
    let spans = collector.wait_for_spans(KEPT.len() + 1, Duration::from_secs(30));
    for kept in KEPT {
        let span = spans.iter().find(|span| span.attributes.get("note").is_some_and(|note| note == kept));
        let span = span.unwrap_or_else(|| panic!("no span says {kept}"));
        assert_eq!(span.attributes["augur.step.intent"], *kept);
        assert_eq!(span.events[0].name, *kept);
        assert_eq!(span.events[0].attributes["note"], *kept);
    }
    collector.stop();
}

#[test]
fn the_contracts_policy_can_be_chosen_and_is_named_in_the_manifest() {
    let folder = bundles("secrets_v1").join("run");
    let session = Session::builder("run", "agent", &folder)
        .capture_mode(CaptureMode::Full)
        .redaction(RedactionPolicy::default_pii_v1())
        .tag("note", "token=abcdefgh1 pwd=x1")
        .open()
        .unwrap();
    let manifest = session.close(None).unwrap();
    assert_eq!(text(&manifest, "redaction.policy_id"), "default-pii-v1");
    let tags = at(&read(folder.join("trace.json")), "session.tags").to_string();
    assert_eq!(tags, r#"{"note": "token=abcdefgh1 ***REDACTED:password_kv***"}"#);
}
