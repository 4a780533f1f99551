//! What is said of a sensitive step in other spans than its own: in another step, and in spans that mean nothing to us.

use crate::{
    assert_valid,
    real_parts::Collector,
    support::{all_bytes, bundles, contains, lines, text},
};
use std::time::Duration;
use tracing::{info, info_span, subscriber::with_default, warn};
use tracing_augur::{CaptureMode, Config, decision, run_span, step_span};
use tracing_subscriber::prelude::*;

const PRIVATE: &str = "the patient has a headache";
const LATE: &str = "the doctor has one too";
const PUBLIC: &str = "the form was sent";
const FINE: &str = "the weather is fine";

#[test]
fn what_other_spans_say_of_a_sensitive_step_leaves_as_little_as_what_its_own_says() {
    let mut collector = Collector::start();
    let root = bundles("sensitive_elsewhere");
    let config = Config::new("agent").with_root(&root).with_capture_mode(CaptureMode::Full);
    let (layer, guard) = tracing_augur::layer(config.with_otlp_endpoint(collector.http_endpoint())).unwrap();
    with_default(tracing_subscriber::registry().with(layer), || {
        let _run = run_span!("run").entered();
        step_span!("type", augur.step.sensitive = true).in_scope(|| {
            // A span that is no part of the run stands in the step all the same.
            info_span!("request").in_scope(|| {
                decision!(Planner, Decision, PUBLIC, note = PRIVATE);
                info_span!("deeper").in_scope(|| decision!(Planner, Decision, PUBLIC, note = PRIVATE));
            });
        });
        step_span!("click").in_scope(|| {
            decision!(Planner, Decision, PUBLIC, augur.step_index = 0_u64, note = PRIVATE);
            decision!(Planner, Decision, PUBLIC, augur.step.index = 0_i64, note = PRIVATE);
            decision!(Planner, Decision, PUBLIC, augur.step_index = "0", note = PRIVATE);
            warn!(augur.step_index = 0, note = PRIVATE, "{PUBLIC}");
            info_span!("request").in_scope(|| {
                decision!(Planner, Decision, PUBLIC, augur.step_index = 0, note = PRIVATE);
                decision!(Planner, Decision, PUBLIC, note = FINE);
            });
            decision!(Planner, Decision, PUBLIC, note = FINE);
            decision!(Planner, Decision, PUBLIC, augur.step_index = 1, note = FINE);
        });
        // Marked after it was spoken of: what left before, as a log record, stays there, and a span leaves when it is over.
        let step = step_span!("type").entered();
        let run = info_span!("around").entered();
        decision!(Planner, Decision, PUBLIC, augur.step_index = 2, note = LATE);
        step.record("augur.step.sensitive", true);
        info!(augur.step.sensitive = true, "marked");
        drop(run);
        drop(step);
        // Of the run itself.
        decision!(Planner, Decision, PUBLIC, augur.step_index = 0, note = PRIVATE);
    });
    let report = guard.shutdown(Duration::from_secs(30));
    assert!(report.is_complete(), "{report}");
    collector.stop();
    let bundle = root.join("run");
    assert_valid(&bundle);
    let raw = collector.raw_bytes();
    for (place, bytes) in [("the bundle", all_bytes(&bundle)), ("OTLP", raw)] {
        assert!(!contains(&bytes, PRIVATE.as_bytes()), "{place}");
        assert!(contains(&bytes, PUBLIC.as_bytes()) && contains(&bytes, FINE.as_bytes()), "{place}");
    }
    assert!(!contains(&all_bytes(&bundle), LATE.as_bytes()));
    let of_first = lines(bundle.join("events/0000.jsonl"));
    assert_eq!(of_first.iter().filter(|event| text(event, "summary") == PUBLIC).count(), 8);
    let spans = collector.traces();
    assert!(!format!("{spans:?}").contains(LATE) && format!("{spans:?}").contains(FINE));
    let click = spans.iter().find(|span| span.name == "click").unwrap();
    assert_eq!(click.attributes.get("augur.step.sensitive"), None);
    let fine =
        |event: &&crate::real_parts::CollectedEvent| event.attributes.get("note").is_some_and(|note| note == FINE);
    assert_eq!((click.events.len(), click.events.iter().filter(fine).count()), (6, 2));
    assert!(spans.iter().all(|span| span.attributes.keys().all(|name| !name.starts_with("augur.span."))));
}
