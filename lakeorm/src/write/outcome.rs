//! The result of a write.

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
    /// They were not written: a write with the same idempotency key had landed before. Of two such writes at the same
    /// time both may be told as written where the table's format does not tell which of them was; the rows are there
    /// once.
    AlreadyThere,
}

impl Written {
    /// The id of the write, which each of its rows has in the column `_ingest_id`.
    #[must_use]
    pub fn ingest_id(&self) -> IngestId {
        self.ingest_id
    }

    /// How many rows were given; of a stream that was not read to its end, because its rows were in the table already,
    /// how many were read.
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

/// One line, such as `3 rows, 120 bytes, direct, write 0190…`, or that nothing was written and why.
impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ingest_id, rows, bytes, path, .. } = self;
        match path {
            WritePath::Nothing => f.write_str("nothing was written: there were no rows"),
            WritePath::AlreadyThere => {
                write!(f, "nothing was written: the write {ingest_id} had landed before")
            }
            WritePath::Direct | WritePath::Staged => {
                let noun = if *rows == 1 { "row" } else { "rows" };
                write!(f, "{rows} {noun}, {bytes} bytes, {path}, write {ingest_id}")
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_is_told_in_one_line_that_says_so_where_nothing_was_written() {
        let written = |rows, path| {
            let ingest_id = IngestId::of_key("key");
            Written { ingest_id, rows, bytes: 120, path, retries: 0 }.to_string()
        };
        let id = "ac739923-9ed9-8d6e-8f65-34f98e34ebcc";
        assert_eq!(written(3, WritePath::Direct), format!("3 rows, 120 bytes, direct, write {id}"));
        assert_eq!(written(1, WritePath::Staged), format!("1 row, 120 bytes, staged, write {id}"));
        let there = format!("nothing was written: the write {id} had landed before");
        assert_eq!(written(3, WritePath::AlreadyThere), there);
        assert_eq!(written(0, WritePath::Nothing), "nothing was written: there were no rows");
    }
}
