//! Dates and timestamps.

use arrow_array::{
    ArrayRef, Date32Array, DurationMicrosecondArray, DurationNanosecondArray, DurationSecondArray,
    IntervalMonthDayNanoArray, Time32SecondArray, Time64MicrosecondArray, Time64NanosecondArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use crate::batches::{array, message, rows};

fn instants(zone: &str) -> [ArrayRef; 4] {
    [
        array(TimestampSecondArray::from(vec![-1]).with_timezone(zone)),
        array(TimestampMillisecondArray::from(vec![-1]).with_timezone(zone)),
        array(TimestampMicrosecondArray::from(vec![-1]).with_timezone(zone)),
        array(TimestampNanosecondArray::from(vec![-1]).with_timezone(zone)),
    ]
}

#[test]
fn an_instant_is_the_same_whatever_the_unit_and_the_zones_label() {
    // "PST" and "Mars/Olympus" are no zones that chrono knows: the label is not looked at.
    for zone in ["Etc/UTC", "America/New_York", "+02:00", "PST", "Mars/Olympus"] {
        let [s, ms, us, ns] = instants(zone);
        type Row = (DateTime<Utc>, DateTime<Utc>, DateTime<Utc>, DateTime<Utc>);
        let found: Vec<Row> = rows(vec![("s", s), ("ms", ms), ("us", us), ("ns", ns)]).unwrap();
        let expected = (
            "1969-12-31T23:59:59Z".parse().unwrap(),
            "1969-12-31T23:59:59.999Z".parse().unwrap(),
            "1969-12-31T23:59:59.999999Z".parse().unwrap(),
            "1969-12-31T23:59:59.999999999Z".parse().unwrap(),
        );
        assert_eq!(found, [expected], "{zone}");
    }
}

#[test]
fn a_civil_timestamp_is_what_the_clock_showed() {
    let column = array(TimestampMicrosecondArray::from(vec![Some(1_700_000_000_123_456), None]));
    let found: Vec<(Option<NaiveDateTime>,)> = rows(vec![("x", column)]).unwrap();
    assert_eq!(found, [(Some("2023-11-14T22:13:20.123456".parse().unwrap()),), (None,)]);
}

/// As Arrow's format has it.
#[test]
fn a_timestamp_whose_zone_is_empty_is_a_civil_one() {
    let column = || {
        let micros = TimestampMicrosecondArray::from(vec![1_700_000_000_123_456]).with_timezone("");
        vec![("x", array(micros))]
    };
    let text = "2023-11-14T22:13:20.123456";
    assert_eq!(rows::<(NaiveDateTime,)>(column()).unwrap(), [(text.parse().unwrap(),)]);
    assert_eq!(rows::<(jiff::civil::DateTime,)>(column()).unwrap(), [(text.parse().unwrap(),)]);
    let date = time::Date::from_calendar_date(2023, time::Month::November, 14).unwrap();
    let civil = date.with_hms_micro(22, 13, 20, 123_456).unwrap();
    assert_eq!(rows::<(time::PrimitiveDateTime,)>(column()).unwrap(), [(civil,)]);
    let moment = lakeorm::Moment { micros: 1_700_000_000_123_456, nanos: 0 };
    let found: Vec<(lakeorm::Value,)> = rows(column()).unwrap();
    assert_eq!(found, [(lakeorm::Value::TimestampNtz(moment),)]);
    let told = message(rows::<(DateTime<Utc>,)>(column()));
    let expected = "tuple.0: column \"x\" is TIMESTAMP_NTZ, the field is DateTime<Utc>; use chrono::NaiveDateTime, or \
                    CAST(x AS TIMESTAMP) in the query";
    assert_eq!(told, expected);
    for told in [
        message(rows::<(jiff::Timestamp,)>(column())),
        message(rows::<(time::UtcDateTime,)>(column())),
        message(rows::<(time::OffsetDateTime,)>(column())),
    ] {
        assert!(told.contains("column \"x\" is TIMESTAMP_NTZ"), "{told}");
    }
}

#[test]
fn the_first_and_last_timestamps_of_spark_decode_exactly() {
    // 0001-01-01T00:00:00 and 9999-12-31T23:59:59.999999.
    let column =
        array(TimestampMicrosecondArray::from(vec![-62_135_596_800_000_000, 253_402_300_799_999_999]));
    let found: Vec<(NaiveDateTime,)> = rows(vec![("x", column)]).unwrap();
    assert_eq!(
        found,
        [("0001-01-01T00:00:00".parse().unwrap(),), ("9999-12-31T23:59:59.999999".parse().unwrap(),)]
    );
}

#[test]
fn dates_decode_before_and_after_1970() {
    let column =
        array(Date32Array::from(vec![Some(-719_162), Some(0), Some(2_932_896), None, Some(-800_000)]));
    let found: Vec<(Option<NaiveDate>,)> = rows(vec![("x", column)]).unwrap();
    let date = |y, m, d| (NaiveDate::from_ymd_opt(y, m, d),);
    assert_eq!(found, [date(1, 1, 1), date(1970, 1, 1), date(9999, 12, 31), (None,), date(-221, 9, 4)]);
}

#[test]
fn what_chrono_cannot_hold_is_an_error_and_not_another_date() {
    assert_eq!(
        message(rows::<(NaiveDate,)>(vec![("x", array(Date32Array::from(vec![0, i32::MAX])))])),
        "tuple.0: column \"x\", row 1 (the first is 0): the date is outside the years that chrono::NaiveDate can hold"
    );
    let column = array(TimestampMicrosecondArray::from(vec![i64::MIN]).with_timezone("UTC"));
    assert_eq!(
        message(rows::<(DateTime<Utc>,)>(vec![("x", column)])),
        "tuple.0: column \"x\", row 0 (the first is 0): the timestamp is outside the years that \
         chrono::DateTime<Utc> can hold"
    );
    let column = array(TimestampSecondArray::from(vec![i64::MAX]));
    assert_eq!(
        message(rows::<(NaiveDateTime,)>(vec![("x", column)])),
        "tuple.0: column \"x\", row 0 (the first is 0): the timestamp is outside the years that \
         chrono::NaiveDateTime can hold"
    );
}

/// The error of reading the one value as a `T`.
fn refused<T>(column: ArrayRef) -> String
where
    T: for<'b> lakeorm::FromColumn<'b> + PartialEq + std::fmt::Debug + Send + 'static,
{
    let message = message(rows::<(T,)>(vec![("x", column)]));
    message.strip_prefix("tuple.0: column \"x\", row 0 (the first is 0): ").unwrap().to_owned()
}

#[test]
fn what_the_other_crates_cannot_hold_is_an_error_too() {
    let beyond = |what: &str, name: &str| format!("the {what} is outside the years that {name} can hold");
    let zoned = |seconds| array(TimestampSecondArray::from(vec![seconds]).with_timezone("UTC"));
    let civil = |seconds| array(TimestampSecondArray::from(vec![seconds]));
    for days in [i32::MIN, i32::MAX] {
        let column = || array(Date32Array::from(vec![days]));
        assert_eq!(refused::<jiff::civil::Date>(column()), beyond("date", "jiff::civil::Date"));
        assert_eq!(refused::<time::Date>(column()), beyond("date", "time::Date"));
    }
    // jiff ends its instants a day before the year 10 000, so that each has a place on every clock.
    let last = array(TimestampMicrosecondArray::from(vec![253_402_300_799_999_999]).with_timezone("UTC"));
    assert_eq!(refused::<jiff::Timestamp>(last), beyond("timestamp", "jiff::Timestamp"));
    for count in [i64::MIN, i64::MAX] {
        assert_eq!(refused::<jiff::Timestamp>(zoned(count)), beyond("timestamp", "jiff::Timestamp"));
        assert_eq!(
            refused::<jiff::civil::DateTime>(civil(count)),
            beyond("timestamp", "jiff::civil::DateTime")
        );
        assert_eq!(refused::<time::UtcDateTime>(zoned(count)), beyond("timestamp", "time::UtcDateTime"));
        assert_eq!(refused::<time::OffsetDateTime>(zoned(count)), beyond("timestamp", "time::UtcDateTime"));
        assert_eq!(
            refused::<time::PrimitiveDateTime>(civil(count)),
            beyond("timestamp", "time::PrimitiveDateTime")
        );
    }
}

#[test]
fn a_time_of_day_is_within_one_day() {
    let expected = "the time is not between 00:00 and 24:00";
    for column in [
        array(Time32SecondArray::from(vec![86_400])),
        array(Time32SecondArray::from(vec![-1])),
        array(Time64MicrosecondArray::from(vec![86_400_000_000])),
        array(Time64NanosecondArray::from(vec![-1])),
        array(Time64NanosecondArray::from(vec![i64::MIN])),
    ] {
        assert_eq!(refused::<chrono::NaiveTime>(ArrayRef::clone(&column)), expected);
        assert_eq!(refused::<jiff::civil::Time>(ArrayRef::clone(&column)), expected);
        assert_eq!(refused::<time::Time>(column), expected);
    }
}

#[test]
fn intervals_keep_their_ends_and_refuse_what_they_would_round() {
    use chrono::TimeDelta;
    use lakeorm::{CalendarInterval, DayTimeInterval, Value};

    for micros in [i64::MIN, i64::MAX] {
        let column = || vec![("x", array(DurationMicrosecondArray::from(vec![micros])))];
        assert_eq!(rows::<(DayTimeInterval,)>(column()).unwrap(), [(DayTimeInterval { micros },)]);
        assert_eq!(rows::<(TimeDelta,)>(column()).unwrap(), [(TimeDelta::microseconds(micros),)]);
        let duration = jiff::SignedDuration::from_micros(micros);
        assert_eq!(rows::<(jiff::SignedDuration,)>(column()).unwrap(), [(duration,)]);
        assert_eq!(rows::<(time::Duration,)>(column()).unwrap(), [(time::Duration::microseconds(micros),)]);
        let beyond = "the value has more microseconds than 64 bits hold";
        assert_eq!(refused::<DayTimeInterval>(array(DurationSecondArray::from(vec![micros]))), beyond);
        // A value of no type in particular takes it as one that it has no place for.
        let outside = rows::<(Value,)>(vec![("x", array(TimestampSecondArray::from(vec![micros])))]);
        assert_eq!(outside.unwrap(), [(Value::Unsupported("TIMESTAMP_NTZ".into()),)]);
    }
    let finer = "the interval is finer than a microsecond, which Spark's intervals are not";
    for nanos in [1, -1, i64::MIN, i64::MAX] {
        let column = || array(DurationNanosecondArray::from(vec![nanos]));
        assert_eq!(refused::<DayTimeInterval>(column()), finer);
        let unsupported = Value::Unsupported("INTERVAL DAY TO SECOND".into());
        assert_eq!(rows::<(Value,)>(vec![("x", column())]).unwrap(), [(unsupported,)]);
        let found = rows::<(TimeDelta,)>(vec![("x", column())]).unwrap();
        assert_eq!(found, [(TimeDelta::nanoseconds(nanos),)]);
        let interval = arrow_buffer::IntervalMonthDayNano::new(0, 0, nanos);
        assert_eq!(
            refused::<CalendarInterval>(array(IntervalMonthDayNanoArray::from(vec![interval]))),
            finer
        );
    }
}
