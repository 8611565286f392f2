//! The columns of a result or a table.

use arrow_schema::Schema as ArrowSchema;

use super::{DataType, StructField};
use crate::proto;

/// The columns of a result or a table, in order.
///
/// [`Display`](std::fmt::Display) writes them as DDL does between the parentheses of a `CREATE TABLE`, and
/// [`FromStr`](std::str::FromStr) reads that.
///
/// ```
/// # use spark_connect::types::{DataType, Schema};
/// let schema: Schema = "id BIGINT NOT NULL, tags ARRAY<STRING>".parse()?;
/// assert_eq!(schema.fields()[1].data_type, DataType::array(DataType::String));
/// assert_eq!(schema.to_string(), "id BIGINT NOT NULL, tags ARRAY<STRING>");
/// # Ok::<(), spark_connect::types::DdlError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Schema {
    fields: Vec<StructField>,
}

impl Schema {
    /// A schema of these columns.
    #[must_use]
    pub fn new(fields: Vec<StructField>) -> Self {
        Self { fields }
    }

    /// The columns. Names may repeat.
    #[must_use]
    pub fn fields(&self) -> &[StructField] {
        &self.fields
    }

    /// The columns of an Arrow schema.
    #[must_use]
    pub fn from_arrow(schema: &ArrowSchema) -> Self {
        Self::new(schema.fields().iter().map(|field| StructField::from_arrow(field)).collect())
    }

    /// The Arrow schema; nothing if a column has a type that Arrow has no form of that is known here.
    #[must_use]
    pub fn to_arrow(&self) -> Option<ArrowSchema> {
        let fields = self.fields.iter().map(StructField::to_arrow).collect::<Option<Vec<_>>>()?;
        Some(ArrowSchema::new(fields))
    }

    /// The columns that a server tells of; nothing if it tells of no struct.
    pub(crate) fn from_proto(sent: &proto::DataType) -> Option<Self> {
        match DataType::from_proto(sent) {
            DataType::Struct(fields) => Some(Self::new(fields)),
            _ => None,
        }
    }
}

impl From<Schema> for DataType {
    fn from(schema: Schema) -> Self {
        Self::Struct(schema.fields)
    }
}
