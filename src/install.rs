//! From settings to a layer, and from a name to a whole subscriber.

use crate::{
    CaptureMode, Config, ConfigError, Guard,
    bridge::{AugurLayer, Door, Settings, Wanted},
    config::Resolved,
    console::console,
    guard::Recorder,
    pipeline::Pipeline,
};
#[cfg(feature = "otlp")]
use crate::{
    bridge::is_our_own,
    filter::{Says, TargetFilter},
};
use std::{
    io,
    sync::{Arc, atomic::AtomicBool},
};
#[cfg(feature = "otlp")]
use tracing::level_filters::LevelFilter;
use tracing::{Subscriber, subscriber::set_global_default};
#[cfg(feature = "otlp")]
use tracing_subscriber::filter::{FilterFn, filter_fn};
use tracing_subscriber::{Layer, Registry, layer::SubscriberExt, registry::LookupSpan};

/// A layer for any subscriber that can look spans up.
pub type BoxedLayer<S> = Box<dyn Layer<S> + Send + Sync>;

/// Why recording could not be set up. Nothing was installed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// A setting cannot be followed.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A subscriber is installed already, by an earlier `init` or by another library.
    #[error(
        "a global tracing subscriber is installed already; call `init` once and first, or add `tracing_augur::layer(…)` to \
         the subscriber that you install yourself"
    )]
    AlreadyInstalled,
    /// The system gave no thread.
    #[error("the recorder's thread could not be started: {0}")]
    Thread(#[from] io::Error),
    /// OTLP cannot be set up as the environment asks.
    #[cfg(feature = "otlp")]
    #[error("{0}; fix it, or set OTEL_SDK_DISABLED=true to go without OTLP")]
    Otlp(String),
}

/// Records this process: installs a global subscriber with our layer, a console, and OTLP where the environment has an
/// endpoint. Everything else comes from the environment; see [`Config`].
///
/// ```no_run
/// let _augur = tracing_augur::init("my-agent")?;
/// # Ok::<(), tracing_augur::InstallError>(())
/// ```
///
/// # Errors
/// If a subscriber is installed already or a setting cannot be followed. An unwritable folder is no error here: the agent
/// runs on, and the log says what to do.
pub fn init(client_name: &str) -> Result<Guard, InstallError> {
    Config::new(client_name).init()
}

/// The recorder as a layer for a subscriber of your own. It needs nothing but [`LookupSpan`], and goes beside `fmt`,
/// `EnvFilter` and an OpenTelemetry layer of yours, whose ids it links if it is added before that one. Several of ours record
/// apart from each other. In a [`reload`](tracing_subscriber::reload) layer it can be taken out and put in again; it must be
/// in there from the start, because that is when its filter is registered. A filter of the whole subscriber, such as an
/// `EnvFilter` that is added by itself, hides from this layer too: give filters to the layers that they are meant for.
///
/// ```no_run
/// use tracing_subscriber::prelude::*;
///
/// let (augur, _guard) = tracing_augur::layer(tracing_augur::Config::new("my-agent"))?;
/// tracing_subscriber::registry().with(augur).with(tracing_subscriber::fmt::layer()).init();
/// # Ok::<(), tracing_augur::InstallError>(())
/// ```
///
/// # Errors
/// If a setting cannot be followed.
pub fn layer<S>(config: Config) -> Result<(BoxedLayer<S>, Guard), InstallError>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let resolved = config.resolve(&from_environment)?;
    build(&resolved, false)
}

impl Config {
    /// Records this process with these settings; see [`init`].
    ///
    /// # Errors
    /// As [`init`].
    pub fn init(self) -> Result<Guard, InstallError> {
        let resolved = self.resolve(&from_environment)?;
        let (augur, guard) = build::<Registry>(&resolved, true)?;
        let console =
            resolved.console.then(|| console(resolved.policy.clone(), std::env::var("RUST_LOG").ok().as_deref()));
        let subscriber = Registry::default().with(augur).with(console);
        set_global_default(subscriber).map_err(|_| InstallError::AlreadyInstalled)?;
        if resolved.panic_hook && guard.recorder.door.is_some() {
            crate::panics::record_panics();
        }
        #[cfg(feature = "otlp")]
        for warning in guard.recorder.otlp.iter().flat_map(|otlp| otlp.warnings()) {
            tracing::warn!(target: "tracing_augur", "{warning}");
        }
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        for warning in crate::config::misspelt(names) {
            tracing::warn!(target: "tracing_augur", "{warning}");
        }
        if resolved.mode == CaptureMode::Off && !resolved.disabled {
            tracing::info!(
                target: "tracing_augur",
                "capture is off; AUGUR_CAPTURE_MODE=trace (or screenshots, model_io, full) writes bundles to {}",
                resolved.root.display()
            );
        }
        Ok(guard)
    }
}

fn from_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

