//! Dates, times and intervals. The day is the 29th of February 2024, a Thursday.

use lakeorm::spark::functions::*;

use super::{Call, Expected, calls};

pub(super) fn of_days() -> Vec<Call> {
    calls! {
        add_months("day", 12) => "2025-02-28";
        curdate() as |c| c.eq(current_date()) => "true";
        current_date() as |c| c.eq(now().cast("date")) => "true";
        date_add("day", 1) => "2024-03-01";
        date_diff("day", lit("2024-02-01").cast("date")) => "28";
        date_format("day", "yyyy/MM/dd") => "2024/02/29";
        date_from_unix_date(lit(1)) => "1970-01-02";
        date_part("YEAR", "day") => "2024";
        date_sub("day", 29) => "2024-01-31";
        dateadd("day", 1) => "2024-03-01";
        datediff("day", lit("2024-02-01").cast("date")) => "28";
        datepart("MONTH", "day") => "2";
        day("day") => "29";
        dayname("day") => "Thu";
        dayofmonth("day") => "29";
        dayofweek("day") => "5";
        dayofyear("day") => "60";
        extract("DOY", "day") => "60";
        last_day("day") => "2024-02-29";
        make_date(lit(2024), lit(2), lit(29)) => "2024-02-29";
        month("day") => "2";
        monthname("day") => "Feb";
        months_between("day", lit("2024-01-29").cast("date")) => "1.0";
        months_between_unrounded(lit("2024-01-11").cast("date"), lit("2024-01-01").cast("date"))
            as |c| round(c.clone(), 8).eq(c) => "false";
        next_day("day", "Mon") => "2024-03-04";
        quarter("day") => "1";
        to_date(lit("2024-02-29")) => "2024-02-29";
        to_date_by(lit("29.02.2024"), "dd.MM.yyyy") => "2024-02-29";
        trunc("day", "month") => "2024-02-01";
        try_to_date(lit("no day")) => None;
        try_to_date_by(lit("29.02.2024"), "dd.MM.yyyy") => "2024-02-29";
        unix_date("day") => "19782";
        weekday("day") => "3";
        weekofyear("day") => "9";
        year("day") => "2024";
    }
}

pub(super) fn of_instants() -> Vec<Call> {
    let mut calls = calls! {
        convert_timezone("UTC", "Asia/Tokyo", col("at").cast("timestamp_ntz")) => "2024-02-29 22:14:15.678901";
        convert_timezone_to("Asia/Tokyo", col("at").cast("timestamp_ntz")) => "2024-02-29 22:14:15.678901";
        current_timestamp() as |c| c.eq(now()) => "true";
        current_timezone() => "UTC";
        date_trunc("hour", "at") => "2024-02-29 13:00:00";
        from_unixtime(lit(86_400_i64), "yyyy-MM-dd") => "1970-01-02";
        from_utc_timestamp("at", "Asia/Tokyo") => "2024-02-29 22:14:15.678901";
        hour("at") => "13";
        localtimestamp() as |c| datediff(c, current_date()) => "0";
        make_timestamp(lit(2024), lit(2), lit(29), lit(13), lit(14), lit(15)) => "2024-02-29 13:14:15";
        make_timestamp_with_zone(lit(2024), lit(2), lit(29), lit(13), lit(14), lit(15), "Asia/Tokyo")
            => "2024-02-29 04:14:15";
        make_timestamp_ltz(lit(2024), lit(2), lit(29), lit(13), lit(14), lit(15)) => "2024-02-29 13:14:15";
        make_timestamp_ltz_with_zone(lit(2024), lit(2), lit(29), lit(13), lit(14), lit(15), "Asia/Tokyo")
            => "2024-02-29 04:14:15";
        make_timestamp_ntz(lit(2024), lit(2), lit(29), lit(13), lit(14), lit(15)) => "2024-02-29 13:14:15";
        minute("at") => "14";
        now() as |c| c.eq(current_timestamp()) => "true";
        second("at") => "15";
        timestamp_add("HOUR", lit(2), "at") => "2024-02-29 15:14:15.678901";
        timestamp_diff("MINUTE", col("day").cast("timestamp"), "at") => "794";
        timestamp_micros(lit(1_000_001_i64)) => "1970-01-01 00:00:01.000001";
        timestamp_millis(lit(1_001_i64)) => "1970-01-01 00:00:01.001";
        timestamp_seconds(lit(61_i64)) => "1970-01-01 00:01:01";
        to_timestamp(lit("2024-02-29 13:14:15")) => "2024-02-29 13:14:15";
        to_timestamp_by(lit("29.02.2024 13"), "dd.MM.yyyy HH") => "2024-02-29 13:00:00";
        to_timestamp_ltz(lit("2024-02-29 13:14:15")) => "2024-02-29 13:14:15";
        to_timestamp_ltz_by(lit("29.02.2024 13"), "dd.MM.yyyy HH") => "2024-02-29 13:00:00";
        to_timestamp_ntz(lit("2024-02-29 13:14:15")) => "2024-02-29 13:14:15";
        to_timestamp_ntz_by(lit("29.02.2024 13"), "dd.MM.yyyy HH") => "2024-02-29 13:00:00";
        to_unix_timestamp("at") => "1709212455";
        to_unix_timestamp_by(lit("02.01.1970"), "dd.MM.yyyy") => "86400";
        to_utc_timestamp("at", "Asia/Tokyo") => "2024-02-29 04:14:15.678901";
        try_make_timestamp(lit(2024), lit(13), lit(29), lit(13), lit(14), lit(15)) => None;
        try_make_timestamp_with_zone(lit(2024), lit(2), lit(29), lit(13), lit(14), lit(15), "Asia/Tokyo")
            => "2024-02-29 04:14:15";
        try_make_timestamp_ltz(lit(2024), lit(13), lit(29), lit(13), lit(14), lit(15)) => None;
        try_make_timestamp_ltz_with_zone(lit(2024), lit(2), lit(29), lit(13), lit(14), lit(15), "Asia/Tokyo")
            => "2024-02-29 04:14:15";
        try_make_timestamp_ntz(lit(2024), lit(13), lit(29), lit(13), lit(14), lit(15)) => None;
        try_to_timestamp(lit("no time")) => None;
        try_to_timestamp_by(lit("29.02.2024 13"), "dd.MM.yyyy HH") => "2024-02-29 13:00:00";
        unix_micros("at") => "1709212455678901";
        unix_millis("at") => "1709212455678";
        unix_seconds("at") => "1709212455";
        unix_timestamp("at") => "1709212455";
        unix_timestamp_by(lit("02.01.1970"), "dd.MM.yyyy") => "86400";
    };
    calls.extend(of_nanoseconds());
    calls
}

