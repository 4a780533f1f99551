//! An agent with three steps. Run it with `AUGUR_CAPTURE_MODE=full cargo run -p tracing-augur --example quickstart`.

use tracing::{info, instrument};
use tracing_augur::{SpanExt, decision, run_span, step_span};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _augur = tracing_augur::init("quickstart")?;
    let _run = run_span!("quickstart", augur.run.tags.env = "laptop").entered();

    // A step is a span. What it did goes in as fields, what it saw and how it went as values.
    let step = step_span!("click", augur.step.intent = "open the shop", augur.action.type = "click");
    step.in_scope(|| {
        decision!(Grounding, Observation, "the shop's icon is the only one that fits", candidates = 1);
        step.record_grounding(&serde_json::json!({
            "provider": "template-match", "provenance": "screenshot",
            "coordinates": {"x": 412, "y": 230}, "confidence": 0.97,
        }));
        info!("clicked");
        step.record_verdict(&serde_json::json!({"status": "passed", "reason": "the shop is on the screen"}));
    });

    // A function is a step with one attribute; an error that it returns makes the step a failed one.
    search("usb-c cable")?;
    if let Err(error) = pay() {
        info!(%error, "giving up");
    }
    Ok(())
}

#[instrument(fields(augur.step.type = "type", augur.action.type = "type", augur.action.params.text = query))]
fn search(query: &str) -> Result<(), std::io::Error> {
    Ok(())
}

#[instrument(err, fields(augur.step.type = "click", augur.action.type = "click", augur.step.failure_class = "no_state_change"))]
fn pay() -> Result<(), std::io::Error> {
    Err(std::io::Error::other("the button does nothing"))
}
