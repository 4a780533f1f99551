//! What a run says of what it promised: the switch to `lazy` when the recorder cannot keep up, and what was promised from the
//! start.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::time::{Duration, Instant};
use support::{at, bundles, json, lines, text};
use tracing::subscriber::with_default;
use tracing_augur::{CaptureMode, Config, Durability, Loss, run_span, step_span};
use tracing_subscriber::{Registry, layer::SubscriberExt};

#[test]
fn a_run_that_cannot_keep_up_stops_waiting_and_says_so() {
    let root = bundles("switch_to_lazy");
    let config = Config::new("agent").with_root(&root).with_capture_mode(CaptureMode::Full);
    let (layer, guard) = tracing_augur::layer::<Registry>(config).unwrap();
    // Looking through so much text takes the recorder longer than a step may wait.
    let much = "the cart is at the top right of the page; ".repeat(200_000);
    let mut longest = Duration::ZERO;
    with_default(Registry::default().with(layer), || {
        let _run = run_span!("run").entered();
        for _ in 0..4 {
            let step = step_span!("read", augur.step.intent = much.as_str());
            let begun = Instant::now();
            drop(step);
            longest = longest.max(begun.elapsed());
        }
    });
    // 50 ms, and a machine that has more to do.
    assert!(longest < Duration::from_secs(2), "{longest:?}");
    let report = guard.shutdown(Duration::from_secs(300));
    assert!(report.is_complete(), "{report}");
    assert!(report.bundles[0].lost.iter().any(|(loss, count)| *loss == Loss::Pending && *count >= 3), "{report}");
    let trace = json(root.join("run/trace.json"));
    let tag = |name: &str| at(&trace, "session.tags").get(name).and_then(|tag| tag.as_str()).map(str::to_owned);
    assert_eq!(tag("augur.durability").as_deref(), Some("lazy"));
    assert!(tag("augur.lost.pending").unwrap().parse::<u64>().unwrap() >= 3);
    assert_eq!(at(&trace, "steps").as_array().unwrap().len(), 4);
    let events = lines(root.join("run/events/run.jsonl"));
    assert!(events.iter().any(|event| text(event, "summary").contains("three steps in a row")));
}

#[test]
fn a_run_says_what_it_promised_where_that_is_not_the_usual() {
    for durability in Durability::ALL {
        let root = bundles(&format!("promised_{}", durability.as_str()));
        let config =
            Config::new("agent").with_root(&root).with_capture_mode(CaptureMode::Trace).with_durability(durability);
        let (layer, guard) = tracing_augur::layer::<Registry>(config).unwrap();
        with_default(Registry::default().with(layer), || {
            run_span!("run").in_scope(|| step_span!("click").in_scope(|| {}));
        });
        assert!(guard.shutdown(Duration::from_secs(20)).is_complete());
        let trace = json(root.join("run/trace.json"));
        let tag = at(&trace, "session.tags").get("augur.durability").and_then(|tag| tag.as_str());
        assert_eq!(tag, (durability != Durability::Process).then_some(durability.as_str()));
    }
}
