//! The columns of a result or a table.

use arrow_schema::Schema as ArrowSchema;
use prost::Message;

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

    /// The columns, by value.
    #[must_use]
    pub fn into_fields(self) -> Vec<StructField> {
        self.fields
    }

    /// The columns of an Arrow schema.
    #[must_use]
    pub fn from_arrow(schema: &ArrowSchema) -> Self {
        Self::new(schema.fields().iter().map(|field| StructField::from_arrow(field)).collect())
    }

    /// The Arrow schema; `None` if a column has a type that has no known form in Arrow.
    #[must_use]
    pub fn to_arrow(&self) -> Option<ArrowSchema> {
        let fields = self.fields.iter().map(StructField::to_arrow).collect::<Option<Vec<_>>>()?;
        Some(ArrowSchema::new(fields))
    }

    /// The columns that a server tells of; nothing if it tells of no struct. A column whose type is nested deeper than
    /// messages are decoded is there all the same, of an unknown type.
    pub(crate) fn decode(sent: &[u8]) -> Option<Self> {
        let columns = Struct::decode(sent).ok()?.columns?.columns;
        Some(Self::new(columns.into_iter().map(Column::read).collect()))
    }
}

/// The message of a data type that is a struct, with the types of its fields left as bytes.
#[derive(Clone, PartialEq, Message)]
struct Struct {
    #[prost(message, optional, tag = "21")]
    columns: Option<Columns>,
}

#[derive(Clone, PartialEq, Message)]
struct Columns {
    #[prost(message, repeated, tag = "1")]
    columns: Vec<Column>,
}

#[derive(Clone, PartialEq, Message)]
struct Column {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(bytes = "vec", tag = "2")]
    data_type: Vec<u8>,
    #[prost(bool, tag = "3")]
    nullable: bool,
}

impl Column {
    fn read(self) -> StructField {
        let data_type = match proto::DataType::decode(self.data_type.as_slice()) {
            Ok(sent) => DataType::from_proto(&sent),
            Err(_) => DataType::Unknown("a type nested too deep to be read".to_owned()),
        };
        StructField { name: self.name, data_type, nullable: self.nullable }
    }
}

impl From<Schema> for DataType {
    fn from(schema: Schema) -> Self {
        Self::Struct(schema.fields)
    }
}
