//! The agent: looks, finds, acts, checks, and says so through `tracing` as any agent would. All it knows of the shop is
//! screenshots, and all it can do is what hands can do.

use super::{
    object,
    planner::{self, Act, Call, Order},
    shop::{Input, Shop},
    verdict::{self, Verdict},
    vision::{Picture, Target},
};
use std::{
    io::{self, Write},
    thread,
    time::{Duration, Instant},
};
use tracing::{Span, field::Empty, info_span};
use tracing_augur::{
    Moment, SpanExt, decision,
    record::{CoordinateSpace, ModelLayer, Provenance, StepStatus, Value, VerdictStatus},
    run_span, step_span,
};

/// What a look costs, in millionths of a US dollar: the price of the eye's share of a GPU.
const LOOK: u64 = 40;
/// The columns and buttons that the planner is told about.
const LANDMARKS: &[&str] = &["Product", "Add to cart", "Name", "Town", "Order", "Desk lamp"];

/// The machine that the agent sits at.
#[derive(Debug)]
pub(super) struct Desktop {
    shop: Shop,
}

impl Desktop {
    pub(super) fn new() -> Self {
        Self { shop: Shop::new() }
    }

    fn screenshot(&mut self) -> io::Result<Vec<u8>> {
        self.shop.frame().to_png()
    }

    fn dispatch(&mut self, input: &Input) {
        self.shop.handle(input);
    }
}

/// How a run went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) done: bool,
    pub(super) steps: usize,
    pub(super) failed: usize,
    pub(super) model_calls: usize,
    /// In millionths of a US dollar.
    pub(super) spent: u64,
}

/// What a step came to.
enum Attempt {
    Passed,
    /// Failed, with what to do first before it is tried again.
    Failed(Option<Order>),
}

/// Runs the agent; what it does is told line by line.
pub(super) fn run(run_id: &str, pause: Duration, out: &mut dyn Write) -> io::Result<Outcome> {
    let run = run_span!(
        run_id,
        augur.run.tags.agent = "demo",
        augur.run.task_spec.instruction = planner::TASK,
        augur.run.status = Empty
    );
    let _in_run = run.enter();
    tracing::info!(task = planner::TASK, "the agent sits down at the shop");
    let outcome = Outcome { done: false, steps: 0, failed: 0, model_calls: 0, spent: 0 };
    let mut agent = Agent { desktop: Desktop::new(), pause, out, outcome };
    agent.outcome.done = agent.work()?;
    if !agent.outcome.done {
        run.record("augur.run.status", "failed");
    }
    Ok(agent.outcome)
}

struct Agent<'a> {
    desktop: Desktop,
    pause: Duration,
    out: &'a mut dyn Write,
    outcome: Outcome,
}

