//! Cells of the rows that are written, taken out of what a server says of the statement: a table's own rules name the row that
//! breaks them.

use std::error::Error as StdError;

use spark_connect::{Error, ServerError};

/// In front of the values of a row that breaks a CHECK, in the words of Spark and of Delta.
const VIOLATED: &str = "violated by row with values:";

/// In front of a text that is too long for its column, in Delta's words.
const TOO_LONG: &str = "EXCEED_CHAR_VARCHAR_LIMIT] Value \"";

/// In front of a value that cannot be cast, in Spark's words.
const UNCAST: &str = "CAST_INVALID_INPUT] The value '";

/// Behind the text that is too long.
const LIMITED: &str = "\" exceeds char/varchar type length limitation";

/// The error without the cells that the server repeats. The columns are those that the written rows have: their names stay.
pub(super) fn without_cells(error: Error, columns: &[String]) -> Error {
    let mut cells = Vec::new();
    let mut next: Option<&(dyn StdError + 'static)> = Some(&error);
    while let Some(told) = next {
        match told.downcast_ref::<Error>().and_then(Error::server) {
            Some(server) => {
                cells.extend(repeated(server, columns));
                if server.is_commit_conflict() {
                    cells.extend(of_partitions(server));
                }
            }
            None => cells.extend(repeated_in(&told.to_string(), columns)),
        }
        next = told.source();
    }
    match cells.as_slice() {
        [] => error,
        cells => error.redacting(cells.iter().map(String::as_str)),
    }
}

/// Not every server sends parameters, and longer ones are cut, so the texts are looked at too.
fn repeated(server: &ServerError, columns: &[String]) -> Vec<String> {
    let parameter = |name: &str| server.message_parameters().get(name);
    let mut cells: Vec<String> = parameter("value").into_iter().cloned().collect();
    // What is called an expression is one of the table's elsewhere.
    if server.error_class() == Some("CAST_INVALID_INPUT") {
        cells.extend(parameter("expression").cloned());
    }
    cells.extend(parameter("values").into_iter().flat_map(|lines| values(lines, columns)));
    let texts = [server.message()].into_iter().chain(server.causes().iter().map(String::as_str));
    cells.extend(texts.flat_map(|text| repeated_in(text, columns)));
    cells
}

/// A conflict is told with the partitions that others wrote to: `[region=Oslo, day=2026-11-28]` by Delta, and both formats name
/// files, whose directories are called so.
fn of_partitions(server: &ServerError) -> Vec<String> {
    let texts = [server.message()].into_iter().chain(server.causes().iter().map(String::as_str));
    let texts = texts.chain(server.message_parameters().values().map(String::as_str));
    texts.flat_map(partition_values).collect()
}

fn partition_values(text: &str) -> Vec<String> {
    let ends = |letter: char| matches!(letter, '/' | ',' | ']' | ')' | '\n');
    let behind = text.match_indices('=').filter_map(|(at, _)| text.get(at + 1..));
    let values = behind.map(|rest| rest.split(ends).next().unwrap_or_default());
    // A value may have any letter in it, up to the end of all of them.
    let all = text.split_once('[').and_then(|(_, rest)| rest.rsplit_once(']')).map(|(inside, _)| inside);
    let all = all.into_iter().filter_map(|inside| inside.split_once('=')).map(|(_, values)| values);
    all.chain(values).map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned).collect()
}

fn repeated_in(text: &str, columns: &[String]) -> Vec<String> {
    let violated = text.split_once(VIOLATED).map(|(_, lines)| values(lines, columns));
    let too_long = text.split_once(TOO_LONG).map(|(_, rest)| {
        // A message may be cut in the middle of it.
        rest.rsplit_once(LIMITED).map_or(rest, |(value, _)| value).to_owned()
    });
    let uncast = text.split_once(UNCAST).map(|(_, rest)| {
        let end = ["' of the type", "' is malformed"].iter().filter_map(|end| rest.rfind(end)).max();
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default().to_owned()
    });
    violated.into_iter().flatten().chain(too_long).chain(uncast).collect()
}

/// Of lines ` - column : value` the values. Any other line is more of the value before it.
fn values(lines: &str, columns: &[String]) -> Vec<String> {
    let value = |line: &str| {
        let named = line.trim_start().strip_prefix("- ").and_then(|line| line.split_once(" : "));
        match named {
            Some((name, value)) if is_one_of(name, columns) => value.to_owned(),
            _ => line.to_owned(),
        }
    };
    lines.lines().filter(|line| !line.trim().is_empty()).map(value).collect()
}

/// Whether it is the name of one of the columns, or of a field in one.
fn is_one_of(name: &str, columns: &[String]) -> bool {
    let column = name.split('.').next().unwrap_or_default();
    columns.iter().any(|known| known.eq_ignore_ascii_case(column))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        repeated_in(text, &["id".to_owned(), "Email".to_owned(), "address".to_owned()])
    }

    #[test]
    fn the_values_of_a_row_that_breaks_a_rule_are_found_whatever_is_in_them_and_names_are_none() {
        let text = "[DELTA_VIOLATE_CONSTRAINT_WITH_VALUES] CHECK constraint known (email LIKE '%@%') violated by row with \
                    values:\n - address.city : Oslo\n - email : Eve : Smith\nof - id : Kent\n - other : Bob\n - id : 7";
        assert_eq!(found(text), ["Oslo", "Eve : Smith", "of - id : Kent", " - other : Bob", "7"]);
        let without = "[DELTA_NOT_NULL_CONSTRAINT_VIOLATED] NOT NULL constraint violated for column: id.";
        assert_eq!(found(without), [""; 0]);
    }

    #[test]
    fn the_partitions_of_a_conflict_are_found_in_its_words_and_in_the_names_of_files() {
        let of_delta = "Files were added to partition [email=eve@x, day=2026-11-28] by a concurrent update.";
        assert_eq!(partition_values(of_delta), ["eve@x, day=2026-11-28", "eve@x", "2026-11-28"]);
        let awkward = "Files were added to partition [name=Doe, Jane a/b] by a concurrent update.";
        assert_eq!(partition_values(awkward)[0], "Doe, Jane a/b");
        let of_iceberg = "Found conflicting files that can contain records matching true: \
                          [s3://lake/t/data/region=New Oslo/00000.parquet, s3://lake/t/data/region=Rome/1.parquet]";
        assert_eq!(partition_values(of_iceberg)[1..], ["New Oslo", "Rome"]);
        assert_eq!(partition_values("Cannot commit: stale table metadata"), [""; 0]);
    }

    #[test]
    fn a_value_that_cannot_be_cast_is_found_in_the_message() {
        let begin = "[CAST_INVALID_INPUT] The value 'Eve 's Smith";
        for end in ["' of the type \"STRING\" cannot be cast to \"INT\"", "' is malformed.", ""] {
            assert_eq!(found(&format!("{begin}{end}")), ["Eve 's Smith"], "{end}");
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_found_also_where_the_message_ends_in_it() {
        let begin = "[DELTA_EXCEED_CHAR_VARCHAR_LIMIT] Value \"Eve \"the\" Smith";
        let rest = "\" exceeds char/varchar type length limitation. Failed check: (length(email) <= 3).";
        assert_eq!(found(&format!("{begin}{rest}")), ["Eve \"the\" Smith"]);
        assert_eq!(found(begin), ["Eve \"the\" Smith"]);
    }
}
