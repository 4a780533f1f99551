//! `init` in processes of their own: installed twice, under another subscriber, with settings that cannot be followed, and
//! with values that log while they are logged.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]

mod support;

use std::{fmt, fs, path::Path, time::Duration};
use support::{bundles, child, contains, json, lines, text};
use tempfile::tempdir;
use tracing::{Span, dispatcher, error, info, info_span, warn};
use tracing_augur::{Config, InstallError, Session, bundle::validate, run_span, step_span};
use tracing_subscriber::prelude::*;

/// How long a child may take.
const LIMIT: Duration = Duration::from_secs(30);

fn said(test: &str, settings: &[(&str, &str)]) -> String {
    child::said(test, settings, LIMIT)
}

fn full(root: &Path) -> [(&'static str, &str); 2] {
    [("AUGUR_CAPTURE_MODE", "full"), ("AUGUR_DIR", root.to_str().unwrap())]
}

fn agent() -> u32 {
    run_span!("run-1").in_scope(|| {
        step_span!("think").in_scope(|| {
            info!("thinking");
            42
        })
    })
}

#[test]
fn a_second_init_is_refused_and_the_first_goes_on() {
    if child::is_child() {
        let guard = tracing_augur::init("first").unwrap();
        let refused = tracing_augur::init("second").unwrap_err();
        assert!(matches!(refused, InstallError::AlreadyInstalled));
        assert!(refused.to_string().contains("call `init` once and first"), "{refused}");
        assert_eq!(agent(), 42);
        assert!(guard.shutdown(Duration::from_secs(10)).bundles[0].complete);
        return;
    }
    let root = bundles("install_twice");
    said("a_second_init_is_refused_and_the_first_goes_on", &full(&root));
    let judged = validate(root.join("run-1"));
    assert!(judged.is_valid(), "{:?}", judged.problems);
    assert_eq!(text(&json(root.join("run-1/manifest.json")), "client.name"), "first");
}

#[test]
fn init_leaves_a_subscriber_of_somebody_else_in_place() {
    if child::is_child() {
        tracing_subscriber::registry().init();
        let refused = tracing_augur::init("late").unwrap_err().to_string();
        assert!(refused.contains("add `tracing_augur::layer(…)`"), "{refused}");
        assert_eq!(agent(), 42);
        return;
    }
    let around = tempdir().unwrap();
    let root = around.path().join("bundles");
    said("init_leaves_a_subscriber_of_somebody_else_in_place", &full(&root));
    assert!(!root.exists());
}

#[test]
fn a_setting_that_cannot_be_followed_installs_nothing_and_is_named() {
    if child::is_child() {
        let refused = tracing_augur::init("agent").unwrap_err().to_string();
        assert!(dispatcher::get_default(|dispatch| dispatch.is::<tracing::subscriber::NoSubscriber>()));
        assert_eq!(agent(), 42);
        eprintln!("init: {refused}");
        if refused.starts_with("AUGUR_CAPTURE_MODE") {
            let folder = std::env::var("AUGUR_DIR").unwrap();
            let error = Session::builder("run", "agent", folder).open().unwrap_err();
            assert_eq!(error.kind(), "invalid_argument");
            eprintln!("session: {error}");
        }
        return;
    }
    let around = tempdir().unwrap();
    let root = around.path().join("bundles");
    for (name, value, expected) in [
        (
            "AUGUR_CAPTURE_MODE",
            "everything",
            "AUGUR_CAPTURE_MODE: capture mode \"everything\" is not one of off, metadata",
        ),
        ("AUGUR_CAPTURE_MODE", " full", "AUGUR_CAPTURE_MODE: "),
        ("AUGUR_DURABILITY", "eternal", "AUGUR_DURABILITY: durability \"eternal\" is not one of process, power, lazy"),
        ("AUGUR_DISABLED", "perhaps", "AUGUR_DISABLED is neither on nor off; accepted: 1"),
        ("AUGUR_VERBOSE", "2", "AUGUR_VERBOSE is neither on nor off"),
    ] {
        let settings = [("AUGUR_DIR", root.to_str().unwrap()), ("AUGUR_CAPTURE_MODE", "off"), (name, value)];
        let told = said("a_setting_that_cannot_be_followed_installs_nothing_and_is_named", &settings);
        assert!(told.contains(&format!("init: {expected}")), "{name}: {told}");
        if name == "AUGUR_CAPTURE_MODE" {
            assert!(told.contains("session: AUGUR_CAPTURE_MODE: "), "{told}");
        }
        assert!(!root.exists());
    }
}

#[test]
fn a_root_that_cannot_be_written_is_told_on_the_console() {
    if child::is_child() {
        let _augur = tracing_augur::init("agent").unwrap();
        assert_eq!(agent(), 42);
        return;
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    let told = said("a_root_that_cannot_be_written_is_told_on_the_console", &full(&file.path().join("below")));
    assert!(told.contains("ERROR") && told.contains("choose a folder that this program may write to"), "{told}");
}

#[test]
fn no_secret_reaches_the_console() {
    if child::is_child() {
        let _augur = tracing_augur::init("agent").unwrap();
        let run = info_span!("run", augur.run.id = "quiet", password = "canary", note = "mail to canary@example.org");
        run.in_scope(|| {
            info!(token = "canary", user.password = "canary", key = "api_key=canary", "Bearer canary");
            warn!(error = "pwd: canary", "Cookie: canary");
        });
        return;
    }
    let root = bundles("install_console");
    let told = said("no_secret_reaches_the_console", &[&full(&root)[..], &[("RUST_LOG", "trace")]].concat());
    assert!(told.contains("INFO") && told.contains("REDACTED"), "{told}");
    assert!(!told.contains("canary"), "{told}");
}

/// Logs whenever somebody looks at it.
struct Talkative;

impl fmt::Debug for Talkative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        error!("somebody looks at me");
        step_span!("inner").in_scope(|| info!("inside"));
        f.write_str("talkative")
    }
}