impl Agent<'_> {
    fn work(&mut self) -> io::Result<bool> {
        for order in self.plan()? {
            let way_out = match self.attempt(&order, None)? {
                Attempt::Passed => continue,
                Attempt::Failed(None) => return Ok(false),
                Attempt::Failed(Some(way_out)) => way_out,
            };
            tracing::info!(intent = order.intent, "going back to the step that failed");
            for (order, recovery) in [(&way_out, "alternate_grounding"), (&order, "retry")] {
                if !matches!(self.attempt(order, Some(recovery))?, Attempt::Passed) {
                    return Ok(false);
                }
            }
        }
        self.check()
    }

    /// The first step: what is there, and what to do about it.
    fn plan(&mut self) -> io::Result<Vec<Order>> {
        let intent = "work out how to order the lamp";
        let step = step("plan", intent);
        let _in_step = step.enter();
        let look = self.look(&step, Moment::Before)?;
        let (visible, hidden): (Vec<_>, Vec<_>) = LANDMARKS.iter().partition(|text| !look.words(text).is_empty());
        let (call, orders) = planner::plan(&visible, &hidden);
        decision!(Planner, Decision, "a plan was made", orders = orders.len(), landmarks = visible.len());
        self.charge(&step, 1, &[(ModelLayer::Planner, &call)]);
        self.tell("plan", intent, None)?;
        Ok(orders)
    }

    /// One round: look, find, act, look again, check.
    fn attempt(&mut self, order: &Order, recovery: Option<&str>) -> io::Result<Attempt> {
        let step = step(order.act.word(), order.intent);
        let _in_step = step.enter();
        if let Some(kind) = recovery {
            say_recovery(&step, kind);
        }
        let before = self.look(&step, Moment::Before)?;
        let found = Instant::now();
        let Some(target) = info_span!("ground").in_scope(|| find(order.act, &before)) else {
            return self.give_up(&step, order);
        };
        let grounding_ms = millis(found);
        say_target(&step, order.act, &target);

        let acted = Instant::now();
        let input = input_for(order.act, &target);
        step.record_action(&action(order.act, &input));
        info_span!("dispatch").in_scope(|| self.desktop.dispatch(&input));
        decision!(Dispatch, Info, "the input was delivered", input = ?input);
        let dispatch_ms = millis(acted);

        let after = self.look(&step, Moment::After)?;
        let checked = Instant::now();
        let verdict = info_span!("verify").in_scope(|| verdict::judge(order.act, &target, &before, &after));
        say_verdict(&step, &verdict);
        let latency = [
            ("grounding_ms", grounding_ms.into()),
            ("dispatch_ms", dispatch_ms.into()),
            ("verifier_ms", millis(checked).into()),
        ];
        step.record_member("latency", &object(latency));

        self.tell(order.act.word(), order.intent, verdict.failure_class.map(|class| (class, verdict.reason.as_str())))?;
        if verdict.failure_class.is_none() {
            self.charge(&step, 2, &[]);
            return Ok(Attempt::Passed);
        }
        let (call, way_out) = find_way_out(order, &after).unzip();
        say_recovery(&step, if matches!(way_out, Some(Some(_))) { "alternate_grounding" } else { "halt" });
        let calls: Vec<_> = call.iter().map(|call| (ModelLayer::StepRecovery, call)).collect();
        self.charge(&step, 2, &calls);
        Ok(Attempt::Failed(way_out.flatten()))
    }

    /// The last step: does the screen say that the task is done?
    fn check(&mut self) -> io::Result<bool> {
        let intent = "read the confirmation";
        let step = step("verify", intent);
        let _in_step = step.enter();
        let look = self.look(&step, Moment::Before)?;
        let line = look.line_with("placed").map(|(_, line)| line).unwrap_or_default();
        let (call, done) = planner::judge(&line);
        let verdict = Verdict::of_reading(&line, done);
        say_verdict(&step, &verdict);
        self.charge(&step, 1, &[(ModelLayer::Verifier, &call)]);
        self.tell("verify", intent, verdict.failure_class.map(|class| (class, verdict.reason.as_str())))?;
        Ok(done)
    }

    fn look(&mut self, step: &Span, moment: Moment) -> io::Result<Picture> {
        info_span!("look").in_scope(|| {
            let png = self.desktop.screenshot()?;
            let picture = Picture::from_png(&png)?;
            step.record_screenshot(moment, png.as_slice());
            Ok(picture)
        })
    }

    fn give_up(&mut self, step: &Span, order: &Order) -> io::Result<Attempt> {
        let class = "demo.target_not_found";
        step.record("augur.step.status", StepStatus::Failed.as_str()).record("augur.step.failure_class", class);
        decision!(Grounding, Error, "the target is not on the screenshot");
        self.charge(step, 1, &[]);
        self.tell(order.act.word(), order.intent, Some((class, "the target is not on the screenshot")))?;
        Ok(Attempt::Failed(None))
    }

    /// Puts down what a step cost, and its model calls.
    fn charge(&mut self, step: &Span, looks: u64, calls: &[(ModelLayer, &Call)]) {
        let (mut model, mut tokens_in, mut tokens_out) = (0, 0, 0);
        for (layer, call) in calls {
            step.record_model_call(*layer, &call.record);
            model += call.micro_usd;
            tokens_in += call.tokens_in;
            tokens_out += call.tokens_out;
        }
        let gpu = looks * LOOK;
        step.record("augur.costs.total_usd", usd(gpu + model)).record("augur.costs.gpu_usd", usd(gpu));
        if !calls.is_empty() {
            step.record("augur.costs.model_usd", usd(model))
                .record("augur.costs.tokens_in", tokens_in)
                .record("augur.costs.tokens_out", tokens_out);
        }
        self.outcome.model_calls += calls.len();
        self.outcome.spent += gpu + model;
    }

    /// Tells a step to whoever watches.
    fn tell(&mut self, word: &str, intent: &str, failure: Option<(&str, &str)>) -> io::Result<()> {
        let index = self.outcome.steps;
        let how = failure.map_or_else(|| "passed".to_owned(), |(class, reason)| format!("FAILED  {class}: {reason}"));
        writeln!(self.out, "  {index:>2}  {word:<7} {intent:<40} {how}")?;
        self.out.flush()?;
        self.outcome.steps += 1;
        self.outcome.failed += usize::from(failure.is_some());
        thread::sleep(self.pause);
        Ok(())
    }
}

/// A step. What is known only at its end is declared here, because a field that is not declared cannot be recorded later.
fn step(word: &str, intent: &str) -> Span {
    step_span!(
        word,
        // Else every step would be called `step` in a viewer of traces.
        augur.step.intent = intent,
        augur.step.status = Empty,
        augur.step.failure_class = Empty,
        augur.costs.total_usd = Empty,
        augur.costs.gpu_usd = Empty,
        augur.costs.model_usd = Empty,
        augur.costs.tokens_in = Empty,
        augur.costs.tokens_out = Empty
    )
}

