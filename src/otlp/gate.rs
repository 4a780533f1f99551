//! Which attributes and events of a span pass at the capture mode that the span carries.

use crate::capture::{CaptureMode, attribute_floor, event_floor};
use opentelemetry::{Array, KeyValue, Value};

/// The attribute by which a span says how much of it may leave.
pub(crate) const MODE_ATTRIBUTE: &str = "augur.capture_mode";

/// The attribute by which a span says that it belongs to a step that was marked as sensitive.
pub(crate) const SENSITIVE_ATTRIBUTE: &str = "augur.step.sensitive";

/// The attribute by which our layer tells the exporter which steps of the run were marked as sensitive: an event may be about
/// another step than its span. It never leaves.
pub(crate) const SENSITIVE_STEPS_ATTRIBUTE: &str = "augur.run.sensitive_steps";

/// Attributes of events that say what kind of event it is, and its summary; the rest are details.
const BARE: &[&str] = &["level", "target", "augur.layer", "augur.kind", "augur.summary", "augur.capture_mode"];

/// The capture mode of the process, and the table of what passes at which mode.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gate {
    pub(crate) base: CaptureMode,
    pub(crate) attribute_floor: fn(&str) -> CaptureMode,
}

impl Gate {
    pub(crate) fn new(base: CaptureMode) -> Self {
        Self { base, attribute_floor }
    }

    /// The mode at which a span leaves: the one that it carries, else the base.
    ///
    /// Anything unclear falls to the cautious side: a word that is no mode, and a span that lost attributes to a limit, for
    /// the lost one may have been the stamp.
    pub(crate) fn mode_of(self, attributes: &[KeyValue], some_were_dropped: bool) -> CaptureMode {
        let cautious = self.base.min(CaptureMode::Metadata);
        match attributes.iter().rev().find(|attribute| attribute.key.as_str() == MODE_ATTRIBUTE) {
            Some(KeyValue { value: Value::String(word), .. }) => word.as_str().parse().unwrap_or(cautious),
            Some(_) => cautious,
            None if some_were_dropped => cautious,
            None => self.base,
        }
    }

    /// Whether a span belongs to a sensitive step. Its own fields may say it too; anything but a denial counts.
    pub(crate) fn is_sensitive(attributes: &[KeyValue]) -> bool {
        attributes.iter().any(|attribute| {
            matches!(attribute.key.as_str(), SENSITIVE_ATTRIBUTE | "augur.sensitive")
                && match &attribute.value {
                    Value::Bool(is_sensitive) => *is_sensitive,
                    Value::String(text) => text.as_str() != "false",
                    _ => true,
                }
        })
    }

    /// Whether an event says that it is about one of these steps, or, where they are too many to be told, about any.
    pub(crate) fn is_about(attributes: &[KeyValue], steps: Option<&[i64]>) -> bool {
        let is_named = |name: &str| matches!(name, "augur.step_index" | "augur.step.index");
        attributes.iter().filter(|attribute| is_named(attribute.key.as_str())).any(|attribute| {
            let Some(steps) = steps else { return true };
            match &attribute.value {
                Value::I64(index) => steps.contains(index),
                Value::F64(index) => steps.iter().any(|step| *step as f64 == *index),
                other => other.as_str().trim_matches(['"', ' ']).parse().is_ok_and(|index| steps.contains(&index)),
            }
        })
    }

    /// Takes the list of sensitive steps off a span; `None` where they are too many to be told.
    pub(crate) fn take_sensitive_steps(attributes: &mut Vec<KeyValue>) -> Option<Vec<i64>> {
        let mut steps = Some(Vec::new());
        attributes.retain(|attribute| match (attribute.key.as_str(), &attribute.value) {
            (SENSITIVE_STEPS_ATTRIBUTE, Value::Array(Array::I64(named))) => {
                steps.iter_mut().for_each(|steps| steps.extend(named));
                false
            }
            (SENSITIVE_STEPS_ATTRIBUTE, _) => {
                steps = None;
                false
            }
            _ => true,
        });
        steps
    }

    /// Whether an attribute of an event is no detail of it.
    pub(crate) fn is_bare(name: &str) -> bool {
        BARE.contains(&name) || name.starts_with("code.")
    }

