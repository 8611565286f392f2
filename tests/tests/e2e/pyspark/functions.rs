//! Functions over days, times, texts and numbers.

use lakeorm::spark::Column;
use lakeorm::spark::functions::*;

use super::{Chain, Tables, named};

pub(super) fn chains(t: &Tables) -> Vec<Chain> {
    let days = &t.days;
    named([
        ("functions.of_dates", days.select(dates())),
        ("functions.of_times", days.select(times())),
        ("functions.of_texts", days.select(texts())),
        ("functions.of_bytes", days.select(bytes())),
        ("functions.of_numbers", days.select(numbers())),
        ("functions.of_nulls", days.select(nulls())),
    ])
}

fn dates() -> [Column; 14] {
    [
        year("d"),
        month("d"),
        dayofmonth("d"),
        dayofweek("d"),
        quarter("d"),
        weekofyear("d"),
        date_add("d", 3),
        date_sub("d", 3),
        add_months("d", 1),
        last_day("d"),
        next_day("d", "Mon"),
        datediff("d", lit("2000-01-01").cast("date")),
        trunc("d", "month"),
        make_date("id", "id", "id"),
    ]
}

fn times() -> [Column; 8] {
    [
        hour("t"),
        minute("t"),
        second("t"),
        date_format("t", "yyyy-MM-dd HH:mm"),
        date_trunc("hour", "t"),
        to_date("t"),
        unix_timestamp("t").alias("seconds"),
        months_between("d", "t").alias("months"),
    ]
}

fn texts() -> [Column; 19] {
    [
        upper("text"),
        lower("text"),
        trim("text"),
        ltrim("text"),
        rtrim("text"),
        length("text"),
        initcap("text"),
        lpad("text", 15, "*"),
        rpad("text", 15, "*"),
        split("text", ",").alias("split"),
        concat_ws("-", ["text", "k"]),
        regexp_replace("text", "[a-c]", "_"),
        regexp_extract("text", "(\\w)", 1),
        translate("text", "abc", "xyz"),
        instr("text", "T"),
        substring_index("text", ",", 2),
        repeat("text", 2),
        ascii("text"),
        format_string("%d:%s", ["id", "text"]),
    ]
}

fn bytes() -> [Column; 7] {
    [
        base64("text"),
        md5("text"),
        sha2("text", 256),
        crc32("text"),
        hash(["text", "id"]),
        xxhash64(["text"]),
        hex("text"),
    ]
}

fn numbers() -> [Column; 10] {
    [
        greatest([col("id"), lit(1)]),
        least([col("id"), lit(1)]),
        round(col("id") / 3, 2),
        floor(col("id") / 3),
        ceil(col("id") / 3),
        sqrt("id"),
        pow("id", lit(2)),
        abs("id"),
        ln("id"),
        bin("id"),
    ]
}

fn nulls() -> [Column; 5] {
    [coalesce(["text", "k"]), nvl("text", "k"), ifnull("text", "k"), nullif("text", "k"), isnull("text")]
}
