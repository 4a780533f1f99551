//! Puts findings into the bundle that they are about.

use super::engine::Diagnosis;
use crate::{
    bundle::{Bundle, BundleState, Files, Kind},
    record::write_pretty,
    store::{LocalStore, TEMPORARY},
};
use std::io;

/// Where findings stand in a bundle. The manifest does not sign them, so they can be written after the run.
const FINDINGS: &str = "diagnostics/findings.json";

/// Why findings cannot be put into a bundle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The run has not ended, or it died; nothing is written into such a bundle.
    #[error("the bundle is not complete, so nothing is written into it")]
    NotComplete,
    /// A link, or something else that is neither file nor folder, stands where the findings go.
    #[error("{0}: something stands here that is not written to")]
    InTheWay(&'static str),
    /// The system refused.
    #[error("diagnostics/findings.json: {0}")]
    Io(#[from] io::Error),
}

impl Diagnosis {
    /// Writes the listed findings to `diagnostics/findings.json`, in place of those of an earlier diagnosis. The bundle
    /// stays valid: this file is not signed.
    ///
    /// # Errors
    /// If the bundle is not complete, if a link stands where the file goes, or if the system refuses.
    pub fn write(&self, bundle: &Bundle) -> Result<(), WriteError> {
        if bundle.state() != BundleState::Complete {
            return Err(WriteError::NotComplete);
        }
        // Writing follows links, and these could lead out of the bundle.
        let files = Files::new(bundle.root());
        let temporary = format!("{FINDINGS}{TEMPORARY}");
        for (path, allowed) in [("diagnostics", Kind::Folder), (FINDINGS, Kind::File), (&temporary, Kind::File)] {
            if files.kind(path).is_some_and(|kind| kind != allowed) {
                return Err(WriteError::InTheWay(if path == "diagnostics" { "diagnostics" } else { FINDINGS }));
            }
        }
        let mut bytes = Vec::new();
        write_pretty(&self.to_value(), 0, &mut bytes);
        bytes.push(b'\n');
        Ok(LocalStore::open(bundle.root())?.write(FINDINGS, &bytes)?)
    }
}
