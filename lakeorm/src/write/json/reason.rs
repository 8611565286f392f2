//! Why JSON is not the type, without a value. What a type says in its own words (`serde::de::Error::custom`) may hold a
//! piece of the value, so only the sentences that serde makes itself are repeated, and of those only names of fields
//! and what was expected.

use serde_json::error::{Category, Error};

use crate::json::{KEY_TWICE, NO_SUCH_FIELD};

/// What serde calls a value, and what a [`Decimal`](crate::Decimal) does, where they do not show it.
const KINDS: [&str; 16] = [
    "null",
    "byte array",
    "unit value",
    "Option value",
    "newtype struct",
    "sequence",
    "map",
    "enum",
    "unit variant",
    "newtype variant",
    "tuple variant",
    "struct variant",
    "a string",
    "an integer",
    "a number with a fraction",
    "a boolean",
];

pub(super) fn reason(error: &Error) -> String {
    let told = error.to_string();
    let told = told.rsplit_once(" at line ").map_or(told.as_str(), |(told, _)| told);
    match error.classify() {
        Category::Data => {
            of_data(told).unwrap_or_else(|| "the value does not fit the field's type".to_owned())
        }
        // Of the parser, which repeats nothing.
        Category::Io | Category::Syntax | Category::Eof => told.to_owned(),
    }
}

/// The reason that one of serde's own sentences tells.
fn of_data(told: &str) -> Option<String> {
    if told == NO_SUCH_FIELD || told.strip_prefix("missing field ").is_some_and(is_name) {
        return Some(told.to_owned());
    }
    if told.strip_prefix("duplicate field ").is_some_and(is_name) {
        return Some(KEY_TWICE.to_owned());
    }
    if let Some(told) = told.strip_prefix("unknown field `") {
        let field = match told.rsplit_once("`, expected ") {
            Some((field, names)) => are_names(names).then_some(field),
            // Where a struct has a flattened field, that is all.
            None => told.strip_suffix("`, there are no fields").or_else(|| told.strip_suffix('`')),
        };
        let field = field.filter(|field| !field.contains('`'));
        return field.map(|field| format!("the type has no field {field}"));
    }
    expected(told).map(|expected| format!("{expected} was expected"))
}

/// What is expected in the place of the value.
fn expected(told: &str) -> Option<&str> {
    if let Some(told) = told.strip_prefix("unknown variant `") {
        let (_, names) = told.rsplit_once("`, expected ")?;
        return are_names(names).then_some(names);
    }
    let behind = match told.strip_prefix("invalid length ") {
        Some(told) => told.trim_start_matches(|digit: char| digit.is_ascii_digit()),
        None => behind_value(
            told.strip_prefix("invalid type: ").or_else(|| told.strip_prefix("invalid value: "))?,
        )?,
    };
    behind.strip_prefix(", expected ")
}

/// The text behind the value that it begins with.
fn behind_value(told: &str) -> Option<&str> {
    if let Some(text) = told.strip_prefix("string \"") {
        return behind_string(text);
    }
    if let Some(character) = told.strip_prefix("character `") {
        let mut characters = character.chars();
        characters.next()?;
        return characters.as_str().strip_prefix('`');
    }
    for kind in ["integer `", "floating point `", "boolean `"] {
        if let Some(value) = told.strip_prefix(kind) {
            let (_, behind) = value.split_once('`')?;
            let wide = behind.strip_prefix(" as i128").or_else(|| behind.strip_prefix(" as u128"));
            return Some(wide.unwrap_or(behind));
        }
    }
    KINDS.iter().find_map(|kind| told.strip_prefix(kind))
}

/// The text behind the quotation mark that ends a string in the form of `Debug`.
fn behind_string(text: &str) -> Option<&str> {
    let mut is_escaped = false;
    let end = text.find(|letter| {
        let ends = letter == '"' && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
        ends
    })?;
    text.get(end + 1..)
}

/// One name, two, or a list of them, as serde writes names that are expected.
fn are_names(told: &str) -> bool {
    let names = told.strip_prefix("one of ").unwrap_or(told);
    names.split(", ").flat_map(|names| names.split(" or ")).all(is_name)
}

fn is_name(told: &str) -> bool {
    let name = told.strip_prefix('`').and_then(|name| name.strip_suffix('`'));
    name.is_some_and(|name| !name.contains('`'))
}