impl Act {
    /// The kind of step and action that this is.
    const fn word(self) -> &'static str {
        match self {
            Self::ScrollTo(_) => "scroll",
            Self::ClickRow(_) | Self::ClickButton(..) | Self::ClickField(_) => "click",
            Self::TabTo(_) => "key",
            Self::Type(_) => "type",
        }
    }

    fn target(self) -> &'static str {
        match self {
            Self::ScrollTo(_) => "the list",
            Self::Type(_) => "the field with the keyboard",
            Self::ClickRow(label) | Self::ClickButton(label, _) | Self::ClickField(label) | Self::TabTo(label) => label,
        }
    }
}

/// Finds on a screenshot what an act is about.
fn find(act: Act, picture: &Picture) -> Option<Target> {
    match act {
        Act::ScrollTo(_) => picture.list("Product"),
        Act::ClickRow(label) => picture.row(label),
        Act::ClickButton(label, _) => picture.button(label),
        Act::ClickField(label) | Act::TabTo(label) => picture.field(label),
        Act::Type(_) => picture.focused(),
    }
}

/// What the hands have to do.
fn input_for(act: Act, target: &Target) -> Input {
    let (x, y) = target.area.center();
    match act {
        Act::ScrollTo(_) => Input::Scroll { x, y, notches: 3 },
        Act::ClickRow(_) | Act::ClickButton(..) | Act::ClickField(_) => Input::Click { x, y },
        Act::TabTo(_) => Input::Tab,
        Act::Type(text) => Input::Type(text.to_owned()),
    }
}

fn action(act: Act, input: &Input) -> Value {
    let params = match input {
        Input::Click { x, y } => object([("x", (*x).into()), ("y", (*y).into())]),
        Input::Scroll { x, y, notches } => {
            object([("x", (*x).into()), ("y", (*y).into()), ("notches", (*notches).into())])
        }
        Input::Type(text) => object([("text", text.as_str().into())]),
        Input::Tab => object([("key", "Tab".into())]),
    };
    object([
        ("type", act.word().into()),
        ("params", params),
        ("coordinate_space", CoordinateSpace::ScreenshotPx.into()),
        ("dispatch_backend", "demo-shop".into()),
    ])
}

fn say_target(step: &Span, act: Act, target: &Target) {
    let (x, y) = target.area.center();
    step.record_grounding(&object([
        ("provider", "demo-vision".into()),
        ("provenance", Provenance::Screenshot.into()),
        ("target_label", act.target().into()),
        ("coordinates", object([("x", x.into()), ("y", y.into())])),
        ("confidence", Value::from_f64_marked(target.confidence)),
        ("evidence", target.evidence.as_str().into()),
    ]));
    if target.rivals > 0 {
        let summary = "the label stands in several places; the one with the right shape was taken";
        decision!(Grounding, Decision, summary, label = act.target(), places = target.rivals + 1);
    }
}

fn say_verdict(step: &Span, verdict: &Verdict) {
    let status = if verdict.failure_class.is_none() { VerdictStatus::Passed } else { VerdictStatus::Failed };
    step.record_verdict(&object([
        ("status", status.into()),
        ("reason", verdict.reason.as_str().into()),
        ("comparator", "verifier".into()),
    ]));
    match verdict.failure_class {
        None => decision!(Verifier, Observation, verdict.reason.as_str(), changed_px = verdict.changed),
        Some(class) => {
            step.record("augur.step.status", StepStatus::Failed.as_str()).record("augur.step.failure_class", class);
            decision!(Verifier, Error, verdict.reason.as_str(), changed_px = verdict.changed);
        }
    }
}

/// Says what is done about the click that changed nothing: at the step that failed, and at those that put it right.
fn say_recovery(step: &Span, way: &str) {
    let reason = match way {
        "alternate_grounding" => "a dialog swallows the click: its own button comes first",
        "retry" => "the dialog is gone",
        _ => "nothing is known that would help",
    };
    let decision = object([("type", way.into()), ("attempt", 1.into()), ("reason", reason.into())]);
    step.record_member("recovery_decision", &decision);
}

/// Looks for what stood in the way of a click that changed nothing, and asks the planner how to get past it.
fn find_way_out(failed: &Order, picture: &Picture) -> Option<(Call, Option<Order>)> {
    let title = picture.read(picture.dialog()?)?;
    let buttons: Vec<_> = planner::dialog_labels().filter(|label| picture.button(label).is_some()).collect();
    let (call, way_out) = planner::recover(failed, &title, &buttons);
    decision!(
        StepRecovery,
        Decision,
        if way_out.is_some() { "a dialog is in the way: decline it, then try again" } else { "no way past the dialog" },
        dialog = title,
        buttons = buttons.join(", ")
    );
    Some((call, way_out))
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Millionths of a US dollar as US dollars.
pub(super) fn usd(millionths: u64) -> f64 {
    millionths as f64 / 1e6
}
