//! The schema of an Arrow stream, checked before and after Arrow makes types of it.
//!
//! Arrow's reader trusts a few things of a schema and panics where they do not hold. What is refused here is no type
//! at all, so no server that means well sends it.

use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::{Endianness, Field, KeyValue};
use arrow_schema::{DataType, Schema, UnionMode};

use super::budget::BatchBudget;
use super::envelope::broken;
use crate::error::{Error, Result};

/// The most types that a union without ids of its own can have: the ids have eight bits.
const MAX_UNION: usize = 127;

/// The schema that a message holds.
pub(super) fn schema(message: arrow_ipc::Schema<'_>, budget: &mut BatchBudget) -> Result<Schema> {
    // Arrow's reader of batches never asks, and would take the bytes of each number in the wrong order.
    if !message.endianness().equals_to_target_endianness() {
        return Err(foreign_byte_order(message.endianness()));
    }
    for field in message.fields().into_iter().flatten() {
        count(&field, budget)?;
    }
    budget.take(texts(message.custom_metadata()))?;
    let schema = try_fb_to_schema(message).map_err(|_| broken())?;
    match schema.fields().iter().all(|field| is_type(field.data_type())) {
        true => Ok(schema),
        false => Err(broken()),
    }
}

#[cold]
fn foreign_byte_order(order: Endianness) -> Error {
    let sent = match order {
        Endianness::Little => "little-endian",
        Endianness::Big => "big-endian",
        _ => "unknown",
    };
    let own = if cfg!(target_endian = "big") { "big-endian" } else { "little-endian" };
    Error::protocol(format!(
        "the result's numbers are in {sent} byte order, and this program reads {own} ones: run the server, or this \
         program, on a machine of the other's byte order"
    ))
}

/// Counts a field with all that is nested in it. A few bytes can stand for many fields, since fields may share what is
/// inside them; how many and how deep, Arrow's verifier has limited.
fn count(field: &Field<'_>, budget: &mut BatchBudget) -> Result<()> {
    let name = field.name().map_or(0, str::len);
    budget.field(name.saturating_add(texts(field.custom_metadata())))?;
    let children = field.children();
    if let (Some(union), Some(children)) = (field.type_as_union(), children)
        && union.typeIds().is_none()
        && children.len() > MAX_UNION
    {
        return Err(broken());
    }
    children.into_iter().flatten().try_for_each(|child| count(&child, budget))
}

fn texts<'m>(metadata: Option<impl IntoIterator<Item = KeyValue<'m>>>) -> usize {
    let pairs = metadata.into_iter().flatten();
    let lengths = pairs.map(|pair| pair.key().map_or(0, str::len) + pair.value().map_or(0, str::len) + 64);
    lengths.fold(0, usize::saturating_add)
}

/// Whether it is a type that arrays can have.
fn is_type(data_type: &DataType) -> bool {
    match data_type {
        DataType::FixedSizeBinary(width) => *width >= 0,
        DataType::FixedSizeList(child, size) => *size >= 0 && is_type(child.data_type()),
        DataType::List(child)
        | DataType::LargeList(child)
        | DataType::ListView(child)
        | DataType::LargeListView(child) => is_type(child.data_type()),
        DataType::Struct(fields) => fields.iter().all(|field| is_type(field.data_type())),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) => {
                fields.len() == 2 && fields.iter().all(|field| is_type(field.data_type()))
            }
            _ => false,
        },
        DataType::RunEndEncoded(ends, values) => {
            ends.data_type().is_run_ends_type() && !ends.is_nullable() && is_type(values.data_type())
        }
        DataType::Dictionary(_, values) => is_type(values) && !matches!(**values, DataType::Union(..)),
        DataType::Union(fields, _) => {
            !fields.is_empty() && fields.iter().all(|(_, field)| is_type(field.data_type()))
        }
        _ => true,
    }
}

/// Whether a column of this type has offsets that Arrow's reader wants aligned in the stream itself.
pub(super) fn wants_alignment(schema: &Schema) -> bool {
    fn has_dense_union(data_type: &DataType) -> bool {
        match data_type {
            DataType::Union(_, UnionMode::Dense) => true,
            DataType::Union(fields, UnionMode::Sparse) => {
                fields.iter().any(|(_, field)| has_dense_union(field.data_type()))
            }
            DataType::Struct(fields) => fields.iter().any(|field| has_dense_union(field.data_type())),
            DataType::Dictionary(_, values) => has_dense_union(values),
            DataType::List(child)
            | DataType::LargeList(child)
            | DataType::ListView(child)
            | DataType::LargeListView(child)
            | DataType::FixedSizeList(child, _)
            | DataType::Map(child, _)
            | DataType::RunEndEncoded(_, child) => has_dense_union(child.data_type()),
            _ => false,
        }
    }
    schema.fields().iter().any(|field| has_dense_union(field.data_type()))
}

