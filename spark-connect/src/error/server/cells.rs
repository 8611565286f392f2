//! Cells of the rows that a statement reads or writes, as servers repeat them: what cannot be cast, parsed or computed
//! is quoted, the rules of a table name the row that breaks them, and the path of a file names its partition.

use std::error::Error as StdError;

use super::ServerError;
use crate::error::Error;

/// Stands in front of the values of a row that breaks a CHECK, in the words of Spark and of Delta.
const VIOLATED: &str = "violated by row with values:";

/// The words in front of a value and, in one of several forms, after it. A message may be cut in the middle of the
/// value, or end with it.
const QUOTED: &[(&str, &[&str])] = &[
    ("EXCEED_CHAR_VARCHAR_LIMIT] Value \"", &["\" exceeds char/varchar type length limitation"]),
    ("CAST_INVALID_INPUT] The value '", &["' of the type", "' is malformed", "' cannot be cast"]),
    ("CAST_OVERFLOW] The value ", &[" of the type"]),
    ("NUMERIC_VALUE_OUT_OF_RANGE] ", &[" cannot be represented as"]),
    ("NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION] ", &[" cannot be represented as"]),
    ("NUMERIC_VALUE_OUT_OF_RANGE.WITHOUT_SUGGESTION] The ", &[" cannot be represented as"]),
    ("NUMERIC_OUT_OF_SUPPORTED_RANGE] The value ", &[" cannot be interpreted as"]),
    ("CONVERSION_INVALID_INPUT] The value ", &[" cannot be converted to"]),
    ("BINARY_ARITHMETIC_OVERFLOW] ", &[" caused overflow"]),
    ("DATETIME_OVERFLOW] Datetime operation overflow: ", &[". "]),
    ("CANNOT_PARSE_TIMESTAMP] Text '", &["' could not be parsed"]),
    ("CANNOT_PARSE_TIME] The input string ", &[" cannot be parsed to a TIME"]),
    ("CANNOT_PARSE_INTERVAL] Unable to parse ", &[". Please ensure"]),
    ("CANNOT_PARSE_JSON_FIELD] Cannot parse the field name ", &[" of the JSON token type"]),
    ("CANNOT_PARSE_STRING_AS_DATATYPE] Cannot parse the value ", &[" of the field"]),
    ("detected in record parsing: ", &[". Parse Mode"]),
    ("MALFORMED_CSV_RECORD] Malformed CSV record: ", &[" SQLSTATE"]),
    ("DUPLICATED_MAP_KEY] Duplicate map key ", &[" was found"]),
    ("VARIANT_DUPLICATE_KEY] Failed to build variant because of a duplicate object key `", &["`."]),
    ("INVALID_VARIANT_CAST] The variant value `", &["` cannot be cast"]),
    ("INVALID_ARRAY_INDEX] The index ", &[" is out of bounds"]),
    ("INVALID_ARRAY_INDEX_IN_ELEMENT_AT] The index ", &[" is out of bounds"]),
    ("INVALID_BITMAP_POSITION] The 0-indexed bitmap position ", &[" is out of bounds"]),
    (
        "INVALID_FRACTION_OF_SECOND] Valid range for seconds is [0, 60] (inclusive), but the provided value is ",
        &[". To"],
    ),
    ("INVALID_URL] The url is invalid: ", &[". Use `try_parse_url`", ". If necessary"]),
    ("CANNOT_DECODE_URL] The provided URL cannot be decoded: ", &[". Please ensure"]),
    ("INVALID_UTF8_STRING] Invalid UTF8 byte sequence found in string: ", &[". ", "."]),
    ("INVALID_REGEXP_REPLACE] Could not perform regexp_replace for source = \"", &["\", pattern ="]),
    ("ILLEGAL_DAY_OF_WEEK] Illegal input for day of week: ", &[". ", "."]),
    (
        "COMPARATOR_RETURNS_NULL] The comparator has returned a NULL for a comparison between ",
        &[". It should"],
    ),
    ("INVALID_PARTITION_VALUE] Failed to cast value ", &[" to data type"]),
    // Of Sail, DataFusion and Arrow.
    ("Cannot cast string '", &["' to value of"]),
    ("Cannot cast value '", &["' to value of"]),
    ("Can't cast value ", &[" to type"]),
    ("can't parse the string value ", &[" to decimal"]),
    ("parse decimal overflow (", &[")"]),
    ("annot parse decimal format: ", &["\n"]),
    ("nvalid decimal format: ", &["\n"]),
    ("invalid timestamp: ", &["\n"]),
    ("invalid date: ", &["\n"]),
    ("invalid time: ", &["\n"]),
    ("invalid datetime: ", &["\n"]),
    ("invalid interval: ", &["\n"]),
    ("Error parsing timestamp from '", &["' using format", "': "]),
    ("Error parsing timestamp: [CANNOT_PARSE_TIMESTAMP] ", &[". Use", "\n"]),
    ("Failed to parse date '", &["'"]),
    ("Failed to parse value '", &["'"]),
    ("Failed to parse with format '", &["\n"]),
    ("Could not parse the string as ", &["\n"]),
    ("Unable to parse date from ", &["\n"]),
    ("nvalid input syntax for type interval: ", &["\n"]),
    ("date components are out of range: ", &["\n"]),
    ("Date32 value out of range: ", &["\n"]),
    ("Overflow happened on: ", &["\n"]),
    ("Overflow happened on FACTORIAL(", &[")"]),
    ("Date arithmetic overflow: ", &["\n"]),
    ("). Overflowing on ", &["\n"]),
    (" overflow on abs(", &[")"]),
];

