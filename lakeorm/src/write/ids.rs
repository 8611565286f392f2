//! Which write a row came with.

use std::fmt;
use std::str::FromStr;

use spark_connect::{DataType, Literal, LiteralError, ToLiteral};
use uuid::Uuid;

use crate::decode::column::converted;
use crate::error::Error;

/// The id of one write, which each of its rows has in the column [`_ingest_id`](crate::table::INGEST_ID).
///
/// It is a UUID of version 7, in the order of time; or of version 8, made of an idempotency key, so that the same key is
/// the same write, whoever repeats it.
///
/// It is bound as the STRING that the column holds, and read from that column or from text. No field of a row that is
/// written is one: the write sets the column itself. With the feature `json` it is text for `serde`.
///
/// ```
/// use lakeorm::{IngestId, Source};
///
/// let written = IngestId::of_key("orders of 2026-11-26");
/// let source = Source::sql("SELECT count(*) FROM shop.orders WHERE _ingest_id = ?").bind(written);
/// # let _ = source;
/// let logged: IngestId = written.to_string().parse()?;
/// assert_eq!(logged, written);
/// # Ok::<(), lakeorm::uuid::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IngestId(Uuid);

converted!(IngestId, Uuid, |id| Ok(id.into()));

impl IngestId {
    pub(super) fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The id of a key: the same on every machine and in every version.
    #[must_use]
    pub fn of_key(key: &str) -> Self {
        use sha2::{Digest, Sha256};
        let digest = Sha256::new().chain_update(b"lakeorm idempotency key\0").chain_update(key).finalize();
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(digest).for_each(|(byte, hashed)| *byte = hashed);
        Self(Uuid::new_v8(bytes))
    }

    /// As a UUID.
    #[must_use]
    pub fn uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for IngestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for IngestId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, uuid::Error> {
        Uuid::from_str(text).map(Self)
    }
}

impl From<Uuid> for IngestId {
    fn from(id: Uuid) -> Self {
        Self(id)
    }
}

impl From<IngestId> for Uuid {
    fn from(id: IngestId) -> Self {
        id.0
    }
}

/// A STRING, as the column `_ingest_id` is one.
impl ToLiteral for IngestId {
    fn data_type() -> DataType {
        Uuid::data_type()
    }

    fn to_literal(&self) -> Result<Literal, LiteralError> {
        self.0.to_literal()
    }
}

#[cfg(feature = "json")]
impl serde::Serialize for IngestId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[cfg(feature = "json")]
impl<'de> serde::Deserialize<'de> for IngestId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Error {
    /// The id of the write that ended in this error, if its statement was sent and may still commit: of one of the kinds
    /// [`OutcomeUnknown`](crate::ErrorKind::OutcomeUnknown), [`Timeout`](crate::ErrorKind::Timeout) and
    /// [`Cancelled`](crate::ErrorKind::Cancelled); or if a part of it is there, which is a
    /// [`PartlyWritten`](crate::ErrorKind::PartlyWritten). Its rows have the id in the column
    /// [`_ingest_id`](crate::table::INGEST_ID), once they are there.
    ///
    /// ```no_run
    /// # #[derive(lakeorm::LakeTable)] #[lake(table = "shop.orders")] struct Order { id: i64 }
    /// # async fn run(db: lakeorm::Client, orders: Vec<Order>) -> lakeorm::Result<()> {
    /// if let Err(error) = db.insert(&orders).await {
    ///     let Some(id) = error.ingest_id() else { return Err(error) };
    ///     // Later, when the statement must have ended:
    ///     let sql = "SELECT count(*) FROM shop.orders WHERE _ingest_id = ?";
    ///     let rows: i64 = lakeorm::query_scalar(&db, db.sql(sql).bind(id)).await?;
    ///     println!("{rows} of {} rows are there", orders.len());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn ingest_id(&self) -> Option<IngestId> {
        self.write().map(IngestId)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, RecordBatch, StringArray};

    use super::*;
    use crate::error::ErrorKind;
    use crate::row::RowBatch;

    #[test]
    fn a_key_has_one_id_in_every_process_and_version() {
        assert_eq!(IngestId::of_key("2026-11-26/7"), IngestId::of_key("2026-11-26/7"));
        assert_ne!(IngestId::of_key("2026-11-26/7"), IngestId::of_key("2026-11-26/8"));
        // Changing it would write again what programs that run now have written.
        assert_eq!(IngestId::of_key("key").to_string(), "ac739923-9ed9-8d6e-8f65-34f98e34ebcc");
    }

    #[test]
    fn an_id_is_read_from_its_text_and_bound_as_the_text_that_its_column_holds() {
        let id = IngestId::of_key("key");
        let text = "ac739923-9ed9-8d6e-8f65-34f98e34ebcc";
        assert_eq!(text.parse::<IngestId>().unwrap(), id);
        assert!("key".parse::<IngestId>().is_err());
        assert_eq!(IngestId::from(Uuid::from(id)), id);
        assert_eq!(id.to_literal().unwrap(), Literal::string(text));
        assert_eq!(<IngestId as ToLiteral>::data_type(), DataType::String);
    }

    #[test]
    fn an_id_is_read_from_its_own_column() {
        let id = IngestId::of_key("key");
        let rows = |texts: [&str; 1]| {
            let ids: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
            let batch = RecordBatch::try_from_iter([("_ingest_id", ids)]).unwrap();
            RowBatch::new(batch, 0).unwrap().to_vec::<(IngestId,)>()
        };
        assert_eq!(rows([&id.to_string()]).unwrap(), [(id,)]);
        assert!(rows(["key"]).unwrap_err().to_string().contains("the text is not a UUID"));
    }

    #[cfg(feature = "json")]
    #[test]
    fn an_id_is_text_in_json() {
        let id = IngestId::of_key("key");
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<IngestId>(&json).unwrap(), id);
        assert!(serde_json::from_str::<IngestId>("\"key\"").is_err());
    }

    #[test]
    fn an_error_gives_the_id_of_the_write_that_may_still_land_also_where_it_is_the_cause_of_another() {
        let id = IngestId::of_key("key");
        let lost = Error::new(ErrorKind::OutcomeUnknown, "the answer was lost");
        assert_eq!(lost.ingest_id(), None);
        let lost = lost.of_write(id.uuid()).context("orders");
        assert_eq!(lost.ingest_id(), Some(id));
        let caused = Error::caused(ErrorKind::SessionLost, "the session is gone", lost);
        assert_eq!(caused.ingest_id(), Some(id));
    }
}
