//! The prefix of a branch: what the parent recorded before the branch point stands in the branch as if it had run there.

use super::{super::road::Road, Refused};
use crate::{
    CaptureMode,
    bundle::{Bundle, Moment, ReadError, paths},
    capture::Artifact,
    record::{Object, Value},
    redact::Family,
    schema::Schema,
};
use std::collections::BTreeSet;

impl From<ReadError> for Refused {
    fn from(error: ReadError) -> Self {
        Self::Io(std::io::Error::other(format!("the parent's bundle cannot be read: {error}")))
    }
}

impl Road {
    /// Copies what the parent recorded at the steps before `until`: canonical steps and iterations, pictures, events, model
    /// calls and reasoning. It passes the gate and the policy of this run. One step at a time is held.
    pub(crate) fn copy_prefix(
        &mut self,
        parent: &Bundle,
        until: u64,
        branch: &Object,
        mode: CaptureMode,
    ) -> Result<(), Refused> {
        if !mode.passes(Artifact::Step) {
            return Ok(());
        }
        for stored in parent.steps()? {
            let stored = stored?;
            if stored.index >= until {
                break;
            }
            let mut pictures: BTreeSet<String> =
                [Moment::Before, Moment::After].map(|moment| paths::screenshot(stored.index, moment)).into();
            let mut canonical = stored.step;
            // The number of emissions is counted anew as they come.
            canonical.remove("step_iterations");
            self.copy_step(stored.index, canonical, branch, mode, &mut pictures)?;
            for path in stored.iterations {
                if let Some(Value::Object(iteration)) = parent.document(&path)? {
                    self.copy_step(stored.index, iteration, branch, mode, &mut pictures)?;
                }
            }
            if mode.passes(Artifact::Image) {
                self.copy_pictures(parent, pictures)?;
            }
            for event in parent.events(Some(stored.index))? {
                let event = event?;
                if let Some(layer) = event.get("layer").and_then(Value::as_str).and_then(|word| word.parse().ok()) {
                    self.event(event, layer, mode);
                }
            }
            self.flush();
        }
        self.copy_model_calls(parent, until, mode)
    }

    fn copy_step(
        &mut self,
        index: u64,
        mut step: Object,
        branch: &Object,
        mode: CaptureMode,
        pictures: &mut BTreeSet<String>,
    ) -> Result<(), Refused> {
        step.entry("branch_context".to_owned()).or_insert_with(|| branch.clone().into());
        for key in ["observation_pre", "observation_post"] {
            if let Some(path) = step.get(key).and_then(Value::as_str).filter(|path| path.starts_with("screenshots/")) {
                pictures.insert(path.to_owned());
            }
        }
        self.redact(Family::Step, &mut step);
        if let (Some(step), _) = self.fit.mend(Schema::Step, step) {
            self.record_step(index, step, mode)?;
        }
        // The next emission at this index reads this one from its file.
        self.write_steps();
        Ok(())
    }

    fn copy_pictures(&mut self, parent: &Bundle, pictures: BTreeSet<String>) -> Result<(), Refused> {
        for path in pictures {
            match parent.read(&path) {
                Ok(bytes) => {
                    let written = self.bundle.store().write(&path, &bytes);
                    self.kept(written);
                }
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Calls keep their names, so that whoever knows the parent finds them in the branch.
    fn copy_model_calls(&mut self, parent: &Bundle, until: u64, mode: CaptureMode) -> Result<(), Refused> {
        if !mode.passes(Artifact::ModelCall) {
            return Ok(());
        }
        for reasoning in parent.reasoning()? {
            let reasoning = reasoning?;
            if reasoning.get("step_index").and_then(Value::as_u64).is_some_and(|index| index < until) {
                self.reasoned(reasoning, mode)?;
            }
        }
        for call in parent.model_calls()? {
            let (path, mut record) = call?;
            let name = path.rsplit('/').next().unwrap_or_default();
            let index = name.split('-').next().and_then(|index| index.parse::<u64>().ok());
            if index.is_none_or(|index| index >= until) {
                continue;
            }
            self.redact(Family::ModelCall, &mut record);
            if let (Some(record), _) = self.fit.mend(Schema::ModelCall, record) {
                let record = Value::Object(record);
                self.highest_called = self.highest_called.max(index);
                self.weigh_model_call(Self::weight(&record));
                let written = self.bundle.write_record(&path, &record);
                self.kept(written);
            }
        }
        Ok(())
    }
}
