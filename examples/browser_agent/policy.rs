//! What decides: a fixed list of orders and rules about shapes, asked as a language model would be. It says what it is: every
//! call is recorded under the provider and the model `pixel-policy`, and costs nothing.

use serde_json::{Value, json};
use tracing::{Span, field::Empty, info_span};

use crate::regions::Rect;
use crate::vision::{Scene, Shape};

const NAME: &str = "pixel-policy";

/// Something to do, and how to see that it was done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    pub(crate) intent: &'static str,
    pub(crate) act: Act,
    pub(crate) expect: Expect,
}

/// What the hands can do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    Click(Target),
    /// Into the field that has the keyboard.
    Type(&'static str),
    /// The same with the password.
    TypePassword,
    PressEnter,
    /// A click that changes something outside for good.
    Submit(Target),
}

/// What to click.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    /// A field, counted from the top, from 0.
    Field(usize),
    /// The button below the last field.
    ButtonBelowFields,
    /// The button in the line of a red mark.
    ButtonBesideRed,
}

/// What the screen should show after it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expect {
    /// The field at the target has the keyboard.
    Keyboard,
    /// More is written in the field at the target.
    MoreInk,
    /// A form of this many fields, and no table.
    Form(usize),
    /// A table with marks.
    Table,
    /// A table with fewer lines than before.
    ShorterTable,
    /// A green panel.
    GreenPanel,
}

const fn order(intent: &'static str, act: Act, expect: Expect) -> Order {
    Order { intent, act, expect }
}

/// How the task is done.
pub(crate) const PLAN: &[Order] = &[
    order("go to the field for the name", Act::Click(Target::Field(0)), Expect::Keyboard),
    order("fill in the name", Act::Type("ada"), Expect::MoreInk),
    order("go to the field for the password", Act::Click(Target::Field(1)), Expect::Keyboard),
    order("fill in the password", Act::TypePassword, Expect::MoreInk),
    order("sign in", Act::Click(Target::ButtonBelowFields), Expect::Table),
    order("go to the search field", Act::Click(Target::Field(0)), Expect::Keyboard),
    order("fill in the town", Act::Type("turku"), Expect::MoreInk),
    order("search", Act::PressEnter, Expect::ShorterTable),
    order("open the refund of the late order", Act::Click(Target::ButtonBesideRed), Expect::Form(2)),
    order("go to the field for the amount", Act::Click(Target::Field(0)), Expect::Keyboard),
    order("fill in the amount", Act::Type("12.50"), Expect::MoreInk),
    order("go to the field for the reason", Act::Click(Target::Field(1)), Expect::Keyboard),
    order("fill in the reason", Act::Type("late"), Expect::MoreInk),
    order("pay the money back", Act::Submit(Target::ButtonBelowFields), Expect::GreenPanel),
];

impl Act {
    /// The kind of step and action that this is.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Click(_) | Self::Submit(_) => "click",
            Self::Type(_) | Self::TypePassword => "type",
            Self::PressEnter => "key",
        }
    }
}

/// What was found on a screenshot for an order.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub(crate) area: Rect,
    pub(crate) label: &'static str,
    pub(crate) confidence: f64,
    /// How many others would have fitted by their shape.
    pub(crate) rivals: usize,
    pub(crate) evidence: String,
}

/// Asks where on the screen an order is to be carried out.
pub(crate) fn ground(task: &str, order: &Order, scene: &Scene) -> Option<Choice> {
    let question = format!("Now: {}. On the screen: {}", order.intent, told(scene));
    let call = model_call("grounding", task, &question);
    let choice = call.in_scope(|| choose(order.act, scene));
    match &choice {
        Some(choice) => {
            let (x, y) = choice.area.center();
            let answer = format!("It is {}: {}.", choice.label, choice.evidence);
            say_answer(&call, &answer, Some((order.act.word(), json!({"x": x, "y": y}))));
        }
        None => say_answer(&call, "Nothing on the screen fits.", None),
    }
    choice
}

/// What to do about a step that did not do what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WayOut {
    /// The target has moved: look again, and click where it is now.
    LookAgain,
    /// Nothing is known that would help.
    Halt,
}

impl WayOut {
    /// The word that a recovery decision has for it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::LookAgain => "alternate_grounding",
            Self::Halt => "halt",
        }
    }
}

