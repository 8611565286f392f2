//! The functions that generated code calls to write rows.

use core::any::type_name;

use arrow_array::StructArray;
use arrow_array::types::Int64Type;
use spark_connect::{DataType, Literal, LiteralError, ToLiteral};

use crate::encode::{
    Arrays, Fields, FlatRow, Numbers, Strings, ToColumn, ToRow, WriteError, encode_option, record_batch,
    refuse_null,
};
use crate::type_name::short_type_name;

/// Compiles only if `C` encodes into a column; called by generated code so that a wrong field type is one error.
pub fn is_written_column<C: ToColumn>() {}

/// Compiles only if `R` is written as a row.
pub fn is_written_row<R: ToRow>() {}

/// Compiles only if `R` may be flattened into the row of a table.
pub fn is_flat_row<R: FlatRow>() {}

/// The type of the STRUCT that a row is as a value.
#[must_use]
pub fn struct_type<R: ToRow>() -> DataType {
    Fields::of::<R>().into_struct()
}

/// The row as a STRUCT that can be bound.
///
/// # Errors
/// A value that its column or a literal cannot hold.
pub fn struct_literal<R: ToRow>(row: &R) -> Result<Literal, LiteralError> {
    let error = |error: &dyn std::fmt::Display| LiteralError::new(error.to_string());
    let batch = record_batch([row]).map_err(|refused| error(&refused))?;
    Literal::from_arrow(&StructArray::from(batch), 0)
}

/// Appends a field's value to its column.
///
/// # Errors
/// Those of [`ToColumn::encode`], at this field.
#[inline(always)]
pub fn encode<C: ToColumn>(value: &C, encoder: &mut C::Encoder, field: &str) -> Result<(), WriteError> {
    value.encode(encoder).map_err(|error| error.in_field(field))
}

/// Appends a field's row to its columns.
///
/// # Errors
/// Those of [`ToRow::encode`], at this field.
#[inline(always)]
pub fn encode_row<R: ToRow>(row: &R, encoders: &mut R::Encoders, field: &str) -> Result<(), WriteError> {
    row.encode(encoders).map_err(|error| error.in_field(field))
}

/// Hands over the columns of a field's row.
///
/// # Errors
/// Those of [`ToRow::finish`], at this field.
pub fn finish_row<R: ToRow>(
    encoders: R::Encoders,
    arrays: &mut Arrays<'_>,
    field: &str,
) -> Result<(), WriteError> {
    R::finish(encoders, arrays).map_err(|error| error.in_field(field))
}

/// Appends a field's value for `#[lake(with = module)]`.
///
/// # Errors
/// Those of the conversion, and of [`ToColumn::encode`].
#[inline]
pub fn encode_with<C: ToColumn, T>(
    value: &T,
    encoder: &mut C::Encoder,
    field: &str,
    convert: impl FnOnce(&T) -> Result<C, WriteError>,
) -> Result<(), WriteError> {
    convert(value).and_then(|column| column.encode(encoder)).map_err(|error| error.in_field(field))
}

/// Appends a field's value for `#[lake(try_from = "C")]`: the way back into the column's type.
///
/// # Errors
/// A value that does not convert.
#[inline]
pub fn encode_into<C: ToColumn, T: Clone + TryInto<C>>(
    value: &T,
    encoder: &mut C::Encoder,
    field: &str,
) -> Result<(), WriteError> {
    encode_with::<C, T>(value, encoder, field, convert)
}

/// [`encode_into`] for an `Option` of the field's type.
///
/// # Errors
/// Those of [`encode_into`].
#[inline]
pub fn encode_into_option<C: ToColumn, T: Clone + TryInto<C>>(
    value: &Option<T>,
    encoder: &mut C::Encoder,
    field: &str,
) -> Result<(), WriteError> {
    let converted = |value: &T| -> Result<C, WriteError> {
        let column = convert::<C, T>(value)?;
        refuse_null(&column)?;
        Ok(column)
    };
    encode_option(value.as_ref(), encoder, |value, encoder| encode_with(value, encoder, field, converted))
}

