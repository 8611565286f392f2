//! Types of columns in which an engine does not find the value again that a row brings, by its own names of types.

use crate::names::{is_same, shown};
use crate::table::{INGEST_ID, TableName};

/// The letters of an ingest id.
const ID: usize = 36;

/// The message for a key of this type, if rows are not found by it.
pub(super) fn refused(table: &TableName, column: &str, told: &str) -> Option<String> {
    let lower = told.to_ascii_lowercase();
    let told = shown(told);
    if is_same(column, INGEST_ID) {
        return (is_padded(&lower) || is_short(&lower)).then(|| {
            format!(
                "the column \"{column}\" of the table {table} is {told}, which does not keep the {ID} letters of an id \
                 as they are, and a write with an idempotency key is found by it; nothing was written. Make the \
                 column a STRING"
            )
        });
    }
    if is_padded(&lower) {
        return Some(format!(
            "the merge key \"{column}\" of the table {table} is {told}, and the engine pads its values with spaces: a \
             shorter key would match no row and be inserted again; nothing was written. Make the column a STRING or a \
             VARCHAR, without these spaces, or merge by another one"
        ));
    }
    is_collated(&lower).then(|| {
        format!(
            "the merge key \"{column}\" of the table {table} is {told}, and the engine compares no values of two \
             collations: keys of rows have none; nothing was written. Make the column a STRING without COLLATE, or merge \
             by another one"
        )
    })
}

/// Whether it is a CHAR, or has one in it.
fn is_padded(told: &str) -> bool {
    told.match_indices("char(").any(|(at, _)| !told.get(..at).unwrap_or_default().ends_with("var"))
}

/// Whether it is a VARCHAR that is too short for an ingest id.
fn is_short(told: &str) -> bool {
    let length = told.strip_prefix("varchar(").and_then(|rest| rest.split(')').next());
    length.and_then(|length| length.trim().parse::<usize>().ok()).is_some_and(|length| length < ID)
}

/// Whether it has a collation, or a part with one, other than that of a plain STRING.
fn is_collated(told: &str) -> bool {
    let mut names =
        ["string collate ", ") collate "].into_iter().flat_map(|before| told.split(before).skip(1));
    let is_end = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_';
    names.any(|rest| rest.split(is_end).next() != Some("utf8_binary"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(column: &str, data_type: &str) -> String {
        refused(&TableName::parse("t"), column, data_type).unwrap_or_default()
    }

    #[test]
    fn a_key_is_refused_that_is_a_char_or_has_one_in_it() {
        for data_type in ["char(3)", "CHAR(3)", "struct<name:varchar(9),code:char(3)>", "array<char(3)>"] {
            let begins = format!("the merge key \"k\" of the table t is {data_type}, and the engine pads");
            assert!(told("k", data_type).starts_with(&begins), "{data_type}");
        }
        assert_eq!((told("k", "string"), told("k", "varchar(3)")), (String::new(), String::new()));
    }

    #[test]
    fn a_key_is_refused_that_has_a_collation_but_the_plain_one() {
        for data_type in
            ["string collate UTF8_LCASE", "struct<a:string collate UNICODE_CI>", "varchar(3) collate DE"]
        {
            let words = format!("is {data_type}, and the engine compares no values of two collations");
            assert!(told("k", data_type).contains(&words), "{data_type}");
        }
        for data_type in ["string collate UTF8_BINARY", "struct<collate:string>", "string"] {
            assert_eq!(told("k", data_type), "", "{data_type}");
        }
        assert_ne!(told("k", "string collate UTF8_BINARY_RTRIM"), "");
    }

    #[test]
    fn the_id_of_a_write_wants_a_column_that_keeps_it() {
        for data_type in ["char(40)", "char(36)", "varchar(20)", "VARCHAR(35)"] {
            assert!(told("_ingest_id", data_type).ends_with("Make the column a STRING"), "{data_type}");
        }
        for data_type in ["string", "varchar(36)", "string collate UTF8_LCASE"] {
            assert_eq!(told("_ingest_id", data_type), "", "{data_type}");
        }
    }
}
