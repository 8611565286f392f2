use ::jiff::civil::{Date, DateTime, Time, date, time};
use ::jiff::{SignedDuration, Timestamp};

use super::{BEYOND, DataType, FINER, Literal, all_equal, complaint, literal};

#[test]
fn dates_and_times_bind_exactly() {
    let wall = date(2024, 2, 29).at(12, 34, 56, 123_456_000);
    all_equal([
        (literal(&date(2024, 2, 29)), Literal::date(19_782)),
        (literal(&date(1969, 12, 31)), Literal::date(-1)),
        (literal(&date(1, 1, 1)), Literal::date(-719_162)),
        (literal(&Date::MAX), Literal::date(2_932_896)),
        (literal(&Date::MIN), Literal::date(-4_371_587)),
        (literal(&wall), Literal::timestamp_ntz(1_709_210_096_123_456)),
        (literal(&date(1, 1, 1).at(0, 0, 0, 0)), Literal::timestamp_ntz(-62_135_596_800_000_000)),
        (literal(&Timestamp::from_microsecond(-1).unwrap()), Literal::timestamp(-1)),
        (literal(&Timestamp::UNIX_EPOCH), Literal::timestamp(0)),
        (literal(&time(23, 59, 59, 999_999_000)), Literal::time(86_399_999_999_000).unwrap()),
        (literal(&Time::midnight()), Literal::time(0).unwrap()),
        (literal(&SignedDuration::from_micros(-5)), Literal::day_time_interval(-5)),
        (literal(&SignedDuration::from_micros(i64::MIN)), Literal::day_time_interval(i64::MIN)),
        (literal(&None::<Date>), Literal::null(DataType::Date)),
        (literal(&None::<Timestamp>), Literal::null(DataType::Timestamp)),
        (literal(&None::<DateTime>), Literal::null(DataType::TimestampNtz)),
        (literal(&None::<SignedDuration>), Literal::null(DataType::DayTimeInterval)),
        (literal(&None::<Time>), Literal::null(DataType::Time { precision: 6 })),
    ]);
}

#[test]
fn what_spark_cannot_keep_is_an_error() {
    let fine = date(2024, 2, 29).at(0, 0, 0, 1);
    assert_eq!(literal(&fine), literal(&date(2024, 2, 29).at(0, 0, 0, 0)));
    assert!(super::ToLiteral::to_literal(&DateTime::MAX).is_ok());
    assert_eq!(literal(&Timestamp::from_nanosecond(-1).unwrap()), Literal::timestamp(-1));
    assert_eq!(complaint(&SignedDuration::from_nanos(1)), format!("a jiff::SignedDuration{FINER}"));
    assert_eq!(complaint(&SignedDuration::from_secs(i64::MAX)), format!("a jiff::SignedDuration{BEYOND}"));
    assert_eq!(complaint(&SignedDuration::from_secs(i64::MIN)), format!("a jiff::SignedDuration{BEYOND}"));
    assert_eq!(complaint(&time(0, 0, 0, 1)), format!("a TIME{FINER}"));
}
