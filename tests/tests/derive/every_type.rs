//! Every value type in every place: with and without NULLs, in lists, maps, structs, and in every encoding.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use arrow_array::builder::{FixedSizeListBuilder, Int64Builder};
use arrow_array::types::{Int8Type, Int32Type};
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal32Array, Decimal64Array, Decimal128Array,
    Decimal256Array, DictionaryArray, DurationMicrosecondArray, FixedSizeListArray, Float32Array,
    Float64Array, GenericListArray, GenericListViewArray, Int8Array, Int16Array, Int32Array, Int64Array,
    IntervalMonthDayNanoArray, IntervalYearMonthArray, LargeBinaryArray, LargeStringArray, MapArray,
    OffsetSizeTrait, RunArray, StringArray, StringViewArray, StructArray, Time32SecondArray,
    Time64MicrosecondArray, Time64NanosecondArray, TimestampMicrosecondArray, TimestampNanosecondArray,
    UInt32Array,
};
use arrow_buffer::{IntervalMonthDayNano, NullBuffer, OffsetBuffer, ScalarBuffer, i256};
use arrow_schema::{DataType, Field, Fields};
use arrow_select::take::take;
use bytes::Bytes;
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use lakeorm::{
    CalendarInterval, DayTimeInterval, Decimal, FromColumn, Json, LakeRow, LakeValue, YearMonthInterval,
};
use uuid::Uuid;

use crate::batches::{array, rows};

/// Three values of a column type, `[a, NULL, b, c]`, read as `T` in every place that a column has.
fn everywhere<T>(column: &ArrayRef, values: [T; 3])
where
    T: for<'b> FromColumn<'b> + Clone + Debug + PartialEq + Send + 'static,
{
    let [a, b, c] = values;
    let full = pick(column, &[0, 2, 3]);
    let nullable = || vec![Some(a.clone()), None, Some(b.clone()), Some(c.clone())];
    let all = || vec![a.clone(), b.clone(), c.clone()];
    let cell = |array: &ArrayRef| vec![("x", Arc::clone(array))];
    let ones = |values: Vec<T>| values.into_iter().map(|value| (value,)).collect::<Vec<_>>();

    // Alone.
    assert_eq!(rows::<(T,)>(cell(&full)).unwrap(), ones(all()));
    let expected: Vec<(Option<T>,)> = nullable().into_iter().map(|value| (value,)).collect();
    assert_eq!(rows::<(Option<T>,)>(cell(column)).unwrap(), expected);
    assert_eq!(rows::<(Option<T>,)>(cell(&column.slice(1, 2))).unwrap(), expected[1..3]);
    let refused = rows::<(T,)>(cell(column)).unwrap_err().to_string();
    assert!(
        refused.contains("row 1 (the first is 0): the value is NULL; make the field Option<"),
        "{refused}"
    );

    // Encoded.
    for encoded in [dictionary(&full), dictionary_with_null(&full), runs(&full), dictionary(&runs(&full))] {
        let expected = if encoded.is_nullable() && encoded.logical_null_count() > 0 {
            vec![(Some(c.clone()),), (None,), (Some(a.clone()),)]
        } else {
            all().into_iter().map(|value| (Some(value),)).collect()
        };
        assert_eq!(rows::<(Option<T>,)>(cell(&encoded)).unwrap(), expected, "{}", encoded.data_type());
    }

    // In lists of every layout, sliced too; in structs; in maps.
    for elements in [Arc::clone(&full), dictionary(&full), runs(&full)] {
        let lists =
            [list::<i32>(&elements), list::<i64>(&elements), view::<i32>(&elements), view::<i64>(&elements)];
        for lists in lists {
            let name = lists.data_type().to_string();
            let expected =
                vec![(Some(vec![a.clone()]),), (None,), (Some(vec![]),), (Some(vec![b.clone(), c.clone()]),)];
            assert_eq!(rows::<(Option<Vec<T>>,)>(cell(&lists)).unwrap(), expected, "{name}");
            let sliced = rows::<(Vec<T>,)>(cell(&lists.slice(2, 2))).unwrap();
            assert_eq!(sliced, [(vec![],), (vec![b.clone(), c.clone()],)], "{name}");
        }
        assert_eq!(
            rows::<([T; 3],)>(cell(&fixed(&elements))).unwrap(),
            [([a.clone(), b.clone(), c.clone()],)]
        );
        assert_eq!(
            rows::<((T,),)>(cell(&structure(&elements))).unwrap(),
            all().into_iter().map(|v| ((v,),)).collect::<Vec<_>>()
        );
        let one = |key: i32, value: &T| BTreeMap::from([(key, value.clone())]);
        let expected = [(one(0, &a),), (BTreeMap::from([(1, b.clone()), (2, c.clone())]),)];
        assert_eq!(rows::<(BTreeMap<i32, T>,)>(cell(&map(&elements))).unwrap(), expected);
        let expected = [(vec![(0, a.clone())],), (vec![(1, b.clone()), (2, c.clone())],)];
        assert_eq!(rows::<(Vec<(i32, T)>,)>(cell(&map(&elements))).unwrap(), expected);
    }
    let lists = list_of(column);
    assert_eq!(rows::<(Vec<Option<T>>,)>(cell(&lists)).unwrap(), [(nullable(),)]);
    let refused = rows::<(Vec<T>,)>(cell(&lists)).unwrap_err().to_string();
    assert_eq!(
        refused,
        "tuple.0[]: column \"x\", row 0 (the first is 0): a nested value is NULL; make that value an Option, or \
         replace the NULL in the query"
    );
    let structs: Vec<((Option<T>,),)> = nullable().into_iter().map(|value| ((value,),)).collect();
    assert_eq!(rows::<((Option<T>,),)>(cell(&structure(column))).unwrap(), structs);

    // VOID.
    let void = || array(arrow_array::NullArray::new(2));
    assert_eq!(rows::<(Option<T>,)>(vec![("x", void())]).unwrap(), [(None,), (None,)]);
}

