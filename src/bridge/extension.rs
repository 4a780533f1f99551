//! What a span can be told beyond its fields: pictures, and values with a structure.

use super::{door::Door, effects, layers::places, node::Place, observation};
use crate::{
    CaptureMode,
    bundle::Moment,
    pipeline::{Picture, Road, Urgency},
    record::{ModelLayer, Object, Timestamp, Value, to_value},
    redact::PixelRect,
    session::EffectOptions,
};
use serde::Serialize;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};
use tracing::{Dispatch, Span, span::Id};

/// The largest picture that is kept, in bytes.
pub(crate) const LARGEST_PICTURE: usize = 32 * 1024 * 1024;

/// What a picture must be, for messages.
pub(crate) const PICTURE_RULE: &str = "a PNG of at most 32 MiB";

/// What every PNG begins with.
pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Gives a span what fields cannot hold: pictures and structured values.
///
/// A span that is no step hands on to the nearest step around it. Outside a run, and where the layer is not installed, the
/// calls do nothing. What cannot be used is told in the run's own events, and the step stands all the same.
///
/// ```
/// use tracing_augur::{Moment, SpanExt};
///
/// let step = tracing::info_span!("click", augur.step.type = "click");
/// # let png: Vec<u8> = Vec::new();
/// step.record_screenshot(Moment::Before, png);
/// step.record_grounding(&serde_json::json!({
///     "provider": "template-match", "provenance": "screenshot",
///     "coordinates": {"x": 412, "y": 230}, "confidence": 0.97,
/// }));
/// ```
pub trait SpanExt {
    /// Keeps a picture (PNG, at most 32 MiB) of before or after the action. It is not decoded, unless the policy has regions
    /// to paint over.
    fn record_screenshot(&self, moment: Moment, png: impl Into<Vec<u8>>) -> &Self;

    /// The same with regions of the picture painted black before its bytes go anywhere; the picture is decoded for it. One
    /// that cannot be is dropped, and the run's events say why.
    fn record_masked_screenshot(&self, moment: Moment, png: impl Into<Vec<u8>>, regions: &[PixelRect]) -> &Self;

    /// Sets the step's `action`: `type`, `params`, `coordinate_space`, `dispatch_backend`.
    fn record_action(&self, action: &(impl Serialize + ?Sized)) -> &Self;

    /// Sets the step's `grounding`: `provider`, `provenance`, `coordinates`, `confidence`, `target_label`, `evidence`.
    fn record_grounding(&self, grounding: &(impl Serialize + ?Sized)) -> &Self;

    /// Sets the step's `verdict`: `status`, `reason`, `score`, …
    fn record_verdict(&self, verdict: &(impl Serialize + ?Sized)) -> &Self;

    /// Records a model call of the step: an object with `request` and `response` as the model call schema has them.
    fn record_model_call(&self, layer: ModelLayer, call: &(impl Serialize + ?Sized)) -> &Self;

    /// Sets the member of the step at a dotted path, such as `recovery_decision` or `costs.total_usd`.
    fn record_member(&self, path: &str, value: &(impl Serialize + ?Sized)) -> &Self;

    /// Declares a change to the outside, such as a payment, before it is made, and returns its id. When this returns, the
    /// declaration is on disk, whatever durability the run has: after a crash it tells what may have happened. A disk that
    /// hangs is waited for for 5 s, and then the declaration counts as pending.
    ///
    /// An id that is open already is declared anew. Without a step there is an id all the same, and nothing is declared.
    ///
    /// ```
    /// use tracing_augur::{SpanExt, session::EffectOptions};
    ///
    /// let step = tracing::info_span!("pay", augur.step.type = "pay");
    /// let payment = step.declare_side_effect("orders/17", "pay", &EffectOptions::default());
    /// # fn pay() -> Result<u64, String> { Ok(1) }
    /// match pay() {
    ///     Ok(receipt) => step.commit_side_effect(&payment, &receipt),
    ///     Err(error) => step.abort_side_effect(&payment, &error),
    /// };
    /// ```
    fn declare_side_effect(&self, resource: &str, action: &str, options: &EffectOptions) -> String;

    /// Says that a declared change was made, and what came back: any value; a list is stored under `items`, `null` not at all.
    fn commit_side_effect(&self, side_effect_id: &str, observed_result: &(impl Serialize + ?Sized)) -> &Self;

    /// Says that a declared change was not made.
    fn abort_side_effect(&self, side_effect_id: &str, reason: &str) -> &Self;

    /// Says what there is to know of a picture beside the picture: `url`, `title`, `viewport`, `scroll`, `coordinate_space`, as
    /// the observation schema has them. They become a decision event of the step.
    fn record_observation(&self, moment: Moment, details: &(impl Serialize + ?Sized)) -> &Self;

    /// Sets how much is kept of the run that the span belongs to, from here on and on every exit. The mode that the manifest
    /// names stays the one of the settings; where those are `off`, nothing listens and this does nothing. Of a span that is
    /// open while the mode is turned up, OTLP gets what the lower mode admits.
    fn set_capture_mode(&self, mode: CaptureMode) -> &Self;