/// The same where the words in front are not enough to tell what comes.
const BETWEEN: &[(&str, &[&str])] = &[
    ("Text '", &["' could not be parsed"]),
    ("Unparseable date: \"", &["\""]),
    ("Invalid date '", &["'"]),
    ("Fail to parse ", &[" in the new parser"]),
    ("Error parsing '", &["' to interval", "' as "]),
    ("Failed to parse '", &["' as time"]),
    ("Failed to parse ", &[" as interval amount"]),
    (". The input ", &[" does not match the format"]),
    ("Found the negative value in ", &[", but expected a positive"]),
    ("Failed to convert the row value ", &[" of the class"]),
    ("Failed to convert value ", &[" (class of"]),
    ("Failed to convert ", &[" to temporal for", " to datetime for"]),
    ("Failed to cast value `", &["` to `"]),
    ("- ", &[" caused overflow"]),
    ("value of ", &[" is out of range"]),
    (" value '", &["' is out of range"]),
    (
        "Invalid argument error: ",
        &[" is too large to store in a Decimal", " is too small to store in a Decimal"],
    ),
    ("Unable to represent ", &[" in a signed 32-bit integer", " as milliseconds"]),
    ("Overflow converting ", &[" to Nanosecond", " to Microsecond", " to Millisecond", " to Second"]),
];

/// Parameters of conditions that are cells under any of them.
const CELLS: [&str; 13] = [
    "value",
    "roundedValue",
    "originalValue",
    "value1",
    "value2",
    "firstValue",
    "secondValue",
    "fieldValue",
    "indexValue",
    "invalidValue",
    "negativeValue",
    "badRecord",
    "intervalString",
];

/// Conditions whose parameter `value` is a name.
const OF_NAMES: [&str; 2] = ["UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY", "INVALID_PROPERTY_VALUE"];

