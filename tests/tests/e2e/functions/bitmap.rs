//! Bitmaps of numbers.

use lakeorm::spark::Column;
use lakeorm::spark::functions::*;

use super::{Call, calls};

pub(super) fn calls() -> Vec<Call> {
    calls! {
        bitmap_bit_position(lit(123_i64)) => "122";
        bitmap_bucket_number(lit(123_i64)) => "1";
        bitmap_count(unhex(lit("1010"))) => "2";
    }
}

pub(super) fn aggregates() -> Vec<Call> {
    let beginning = |bitmap: Column| hex(bitmap).substr(1, 6);
    calls! {
        bitmap_and_agg(unhex(lit("70"))) as beginning => "700000";
        bitmap_construct_agg(bitmap_bit_position(col("id").cast("bigint"))) as beginning => "1F0000";
        bitmap_or_agg(unhex(lit("10"))) as beginning => "100000";
    }
}
