//! The agent's judgement: did the screen change as the step meant it to?

use super::{
    planner::Act,
    vision::{Picture, Target},
};

/// How a step was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    /// `None` if the step did what it meant to.
    pub(super) failure_class: Option<&'static str>,
    pub(super) reason: String,
    /// Pixels that differ between before and after.
    pub(super) changed: usize,
}

impl Verdict {
    /// The verdict on the whole run, from the line that was read at its end.
    pub(super) fn of_reading(line: &str, done: bool) -> Self {
        let failure_class = (!done).then_some("demo.not_confirmed");
        Self { failure_class, reason: format!("the last line reads \"{line}\""), changed: 0 }
    }
}

/// Compares the screenshots of before and after an act with what was expected of it.
pub(super) fn judge(act: Act, target: &Target, before: &Picture, after: &Picture) -> Verdict {
    let Some(change) = after.change_since(before) else {
        let reason = "no visible state change: not one pixel differs".to_owned();
        return Verdict { failure_class: Some("no_state_change"), reason, changed: 0 };
    };
    let (met, expected) = expectation(act, target, before, after);
    let place = format!("{} px changed around {}, {}", change.pixels, change.area.center().0, change.area.center().1);
    let (failure_class, reason) = if met {
        (None, format!("{expected}; {place}"))
    } else {
        (Some("dispatch_ok_state_fail"), format!("not so: {expected}; {place}"))
    };
    Verdict { failure_class, reason, changed: change.pixels }
}

/// Whether an act's purpose shows, and what that purpose is.
fn expectation(act: Act, target: &Target, before: &Picture, after: &Picture) -> (bool, String) {
    let has_focus = |after: &Picture| {
        let (x, y) = target.area.center();
        after.focused().is_some_and(|field| field.area.contains(x, y))
    };
    match act {
        Act::ScrollTo(row) => (after.row(row).is_some(), format!("\"{row}\" is in view")),
        Act::ClickRow(row) => {
            let changed = after.changed_in(target.area, before);
            (changed * 2 > target.area.width * target.area.height, format!("the row \"{row}\" is highlighted"))
        }
        Act::ClickButton(_, Some(text)) => {
            (after.words(text).len() > before.words(text).len(), format!("\"{text}\" has appeared"))
        }
        Act::ClickButton(..) => (after.dialog().is_none(), "the dialog is gone".to_owned()),
        Act::ClickField(label) | Act::TabTo(label) => {
            (has_focus(after), format!("the field \"{label}\" has the keyboard"))
        }
        Act::Type(text) => {
            let typed = |picture: &Picture| {
                picture.words(text).iter().filter(|word| target.area.contains(word.area.x, word.area.y)).count()
            };
            (typed(after) > typed(before), format!("the field shows \"{text}\""))
        }
    }
}