impl Error {
    /// The cells in what servers said here and in the errors below; see [`ServerError::repeated_cells`].
    pub(crate) fn repeated_cells(&self, columns: &[String]) -> Vec<String> {
        let mut cells = Vec::new();
        let mut next: Option<&(dyn StdError + 'static)> = Some(self);
        while let Some(told) = next {
            match told.downcast_ref::<Self>() {
                Some(error) => {
                    cells
                        .extend(error.server().into_iter().flat_map(|server| server.repeated_cells(columns)));
                }
                None => cells.extend(repeated_in(&told.to_string(), columns)),
            }
            next = told.source();
        }
        cells
    }
}

impl ServerError {
    /// The cells that the server repeats of rows with these columns, whose names are no cells.
    pub(crate) fn repeated_cells(&self, columns: &[String]) -> Vec<String> {
        let class = self.error_class().unwrap_or_default();
        let is_of_names = OF_NAMES.iter().any(|names| class.starts_with(names));
        let parameter = |name: &str| self.message_parameters.get(name);
        let cells = CELLS.into_iter().filter(|_| !is_of_names);
        let mut cells: Vec<String> = cells.filter_map(parameter).cloned().collect();
        // Under another condition it is an expression of the table's.
        if self.error_class() == Some("CAST_INVALID_INPUT") {
            cells.extend(parameter("expression").cloned());
        }
        cells.extend(parameter("values").into_iter().flat_map(|lines| values(lines, columns)));
        // Not every server sends parameters, and long ones are cut, so that the texts are searched too.
        let texts = [&self.message].into_iter().chain(&self.causes);
        cells.extend(texts.clone().flat_map(|text| repeated_in(text, columns)));
        let told = || texts.clone().chain(self.message_parameters.values());
        cells.extend(told().flat_map(|text| in_partitions(text, columns)));
        if self.is_commit_conflict() {
            cells.extend(told().flat_map(|text| listed_partitions(text)));
        }
        cells
    }
}

fn repeated_in(text: &str, columns: &[String]) -> Vec<String> {
    let violated = text.split_once(VIOLATED).map(|(rule, lines)| match columns.is_empty() {
        // The rule names the columns whose values follow.
        true => values(lines, &names(rule)),
        false => values(lines, columns),
    });
    let quoted = QUOTED.iter().filter_map(|(before, after)| {
        let (_, rest) = text.split_once(before)?;
        rest.get(..end(rest, after).unwrap_or(rest.len()))
    });
    let between = BETWEEN.iter().filter_map(|(before, after)| {
        let (_, rest) = text.split_once(before)?;
        rest.get(..end(rest, after)?)
    });
    let told = quoted.chain(between).chain(out_of_bounds(text)).map(str::to_owned);
    violated.into_iter().flatten().chain(told).collect()
}

/// The number behind the bounds that it is out of.
fn out_of_bounds(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(" (valid values ")?.1.split_once("): ")?;
    let digits = rest.strip_prefix('-').unwrap_or(rest);
    let behind = digits.trim_start_matches(|letter: char| letter.is_ascii_digit());
    rest.strip_suffix(behind).filter(|number| !number.is_empty())
}

/// Where the last of these begins: a value may have any of them in it.
fn end(text: &str, after: &[&str]) -> Option<usize> {
    after.iter().filter_map(|after| text.rfind(after)).max()
}

fn names(text: &str) -> Vec<String> {
    text.split(|letter| letter != '_' && !char::is_alphanumeric(letter)).map(str::to_owned).collect()
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

/// The values of partitions `name=value`: whatever the path of a file names so, and elsewhere where the name is a
/// column's.
fn in_partitions(text: &str, columns: &[String]) -> Vec<String> {
    let values = text.match_indices('=').filter_map(|(at, _)| {
        let (before, after) = (text.get(..at)?, text.get(at + 1..)?);
        let name = before.rsplit(|letter| !is_of_name(letter)).next().unwrap_or_default();
        let front = before.strip_suffix(name).filter(|_| !name.is_empty())?;
        match front.chars().next_back() {
            // The others of these letters are escaped in a path.
            Some('/') => after.split(['/', ':', '=', '"', '\'', '[', ']', '\n']).next(),
            _ if !is_partition_by(name, columns) => None,
            Some(quote @ ('\'' | '"' | '`')) => after.get(..after.rfind(quote).unwrap_or(after.len())),
            _ => up_to_next(after),
        }
    });
    values.map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned).collect()
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || "_-.%+".contains(letter)
}

/// Whether it is the name of one of the columns, or of a transform of it: `placed_day`.
fn is_partition_by(name: &str, columns: &[String]) -> bool {
    columns.iter().any(|column| {
        let begins = name.get(..column.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(column));
        begins && name.get(column.len()..).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    })
}

/// A conflict lists the partitions that others wrote to: `[region=Oslo, day=2026-11-28]` (Delta), and both formats list
/// files.
fn listed_partitions(text: &str) -> Vec<String> {
    let after = text.match_indices('=').filter_map(|(at, _)| text.get(at + 1..));
    let values = after.filter_map(up_to_next);
    // A value may have any letter in it, up to the end of all of them.
    let all = text.split_once('[').and_then(|(_, rest)| rest.rsplit_once(']')).map(|(inside, _)| inside);
    let all = all.into_iter().filter_map(|inside| inside.split_once('=')).map(|(_, values)| values);
    all.chain(values).map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned).collect()
}

