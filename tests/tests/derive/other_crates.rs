//! Types of other crates that are written: they read back as they were, to the ends of what both sides hold, and what a column
//! cannot hold is refused.

use bigdecimal::BigDecimal;
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use lakeorm::encode::{ToRow, record_batch};
use lakeorm::{Decimal, LakeRow, LakeTable, RowBatch};
use proptest::prelude::*;
use uuid::Uuid;

use crate::written::{read_back, refused, same};

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Jiff {
    day: jiff::civil::Date,
    at: jiff::Timestamp,
    local: jiff::civil::DateTime,
    time: jiff::civil::Time,
    length: Option<jiff::SignedDuration>,
}

#[test]
fn dates_and_times_of_jiff_read_back_to_their_ends() {
    use jiff::civil::{Date, DateTime, Time, date, time};
    use jiff::{SignedDuration, Timestamp};
    let at = |micros| Timestamp::from_microsecond(micros).unwrap();
    let lowest = Jiff {
        day: Date::MIN,
        at: at(-377_705_023_201_000_000),
        local: DateTime::MIN,
        time: Time::midnight(),
        length: Some(SignedDuration::from_micros(i64::MIN)),
    };
    let before = Jiff {
        day: date(1582, 10, 10),
        at: at(-1),
        local: date(1969, 12, 31).at(23, 59, 59, 999_999_000),
        time: time(0, 0, 0, 1_000),
        length: None,
    };
    let highest = Jiff {
        day: Date::MAX,
        at: at(253_402_207_200_000_000),
        local: date(9999, 12, 31).at(23, 59, 59, 999_999_000),
        time: time(23, 59, 59, 999_999_000),
        length: Some(SignedDuration::from_micros(i64::MAX)),
    };
    same(&[lowest, before, highest]);
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Time {
    day: time::Date,
    at: time::UtcDateTime,
    elsewhere: time::OffsetDateTime,
    local: time::PrimitiveDateTime,
    time: time::Time,
    length: Option<time::Duration>,
}

#[test]
fn dates_and_times_of_time_read_back_to_their_ends_and_an_offset_as_its_instant() {
    use time::{Date, Duration, Time as OfDay, UtcOffset};
    let row = |day: Date, time: OfDay, length| Time {
        day,
        at: day.with_time(time).as_utc(),
        elsewhere: day.with_time(time).assume_utc(),
        local: day.with_time(time),
        time,
        length,
    };
    let day = |year, ordinal| Date::from_ordinal_date(year, ordinal).unwrap();
    let last = OfDay::from_hms_micro(23, 59, 59, 999_999).unwrap();
    let lowest = row(day(-9999, 1), OfDay::MIDNIGHT, Some(Duration::microseconds(i64::MIN)));
    let before = row(day(1969, 365), last, None);
    let highest = row(day(9999, 365), last, Some(Duration::microseconds(i64::MAX)));
    same(&[lowest, before.clone(), highest]);
    let offset = UtcOffset::from_hms(2, 0, 0).unwrap();
    let elsewhere = Time { elsewhere: before.elsewhere.to_offset(offset), ..before };
    let found = read_back(std::slice::from_ref(&elsewhere)).remove(0).elsewhere;
    assert_eq!((found, found.offset()), (elsewhere.elsewhere, UtcOffset::UTC));
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Chrono {
    day: NaiveDate,
    at: DateTime<Utc>,
    elsewhere: DateTime<FixedOffset>,
    local: NaiveDateTime,
    time: NaiveTime,
    length: Option<TimeDelta>,
}

#[test]
fn dates_and_times_of_chrono_read_back_to_their_ends_and_an_offset_as_its_instant() {
    let offset = FixedOffset::east_opt(7200).unwrap();
    let row = |day, micros, time, length| {
        let at = DateTime::from_timestamp_micros(micros).unwrap();
        let elsewhere = DateTime::UNIX_EPOCH.with_timezone(&offset);
        Chrono { day, at, elsewhere, local: at.naive_utc(), time, length }
    };
    let first = DateTime::<Utc>::MIN_UTC.timestamp_micros();
    let lowest = row(NaiveDate::MIN, first, NaiveTime::MIN, Some(TimeDelta::microseconds(i64::MIN)));
    let before = row(NaiveDate::from_ymd_opt(1582, 10, 10).unwrap(), -1, NaiveTime::MIN, None);
    let last = DateTime::<Utc>::MAX_UTC.timestamp_micros();
    let time = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap();
    let highest = row(NaiveDate::MAX, last, time, Some(TimeDelta::microseconds(i64::MAX)));
    let rows = [lowest, before, highest];
    same(&rows);
    assert_eq!(read_back(&rows)[0].elsewhere.offset().local_minus_utc(), 0);
}

#[derive(LakeTable)]
struct Of<T> {
    value: T,
}

/// The error of a row with this value.
fn why<T>(value: T) -> String
where
    Of<T>: ToRow,
{
    let told = refused(&[Of { value }]);
    let (place, why) = told.split_once(" (the first is 0): ").unwrap();
    assert_eq!(place, "Of.value: row 0");
    why.to_owned()
}

#[test]
fn what_is_finer_than_a_microsecond_is_refused_of_every_crate() {
    let finer = "the value is finer than a microsecond, which is all that Spark keeps; ";
    let (jiff, time) = ("`round(jiff::Unit::Microsecond)`", "`truncate_to_microsecond()`");
    let chrono = "`trunc_subsecs(6)` of `chrono::SubsecRound`";
    for (told, method, stamps) in [
        (why(jiff::Timestamp::from_nanosecond(-1).unwrap()), jiff, true),
        (why(jiff::civil::DateTime::MAX), jiff, false),
        (why(jiff::civil::Time::MAX), jiff, false),
        (why(jiff::SignedDuration::from_nanos(-1)), jiff, false),
        (why(Some(time::UtcDateTime::MAX)), time, true),
        (why(time::OffsetDateTime::from_unix_timestamp_nanos(-1).unwrap()), time, true),
        (why(time::PrimitiveDateTime::MAX), time, false),
        (why(time::Time::MAX), time, false),
        (why(time::Duration::nanoseconds(1)), "round it first", false),
        (why(DateTime::<Utc>::MAX_UTC), chrono, true),
        (why(Some(NaiveDateTime::MAX)), chrono, false),
        (why(NaiveTime::from_hms_nano_opt(0, 0, 0, 1).unwrap()), chrono, false),
        (why(TimeDelta::nanoseconds(-1)), "round it first", false),
    ] {
        assert!(told.starts_with(finer) && told.contains(method), "{told}");
        assert_eq!(told.contains("#[lake(created_at)]"), stamps, "{told}");
    }
    let leap = NaiveTime::from_hms_micro_opt(23, 59, 59, 1_000_000).unwrap();
    let day = NaiveDate::from_ymd_opt(2016, 12, 31).unwrap();
    for told in [why(leap), why(day.and_time(leap)), why(day.and_time(leap).and_utc())] {
        assert_eq!(told, "the value is in a leap second, and Spark has none; pick a neighbour");
    }
}

#[test]
fn a_length_of_time_that_64_bits_of_microseconds_do_not_hold_is_refused_of_every_crate() {
    for told in [
        why(jiff::SignedDuration::from_secs(i64::MAX)),
        why(jiff::SignedDuration::from_secs(i64::MIN)),
        why(time::Duration::seconds(i64::MAX)),
        why(time::Duration::seconds(i64::MIN)),
        why(TimeDelta::MAX),
        why(TimeDelta::MIN),
    ] {
        assert_eq!(told, "the value is outside the 292 thousand years that Spark's microseconds hold");
    }
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Of28Digits {
    usual: rust_decimal::Decimal,
    #[lake(decimal(38, 0))]
    whole: rust_decimal::Decimal,
    #[lake(decimal(28, 28))]
    fraction: Option<rust_decimal::Decimal>,
    #[lake(decimal(38, 28))]
    both: Vec<rust_decimal::Decimal>,
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Of38Digits {
    usual: BigDecimal,
    #[lake(decimal(38, 0))]
    whole: BigDecimal,
    #[lake(decimal(38, 38))]
    fraction: Option<BigDecimal>,
    #[lake(decimal(38, 10))]
    both: Vec<BigDecimal>,
}

#[test]
fn decimals_of_other_crates_read_back_with_every_digit() {
    use rust_decimal::Decimal as Number;
    let nines = 10_i128.pow(28) - 1;
    let highest = Of28Digits {
        usual: Number::new(1_250, 2),
        whole: Number::MAX,
        fraction: Some(Number::from_i128_with_scale(nines, 28)),
        both: vec![Number::from_i128_with_scale(Number::MAX.mantissa(), 28), Number::new(1, 28)],
    };
    let lowest = Of28Digits {
        usual: Number::new(-1, 18),
        whole: Number::MIN,
        fraction: Some(Number::from_i128_with_scale(-nines, 28)),
        both: vec![Number::new(-1, 28), Number::ZERO],
    };
    same(&[highest.clone(), Of28Digits { fraction: None, both: vec![], ..highest }, lowest]);

    let number = |text: &str| text.parse::<BigDecimal>().unwrap();
    let nines = |count| "9".repeat(count);
    let highest = Of38Digits {
        usual: number(&format!("{}.{}", nines(20), nines(18))),
        whole: number(&nines(38)),
        fraction: Some(number(&format!("0.{}", nines(38)))),
        both: vec![number(&format!("{}.{}", nines(28), nines(10))), number("1e27"), number("1e-10")],
    };
    let lowest = Of38Digits {
        usual: number("-1e-18"),
        whole: number(&format!("-{}", nines(38))),
        fraction: Some(number("-1e-38")),
        both: vec![number("0e-60"), number(&format!("-1.5{}", "0".repeat(60)))],
    };
    same(&[highest.clone(), Of38Digits { fraction: None, both: vec![], ..highest }, lowest]);
}

#[test]
fn decimals_of_other_crates_with_a_digit_too_many_are_refused() {
    let number = |text: &str| text.parse::<BigDecimal>().unwrap();
    let expected = "the number does not fit DECIMAL(38,18) without loss";
    for told in [
        // 20 digits are left before the point, and 18 after it.
        why(rust_decimal::Decimal::MAX),
        why(rust_decimal::Decimal::MIN),
        why(rust_decimal::Decimal::new(1, 19)),
        why(number("1e20")),
        why(number("-1e20")),
        why(number("1e-19")),
        why(Some(number("1e-60"))),
        why(number(&"1".repeat(39))),
    ] {
        assert!(told.starts_with(expected), "{told}");
    }
}

/// 28 digits, or 96 bits, are what it holds, whatever the column does.
#[test]
fn a_number_that_rust_decimal_does_not_hold_is_refused_where_it_is_read() {
    #[derive(LakeTable)]
    struct Wide {
        #[lake(decimal(38, 0))]
        number: Decimal,
    }
    let number =
        |text: &str| RowBatch::new(record_batch(&[Wide { number: text.parse().unwrap() }]).unwrap(), 0);
    let most = number("79228162514264337593543950335").unwrap();
    assert_eq!(most.to_vec::<(rust_decimal::Decimal,)>().unwrap(), [(rust_decimal::Decimal::MAX,)]);
    let beyond = number("79228162514264337593543950336").unwrap();
    assert_eq!(
        beyond.to_vec::<(rust_decimal::Decimal,)>().unwrap_err().to_string(),
        "tuple.0: column \"number\", row 0 (the first is 0): the number has more digits than rust_decimal::Decimal \
         holds; use lakeorm::Decimal"
    );
}

#[test]
fn a_uuid_is_its_text_in_small_letters() {
    #[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
    struct Named {
        id: Uuid,
        other: Option<Uuid>,
    }
    let id = Uuid::from_u128(0x0123_4567_89AB_CDEF_FEDC_BA98_7654_3210);
    let row = |id, other| Named { id, other };
    let rows = [row(id, None), row(Uuid::nil(), Some(Uuid::max())), row(Uuid::max(), Some(id))];
    same(&rows);
    let texts = RowBatch::new(record_batch(&rows).unwrap(), 0).unwrap();
    let texts = texts.to_vec::<(String, Option<String>)>().unwrap();
    assert_eq!(texts[0], ("01234567-89ab-cdef-fedc-ba9876543210".to_owned(), None));
    assert_eq!(texts[1].0, "00000000-0000-0000-0000-000000000000");
    assert_eq!(texts[1].1.as_deref(), Some("ffffffff-ffff-ffff-ffff-ffffffffffff"));
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Instant {
    jiff: jiff::Timestamp,
    time: time::UtcDateTime,
    chrono: DateTime<Utc>,
    lengths: (jiff::SignedDuration, time::Duration, TimeDelta),
    #[lake(decimal(38, 19))]
    seconds: (rust_decimal::Decimal, BigDecimal),
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_microsecond_reads_back_as_each_crate_has_it(
        micros in jiff::Timestamp::MIN.as_microsecond()..=jiff::Timestamp::MAX.as_microsecond(),
        length in any::<i64>(),
    ) {
        let row = Instant {
            jiff: jiff::Timestamp::from_microsecond(micros).unwrap(),
            time: time::UtcDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).unwrap(),
            chrono: DateTime::from_timestamp_micros(micros).unwrap(),
            lengths: (
                jiff::SignedDuration::from_micros(length),
                time::Duration::microseconds(length),
                TimeDelta::microseconds(length),
            ),
            seconds: (
                rust_decimal::Decimal::from_i128_with_scale(length.into(), 6),
                BigDecimal::new(length.into(), 19),
            ),
        };
        prop_assert_eq!(read_back(std::slice::from_ref(&row)), [row]);
    }
}
