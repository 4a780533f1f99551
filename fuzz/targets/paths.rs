//! Names that callers choose and that become names of files: none leads out of the bundle, two names never meet in one file,
//! and every system takes them.
#![no_main]

mod ground;

use ground::{empty, files, in_time};
use libfuzzer_sys::{
    arbitrary::{Result, Unstructured},
    fuzz_target,
};
use std::{cell::RefCell, collections::HashSet, fs, path::PathBuf};
use tracing_augur::{
    CaptureMode, Moment, Session,
    record::{Object, RunId, step_id},
    session::{EffectOptions, SessionError},
};

/// How many inputs share a session: opening one takes longer than all the rest.
const INPUTS: u64 = 64;

thread_local! {
    static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) };
}

/// What a caller asks for: a call, the index of a step, and a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Asked {
    call: Call,
    index: u64,
    name: String,
}

/// The calls that make a file of what they are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Call {
    Log,
    StepLog,
    Effect,
    Iteration,
    Picture,
}

impl Asked {
    fn read(input: &mut Unstructured<'_>) -> Result<Self> {
        let call = *input.choose(&[Call::Log, Call::StepLog, Call::Effect, Call::Iteration, Call::Picture])?;
        // Small indexes meet, large ones make longer names.
        let index =
            if input.arbitrary()? { input.int_in_range(0..=3)? } else { input.int_in_range(0..=(1 << 53) - 1)? };
        let name = input.arbitrary::<&str>()?.to_owned();
        Ok(match call {
            Call::Log => Self { call, index: 0, name },
            Call::StepLog | Call::Picture => Self { call, index, name: String::new() },
            Call::Effect | Call::Iteration => Self { call, index, name },
        })
    }
}

/// A session that several inputs share.
struct Place {
    session: Session,
    root: PathBuf,
    folder: PathBuf,
    inputs: u64,
    taken: HashSet<Asked>,
}

impl Place {
    fn new() -> Self {
        let root = empty("paths");
        let folder = root.join("bundle");
        let session = Session::builder("run", "agent", &folder).capture_mode(CaptureMode::Full).open();
        Self { session: session.expect("a session"), root, folder, inputs: 0, taken: HashSet::new() }
    }

    /// Makes the call and looks at what it left.
    fn ask(&mut self, asked: Asked) {
        if asked.call == Call::Iteration {
            // An iteration needs a step, which stands whatever becomes of the iteration.
            let _ = self.session.record_step(&step(asked.index, &step_id("run", asked.index)));
        }
        let before = self.files();
        if self.call(&asked).is_err() {
            assert_eq!(self.files(), before, "a call that was refused left something: {asked:?}");
            return;
        }
        let after = self.files();
        let new: Vec<_> = after.iter().filter(|file| !before.contains(file)).collect();
        for file in &new {
            file.split('/').for_each(assert_plain);
        }
        if self.taken.insert(asked.clone()) {
            assert!(!new.is_empty(), "{asked:?} met a file of another name");
        }
    }

    fn call(&self, Asked { call, index, name }: &Asked) -> std::result::Result<(), SessionError> {
        let session = &self.session;
        match call {
            Call::Log => session.append_log("x", None, name),
            Call::StepLog => session.append_log("x", Some(*index), "run"),
            Call::Picture => {
                session.attach_observation(*index, Moment::Before, b"\x89PNG\r\n\x1a\n".to_vec()).map(drop)
            }
            Call::Effect => {
                let options = EffectOptions { side_effect_id: Some(name.clone()), ..EffectOptions::default() };
                session.declare_side_effect(*index, "r", "a", &options).map(drop)
            }
            Call::Iteration => {
                let id = step_id("run", *index);
                let known = self.files();
                session.record_step_iteration(*index, &step(*index, &format!("{id}/{name}")))?;
                // The first one moves the step, the others stand beside it.
                assert!(
                    self.taken.contains(&Asked { call: *call, index: *index, name: name.clone() })
                        || self.files() != known
                );
                Ok(())
            }
        }
    }

    fn files(&self) -> Vec<String> {
        let beside: Vec<_> = fs::read_dir(&self.root).expect("the root").flatten().map(|entry| entry.path()).collect();
        assert_eq!(beside, [self.folder.clone()], "something stands outside the bundle");
        files(&self.folder)
    }
}

fn step(index: u64, id: &str) -> Object {
    let texts = [("step_id", id), ("step_type", "t"), ("status", "running"), ("started_at", "2026-01-01T00:00:00Z")];
    let mut step: Object = texts.into_iter().map(|(key, text)| (key.to_owned(), text.into())).collect();
    step.insert("step_index".to_owned(), index.into());
    step
}

/// A name that every file system takes as it is.
fn assert_plain(name: &str) {
    assert!(!name.is_empty() && name.len() <= 255, "{} bytes: {name:?}", name.len());
    assert!(!name.chars().any(|c| c.is_control() || "<>:\"/\\|?*".contains(c)), "{name:?}");
    assert!(!name.ends_with(['.', ' ']), "{name:?}");
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |device: &str| {
        stem.strip_prefix(device).is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let device =
        matches!(&*stem, "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") || numbered("COM") || numbered("LPT");
    assert!(!device, "{name:?} is a device on some system");
}

/// Ids of runs name the folders of their bundles.
fn ids(one: &str, other: &str) {
    let (Ok(one), Ok(other)) = (RunId::new(one), RunId::new(other)) else { return };
    let names = [one.folder_name(), other.folder_name()];
    names.iter().for_each(|name| assert_plain(name));
    assert_eq!(one == other, names[0] == names[1], "{one:?} and {other:?}: {names:?}");
    for number in [2, u32::MAX] {
        assert_plain(&one.numbered(number).folder_name());
        assert_ne!(one.numbered(number).folder_name(), names[0]);
    }
}

fn look(input: &mut Unstructured<'_>) -> Result<()> {
    if input.arbitrary()? {
        ids(input.arbitrary()?, input.arbitrary()?);
        return Ok(());
    }
    PLACE.with_borrow_mut(|place| {
        let place = place.get_or_insert_with(Place::new);
        for _ in 0..4 {
            place.ask(Asked::read(input)?);
        }
        place.inputs += 1;
        Ok(())
    })?;
    // The old session goes before the new one takes its folder.
    PLACE.with_borrow_mut(|place| drop(place.take_if(|place| place.inputs >= INPUTS)));
    Ok(())
}

fuzz_target!(|input: &[u8]| {
    // An input that ends too early has said all that it has to say.
    let _ = in_time(|| look(&mut Unstructured::new(input)));
});
