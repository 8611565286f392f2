//! What becomes an [`Error`] by `?`.

use std::error::Error as _;

use spark_connect::PlanError;
use spark_connect::remote::RemoteError;
use spark_connect::sql::SqlError;

use super::{Cause, Error, ErrorKind};
use crate::encode::EncodeError;
use crate::row::{DecodeError, RowsError, SchemaMismatch};

impl From<spark_connect::Error> for Error {
    fn from(error: spark_connect::Error) -> Self {
        Self::spark("", error)
    }
}

/// Of the kind [`Config`](ErrorKind::Config), as at [`build`](crate::spark::SparkDriverBuilder::build), so that what
/// makes a [`Remote`](spark_connect::Remote) takes `?`.
impl From<RemoteError> for Error {
    fn from(error: RemoteError) -> Self {
        Self::spark("the connection string is wrong", error.into())
    }
}

impl From<PlanError> for Error {
    fn from(error: PlanError) -> Self {
        Self::new(ErrorKind::InvalidStatement, error.to_string())
    }
}

impl From<SqlError> for Error {
    fn from(error: SqlError) -> Self {
        let message = match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        Self::new(ErrorKind::InvalidStatement, message)
    }
}

impl From<SchemaMismatch> for Error {
    fn from(mismatch: SchemaMismatch) -> Self {
        Self::of(ErrorKind::SchemaMismatch, "", Some(Cause::Mismatch(mismatch)))
    }
}

impl From<RowsError> for Error {
    fn from(error: RowsError) -> Self {
        match error {
            RowsError::Schema(mismatch) => mismatch.into(),
            RowsError::Decode(error) => error.into(),
        }
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::of(ErrorKind::Decode, "", Some(Cause::Decode(error)))
    }
}

impl From<EncodeError> for Error {
    fn from(error: EncodeError) -> Self {
        Self::of(ErrorKind::Encode, "", Some(Cause::Encode(error)))
    }
}

/// For sources of rows: a stream that reads a file returns its errors by `?`. Not for drivers: the kind is
/// [`Input`](ErrorKind::Input), which says that no row was written.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::of(ErrorKind::Input, "the rows could not be read", Some(Cause::Io(error)))
    }
}
