//! Narrower columns in wider fields.

use arrow_array::{Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array};
use lakeorm::LakeRow;

use crate::batches::{array, rows};

#[derive(Debug, PartialEq, LakeRow)]
struct Wide {
    a: i64,
    b: i64,
    c: i64,
    d: i64,
    e: Option<i32>,
    f: i16,
    g: f64,
    h: f64,
}

#[test]
fn every_value_keeps_its_number() {
    let found: Vec<Wide> = rows(vec![
        ("a", array(Int8Array::from(vec![i8::MIN, i8::MAX]))),
        ("b", array(Int16Array::from(vec![i16::MIN, i16::MAX]))),
        ("c", array(Int32Array::from(vec![i32::MIN, i32::MAX]))),
        ("d", array(Int64Array::from(vec![i64::MIN, i64::MAX]))),
        ("e", array(Int16Array::from(vec![None, Some(i16::MAX)]))),
        ("f", array(Int8Array::from(vec![-1, 0]))),
        ("g", array(Float32Array::from(vec![f32::MIN_POSITIVE, -0.0]))),
        ("h", array(Float64Array::from(vec![f64::MAX, f64::NEG_INFINITY]))),
    ])
    .unwrap();
    assert_eq!(
        found,
        [
            Wide {
                a: -128,
                b: -32_768,
                c: -2_147_483_648,
                d: i64::MIN,
                e: None,
                f: -1,
                g: f64::from(f32::MIN_POSITIVE),
                h: f64::MAX,
            },
            Wide {
                a: 127,
                b: 32_767,
                c: 2_147_483_647,
                d: i64::MAX,
                e: Some(32_767),
                f: 0,
                g: -0.0,
                h: f64::NEG_INFINITY,
            },
        ]
    );
    assert!(found[1].g.is_sign_negative());
}

#[test]
fn nan_stays_nan() {
    let found: Vec<(f64, f32)> = {
        let batch = crate::batches::batch(vec![
            ("a", array(Float32Array::from(vec![f32::NAN]))),
            ("b", array(Float32Array::from(vec![f32::NAN]))),
        ]);
        let batch = lakeorm::RowBatch::new(batch, 0).unwrap();
        batch.rows::<(f64, f32)>().unwrap().map(Result::unwrap).collect()
    };
    assert!(found[0].0.is_nan() && found[0].1.is_nan());
}