fn pick(array: &ArrayRef, rows: &[u32]) -> ArrayRef {
    take(array, &UInt32Array::from(rows.to_vec()), None).unwrap()
}

/// The same values in a dictionary whose keys do not follow their order.
fn dictionary(values: &ArrayRef) -> ArrayRef {
    let shuffled = match values.data_type() {
        DataType::RunEndEncoded(..) => {
            return Arc::new(DictionaryArray::<Int8Type>::new(
                Int8Array::from(vec![0, 1, 2]),
                Arc::clone(values),
            ));
        }
        _ => pick(values, &[2, 0, 1]),
    };
    Arc::new(DictionaryArray::<Int8Type>::new(Int8Array::from(vec![1, 2, 0]), shuffled))
}

fn dictionary_with_null(values: &ArrayRef) -> ArrayRef {
    let keys = Int32Array::from(vec![Some(2), None, Some(0)]);
    Arc::new(DictionaryArray::<Int32Type>::new(keys, Arc::clone(values)))
}

/// Runs of one each, cut out of the middle of longer runs.
fn runs(values: &ArrayRef) -> ArrayRef {
    let runs = RunArray::<Int32Type>::try_new(&Int32Array::from(vec![3, 4, 9]), values).unwrap();
    Arc::new(runs.slice(2, 3))
}

fn element(values: &ArrayRef) -> Arc<Field> {
    Arc::new(Field::new("element", values.data_type().clone(), true))
}

/// `[a], NULL, [], [b, c]`.
fn list<O: OffsetSizeTrait>(values: &ArrayRef) -> ArrayRef {
    let offsets = OffsetBuffer::<O>::from_lengths([1, 0, 0, 2]);
    let nulls = NullBuffer::from(vec![true, false, true, true]);
    Arc::new(GenericListArray::new(element(values), offsets, Arc::clone(values), Some(nulls)))
}

