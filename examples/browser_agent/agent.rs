//! The agent: looks, decides, acts, looks again and judges, and says so through `tracing`. A step is a span; what it saw
//! and how it went are values on the span.

use std::mem;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tracing::{Instrument, Span, field::Empty, info_span};
use tracing_augur::record::Reversibility;
use tracing_augur::redact::PixelRect;
use tracing_augur::{Moment, SpanExt, decision, session::EffectOptions, step_span};

use crate::Failure;
use crate::browser::Browser;
use crate::policy::{self, Act, Choice, Expect, Order, PLAN, WayOut};
use crate::regions::Rect;
use crate::verify::{Verdict, judge, opened};
use crate::vision::{Picture, Scene};

/// How long a step may take to show on the screen.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often the screen is looked at meanwhile.
const INTERVAL: Duration = Duration::from_millis(60);
/// How often an order is tried.
const ATTEMPTS: u32 = 2;

/// What the agent has to do, and the password for it.
pub(crate) struct Task {
    pub(crate) url: String,
    pub(crate) text: String,
    pub(crate) password: String,
}

/// An agent at a browser.
pub(crate) struct Agent<'a> {
    browser: &'a Browser,
    task: &'a Task,
    /// The keys of the password have been pressed, and the field that took them may be on the screen.
    password_shows: bool,
}

/// What the eye got.
struct Look {
    /// Empty once it is kept.
    png: Vec<u8>,
    picture: Picture,
    scene: Scene,
}

/// How a step went.
enum Attempt {
    Passed,
    /// Failed, and this is what to do about it.
    Failed(WayOut),
}

impl<'a> Agent<'a> {
    pub(crate) fn new(browser: &'a Browser, task: &'a Task) -> Self {
        Self { browser, task, password_shows: false }
    }

    /// Works through the plan; `false` if the agent had to give up.
    pub(crate) async fn work(&mut self) -> Result<bool, Failure> {
        self.open().await?;
        for order in PLAN {
            let mut attempt = 1;
            while let Attempt::Failed(way_out) = self.step(order, attempt).await? {
                if way_out == WayOut::Halt || attempt == ATTEMPTS {
                    return Ok(false);
                }
                attempt += 1;
            }
        }
        Ok(true)
    }

    async fn open(&self) -> Result<(), Failure> {
        let step = step_span!("navigate", augur.step.intent = "open the order desk");
        let opening = async {
            let mut before = self.look().await?;
            self.show(&step, Moment::Before, &mut before);
            let params = json!({"url": self.task.url});
            step.record_action(&json!({"type": "navigate", "params": params, "dispatch_backend": "webdriver"}));
            self.browser.open(&self.task.url).await?;
            let mut after = self.look().await?;
            self.show(&step, Moment::After, &mut after);
            let verdict = opened(&after.scene);
            say_verdict(&step, &verdict, after.picture.changed_since(&before.picture));
            Ok(())
        };
        opening.instrument(step.clone()).await
    }

    /// One order, once. What is known only at the end of a step is declared as empty here.
    async fn step(&mut self, order: &Order, attempt: u32) -> Result<Attempt, Failure> {
        let step = step_span!(
            order.act.word(),
            augur.step.intent = order.intent,
            // Neither pictures nor model calls of this step are kept, and nothing of them is sent.
            augur.step.sensitive = matches!(order.act, Act::TypePassword),
            augur.step.status = Empty,
            augur.step.failure_class = Empty,
        );
        let outcome = self.carry_out(order, attempt, &step).instrument(step.clone()).await;
        let word = match &outcome {
            Ok(Attempt::Passed) => "passed",
            Ok(Attempt::Failed(_)) => "FAILED",
            Err(_) => {
                say_failure(&step, "infra_failure");
                "broke off"
            }
        };
        println!("{:<6} {:<36} {word}", order.act.word(), order.intent);
        outcome
    }

    async fn carry_out(&mut self, order: &Order, attempt: u32, step: &Span) -> Result<Attempt, Failure> {
        let started = Instant::now();
        if attempt > 1 {
            say_recovery(step, "retry", attempt, "the target is looked for anew");
        }
        let mut before = self.look().await?;
        self.show(step, Moment::Before, &mut before);
        let Some(choice) = policy::ground(&self.task.text, order, &before.scene) else {
            say_failure(step, "browser_agent.target_not_found");
            decision!(Grounding, Error, "nothing on the screen fits the order");
            return Ok(Attempt::Failed(WayOut::Halt));
        };
        say_grounding(step, &choice);
        let grounding_ms = millis(started);

        let acting = Instant::now();
        step.record_action(&action(order.act, &choice));
        let effect = matches!(order.act, Act::Submit(_)).then(|| declare_effect(step));
        self.act(order.act, &choice).instrument(info_span!("dispatch")).await?;
        let dispatch_ms = millis(acting);

        let checking = Instant::now();
        let (mut after, verdict) =
            self.wait_for(order.expect, &choice, &before).instrument(info_span!("verify")).await?;
        self.password_shows &= !verdict.passed || !matches!(order.expect, Expect::Table);
        self.show(step, Moment::After, &mut after);
        say_verdict(step, &verdict, after.picture.changed_since(&before.picture));
        // Without a confirmation nobody knows; such a change stays declared.
        if let Some(effect) = effect.filter(|_| verdict.passed) {
            step.commit_side_effect(&effect, &json!({"seen": verdict.reason}));
        }
        let latency = json!({
            "grounding_ms": grounding_ms, "dispatch_ms": dispatch_ms, "verifier_ms": millis(checking),
        });
        step.record_member("latency", &latency);
        Ok(match verdict.passed {
            true => Attempt::Passed,
            false => Attempt::Failed(self.find_way_out(order, attempt, &choice, &after.scene, step)),
        })
    }

