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
    /// There were no rows, so nothing was sent.
    Nothing,
    /// They travelled with the statement.
    Direct,
    /// Through files of the client's [`Backend`](crate::Backend).
    Staged,
    /// They were not written: a write with the same idempotency key had landed before.
    AlreadyThere,
}

impl Written {
    /// The id of the write, which each of its rows has in the column `_ingest_id`.
    #[must_use]
    pub fn ingest_id(&self) -> IngestId {
        self.ingest_id
    }

    /// How many rows were given; of a stream that was not read to its end, because its rows were in the table already, how
    /// many were read.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// How many bytes the rows had in Arrow's memory format.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How often the statement was sent again, because others had committed first or an answer was lost.
    #[must_use]
    pub fn retries(&self) -> u32 {
        self.retries
    }

    /// How the rows got to the engine.
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
