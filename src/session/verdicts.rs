//! Verdicts, scores, judges and subgoals.

use super::{
    JudgeOptions, ScoreOptions, Session, SessionError, VerifierOptions,
    check::{given, index_in_range, object, share, texts},
    python::notation,
};
use crate::{
    pipeline::Amendment,
    record::{JudgeType, Object, Value, VerdictStatus},
    schema::Schema,
};
use serde::Serialize;

impl Session {
    /// Attaches what a verifier found to a step: it becomes the step's verdict and one of its judges' decisions.
    ///
    /// # Errors
    /// If there is no such step, if the check's name holds what looks like a secret, or if the session is closed.
    pub fn attach_verifier(
        &self,
        step_index: u64,
        status: VerdictStatus,
        options: &VerifierOptions,
    ) -> Result<(), SessionError> {
        // In the notation of another language a policy finds less than in the values themselves.
        let seen = |value: &Value| {
            let mut value = value.clone();
            self.policy.redact_ahead(&mut value);
            notation(&value)
        };
        let composed = || {
            let check = options.check.as_ref()?;
            Some(format!("{check}: expected={} actual={}", seen(&options.expected), seen(&options.actual)))
        };
        let reason = options.reason.clone().or_else(composed);
        let evidence = texts(options.evidence_refs.as_ref());
        let verdict = given([
            ("status", Some(status.into())),
            ("reason", reason.map(Value::from)),
            ("evidence_refs", evidence.clone()),
        ]);
        let judge_id = options.check.as_deref().unwrap_or("attach_verifier");
        let decision = given([
            ("judge_id", Some(judge_id.into())),
            ("judge_type", Some(JudgeType::Rule.into())),
            ("verdict", Some(verdict.clone().into())),
            ("judged_at", Some(self.time("judged_at", None)?.into())),
            ("evidence_refs", evidence),
        ]);
        self.judged(step_index, decision, Some((verdict, JudgeType::Rule, judge_id)))
    }

    /// Scores a step from 0 to 1; the nearest of them is taken. The rest of the verdict stays as it is; where there is none,
    /// its status is `unknown`.
    ///
    /// # Errors
    /// If a number is not finite, if there is no such step, or if the session is closed.
    pub fn set_score(&self, step_index: u64, score: f64, options: &ScoreOptions) -> Result<(), SessionError> {
        let components = options.components.as_ref().map(|components| {
            let members = components.iter().map(|(key, value)| (key.clone(), Value::from(value.clone())));
            Value::Object(members.collect())
        });
        let uncertainty = options.uncertainty.map(|uncertainty| share("uncertainty", uncertainty)).transpose()?;
        let verdict = given([
            ("score", Some(share("score", score)?.into())),
            ("comparator", options.comparator.map(Value::from)),
            ("score_components", components),
            ("should_stop", options.should_stop.map(Value::from)),
            ("uncertainty", uncertainty.map(Value::from)),
        ]);
        let mut whole = verdict.clone();
        whole.insert("status".to_owned(), VerdictStatus::Unknown.into());
        self.check_members("score", &Object::from([("verdict".to_owned(), whole.into())]))?;
        self.check_open()?;
        index_in_range(step_index)?;
        let (members, mode) = (Object::from([("verdict".to_owned(), verdict.into())]), self.gate());
        self.ask(1024, move |road| road.amend(step_index, members, mode, Amendment::Score))
    }

    /// Adds a judge's decision to a step. The verdict has a `status` and may have `reason`, `score` and `evidence_refs`;
    /// unless told otherwise it becomes the step's own.
    ///
    /// # Errors
    /// If the verdict does not fit its schema, the judge's id holds what looks like a secret or a number is not finite; if
    /// there is no such step, or if the session is closed.
    pub fn record_judge_decision(
        &self,
        step_index: u64,
        judge_id: &str,
        judge_type: JudgeType,
        verdict: &(impl Serialize + ?Sized),
        options: &JudgeOptions,
    ) -> Result<(), SessionError> {
        let verdict = object("verdict", verdict)?;
        let confidence = options.confidence.map(|confidence| share("confidence", confidence)).transpose()?;
        let decision = given([
            ("judge_id", Some(judge_id.into())),
            ("judge_type", Some(judge_type.into())),
            ("verdict", Some(verdict.clone().into())),
            ("confidence", confidence.map(Value::from)),
            ("evidence_refs", texts(options.evidence_refs.as_ref())),
            ("judged_at", Some(self.time("judged_at", options.judged_at.as_deref())?.into())),
        ]);
        self.judged(step_index, decision, options.promote.then_some((verdict, judge_type, judge_id)))
    }

    fn judged(
        &self,
        step_index: u64,
        decision: Object,
        promoted: Option<(Object, JudgeType, &str)>,
    ) -> Result<(), SessionError> {
        self.fits(Schema::JudgeDecision, "decision", &decision)?;
        let mut members = Object::from([("judge_decisions".to_owned(), Value::Array(vec![decision.into()]))]);
        if let Some((verdict, judge_type, judge_id)) = promoted {
            members.insert("verdict".to_owned(), verdict.into());
            members.insert("verdict_source".to_owned(), format!("{judge_type}:{judge_id}").into());
        }
        self.patch(step_index, members, Amendment::Append)
    }

    /// Notes how far a subgoal is at a step, from 0 to 1; the nearest of them is taken. One that is complete says at which
    /// step it was for the first time: the lowest, in whatever order they are told.
    ///
    /// # Errors
    /// If the number is not finite or the id holds what looks like a secret; if there is no such step, or if the session is
    /// closed.
    pub fn record_subgoal_completion(
        &self,
        step_index: u64,
        subgoal_id: &str,
        completion: f64,
    ) -> Result<(), SessionError> {
        index_in_range(step_index)?;
        let completion = share("completion", completion)?;
        let entry = given([("subgoal_id", Some(subgoal_id.into())), ("completion", Some(completion.clone().into()))]);
        let members = Object::from([("subgoals_completed".to_owned(), Value::Array(vec![entry.into()]))]);
        self.check_members("subgoal", &members)?;
        let declared = self.open_state()?.subgoals.as_ref().is_none_or(|declared| declared.contains(subgoal_id));
        if !declared {
            tracing::warn!(target: "tracing_augur", "a subgoal was completed that the task does not declare");
        }
        let (id, mode) = (subgoal_id.to_owned(), self.gate());
        self.ask(1024, move |road| road.subgoal(step_index, &id, completion, mode))
    }
}
