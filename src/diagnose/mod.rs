//! Diagnosis: rules look through a bundle and say what went wrong, with the files that show it.
//!
//! ```
//! use tracing_augur::{bundle::Bundle, diagnose::{RulesEngine, Severity, load_pack}};
//! # use tracing_augur::{CaptureMode, Session};
//! # let root = tempfile::tempdir()?;
//! # let folder = root.path().join("run-1");
//! # let session = Session::builder("run-1", "agent", &folder).capture_mode(CaptureMode::Trace).open()?;
//! # session.record_step(&serde_json::json!({
//! #     "step_id": "run-1/step/0000", "step_index": 0, "step_type": "click", "status": "failed",
//! #     "started_at": "2026-01-01T00:00:00Z", "failure_class": "no_state_change", "action": {"type": "click"},
//! # }))?;
//! # session.close(None)?;
//!
//! let bundle = Bundle::open(&folder)?;
//! let diagnosis = RulesEngine::new(load_pack("cua")?).evaluate(&bundle)?;
//! for finding in &diagnosis.findings {
//!     println!("{} {} {}", finding.severity, finding.citation(), finding.summary);
//! }
//! assert!(diagnosis.reaches(Severity::Medium));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A rule of one's own is a function from a step and the one before it to findings:
//!
//! ```
//! use tracing_augur::diagnose::{Found, RulesEngine, Severity, load_pack, step_rule};
//!
//! let slow = step_rule("shop.slow_step", Severity::Low, |_, window, findings| {
//!     let took = window.step.step.get("duration_ms").and_then(|value| value.as_u64()).unwrap_or_default();
//!     if took > 30_000 {
//!         findings.add(Found::new(format!("Step {} took {took} ms.", window.step.index)).at(window.step));
//!     }
//!     Ok(())
//! });
//! let engine = RulesEngine::new(load_pack("cua")?).with_rule(slow);
//! assert_eq!(engine.rules().count(), 13);
//! # Ok::<(), tracing_augur::diagnose::UnknownPack>(())
//! ```

mod context;
mod cua;
mod engine;
mod finding;
mod pack;
mod write;

pub use context::{Context, Window};
pub use engine::{Diagnosis, Note, Rule, RuleResult, RulesEngine, step_rule};
pub use finding::{Evidence, EvidenceKind, Finding, Findings, Found, Severity};
pub use pack::{Pack, Packs, UnknownPack, load_pack};
pub use write::WriteError;
