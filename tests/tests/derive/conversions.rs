//! Columns that become their field by way of another type.

use arrow_array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};
use lakeorm::encode::record_batch;
use lakeorm::{Json, LakeRow, LakeTable, LakeValue, ToLiteral};

use crate::batches::{array, message, rows};

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Settings {
    theme: String,
}

#[derive(Debug, PartialEq)]
struct Even(i64);

impl TryFrom<i64> for Even {
    type Error = String;

    fn try_from(value: i64) -> Result<Self, String> {
        if value % 2 == 0 { Ok(Self(value)) } else { Err(format!("{value} is odd")) }
    }
}

mod seconds {
    use lakeorm::column::ReadError;

    pub(super) type Column = Option<i64>;

    pub(super) fn decode(seconds: Column) -> Result<std::time::Duration, ReadError> {
        let seconds =
            u64::try_from(seconds.unwrap_or(0)).map_err(|_| ReadError::new("the duration is negative"))?;
        Ok(std::time::Duration::from_secs(seconds))
    }
}

#[derive(Debug, PartialEq, LakeRow)]
struct Row {
    #[lake(json)]
    settings: Settings,
    #[lake(json)]
    maybe: Option<serde_json::Value>,
    #[lake(try_from = "i64")]
    even: Even,
    #[lake(try_from = "i64", default)]
    narrow: Option<u8>,
    #[lake(with = seconds)]
    waited: std::time::Duration,
}

fn columns(settings: &str, even: i64, waited: i64) -> Vec<(&'static str, ArrayRef)> {
    vec![
        ("settings", array(StringArray::from(vec![settings]))),
        ("maybe", array(StringArray::from(vec![settings]))),
        ("even", array(Int64Array::from(vec![even]))),
        ("waited", array(Int64Array::from(vec![waited]))),
        ("narrow", array(Int64Array::from(vec![None]))),
    ]
}

