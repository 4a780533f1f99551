//! Outcomes of steps and runs, and tags for evaluation.

use super::{
    OutcomeOptions, OutcomeScope, Session, SessionError,
    check::{given, index_in_range, text, weight},
};
use crate::{
    record::{Object, Value},
    redact::Family,
    schema::Schema,
};

/// What an outcome keeps of a verdict.
const VERDICT: &[&str] = &["reason", "score", "status"];

impl Session {
    /// Says how a step or the run turned out, in place of what was said before. Returns the record as it is kept, also
    /// where the mode keeps none.
    ///
    /// # Errors
    /// If verdict or costs do not fit their schema, if there is no such step, or if the session is closed.
    pub fn finalize_outcome(&self, scope: OutcomeScope, options: &OutcomeOptions) -> Result<Value, SessionError> {
        let (word, index) = match scope {
            OutcomeScope::Session => ("session", None),
            OutcomeScope::Step(index) => ("step", Some(index)),
        };
        index.map_or(Ok(()), index_in_range)?;
        let mut record = given([
            ("scope", Some(word.into())),
            ("step_index", index.map(Value::from)),
            ("task_class", text(options.task_class.as_ref())),
            ("verdict", options.verdict.clone().and_then(kept_of)),
            ("cost_summary", options.cost_summary.clone().map(Value::from)),
            ("finalized_at", Some(self.time("finalized_at", None)?.into())),
        ]);
        self.check(Schema::Outcome, "outcome", &mut record, Family::Outcome)?;
        let mode = self.gate();
        self.ask(weight(&record), move |road| {
            if let Some(index) = index.filter(|_| mode > crate::CaptureMode::Off) {
                let (verdict, costs) = road.step_result(index)?;
                let verdict = verdict.and_then(|verdict| kept_of(verdict.as_object()?.clone()));
                for (key, value) in [("verdict", verdict), ("cost_summary", costs)] {
                    if let (Some(value), false) = (value, record.contains_key(key)) {
                        record.insert(key.to_owned(), value);
                    }
                }
            } else if index.is_none() && !record.contains_key("cost_summary") {
                record.insert("cost_summary".to_owned(), road.cost_summary()?.into());
            }
            road.outcome(record, mode)
        })
    }

    /// Proposes a step, which need not be there yet, as a case for evaluation. The last tag of a step counts.
    ///
    /// # Errors
    /// If the cluster's id holds what looks like a secret, or if the session is closed.
    pub fn mark_for_eval(
        &self,
        step_index: u64,
        reason: &str,
        candidate_cluster_id: Option<&str>,
    ) -> Result<(), SessionError> {
        index_in_range(step_index)?;
        let mut record = given([
            ("step_index", Some(step_index.into())),
            ("reason", Some(reason.into())),
            ("candidate_cluster_id", candidate_cluster_id.map(Value::from)),
            ("tagged_at", Some(self.time("tagged_at", None)?.into())),
        ]);
        self.check(Schema::EvalCandidate, "tag", &mut record, Family::EvalCandidate)?;
        let mode = self.gate();
        self.run(weight(&record), move |road| road.eval_tag(record, mode).map_err(SessionError::from))
    }
}

/// What an outcome keeps of a verdict; `None` of an empty one.
fn kept_of(mut verdict: Object) -> Option<Value> {
    verdict.retain(|key, _| VERDICT.contains(&key.as_str()));
    (!verdict.is_empty()).then(|| verdict.into())
}
