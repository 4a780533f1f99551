//! The agent's planner: fixed rules behind the interface of a language model, so that a run has model calls to show without
//! a key, a network or a bill.

use super::object;
use tracing_augur::record::Value;

/// The name under which the planner's calls are recorded.
pub(super) const MODEL: &str = "demo-planner";
/// What the agent is asked to do.
pub(super) const TASK: &str = "Order a desk lamp for Ada in Turku.";

const SYSTEM: &str =
    "You steer a desktop program by its screenshots. (A fixed rule answers here, not a language model.)";
/// What a button that closes a dialog may say.
const DECLINING: &[&str] = &["Close", "Not now", "No thanks", "Cancel"];

/// Something to do, in terms of what can be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Turn the list on until a row shows.
    ScrollTo(&'static str),
    ClickRow(&'static str),
    /// Click a button; the text is expected to appear.
    ClickButton(&'static str, Option<&'static str>),
    ClickField(&'static str),
    /// Go on to the next field, which has this label.
    TabTo(&'static str),
    Type(&'static str),
}

/// A step of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) intent: &'static str,
    pub(super) act: Act,
}

const fn order(intent: &'static str, act: Act) -> Order {
    Order { intent, act }
}

const PLAN: &[Order] = &[
    order("bring the desk lamp into view", Act::ScrollTo("Desk lamp")),
    order("choose the desk lamp", Act::ClickRow("Desk lamp")),
    order("put it into the cart", Act::ClickButton("Add to cart", Some("Desk lamp"))),
    order("go to the field for the name", Act::ClickField("Name")),
    order("fill in the name", Act::Type("Ada")),
    order("go on to the field for the town", Act::TabTo("Town")),
    order("fill in the town", Act::Type("Turku")),
    order("place the order", Act::ClickButton("Order", Some("placed"))),
];

/// A model call as it was made.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// Request and response as the record of a model call has them.
    pub(super) record: Value,
    pub(super) tokens_in: u64,
    pub(super) tokens_out: u64,
    /// In millionths of a US dollar.
    pub(super) micro_usd: u64,
}

fn call(question: &str, answer: &str, tool_calls: &[Value]) -> Call {
    let tokens = |text: &str| text.split_whitespace().count() as u64;
    let tools: String = tool_calls.iter().map(|call| format!(" {call}")).collect();
    let (tokens_in, tokens_out) = (tokens(SYSTEM) + tokens(question), tokens(answer) + tokens(&tools));
    let stop_reason = if tool_calls.is_empty() { "end_turn" } else { "tool_use" };
    let message = object([("role", "user".into()), ("content", question.into())]);
    let usage = object([("prompt_tokens", tokens_in.into()), ("completion_tokens", tokens_out.into())]);
    let request = object([
        ("model", MODEL.into()),
        ("system", SYSTEM.into()),
        ("messages", vec![message].into()),
        ("params", object([("temperature", 0.into())])),
    ]);
    let response = object([
        ("text", answer.into()),
        ("tool_calls", tool_calls.to_vec().into()),
        ("stop_reason", stop_reason.into()),
        ("usage", usage),
    ]);
    let record = object([("request", request), ("response", response)]);
    Call { record, tokens_in, tokens_out, micro_usd: 3 * tokens_in + 15 * tokens_out }
}

/// Plans the task from what the eye found on the first screenshot.
pub(super) fn plan(visible: &[&str], hidden: &[&str]) -> (Call, Vec<Order>) {
    let question = format!("{TASK} On the screen: {}. Not on the screen: {}.", visible.join(", "), hidden.join(", "));
    let scrolls = |order: &&Order| !matches!(order.act, Act::ScrollTo(row) if visible.contains(&row));
    let orders: Vec<Order> = PLAN.iter().filter(scrolls).copied().collect();
    let answer: Vec<String> =
        orders.iter().enumerate().map(|(number, order)| format!("{}. {}", number + 1, order.intent)).collect();
    (call(&question, &answer.join("\n"), &[]), orders)
}

/// Finds a way past a dialog that swallowed a click. `None` if none of its buttons declines.
pub(super) fn recover(failed: &Order, title: &str, buttons: &[&str]) -> (Call, Option<Order>) {
    let question = format!(
        "I clicked to {}, and not one pixel changed. A dialog is open, titled \"{title}\", with the buttons: {}.",
        failed.intent,
        buttons.join(", ")
    );
    let Some(label) = DECLINING.iter().find(|label| buttons.contains(label)) else {
        return (call(&question, "I see no way to decline this dialog.", &[]), None);
    };
    let answer = format!("The dialog swallows every click. Decline it with \"{label}\", then try again.");
    let tool_calls = [object([("name", "click".into()), ("arguments", object([("label", (*label).into())]))])];
    (
        call(&question, &answer, &tool_calls),
        Some(order("decline the dialog that is in the way", Act::ClickButton(label, None))),
    )
}

/// The texts that a button of a dialog may bear.
pub(super) fn dialog_labels() -> impl Iterator<Item = &'static str> {
    DECLINING.iter().copied().chain(["OK", "Yes please"])
}

/// Judges the whole run by the line that the shop shows at the end.
pub(super) fn judge(line: &str) -> (Call, bool) {
    let done = line.contains("placed") && line.contains("Ada");
    let question = format!("{TASK} The last line on the screen reads: \"{line}\". Is the task done?");
    let answer = if done { "Yes: the shop confirms the order, and by name." } else { "No: the shop confirms nothing." };
    (call(&question, answer, &[]), done)
}