/// These are of nine digits, which a conf allows.
fn of_nanoseconds() -> Vec<Call> {
    calls! {
        timestamp_nanos(lit(1_000_000_001_i64)) => "1970-01-01 00:00:01.000000001";
        unix_nanos(timestamp_nanos(lit(1_000_000_001_i64))) => "1000000001";
    }
}

pub(super) fn of_intervals() -> Vec<Call> {
    calls! {
        make_dt_interval(lit(1), lit(2), lit(3), lit(4)) => "INTERVAL '1 02:03:04' DAY TO SECOND";
        make_interval(lit(1), lit(2), lit(0), lit(3), lit(4), lit(5), lit(6))
            => "1 years 2 months 3 days 4 hours 5 minutes 6 seconds";
        make_ym_interval(lit(1), lit(2)) => "INTERVAL '1-2' YEAR TO MONTH";
        time_bucket(expr("INTERVAL '1' HOUR"), "at") => "2024-02-29 13:00:00";
        try_make_interval(lit(i32::MAX), lit(0), lit(0), lit(0), lit(0), lit(0), lit(0)) => None;
    }
}

pub(super) fn of_times() -> Vec<Call> {
    let time = || to_time(lit("14:30:00.5"));
    calls! {
        current_time() as |c| c.is_not_null() => "true";
        make_time(lit(14), lit(30), lit(1)) => "14:30:01";
        time_diff("HOUR", to_time(lit("12:00:00")), time()) => "2";
        time_from_micros(lit(52_200_500_000_i64)) => "14:30:00.5";
        time_from_millis(lit(52_200_500_i64)) => "14:30:00.5";
        time_from_seconds(lit(52_200_i64)) => "14:30:00";
        time_to_micros(time()) => "52200500000";
        time_to_millis(time()) => "52200500";
        time_to_seconds(time()) => "52200.500000";
        time_trunc("HOUR", time()) => "14:00:00";
        to_time(lit("14:30:00.5")) => "14:30:00.5";
        to_time_by(lit("14.30"), "HH.mm") => "14:30:00";
        try_to_time(lit("no time")) => None;
        try_to_time_by(lit("14:30"), "HH.mm") => None;
    }
}

/// Keys of groups.
pub(super) fn windows() -> Vec<Call> {
    calls! {
        session_window("at", "5 minutes") => "{2024-02-29 13:14:15.678901, 2024-02-29 13:19:15.678901}";
        window("at", "10 minutes") => "{2024-02-29 13:10:00, 2024-02-29 13:20:00}";
        window_sliding("at", "10 minutes", "10 minutes") => "{2024-02-29 13:10:00, 2024-02-29 13:20:00}";
        window_with_start("at", "10 minutes", "10 minutes", "5 minutes")
            => "{2024-02-29 13:05:00, 2024-02-29 13:15:00}";
    }
}

/// Over the column `window`.
pub(super) fn of_windows() -> Vec<Call> {
    calls! {
        window_time("window") => "2024-02-29 13:19:59.999999";
    }
}

/// They stand nowhere but where the partitions of a table are said.
pub(super) fn partitions() -> Vec<Call> {
    let refused = || Expected::Failure("PARTITION_TRANSFORM_EXPRESSION_NOT_IN_PARTITIONED_BY");
    calls! {
        bucket(16, "id") => refused();
        days("day") => refused();
        hours("at") => refused();
        months("day") => refused();
        years("day") => refused();
    }
}