/// The same out of order, with a NULL list that claims elements.
fn view<O: OffsetSizeTrait>(values: &ArrayRef) -> ArrayRef {
    let at = |values: [usize; 4]| ScalarBuffer::from(values.map(|v| O::from_usize(v).unwrap()).to_vec());
    let nulls = NullBuffer::from(vec![true, false, true, true]);
    let (offsets, sizes) = (at([0, 1, 3, 1]), at([1, 1, 0, 2]));
    Arc::new(GenericListViewArray::new(element(values), offsets, sizes, Arc::clone(values), Some(nulls)))
}

fn fixed(values: &ArrayRef) -> ArrayRef {
    Arc::new(FixedSizeListArray::new(element(values), 3, Arc::clone(values), None))
}

fn list_of(values: &ArrayRef) -> ArrayRef {
    let offsets = OffsetBuffer::<i32>::from_lengths([values.len()]);
    Arc::new(GenericListArray::new(element(values), offsets, Arc::clone(values), None))
}

fn structure(values: &ArrayRef) -> ArrayRef {
    let fields = Fields::from(vec![Field::new("inner", values.data_type().clone(), true)]);
    Arc::new(StructArray::new(fields, vec![Arc::clone(values)], None))
}

/// `{0: a}, {1: b, 2: c}`.
fn map(values: &ArrayRef) -> ArrayRef {
    let keys = array(Int32Array::from(vec![0, 1, 2]));
    let fields = Fields::from(vec![
        Field::new("key", DataType::Int32, false),
        Field::new("value", values.data_type().clone(), true),
    ]);
    let entries = StructArray::new(fields.clone(), vec![keys, Arc::clone(values)], None);
    let entries_field = Arc::new(Field::new("entries", DataType::Struct(fields), false));
    Arc::new(MapArray::new(entries_field, OffsetBuffer::from_lengths([1, 2]), entries, None, false))
}

