//! The verifier: does the screen show what a step was for?

use crate::policy::{Choice, Expect};
use crate::regions::Rect;
use crate::vision::{Scene, Shape};

/// The share of a field that a blinking cursor covers at most.
const THIN: f64 = 0.005;

/// What the screen says of a step.
#[derive(Debug, Clone)]
pub(crate) struct Verdict {
    pub(crate) passed: bool,
    pub(crate) reason: String,
}

/// Judges a step by what the screen showed before and shows now.
pub(crate) fn judge(expect: Expect, target: &Choice, before: &Scene, after: &Scene) -> Verdict {
    let at_target = |scene: &Scene| scene.fields.iter().find(|field| overlap(field.area, target.area)).cloned();
    let ink = |field: Option<Shape>| field.map_or(0.0, |field| field.ink);
    match expect {
        Expect::Keyboard => {
            let has = at_target(after).is_some_and(|field| field.has_keyboard());
            verdict(has, "the frame of the field is coloured", "the frame of the field is grey")
        }
        Expect::MoreInk => {
            let more = ink(at_target(after)) > ink(at_target(before)) + THIN;
            verdict(more, "more is written in the field than before", "no more is written in the field than before")
        }
        Expect::Form(fields) => {
            let shown = after.fields.len() == fields && after.marks.is_empty();
            let (fields, marks) = (after.fields.len(), after.marks.len());
            let seen = format!("{fields} fields and {marks} marks of a table are on the screen");
            verdict(shown, seen.clone(), seen)
        }
        Expect::Table => {
            let seen = format!("{} marks of a table are on the screen", after.marks.len());
            verdict(!after.marks.is_empty(), seen.clone(), seen)
        }
        Expect::ShorterTable => {
            let (then, now) = (before.marks.len(), after.marks.len());
            let seen = format!("the table had {then} lines and has {now}");
            verdict((1..then).contains(&now), seen.clone(), seen)
        }
        Expect::GreenPanel => {
            let green = after.panels.iter().any(Shape::is_green);
            verdict(green, "a green panel confirms it", "no green panel is on the screen")
        }
    }
}

/// Judges the first page: it asks for something.
pub(crate) fn opened(scene: &Scene) -> Verdict {
    verdict(!scene.fields.is_empty(), "a form is on the screen", "no form is on the screen")
}

fn verdict(passed: bool, good: impl Into<String>, bad: impl Into<String>) -> Verdict {
    Verdict { passed, reason: if passed { good.into() } else { bad.into() } }
}

fn overlap(one: Rect, other: Rect) -> bool {
    one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom
}