/// Under a global subscriber `tracing` lets events through while one is recorded; under any other it does not.
#[test]
fn a_value_that_logs_while_it_is_logged_does_not_lock_up() {
    if child::is_child() {
        // The console of `tracing-subscriber` holds the span while it formats what `Span::record` brings.
        let guard = Config::new("agent").with_console(false).init().unwrap();
        run_span!("talkative", seen = ?Talkative).in_scope(|| {
            let step = step_span!("step", odd = ?Talkative, augur.late = tracing::field::Empty);
            step.in_scope(|| {
                info!(value = ?Talkative, "looking");
                Span::current().record("augur.late", tracing::field::debug(Talkative));
                error!("{:?}", Talkative);
            });
        });
        assert!(guard.shutdown(Duration::from_secs(20)).bundles.iter().all(|run| run.complete));
        return;
    }
    let root = bundles("install_talkative");
    said("a_value_that_logs_while_it_is_logged_does_not_lock_up", &full(&root));
    let run = root.join("talkative");
    let judged = validate(&run);
    assert!(judged.is_valid(), "{:?}", judged.problems);
    let mut seen = fs::read_dir(run.join("events")).unwrap().flat_map(|file| lines(file.unwrap().path()));
    assert!(seen.any(|event| text(&event, "summary") == "somebody looks at me"));
}

/// Panics when it is printed.
struct Broken;

impl fmt::Debug for Broken {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        std::panic::resume_unwind(Box::new("a Debug that panics"))
    }
}

#[test]
fn a_value_that_panics_while_it_is_printed_costs_its_own_text_only() {
    if child::is_child() {
        let _augur = tracing_augur::init("agent").unwrap();
        run_span!("broken", odd = ?Broken).in_scope(|| info!(value = ?Broken, "still here"));
        return;
    }
    let root = bundles("install_broken");
    let told = said("a_value_that_panics_while_it_is_printed_costs_its_own_text_only", &full(&root));
    assert!(told.contains("still here") && told.contains("formatting it failed"), "{told}");
}

#[test]
fn a_subscriber_of_one_scope_does_not_stand_in_the_way() {
    if child::is_child() {
        tracing::subscriber::with_default(tracing_subscriber::registry(), agent);
        let guard = tracing_augur::init("agent").unwrap();
        assert_eq!(agent(), 42);
        assert!(guard.shutdown(Duration::from_secs(10)).bundles[0].complete);
        return;
    }
    said("a_subscriber_of_one_scope_does_not_stand_in_the_way", &full(&bundles("install_scoped")));
}

/// The agent's own exit code and message stay, and its bundle says that it was cut off.
#[test]
fn a_panic_of_the_agent_is_still_the_agents() {
    if child::is_child() {
        let _augur = tracing_augur::init("agent").unwrap();
        let _run = run_span!("panics").entered();
        let _step = step_span!("falls").entered();
        panic!("the agent's own words");
    }
    let root = bundles("install_panic");
    let output = child::child("a_panic_of_the_agent_is_still_the_agents", &full(&root), LIMIT);
    assert_eq!(output.status.code(), Some(101));
    assert!(contains(&output.stderr, b"the agent's own words"));
    let trace = json(root.join("panics/trace.json"));
    assert_eq!((text(&trace, "session.status"), text(&trace, "steps.0.failure_class")), ("halted", "panic"));
    assert!(validate(root.join("panics")).is_valid());
}
