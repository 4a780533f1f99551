//! Steps that a model makes by itself: its calls and the tools that it asks for, read out of their spans.

use super::{Assembly, KEPT_EVENTS, Role, costs::add_costs, patch, saying::say};
use crate::{
    CaptureMode,
    bridge::{facts::SpanFacts, run::SpanKey, vocabulary},
    capture::Origin,
    pipeline::Road,
    record::{Object, Timestamp},
};

impl Assembly {
    /// A client's span inside a framework's span is the same call: the outer one has the say, the inner fills in.
    pub(super) fn fold(&mut self, outer: SpanKey, inner: SpanFacts) {
        if let Some(open) = self.spans.get_mut(&outer) {
            let mut whole = inner.attributes;
            whole.extend(std::mem::take(&mut open.facts.attributes));
            open.facts.attributes = whole;
            let room = KEPT_EVENTS.saturating_sub(open.facts.events.len());
            open.facts.events.extend(inner.events.into_iter().take(room));
        }
    }

    pub(super) fn model_called(
        &mut self,
        road: &mut Road,
        role: &Role,
        facts: &SpanFacts,
        mode: CaptureMode,
    ) -> Option<String> {
        let call = vocabulary::model_call(facts, role.under_plan);
        for said in vocabulary::model_called(&call) {
            say(road, said, role.step, facts.end.unwrap_or(facts.start), mode, true);
        }
        let mut record = call.record.clone();
        record.insert("schema_version".into(), crate::SCHEMA_VERSION.into());
        record.insert("layer".into(), call.layer.into());
        if let Some(index) = role.step {
            record.insert("step_index".into(), index.into());
        }
        let path = road.model_call(role.step, call.layer, record, mode);
        add_costs(&mut self.costs, &call.costs);
        let Some(index) = role.step else { return path };
        for reasoning in &call.reasoning {
            let mut record = Object::from([
                ("ts".to_owned(), Timestamp::from(facts.start).to_string().into()),
                ("step_index".to_owned(), index.into()),
                ("text".to_owned(), reasoning.text.as_str().into()),
                ("format".to_owned(), reasoning.format.into()),
            ]);
            record.extend(reasoning.tokens.map(|tokens| ("tokens".to_owned(), tokens.into())));
            record.extend(reasoning.model.as_ref().map(|model| ("model".to_owned(), model.as_str().into())));
            road.reasoning(record, mode);
        }
        let Some(step) = self.steps.get_mut(&index) else { return path };
        add_costs(&mut step.costs, &call.costs);
        let mut derived = Object::new();
        if !call.versions.is_empty() {
            derived.insert("captured_versions".into(), call.versions.into());
        }
        let costs = step.costs.clone();
        if !step.stated {
            if !call.asked_tools.is_empty() && !step.has_tool {
                step.has_tool = true;
                derived.insert("step_type".into(), "tool".into());
            }
            if let Some(intent) = call.intent {
                derived.insert("intent".into(), intent.into());
            }
        }
        if !costs.is_empty() && road.step_member(index, "costs").is_none_or(|_| !step.stated) {
            derived.insert("costs".into(), costs.into());
        }
        patch(road, index, derived, mode, Origin::Derived);
        path
    }

    pub(super) fn tool_ended(&mut self, road: &mut Road, role: &Role, facts: &SpanFacts, mode: CaptureMode) {
        let tool = vocabulary::tool_use(facts);
        say(road, vocabulary::tool_started(&tool), role.step, facts.start, mode, true);
        say(road, vocabulary::tool_ended(&tool), role.step, facts.end.unwrap_or(facts.start), mode, true);
        let Some((index, step)) = role.step.and_then(|index| Some((index, self.steps.get_mut(&index)?))) else {
            return;
        };
        let mut derived = Object::new();
        if !step.stated && !std::mem::replace(&mut step.has_tool, true) {
            derived.insert("step_type".into(), "tool".into());
        }
        if !std::mem::replace(&mut step.has_action, true) {
            derived.insert("action".into(), vocabulary::action_of(&tool).into());
        }
        patch(road, index, derived, mode, Origin::Derived);
    }
}
