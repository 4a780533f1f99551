//! What the bundle of the agent at a real browser must hold, judged by its files, its pixels and what the site received.

use crate::support::{at, json, lines, text};
use std::{fs, path::Path, process::Command};
use tracing_augur::record::Value;

/// Every step: its type and what it was for.
const STEPS: [(&str, &str); 16] = [
    ("navigate", "open the order desk"),
    ("click", "go to the field for the name"),
    ("type", "fill in the name"),
    ("click", "go to the field for the password"),
    ("type", "fill in the password"),
    ("click", "sign in"),
    ("click", "go to the search field"),
    ("type", "fill in the town"),
    ("key", "search"),
    ("click", "open the refund of the late order"),
    ("click", "open the refund of the late order"),
    ("click", "go to the field for the amount"),
    ("type", "fill in the amount"),
    ("click", "go to the field for the reason"),
    ("type", "fill in the reason"),
    ("click", "pay the money back"),
];
/// The step whose pictures and model calls are nobody's business.
const PASSWORD: usize = 4;
/// The step that goes astray, and the one that puts it right.
const ASTRAY: usize = 9;
const AGAIN: usize = 10;
const SUBMIT: usize = 15;
/// The steps that click a button.
const BUTTONS: [usize; 4] = [5, ASTRAY, AGAIN, SUBMIT];

const BLUE: [u8; 3] = [0x25, 0x63, 0xeb];
const BLACK: [u8; 3] = [0; 3];
/// The colour of the rings on a contact sheet.
const MARK: [u8; 3] = [255, 0, 200];

/// Holds the bundle against what the agent is known to do, and against the forms that arrived at the site.
pub fn check(bundle: &Path, forms: &[Value]) {
    let trace = json(bundle.join("trace.json"));
    let steps = at(&trace, "steps").as_array().unwrap();
    assert_eq!(text(&trace, "session.status"), "succeeded");
    let told: Vec<_> = steps.iter().map(|step| (text(step, "step_type"), text(step, "intent"))).collect();
    assert_eq!(told, STEPS);
    for (index, step) in steps.iter().enumerate() {
        check_outcome(index, step);
        check_decisions(bundle, index, step);
        check_pictures(bundle, index, step);
    }
    check_recovery(bundle, steps);
    check_effect(bundle, forms);
}

fn check_outcome(index: usize, step: &Value) {
    let expected = match index {
        ASTRAY => ["failed", "failed", "dispatch_ok_state_fail"],
        _ => ["succeeded", "passed", ""],
    };
    assert_eq!(["status", "verdict.status", "failure_class"].map(|path| text(step, path)), expected, "step {index}");
    assert!(!text(step, "verdict.reason").is_empty());
}

/// A model call, a grounding and the events of both stand behind every step but the first.
fn check_decisions(bundle: &Path, index: usize, step: &Value) {
    let events = lines(bundle.join(format!("events/{index:04}.jsonl")));
    let layers: Vec<&str> = events.iter().map(|event| text(event, "layer")).collect();
    assert!(layers.contains(&"verifier"), "{layers:?}");
    let call = bundle.join(format!("modelio/{index:04}-grounding-0.json"));
    assert_eq!(call.exists(), index != 0 && index != PASSWORD, "the model call of step {index}");
    if index == 0 {
        return;
    }
    assert!(layers.contains(&"grounding"), "{layers:?}");
    assert_eq!(text(step, "grounding.provenance"), "screenshot");
    assert_eq!(text(step, "grounding.provider"), "pixel-vision");
    assert!((0.5..=1.0).contains(&number(step, "grounding.confidence")), "{step}");
    if call.exists() {
        let call = json(call);
        assert_eq!(text(&call, "request.model"), "pixel-policy");
        let asked = at(&call, "response.tool_calls.0");
        assert_eq!(text(asked, "name"), text(step, "action.type"));
        assert_eq!(at(asked, "arguments"), at(step, "grounding.coordinates"));
        assert_eq!(at(&call, "response.usage"), &Value::Null, "nothing was spent, so nothing is said to have been");
    }
}