fn up_to_next(text: &str) -> Option<&str> {
    text.split(['/', ',', ']', ')', '\n']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<String> {
        ["id", "Email", "address"].map(str::to_owned).to_vec()
    }

    fn found(text: &str) -> Vec<String> {
        repeated_in(text, &columns())
    }

    /// By one rule or by several.
    fn assert_only(text: &str, cell: &str) {
        let found = found(text);
        assert!(!found.is_empty() && found.iter().all(|found| found == cell), "{text}: {found:?}");
    }

    fn said(message: &str) -> Vec<String> {
        let server = ServerError { message: message.to_owned(), ..ServerError::default() };
        server.repeated_cells(&columns())
    }

    #[test]
    fn the_values_of_a_row_that_breaks_a_rule_are_found_and_names_are_none() {
        let text = "[DELTA_VIOLATE_CONSTRAINT_WITH_VALUES] CHECK constraint known (email LIKE '%@%') violated by row with \
                    values:\n - address.city : Oslo\n - email : Eve : Smith\nof - id : Kent\n - other : Bob\n - id : 7";
        assert_eq!(found(text), ["Oslo", "Eve : Smith", "of - id : Kent", " - other : Bob", "7"]);
        let without = "[DELTA_NOT_NULL_CONSTRAINT_VIOLATED] NOT NULL constraint violated for column: id.";
        assert_eq!(found(without), [""; 0]);
    }

    #[test]
    fn the_partitions_of_a_conflict_are_found_in_its_words_and_in_the_names_of_files() {
        let of_delta = "Files were added to partition [email=eve@x, day=2026-11-28] by a concurrent update.";
        assert_eq!(listed_partitions(of_delta), ["eve@x, day=2026-11-28", "eve@x", "2026-11-28"]);
        let awkward = "Files were added to partition [name=Doe, Jane a/b] by a concurrent update.";
        assert_eq!(listed_partitions(awkward)[0], "Doe, Jane a/b");
        let of_iceberg = "Found conflicting files that can contain records matching true: \
                          [s3://lake/t/data/region=New Oslo/00000.parquet, s3://lake/t/data/region=Rome/1.parquet]";
        assert_eq!(listed_partitions(of_iceberg)[1..], ["New Oslo", "Rome"]);
        assert_eq!(listed_partitions("Cannot commit: stale table metadata"), [""; 0]);
    }

    #[test]
    fn a_conflict_is_known_when_its_cells_are_taken_out() {
        let validation = "org.apache.iceberg.exceptions.ValidationException";
        let server = ServerError {
            message: "Cannot commit, missing data files: [s3://lake/t/data/region=Oslo/0.parquet, \
                      s3://lake/t/data/region=Rome/1.parquet]"
                .into(),
            exception_classes: vec![validation.into()],
            ..ServerError::default()
        };
        let error = Error::new(crate::error::ErrorKind::Server, "failed").with_server(server);
        assert!(error.is_commit_conflict());
        let error = error.redacting_cells(&columns()).redacting(["commit"]);
        assert!(error.is_commit_conflict());
        let told = error.to_string();
        assert!(["Oslo", "Rome"].iter().all(|cell| !told.contains(cell)), "{told}");
    }

    #[test]
    fn partition_values_are_found_in_paths_and_beside_column_names() {
        let path = "Mkdirs failed to create file:/lake/t/region=Eve Smith/email_trunc=kent%40x (exists=false, mode=w)";
        assert_eq!(said(path), ["Eve Smith", "kent%40x (exists"]);
        let denied = "s3a://lake/t/region=Oslo/part-00000.parquet: AccessDenied: status=403";
        assert_eq!(said(denied), ["Oslo"]);
        assert_eq!(said("partition 'email=eve's, x' in spec, and other=y"), ["eve's, x"]);
        assert_eq!(said("(EMAIL=eve@x, other=y, email_trunc=ev, emails=1)"), ["eve@x", "ev"]);
        assert_eq!(said("the conf a.b=c with x = y, and a/b with c=d"), [""; 0]);
    }

    #[test]
    fn a_value_that_cannot_be_cast_is_found_in_the_message() {
        let begin = "[CAST_INVALID_INPUT] The value 'Eve 's Smith";
        for end in ["' of the type \"STRING\" cannot be cast to \"INT\"", "' is malformed.", ""] {
            assert_eq!(found(&format!("{begin}{end}")), ["Eve 's Smith"], "{end}");
        }
        let overflow = "[CAST_OVERFLOW] The value 4711L of the type \"BIGINT\" cannot be cast to \"TINYINT\"";
        assert_eq!(found(overflow), ["4711L"]);
        for class in ["NUMERIC_VALUE_OUT_OF_RANGE", "NUMERIC_VALUE_OUT_OF_RANGE.WITH_SUGGESTION"] {
            let told = format!("[{class}] 4711.5 cannot be represented as Decimal(5, 2).");
            assert_eq!(found(&told), ["4711.5"]);
        }
        for told in [
            "[NUMERIC_VALUE_OUT_OF_RANGE.WITHOUT_SUGGESTION] The 4711.5 cannot be represented as Decimal(5, 2).",
            "[NUMERIC_OUT_OF_SUPPORTED_RANGE] The value 4711.5 cannot be interpreted as a numeric.",
        ] {
            assert_eq!(found(told), ["4711.5"], "{told}");
        }
    }

    #[test]
    fn what_cannot_be_read_or_computed_is_found_in_the_words_of_spark() {
        for (text, cell) in [
            (
                "[CONVERSION_INVALID_INPUT] The value '4x' (\"99\") cannot be converted to \"D\"",
                "'4x' (\"99\")",
            ),
            ("[BINARY_ARITHMETIC_OVERFLOW] 127S + 1S caused overflow. Use `try_add`", "127S + 1S"),
            ("- -128 caused overflow.", "-128"),
            (
                "[DATETIME_OVERFLOW] Datetime operation overflow: add 5 YEAR to DATE '99'. SQL",
                "add 5 YEAR to DATE '99'",
            ),
            ("[CANNOT_PARSE_TIMESTAMP] Text 'Eve 7' could not be parsed at index 0. Use", "Eve 7"),
            ("[CANNOT_PARSE_TIMESTAMP] Unparseable date: \"Eve 7\". Use `try_to_timestamp`", "Eve 7"),
            ("[CANNOT_PARSE_TIME] The input string 'Eve' cannot be parsed to a TIME value", "'Eve'"),
            ("Fail to parse 'Eve' in the new parser. You can set", "'Eve'"),
            (
                "[MALFORMED_RECORD_IN_PARSING.X] Malformed records are detected in record parsing: {a:. Parse Mode: F",
                "{a:",
            ),
            ("[DUPLICATED_MAP_KEY] Duplicate map key Eve was found, please", "Eve"),
            ("[INVALID_VARIANT_CAST] The variant value `\"Eve\"` cannot be cast into `INT`", "\"Eve\""),
            ("[INVALID_ARRAY_INDEX_IN_ELEMENT_AT] The index 4711 is out of bounds. The array", "4711"),
            ("[INVALID_URL] The url is invalid: http://Eve. Use `try_parse_url` to", "http://Eve"),
            ("Invalid value for MonthOfYear (valid values 1 - 12): 13. If", "13"),
            ("Invalid value for DayOfMonth (valid values 1 - 28/31): -3", "-3"),
            ("[DATETIME_FIELD_OUT_OF_BOUNDS] Invalid date 'FEBRUARY 30'.", "FEBRUARY 30"),
        ] {
            assert_only(text, cell);
        }
    }

    #[test]
    fn what_cannot_be_read_or_computed_is_found_in_the_words_of_sail() {
        for (text, cell) in [
            ("Cast error: Cannot cast string 'Eve's' to value of Int32 type", "Eve's"),
            ("Cast error: Cannot cast value 'Eve' to value of Boolean type", "Eve"),
            ("Cast error: Can't cast value 4711 to type Int8", "4711"),
            ("Cast error: Cannot cast to Decimal128(5, 2). Overflowing on 4711", "4711"),
            ("Parser error: Error parsing timestamp from 'Eve 7': error parsing date", "Eve 7"),
            ("Error parsing timestamp from 'Eve' using format '%Y'", "Eve"),
            ("Error parsing timestamp: [CANNOT_PARSE_TIMESTAMP] the value Eve", "the value Eve"),
            ("Parser error: Failed to parse 'Eve' as time", "Eve"),
            ("Parser error: Invalid input syntax for type interval: \"Eve\"", "\"Eve\""),
            ("Arithmetic overflow: Overflow happened on: 4711 * 4712", "4711 * 4712"),
            (
                "Invalid argument error: 4711 is too large to store in a Decimal128 of precision 3. Max is 999",
                "4711",
            ),
            ("Cast error: value of 4711 is out of range Int8", "4711"),
            ("[ARITHMETIC_OVERFLOW] byte overflow on abs(-128)", "-128"),
            (
                "Compute error: Unable to represent 4711 years as months in a signed 32-bit integer",
                "4711 years as months",
            ),
        ] {
            assert_only(text, cell);
        }
        for text in [
            "invalid argument: found FROM at 0:4 expected statement, or end of input",
            "analysis error: No field named 'id'. Valid fields are t.value, t.name",
            "not found: table db.t",
        ] {
            assert_eq!(found(text), [""; 0]);
        }
    }

    #[test]
    fn a_row_that_breaks_a_rule_is_found_where_the_columns_are_not_known() {
        let text = "CHECK constraint known (email LIKE '%@%') violated by row with values:\n - email : Eve\n - of : Kent";
        assert_eq!(repeated_in(text, &[]), ["Eve", " - of : Kent"]);
    }

    #[test]
    fn a_name_in_a_condition_about_names_is_no_cell() {
        let mut server = ServerError {
            error_class: Some(
                "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.CORRELATED_COLUMN_NOT_FOUND".to_owned(),
            ),
            message_parameters: [("value".to_owned(), "id".to_owned())].into(),
            ..ServerError::default()
        };
        assert_eq!(server.repeated_cells(&[]), [""; 0]);
        server.error_class = Some("FAILED_ROW_TO_JSON".to_owned());
        assert_eq!(server.repeated_cells(&[]), ["id"]);
    }

    #[test]
    fn a_text_that_is_too_long_is_found_also_where_the_message_ends_in_it() {
        let begin = "[DELTA_EXCEED_CHAR_VARCHAR_LIMIT] Value \"Eve \"the\" Smith";
        let rest = "\" exceeds char/varchar type length limitation. Failed check: (length(email) <= 3).";
        assert_eq!(found(&format!("{begin}{rest}")), ["Eve \"the\" Smith"]);
        assert_eq!(found(begin), ["Eve \"the\" Smith"]);
    }
}
