//! The engine: order, limits, own rules and packs, and rules that fail.

use crate::{diagnosed, diagnosed_by, recorded, step, support::bundles, told};
use serde_json::json;
use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
};
use tracing_augur::diagnose::{
    Context, EvidenceKind, Findings, Found, Pack, Packs, Rule, RuleResult, RulesEngine, Severity, load_pack, step_rule,
};

/// A run of ordinary steps.
fn ordinary(name: &str, steps: u64) -> PathBuf {
    recorded(bundles(name).join("run"), |session| (0..steps).for_each(|index| step(session, index, json!({}))))
}

fn every_step(id: &str, severity: Severity) -> impl Rule + use<> {
    step_rule(id, severity, |_, window, findings| {
        findings.add(Found::new("seen").at(window.step));
        Ok(())
    })
}

#[test]
fn findings_are_sorted_by_severity_step_and_rule() {
    let folder = ordinary("diagnose_order", 2);
    let engine = RulesEngine::default()
        .with_rule(every_step("t.b", Severity::Low))
        .with_rule(OncePerBundle)
        .with_rule(every_step("t.a", Severity::Low))
        .with_rule(every_step("t.z", Severity::Critical));
    let diagnosis = diagnosed_by(&engine, &folder);
    assert_eq!(told(&diagnosis), ["z 0", "z 1", "once", "a 0", "b 0", "a 1", "b 1"]);
    assert_eq!((diagnosis.steps, diagnosis.worst), (2, Some(Severity::Critical)));
    assert_eq!(diagnosis.count(Severity::Low), 5);
    assert!(diagnosis.reaches(Severity::Critical) && diagnosis.reaches(Severity::Info));
    assert!(!diagnosed(&folder).reaches(Severity::Info));
}

struct OncePerBundle;

impl Rule for OncePerBundle {
    fn id(&self) -> &str {
        "t.once"
    }

    fn evaluate(&self, context: &Context<'_>, findings: &mut Findings) -> RuleResult {
        assert_eq!(context.session().get("run_id").and_then(|id| id.as_str()), Some("run"));
        assert!(context.manifest().is_some() && context.log_paths()?.is_empty());
        findings.add(Found::new("the run").with_severity(Severity::Low));
        Ok(())
    }
}

#[test]
fn a_finding_without_evidence_points_at_the_trace() {
    let folder = ordinary("diagnose_without_evidence", 1);
    let findings = diagnosed_by(&RulesEngine::default().with_rule(OncePerBundle), &folder).findings;
    assert_eq!(
        (findings[0].evidence[0].kind, findings[0].evidence[0].path.as_str()),
        (EvidenceKind::Trace, "trace.json")
    );
}

#[test]
fn a_rule_that_panics_or_fails_stops_neither_itself_nor_the_others() {
    let folder = ordinary("diagnose_panic", 3);
    let engine = RulesEngine::default()
        .with_rule(step_rule("t.panics", Severity::High, |_, window, findings| {
            findings.add(Found::new("before").at(window.step));
            assert_eq!(window.step.index, 1, "hunter2");
            Ok(())
        }))
        .with_rule(step_rule("t.fails", Severity::High, |context, window, _| {
            context.events(window.step.index)?.next().ok_or("no events\u{7}")??;
            Ok(())
        }))
        .with_rule(every_step("Not an id", Severity::High))
        .with_rule(every_step("t.fine", Severity::Info));
    let diagnosis = diagnosed_by(&engine, &folder);
    assert_eq!(told(&diagnosis), ["panics 0", "panics 1", "panics 2", "fine 0", "fine 1", "fine 2"]);
    assert!(!diagnosis.is_complete());
    let notes: Vec<String> = diagnosis.notes.iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        [
            "rule t.panics at step 0 panicked (2 times in all)",
            "rule t.fails at step 0 failed: no events\\u{7} (3 times in all)",
            "rule Not an id was not run: an id is lower-case words with dots between them, at least two",
        ]
    );
}

#[test]
fn a_step_that_cannot_be_read_is_told_and_is_no_neighbour() {
    let root = tempfile::tempdir().unwrap();
    let folder = recorded(root.path().join("run"), |session| (0..4).for_each(|index| step(session, index, json!({}))));
    fs::write(folder.join("steps/0001.json"), "{").unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let windows = Arc::clone(&seen);
    let engine = RulesEngine::default().with_rule(step_rule("t.window", Severity::Low, move |_, window, _| {
        let previous = window.previous.map(|step| step.index);
        windows.lock().unwrap().push((previous, window.step.index, window.position));
        Ok(())
    }));
    let diagnosis = diagnosed_by(&engine, &folder);
    assert_eq!(*seen.lock().unwrap(), [(None, 0, 0), (None, 2, 2), (Some(2), 3, 3)]);
    assert_eq!(diagnosis.steps, 3);
    let note = diagnosis.notes[0].to_string();
    assert!(diagnosis.notes.len() == 1 && note.starts_with("steps/0001.json: "), "{note}");
}

#[test]
fn findings_without_end_are_counted_and_the_worst_of_them_is_known() {
    let folder = ordinary("diagnose_many", 1);
    let engine = RulesEngine::default().with_rule(step_rule("t.many", Severity::Low, |_, window, findings| {
        for number in 0..1_500 {
            let severity = if number == 1_400 { Severity::Critical } else { Severity::Low };
            findings.add(Found::new("x".repeat(10_000)).at(window.step).with_severity(severity));
        }
        Ok(())
    }));
    let diagnosis = diagnosed_by(&engine, &folder);
    assert_eq!((diagnosis.findings.len(), diagnosis.omitted), (1_000, 500));
    assert!(diagnosis.reaches(Severity::Critical));
    assert!(diagnosis.findings[0].summary.chars().count() <= 601);
}

struct Shop;

impl Pack for Shop {
    fn name(&self) -> &str {
        "shop"
    }

    fn rules(&self) -> Vec<Box<dyn Rule>> {
        let mut rules = load_pack("cua").unwrap();
        rules.push(Box::new(every_step("shop.seen", Severity::Info)));
        rules
    }
}

struct OtherCua;

impl Pack for OtherCua {
    fn name(&self) -> &str {
        "cua"
    }

    fn rules(&self) -> Vec<Box<dyn Rule>> {
        Vec::new()
    }
}

#[test]
fn packs_are_found_by_name_and_own_ones_come_first() {
    let packs = Packs::new().with_pack(Shop);
    let ids = |engine: &RulesEngine| engine.rules().map(|rule| rule.id().to_owned()).collect::<Vec<_>>();
    let cua = ids(&RulesEngine::new(load_pack("cua").unwrap()));
    assert_eq!(cua.len(), 12);
    assert!(cua.iter().all(|id| id.starts_with("cua.")));
    let shop = ids(&RulesEngine::new(packs.load("shop").unwrap()));
    assert_eq!((shop.len(), shop.last().map(String::as_str)), (13, Some("shop.seen")));
    assert_eq!(packs.names().collect::<Vec<_>>(), ["cua", "shop"]);
    assert_eq!(Packs::new().with_pack(OtherCua).load("cua").unwrap().len(), 0);
    let error = packs.load("web\u{7}").err().unwrap().to_string();
    assert!(error.contains("cua, shop") && !error.contains('\u{7}'), "{error}");
}

#[test]
fn severities_are_ordered_and_read_back() {
    assert!(Severity::ALL.is_sorted());
    for severity in Severity::ALL {
        assert_eq!(severity.as_str().parse::<Severity>().unwrap(), *severity);
    }
    assert!("severe".parse::<Severity>().unwrap_err().to_string().contains("info, low, medium, high, critical"));
}
