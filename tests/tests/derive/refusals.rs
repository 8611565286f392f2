//! Columns that do not fit: one error with every mismatch, each saying what to change.

use std::sync::Arc;

use arrow_array::{Int64Array, StringArray};
use arrow_schema::{DataType, Field, Fields, IntervalUnit, TimeUnit};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use lakeorm::column::FromColumn;
use lakeorm::row::{Columns, LakeRow as Row, Layout};
use lakeorm::{CalendarInterval, DayTimeInterval, Decimal, LakeRow, SchemaMismatch, YearMonthInterval};

use crate::batches::{array, rows};

fn fields(columns: &[(&str, DataType)]) -> Fields {
    columns.iter().map(|(name, data_type)| Field::new(*name, data_type.clone(), true)).collect()
}

fn refusal<T: for<'b> Row<'b>>(columns: &[(&str, DataType)]) -> SchemaMismatch {
    Layout::<T>::resolve(&fields(columns)).unwrap_err()
}

#[derive(LakeRow)]
#[expect(dead_code, reason = "the rows of these tests are never read")]
struct User {
    amount: i64,
    email: String,
}

#[test]
fn a_wrong_type_and_a_missing_column_are_one_error() {
    let error = refusal::<User>(&[("amount", DataType::Decimal128(38, 10)), ("e_mail", DataType::Utf8)]);
    assert_eq!(
        error.to_string(),
        "2 mismatches between the result and User:\n  \
         User.amount: column \"amount\" is DECIMAL(38,10), the field is i64; use lakeorm::Decimal, or \
         CAST(amount AS BIGINT) in the query\n  \
         User.email: no column \"email\" in the result (found: amount, e_mail); did you mean \"e_mail\"?"
    );
    assert_eq!(error.row_type(), "User");
    let fields: Vec<_> = error.mismatches().iter().map(|m| (m.field(), m.column())).collect();
    assert_eq!(fields, [(Some("amount"), Some("amount")), (Some("email"), None)]);
}

#[test]
fn one_mismatch_is_one_line() {
    let error =
        refusal::<User>(&[("amount", DataType::Int64), ("emails", DataType::Utf8), ("x", DataType::Utf8)]);
    assert_eq!(
        error.to_string(),
        "User.email: no column \"email\" in the result (found: amount, emails, x); did you mean \"emails\"?"
    );
}

#[test]
fn an_empty_result_without_columns_says_so() {
    let error = refusal::<User>(&[]);
    assert_eq!(
        error.to_string(),
        "2 mismatches between the result and User:\n  \
         User.amount: no column \"amount\" in the result (found: no columns)\n  \
         User.email: no column \"email\" in the result (found: no columns)"
    );
}

#[test]
fn a_wide_result_is_listed_in_part() {
    let names: Vec<String> = (0..25).map(|i| format!("column_{i}")).collect();
    let columns: Vec<(&str, DataType)> = names.iter().map(|n| (n.as_str(), DataType::Int64)).collect();
    let error = refusal::<User>(&columns).to_string();
    assert!(error.contains("column_18, column_19, and 5 more)"), "{error}");
    assert!(!error.contains("column_20"), "{error}");
}

#[test]
fn column_names_are_quoted_in_the_advice_where_spark_needs_it() {
    #[derive(LakeRow)]
    #[expect(dead_code, reason = "never read")]
    struct Count {
        #[lake(rename = "count(1)")]
        count: i32,
    }
    assert_eq!(
        refusal::<Count>(&[("count(1)", DataType::Int64)]).to_string(),
        "Count.count: column \"count(1)\" is BIGINT, the field is i32; use i64, or CAST(`count(1)` AS INT) in the query"
    );
    #[derive(LakeRow)]
    #[expect(dead_code, reason = "never read")]
    struct Position {
        limit: i32,
    }
    let advice = refusal::<Position>(&[("limit", DataType::Int64)]).to_string();
    assert!(advice.ends_with("use i64, or CAST(`limit` AS INT) in the query"), "{advice}");
}

