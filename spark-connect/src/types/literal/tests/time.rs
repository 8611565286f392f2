use ::time::{Date, Duration, OffsetDateTime, PrimitiveDateTime, Time, UtcDateTime, UtcOffset};

use super::{BEYOND, DataType, FINER, Literal, all_equal, complaint, literal};

fn leap_day() -> Date {
    Date::from_ordinal_date(2024, 60).unwrap()
}

#[test]
fn dates_and_times_bind_exactly() {
    let wall = leap_day().with_hms_micro(12, 34, 56, 123_456).unwrap();
    let ahead = wall.assume_offset(UtcOffset::from_hms(1, 0, 0).unwrap());
    let before = UtcDateTime::from_unix_timestamp_nanos(-1_000).unwrap();
    all_equal([
        (literal(&leap_day()), Literal::date(19_782)),
        (literal(&Date::from_ordinal_date(1, 1).unwrap()), Literal::date(-719_162)),
        (literal(&Date::from_ordinal_date(9999, 365).unwrap()), Literal::date(2_932_896)),
        (literal(&wall), Literal::timestamp_ntz(1_709_210_096_123_456)),
        (literal(&ahead), Literal::timestamp(1_709_206_496_123_456)),
        (literal(&before), Literal::timestamp(-1)),
        (
            literal(&Time::from_hms_micro(23, 59, 59, 999_999).unwrap()),
            Literal::time(86_399_999_999_000).unwrap(),
        ),
        (literal(&Time::MIDNIGHT), Literal::time(0).unwrap()),
        (literal(&Duration::microseconds(-5)), Literal::day_time_interval(-5)),
        (literal(&Duration::microseconds(i64::MIN)), Literal::day_time_interval(i64::MIN)),
        (literal(&None::<Date>), Literal::null(DataType::Date)),
        (literal(&None::<OffsetDateTime>), Literal::null(DataType::Timestamp)),
        (literal(&None::<UtcDateTime>), Literal::null(DataType::Timestamp)),
        (literal(&None::<PrimitiveDateTime>), Literal::null(DataType::TimestampNtz)),
        (literal(&None::<Duration>), Literal::null(DataType::DayTimeInterval)),
        (literal(&None::<Time>), Literal::null(DataType::Time { precision: 6 })),
    ]);
}

#[test]
fn what_spark_cannot_keep_is_an_error() {
    let fine = leap_day().with_hms_nano(0, 0, 0, 1).unwrap();
    let whole = leap_day().with_hms(0, 0, 0).unwrap();
    assert_eq!(literal(&fine), literal(&whole));
    assert_eq!(literal(&fine.assume_utc()), literal(&whole.assume_utc()));
    assert_eq!(literal(&UtcDateTime::from(fine.assume_utc())), literal(&whole.assume_utc()));
    assert_eq!(complaint(&Duration::nanoseconds(-1)), format!("a time::Duration{FINER}"));
    assert_eq!(complaint(&Duration::seconds(i64::MAX)), format!("a time::Duration{BEYOND}"));
    assert_eq!(complaint(&Duration::seconds(i64::MIN)), format!("a time::Duration{BEYOND}"));
    assert_eq!(complaint(&fine.time()), format!("a TIME{FINER}"));
}