/// The conversion's error is not repeated: it may hold the value.
fn convert<C, T: Clone + TryInto<C>>(value: &T) -> Result<C, WriteError> {
    value.clone().try_into().map_err(|_| {
        let (from, to) = (short_type_name(type_name::<T>()), short_type_name(type_name::<C>()));
        WriteError::new(format!("`{to}::try_from` rejected the value (a {from})"))
    })
}

/// Appends the text of an enum's `#[lake(other)]` variant, which must not be the text of another variant.
///
/// # Errors
/// Those of [`text_literal`].
pub fn encode_text<T: ToLiteral>(
    held: &T,
    encoder: &mut Strings,
    variants: &[&str],
) -> Result<(), WriteError> {
    let literal = text_literal(held, variants).map_err(|error| WriteError::new(error.to_string()))?;
    literal.as_str().unwrap_or_default().encode(encoder)
}

/// Appends the number of an enum's `#[lake(other)]` variant, which must not be the number of another variant.
///
/// # Errors
/// Those of [`integer_literal`].
pub fn encode_integer<T: ToLiteral>(
    held: &T,
    encoder: &mut Numbers<Int64Type>,
    variants: &[i64],
) -> Result<(), WriteError> {
    let literal = integer_literal(held, variants).map_err(|error| WriteError::new(error.to_string()))?;
    literal.as_i64().unwrap_or_default().encode(encoder)
}

/// The text of an enum's `#[lake(other)]` variant, as a literal.
///
/// # Errors
/// A value that has no literal, that is no text, or that another variant has.
pub fn text_literal<T: ToLiteral>(held: &T, variants: &[&str]) -> Result<Literal, LiteralError> {
    let literal = held.to_literal()?;
    match literal.as_str() {
        Some(text) if variants.contains(&text) => Err(of_another_variant()),
        Some(_) => Ok(literal),
        None => Err(LiteralError::new("the `#[lake(other)]` variant holds no text")),
    }
}

/// The number of an enum's `#[lake(other)]` variant, as a literal.
///
/// # Errors
/// A value that has no literal, that is no integer, or that another variant has.
pub fn integer_literal<T: ToLiteral>(held: &T, variants: &[i64]) -> Result<Literal, LiteralError> {
    match held.to_literal()?.as_i64() {
        Some(number) if variants.contains(&number) => Err(of_another_variant()),
        Some(number) => Ok(Literal::long(number)),
        None => Err(LiteralError::new("the `#[lake(other)]` variant holds no integer")),
    }
}

#[cold]
fn of_another_variant() -> LiteralError {
    LiteralError::new(
        "the `#[lake(other)]` variant holds a value that belongs to another variant and would be read back as that one: \
         use that variant",
    )
}

/// Appends a field's JSON for `#[lake(json)]`.
///
/// # Errors
/// A value that has no JSON.
#[cfg(feature = "json")]
pub fn encode_json<T: serde::Serialize>(
    value: &T,
    encoder: &mut Strings,
    field: &str,
) -> Result<(), WriteError> {
    crate::encode::push_json(value, encoder).map_err(|error| error.in_field(field))
}

/// Stands in for JSON, so that `#[lake(json)]` without the feature `json` says what is missing.
///
/// # Errors
/// Always.
#[cfg(not(feature = "json"))]
pub fn encode_json<T>(_: &T, _: &mut impl crate::encode::Encoder, field: &str) -> Result<(), WriteError> {
    Err(WriteError::new("JSON needs the feature `json` of lakeorm").in_field(field))
}

/// [`encode_json`] for an `Option` of the field's type.
///
/// # Errors
/// Those of [`encode_json`].
#[cfg(feature = "json")]
pub fn encode_json_option<T: serde::Serialize>(
    value: &Option<T>,
    encoder: &mut Strings,
    field: &str,
) -> Result<(), WriteError> {
    encode_option(value.as_ref(), encoder, |value, encoder| encode_json(value, encoder, field))
}

/// Stands in for JSON as [`encode_json`] does.
///
/// # Errors
/// Always.
#[cfg(not(feature = "json"))]
pub fn encode_json_option<T>(
    _: &Option<T>,
    encoder: &mut impl crate::encode::Encoder,
    field: &str,
) -> Result<(), WriteError> {
    encode_json(&(), encoder, field)
}