    fn find_way_out(&self, order: &Order, attempt: u32, choice: &Choice, after: &Scene, step: &Span) -> WayOut {
        say_failure(step, "dispatch_ok_state_fail");
        let (way_out, reason) = policy::recover(&self.task.text, order, choice, after);
        say_recovery(step, way_out.word(), attempt, &reason);
        way_out
    }

    async fn look(&self) -> Result<Look, Failure> {
        let png = self.browser.screenshot().await?;
        let picture = Picture::from_png(&png)?;
        let scene = picture.scene();
        Ok(Look { png, picture, scene })
    }

    async fn act(&mut self, act: Act, choice: &Choice) -> Result<(), Failure> {
        match act {
            Act::Click(_) | Act::Submit(_) => {
                let (x, y) = choice.area.center();
                self.browser.click(u32::try_from(x)?, u32::try_from(y)?).await
            }
            Act::Type(text) => self.browser.press(text).await,
            Act::TypePassword => {
                self.password_shows = true;
                self.browser.press(&self.task.password).await
            }
            Act::PressEnter => self.browser.press("\u{E007}").await,
        }
    }

    /// Looks until the screen shows what is expected, or for so long that it will not.
    async fn wait_for(&self, expect: Expect, choice: &Choice, before: &Look) -> Result<(Look, Verdict), Failure> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let after = self.look().await?;
            let verdict = judge(expect, choice, &before.scene, &after.scene);
            if verdict.passed || Instant::now() > deadline {
                return Ok((after, verdict));
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Keeps what the agent saw; the picture moves on and is not copied. The dots of a password tell how long it is: its
    /// field is painted over.
    fn show(&self, step: &Span, moment: Moment, look: &mut Look) {
        let password = look.scene.fields.get(1).filter(|_| self.password_shows);
        let masks: Vec<PixelRect> = password.and_then(|field| pixel_rect(field.area)).into_iter().collect();
        step.record_masked_screenshot(moment, mem::take(&mut look.png), &masks);
    }
}

fn say_grounding(step: &Span, choice: &Choice) {
    let (x, y) = choice.area.center();
    step.record_grounding(&json!({
        "provider": "pixel-vision", "provenance": "screenshot", "target_label": choice.label,
        "coordinates": {"x": x, "y": y}, "confidence": choice.confidence, "evidence": choice.evidence,
    }));
    decision!(Grounding, Decision, choice.label, x = x, y = y, rivals = choice.rivals);
}

fn action(act: Act, choice: &Choice) -> Value {
    let (x, y) = choice.area.center();
    let params = match act {
        Act::Click(_) | Act::Submit(_) => json!({"x": x, "y": y}),
        Act::Type(text) => json!({"text": text}),
        // Where the text came from, and not the text.
        Act::TypePassword => json!({"text_from": "the task"}),
        Act::PressEnter => json!({"key": "Enter"}),
    };
    json!({
        "type": act.word(), "params": params, "coordinate_space": "screenshot_px", "dispatch_backend": "webdriver",
    })
}

fn say_verdict(step: &Span, verdict: &Verdict, changed: f64) {
    let (status, changed) = (if verdict.passed { "passed" } else { "failed" }, (changed * 10_000.0).round() / 10_000.0);
    step.record_verdict(&json!({
        "status": status, "reason": verdict.reason, "comparator": "verifier", "score_components": {"changed": changed},
    }));
    decision!(Verifier, Observation, verdict.reason.as_str(), status = status, changed = changed);
}

fn say_failure(step: &Span, class: &str) {
    step.record("augur.step.status", "failed").record("augur.step.failure_class", class);
}

fn say_recovery(step: &Span, way: &str, attempt: u32, reason: &str) {
    step.record_member("recovery_decision", &json!({"type": way, "attempt": attempt, "reason": reason}));
    decision!(StepRecovery, Decision, reason, way = way, attempt = attempt);
}

/// Says that something outside is about to change; that is on disk when this returns. Returns the id under which it is settled.
fn declare_effect(step: &Span) -> String {
    let options = EffectOptions {
        idempotency_key: Some("refund-of-the-late-order".to_owned()),
        reversibility: Reversibility::Irreversible,
        ..EffectOptions::default()
    };
    step.declare_side_effect("order-desk:refund", "POST", &options)
}

fn pixel_rect(area: Rect) -> Option<PixelRect> {
    let [x, y] = [area.left, area.top].map(u32::try_from);
    let [width, height] = [area.width(), area.height()].map(u32::try_from);
    Some(PixelRect { x: x.ok()?, y: y.ok()?, width: width.ok()?, height: height.ok()? })
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
