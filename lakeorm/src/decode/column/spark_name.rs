//! Arrow types as Spark writes them, for messages.

use arrow_schema::DataType;

use crate::names::cut;

/// More letters than these of one type nobody reads: a struct may have thousands of fields.
const SHOWN: usize = 2048;

/// The Spark SQL name of an Arrow type: `BIGINT`, `ARRAY<STRING>`, `TIMESTAMP_NTZ`. Engines mark different things as not
/// nullable, so a message leaves that out.
pub(crate) fn spark_name(data_type: &DataType) -> String {
    let name = spark_connect::DataType::from_arrow(data_type).nullable().to_string();
    cut(&name, SHOWN).into_owned()
}
