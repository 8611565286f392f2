//! Values that would be read back as others: NULLs of two kinds in one column, and a key twice.

use std::collections::BTreeMap;

use lakeorm::{LakeRow, LakeTable, LakeValue};

use crate::written::{One, refused, same};

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Maybe {
    city: Option<String>,
    zip: Option<i32>,
}

#[test]
fn a_flattened_row_of_nulls_alone_is_refused_since_it_would_be_read_as_none() {
    #[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
    struct Row {
        id: i64,
        #[lake(flatten(prefix = "to_"))]
        to: Option<Maybe>,
    }
    let maybe = |city: Option<&str>, zip| Some(Maybe { city: city.map(str::to_owned), zip });
    let row = |to| Row { id: 1, to };
    let rows = [row(None), row(maybe(None, Some(1))), row(maybe(Some("Oslo"), None)), row(None)];
    same(&rows);
    let why = "a Some whose columns are all NULL would be read as None: write None, or give the row a field that is not an \
               Option";
    let lost = row(maybe(None, None));
    let fourth = refused(&[rows.as_slice(), std::slice::from_ref(&lost)].concat());
    assert_eq!(fourth, format!("Row.to: row 4 (the first is 0): {why}"));
    assert_eq!(refused(std::slice::from_ref(&lost)), format!("Row.to: row 0 (the first is 0): {why}"));
    let lists = [One { one: rows.to_vec() }, One { one: vec![] }, One { one: vec![rows[0].clone(), lost] }];
    assert_eq!(refused(&lists), format!("One.one[].to: row 2 (the first is 0): {why}"));

    #[derive(Debug, PartialEq, LakeRow, LakeTable)]
    struct Outer {
        #[lake(flatten)]
        middle: Option<Middle>,
    }
    #[derive(Debug, PartialEq, LakeRow, LakeTable)]
    struct Middle {
        #[lake(flatten)]
        inner: Option<Maybe>,
        note: Option<String>,
    }
    let outer =
        |inner, note: Option<&str>| Outer { middle: Some(Middle { inner, note: note.map(str::to_owned) }) };
    same(&[outer(None, Some("a")), outer(maybe(None, Some(1)), None), Outer { middle: None }]);
    assert_eq!(refused(&[outer(None, None)]), format!("Outer.middle: row 0 (the first is 0): {why}"));
    let inner = refused(&[outer(None, Some("a")), outer(maybe(None, None), Some("a"))]);
    assert_eq!(inner, format!("Outer.middle.inner: row 1 (the first is 0): {why}"));
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, LakeValue)]
struct Label(Option<String>);

/// The second row is refused, and the first is read as it was written.
fn second_is_some_of_none<T>(good: T, lost: T, field: &str)
where
    One<T>: lakeorm::encode::ToRow + lakeorm::LakeRowOwned + std::fmt::Debug + PartialEq,
{
    let why = "a Some(None) would be read as None: write None, or use one Option and not two";
    let rows = [One { one: good }, One { one: lost }];
    assert_eq!(refused(&rows), format!("{field}: row 1 (the first is 0): {why}"));
    same(std::slice::from_ref(&rows[0]));
}

#[test]
fn a_none_inside_a_some_is_refused_as_it_would_be_read_as_none() {
    type Twice = Option<Option<i32>>;
    let (here, lost): (Twice, Twice) = (Some(Some(1)), Some(None));
    second_is_some_of_none(here, lost, "One.one");
    second_is_some_of_none(None, lost, "One.one");
    second_is_some_of_none(Some(Label(Some("a".into()))), Some(Label(None)), "One.one");
    second_is_some_of_none(Some(Box::new(Some(1))), Some(Box::new(None)), "One.one");
    second_is_some_of_none(Some(here), Some(lost), "One.one");
    second_is_some_of_none(vec![here, None], vec![None, lost], "One.one[]");
    let map = |value: Twice| BTreeMap::from([("a".to_owned(), value)]);
    second_is_some_of_none(map(here), map(lost), "One.one{value}");
    second_is_some_of_none((1, here), (1, lost), "One.one.1");
    second_is_some_of_none(One { one: here }, One { one: lost }, "One.one.one");
    same(&[One { one: Label(None) }, One { one: Label(Some("a".into())) }]);

    let literal = lakeorm::ToLiteral::to_literal(&One { one: lost }).unwrap_err();
    assert!(literal.to_string().contains("a Some(None) would be read as None"), "{literal}");
}

#[derive(Debug, Clone, PartialEq)]
struct Blank(Option<i64>);

impl From<Option<i64>> for Blank {
    fn from(number: Option<i64>) -> Self {
        Self(number)
    }
}

impl From<Blank> for Option<i64> {
    fn from(blank: Blank) -> Self {
        blank.0
    }
}

#[derive(Debug, PartialEq, LakeRow, LakeTable)]
struct Blanks {
    #[lake(try_from = "Option<i64>")]
    plain: Blank,
    #[lake(try_from = "Option<i64>")]
    optional: Option<Blank>,
}

#[test]
fn a_some_that_is_converted_to_a_null_is_refused() {
    let blanks = |optional| Blanks { plain: Blank(None), optional };
    same(&[blanks(None), blanks(Some(Blank(Some(1))))]);
    assert_eq!(
        refused(&[blanks(Some(Blank(None)))]),
        "Blanks.optional: row 0 (the first is 0): a Some(None) would be read as None: write None, or use one Option and \
         not two"
    );
}

#[test]
fn a_map_with_a_key_twice_is_refused_with_its_row_at_any_depth() {
    let pairs = |keys: &[&str]| keys.iter().map(|key| ((*key).to_owned(), 1)).collect::<Vec<_>>();
    let why = "a map has the same key twice: give each of its keys once";
    let flat = [One { one: pairs(&["a"]) }, One { one: pairs(&[]) }, One { one: pairs(&["a", "b", "a"]) }];
    assert_eq!(refused(&flat), format!("One.one: row 2 (the first is 0): {why}"));
    let listed = [One { one: vec![] }, One { one: vec![pairs(&["a"]), pairs(&["b", "b"])] }];
    assert_eq!(refused(&listed), format!("One.one[]: row 1 (the first is 0): {why}"));
    let of_maps = [
        One { one: vec![("x".to_owned(), pairs(&["a"]))] },
        One { one: vec![("x".to_owned(), pairs(&["a"])), ("y".to_owned(), pairs(&["b", "b"]))] },
    ];
    assert_eq!(refused(&of_maps), format!("One.one.value: row 1 (the first is 0): {why}"));
}
