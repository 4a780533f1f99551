//! Which attributes and events of a span pass at the capture mode that the span carries.

use crate::capture::{CaptureMode, attribute_floor, event_floor};
use opentelemetry::{KeyValue, Value};

/// The attribute by which a span says how much of it may leave.
pub(crate) const MODE_ATTRIBUTE: &str = "augur.capture_mode";

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

    /// Whether an attribute of that name leaves at `mode`.
    pub(crate) fn passes_attribute(self, name: &str, mode: CaptureMode) -> bool {
        (self.attribute_floor)(name) <= mode
    }

    /// Whether an event with these attributes leaves at `mode`.
    pub(crate) fn passes_event(self, attributes: &[KeyValue], mode: CaptureMode) -> bool {
        let text = |name: &str| {
            attributes.iter().rev().find(|attribute| attribute.key.as_str() == name).and_then(|attribute| {
                match &attribute.value {
                    Value::String(text) => Some(text.as_str()),
                    _ => None,
                }
            })
        };
        event_floor(text("target").unwrap_or_default(), text("augur.layer")) <= mode
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
        assert!(!gate.passes_event(&content, CaptureMode::Video));
        assert!(gate.passes_event(&content, CaptureMode::ModelIo));
        let decision = [KeyValue::new("target", "app"), KeyValue::new("augur.layer", "dispatch")];
        assert!(!gate.passes_event(&decision, CaptureMode::ModelIo));
        assert!(gate.passes_event(&[KeyValue::new("target", "app")], CaptureMode::Off));
    }
}
