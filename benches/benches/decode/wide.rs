//! A hundred columns: 40 BIGINT, 30 DOUBLE, 10 INT, and 20 BIGINT with room for NULLs.

use std::hint::black_box;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_array::{Array, Float64Array, Int32Array, Int64Array, RecordBatch};
use arrow_convert::{ArrowDeserialize, ArrowField, ArrowSerialize};
use lakeorm::LakeRow;
use serde::Deserialize;

use crate::cases::{Group, visit, visit_in_for};
use crate::data::{batch, column};

macro_rules! wide {
    (i64 $($long:ident)*; f64 $($double:ident)*; i32 $($int:ident)*; option $($maybe:ident)*) => {
        #[derive(LakeRow, Deserialize, ArrowField, ArrowSerialize, ArrowDeserialize, PartialEq)]
        struct Wide {
            $($long: i64,)*
            $($double: f64,)*
            $($int: i32,)*
            $($maybe: Option<i64>,)*
        }

        fn data(rows: usize, nulls: u64) -> RecordBatch {
            batch(vec![
                $((stringify!($long).to_owned(), column::<Int64Array, _>(rows, 0, |i| i)),)*
                $((stringify!($double).to_owned(), column::<Float64Array, _>(rows, 0, |i| i as f64)),)*
                $((stringify!($int).to_owned(), column::<Int32Array, _>(rows, 0, |i| i as i32)),)*
                $((stringify!($maybe).to_owned(), column::<Int64Array, _>(rows, nulls, |i| i)),)*
            ])
        }

        fn by_hand(batch: &RecordBatch, mut visit: impl FnMut(Wide)) {
            let rows = batch.num_rows();
            let mut columns = batch.columns().iter();
            $(let $long = &columns.next().unwrap().as_primitive::<Int64Type>().values()[..rows];)*
            $(let $double = &columns.next().unwrap().as_primitive::<Float64Type>().values()[..rows];)*
            $(let $int = &columns.next().unwrap().as_primitive::<Int32Type>().values()[..rows];)*
            $(
                let array = columns.next().unwrap().as_primitive::<Int64Type>();
                let $maybe = (array.nulls().filter(|nulls| nulls.null_count() > 0), &array.values()[..rows]);
            )*
            for row in 0..rows {
                visit(Wide {
                    $($long: $long[row],)*
                    $($double: $double[row],)*
                    $($int: $int[row],)*
                    $($maybe: match $maybe {
                        (Some(nulls), _) if nulls.is_null(row) => None,
                        (_, values) => Some(values[row]),
                    },)*
                });
            }
        }
    };
}

wide!(
    i64 a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 a12 a13 a14 a15 a16 a17 a18 a19
        a20 a21 a22 a23 a24 a25 a26 a27 a28 a29 a30 a31 a32 a33 a34 a35 a36 a37 a38 a39;
    f64 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 b10 b11 b12 b13 b14 b15 b16 b17 b18 b19
        b20 b21 b22 b23 b24 b25 b26 b27 b28 b29;
    i32 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9;
    option d0 d1 d2 d3 d4 d5 d6 d7 d8 d9 d10 d11 d12 d13 d14 d15 d16 d17 d18 d19
);

pub(crate) fn group(rows: usize, nulls: u64) -> Group {
    Group::new("100 columns", nulls, data(rows, nulls))
        .rows_by::<Wide>("by hand", |batch| {
            let mut rows = Vec::with_capacity(batch.num_rows());
            by_hand(batch, |row| rows.push(row));
            rows
        })
        .owned::<Wide>()
        .other("visit", "by hand", |batch| by_hand(batch, |row| _ = black_box(row)))
        .visited(|batch| visit::<Wide>(batch), |batch| visit_in_for::<Wide>(batch))
        .serde::<Wide>()
        .converted::<Wide>()
}
