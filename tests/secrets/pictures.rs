//! Pictures: what programs write into them goes, regions are painted over before a byte lands, and what cannot be painted
//! over is not kept.

use crate::{
    assert_valid,
    draw::{Draw, Shape, assert_nothing_left},
    support::{PIXEL, all_bytes, at, bundles, contains, json as read, lines, text},
};
use png::{ColorType, Decoder, Encoder};
use serde_json::json;
use std::{io::Cursor, path::Path, time::Duration};
use tracing::dispatcher::with_default;
use tracing_augur::{
    CaptureMode, Config, FlightRecorder, Moment, Session, SpanExt,
    redact::{PixelRect, RedactionPolicy, strip_png_text},
    run_span, step_span,
};
use tracing_subscriber::prelude::*;

const REGION: PixelRect = PixelRect { x: 3, y: 2, width: 4, height: 5 };

/// The smallest picture with chunks in front of its end, each of which tells a secret of its own.
fn wordy(draw: &mut Draw) -> (Vec<u8>, Vec<Shape>) {
    let shapes: Vec<Shape> = (0..6).map(|_| draw.fill(82, "password=«24»")).collect();
    let end = PIXEL.len() - 12;
    let mut picture = PIXEL[..end].to_vec();
    for (kind, shape) in [b"tEXt", b"iTXt", b"zTXt", b"eXIf", b"prVt"].iter().zip(&shapes) {
        let data = format!("Comment\0{}", shape.text);
        picture.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        picture.extend(*kind);
        picture.extend(data.as_bytes());
        picture.extend([0; 4]);
    }
    picture.extend(&PIXEL[end..]);
    picture.extend(shapes[5].text.as_bytes());
    (picture, shapes)
}

/// A picture of 16 by 16 in which every pixel is the same, and not black.
fn plain() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, 16, 16);
    encoder.set_color(ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[201; 16 * 16 * 3]).unwrap();
    writer.finish().unwrap();
    out
}

