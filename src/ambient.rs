//! What a recording takes from the world around it: the time, and numbers that nobody else has. A test gives it both.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

/// Where the time and new ids come from.
#[derive(Debug, Clone, Default)]
pub(crate) enum Ambient {
    /// The system's clock, and chance.
    #[default]
    World,
    /// A clock that stands still until it is moved, and numbers that count up.
    #[cfg_attr(not(feature = "testing"), allow(dead_code, reason = "only tests are staged"))]
    Staged(Arc<Stage>),
}

/// The time of a test in microseconds since 1970, and how many numbers it has given out.
#[derive(Debug)]
pub(crate) struct Stage {
    micros: AtomicU64,
    numbers: AtomicU64,
}

/// How long the end of a step waits in a test: nothing that is slow may make it tell of something pending.
const UNHURRIED: Duration = Duration::from_secs(60);

#[cfg(feature = "testing")]
impl Stage {
    pub(crate) fn at(time: Duration) -> Self {
        Self { micros: AtomicU64::new(micros(time)), numbers: AtomicU64::new(0) }
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.micros.fetch_add(micros(by), Ordering::AcqRel);
    }
}

#[cfg(feature = "testing")]
fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Stage {
    pub(crate) fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_micros(self.micros.load(Ordering::Acquire))
    }
}

impl Ambient {
    /// The present moment.
    #[inline]
    pub(crate) fn now(&self) -> SystemTime {
        match self {
            Self::World => SystemTime::now(),
            Self::Staged(stage) => stage.now(),
        }
    }

    /// The present moment where a test has it stand still: what is done with a record later is done at the time of the
    /// record.
    pub(crate) fn staged(&self) -> Option<SystemTime> {
        match self {
            Self::World => None,
            Self::Staged(stage) => Some(stage.now()),
        }
    }

    /// When that ended which started then. The wall clock may have been set meanwhile; it still lasted as long as it did.
    #[inline]
    pub(crate) fn end(&self, started: SystemTime, began: Instant) -> SystemTime {
        match self {
            Self::World => started + began.elapsed(),
            Self::Staged(stage) => stage.now(),
        }
    }

    /// A number that nobody else has.
    pub(crate) fn number(&self) -> u64 {
        match self {
            Self::World => RandomState::new().build_hasher().finish(),
            Self::Staged(stage) => stage.numbers.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// An id for a recording: `dbg_` and 16 hex digits.
    pub(crate) fn debug_session_id(&self) -> String {
        format!("dbg_{:016x}", self.number())
    }

    /// How long the end of a step may hold up the agent.
    pub(crate) fn patience(&self, limit: Duration) -> Duration {
        match self {
            Self::World => limit,
            Self::Staged(_) => UNHURRIED,
        }
    }

    /// Where a bundle says that it stands, if not in its folder: that of a test is another every time.
    pub(crate) fn place(&self, folder: &Path) -> Option<PathBuf> {
        match self {
            Self::World => None,
            Self::Staged(_) => Some(Path::new("/augur").join(folder.file_name().unwrap_or_default())),
        }
    }
}
