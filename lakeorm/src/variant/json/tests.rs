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
    // All of it but the version is as in version 1.
    let newer = variant(&[0x02, 0, 0], &[0]).to_json().unwrap_err();
    assert_eq!(newer.to_string(), "the VARIANT cannot be read: the metadata is of another version than 1");
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

/// An array of so many elements, each of which is the same bytes.
fn sharing(elements: u32, bytes: &[u8]) -> Vec<u8> {
    let end = u32::try_from(bytes.len()).unwrap();
    let mut value = [&[3 | 0b111 << 2][..], &elements.to_le_bytes()].concat();
    (0..elements).for_each(|_| value.extend(0_u32.to_le_bytes()));
    value.extend(end.to_le_bytes());
    value.extend(bytes);
    value
}

#[test]
fn a_text_that_many_elements_share_is_not_copied_for_each() {
    let text = vec![b'a'; 1_000_000];
    let length = u32::try_from(text.len()).unwrap().to_le_bytes();
    for kind in [15, 16] {
        let long = [&[kind << 2][..], &length[..], &text[..]].concat();
        assert_eq!(json(&sharing(100_000, &long)).unwrap_err(), VariantError("its values overlap"));
        assert!(json(&sharing(1, &long)).is_ok());
    }
    let short = [&[63 << 2 | 1][..], &text[..63]].concat();
    assert_eq!(json(&sharing(100_000, &short)).unwrap_err(), VariantError("its values overlap"));
}

#[test]
fn a_name_that_many_objects_share_is_not_copied_without_end() {
    // The dictionary of one name, with offsets of four bytes.
    let dictionary = |length: usize| {
        let end = u32::try_from(length).unwrap();
        let counts = [1_u32.to_le_bytes(), 0_u32.to_le_bytes(), end.to_le_bytes()].concat();
        [vec![1 | 3 << 6], counts, vec![b'n'; length]].concat()
    };
    // {"nnn…": null}
    let object = [2, 1, 0, 0, 1, 0];
    let refused = variant(&dictionary(1_000_000), &sharing(100_000, &object)).to_json().unwrap_err();
    assert!(refused.to_string().contains("the names of its fields take many times as much"), "{refused}");
    // Objects of their own that have a name of thirty letters, as many do.
    let own: Vec<u8> = std::iter::repeat_n(object, 10_000).flatten().collect();
    let offsets = (0..=10_000_u32).flat_map(|i| (i * 6).to_le_bytes());
    let mut value = [&[3 | 0b111 << 2][..], &10_000_u32.to_le_bytes()].concat();
    value.extend(offsets);
    value.extend(own);
    let read = variant(&dictionary(30), &value).to_json().unwrap();
    assert_eq!(read.as_array().map(Vec::len), Some(10_000));
}

#[test]
fn a_name_as_long_as_its_dictionary_is_read_however_short_the_value_is() {
    let length = 2 * NAMES;
    let counts =
        [1_u32.to_le_bytes(), 0_u32.to_le_bytes(), u32::try_from(length).unwrap().to_le_bytes()].concat();
    let metadata = [vec![1 | 3 << 6], counts, vec![b'n'; length]].concat();
    let read = variant(&metadata, &[2, 1, 0, 0, 1, 0]).to_json().unwrap();
    assert_eq!(read, json!({"n".repeat(length): null}));
}

fn primitive(kind: u8, bytes: &[u8]) -> Value {
    json(&[&[kind << 2], bytes].concat()).unwrap()
}

fn decimal(kind: u8, scale: u8, digits: &[u8]) -> Value {
    primitive(kind, &[&[scale], digits].concat())
}