/// The line that a field of type `T` gives over a column of this type, or "accepted".
fn line<T: for<'b> FromColumn<'b>>(data_type: DataType) -> String {
    match Layout::<Single<T>>::resolve(&fields(&[("x", data_type)])) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[derive(LakeRow)]
#[expect(dead_code, reason = "never read")]
struct Single<T> {
    x: T,
}

const INSTANT: fn() -> DataType = || DataType::Timestamp(TimeUnit::Microsecond, Some("Etc/UTC".into()));
const CIVIL: fn() -> DataType = || DataType::Timestamp(TimeUnit::Microsecond, None);

#[test]
fn each_refusal_names_both_types_and_both_cures() {
    let list = DataType::List(Arc::new(Field::new("element", DataType::Utf8, true)));
    for (found, expected) in [
        (
            line::<i32>(DataType::Int64),
            "Single.x: column \"x\" is BIGINT, the field is i32; use i64, or CAST(x AS INT) in the query",
        ),
        (
            line::<Option<i8>>(DataType::Int16),
            "Single.x: column \"x\" is SMALLINT, the field is Option<i8>; use Option<i16>, or CAST(x AS TINYINT) in the query",
        ),
        (
            line::<f64>(DataType::Int32),
            "Single.x: column \"x\" is INT, the field is f64; use i32, or CAST(x AS DOUBLE) in the query",
        ),
        (
            line::<f32>(DataType::Float64),
            "Single.x: column \"x\" is DOUBLE, the field is f32; use f64, or CAST(x AS FLOAT) in the query",
        ),
        (
            line::<bool>(DataType::Utf8),
            "Single.x: column \"x\" is STRING, the field is bool; use String, or CAST(x AS BOOLEAN) in the query",
        ),
        (
            line::<String>(DataType::Binary),
            "Single.x: column \"x\" is BINARY, the field is String; use Vec<u8>, or CAST(x AS STRING) in the query",
        ),
        (
            line::<Vec<u8>>(DataType::Utf8),
            "Single.x: column \"x\" is STRING, the field is Vec<u8>; use String, or CAST(x AS BINARY) in the query",
        ),
        (
            line::<String>(list.clone()),
            "Single.x: column \"x\" is ARRAY<STRING>, the field is String; use Vec<String>, or to_json(x) in the query",
        ),
        (line::<i64>(list), "Single.x: column \"x\" is ARRAY<STRING>, the field is i64; use Vec<String>"),
        (
            line::<Decimal>(DataType::Int64),
            "Single.x: column \"x\" is BIGINT, the field is Decimal; use i64, or CAST(x AS DECIMAL(38,18)) in the query",
        ),
        (
            line::<DateTime<Utc>>(CIVIL()),
            "Single.x: column \"x\" is TIMESTAMP_NTZ, the field is DateTime<Utc>; use chrono::NaiveDateTime, or \
             CAST(x AS TIMESTAMP) in the query",
        ),
        (
            line::<NaiveDateTime>(INSTANT()),
            "Single.x: column \"x\" is TIMESTAMP, the field is NaiveDateTime; use chrono::DateTime<chrono::Utc>, or \
             CAST(x AS TIMESTAMP_NTZ) in the query",
        ),
        (
            line::<NaiveDate>(INSTANT()),
            "Single.x: column \"x\" is TIMESTAMP, the field is NaiveDate; use chrono::DateTime<chrono::Utc>, or \
             CAST(x AS DATE) in the query",
        ),
        (
            line::<i64>(DataType::UInt64),
            "Single.x: column \"x\" is Arrow's UInt64, the field is i64; use u64, or CAST(x AS BIGINT) in the query",
        ),
        (
            line::<u64>(DataType::Int64),
            "Single.x: column \"x\" is BIGINT, the field is u64; use i64, or #[lake(try_from = \"i64\")] on the field",
        ),
        (
            line::<Option<u32>>(DataType::Int32),
            "Single.x: column \"x\" is INT, the field is Option<u32>; use Option<i32>, or \
             #[lake(try_from = \"i32\")] on the field",
        ),
        (line::<u16>(DataType::Utf8), "Single.x: column \"x\" is STRING, the field is u16; use String"),
    ] {
        assert_eq!(found, expected);
    }
}

#[test]
fn a_value_without_a_field_is_told_no_attribute() {
    assert_eq!(
        refusal::<(Option<u64>,)>(&[("x", DataType::Int64)]).to_string(),
        "tuple.0: column \"x\" is BIGINT, the field is Option<u64>; use Option<i64> and convert the value"
    );
    let list = DataType::List(Arc::new(Field::new("element", DataType::Int32, true)));
    assert_eq!(
        line::<Vec<u32>>(list),
        "Single.x[]: in column \"x\", the value is INT, the Rust type is u32; use i32 and convert the value"
    );
    let pair = DataType::Struct(fields(&[("a", DataType::Int64)]));
    assert_eq!(
        line::<(u64,)>(pair),
        "Single.x.0: in column \"x\", the value is BIGINT, the field is u64; use i64 and convert the value"
    );
}

#[test]
fn a_refusal_speaks_of_the_column_and_not_of_what_it_is_made_of() {
    use std::collections::HashMap;

    let structs = || DataType::Struct(fields(&[("a", DataType::Int32)]));
    let list = |of: DataType| DataType::List(Arc::new(Field::new("element", of, true)));
    let map = || {
        let entries = fields(&[("key", DataType::Utf8), ("value", DataType::Int64)]);
        DataType::Map(Arc::new(Field::new("entries", DataType::Struct(entries), false)), false)
    };
    let variant = || {
        let mark = HashMap::from([("variant".to_owned(), "true".to_owned())]);
        let metadata = Field::new("metadata", DataType::Binary, false).with_metadata(mark);
        DataType::Struct([Field::new("value", DataType::Binary, false), metadata].into_iter().collect())
    };
    let geometry = || DataType::Struct(fields(&[("srid", DataType::Int32), ("wkb", DataType::Binary)]));
    for (found, expected) in [
        (
            line::<String>(variant()),
            "Single.x: column \"x\" is VARIANT, the field is String; use lakeorm::Variant, or to_json(x) in the query",
        ),
        (
            line::<Option<i64>>(geometry()),
            "Single.x: column \"x\" is STRUCT<srid: INT, wkb: BINARY>, the field is Option<i64>; use \
             Option<lakeorm::Wkb>",
        ),
        (
            line::<i64>(list(geometry())),
            "Single.x: column \"x\" is ARRAY<STRUCT<srid: INT, wkb: BINARY>>, the field is i64; use \
             Vec<lakeorm::Wkb>",
        ),
        (
            line::<Vec<i64>>(map()),
            "Single.x: column \"x\" is MAP<STRING, BIGINT>, the field is Vec<i64>; use HashMap<String, i64>",
        ),
        (
            line::<Option<Vec<i64>>>(map()),
            "Single.x: column \"x\" is MAP<STRING, BIGINT>, the field is Option<Vec<i64>>; use \
             Option<HashMap<String, i64>>",
        ),
        (
            line::<i64>(list(map())),
            "Single.x: column \"x\" is ARRAY<MAP<STRING, BIGINT>>, the field is i64; use Vec<HashMap<String, i64>>",
        ),
        (
            line::<Vec<(String, String)>>(map()),
            "Single.x[].1: in column \"x\", the value is BIGINT, the field is String; use i64, or CAST(value AS \
             STRING) in the query",
        ),
        (
            line::<HashMap<String, i64>>(list(DataType::Int64)),
            "Single.x: column \"x\" is ARRAY<BIGINT>, the field is HashMap<String, i64>; use Vec<i64>",
        ),
        (
            line::<i64>(list(structs())),
            "Single.x: column \"x\" is ARRAY<STRUCT<a: INT>>, the field is i64; use a Vec of a struct that derives \
             LakeRow",
        ),
        (
            line::<Option<i64>>(structs()),
            "Single.x: column \"x\" is STRUCT<a: INT>, the field is Option<i64>; use an Option of a struct that \
             derives LakeRow",
        ),
        (
            line::<NaiveDate>(DataType::Date64),
            "Single.x: column \"x\" is Arrow's Date64, the field is NaiveDate; use CAST(x AS DATE) in the query",
        ),
        (
            line::<CalendarInterval>(DataType::Interval(IntervalUnit::DayTime)),
            "Single.x: column \"x\" is Arrow's Interval(DayTime), the field is CalendarInterval",
        ),
    ] {
        assert_eq!(found, expected);
    }
}

#[derive(Debug, PartialEq, LakeRow)]
#[lake(deny_unknown_columns)]
struct Alone {
    x: i64,
}

#[test]
fn a_column_that_is_there_twice_is_ambiguous_and_not_unknown_too() {
    assert_eq!(
        refusal::<Alone>(&[("x", DataType::Int64), ("X", DataType::Int64), ("x", DataType::Int64)])
            .to_string(),
        "2 mismatches between the result and Alone:\n  \
         Alone.x: column \"x\" is ambiguous in the result: \"x\" at position 1, \"x\" at position 3; give each its \
         own name with AS in the query\n  \
         Alone: column \"X\" is in the result and no field reads it; add a field, or do not select it"
    );
}

#[test]
fn the_column_of_lakeorm_itself_is_unknown_to_no_result_and_to_every_struct() {
    use DataType::{Int64, Utf8};

    #[derive(LakeRow)]
    #[expect(dead_code, reason = "never read")]
    struct Outer {
        inner: Alone,
    }

    for own in ["_ingest_id", "_INGEST_ID"] {
        let columns =
            vec![("x", array(Int64Array::from(vec![7]))), (own, array(StringArray::from(vec!["one"])))];
        assert_eq!(rows::<Alone>(columns).unwrap(), [Alone { x: 7 }], "{own}");
    }
    let unread = |name: &str| format!("\"{name}\" is in the result and no field reads it");
    let told = refusal::<Alone>(&[("x", Int64), ("_ingest_id", Utf8), ("_ingest_ids", Utf8)]).to_string();
    assert!(told.contains(&unread("_ingest_ids")) && !told.contains(&unread("_ingest_id")), "{told}");
    let inner = DataType::Struct(fields(&[("x", Int64), ("_ingest_id", Utf8)]));
    let told = refusal::<Outer>(&[("inner", inner)]).to_string();
    assert!(told.contains("_ingest_id") && told.contains("no field reads it"), "{told}");
}

#[test]
fn names_differ_by_case_in_any_alphabet_and_among_ten_thousand_others() {
    #[derive(Debug, PartialEq, LakeRow)]
    struct Greek {
        amount: i64,
        #[lake(rename = "οδος")]
        street: String,
    }
    let names: Vec<String> = (0..10_000).map(|i| format!("Column_{i}")).collect();
    let zeros = array(Int64Array::from(vec![0]));
    let mut values: Vec<_> = names.iter().map(|name| (name.as_str(), Arc::clone(&zeros))).collect();
    values.push(("AMOUNT", array(Int64Array::from(vec![7]))));
    values.push(("ΟΔΟΣ", array(StringArray::from(vec!["Ερμού"]))));
    let columns: Vec<_> = values.iter().map(|(name, array)| (*name, array.data_type().clone())).collect();
    assert_eq!(rows::<Greek>(values).unwrap(), [Greek { amount: 7, street: "Ερμού".to_owned() }]);
    let refused = refusal::<User>(&columns).to_string();
    assert!(refused.ends_with("Column_19, and 9982 more)"), "{refused}");
}

#[test]
fn every_column_type_takes_its_own_spark_type_and_no_other() {
    use DataType as D;
    let columns = [
        D::Boolean,
        D::Int8,
        D::Int16,
        D::Int32,
        D::Int64,
        D::Float32,
        D::Float64,
        D::Decimal128(38, 10),
        D::Utf8,
        D::Binary,
        D::Date32,
        INSTANT(),
        CIVIL(),
        D::Null,
        D::Time64(TimeUnit::Microsecond),
        D::Duration(TimeUnit::Microsecond),
        D::Interval(IntervalUnit::YearMonth),
        D::Interval(IntervalUnit::MonthDayNano),
    ];
    let taken = |line: fn(D) -> String| -> Vec<usize> {
        columns.iter().enumerate().filter(|(_, d)| line((*d).clone()) == "accepted").map(|(i, _)| i).collect()
    };
    assert_eq!(taken(line::<bool>), [0]);
    assert_eq!(taken(line::<i8>), [1]);
    assert_eq!(taken(line::<i16>), [1, 2]);
    assert_eq!(taken(line::<i32>), [1, 2, 3]);
    assert_eq!(taken(line::<i64>), [1, 2, 3, 4]);
    assert_eq!(taken(line::<f32>), [5]);
    assert_eq!(taken(line::<f64>), [5, 6]);
    assert_eq!(taken(line::<Decimal>), [7]);
    assert_eq!(taken(line::<String>), [8]);
    assert_eq!(taken(line::<Vec<u8>>), [9]);
    assert_eq!(taken(line::<NaiveDate>), [10]);
    assert_eq!(taken(line::<DateTime<Utc>>), [11]);
    assert_eq!(taken(line::<NaiveDateTime>), [12]);
    assert_eq!(taken(line::<NaiveTime>), [14]);
    assert_eq!(taken(line::<DayTimeInterval>), [15]);
    assert_eq!(taken(line::<TimeDelta>), [15]);
    assert_eq!(taken(line::<YearMonthInterval>), [16]);
    assert_eq!(taken(line::<CalendarInterval>), [17]);
}

#[test]
fn what_a_row_needs_is_plain_data() {
    let columns = Columns::of::<User>();
    assert_eq!(columns.len(), 2);
    assert!(!columns.by_position());
    let first = columns.iter().next().unwrap();
    assert_eq!((first.field(), first.name(), first.is_required()), ("amount", "amount", true));
}