/// Holds the picture against one in which nothing but the region is black.
fn assert_painted(path: &Path) {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut reader = Decoder::new(Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    for (index, pixel) in pixels.chunks_exact(3).enumerate() {
        let (x, y) = (index % 16, index / 16);
        let inside = (3..7).contains(&x) && (2..7).contains(&y);
        assert_eq!(pixel, [if inside { 0 } else { 201 }; 3], "{x},{y}");
    }
}

fn step(observation: &str) -> serde_json::Value {
    json!({"step_id": "run/step/0000", "step_index": 0, "step_type": "click", "status": "succeeded",
        "started_at": "2026-01-01T00:00:00Z", "observation_pre": observation})
}

#[test]
fn pictures_lose_their_words_and_nothing_else_at_both_doors() {
    let (picture, shapes) = wordy(&mut Draw::new());
    assert!(shapes.iter().all(|shape| contains(&picture, shape.canaries[0].as_bytes())));
    assert_eq!(strip_png_text(&picture), PIXEL);
    assert_eq!(strip_png_text(PIXEL), PIXEL);
    let root = bundles("secrets_pictures");
    let session = Session::builder("run", "agent", root.join("run")).capture_mode(CaptureMode::Full).open().unwrap();
    let path = session.attach_observation(0, Moment::Before, picture.clone()).unwrap();
    session.record_step(&step(&path)).unwrap();
    session.close(None).unwrap();
    assert_eq!(std::fs::read(root.join("run").join(path)).unwrap(), PIXEL);
    let config = Config::new("agent").with_root(&root).with_capture_mode(CaptureMode::Full);
    let folder = spans(config, |step| {
        step.record_screenshot(Moment::Before, picture.as_slice());
    });
    assert_eq!(std::fs::read(folder.join("screenshots/0000_pre.png")).unwrap(), PIXEL);
    assert_nothing_left("the bundles", &all_bytes(&root), &shapes.iter().collect::<Vec<_>>());
    // The contract's policy leaves pictures alone.
    let builder = Session::builder("run", "agent", root.join("v1")).capture_mode(CaptureMode::Full);
    let session = builder.redaction(RedactionPolicy::default_pii_v1()).open().unwrap();
    let path = session.attach_observation(0, Moment::Before, picture.clone()).unwrap();
    session.record_step(&step(&path)).unwrap();
    session.close(None).unwrap();
    assert_eq!(std::fs::read(root.join("v1").join(path)).unwrap(), picture);
}

fn spans(config: Config, look: impl Fn(&tracing::Span)) -> std::path::PathBuf {
    let (layer, guard) = tracing_augur::layer(config).unwrap();
    let dispatch = tracing::Dispatch::new(tracing_subscriber::registry().with(layer));
    with_default(&dispatch, || {
        let _run = run_span!("pictures").entered();
        let step = step_span!("click", augur.step.status = tracing::field::Empty);
        look(&step);
        step.record("augur.step.status", "failed");
    });
    let report = guard.shutdown(Duration::from_secs(30));
    let folder = report.bundles[0].folder.clone().unwrap();
    assert_valid(&folder);
    folder
}

#[test]
fn regions_are_painted_over_before_a_byte_lands() {
    let root = bundles("secrets_regions");
    let everywhere = RedactionPolicy::builder().mask_region(REGION).build();
    for (name, policy, regions) in [
        ("given", RedactionPolicy::default(), &[REGION][..]),
        ("policy", everywhere, &[]),
        ("v1", RedactionPolicy::default_pii_v1(), &[REGION]),
    ] {
        let folder = root.join(name);
        let builder = Session::builder("run", "agent", &folder).capture_mode(CaptureMode::Screenshots);
        let session = builder.redaction(policy.clone()).open().unwrap();
        let path = session.attach_masked_observation(0, Moment::Before, plain(), regions).unwrap();
        session.record_step(&step(&path)).unwrap();
        assert_painted(&folder.join(&path));
        session.close(None).unwrap();
        assert_valid(&folder);
        let config = Config::new("agent").with_root(root.join(format!("{name}_spans"))).with_redaction(policy);
        let look = |step: &tracing::Span| {
            step.record_masked_screenshot(Moment::Before, plain(), regions);
        };
        let folder = spans(config.clone().with_capture_mode(CaptureMode::Screenshots), look);
        assert_painted(&folder.join("screenshots/0000_pre.png"));
        // What the flight recorder holds was painted over when it came.
        let config = config.with_capture_mode(CaptureMode::Trace).with_flight_recorder(FlightRecorder::default());
        let folder = spans(config.with_root(root.join(format!("{name}_held"))), look);
        assert_painted(&folder.join("screenshots/0000_pre.png"));
    }
}

#[test]
fn a_picture_whose_regions_cannot_be_painted_over_is_dropped_with_a_reason() {
    let root = bundles("secrets_undecodable");
    let mut broken = plain();
    let middle = broken.len() / 2;
    broken[middle] ^= 0xff;
    let session = Session::builder("run", "agent", root.join("run")).capture_mode(CaptureMode::Full).open().unwrap();
    session.record_step(&step("screenshots/0000_pre.png")).unwrap();
    let error = session.attach_masked_observation(0, Moment::Before, broken.clone(), &[REGION]).unwrap_err();
    assert_eq!(error.kind(), "invalid_argument");
    assert!(error.to_string().contains("cannot be decoded"), "{error}");
    session.close(None).unwrap();
    assert_dropped(&root.join("run"));
    let config = Config::new("agent").with_root(&root).with_capture_mode(CaptureMode::Full);
    let look = |step: &tracing::Span| {
        step.record_masked_screenshot(Moment::Before, broken.clone(), &[REGION]);
    };
    assert_dropped(&spans(config, look));
}

fn assert_dropped(folder: &Path) {
    assert_valid(folder);
    assert!(!folder.join("screenshots/0000_pre.png").exists());
    let manifest = read(folder.join("manifest.json"));
    assert_eq!(at(&manifest, "missing").to_string(), r#"["screenshots/0000_pre.png"]"#);
    let events = lines(folder.join("events/0000.jsonl"));
    let told = |event: &tracing_augur::record::Value| {
        text(event, "summary").starts_with("the picture before the action was dropped: ")
    };
    assert!(events.iter().any(told), "{events:?}");
}