#[test]
fn every_type_reaches_its_ends() {
    let day = 86_400_000_000_i64;
    for (actual, expected) in [
        (primitive(4, &i16::MIN.to_le_bytes()), json!(i16::MIN)),
        (primitive(5, &i32::MIN.to_le_bytes()), json!(i32::MIN)),
        (primitive(6, &i64::MIN.to_le_bytes()), json!(i64::MIN)),
        (primitive(7, &(-0.0_f64).to_le_bytes()), json!(-0.0)),
        (primitive(7, &f64::INFINITY.to_le_bytes()), json!("inf")),
        (primitive(14, &0.1_f32.to_le_bytes()), json!(0.1)),
        (primitive(14, &f32::NAN.to_le_bytes()), json!("NaN")),
        (decimal(8, 0, &i32::MIN.to_le_bytes()), json!(i32::MIN)),
        (decimal(9, 18, &1_i64.to_le_bytes()), json!(1e-18)),
        (decimal(9, 1, &i64::MAX.to_le_bytes()), json!("922337203685477580.7")),
        (decimal(10, 38, &(1 - 10_i128.pow(38)).to_le_bytes()), json!(format!("-0.{}", "9".repeat(38)))),
        (decimal(10, 2, &100_i128.to_le_bytes()), json!(1)),
        (primitive(11, &(-719_162_i32).to_le_bytes()), json!("0001-01-01")),
        (primitive(11, &2_932_896_i32.to_le_bytes()), json!("9999-12-31")),
        (primitive(12, &253_402_300_799_999_999_i64.to_le_bytes()), json!("9999-12-31T23:59:59.999999Z")),
        (primitive(13, &(-62_135_596_800_000_000_i64).to_le_bytes()), json!("0001-01-01T00:00:00")),
        (primitive(15, &0_u32.to_le_bytes()), json!("")),
        (primitive(17, &(day - 1).to_le_bytes()), json!("23:59:59.999999")),
        (primitive(18, &(-1_i64).to_le_bytes()), json!("1969-12-31T23:59:59.999999999Z")),
        (primitive(19, &1_i64.to_le_bytes()), json!("1970-01-01T00:00:00.000000001")),
        (primitive(20, &[0xff; 16]), json!("ffffffff-ffff-ffff-ffff-ffffffffffff")),
    ] {
        assert_eq!(actual, expected);
    }
    for (kind, bytes, expected) in [
        (11, i32::MAX.to_le_bytes().to_vec(), "a date is out of range"),
        (12, i64::MAX.to_le_bytes().to_vec(), "a timestamp is out of range"),
        (17, day.to_le_bytes().to_vec(), "a time is out of range"),
        (17, (-1_i64).to_le_bytes().to_vec(), "a time is out of range"),
        (10, [&[39_u8][..], &[0; 16]].concat(), "a decimal has too many digits"),
        (10, [&[0_u8][..], &i128::MIN.to_le_bytes()].concat(), "a decimal has too many digits"),
    ] {
        assert_eq!(json(&[vec![kind << 2], bytes].concat()).unwrap_err(), VariantError(expected), "{kind}");
    }
}

/// An array, with counts and offsets of four bytes, of an array of an array and so on.
fn nested(levels: usize) -> Vec<u8> {
    (0..levels).fold(vec![0], |inner, _| {
        let end = u32::try_from(inner.len()).unwrap();
        [&[3 | 0b111 << 2][..], &1_u32.to_le_bytes(), &0_u32.to_le_bytes(), &end.to_le_bytes(), &inner]
            .concat()
    })
}

#[test]
fn nesting_ends_before_the_stack_does() {
    let mut value = &json(&nested(127)).unwrap();
    let mut levels = 0;
    while let Some(inner) = value.get(0) {
        (value, levels) = (inner, levels + 1);
    }
    assert_eq!(levels, 127);
    for levels in [128, 5_000] {
        assert_eq!(json(&nested(levels)).unwrap_err(), VariantError("it is nested too deep"), "{levels}");
    }
}

#[test]
fn a_name_that_an_object_has_twice_is_an_error_and_loses_no_value() {
    let metadata = [0x11, 1, 0, 1, b'a'];
    let value = [2, 2, 0, 0, 0, 1, 2, 1 << 2, 2 << 2];
    assert_eq!(variant(&metadata, &value).to_json().unwrap_err(), VariantError("an object has a name twice"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(metadata: Vec<u8>, value: Vec<u8>) {
        let _ = variant(&metadata, &value).to_json();
        let _ = json(&value);
    }
}
