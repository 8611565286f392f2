//! The names of fields inside of structs as the server's schema has them.
//!
//! Spark numbers the fields of a struct that share a name when it makes Arrow of them: `a` and `a` are `a_0` and `a_1`
//! there. The schema that comes ahead of the batches has the names as they are.

use std::sync::{Arc, OnceLock};

use arrow_schema::{DataType as Arrow, Field, FieldRef, Fields, Schema as ArrowSchema};
use bytes::Bytes;

use crate::types::{DataType, Schema};

/// A longer schema is not read for its names: two bytes of one can stand for a hundred in memory.
const LONGEST_SCHEMA: usize = 1 << 20;

/// The schema that a server told, which is read once a struct has a field whose name ends with a number.
#[derive(Debug, Default)]
pub(super) struct Names {
    told: Bytes,
    schema: OnceLock<Option<Schema>>,
}

impl Names {
    /// Takes note of the first schema that the server tells.
    pub(super) fn note(&mut self, schema: Bytes) {
        if self.told.is_empty() && schema.len() <= LONGEST_SCHEMA {
            self.told = schema;
        }
    }

    /// The schema of a batch with the names that the server told.
    pub(super) fn restored(&self, schema: ArrowSchema) -> ArrowSchema {
        if self.told.is_empty() || !schema.fields().iter().any(|field| has_numbers(field.data_type())) {
            return schema;
        }
        let told = self.schema.get_or_init(|| Schema::decode(&self.told));
        match told.as_ref().map(Schema::fields) {
            Some(told) if told.len() == schema.fields().len() => {
                let columns = schema.fields().iter().zip(told);
                let columns: Fields = columns.map(|(column, told)| inside(column, &told.data_type)).collect();
                ArrowSchema::new_with_metadata(columns, schema.metadata)
            }
            _ => schema,
        }
    }
}

/// Whether a struct in it has a field whose name ends with a number.
fn has_numbers(data_type: &Arrow) -> bool {
    match data_type {
        Arrow::Struct(fields) => {
            fields.iter().any(|field| is_numbered(field.name()) || has_numbers(field.data_type()))
        }
        Arrow::List(field) | Arrow::LargeList(field) | Arrow::Map(field, _) => has_numbers(field.data_type()),
        _ => false,
    }
}

fn is_numbered(name: &str) -> bool {
    name.rsplit_once('_').is_some_and(|(_, number)| is_number(number))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The field with the names inside of its type as the server told them.
fn inside(field: &FieldRef, told: &DataType) -> FieldRef {
    let data_type = match (field.data_type(), told) {
        (Arrow::Struct(fields), DataType::Struct(told)) if fields.len() == told.len() => {
            let fields = fields.iter().zip(told);
            Arrow::Struct(
                fields.map(|(field, told)| named(inside(field, &told.data_type), &told.name)).collect(),
            )
        }
        (Arrow::List(field), DataType::Array { element, .. }) => Arrow::List(inside(field, element)),
        (Arrow::LargeList(field), DataType::Array { element, .. }) => {
            Arrow::LargeList(inside(field, element))
        }
        (Arrow::Map(entries, sorted), DataType::Map { key, value, .. }) => match entries.data_type() {
            Arrow::Struct(pair) if pair.len() == 2 => {
                let pair = pair.iter().zip([key, value]).map(|(field, told)| inside(field, told)).collect();
                Arrow::Map(with_type(entries, Arrow::Struct(pair)), *sorted)
            }
            _ => return Arc::clone(field),
        },
        _ => return Arc::clone(field),
    };
    with_type(field, data_type)
}

fn with_type(field: &FieldRef, data_type: Arrow) -> FieldRef {
    Arc::new(Field::clone(field).with_data_type(data_type))
}

/// The field under the name that the server told, if its own is that one with a number.
fn named(field: FieldRef, told: &str) -> FieldRef {
    let number = field.name().strip_prefix(told).and_then(|rest| rest.strip_prefix('_'));
    match number.is_some_and(is_number) {
        true => Arc::new(Field::clone(&field).with_name(told)),
        false => field,
    }
}

#[cfg(test)]
mod tests {
    use prost::Message;

    use super::*;
    use crate::types::StructField;

    /// A column of the type and its Arrow form.
    fn column(data_type: &DataType) -> ArrowSchema {
        Schema::new(vec![StructField::new("c", data_type.clone())]).to_arrow().unwrap()
    }

    fn structure(names: &[&str]) -> DataType {
        DataType::Struct(names.iter().map(|name| StructField::new(*name, DataType::Integer)).collect())
    }

    /// The schema of a batch with the first type, where the server told the second.
    fn restored(sent: &DataType, told: &DataType) -> ArrowSchema {
        let mut names = Names::default();
        let told = DataType::Struct(vec![StructField::new("c", told.clone())]);
        names.note(told.to_proto().encode_to_vec().into());
        names.restored(column(sent))
    }

    #[test]
    fn fields_that_share_a_name_have_it_again_at_any_depth() {
        let (numbered, own) = (structure(&["a_0", "b", "a_1"]), structure(&["a", "b", "a"]));
        let arounds: [fn(DataType) -> DataType; 4] = [
            |inner| inner,
            DataType::array,
            |inner| DataType::map(DataType::String, inner),
            |inner| DataType::Struct(vec![StructField::new("s", DataType::array(inner))]),
        ];
        for around in arounds {
            let (sent, told) = (around(numbered.clone()), around(own.clone()));
            assert_eq!(restored(&sent, &told), column(&told));
        }
    }

    #[test]
    fn names_with_a_number_of_their_own_stay() {
        let own = structure(&["a_0", "a_1"]);
        assert_eq!(restored(&own, &own), column(&own));
        assert_eq!(Names::default().restored(column(&own)), column(&own));
    }

    #[test]
    fn a_schema_of_another_shape_renames_nothing() {
        let sent = structure(&["a_0", "a_1"]);
        for told in
            [structure(&["a"]), structure(&["b", "c"]), DataType::Integer, DataType::array(sent.clone())]
        {
            assert_eq!(restored(&sent, &told), column(&sent), "{told}");
        }
    }
}