    /// Goes back to the capture mode of the settings.
    fn clear_capture_mode(&self) -> &Self;
}

impl SpanExt for Span {
    fn record_screenshot(&self, moment: Moment, png: impl Into<Vec<u8>>) -> &Self {
        self.record_masked_screenshot(moment, png, &[])
    }

    fn record_masked_screenshot(&self, moment: Moment, png: impl Into<Vec<u8>>, regions: &[PixelRect]) -> &Self {
        let mut given = Some(png);
        let mut copies: Option<Vec<u8>> = None;
        in_step(self, |step| {
            let (door, run) = (step.door, &step.place.run);
            let mode = run.lane.mode();
            if run.lane.dial.heard() < CaptureMode::Screenshots {
                return;
            }
            let png = match given.take() {
                Some(png) => png.into(),
                None => copies.take().unwrap_or_default(),
            };
            if step.is_followed {
                copies = Some(png.clone());
            }
            let index = step.index;
            if let Some(problem) = unusable_picture(&png) {
                let summary = format!("the picture {} the action was left out: {problem}", word(moment));
                let work = move |road: &mut Road| road.adapter_error(Some(index), summary, Object::new());
                door.pipeline.submit(Arc::clone(&run.lane), 256, Urgency::Soon, Duration::ZERO, work);
                return;
            }
            let weight = png.len();
            let picture = Picture { moment, png, regions: regions.to_vec() };
            door.pipeline.submit(Arc::clone(&run.lane), weight, Urgency::Soon, door.patience(), move |road| {
                // Why one was dropped is told in the run's events.
                let _ = road.screenshot(index, &picture, mode, true);
            });
        });
        self
    }

    fn record_action(&self, action: &(impl Serialize + ?Sized)) -> &Self {
        self.record_member("action", action)
    }

    fn record_grounding(&self, grounding: &(impl Serialize + ?Sized)) -> &Self {
        self.record_member("grounding", grounding)
    }

    fn record_verdict(&self, verdict: &(impl Serialize + ?Sized)) -> &Self {
        self.record_member("verdict", verdict)
    }

    fn record_model_call(&self, layer: ModelLayer, call: &(impl Serialize + ?Sized)) -> &Self {
        in_step(self, |step| {
            let (run, index) = (&step.place.run, step.index);
            let mode = run.lane.mode();
            let value = read(call);
            step.door.submit(Arc::clone(run), weight(&value), move |_, road| match value {
                Ok(Value::Object(mut record)) => {
                    for (key, value) in [
                        ("schema_version", Value::from(crate::SCHEMA_VERSION)),
                        ("ts", Timestamp::now().to_string().into()),
                    ] {
                        record.entry(key.to_owned()).or_insert(value);
                    }
                    record.insert("layer".into(), layer.into());
                    record.insert("step_index".into(), index.into());
                    road.model_call(Some(index), layer, record, mode);
                }
                Ok(other) => {
                    let summary = format!("a model call was left out: expected an object, got {}", other.kind());
                    road.adapter_error(Some(index), summary, Object::new());
                }
                Err(error) => {
                    road.adapter_error(Some(index), format!("a model call was left out: {error}"), Object::new());
                }
            });
        });
        self
    }

    fn record_member(&self, path: &str, value: &(impl Serialize + ?Sized)) -> &Self {
        in_step(self, |step| {
            let (run, index) = (&step.place.run, step.index);
            let mode = run.lane.mode();
            let (path, value) = (path.to_owned(), read(value));
            if path == "sensitive" {
                step.door.mark_sensitive(run, index);
            }
            if let (Ok(value), false) = (&value, step.is_followed) {
                set_on_span(step.id, step.dispatch, &format!("augur.{path}"), value);
            }
            step.door.submit(Arc::clone(run), weight(&value), move |assembly, road| match value {
                Ok(value) => assembly.take_member(road, index, &path, &value, mode),
                Err(error) => road.adapter_error(Some(index), format!("{path} was left out: {error}"), Object::new()),
            });
        });
        self
    }

    fn declare_side_effect(&self, resource: &str, action: &str, options: &EffectOptions) -> String {
        effects::declare(self, resource, action, options)
    }

    fn commit_side_effect(&self, side_effect_id: &str, observed_result: &(impl Serialize + ?Sized)) -> &Self {
        effects::commit(self, side_effect_id, observed_result);
        self
    }

    fn abort_side_effect(&self, side_effect_id: &str, reason: &str) -> &Self {
        effects::abort(self, side_effect_id, reason);
        self
    }

