//! Versions behind a step, and what its environment looked like.

use super::{
    EnvFingerprint, Session, SessionError, Versions,
    check::{given, text, texts},
};
use crate::{
    pipeline::Amendment,
    record::{Object, Value},
};

impl Session {
    /// Says which versions were behind a step. Nothing given changes nothing, whether there is such a step or not.
    ///
    /// # Errors
    /// If there is no such step, if a digest holds what looks like a secret, or if the session is closed.
    pub fn set_step_versions(&self, step_index: u64, versions: &Versions) -> Result<(), SessionError> {
        let members = given([
            ("model", text(versions.model.as_ref())),
            ("prompt", text(versions.prompt.as_ref())),
            ("prompt_hash", text(versions.prompt_hash.as_ref())),
            ("tool_descriptions_hash", text(versions.tool_descriptions_hash.as_ref())),
            ("code_git_sha", text(versions.code_git_sha.as_ref())),
            ("grounder", text(versions.grounder.as_ref())),
            ("env_fingerprint_ref", text(versions.env_fingerprint_ref.as_ref())),
        ]);
        self.merge_into(step_index, "captured_versions", members)
    }

    /// Says what the environment of a step looked like. Nothing given changes nothing, whether there is such a step or not.
    ///
    /// # Errors
    /// If there is no such step, if a digest holds what looks like a secret, or if the session is closed.
    pub fn attach_env_fingerprint(&self, step_index: u64, seen: &EnvFingerprint) -> Result<(), SessionError> {
        let shapes = seen.api_shapes.as_ref().map(|shapes| {
            Value::Object(shapes.iter().map(|(name, digest)| (name.clone(), digest.as_str().into())).collect())
        });
        let members = given([
            ("url_host", text(seen.url_host.as_ref())),
            ("url_path_template", text(seen.url_path_template.as_ref())),
            ("viewport_hash", text(seen.viewport_hash.as_ref())),
            ("dom_hash", text(seen.dom_hash.as_ref())),
            ("api_shapes", shapes),
            ("extensions", texts(seen.extensions.as_ref())),
        ]);
        self.merge_into(step_index, "env_fingerprint", members)
    }

    fn merge_into(&self, step_index: u64, key: &str, members: Object) -> Result<(), SessionError> {
        if members.is_empty() {
            return self.check_open();
        }
        self.patch(step_index, Object::from([(key.to_owned(), members.into())]), Amendment::Merge)
    }
}
