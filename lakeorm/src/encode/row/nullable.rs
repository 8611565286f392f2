//! `Option` of a row: its columns, all NULL where it is missing.

use super::super::{ToRow, WriteError};
use super::{Arrays, Fields};

impl<T: ToRow> ToRow for Option<T> {
    type Encoders = T::Encoders;

    const NAME: &'static str = T::NAME;

    fn fields(fields: &mut Fields) {
        fields.nullable::<T>();
    }

    fn encoders(rows: usize) -> Self::Encoders {
        T::encoders(rows)
    }

    fn encode(&self, encoders: &mut Self::Encoders) -> Result<(), WriteError> {
        match self {
            Some(row) => row.encode(encoders),
            None => {
                T::push_null(encoders);
                Ok(())
            }
        }
    }

    fn push_null(encoders: &mut Self::Encoders) {
        T::push_null(encoders);
    }

    fn finish(encoders: Self::Encoders, arrays: &mut Arrays<'_>) -> Result<(), WriteError> {
        T::finish(encoders, arrays)
    }
}
