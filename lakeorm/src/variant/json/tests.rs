use bytes::Bytes;
use serde_json::json;

use super::*;

fn variant(metadata: &[u8], value: &[u8]) -> Variant {
    Variant { metadata: Bytes::copy_from_slice(metadata), value: Bytes::copy_from_slice(value) }
}

/// The dictionary of no names.
const EMPTY: &[u8] = &[0x01, 0, 0];

fn json(value: &[u8]) -> Result<Value> {
    variant(EMPTY, value).to_json()
}

#[test]
fn primitives_become_the_json_that_means_the_same() {
    let mut big = vec![10 << 2, 2];
    big.extend(12_345_678_901_234_567_890_i128.to_le_bytes());
    for (value, expected) in [
        (vec![0], json!(null)),
        (vec![1 << 2], json!(true)),
        (vec![2 << 2], json!(false)),
        (vec![3 << 2, 0x80], json!(-128)),
        (vec![6 << 2, 255, 255, 255, 255, 255, 255, 255, 127], json!(i64::MAX)),
        (vec![7 << 2, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f], json!("NaN")),
        (vec![8 << 2, 2, 0xd2, 4, 0, 0], json!(12.34)),
        (big, json!("123456789012345678.9")),
        (vec![11 << 2, 1, 0, 0, 0], json!("1970-01-02")),
        (vec![12 << 2, 1, 0, 0, 0, 0, 0, 0, 0], json!("1970-01-01T00:00:00.000001Z")),
        (vec![13 << 2, 0, 0, 0, 0, 0, 0, 0, 0], json!("1970-01-01T00:00:00")),
        (vec![15 << 2, 2, 0, 0, 0, 0xff, 0xfe], json!("//4=")),
        (vec![16 << 2, 1, 0, 0, 0, b'a'], json!("a")),
        (vec![2 << 2 | 1, b'h', b'i'], json!("hi")),
    ] {
        assert_eq!(json(&value).unwrap(), expected, "{value:?}");
    }
}

#[test]
fn objects_and_arrays_nest() {
    // {"a": [1, null], "b": {}}
    let array = [3, 2, 0, 2, 3, 3 << 2, 1, 0];
    let empty = [2, 0, 0];
    let mut value = vec![2, 2, 0, 1, 0, 8, 11];
    value.extend(array);
    value.extend(empty);
    let metadata = [0x11, 2, 0, 1, 2, b'a', b'b'];
    assert_eq!(variant(&metadata, &value).to_json().unwrap(), json!({"a": [1, null], "b": {}}));
}

#[test]
fn broken_bytes_are_errors_and_never_panics() {
    for (value, expected) in [
        (&[][..], "its values overlap"),
        (&[6 << 2, 1][..], "a value is cut off"),
        (&[33 << 2][..], "a value is of a type that this version does not know"),
        (&[3, 255][..], "a value is cut off"),
        (&[2 | 0b1_0011 << 2, 255, 255, 255, 255][..], "a value is cut off"),
        (&[1 | 2 << 2, 0xff, 0xff][..], "a text is not UTF-8"),
        (&[2, 1, 0, 0, 1, 0][..], "a value is cut off"),
    ] {
        assert_eq!(json(value).unwrap_err(), VariantError(expected), "{value:?}");
    }
    assert!(variant(&[2, 0, 0], &[0]).to_json().is_err());
    // An array whose elements are itself would never end.
    assert!(json(&[3, 1, 0, 0]).is_err());
}

#[test]
fn shared_elements_cannot_multiply() {
    // Each level has two elements, and both are the level below.
    let mut value = vec![0];
    for _ in 0..60 {
        let mut level = vec![3, 2, 0, 0, 0];
        level.extend(&value);
        value = level;
    }
    assert_eq!(json(&value).unwrap_err(), VariantError("its values overlap"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(metadata: Vec<u8>, value: Vec<u8>) {
        let _ = variant(&metadata, &value).to_json();
        let _ = json(&value);
    }
}