    /// Whether an attribute of that name leaves at `mode`.
    pub(crate) fn passes_attribute(self, name: &str, mode: CaptureMode) -> bool {
        (self.attribute_floor)(name) <= mode
    }

    /// Whether an event of that name with these attributes leaves at `mode`.
    pub(crate) fn passes_event(self, name: &str, attributes: &[KeyValue], mode: CaptureMode) -> bool {
        let text = |name: &str| {
            attributes.iter().rev().find(|attribute| attribute.key.as_str() == name).and_then(|attribute| {
                match &attribute.value {
                    Value::String(text) => Some(text.as_str()),
                    _ => None,
                }
            })
        };
        let name = text("event.name").or_else(|| text("event_name")).unwrap_or(name);
        event_floor(text("target").unwrap_or_default(), name, text("augur.layer")) <= mode
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_leaves_at_the_mode_it_carries_and_doubt_means_less() {
        let stamp = |value: Value| KeyValue::new(MODE_ATTRIBUTE, value);
        for (attributes, dropped, base, mode) in [
            (vec![], false, CaptureMode::Full, CaptureMode::Full),
            (vec![stamp("model_io".into())], false, CaptureMode::Off, CaptureMode::ModelIo),
            (vec![stamp("full".into()), stamp("trace".into())], false, CaptureMode::Full, CaptureMode::Trace),
            (vec![stamp("evrything".into())], false, CaptureMode::Full, CaptureMode::Metadata),
            (vec![stamp(7.into())], false, CaptureMode::Full, CaptureMode::Metadata),
            (vec![], true, CaptureMode::Full, CaptureMode::Metadata),
            (vec![], true, CaptureMode::Off, CaptureMode::Off),
        ] {
            assert_eq!(Gate::new(base).mode_of(&attributes, dropped), mode, "{attributes:?}");
        }
    }

    #[test]
    fn events_are_judged_by_their_target_and_layer() {
        let gate = Gate::new(CaptureMode::Off);
        let content = [KeyValue::new("target", "rig::completions")];
        assert!(!gate.passes_event("event", &content, CaptureMode::Video));
        assert!(gate.passes_event("event", &content, CaptureMode::ModelIo));
        let decision = [KeyValue::new("target", "app"), KeyValue::new("augur.layer", "dispatch")];
        assert!(!gate.passes_event("event", &decision, CaptureMode::ModelIo));
        let app = [KeyValue::new("target", "app")];
        assert!(gate.passes_event("event", &app, CaptureMode::Off));
        assert!(!gate.passes_event("gen_ai.user.message", &app, CaptureMode::Video));
    }

    #[test]
    fn an_event_is_about_the_step_that_it_names_in_whatever_type() {
        let named = |name: &'static str, value: Value| [KeyValue::new("note", "x"), KeyValue::new(name, value)];
        for (event, is_about) in [
            (named("augur.step_index", 3.into()), true),
            (named("augur.step.index", 3.0.into()), true),
            (named("augur.step_index", "3".into()), true),
            (named("augur.step_index", "\"3\"".into()), true),
            (named("augur.step_index", 4.into()), false),
            (named("augur.step_index", true.into()), false),
            (named("step_index", 3.into()), false),
        ] {
            assert_eq!(Gate::is_about(&event, Some(&[1, 3])), is_about, "{event:?}");
            assert!(!Gate::is_about(&event, Some(&[])));
        }
        assert!(Gate::is_about(&named("augur.step_index", 4.into()), None));
        assert!(!Gate::is_about(&[KeyValue::new("note", "x")], None));
    }

    #[test]
    fn the_list_of_sensitive_steps_is_taken_off_the_span() {
        let list = |value: Value| vec![KeyValue::new("kept", 1), KeyValue::new(SENSITIVE_STEPS_ATTRIBUTE, value)];
        let taken = |mut attributes: Vec<KeyValue>| (Gate::take_sensitive_steps(&mut attributes), attributes.len());
        assert_eq!(taken(list(Value::Array(vec![1_i64, 3].into()))), (Some(vec![1, 3]), 1));
        assert_eq!(taken(list(true.into())), (None, 1));
        assert_eq!(taken(vec![KeyValue::new("kept", 1)]), (Some(Vec::new()), 1));
    }
}
