//! How much memory one batch of a result may take, counted before it is taken.

use crate::error::{Error, ErrorKind, Result};

/// A row takes at least this much in a program, and a server can claim rows that take nothing on the wire.
const ROW: usize = 64;

/// The same for a value of a column or an element of a list.
const VALUE: usize = 16;

/// The same for a column or a field of a struct, without its name.
const FIELD: usize = 256;

/// The bytes of one batch, counted together: what they are sent in, decompressed, decoded and read as rows.
#[derive(Debug)]
pub(crate) struct BatchBudget {
    limit: usize,
    left: usize,
}

impl BatchBudget {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, left: limit }
    }

    /// Counts `bytes` more.
    pub(crate) fn take(&mut self, bytes: usize) -> Result<()> {
        self.left = self.left.checked_sub(bytes).ok_or_else(|| too_large(self.limit))?;
        Ok(())
    }

    /// Counts rows.
    pub(crate) fn rows(&mut self, rows: usize) -> Result<()> {
        self.take(rows.saturating_mul(ROW))
    }

    /// Counts values of a column, which are counted beside the bytes that they stand in.
    pub(crate) fn values(&mut self, values: usize) -> Result<()> {
        self.take(values.saturating_mul(VALUE))
    }

    /// Counts a column or a field of a struct whose texts have this many bytes.
    pub(crate) fn field(&mut self, texts: usize) -> Result<()> {
        self.take(texts.saturating_add(FIELD))
    }
}

#[cold]
fn too_large(limit: usize) -> Error {
    let message = format!(
        "a batch of the result would take more than {limit} bytes of memory; if it is meant to, raise `max_batch_bytes`, \
         or let the server send smaller batches (`spark.sql.execution.arrow.maxRecordsPerBatch`)"
    );
    Error::new(ErrorKind::TooLarge, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_may_reach_the_limit_and_not_pass_it() {
        let mut budget = BatchBudget::new(ROW + VALUE + FIELD + 3 + 10);
        budget.rows(1).unwrap();
        budget.values(1).unwrap();
        budget.field(3).unwrap();
        budget.take(10).unwrap();
        let error = budget.take(1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        assert!(error.to_string().contains("raise `max_batch_bytes`"), "{error}");
    }

    #[test]
    fn no_claim_is_large_enough_to_wrap_around() {
        let mut budget = BatchBudget::new(1 << 20);
        budget.rows(usize::MAX).unwrap_err();
        budget.values(usize::MAX).unwrap_err();
        budget.field(usize::MAX).unwrap_err();
        budget.take(1 << 20).unwrap();
    }
}
