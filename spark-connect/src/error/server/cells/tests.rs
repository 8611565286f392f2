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

#[test]
fn each_number_that_exceeds_its_bounds_is_a_cell() {
    let text = "MonthOfYear (valid values 1 - 12): 13. task 2: DayOfMonth (valid values 1 - 28/31): 45";
    assert_eq!(found(text), ["13", "45"]);
}

#[test]
fn each_boundary_of_a_sequence_is_a_cell() {
    assert_eq!(found("Illegal sequence boundaries: 1 to -4711 by 5"), ["1", "-4711", "5"]);
}

#[test]
fn all_values_of_an_array_are_cells_however_deep_it_is() {
    let text = "Unsupported args [Scalar(Utf8(\"a\")), Array(StringArray\n[\n  \"Eve]\\\"[\",\n  null,\n])] for encode";
    assert_eq!(found(text), ["\n  \"Eve]\\\"[\",\n  null,\n"]);
    assert_eq!(found("of PrimitiveArray<Int32>\n[\n  4711,\n] and"), ["\n  4711,\n"]);
    let nested = "ListArray [ StringArray [ \"Eve\", ], StringArray [ \"Kent\", ], ]";
    assert_eq!(found(nested)[0], " StringArray [ \"Eve\", ], StringArray [ \"Kent\", ], ");
    assert_eq!(found("StringArray [\"Eve, cut"), ["\"Eve, cut"]);
    assert_eq!(found("expected Array, found [1]"), [""; 0]);
    let two = "PrimitiveArray<Int32> [ 7, ] and StringArray [ \"Eve\", ]";
    assert_eq!(found(two), [" 7, ", " \"Eve\", "]);
}

#[test]
fn a_text_is_taken_out_once_however_often_arrays_seem_to_begin() {
    let text = "Array[(".repeat(2340);
    assert_eq!(found(&text), [text["Array[".len()..].to_owned()]);
    assert_eq!(found(&"Array<".repeat(2340)), [""; 0]);
}

#[test]
fn where_an_error_has_too_many_cells_its_texts_go() {
    let message = "(id=".repeat(4000);
    assert_eq!(said(&message), [message.as_str()]);
    let conflict = ServerError {
        message: format!("Cannot commit, missing data files: {}", "[a=".repeat(5000)),
        exception_classes: vec!["org.apache.iceberg.exceptions.ValidationException".to_owned()],
        ..ServerError::default()
    };
    assert_eq!(conflict.repeated_cells(&[]), std::slice::from_ref(&conflict.message));
}

#[test]
fn what_java_says_ends_where_its_stack_begins() {
    let stack = "\n\tat java.time.ZoneId.of(ZoneId.java:411)\n\nDriver stacktrace:\n\tat x.Y.z(Y.scala:7)";
    for (said, cell) in [
        ("Unknown time-zone ID: Eve", "Eve"),
        ("Invalid ID for region-based ZoneId, invalid format: Eve\n7", "Eve\n7"),
        ("Unclosed group near index 11\n(Eve", "(Eve"),
        ("[ILLEGAL_DAY_OF_WEEK] Illegal input for day of week: Eve.", "Eve"),
        (
            "[INVALID_PARAMETER_VALUE.PATTERN] The value of `regexp` in `rlike` is invalid: '(E.v'. SQLSTATE: 22023",
            "'(E.v'",
        ),
    ] {
        assert_only(&format!("{said}{stack}"), cell);
    }
}

#[test]
fn a_parameter_is_a_cell_under_its_own_conditions_alone() {
    let told = |class: &str, name: &str| {
        let message_parameters = [(name.to_owned(), "told".to_owned())].into();
        let error_class = Some(class.to_owned());
        ServerError { error_class, message_parameters, ..ServerError::default() }.repeated_cells(&[])
    };
    for (class, name) in [
        ("INVALID_TIMEZONE", "timeZone"),
        ("INVALID_PARAMETER_VALUE.CHARSET", "charset"),
        ("INVALID_PARAMETER_VALUE.HMAC_ALGORITHM", "algorithm"),
        ("INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX", "groupIndex"),
        ("INVALID_VARIANT_GET_PATH", "path"),
        ("INVALID_REGEXP_REPLACE", "source"),
        ("CAST_INVALID_INPUT", "expression"),
    ] {
        assert_eq!(told(class, name), ["told"], "{class}");
    }
    for (class, name) in [
        ("PATH_NOT_FOUND", "path"),
        ("UNSUPPORTED_DATA_SOURCE_SAVE_MODE", "source"),
        ("CAST_OVERFLOW", "expression"),
    ] {
        assert_eq!(told(class, name), [""; 0], "{class}");
    }
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
    let listed_partitions = |text| listed_partitions(text).collect::<Vec<_>>();
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
    let path =
        "Mkdirs failed to create file:/lake/t/region=Eve Smith/email_trunc=kent%40x (exists=false, mode=w)";
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
        ("[CONVERSION_INVALID_INPUT] The value '4x' (\"99\") cannot be converted to \"D\"", "'4x' (\"99\")"),
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
        ("[INVALID_TIMEZONE] The timezone: Eve/7 is invalid. The timezone must be either a region", "Eve/7"),
        ("Unknown time-zone ID: Eve", "Eve"),
        ("Invalid ID for region-based ZoneId, invalid format: Eve: 7", "Eve: 7"),
        (
            "[INVALID_PARAMETER_VALUE.CHARSET] The value of parameter(s) `charset` in `encode` is invalid: expects one \
             of the 'UTF-8', but got E.ve. SQLSTATE: 22023",
            "E.ve",
        ),
        (
            "[INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX] The value of parameter(s) `idx` in `f` is invalid: Expects \
             group index between 0 and 1, but got 4711. SQLSTATE: 22023",
            "4711",
        ),
        (
            "[INVALID_PARAMETER_VALUE.HMAC_ALGORITHM] The value of parameter(s) `a` in `hmac` is invalid: expects one \
             of the algorithms 'MD5', but got 'Eve'.",
            "'Eve'",
        ),
        (
            "[INVALID_PARAMETER_VALUE.PATTERN] The value of parameter(s) `regexp` in `rlike` is invalid: '(Eve'. \
             SQLSTATE: 22023",
            "'(Eve'",
        ),
        (
            "[INVALID_VARIANT_GET_PATH] The path `$.Eve[` is not a valid variant extraction path in `f`. A valid path",
            "$.Eve[",
        ),
        ("Unclosed group near index 11\n(Eve", "(Eve"),
        ("Dangling meta character '*' near index 0\n*Eve\n^", "*Eve"),
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
        ("Execution error: String 'Eve's' does not match the expected regex pattern: ^7$", "Eve's"),
        ("Execution error: invalid hex sequence '%se'", "%se"),
        (
            "Compute error: Regular expression did not compile: Syntax(\n~~~~\nregex parse error:\n    (Eve\n    ^\n\
             error: unclosed group\n~~~~\n)",
            "(Eve",
        ),
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
        error_class: Some("UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.CORRELATED_COLUMN_NOT_FOUND".to_owned()),
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
