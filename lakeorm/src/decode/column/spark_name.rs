//! Arrow's names and types as Spark writes them, for messages.

use arrow_schema::{DataType, Field};

use super::with_fields;
use crate::names::cut;

/// The maximum letters of a type in a message: a struct may have thousands of fields.
const SHOWN: usize = 2048;

/// The key in a field's metadata under which its name for messages stands, where that is another one.
const SHOWN_AS: &str = "lakeorm::shown_as";

/// The Spark SQL name of an Arrow type: `BIGINT`, `ARRAY<STRING>`, `TIMESTAMP_NTZ`. Engines mark different things as not
/// nullable, so a message leaves that out.
pub(crate) fn spark_name(data_type: &DataType) -> String {
    let shown = with_fields(data_type, &|field| {
        let name = shown_name(&field).to_owned();
        field.with_name(name)
    });
    let name = spark_connect::DataType::from_arrow(&shown).nullable().to_string();
    cut(&name, SHOWN).into_owned()
}

/// The same field, which messages show by this name.
pub(crate) fn shown_as(mut field: Field, name: String) -> Field {
    field.metadata_mut().insert(SHOWN_AS, name);
    field
}

/// The name by which messages show a field.
pub(crate) fn shown_name(field: &Field) -> &str {
    match field.metadata().get(SHOWN_AS) {
        Some(shown) => shown,
        None => field.name(),
    }
}