/// The type with texts as the bytes that they are.
pub(super) fn without_text(data_type: &DataType) -> DataType {
    let child = |field: &arrow_schema::FieldRef| {
        let data_type = without_text(field.data_type());
        std::sync::Arc::new(arrow_schema::Field::clone(field).with_data_type(data_type))
    };
    match data_type {
        DataType::Utf8 => DataType::Binary,
        DataType::LargeUtf8 => DataType::LargeBinary,
        DataType::Utf8View => DataType::BinaryView,
        DataType::List(item) => DataType::List(child(item)),
        DataType::LargeList(item) => DataType::LargeList(child(item)),
        DataType::ListView(item) => DataType::ListView(child(item)),
        DataType::LargeListView(item) => DataType::LargeListView(child(item)),
        DataType::FixedSizeList(item, size) => DataType::FixedSizeList(child(item), *size),
        DataType::Map(entries, sorted) => DataType::Map(child(entries), *sorted),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(child).collect()),
        DataType::RunEndEncoded(ends, values) => {
            DataType::RunEndEncoded(std::sync::Arc::clone(ends), child(values))
        }
        DataType::Dictionary(keys, values) => {
            DataType::Dictionary(keys.clone(), Box::new(without_text(values)))
        }
        other => other.clone(),
    }
}

/// The field with room for NULLs, and so everywhere inside of it but for the entries and the keys of a map, which have
/// none in any result.
pub(super) fn nullable(field: &arrow_schema::Field) -> arrow_schema::Field {
    let child = |field: &arrow_schema::FieldRef| std::sync::Arc::new(nullable(field));
    let data_type = match field.data_type() {
        DataType::List(item) => DataType::List(child(item)),
        DataType::LargeList(item) => DataType::LargeList(child(item)),
        DataType::ListView(item) => DataType::ListView(child(item)),
        DataType::LargeListView(item) => DataType::LargeListView(child(item)),
        DataType::FixedSizeList(item, size) => DataType::FixedSizeList(child(item), *size),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(child).collect()),
        DataType::Map(entries, sorted) => {
            DataType::Map(std::sync::Arc::new(with_nullable_values(entries)), *sorted)
        }
        other => other.clone(),
    };
    field.clone().with_data_type(data_type).with_nullable(true)
}

fn with_nullable_values(entries: &arrow_schema::Field) -> arrow_schema::Field {
    let DataType::Struct(fields) = entries.data_type() else { return entries.clone() };
    let fields = fields.iter().enumerate().map(|(position, field)| match position {
        0 => std::sync::Arc::clone(field),
        _ => std::sync::Arc::new(nullable(field)),
    });
    entries.clone().with_data_type(DataType::Struct(fields.collect()))
}

#[cfg(test)]
mod tests {
    use arrow_ipc::{FieldArgs, IntArgs, SchemaArgs, Type};
    use flatbuffers::FlatBufferBuilder;

    use super::*;

    /// The result of reading a schema with one INT that states this byte order.
    fn read(endianness: Endianness) -> Result<Schema> {
        let mut builder = FlatBufferBuilder::new();
        let name = builder.create_string("x");
        let int = arrow_ipc::Int::create(&mut builder, &IntArgs { bitWidth: 32, is_signed: true });
        let of_field = FieldArgs {
            name: Some(name),
            type_type: Type::Int,
            type_: Some(int.as_union_value()),
            ..FieldArgs::default()
        };
        let field = Field::create(&mut builder, &of_field);
        let fields = builder.create_vector(&[field]);
        let of_schema = SchemaArgs { endianness, fields: Some(fields), ..SchemaArgs::default() };
        let message = arrow_ipc::Schema::create(&mut builder, &of_schema);
        builder.finish(message, None);
        schema(arrow_ipc::root_as_schema(builder.finished_data()).unwrap(), &mut BatchBudget::new(1 << 20))
    }

    #[test]
    fn numbers_in_another_byte_order_are_refused_and_not_read_wrong() {
        let (own, foreign, name) = match cfg!(target_endian = "big") {
            true => (Endianness::Big, Endianness::Little, "little-endian"),
            false => (Endianness::Little, Endianness::Big, "big-endian"),
        };
        assert_eq!(read(own).unwrap().field(0).data_type(), &DataType::Int32);
        let refused = read(foreign).unwrap_err();
        assert!(refused.to_string().contains(&format!("are in {name} byte order")), "{refused}");
        assert!(read(Endianness(7)).unwrap_err().to_string().contains("are in unknown byte order"));
    }
}
