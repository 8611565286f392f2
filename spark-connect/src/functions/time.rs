//! Dates, times and intervals.

use crate::plan::{Column, IntoColumn};

functions! {
    add_months(date: column, months: number) "The date this many months later.";
    convert_timezone(from: value, to: value, time: column)
        "A wall clock's reading in one time zone, converted to another.";
    convert_timezone_to(to: value, time: column) = "convert_timezone"
        "A wall clock's reading in the session's time zone, converted to another.";
    curdate() "Today.";
    current_date() "Today.";
    current_time() "The time of day.";
    current_timestamp() "The instant at which the query began.";
    current_timezone() "The session's time zone.";
    date_add(date: column, days: number) "The date this many days later.";
    date_diff(end: column, start: column) "How many days lie between two dates.";
    date_format(date: column, format: value) "A date or time as text, by a pattern such as `yyyy-MM-dd`.";
    date_from_unix_date(days: column) "The date this many days after 1970-01-01.";
    date_part(field: value, source: column) "A part of a date, time or interval, such as `YEAR`.";
    date_sub(date: column, days: number) "The date this many days earlier.";
    date_trunc(unit: value, time: column) "The instant at which the unit, such as `month`, began.";
    dateadd(date: column, days: number) "The date this many days later.";
    datediff(end: column, start: column) "How many days lie between two dates.";
    datepart(field: value, source: column) "A part of a date, time or interval, such as `YEAR`.";
    day(date: column) "The day of the month.";
    dayname(date: column) "The day of the week by its name, such as `Mon`.";
    dayofmonth(date: column) "The day of the month.";
    dayofweek(date: column) "The day of the week: Sunday is 1.";
    dayofyear(date: column) "The day of the year.";
    extract(field: value, source: column) "A part of a date, time or interval, such as `YEAR`.";
    from_unixtime(seconds: column, format: value)
        "Seconds after 1970 as text in the session's time zone, by a pattern.";
    from_utc_timestamp(time: column, zone: value) "A wall clock's reading in UTC, converted to a time zone.";
    hour(time: column) "The hour.";
    last_day(date: column) "The last day of the month.";
    localtimestamp() "The wall clock's reading at which the query began.";
    make_date(year: column, month: column, day: column) "A date from its parts.";
    make_dt_interval(days: column, hours: column, minutes: column, seconds: column) "An interval of days to seconds.";
    make_interval(years: column, months: column, weeks: column, days: column, hours: column, minutes: column, seconds: column)
        "An interval of the calendar.";
    make_time(hour: column, minute: column, second: column) "A time of day from its parts.";
    make_timestamp(year: column, month: column, day: column, hour: column, minute: column, second: column)
        "An instant from its parts, in the session's time zone.";
    make_timestamp_with_zone(year: column, month: column, day: column, hour: column, minute: column, second: column, zone: value)
        = "make_timestamp" "An instant from its parts, in a time zone.";
    make_timestamp_ltz(year: column, month: column, day: column, hour: column, minute: column, second: column)
        "An instant from its parts, in the session's time zone.";
    make_timestamp_ltz_with_zone(year: column, month: column, day: column, hour: column, minute: column, second: column, zone: value)
        = "make_timestamp_ltz" "An instant from its parts, in a time zone.";
    make_timestamp_ntz(year: column, month: column, day: column, hour: column, minute: column, second: column)
        "A wall clock's reading from its parts.";
    make_ym_interval(years: column, months: column) "An interval of years to months.";
    minute(time: column) "The minute.";
    month(date: column) "The month.";
    monthname(date: column) "The month by its name, such as `Jan`.";
    months_between(end: column, start: column) "How many months lie between two dates.";
    next_day(date: column, day: value) "The next date that is that day of the week.";
    now() "The instant at which the query began.";
    quarter(date: column) "The quarter of the year.";
    second(time: column) "The second.";
    session_window(time: column, gap: value)
        "Windows of time, each of which lasts until there is a longer gap, for grouping.";
    time_bucket(size: column, time: column) "The beginning of the bucket of time of that size.";
    time_diff(unit: value, start: column, end: column) "How many units lie between two times of day.";
    time_from_micros(micros: column) "The time of day this many microseconds after midnight.";
    time_from_millis(millis: column) "The time of day this many milliseconds after midnight.";
    time_from_seconds(seconds: column) "The time of day this many seconds after midnight.";
    time_to_micros(time: column) "Microseconds since midnight.";
    time_to_millis(time: column) "Milliseconds since midnight.";
    time_to_seconds(time: column) "Seconds since midnight.";
    time_trunc(unit: value, time: column) "The time of day at which the unit began.";
    timestamp_add(unit: value, count: column, time: column) = "timestampadd" "The instant this many units later.";
    timestamp_diff(unit: value, start: column, end: column) = "timestampdiff"
        "How many units lie between two instants.";
    timestamp_micros(micros: column) "The instant this many microseconds after 1970.";
    timestamp_millis(millis: column) "The instant this many milliseconds after 1970.";
    timestamp_nanos(nanos: column) "The instant this many nanoseconds after 1970.";
    timestamp_seconds(seconds: column) "The instant this many seconds after 1970.";
    to_date(column: column) "A text or an instant as a date.";
    to_date_by(text: column, format: value) = "to_date" "A text as a date, by a pattern such as `yyyy-MM-dd`.";
    to_time(text: column) "A text as a time of day.";
    to_time_by(text: column, format: value) = "to_time"
        "A text as a time of day, by a pattern such as `HH.mm`. Spark from 4.1 on.";
    to_timestamp(column: column) "A text or a date as an instant.";
    to_timestamp_by(text: column, format: value) = "to_timestamp" "A text as an instant, by a pattern.";
    to_timestamp_ltz(text: column) "A text as an instant.";
    to_timestamp_ltz_by(text: column, format: value) = "to_timestamp_ltz" "A text as an instant, by a pattern.";
    to_timestamp_ntz(text: column) "A text as a wall clock's reading.";
    to_timestamp_ntz_by(text: column, format: value) = "to_timestamp_ntz"
        "A text as a wall clock's reading, by a pattern.";
    to_unix_timestamp(time: column) "Seconds after 1970.";
    to_unix_timestamp_by(text: column, format: value) = "to_unix_timestamp"
        "Seconds after 1970 of a text, by a pattern.";
    to_utc_timestamp(time: column, zone: value) "A wall clock's reading in a time zone, converted to UTC.";
    trunc(date: column, unit: value) "The date at which the unit, such as `month`, began.";
    try_make_interval(years: column, months: column, weeks: column, days: column, hours: column, minutes: column, seconds: column)
        "An interval of the calendar, `NULL` where it is too long.";
    try_make_timestamp(year: column, month: column, day: column, hour: column, minute: column, second: column)
        "An instant from its parts, `NULL` where there is none.";
    try_make_timestamp_with_zone(year: column, month: column, day: column, hour: column, minute: column, second: column, zone: value)
        = "try_make_timestamp"
        "An instant from its parts in a time zone, `NULL` where there is none. Spark from 4.0 on.";
    try_make_timestamp_ltz(year: column, month: column, day: column, hour: column, minute: column, second: column)
        "An instant from its parts, `NULL` where there is none.";
    try_make_timestamp_ltz_with_zone(year: column, month: column, day: column, hour: column, minute: column, second: column, zone: value)
        = "try_make_timestamp_ltz"
        "An instant from its parts in a time zone, `NULL` where there is none. Spark from 4.0 on.";
    try_make_timestamp_ntz(year: column, month: column, day: column, hour: column, minute: column, second: column)
        "A wall clock's reading from its parts, `NULL` where there is none.";
    try_to_date(text: column) "A text as a date, `NULL` where it is not one.";
    try_to_date_by(text: column, format: value) = "try_to_date"
        "A text as a date by a pattern, `NULL` where it is not one. Spark from 4.1 on.";
    try_to_time(text: column) "A text as a time of day, `NULL` where it is not one.";
    try_to_time_by(text: column, format: value) = "try_to_time"
        "A text as a time of day by a pattern, `NULL` where it is not one. Spark from 4.1 on.";
    try_to_timestamp(text: column) "A text as an instant, `NULL` where it is not one.";
    try_to_timestamp_by(text: column, format: value) = "try_to_timestamp"
        "A text as an instant by a pattern, `NULL` where it is not one.";
    unix_date(date: column) "Days since 1970-01-01.";
    unix_micros(time: column) "Microseconds since 1970.";
    unix_millis(time: column) "Milliseconds since 1970.";
    unix_nanos(time: column) "Nanoseconds since 1970.";
    unix_seconds(time: column) "Seconds since 1970.";
    unix_timestamp(time: column) "Seconds since 1970 of a time, or of a text such as `yyyy-MM-dd HH:mm:ss`.";
    unix_timestamp_by(text: column, format: value) = "unix_timestamp"
        "Seconds since 1970 of a text, by a pattern.";
    weekday(date: column) "The day of the week: Monday is 0.";
    weekofyear(date: column) "The week of the year, by ISO 8601.";
    window(time: column, length: value) "Windows of time of a length such as `10 minutes`, for grouping.";
    window_sliding(time: column, length: value, slide: value) = "window"
        "Windows of time of a length, one of which begins after each slide, for grouping.";
    window_with_start(time: column, length: value, slide: value, start: value) = "window"
        "Windows of time of a length, one of which begins after each slide, from so long after 1970 on, for grouping. \
        Where slide and length are equal, windows follow one another.";
    window_time(window: column) "The time that a window of time stands for.";
    year(date: column) "The year.";
    bucket(buckets: value, column: column) "The partitions of a table by the hash of a column, for `partitioned_by`.";
    years(date: column) "The partitions of a table by year, for `partitioned_by`.";
    months(date: column) "The partitions of a table by month, for `partitioned_by`.";
    days(date: column) "The partitions of a table by day, for `partitioned_by`.";
    hours(date: column) "The partitions of a table by hour, for `partitioned_by`.";
}

/// How many months lie between two dates, not rounded to eight digits as those of [`months_between`].
#[track_caller]
pub fn months_between_unrounded(end: impl IntoColumn, start: impl IntoColumn) -> Column {
    let arguments = vec![end.into_column(), start.into_column(), super::lit(false)];
    crate::plan::function("months_between", arguments)
}