    fn record_observation(&self, moment: Moment, details: &(impl Serialize + ?Sized)) -> &Self {
        in_step(self, |step| {
            let (run, index) = (&step.place.run, step.index);
            let (mode, details) = (run.lane.mode(), read(details));
            let at = Timestamp::from(step.door.now());
            step.door.submit(Arc::clone(run), weight(&details), move |_, road| match details {
                Ok(Value::Object(details)) => observation::tell(road, index, moment, details, at, mode),
                Ok(other) => {
                    let summary = format!("an observation was left out: expected an object, got {}", other.kind());
                    road.adapter_error(Some(index), summary, Object::new());
                }
                Err(error) => {
                    road.adapter_error(Some(index), format!("an observation was left out: {error}"), Object::new());
                }
            });
        });
        self
    }

    fn set_capture_mode(&self, mode: CaptureMode) -> &Self {
        in_run(self, |door, place| {
            place.run.lane.dial.turn(mode);
            door.turned_to(mode);
        });
        self
    }

    fn clear_capture_mode(&self) -> &Self {
        in_run(self, |_, place| place.run.lane.dial.turn_back());
        self
    }
}

/// Finds the run that a span belongs to, in each layer of ours.
fn in_run(span: &Span, act: impl Fn(&Door, &Place)) {
    span.with_subscriber(|(id, dispatch)| {
        for (door, place) in places(dispatch, id).iter() {
            act(door, place);
        }
    });
}

/// Reads a value of the agent's, whose own code runs here and may panic.
fn read(value: &(impl Serialize + ?Sized)) -> Result<Value, String> {
    match catch_unwind(AssertUnwindSafe(|| to_value(value))) {
        Ok(read) => read.map_err(|error| error.to_string()),
        Err(_) => Err("reading it panicked".to_owned()),
    }
}

fn weight(value: &Result<Value, String>) -> usize {
    512 + value.as_ref().map_or(0, Road::weight)
}

const fn word(moment: Moment) -> &'static str {
    match moment {
        Moment::Before => "before",
        Moment::After => "after",
    }
}

/// Why bytes are no picture that a bundle can hold; `None` if they are one.
pub(crate) fn unusable_picture(png: &[u8]) -> Option<String> {
    if png.is_empty() {
        return Some("it is empty".to_owned());
    }
    if !png.starts_with(PNG) {
        return Some("it is not a PNG; encode the screenshot as PNG first".to_owned());
    }
    (png.len() > LARGEST_PICTURE).then(|| {
        format!("it has {} bytes and at most {LARGEST_PICTURE} are kept; scale the screenshot down", png.len())
    })
}

/// The step that a span belongs to, in one layer of ours.
pub(super) struct InStep<'a> {
    pub(super) door: &'a Arc<Door>,
    pub(super) place: &'a Place,
    pub(super) index: u64,
    /// Another layer has a step for the span too, and comes after this one.
    pub(super) is_followed: bool,
    id: &'a Id,
    dispatch: &'a Dispatch,
}

#[cfg(feature = "otlp")]
impl InStep<'_> {
    /// Says something on the OpenTelemetry side of the span, once, where the exporter is ours and redacts it.
    pub(super) fn tell<const N: usize>(&self, name: &'static str, attributes: [(&'static str, &str); N]) {
        if self.door.exports.load(std::sync::atomic::Ordering::Relaxed)
            && let Some(span) = crate::otlp::OpenSpan::find(self.id, self.dispatch)
        {
            span.add_event(name, attributes);
        }
    }
}

/// Finds the step that a span belongs to, in each layer of ours.
pub(super) fn in_step(span: &Span, mut act: impl FnMut(InStep<'_>)) {
    span.with_subscriber(|(id, dispatch)| {
        let places = places(dispatch, id);
        let mut steps = places.iter().filter_map(|(door, place)| Some((door, place, place.role.step?))).peekable();
        while let Some((door, place, index)) = steps.next() {
            act(InStep { door, place, index, is_followed: steps.peek().is_some(), id, dispatch });
        }
    });
}

/// Shows the same on the OpenTelemetry side of the span; the exporter gates and redacts it.
#[cfg(feature = "otlp")]
fn set_on_span(id: &Id, dispatch: &Dispatch, name: &str, value: &Value) {
    let mut flat = Vec::new();
    flatten(name, value, &mut flat);
    crate::otlp::set_attributes(id, dispatch, flat);
}

#[cfg(feature = "otlp")]
fn flatten(name: &str, value: &Value, flat: &mut Vec<(opentelemetry::Key, opentelemetry::Value)>) {
    let value = match value {
        Value::Object(members) => {
            for (key, member) in members {
                flatten(&format!("{name}.{key}"), member, flat);
            }
            return;
        }
        Value::Null => return,
        Value::Bool(value) => (*value).into(),
        Value::String(text) => text.clone().into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            // Rather a text than a number that is not quite the one.
            None if number.is_integer() => number.to_string().into(),
            None => number.as_f64().into(),
        },
        Value::Array(_) => value.to_string().into(),
    };
    flat.push((opentelemetry::Key::from(name.to_owned()), value));
}

#[cfg(not(feature = "otlp"))]
fn set_on_span(_: &Id, _: &Dispatch, _: &str, _: &Value) {}
