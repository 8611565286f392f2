use ::chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::{Literal, all_equal, complaint, literal};

#[test]
fn dates_and_times_bind_exactly() {
    let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    let wall = day.and_hms_micro_opt(12, 34, 56, 123_456).unwrap();
    let zone = FixedOffset::east_opt(3_600).unwrap();
    let instant: DateTime<FixedOffset> = wall.and_local_timezone(zone).unwrap();
    let time = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap();
    let cases = [
        (literal(&day), Literal::date(19_782)),
        (literal(&NaiveDate::MIN), Literal::date(-96_465_292)),
        (literal(&wall), Literal::timestamp_ntz(1_709_210_096_123_456)),
        (literal(&instant), Literal::timestamp(1_709_206_496_123_456)),
        (literal(&DateTime::<Utc>::from_timestamp_micros(-1).unwrap()), Literal::timestamp(-1)),
        (literal(&DateTime::<Utc>::MIN_UTC), Literal::timestamp(-8_334_601_228_800_000_000)),
        (literal(&time), Literal::time(86_399_999_999_000).unwrap()),
        (literal(&TimeDelta::microseconds(-5)), Literal::day_time_interval(-5)),
    ];
    all_equal(cases);
}

#[test]
fn nanoseconds_of_an_instant_are_cut_and_those_of_a_length_and_leap_seconds_are_errors() {
    let day = NaiveDate::from_ymd_opt(2024, 2, 29).unwrap();
    let fine = day.and_hms_nano_opt(0, 0, 0, 1).unwrap();
    let leap = day.and_hms_micro_opt(23, 59, 59, 1_000_000).unwrap();
    let finer = " holds nanoseconds and Spark keeps microseconds: truncate or round it first";
    let leaping = " is in a leap second and Spark has none: pick a neighbour";
    assert_eq!(literal(&fine), literal(&day.and_hms_opt(0, 0, 0).unwrap()));
    assert_eq!(literal(&DateTime::<Utc>::from_timestamp_nanos(-1)), Literal::timestamp(-1));
    assert_eq!(complaint(&fine.time()), format!("a NaiveTime{finer}"));
    assert_eq!(complaint(&TimeDelta::nanoseconds(-1)), format!("a TimeDelta{finer}"));
    assert_eq!(complaint(&leap), format!("a NaiveDateTime{leaping}"));
    assert_eq!(complaint(&leap.and_utc()), format!("a DateTime{leaping}"));
    assert_eq!(complaint(&leap.time()), format!("a NaiveTime{leaping}"));
}

#[test]
fn a_delta_beyond_the_interval_is_an_error() {
    assert!(
        complaint(
            &TimeDelta::MAX
                .checked_sub(&TimeDelta::nanoseconds(i64::from(TimeDelta::MAX.subsec_nanos() % 1_000)))
                .unwrap()
        )
        .starts_with("a TimeDelta is out of the range")
    );
}