macro_rules! each_type {
    ($($name:ident: $rust:ty, $column:expr => [$a:expr, $b:expr, $c:expr];)*) => {$(
        #[test]
        fn $name() {
            let column: ArrayRef = array($column);
            everywhere::<$rust>(&column, [$a, $b, $c]);
        }
    )*};
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn nines() -> i128 {
    10i128.pow(38) - 1
}

fn decimals() -> Decimal128Array {
    Decimal128Array::from(vec![Some(nines()), None, Some(-nines()), Some(0)])
        .with_precision_and_scale(38, 10)
        .unwrap()
}

fn small_decimals() -> Decimal128Array {
    Decimal128Array::from(vec![Some(125), None, Some(-1), Some(0)]).with_precision_and_scale(10, 2).unwrap()
}

const YEAR_1: i64 = -62_135_596_800_000_000;
const YEAR_9999: i64 = 253_402_300_799_999_999;

fn instants() -> TimestampMicrosecondArray {
    TimestampMicrosecondArray::from(vec![Some(YEAR_1), None, Some(YEAR_9999), Some(-1)]).with_timezone("PST")
}

fn civils() -> TimestampMicrosecondArray {
    TimestampMicrosecondArray::from(vec![Some(YEAR_1), None, Some(YEAR_9999), Some(-1)])
}

fn dates() -> Date32Array {
    Date32Array::from(vec![Some(-719_162), None, Some(2_932_896), Some(-1)])
}

fn times() -> Time64MicrosecondArray {
    Time64MicrosecondArray::from(vec![Some(0), None, Some(86_399_999_999), Some(1)])
}

fn durations() -> DurationMicrosecondArray {
    DurationMicrosecondArray::from(vec![Some(0), None, Some(-1), Some(1_500_000)])
}

fn texts() -> StringArray {
    StringArray::from(vec![Some(""), None, Some("nul\0, 🦀 and 漢字, longer than a view keeps"), Some("𝄞")])
}

fn ymd(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn first() -> NaiveDateTime {
    ymd(1, 1, 1).and_hms_opt(0, 0, 0).unwrap()
}

fn last() -> NaiveDateTime {
    ymd(9999, 12, 31).and_hms_micro_opt(23, 59, 59, 999_999).unwrap()
}

fn before() -> NaiveDateTime {
    ymd(1969, 12, 31).and_hms_micro_opt(23, 59, 59, 999_999).unwrap()
}

#[derive(Debug, Clone, PartialEq, LakeValue)]
#[lake(rename_all = "snake_case")]
enum Status {
    Open,
    #[lake(rename = "done")]
    Closed,
    #[lake(other)]
    Other(String),
}

#[derive(Debug, Clone, PartialEq, LakeValue)]
#[lake(integer)]
enum Level {
    Low = -1,
    Middle,
    High = 7,
}

#[derive(Debug, Clone, PartialEq, LakeValue)]
struct Id(i64);

#[derive(Debug, Clone, PartialEq, LakeRow)]
struct Point {
    x: i64,
    label: Option<String>,
}

#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
struct Settings {
    theme: String,
}

fn points() -> StructArray {
    let fields = Fields::from(vec![
        Field::new("label", DataType::Utf8, true),
        Field::new("x", DataType::Int64, true),
        Field::new("unused", DataType::Int8, true),
    ]);
    let columns = vec![
        array(StringArray::from(vec![Some("a"), Some("hidden"), None, Some("")])),
        array(Int64Array::from(vec![Some(1), None, Some(2), Some(3)])),
        array(Int8Array::from(vec![None, None, None, None])),
    ];
    StructArray::new(fields, columns, Some(NullBuffer::from(vec![true, false, true, true])))
}

fn point(x: i64, label: Option<&str>) -> Point {
    Point { x, label: label.map(str::to_owned) }
}

/// A NULL list that has elements, NULL ones.
fn int_lists() -> GenericListArray<i32> {
    let values = array(Int64Array::from(vec![Some(1), Some(2), None, Some(3)]));
    let nulls = NullBuffer::from(vec![true, false, true, true]);
    GenericListArray::new(element(&values), OffsetBuffer::from_lengths([2, 1, 0, 1]), values, Some(nulls))
}

fn fixed_lists() -> FixedSizeListArray {
    let mut builder = FixedSizeListBuilder::new(Int64Builder::new(), 2);
    for list in [Some([1, 2]), None, Some([3, 4]), Some([5, 6])] {
        match list {
            Some(values) => builder.values().append_slice(&values),
            None => builder.values().append_nulls(2),
        }
        builder.append(list.is_some());
    }
    builder.finish()
}

fn pairs(names: [&str; 2], left: ArrayRef, right: ArrayRef) -> StructArray {
    let field = |name: &str, array: &ArrayRef| Field::new(name, array.data_type().clone(), true);
    let fields = Fields::from(vec![field(names[0], &left), field(names[1], &right)]);
    StructArray::new(fields, vec![left, right], Some(NullBuffer::from(vec![true, false, true, true])))
}

fn bytes() -> BinaryArray {
    BinaryArray::from(vec![Some(&b"ab"[..]), None, Some(b"\0\xff"), Some(b"zz")])
}

fn uuid(last: u128) -> Uuid {
    Uuid::from_u128(last)
}

each_type! {
    booleans: bool, BooleanArray::from(vec![Some(true), None, Some(false), Some(true)]) => [true, false, true];
    tinyints: i8, Int8Array::from(vec![Some(i8::MIN), None, Some(i8::MAX), Some(0)]) => [i8::MIN, i8::MAX, 0];
    smallints: i16, Int16Array::from(vec![Some(i16::MIN), None, Some(i16::MAX), Some(0)]) => [i16::MIN, i16::MAX, 0];
    ints: i32, Int32Array::from(vec![Some(i32::MIN), None, Some(i32::MAX), Some(0)]) => [i32::MIN, i32::MAX, 0];
    bigints: i64, Int64Array::from(vec![Some(i64::MIN), None, Some(i64::MAX), Some(0)]) => [i64::MIN, i64::MAX, 0];
    widened: i64, Int16Array::from(vec![Some(i16::MIN), None, Some(i16::MAX), Some(0)]) => [-32768, 32767, 0];
    floats: f32, Float32Array::from(vec![Some(f32::MIN), None, Some(f32::INFINITY), Some(f32::MIN_POSITIVE)])
        => [f32::MIN, f32::INFINITY, f32::MIN_POSITIVE];
    doubles: f64, Float64Array::from(vec![Some(f64::MIN), None, Some(f64::NEG_INFINITY), Some(5e-324)])
        => [f64::MIN, f64::NEG_INFINITY, 5e-324];
    decimals_of_38_digits: Decimal, decimals()
        => [decimal("9999999999999999999999999999.9999999999"), decimal("-9999999999999999999999999999.9999999999"), decimal("0")];
    decimals_of_32_bits: Decimal, Decimal32Array::from(vec![Some(125), None, Some(-1), Some(0)]).with_precision_and_scale(9, 2).unwrap()
        => [decimal("1.25"), decimal("-0.01"), decimal("0")];
    decimals_of_64_bits: Decimal, Decimal64Array::from(vec![Some(125), None, Some(-1), Some(0)]).with_precision_and_scale(18, 2).unwrap()
        => [decimal("1.25"), decimal("-0.01"), decimal("0")];
    decimals_of_256_bits: Decimal, Decimal256Array::from(vec![Some(i256::from(125)), None, Some(i256::from(-1)), Some(i256::ZERO)]).with_precision_and_scale(76, 2).unwrap()
        => [decimal("1.25"), decimal("-0.01"), decimal("0")];
    rust_decimals: rust_decimal::Decimal, small_decimals()
        => [rust_decimal::Decimal::new(125, 2), rust_decimal::Decimal::new(-1, 2), rust_decimal::Decimal::ZERO];
    big_decimals: bigdecimal::BigDecimal, small_decimals()
        => ["1.25".parse().unwrap(), "-0.01".parse().unwrap(), "0.00".parse().unwrap()];
    strings: String, texts() => [String::new(), "nul\0, 🦀 and 漢字, longer than a view keeps".into(), "𝄞".into()];
    strings_with_large_offsets: String, LargeStringArray::from(vec![Some("a"), None, Some(""), Some("c")]) => ["a".into(), "".into(), "c".into()];
    strings_of_views: String, StringViewArray::from(vec![Some("a"), None, Some("longer than a view keeps"), Some("c")])
        => ["a".into(), "longer than a view keeps".into(), "c".into()];
    boxed_strings: Box<str>, texts() => ["".into(), "nul\0, 🦀 and 漢字, longer than a view keeps".into(), "𝄞".into()];
    shared_strings: Arc<str>, texts() => ["".into(), "nul\0, 🦀 and 漢字, longer than a view keeps".into(), "𝄞".into()];
    binaries: Vec<u8>, bytes() => [b"ab".to_vec(), b"\0\xff".to_vec(), b"zz".to_vec()];
    binaries_with_large_offsets: Bytes, LargeBinaryArray::from(vec![Some(&b"ab"[..]), None, Some(b""), Some(b"zz")])
        => [Bytes::from_static(b"ab"), Bytes::new(), Bytes::from_static(b"zz")];
    shared_binaries: Bytes, bytes() => [Bytes::from_static(b"ab"), Bytes::from_static(b"\0\xff"), Bytes::from_static(b"zz")];
    binaries_of_fixed_length: [u8; 2], bytes() => [*b"ab", *b"\0\xff", *b"zz"];
    boxed_binaries: Box<[u8]>, bytes() => [b"ab"[..].into(), b"\0\xff"[..].into(), b"zz"[..].into()];
    chrono_dates: NaiveDate, dates() => [ymd(1, 1, 1), ymd(9999, 12, 31), ymd(1969, 12, 31)];
    chrono_instants_of_an_offset: DateTime<FixedOffset>, instants()
        => [first().and_utc().fixed_offset(), last().and_utc().fixed_offset(), before().and_utc().fixed_offset()];
    chrono_instants: DateTime<Utc>, instants() => [first().and_utc(), last().and_utc(), before().and_utc()];
    chrono_civils: NaiveDateTime, civils() => [first(), last(), before()];
    chrono_nanos: NaiveDateTime, TimestampNanosecondArray::from(vec![Some(1), None, Some(-1), Some(0)])
        => [DateTime::UNIX_EPOCH.naive_utc() + TimeDelta::nanoseconds(1), DateTime::UNIX_EPOCH.naive_utc() - TimeDelta::nanoseconds(1), DateTime::UNIX_EPOCH.naive_utc()];
    chrono_times: NaiveTime, times()
        => [NaiveTime::MIN, NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap(), NaiveTime::from_hms_micro_opt(0, 0, 0, 1).unwrap()];
    chrono_times_in_seconds: NaiveTime, Time32SecondArray::from(vec![Some(0), None, Some(86_399), Some(60)])
        => [NaiveTime::MIN, NaiveTime::from_hms_opt(23, 59, 59).unwrap(), NaiveTime::from_hms_opt(0, 1, 0).unwrap()];
    chrono_times_in_nanos: NaiveTime, Time64NanosecondArray::from(vec![Some(0), None, Some(86_399_999_999_999), Some(1)])
        => [NaiveTime::MIN, NaiveTime::from_hms_nano_opt(23, 59, 59, 999_999_999).unwrap(), NaiveTime::from_hms_nano_opt(0, 0, 0, 1).unwrap()];
    chrono_durations: TimeDelta, durations() => [TimeDelta::zero(), TimeDelta::microseconds(-1), TimeDelta::milliseconds(1500)];
    jiff_dates: jiff::civil::Date, dates() => [jiff::civil::date(1, 1, 1), jiff::civil::date(9999, 12, 31), jiff::civil::date(1969, 12, 31)];
    jiff_instants: jiff::Timestamp, TimestampMicrosecondArray::from(vec![Some(YEAR_1), None, Some(1), Some(-1)]).with_timezone("UTC")
        => [jiff::Timestamp::from_microsecond(YEAR_1).unwrap(), jiff::Timestamp::from_microsecond(1).unwrap(), jiff::Timestamp::from_microsecond(-1).unwrap()];
    jiff_civils: jiff::civil::DateTime, civils()
        => [jiff::civil::date(1, 1, 1).at(0, 0, 0, 0), jiff::civil::date(9999, 12, 31).at(23, 59, 59, 999_999_000), jiff::civil::date(1969, 12, 31).at(23, 59, 59, 999_999_000)];
    jiff_times: jiff::civil::Time, times()
        => [jiff::civil::Time::midnight(), jiff::civil::time(23, 59, 59, 999_999_000), jiff::civil::time(0, 0, 0, 1_000)];
    jiff_durations: jiff::SignedDuration, durations()
        => [jiff::SignedDuration::ZERO, jiff::SignedDuration::from_micros(-1), jiff::SignedDuration::from_millis(1500)];
    time_dates: time::Date, dates()
        => [time::Date::from_ordinal_date(1, 1).unwrap(), time::Date::from_ordinal_date(9999, 365).unwrap(), time::Date::from_ordinal_date(1969, 365).unwrap()];
    time_instants: time::OffsetDateTime, instants()
        => [from_nanos(YEAR_1), from_nanos(YEAR_9999), from_nanos(-1)];
    time_utc_instants: time::UtcDateTime, instants()
        => [from_nanos(YEAR_1).into(), from_nanos(YEAR_9999).into(), from_nanos(-1).into()];
    time_civils: time::PrimitiveDateTime, civils()
        => [civil(YEAR_1), civil(YEAR_9999), civil(-1)];
    time_times: time::Time, times()
        => [time::Time::MIDNIGHT, time::Time::from_hms_micro(23, 59, 59, 999_999).unwrap(), time::Time::from_hms_micro(0, 0, 0, 1).unwrap()];
    time_durations: time::Duration, durations()
        => [time::Duration::ZERO, time::Duration::microseconds(-1), time::Duration::milliseconds(1500)];
    day_time_intervals: DayTimeInterval, durations()
        => [DayTimeInterval { micros: 0 }, DayTimeInterval { micros: -1 }, DayTimeInterval { micros: 1_500_000 }];
    year_month_intervals: YearMonthInterval, IntervalYearMonthArray::from(vec![Some(i32::MIN), None, Some(i32::MAX), Some(14)])
        => [YearMonthInterval { months: i32::MIN }, YearMonthInterval { months: i32::MAX }, YearMonthInterval { months: 14 }];
    calendar_intervals: CalendarInterval, IntervalMonthDayNanoArray::from(vec![
        Some(IntervalMonthDayNano::new(1, -2, 3_000)), None, Some(IntervalMonthDayNano::new(0, 0, 0)), Some(IntervalMonthDayNano::new(-1, i32::MAX, -1_000))])
        => [CalendarInterval { months: 1, days: -2, micros: 3 }, CalendarInterval::default(), CalendarInterval { months: -1, days: i32::MAX, micros: -1 }];
    uuids: Uuid, StringArray::from(vec![Some("00000000-0000-0000-0000-000000000001"), None, Some("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"), Some("00000000000000000000000000000000")])
        => [uuid(1), uuid(u128::MAX), uuid(0)];
    json: Json<Settings>, StringArray::from(vec![Some(r#"{"theme": "a"}"#), None, Some(r#"{"theme": "", "more": 1}"#), Some(r#"{"theme": "🦀"}"#)])
        => [Json(Settings { theme: "a".into() }), Json(Settings { theme: "".into() }), Json(Settings { theme: "🦀".into() })];
    json_values: serde_json::Value, StringArray::from(vec![Some("1"), None, Some("null"), Some("[]")])
        => [serde_json::json!(1), serde_json::json!(null), serde_json::json!([])];
    enums_of_names: Status, StringArray::from(vec![Some("open"), None, Some("done"), Some("Open")]) => [Status::Open, Status::Closed, Status::Other("Open".into())];
    enums_of_numbers: Level, Int8Array::from(vec![Some(-1), None, Some(0), Some(7)]) => [Level::Low, Level::Middle, Level::High];
    newtypes: Id, Int32Array::from(vec![Some(1), None, Some(2), Some(3)]) => [Id(1), Id(2), Id(3)];
    boxed_structs: Box<Point>, points()
        => [Box::new(point(1, Some("a"))), Box::new(point(2, None)), Box::new(point(3, Some("")))];
    shared_bigints: Arc<i64>, Int32Array::from(vec![Some(1), None, Some(2), Some(3)]) => [Arc::new(1), Arc::new(2), Arc::new(3)];
    structs: Point, points() => [point(1, Some("a")), point(2, None), point(3, Some(""))];
    tuples: (String, Option<i64>), pairs(["a", "b"], array(StringArray::from(vec!["x", "", "y", "z"])), array(Int64Array::from(vec![Some(1), Some(9), None, Some(3)])))
        => [("x".into(), Some(1)), ("y".into(), None), ("z".into(), Some(3))];
    lists: Vec<i64>, int_lists() => [vec![1, 2], vec![], vec![3]];
    arrays: [i64; 2], fixed_lists() => [[1, 2], [3, 4], [5, 6]];
}

fn from_nanos(micros: i64) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).unwrap()
}

fn civil(micros: i64) -> time::PrimitiveDateTime {
    let at = from_nanos(micros);
    time::PrimitiveDateTime::new(at.date(), at.time())
}
