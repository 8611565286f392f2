//! Type parameters, lifetimes and constants.

use arrow_array::{BinaryArray, Int32Array, Int64Array, StringArray};
use lakeorm::{LakeRow, LakeRowOwned, RowBatch};

use crate::batches::{array, batch, rows};

#[derive(Debug, PartialEq, LakeRow)]
struct Pair<K: Ord, V = i64>
where
    V: std::fmt::Debug,
{
    key: K,
    value: Option<V>,
    #[lake(default)]
    spare: V,
}

#[test]
fn type_parameters_decode_as_what_they_stand_for() {
    let found: Vec<Pair<String, i32>> = rows(vec![
        ("key", array(StringArray::from(vec!["a", "b"]))),
        ("value", array(Int32Array::from(vec![Some(1), None]))),
    ])
    .unwrap();
    assert_eq!(
        found,
        [
            Pair { key: "a".to_owned(), value: Some(1), spare: 0 },
            Pair { key: "b".to_owned(), value: None, spare: 0 },
        ]
    );
}

#[derive(Debug, PartialEq, LakeRow)]
struct Counted<T, const N: usize> {
    x: T,
    #[lake(skip, default = nothing)]
    window: [i64; N],
    #[lake(skip)]
    unused: std::marker::PhantomData<T>,
}

fn nothing<const N: usize>() -> [i64; N] {
    [0; N]
}

#[test]
fn constants_pass_through() {
    let found: Vec<Counted<i64, 3>> = rows(vec![("x", array(Int64Array::from(vec![1])))]).unwrap();
    assert_eq!(found, [Counted { x: 1, window: [0; 3], unused: std::marker::PhantomData }]);
}

#[derive(Debug, PartialEq, LakeRow)]
struct Borrowed<'a, 't, T> {
    text: &'a str,
    bytes: Option<&'t [u8]>,
    value: T,
}

#[test]
fn several_lifetimes_borrow_from_one_batch() {
    let batch = RowBatch::new(
        batch(vec![
            ("text", array(StringArray::from(vec!["a", "b"]))),
            ("bytes", array(BinaryArray::from(vec![Some(b"x".as_slice()), None]))),
            ("value", array(StringArray::from(vec!["v", "w"]))),
        ]),
        0,
    )
    .unwrap();
    let found: Vec<Borrowed<'_, '_, &str>> =
        batch.rows::<Borrowed<'_, '_, &str>>().unwrap().map(Result::unwrap).collect();
    assert_eq!(
        found,
        [
            Borrowed { text: "a", bytes: Some(b"x"), value: "v" },
            Borrowed { text: "b", bytes: None, value: "w" },
        ]
    );
}

#[test]
fn rows_that_own_their_data_are_owned_rows() {
    fn is_owned<T: LakeRowOwned>() -> &'static str {
        std::any::type_name::<T>().rsplit("::").next().unwrap_or_default()
    }
    assert_eq!(is_owned::<Counted<i64, 3>>(), "Counted<i64, 3>");
}

macro_rules! row {
    ($name:ident { $($field:ident: $ty:ty),* }) => {
        #[derive(Debug, PartialEq, LakeRow)]
        struct $name { $($field: $ty),* }
    };
}

row!(FromMacro { id: i64, name: Option<String> });

#[test]
fn a_struct_made_by_a_macro_decodes() {
    let found: Vec<FromMacro> = rows(vec![
        ("id", array(Int64Array::from(vec![1]))),
        ("name", array(StringArray::from(vec![Some("a")]))),
    ])
    .unwrap();
    assert_eq!(found, [FromMacro { id: 1, name: Some("a".to_owned()) }]);
}
