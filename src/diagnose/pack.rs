//! Packs of rules, found by name.

use super::{cua, engine::Rule};
use crate::bundle::{shortened, visible};

/// Rules that belong together. The rules of an adapter's pack are called `<pack>.<rule>`; a pack that wants the general
/// rules as well returns those of `cua` with its own.
pub trait Pack: Send + Sync {
    /// The name by which it is found.
    fn name(&self) -> &str;

    /// Its rules, in the order in which they run.
    fn rules(&self) -> Vec<Box<dyn Rule>>;
}

/// The packs of a program: `cua` and what it registers.
pub struct Packs {
    packs: Vec<Box<dyn Pack>>,
}

/// There is no pack of that name. The message lists those that there are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule pack {name:?}; there are: {known}")]
pub struct UnknownPack {
    name: String,
    known: String,
}

impl Default for Packs {
    fn default() -> Self {
        Self { packs: vec![Box::new(cua::Cua)] }
    }
}

impl Packs {
    /// The built-in packs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a pack. It takes the place of one of the same name, a built-in one as well.
    #[must_use]
    pub fn with_pack(mut self, pack: impl Pack + 'static) -> Self {
        self.packs.retain(|known| known.name() != pack.name());
        self.packs.push(Box::new(pack));
        self
    }

    /// The names of all packs.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.packs.iter().map(|pack| pack.name())
    }

    /// The rules of a pack.
    ///
    /// # Errors
    /// If there is no pack of that name.
    pub fn load(&self, name: &str) -> Result<Vec<Box<dyn Rule>>, UnknownPack> {
        match self.packs.iter().find(|pack| pack.name() == name) {
            Some(pack) => Ok(pack.rules()),
            None => {
                let known = self.names().collect::<Vec<_>>().join(", ");
                Err(UnknownPack { name: shortened(&visible(name), 60), known })
            }
        }
    }
}

impl std::fmt::Debug for Packs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// The rules of a built-in pack: `cua`, the rules for agents that use a computer.
///
/// # Errors
/// If there is no pack of that name.
pub fn load_pack(name: &str) -> Result<Vec<Box<dyn Rule>>, UnknownPack> {
    Packs::new().load(name)
}