pub(crate) fn build<S>(resolved: &Resolved, otlp_by_environment: bool) -> Result<(BoxedLayer<S>, Guard), InstallError>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let on = !resolved.disabled && resolved.mode != CaptureMode::Off;
    let door = on.then(|| open_door(resolved)).transpose()?;
    // Where nothing is captured, no filter of ours may cost anything either.
    let ours =
        door.as_ref().map(|door| AugurLayer::new(Arc::clone(door)).with_filter(Wanted { door: Arc::clone(door) }));
    #[cfg(feature = "otlp")]
    let otlp = start_otlp(resolved, otlp_by_environment)?;
    #[cfg(feature = "otlp")]
    if let Some(door) = &door {
        let spans = otlp.as_ref().is_some_and(|otlp| otlp.tracer().is_some());
        door.exports.store(spans, std::sync::atomic::Ordering::Relaxed);
        if let Some(exit) = otlp.as_ref().and_then(|otlp| otlp.log_exit()) {
            let _ = door.exit.set(exit);
        }
    }
    #[cfg(not(feature = "otlp"))]
    let _ = otlp_by_environment;
    // An `Option` of a layer does not hand on the registration of the dispatcher, which ours needs, so none is kept inside.
    #[cfg(feature = "otlp")]
    let layer: BoxedLayer<S> =
        match (ours, otlp.as_ref().and_then(|otlp| Some(otlp.layer()?.with_filter(users(resolved.filter.clone()))))) {
            // Ours stands in front: there the ids of a span can be read and its attributes set while it closes.
            (Some(ours), Some(otlp)) => Box::new(ours.and_then(otlp)),
            (Some(ours), None) => Box::new(ours),
            (None, Some(otlp)) => Box::new(otlp),
            (None, None) => nothing(),
        };
    #[cfg(not(feature = "otlp"))]
    let layer: BoxedLayer<S> = ours.map_or_else(nothing, |ours| Box::new(ours));
    let recorder = Recorder {
        door,
        #[cfg(feature = "otlp")]
        otlp,
        deadline: resolved.deadline,
        verbose: resolved.verbose,
        over: AtomicBool::new(false),
    };
    let guard = Guard { recorder: Arc::new(recorder) };
    Ok((layer, guard))
}

/// A layer that costs nothing.
fn nothing<S: Subscriber>() -> BoxedLayer<S> {
    Box::new(None::<tracing_subscriber::layer::Identity>)
}

fn open_door(resolved: &Resolved) -> Result<Arc<Door>, InstallError> {
    let ambient = resolved.ambient.clone();
    let settings = Settings {
        root: resolved.root.clone(),
        client: resolved.client.clone(),
        mode: resolved.mode,
        durability: resolved.durability,
        flight_recorder: resolved.flight_recorder,
        fingerprint: resolved.fingerprint,
        retention: resolved.retention,
        sampling: resolved.sampling,
        filter: resolved.filter.clone(),
        policy: resolved.policy.clone(),
        ambient: ambient.clone(),
    };
    Ok(Arc::new(Door::new(settings, Pipeline::start(resolved.queue_bytes, ambient)?)))
}

#[cfg(feature = "otlp")]
fn start_otlp(resolved: &Resolved, by_environment: bool) -> Result<Option<crate::otlp::Otlp>, InstallError> {
    if resolved.disabled || !resolved.otlp.unwrap_or(by_environment) {
        return Ok(None);
    }
    let refused = |error: &dyn std::fmt::Display| InstallError::Otlp(error.to_string());
    // Who asks for OTLP in so many words gets it without an endpoint too: at the usual place on this machine.
    let env = |name: &str| {
        from_environment(name)
            .or_else(|| (name == "OTEL_TRACES_EXPORTER" && resolved.otlp == Some(true)).then(|| "otlp".to_owned()))
    };
    let settings =
        crate::otlp::Settings::read(&env, resolved.otlp_endpoint.as_deref()).map_err(|error| refused(&error))?;
    let Some(settings) = settings else { return Ok(None) };
    crate::otlp::Otlp::start(&settings, &resolved.service_name, resolved.policy.clone(), resolved.mode)
        .map(Some)
        .map_err(|error| refused(&error))
}

/// What leaves as OTLP: what the filter names, and else the user's own.
#[cfg(feature = "otlp")]
fn users(filter: Option<TargetFilter>) -> FilterFn<impl Fn(&tracing::Metadata<'_>) -> bool> {
    filter_fn(move |metadata| {
        !is_our_own(metadata.target())
            && match filter.as_ref().map(|filter| filter.says(metadata.target(), metadata.level())) {
                Some(Says::Hear) => true,
                Some(Says::Ignore) => false,
                Some(Says::From(level)) => is_users(metadata, level),
                None => is_users(metadata, LevelFilter::INFO),
            }
    })
}

/// The user's own spans and events from a level on: not the machinery's.
#[cfg(feature = "otlp")]
fn is_users(metadata: &tracing::Metadata<'_>, from: LevelFilter) -> bool {
    const MACHINERY: &[&str] = &["h2", "hyper", "hyper_util", "tonic", "tower", "reqwest", "rustls"];
    let root = metadata.target().split("::").next().unwrap_or_default();
    *metadata.level() <= from && !MACHINERY.contains(&root)
}
