//! Rows without their stamped columns: the statement sets those to the time of the write, so that what a field of them holds
//! is neither encoded nor checked, nor sent.

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;

use crate::encode::{Arrays, EncodeError, Fields, ToRow, WriteError, record_batch, schema};
use crate::table::{LakeTable, TableDefinition};

/// Which columns of a row are written.
pub(super) struct WrittenColumns {
    /// Those that are not stamped; nothing where all columns are written.
    positions: Option<Vec<usize>>,
}

impl WrittenColumns {
    pub(super) fn of(table: &TableDefinition) -> Self {
        let stamps = [table.created_at_column(), table.updated_at_column()];
        let columns = table.columns().iter().map(|column| column.field.name.as_str()).enumerate();
        let written = columns.filter(|(_, name)| !stamps.contains(&Some(*name)));
        let positions: Vec<usize> = written.map(|(position, _)| position).collect();
        // Rows without a column do not travel.
        let leaves_out = !positions.is_empty() && positions.len() < table.columns().len();
        Self { positions: leaves_out.then_some(positions) }
    }

    /// The rows as a batch of these columns.
    pub(super) fn encoded<T: LakeTable>(&self, rows: &[T]) -> Result<RecordBatch, EncodeError> {
        let Some(positions) = &self.positions else { return record_batch(rows) };
        let unstamped: Vec<Unstamped<'_, T>> = rows.iter().map(Unstamped).collect();
        let refused = |error: ArrowError| {
            EncodeError::new(
                T::NAME,
                None,
                WriteError::new(format!("the columns cannot be left out: {error}")),
            )
        };
        let columns = record_batch(&unstamped)?.project(positions).map_err(refused)?.columns().to_vec();
        let schema = schema::<T>()?.project(positions).map_err(refused)?;
        RecordBatch::try_new(schema.into(), columns).map_err(refused)
    }
}

/// A row that is encoded without what its stamped fields hold.
struct Unstamped<'r, T>(&'r T);

impl<T: ToRow> ToRow for Unstamped<'_, T> {
    type Encoders = T::Encoders;

    const NAME: &'static str = T::NAME;

    fn fields(fields: &mut Fields) {
        // NULLs stand in the stamped columns, which may be NOT NULL.
        fields.nullable::<T>();
    }

    fn encoders(rows: usize) -> Self::Encoders {
        T::encoders(rows)
    }

    fn encode(&self, encoders: &mut Self::Encoders) -> Result<(), WriteError> {
        self.0.encode_unstamped(encoders)
    }

    fn push_null(encoders: &mut Self::Encoders) {
        T::push_null(encoders);
    }

    fn finish(encoders: Self::Encoders, arrays: &mut Arrays<'_>) -> Result<(), WriteError> {
        T::finish(encoders, arrays)
    }
}

#[cfg(all(test, feature = "chrono"))]
mod tests {
    use arrow_array::Array;
    use chrono::{DateTime, Utc};

    use super::*;

    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate, table = "t")]
    struct Stamped {
        #[lake(created_at)]
        created: DateTime<Utc>,
        id: i64,
        #[lake(updated_at, rename = "at")]
        changed: Option<DateTime<Utc>>,
        note: Option<String>,
    }

    fn columns<T: LakeTable>() -> WrittenColumns {
        WrittenColumns::of(&T::definition())
    }

    #[test]
    fn what_a_stamped_field_holds_is_neither_encoded_nor_refused() {
        let finer = DateTime::from_timestamp_nanos(1);
        let row = |id| Stamped { created: finer, id, changed: Some(finer), note: None };
        assert!(record_batch(&[row(1)]).unwrap_err().to_string().contains("finer than a microsecond"));
        let batch = columns::<Stamped>().encoded(&[row(1), row(2)]).unwrap();
        let schema = batch.schema();
        let fields: Vec<_> =
            schema.fields().iter().map(|field| (field.name().as_str(), field.is_nullable())).collect();
        assert_eq!((fields.as_slice(), batch.num_rows()), ([("id", false), ("note", true)].as_slice(), 2));
    }

    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate, table = "t")]
    struct Noted {
        #[lake(created_at)]
        at: DateTime<Utc>,
        note: Option<String>,
    }

    #[test]
    fn a_row_whose_other_columns_are_all_null_is_written() {
        let noted = |note: Option<&str>| Noted { at: DateTime::UNIX_EPOCH, note: note.map(str::to_owned) };
        let batch = columns::<Noted>().encoded(&[noted(None), noted(Some("a"))]).unwrap();
        assert_eq!((batch.num_columns(), batch.num_rows(), batch.column(0).null_count()), (1, 2, 1));
    }

    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate, table = "t")]
    struct Tick {
        #[lake(created_at)]
        at: DateTime<Utc>,
    }

    #[test]
    fn rows_of_nothing_but_a_stamp_keep_its_column() {
        let batch = columns::<Tick>().encoded(&[Tick { at: DateTime::UNIX_EPOCH }]).unwrap();
        assert_eq!((batch.num_columns(), batch.num_rows()), (1, 1));
    }
}
