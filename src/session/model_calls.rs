//! Model calls.

use super::{
    Session, SessionError,
    check::{index_in_range, object, secret, stated_index_in_range, weight},
};
use crate::{
    adapters::current_model_scope,
    pipeline::{Known, Road},
    record::{ModelLayer, Object, Timestamp, Value},
    redact::Family,
    schema::Schema,
};
use serde::Serialize;

impl Session {
    /// Records a model call and returns its path in the bundle; `None` below mode `model_io`. `ts`, `schema_version` and the
    /// layer (`model`) are filled in where they are absent; inside a [`model_scope`](crate::adapters::model_scope) that is
    /// the layer of the scope, and its step for a call that names none. The step that is named, if it is known, says in its
    /// versions which model and prompt ran. A call with the `prompt_hash` and the response of one before, at the same step
    /// and layer, is that call: its path is returned and nothing is kept twice.
    ///
    /// # Errors
    /// If the record does not fit its schema, or if the session is closed.
    pub fn record_modelio(
        &self,
        record: &(impl Serialize + ?Sized),
        step_index: Option<u64>,
        layer: Option<ModelLayer>,
    ) -> Result<Option<String>, SessionError> {
        self.record_modelio_object(object("record", record)?, step_index, layer)
    }

    /// The same for a call that its caller has as an object and does not need any more.
    ///
    /// # Errors
    /// As [`record_modelio`](Self::record_modelio).
    pub fn record_modelio_object(
        &self,
        record: Object,
        step_index: Option<u64>,
        layer: Option<ModelLayer>,
    ) -> Result<Option<String>, SessionError> {
        let (mut record, step_index) = self.model_call(record, step_index, layer)?;
        self.check(Schema::ModelCall, "record", &mut record, Family::ModelCall)?;
        stated_index_in_range(&record)?;
        self.keep_call(record, step_index, Known::Fitting)
    }

    /// The same for a record that need not fit its schema: what does not fit is left out, and an event says so.
    ///
    /// # Errors
    /// If nothing that fits is left, if a name in it holds what looks like a secret, or if the session is closed.
    pub fn record_modelio_unchecked(
        &self,
        record: &(impl Serialize + ?Sized),
        step_index: Option<u64>,
        layer: Option<ModelLayer>,
    ) -> Result<Option<String>, SessionError> {
        let (mut record, step_index) = self.model_call(object("record", record)?, step_index, layer)?;
        if let Some(path) = Road::tainted(&self.policy, Family::ModelCall, &mut record) {
            return Err(secret("record", path));
        }
        self.count_unfit(Schema::ModelCall, &record);
        self.keep_call(record, step_index, Known::Named)
    }

    fn model_call(
        &self,
        mut record: Object,
        step_index: Option<u64>,
        layer: Option<ModelLayer>,
    ) -> Result<(Object, Option<u64>), SessionError> {
        let scope = current_model_scope();
        let layer = layer.or_else(|| scope.map(|scope| scope.layer));
        // A call that says itself where it belongs is not the scope's to place.
        let scope = scope.filter(|_| !record.contains_key("step_index"));
        let step_index = step_index.or_else(|| scope?.step_index);
        for (key, value) in [
            ("layer", Value::from(layer.unwrap_or(ModelLayer::Model))),
            ("schema_version", crate::SCHEMA_VERSION.into()),
            ("ts", Timestamp::from(self.ambient.now()).to_string().into()),
        ] {
            record.entry(key.to_owned()).or_insert(value);
        }
        if let Some(index) = step_index {
            index_in_range(index)?;
            record.entry("step_index".to_owned()).or_insert(index.into());
        }
        if let (true, Some(Value::Object(response))) = (self.capture_logprobs, record.get_mut("response")) {
            response.entry("logprobs".to_owned()).or_insert_with(|| Value::Array(Vec::new()));
        }
        Ok((record, step_index))
    }

    fn keep_call(&self, record: Object, step_index: Option<u64>, known: Known) -> Result<Option<String>, SessionError> {
        let layer = record.get("layer").and_then(Value::as_str).and_then(|word| word.parse().ok());
        let (layer, mode) = (layer.unwrap_or(ModelLayer::Model), self.gate());
        self.ask(weight(&record), move |road| road.recorded_call(step_index, layer, record, mode, known))
    }
}
