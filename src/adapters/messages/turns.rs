//! From messages to steps: what the model asked for, what it saw before, and what came of it.

use super::{action, picture::Picture};
use crate::{
    adapters::response::{ReasoningPiece, reasoning},
    bridge::vocabulary::{Answer, AskedTool, ToolUse, action_of, part_text},
    record::{Object, Value},
};
use std::collections::{HashMap, VecDeque};

/// The longest intent, in characters.
const LONGEST_INTENT: usize = 120;

/// A tool call in a log, as a step. No `Debug`: it is a model's text, which no policy has seen yet.
#[derive(Clone, PartialEq)]
pub struct LoggedStep<'a> {
    /// Where in the log the turn begins.
    pub turn: usize,
    /// Which call of the turn it is.
    pub call: usize,
    /// What the model said of it: the first text of the turn, at most 120 characters. Empty if it said nothing.
    pub intent: String,
    /// `{type, params?}`.
    pub action: Object,
    /// What the model thought in this turn; with the turn's first call only.
    pub reasoning: Vec<ReasoningPiece>,
    /// The provider's id of the call.
    pub tool_call_id: Option<String>,
    /// The last picture that the model had seen when it asked.
    pub before: Option<Picture<'a>>,
    /// The picture that the call's result has, else the last one before the model spoke again.
    pub after: Option<Picture<'a>>,
    /// Whether the log says that the tool failed.
    pub failed: bool,
}

/// The tool calls of a log as steps, in the order in which they were asked for. Turns without calls are no steps; tools that
/// the provider runs itself are none either.
pub fn steps(messages: &[Value]) -> impl Iterator<Item = LoggedStep<'_>> {
    Steps { entries: entries(messages), seen: None, ready: VecDeque::new() }
}

/// One thing that happened in a conversation.
enum Entry<'a> {
    /// What the model said, with its place in the log.
    Said(usize, &'a Value),
    /// What a tool answered: the call's id, its picture, whether it failed.
    Answered(Option<&'a str>, Option<Picture<'a>>, bool),
    /// A picture that somebody showed.
    Shown(Picture<'a>),
}

fn entries(messages: &[Value]) -> VecDeque<Entry<'_>> {
    let mut out = VecDeque::new();
    for (index, message) in messages.iter().enumerate() {
        // Whole responses stand in some logs in place of what they hold.
        if let Some(message) = list(message, "choices").first().and_then(|choice| choice.get("message")) {
            push(index, message, &mut out);
        } else if kind(message).is_none() && message.get("output").is_some() {
            list(message, "output").iter().for_each(|item| push(index, item, &mut out));
        } else {
            push(index, message, &mut out);
        }
    }
    out
}

fn push<'a>(index: usize, message: &'a Value, out: &mut VecDeque<Entry<'a>>) {
    let name = |key: &str| message.get(key).and_then(Value::as_str);
    match (name("role"), kind(message)) {
        (Some("assistant" | "model"), _) => out.push_back(Entry::Said(index, message)),
        (Some("tool" | "function"), _) => {
            let picture = message.get("content").and_then(Picture::last_in);
            out.push_back(Entry::Answered(name("tool_call_id"), picture, false));
        }
        (None, Some(item)) if item.ends_with("_output") => {
            let picture = message.get("output").and_then(Picture::last_in);
            out.push_back(Entry::Answered(name("call_id"), picture, false));
        }
        (None, Some(_)) => out.push_back(Entry::Said(index, message)),
        _ => {
            for block in list(message, "content") {
                if kind(block) == Some("tool_result") {
                    let picture = block.get("content").and_then(Picture::last_in);
                    let failed = block.get("is_error").and_then(Value::as_bool) == Some(true);
                    out.push_back(Entry::Answered(block.get("tool_use_id").and_then(Value::as_str), picture, failed));
                } else {
                    out.extend(Picture::of(block).map(Entry::Shown));
                }
            }
        }
    }
}

struct Steps<'a> {
    entries: VecDeque<Entry<'a>>,
    /// The last picture so far.
    seen: Option<Picture<'a>>,
    /// Calls of a turn that was read.
    ready: VecDeque<LoggedStep<'a>>,
}

impl<'a> Iterator for Steps<'a> {
    type Item = LoggedStep<'a>;

    fn next(&mut self) -> Option<LoggedStep<'a>> {
        while self.ready.is_empty() {
            match self.entries.front()? {
                Entry::Said(..) => self.read_turn(),
                Entry::Answered(_, picture, _) => {
                    self.seen = picture.or(self.seen);
                    self.entries.pop_front();
                }
                Entry::Shown(picture) => {
                    self.seen = Some(*picture);
                    self.entries.pop_front();
                }
            }
        }
        self.ready.pop_front()
    }
}