/// Both pictures are there and of one size; what was clicked is what the picture shows at that place.
fn check_pictures(bundle: &Path, index: usize, step: &Value) {
    let files = ["observation_pre", "observation_post"].map(|member| bundle.join(text(step, member)));
    if index == PASSWORD {
        assert!(files.iter().all(|file| !file.exists()), "pictures of the step that types the password");
        return;
    }
    let pictures = files.map(|file| fs::read(file).unwrap());
    let [(width, height), after] = pictures.each_ref().map(|png| size(png));
    assert!((width, height) == after && width == 800 && height > 400, "step {index}: {width} × {height}, {after:?}");
    let [before, after] = pictures.each_ref().map(|png| Pixels::of(png));
    if BUTTONS.contains(&index) {
        assert!(before.has_color_near(point(step), BLUE), "step {index} clicks a button");
    }
    if index == ASTRAY {
        assert!(!after.has_color_near(point(step), BLUE), "the button has moved away");
    }
    if index == PASSWORD + 1 {
        let password = json(bundle.join(format!("steps/{PASSWORD:04}.json")));
        assert!(before.has_color_near(point(&password), BLACK), "the field of the password is painted over");
    }
}

/// The step that went astray says what to do, and the next one does it at another place.
fn check_recovery(bundle: &Path, steps: &[Value]) {
    let decisions = [ASTRAY, AGAIN].map(|index| text(&steps[index], "recovery_decision.type"));
    assert_eq!(decisions, ["alternate_grounding", "retry"]);
    let [(x, then), (same_x, now)] = [ASTRAY, AGAIN].map(|index| point(&steps[index]));
    assert!(x == same_x && now > then, "the button moved down, from {then} to {now}");
    let call = json(bundle.join(format!("modelio/{ASTRAY:04}-step_recovery-0.json")));
    assert!(text(&call, "response.text").contains("it moved"), "{call}");
}

/// The refund is declared before it is made and settled after it was seen; it was made once.
fn check_effect(bundle: &Path, forms: &[Value]) {
    let effects: Vec<_> = fs::read_dir(bundle.join("side_effects")).unwrap().flatten().collect();
    let [effect] = &effects[..] else { panic!("{effects:?}") };
    let effect = json(effect.path());
    let told = ["status", "resource", "idempotency_key", "reversibility"].map(|member| text(&effect, member));
    assert_eq!(told, ["committed", "order-desk:refund", "refund-of-the-late-order", "irreversible"]);
    assert_eq!(number(&effect, "step_index"), SUBMIT as f64);
    let step = json(bundle.join(format!("steps/{SUBMIT:04}.json")));
    // Times of one form sort as texts do.
    let times = [text(&step, "started_at"), text(&effect, "declared_at"), text(&effect, "committed_at")];
    assert!(times.is_sorted() && times[1] < times[2] && times[2] <= text(&step, "ended_at"), "{times:?}");
    let paths: Vec<&str> = forms.iter().map(|form| text(form, "path")).collect();
    assert_eq!(paths, ["/sign-in", "/refund/4112"]);
    assert_eq!(text(&forms[1], "form"), "amount=12.50\r\nreason=late\r\n");
}

/// Draws the contact sheet beside the bundle, for people to look at.
pub fn draw_contact_sheet(program: &Path, bundle: &Path) {
    let path = bundle.with_extension("png");
    let output = Command::new(program).arg(bundle).arg(&path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let sheet = Pixels::of(&fs::read(&path).unwrap());
    let marked = sheet.bytes.chunks_exact(sheet.samples).filter(|pixel| *pixel == MARK).count();
    // A ring has more than 150 pixels; the first step clicked nowhere, and the password's has no pictures.
    let pictures = 2 * (STEPS.len() - 2);
    assert!(marked > 150 * pictures, "{marked} marked pixels on {pictures} pictures");
}

fn size(png: &[u8]) -> (u32, u32) {
    let side = |from: usize| u32::from_be_bytes(png[from..from + 4].try_into().unwrap());
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
    (side(16), side(20))
}

fn number(value: &Value, path: &str) -> f64 {
    let Value::Number(number) = at(value, path) else { panic!("{path} of {value}") };
    number.as_f64()
}

fn point(step: &Value) -> (usize, usize) {
    let [x, y] = ["x", "y"].map(|axis| number(step, &format!("grounding.coordinates.{axis}")));
    (x as usize, y as usize)
}

/// A decoded picture.
struct Pixels {
    width: usize,
    samples: usize,
    bytes: Vec<u8>,
}

impl Pixels {
    fn of(png: &[u8]) -> Self {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut bytes).unwrap();
        Self { width: frame.width as usize, samples: frame.color_type.samples(), bytes }
    }

    /// Whether most of the pixels around a point have a colour; the rest may be the letters of a label.
    fn has_color_near(&self, (x, y): (usize, usize), color: [u8; 3]) -> bool {
        let around = (y - 10..y + 10).flat_map(|y| (x - 20..x + 20).map(move |x| y * self.width + x));
        let alike = around.filter(|place| self.bytes[place * self.samples..][..3] == color).count();
        alike > 20 * 40 / 2
    }
}
