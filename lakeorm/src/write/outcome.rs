//! What a write did.

use std::fmt;

use super::IngestId;

/// A write that has landed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    pub(super) ingest_id: IngestId,
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) path: WritePath,
    pub(super) retries: u32,
}

/// How the rows of a write got to the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WritePath {
    /// There were none, so nothing was sent.
    Nothing,
    /// Beside the statement.
    Direct,
    /// As files of the client's [`Backend`](crate::Backend).
    Staged,
    /// They were there already, from a write with the same idempotency key.
    AlreadyThere,
}

impl Written {
    /// The id that each row has in the column `_ingest_id`.
    #[must_use]
    pub fn ingest_id(&self) -> IngestId {
        self.ingest_id
    }

    /// The rows that were given; of a stream that was not needed to its end, since they were there, those that were read.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The bytes that they had in Arrow's form.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How often the statement was sent again, because others had committed first or its answer was lost.
    #[must_use]
    pub fn retries(&self) -> u32 {
        self.retries
    }

    /// How they got to the engine.
    #[must_use]
    pub fn path(&self) -> WritePath {
        self.path
    }
}

impl fmt::Display for WritePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "nothing",
            Self::Direct => "direct",
            Self::Staged => "staged",
            Self::AlreadyThere => "already there",
        })
    }
}
