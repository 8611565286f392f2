//! Types without the encodings that their values travel in.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_schema::{DataType, Field, FieldRef};

/// Whether neither the type nor a type inside it is an encoding: a dictionary, runs, or a list of views.
pub(crate) fn is_plain(data_type: &DataType) -> bool {
    use DataType as D;
    match data_type {
        D::Dictionary(..) | D::RunEndEncoded(..) | D::ListView(_) | D::LargeListView(_) => false,
        D::List(child) | D::LargeList(child) | D::FixedSizeList(child, _) | D::Map(child, _) => {
            is_plain(child.data_type())
        }
        D::Struct(fields) => fields.iter().all(|field| is_plain(field.data_type())),
        _ => true,
    }
}

/// The type that the values of this type have when they are unpacked.
pub(crate) fn logical_type(data_type: &DataType) -> Cow<'_, DataType> {
    use DataType as D;
    if is_plain(data_type) {
        return Cow::Borrowed(data_type);
    }
    Cow::Owned(match data_type {
        D::Dictionary(_, values) => return logical_type(values),
        D::RunEndEncoded(_, values) => return logical_type(values.data_type()),
        D::List(child) => D::List(logical_field(child)),
        // Views may overlap, so that what they hold need not fit 32 bits.
        D::LargeList(child) | D::ListView(child) | D::LargeListView(child) => {
            D::LargeList(logical_field(child))
        }
        D::FixedSizeList(child, width) => D::FixedSizeList(logical_field(child), *width),
        D::Map(entries, sorted) => D::Map(logical_field(entries), *sorted),
        D::Struct(fields) => D::Struct(fields.iter().map(logical_field).collect()),
        plain => plain.clone(),
    })
}

/// The type with each field inside of it, at every depth, as `change` makes it. Nothing is inside of an encoding.
pub(crate) fn with_fields(data_type: &DataType, change: &dyn Fn(Field) -> Field) -> DataType {
    use DataType as D;
    let changed = |field: &FieldRef| {
        let inner = with_fields(field.data_type(), change);
        Arc::new(change(Field::clone(field).with_data_type(inner)))
    };
    match data_type {
        D::List(child) => D::List(changed(child)),
        D::LargeList(child) => D::LargeList(changed(child)),
        D::FixedSizeList(child, width) => D::FixedSizeList(changed(child), *width),
        D::Map(entries, sorted) => D::Map(changed(entries), *sorted),
        D::Struct(fields) => D::Struct(fields.iter().map(changed).collect()),
        other => other.clone(),
    }
}

fn logical_field(field: &FieldRef) -> FieldRef {
    if is_plain(field.data_type()) {
        return FieldRef::clone(field);
    }
    let plain = Field::new(field.name(), logical_type(field.data_type()).into_owned(), field.is_nullable());
    Arc::new(plain.with_metadata(field.metadata().clone()))
}
