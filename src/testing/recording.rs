//! Everything that one recorder recorded.

use super::{RecordedRun, same};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The runs of a recording, in the order in which they began. Their bundles are there as long as this is.
#[derive(Debug)]
pub struct Recording {
    folder: TempDir,
    runs: Vec<RecordedRun>,
}

impl Recording {
    #[track_caller]
    pub(super) fn read(folder: TempDir, bundles: Vec<PathBuf>) -> Self {
        Self { runs: bundles.iter().map(|bundle| RecordedRun::read(bundle)).collect(), folder }
    }

    /// The runs.
    pub fn runs(&self) -> &[RecordedRun] {
        &self.runs
    }

    /// The one run.
    ///
    /// # Panics
    /// If there is none or more than one.
    #[track_caller]
    pub fn run(&self) -> &RecordedRun {
        match self.runs.as_slice() {
            [run] => run,
            [] => panic!(
                "nothing was recorded: there was no run and no step; was the agent called inside `Recorder::record`, and are \
                 its spans at INFO or in a vocabulary?"
            ),
            runs => {
                let ids: Vec<_> = runs.iter().map(RecordedRun::id).collect();
                panic!("there is more than one run: {}; name one with `run_named`", ids.join(", "))
            }
        }
    }

    /// The run of an id.
    ///
    /// # Panics
    /// If there is no such run.
    #[track_caller]
    pub fn run_named(&self, id: &str) -> &RecordedRun {
        self.runs.iter().find(|run| run.id() == id).unwrap_or_else(|| {
            let ids: Vec<_> = self.runs.iter().map(RecordedRun::id).collect();
            panic!(
                "there is no run {id:?}; there are: {}",
                if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
            )
        })
    }

    /// The folder that the bundles stand in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Leaves the bundles where they are, to look at them, and says where that is.
    pub fn keep(self) -> PathBuf {
        self.folder.keep()
    }

    /// That another recording holds the same bundles, to the byte.
    ///
    /// # Panics
    /// If it does not; the message names the file and the line.
    #[track_caller]
    pub fn assert_same(&self, other: &Self) -> &Self {
        same::assert_same(self.folder(), other.folder());
        self
    }
}