/// What the results of a turn tell.
#[derive(Default)]
struct Outcome<'a> {
    by_id: HashMap<&'a str, (Option<Picture<'a>>, bool)>,
    /// Results that name no call, in their order.
    nameless: VecDeque<(Option<Picture<'a>>, bool)>,
    /// The last picture before the model spoke again.
    last: Option<Picture<'a>>,
    /// The last of them that is not a result's: chat completions have no place for pictures in results.
    shown: Option<Picture<'a>>,
}

impl<'a> Steps<'a> {
    /// A turn: what the model said in one go, and all that came before it spoke again.
    fn read_turn(&mut self) {
        let mut answer = Answer::default();
        let mut turn = None;
        let (mut intent, mut thoughts) = (None, Vec::new());
        while let Some(Entry::Said(index, message)) = self.entries.front() {
            if turn.is_some() && begins_a_turn(message, !answer.asked.is_empty()) {
                break;
            }
            turn = turn.or(Some(*index));
            intent = intent.or_else(|| first_text(message));
            thoughts.extend(reasoning(message).pieces);
            match kind(message) {
                Some("message") | None => answer.take_message(message),
                Some(_) => answer.take_part(message),
            }
            self.entries.pop_front();
        }
        let before = self.seen;
        let mut outcome = self.read_outcome();
        let intent: String = intent.unwrap_or_default().chars().take(LONGEST_INTENT).collect();
        // A call of several actions has one result, and that is of its last action.
        let ids: Vec<Option<String>> = answer.asked.iter().map(|asked| asked.id.clone()).collect();
        let last_call = answer.asked.len().saturating_sub(1);
        for (call, asked) in answer.asked.into_iter().enumerate() {
            let unfinished = asked.id.is_some() && ids.get(call + 1) == Some(&asked.id);
            let (after, failed) = if unfinished { (None, false) } else { outcome.of(asked.id.as_deref()) };
            let shown = if call == last_call { outcome.shown } else { None };
            self.ready.push_back(LoggedStep {
                turn: turn.unwrap_or_default(),
                call,
                intent: intent.clone(),
                tool_call_id: asked.id.clone(),
                action: asked_action(asked),
                reasoning: std::mem::take(&mut thoughts),
                before,
                after: after.or(shown),
                failed,
            });
        }
    }

    fn read_outcome(&mut self) -> Outcome<'a> {
        let mut outcome = Outcome::default();
        while let Some(entry) = self.entries.front() {
            match entry {
                Entry::Said(..) => break,
                Entry::Answered(id, picture, failed) => {
                    match id {
                        Some(id) => drop(outcome.by_id.insert(id, (*picture, *failed))),
                        None => outcome.nameless.push_back((*picture, *failed)),
                    }
                    outcome.last = picture.or(outcome.last);
                }
                Entry::Shown(picture) => (outcome.last, outcome.shown) = (Some(*picture), Some(*picture)),
            }
            self.entries.pop_front();
        }
        self.seen = outcome.last.or(self.seen);
        outcome
    }
}

impl<'a> Outcome<'a> {
    fn of(&mut self, id: Option<&str>) -> (Option<Picture<'a>>, bool) {
        let named = id.and_then(|id| self.by_id.remove(id));
        named.or_else(|| self.nameless.pop_front()).unwrap_or_default()
    }
}

/// Whether something that the model said belongs to a turn of its own. The items of one response stand one by one in a log:
/// reasoning and text, then the calls.
fn begins_a_turn(message: &Value, after_a_call: bool) -> bool {
    kind(message).is_none_or(|kind| after_a_call && !kind.ends_with("_call"))
}

fn asked_action(asked: AskedTool) -> Object {
    let tool = ToolUse {
        name: Some(asked.name),
        call_id: asked.id,
        arguments: asked.arguments,
        result: None,
        failure: None,
        outcome: None,
    };
    action(action_of(&tool))
}

/// The text of a message, or the first of its texts.
fn first_text(message: &Value) -> Option<String> {
    let text = match message.get("content").or_else(|| message.get("parts"))? {
        Value::Array(blocks) => blocks.iter().find_map(part_text)?,
        content => content.as_str()?,
    };
    (!text.is_empty()).then(|| text.to_owned())
}

fn kind(value: &Value) -> Option<&str> {
    value.get("type").and_then(Value::as_str)
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).unwrap_or_default()
}