#[test]
fn json_try_from_and_with_convert_each_value() {
    let found: Vec<Row> = rows(columns(r#"{"theme": "dark"}"#, 4, 90)).unwrap();
    let expected = Row {
        settings: Settings { theme: "dark".to_owned() },
        maybe: Some(serde_json::json!({"theme": "dark"})),
        even: Even(4),
        narrow: None,
        waited: std::time::Duration::from_secs(90),
    };
    assert_eq!(found, [expected]);
}

#[test]
fn a_refused_value_names_its_field_and_never_itself() {
    for (columns, expected) in [
        (
            columns(r#"{"theme": 4711}"#, 4, 0),
            "Row.settings: column \"settings\", row 0 (the first is 0): the JSON does not fit Settings (line 1, column 14 of the text)",
        ),
        (
            columns("4711 x", 4, 0),
            "Row.settings: column \"settings\", row 0 (the first is 0): the JSON does not fit Settings (line 1, column 4 of the text)",
        ),
        (
            columns(r#"{"theme": ""}"#, 4711, 0),
            "Row.even: column \"even\", row 0 (the first is 0): `Even::try_from` rejected the value (a i64)",
        ),
        (
            columns(r#"{"theme": ""}"#, 4, -1),
            "Row.waited: column \"waited\", row 0 (the first is 0): the duration is negative",
        ),
    ] {
        assert_eq!(message(rows::<Row>(columns)), expected);
    }
}

#[derive(Debug, PartialEq, LakeValue)]
#[lake(rename_all = "SCREAMING-KEBAB-CASE")]
enum Kind {
    VeryTasty,
    r#Match,
}

#[derive(Debug, PartialEq, LakeValue)]
#[lake(integer)]
#[repr(i8)]
enum Code {
    Zero,
    Ten = 10,
    Eleven,
    #[lake(other)]
    Unknown(i64) = 100,
}

#[derive(Debug, PartialEq, LakeValue)]
#[lake(integer)]
enum Known {
    One = 1,
    #[lake(other)]
    Other,
}

/// Its variants are called as what the derive implements.
#[derive(Debug, Clone, PartialEq, LakeValue)]
enum Role {
    Reader,
    Readers,
    Encoder,
    Encoders,
    #[lake(other)]
    Other(String),
}

#[derive(Debug, Clone, PartialEq, LakeValue)]
#[lake(integer)]
enum Side {
    Reader,
    Encoder,
    Error,
}

/// A generic newtype with a name.
#[derive(Debug, PartialEq, LakeValue)]
struct Wrapper<T> {
    inner: T,
}

#[derive(Debug, PartialEq, LakeValue)]
struct Borrowed<'a>(&'a str);

#[test]
fn enums_are_read_from_texts_and_numbers() {
    let kinds = array(StringArray::from(vec!["VERY-TASTY", "MATCH"]));
    let found: Vec<(Kind,)> = rows(vec![("x", kinds)]).unwrap();
    assert_eq!(found, [(Kind::VeryTasty,), (Kind::r#Match,)]);
    let codes = || vec![("x", array(Int64Array::from(vec![0, 10, 11, -5])))];
    let found: Vec<(Code,)> = rows(codes()).unwrap();
    assert_eq!(found, [(Code::Zero,), (Code::Ten,), (Code::Eleven,), (Code::Unknown(-5),)]);
    let found: Vec<(Wrapper<Option<Known>>,)> =
        rows(vec![("x", array(Int64Array::from(vec![Some(1), None, Some(2)])))]).unwrap();
    let wrapped = |inner| (Wrapper { inner },);
    assert_eq!(found, [wrapped(Some(Known::One)), wrapped(None), wrapped(Some(Known::Other))]);
}

#[test]
fn a_value_that_no_variant_has_lists_the_variants_and_not_the_value() {
    let kinds = array(StringArray::from(vec!["MATCH", "match"]));
    assert_eq!(
        message(rows::<(Kind,)>(vec![("x", kinds)])),
        "tuple.0: column \"x\", row 1 (the first is 0): the value matches no variant of Kind: expected \
         'VERY-TASTY', 'MATCH'; add a variant with #[lake(other)] to accept others"
    );
    assert_eq!(
        message(rows::<(Kind,)>(vec![("x", array(Int64Array::from(vec![1])))])),
        "tuple.0: column \"x\" is BIGINT, the field is Kind; use i64, or CAST(x AS STRING) in the query"
    );
}

#[test]
fn variants_may_have_the_names_of_what_is_derived() {
    let other = Role::Other("Owner".to_owned());
    crate::written::same(&[
        (Role::Reader, Side::Reader),
        (Role::Readers, Side::Encoder),
        (Role::Encoder, Side::Error),
        (Role::Encoders, Side::Error),
        (other.clone(), Side::Reader),
    ]);
    assert_eq!(other.to_literal().unwrap(), "Owner".to_literal().unwrap());
}

#[test]
fn a_newtype_may_borrow() {
    let batch = crate::batches::batch(vec![("x", array(StringArray::from(vec!["a"])))]);
    let batch = lakeorm::RowBatch::new(batch, 0).unwrap();
    let found: Vec<(Borrowed<'_>,)> = batch.rows().unwrap().map(Result::unwrap).collect();
    assert_eq!(found, [(Borrowed("a"),)]);
}

#[test]
fn what_another_crates_type_cannot_hold_is_an_error_and_not_a_rounding() {
    let digits = arrow_array::Decimal128Array::from(vec![10i128.pow(38) - 1])
        .with_precision_and_scale(38, 38)
        .unwrap();
    assert_eq!(
        message(rows::<(rust_decimal::Decimal,)>(vec![("x", array(digits))])),
        "tuple.0: column \"x\", row 0 (the first is 0): the number has more digits than rust_decimal::Decimal \
         holds; use lakeorm::Decimal"
    );
    // One and a half, of scale 38: the zeros are what does not fit.
    let zeros = arrow_array::Decimal128Array::from(vec![15 * 10i128.pow(36)])
        .with_precision_and_scale(38, 37)
        .unwrap();
    let found: Vec<(rust_decimal::Decimal,)> = rows(vec![("x", array(zeros))]).unwrap();
    assert_eq!(found, [(rust_decimal::Decimal::new(15, 1),)]);
    let last = || vec![("x", array(TimestampMicrosecondArray::from(vec![i64::MAX]).with_timezone("UTC")))];
    let refused = message(rows::<(jiff::Timestamp,)>(last()));
    assert!(
        refused.ends_with("the timestamp is outside the years that jiff::Timestamp can hold"),
        "{refused}"
    );
    let refused = message(rows::<(time::UtcDateTime,)>(last()));
    assert!(
        refused.ends_with("the timestamp is outside the years that time::UtcDateTime can hold"),
        "{refused}"
    );
}

#[derive(Debug, Clone, PartialEq, LakeValue)]
#[lake(integer)]
enum Gap {
    Low = 1,
    #[lake(other)]
    Unknown,
    High,
}

#[derive(Debug, PartialEq, LakeValue)]
#[lake(integer)]
#[repr(u8)]
enum First {
    #[lake(other)]
    Other(i64) = 7,
    Eight,
}

/// As the compiler counts: `High` is 3, since `Unknown` is 2.
#[test]
fn a_variant_is_counted_from_the_one_for_every_other_value() {
    let numbers = || vec![("x", array(Int64Array::from(vec![1, 2, 3])))];
    let found: Vec<(Gap,)> = rows(numbers()).unwrap();
    assert_eq!(found, [(Gap::Low,), (Gap::Unknown,), (Gap::High,)]);
    assert_eq!(Gap::High as isize, 3);
    assert_eq!(Gap::High.to_literal().unwrap(), 3_i64.to_literal().unwrap());
    #[derive(LakeTable)]
    struct Row {
        gap: Gap,
    }
    let batch = record_batch(&[Row { gap: Gap::High }, Row { gap: Gap::Low }]).unwrap();
    let written: Vec<(i64,)> = lakeorm::RowBatch::new(batch, 0).unwrap().to_vec().unwrap();
    assert_eq!(written, [(3,), (1,)]);
    let eight: Vec<(First,)> = rows(vec![("x", array(Int64Array::from(vec![8, 7])))]).unwrap();
    assert_eq!(eight, [(First::Eight,), (First::Other(7),)]);
}

#[derive(Debug, PartialEq, LakeValue)]
#[lake(integer)]
#[repr(u8)]
enum Mask {
    Nothing = 0,
    All = !0,
}

#[derive(Debug, PartialEq, LakeValue)]
#[lake(integer)]
#[repr(u64)]
enum Wide {
    Largest = !0 >> 1,
    Shifted = 1 << 40,
}

#[test]
fn an_operator_in_a_discriminant_is_one_of_the_enums_own_type() {
    let masks: Vec<(Mask,)> = rows(vec![("x", array(Int64Array::from(vec![0, 255])))]).unwrap();
    assert_eq!(masks, [(Mask::Nothing,), (Mask::All,)]);
    let told = message(rows::<(Mask,)>(vec![("x", array(Int64Array::from(vec![-1])))]));
    let expected =
        "tuple.0: column \"x\", row 0 (the first is 0): the value matches no variant of Mask: expected ";
    assert!(told.starts_with(expected), "{told}");
    let wide: Vec<(Wide,)> = rows(vec![("x", array(Int64Array::from(vec![1 << 40, i64::MAX])))]).unwrap();
    assert_eq!(wide, [(Wide::Shifted,), (Wide::Largest,)]);
}

#[test]
fn json_that_has_a_key_twice_is_an_error_and_loses_no_value() {
    type Map = Json<std::collections::BTreeMap<String, serde_json::Value>>;
    let column = |text: &str| vec![("x", array(StringArray::from(vec![text])))];
    let expected = "tuple.0: column \"x\", row 0 (the first is 0): the JSON object has a duplicate key: write the key \
                    once, or read the column as a String";
    for text in [r#"{"a": 1, "a": 2}"#, r#"{"b": [{"s3": 1, "\u0073\u0033": 2}]}"#] {
        assert_eq!(message(rows::<(Map,)>(column(text))), expected);
        assert_eq!(message(rows::<(serde_json::Value,)>(column(text))), expected);
        assert_eq!(rows::<(String,)>(column(text)).unwrap(), [(text.to_owned(),)]);
    }
    let found = rows::<(serde_json::Value,)>(column(r#"{"a": [{"a": 1}, {"a": 1}]}"#)).unwrap();
    assert_eq!(found, [(serde_json::json!({"a": [{"a": 1}, {"a": 1}]}),)]);
}

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Point {
    x: i64,
    y: i64,
}

#[test]
fn an_array_of_json_is_no_struct_whose_fields_it_would_be_by_position() {
    let column = |text: &str| vec![("x", array(StringArray::from(vec![text])))];
    for text in ["[[1, 2]]", r#"[{"x": 1, "y": 2}, [3, 4]]"#] {
        let told = message(rows::<(Json<Vec<Point>>,)>(column(text)));
        assert!(told.contains("the JSON does not fit Vec<Point> (line 1, column "), "{told}");
    }
    let read = rows::<(Json<Point>,)>(column(r#"{"y": 2, "other": [0], "x": 1}"#)).unwrap();
    assert_eq!(read, [(Json(Point { x: 1, y: 2 }),)]);
    assert_eq!(rows::<(Json<(i64, i64)>,)>(column("[1, 2]")).unwrap(), [(Json((1, 2)),)]);
}

#[test]
fn a_number_that_is_too_great_for_an_f64_is_not_called_no_json() {
    let column = vec![("x", array(StringArray::from(vec!["{\"a\":\n1e400}"])))];
    let told = message(rows::<(serde_json::Value,)>(column));
    assert!(told.contains("the JSON holds a number that is too great for its type"), "{told}");
    assert!(told.contains("(line 2, column "), "{told}");
}

/// As it is documented.
#[test]
fn a_number_of_json_that_no_integer_holds_is_the_nearest_f64() {
    let texts = StringArray::from(vec!["18446744073709551615", "18446744073709551616"]);
    let found = rows::<(serde_json::Value,)>(vec![("x", array(texts))]).unwrap();
    assert_eq!(found[0].0.as_u64(), Some(u64::MAX));
    assert_eq!((found[1].0.as_u64(), found[1].0.as_f64()), (None, Some(18_446_744_073_709_551_616.0)));
}

const FIRST: u8 = 200;

#[derive(Debug, PartialEq, LakeValue)]
#[lake(integer)]
#[repr(u8)]
enum Byte {
    First = FIRST,
    Second,
    Letter = b'a',
    Shifted = 1 << 3,
}

#[derive(Debug, PartialEq, LakeValue)]
#[lake(integer)]
enum Sized {
    Lowest = Self::LOWEST,
    Next,
}

impl Sized {
    const LOWEST: isize = -5;
}

#[derive(Debug, PartialEq, LakeValue)]
#[lake(integer)]
#[repr(i64)]
enum Ends {
    First = i64::MIN,
    Last = i64::MAX,
}

#[test]
fn discriminants_may_be_expressions_of_the_enums_own_type() {
    let bytes: Vec<(Byte,)> = rows(vec![("x", array(Int64Array::from(vec![200, 201, 97, 8])))]).unwrap();
    assert_eq!(bytes, [(Byte::First,), (Byte::Second,), (Byte::Letter,), (Byte::Shifted,)]);
    let sized: Vec<(Sized,)> = rows(vec![("x", array(Int64Array::from(vec![-4, -5])))]).unwrap();
    assert_eq!(sized, [(Sized::Next,), (Sized::Lowest,)]);
    let ends: Vec<(Ends,)> = rows(vec![("x", array(Int64Array::from(vec![i64::MAX, i64::MIN])))]).unwrap();
    assert_eq!(ends, [(Ends::Last,), (Ends::First,)]);
}
