//! Rows without their stamped columns: the statement sets those to the time of the write, so that what a field of them holds
//! is neither encoded nor checked, nor sent.

use std::sync::Arc;

use arrow_array::{RecordBatch, TimestampMicrosecondArray};
use arrow_schema::{ArrowError, DataType as ArrowType, TimeUnit};

use crate::encode::{Arrays, EncodeError, Fields, ToRow, WriteError, record_batch, schema};
use crate::table::{LakeTable, TableDefinition};

/// Which columns of a row are written.
pub(crate) struct WrittenColumns {
    /// Those that are not stamped; nothing where all columns are written.
    positions: Option<Vec<usize>>,
}

impl WrittenColumns {
    pub(super) fn of(table: &TableDefinition) -> Self {
        let stamps = [table.created_at_column(), table.updated_at_column()];
        let columns = table.columns().iter().map(|column| column.field.name.as_str()).enumerate();
        let written = columns.filter(|(_, name)| !stamps.contains(&Some(*name)));
        let positions: Vec<usize> = written.map(|(position, _)| position).collect();
        let leaves_out = positions.len() < table.columns().len();
        Self { positions: leaves_out.then_some(positions) }
    }

    /// The rows as a batch of these columns.
    pub(super) fn encoded<T: LakeTable>(&self, rows: &[T]) -> Result<RecordBatch, EncodeError> {
        let Some(positions) = &self.positions else { return record_batch(rows) };
        if positions.is_empty() {
            return stamp_alone(rows);
        }
        let unstamped: Vec<Unstamped<'_, T>> = rows.iter().map(Unstamped).collect();
        let columns = record_batch(&unstamped)?.project(positions).map_err(refused::<T>)?.columns().to_vec();
        let schema = schema::<T>()?.project(positions).map_err(refused::<T>)?;
        RecordBatch::try_new(schema.into(), columns).map_err(refused::<T>)
    }
}

/// Rows of nothing but stamps: they keep one column, since rows without any do not travel, and it holds a constant.
fn stamp_alone<T: LakeTable>(rows: &[T]) -> Result<RecordBatch, EncodeError> {
    let schema = schema::<T>()?.project(&[0]).map_err(refused::<T>)?;
    let kind = schema.fields().first().map(|field| field.data_type());
    let Some(ArrowType::Timestamp(TimeUnit::Microsecond, zone)) = kind else { return record_batch(rows) };
    let column = TimestampMicrosecondArray::from(vec![0; rows.len()]).with_timezone_opt(zone.clone());
    RecordBatch::try_new(schema.into(), vec![Arc::new(column)]).map_err(refused::<T>)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` wants")]
fn refused<T: LakeTable>(error: ArrowError) -> EncodeError {
    EncodeError::new(T::NAME, None, WriteError::new(format!("the columns cannot be left out: {error}")))
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

    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate, table = "t")]
    struct MaybeTick {
        #[lake(created_at)]
        at: Option<DateTime<Utc>>,
        #[lake(updated_at)]
        changed: Option<DateTime<Utc>>,
    }

    /// Whatever they hold: a time that no TIMESTAMP has, or none.
    #[test]
    fn rows_of_nothing_but_stamps_keep_one_column_and_not_what_is_in_it() {
        let finer = DateTime::from_timestamp_nanos(1);
        let batch = columns::<Tick>().encoded(&[Tick { at: finer }, Tick { at: finer }]).unwrap();
        assert_eq!(
            (batch.num_columns(), batch.num_rows(), batch.schema().field(0).name().as_str()),
            (1, 2, "at")
        );
        let none = || MaybeTick { at: None, changed: None };
        let batch = columns::<MaybeTick>().encoded(&[none(), none()]).unwrap();
        assert_eq!((batch.num_columns(), batch.num_rows(), batch.column(0).null_count()), (1, 2, 0));
    }
}
