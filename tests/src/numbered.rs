//! A result of any size of which every row can be checked.

use futures::TryStreamExt;
use lakeorm::{Result, RowBatches};

/// The query: `id` counts from 0, and `text` says the same in words.
#[must_use]
pub fn query(rows: u64) -> String {
    format!("SELECT id, concat('number ', CAST(id AS STRING)) AS text FROM range({rows})")
}

/// What a result is told by, in whatever order its rows come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checksum {
    /// How many rows there are.
    pub rows: u64,
    /// The sum of a hash of each row; a doubled row does not make up for a missing one.
    pub hashes: u64,
}

impl Checksum {
    /// That of the whole result of [`query`].
    #[must_use]
    pub fn whole(rows: u64) -> Self {
        (0..rows).fold(Self::default(), |sum, number| sum.with(number))
    }

    /// That of the result as it comes.
    ///
    /// # Errors
    ///
    /// The error that ends the result.
    ///
    /// # Panics
    ///
    /// If the columns of a row contradict each other.
    pub async fn read(mut batches: RowBatches) -> Result<Self> {
        let mut sum = Self::default();
        while let Some(batch) = batches.try_next().await? {
            for row in batch.rows::<(i64, &str)>()? {
                let (id, text) = row?;
                let number = text.strip_prefix("number ").and_then(|digits| digits.parse::<i64>().ok());
                assert_eq!(number, Some(id), "the columns of a row contradict each other");
                sum = sum.with(id.cast_unsigned());
            }
        }
        Ok(sum)
    }

    fn with(self, number: u64) -> Self {
        Self { rows: self.rows + 1, hashes: self.hashes.wrapping_add(hash(number)) }
    }
}

/// The finalizer of MurmurHash3, which changes half the bits for each bit that differs.
fn hash(number: u64) -> u64 {
    let number = (number ^ (number >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let number = (number ^ (number >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    number ^ (number >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubled_row_does_not_make_up_for_a_missing_one() {
        let doubled = [0, 1, 1, 3].into_iter().fold(Checksum::default(), Checksum::with);
        assert_eq!(doubled.rows, Checksum::whole(4).rows);
        assert_ne!(doubled, Checksum::whole(4));
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter() {
        let turned = (0..100).rev().fold(Checksum::default(), Checksum::with);
        assert_eq!(turned, Checksum::whole(100));
    }
}
