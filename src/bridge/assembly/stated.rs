//! What owners of runs and steps say of them in fields of ours, on its way to their records.

use super::{Assembly, Role, complain, costs::replace_costs, patch};
use crate::{
    CaptureMode,
    bridge::{
        facts::Attributes,
        vocabulary::augur::{self, Lists},
    },
    capture::{Origin, gate_session},
    pipeline::Road,
    record::{Timestamp, Value},
};

impl Assembly {
    /// Adds to the run what its owner said of it.
    pub(super) fn take_run_fields(&mut self, road: &mut Road, attributes: &Attributes, mode: CaptureMode) {
        let mut fields = augur::run_fields(attributes, &mut self.lists);
        complain(road, None, &mut fields);
        if let Some(status) = fields.members.remove("status") {
            self.stated_status = status.as_str().and_then(|word| word.parse().ok());
        }
        if let Some(Value::Object(tags)) = fields.members.remove("tags") {
            for (key, value) in tags {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                road.tag(&key, &text);
            }
        }
        if let Some(costs) = fields.members.get("costs").and_then(Value::as_object) {
            self.stated_costs.extend(costs.clone());
        }
        gate_session(&mut fields.members, mode);
        if !fields.members.is_empty() {
            road.session(std::mem::take(&mut fields.members));
        }
    }

    pub(super) fn take_step_fields(&mut self, road: &mut Road, index: u64, attributes: &Attributes, mode: CaptureMode) {
        self.take(road, index, mode, |lists, known| augur::step_fields(attributes, lists, known));
    }

    /// Adds to a step a member that its owner said with all its structure.
    pub(crate) fn take_member(&mut self, road: &mut Road, index: u64, path: &str, value: &Value, mode: CaptureMode) {
        self.take(road, index, mode, |lists, known| augur::step_member(path, value, lists, known));
    }

    /// Adds to a step what its owner said of it.
    fn take(
        &mut self,
        road: &mut Road,
        index: u64,
        mode: CaptureMode,
        read: impl FnOnce(&mut Lists, augur::Known<'_>) -> augur::Fields,
    ) {
        let mut passing = Lists::default();
        let lists = self.steps.get_mut(&index).map_or(&mut passing, |step| &mut step.lists);
        let mut fields = read(lists, &mut |path| {
            let (first, rest) = path.split_once('.').unwrap_or((path, ""));
            let member = road.step_member(index, first)?;
            rest.split('.').filter(|part| !part.is_empty()).try_fold(&member, |at, part| at.get(part)).cloned()
        });
        if fields.is_empty() {
            return;
        }
        if fields.sensitive {
            road.mark_sensitive(index);
        }
        complain(road, Some(index), &mut fields);
        let members = std::mem::take(&mut fields.members);
        self.failed |= members.get("status").and_then(Value::as_str) == Some("failed");
        if let Some(step) = self.steps.get_mut(&index) {
            step.stated_status |= members.contains_key("status");
            step.has_action |= members.contains_key("action");
            step.stated_duration |= members.contains_key("duration_ms");
            let time = |key: &str| members.get(key).and_then(Value::as_str).and_then(Timestamp::parse);
            step.started = time("started_at").unwrap_or(step.started);
            step.stated_end = time("ended_at").or(step.stated_end);
            if let Some(costs) = members.get("costs").and_then(Value::as_object) {
                replace_costs(&mut self.costs, &mut step.stated_costs, costs);
            }
        }
        patch(road, index, members, mode, Origin::Stated);
    }

    /// Fields of ours on a span, whatever the span is.
    pub(super) fn take_own_fields(&mut self, road: &mut Road, role: &Role, attributes: &Attributes, mode: CaptureMode) {
        match role.step {
            Some(index) => self.take_step_fields(road, index, attributes, mode),
            None => complain(road, None, &mut augur::stepless_fields(attributes)),
        }
    }

    /// Fields of ours on an event; returns the step that the event is about.
    pub(super) fn take_event_fields(
        &mut self,
        road: &mut Road,
        step: Option<u64>,
        attributes: &Attributes,
        mode: CaptureMode,
    ) -> Option<u64> {
        let mut said = augur::Fields::default();
        let step = match augur::step_of_event(attributes, &mut said.complaints) {
            Some(index) if road.has_step(index) => Some(index),
            Some(index) => {
                let problem = format!("the run has no step {index} yet");
                said.complaints.push(augur::Complaint::new("augur.step_index", problem));
                step
            }
            None => step,
        };
        complain(road, step, &mut said);
        if attributes.iter().any(|(name, _)| name.starts_with("augur.run.")) {
            self.take_run_fields(road, attributes, mode);
        }
        match step {
            Some(index) => {
                self.take(road, index, mode, |lists, known| augur::step_fields_of_event(attributes, lists, known));
            }
            None => complain(road, None, &mut augur::stepless_fields_of_event(attributes)),
        }
        step
    }
}