/// Asks how to go on after a failure; returns why, too.
pub(crate) fn recover(task: &str, order: &Order, clicked: &Choice, after: &Scene) -> (WayOut, String) {
    let question = format!("I tried to {}, and nothing of it shows. On the screen now: {}", order.intent, told(after));
    let call = model_call("step_recovery", task, &question);
    let now = call.in_scope(|| choose(order.act, after));
    let moved = now.filter(|now| now.area != clicked.area);
    let (way_out, reason) = match moved {
        // The request may have arrived all the same, and cannot be taken back.
        _ if matches!(order.act, Act::Submit(_)) => {
            (WayOut::Halt, "what may have been sent is not sent twice".to_owned())
        }
        Some(now) => {
            let (then, now) = (clicked.area.top, now.area.top);
            (
                WayOut::LookAgain,
                format!("the target was at line {then} and is at line {now} now: it moved under the hand"),
            )
        }
        None => (WayOut::Halt, "the target is where it was, or gone".to_owned()),
    };
    say_answer(&call, &reason, None);
    (way_out, reason)
}

/// The rules: which shape an act is about.
fn choose(act: Act, scene: &Scene) -> Option<Choice> {
    let target = match act {
        Act::Click(target) | Act::Submit(target) => Some(target),
        Act::Type(_) | Act::TypePassword | Act::PressEnter => None,
    };
    let (label, candidates, chosen): (_, &[Shape], _) = match target {
        None => ("the field with the keyboard", &scene.fields, scene.fields.iter().find(|field| field.has_keyboard())),
        Some(Target::Field(number)) => ("a field", &scene.fields, scene.fields.get(number)),
        Some(Target::ButtonBelowFields) => {
            let lowest = scene.fields.last()?;
            let below = scene.buttons.iter().find(|button| button.area.top >= lowest.area.bottom);
            ("the button below the fields", &scene.buttons, below)
        }
        Some(Target::ButtonBesideRed) => {
            let red = scene.marks.iter().find(|mark| mark.is_red())?;
            let beside = scene.buttons.iter().find(|button| red.is_beside(button));
            ("the button beside the red mark", &scene.buttons, beside)
        }
    };
    let chosen = chosen?;
    let rivals = candidates.len().saturating_sub(1);
    // A choice among many of the same shape rests on their order alone.
    let confidence = chosen.fit * if rivals == 0 { 1.0 } else { 0.9 };
    let Rect { left, top, right, bottom } = chosen.area;
    let evidence = format!("{left},{top} to {right},{bottom}, one of {} of its shape", candidates.len());
    Some(Choice { area: chosen.area, label, confidence: (confidence * 100.0).round() / 100.0, rivals, evidence })
}

/// A screen in words.
fn told(scene: &Scene) -> String {
    let list = |name: &str, shapes: &[Shape]| {
        let places: Vec<_> = shapes.iter().map(|shape| shape.area.center()).map(|(x, y)| format!("{x},{y}")).collect();
        format!("{} {name} ({})", shapes.len(), places.join(" "))
    };
    [
        list("fields", &scene.fields),
        list("buttons", &scene.buttons),
        list("marks", &scene.marks),
        list("panels", &scene.panels),
    ]
    .join(", ")
}

/// A model call by the conventions of OpenTelemetry; that alone makes it one in the bundle.
fn model_call(layer: &str, task: &str, question: &str) -> Span {
    let messages = json!([{"role": "user", "parts": [{"type": "text", "content": question}]}]);
    let system = json!([{"type": "text", "content": format!("Rules about pixels, no language model. Task: {task}")}]);
    info_span!(
        "chat",
        otel.name = format!("chat {NAME}"),
        augur.layer = layer,
        gen_ai.operation.name = "chat",
        gen_ai.provider.name = NAME,
        gen_ai.request.model = NAME,
        gen_ai.system_instructions = %system,
        gen_ai.input.messages = %messages,
        gen_ai.output.messages = Empty,
    )
}

fn say_answer(call: &Span, answer: &str, tool: Option<(&str, Value)>) {
    let mut parts = vec![json!({"type": "text", "content": answer})];
    let finish_reason = if tool.is_some() { "tool_call" } else { "stop" };
    parts.extend(tool.map(|(name, arguments)| json!({"type": "tool_call", "name": name, "arguments": arguments})));
    let messages = json!([{"role": "assistant", "parts": parts, "finish_reason": finish_reason}]);
    call.record("gen_ai.output.messages", messages.to_string());
}
