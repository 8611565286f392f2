//! Type parameters, lifetimes and constants.

use std::borrow::Cow;

use arrow_array::{BinaryArray, Int32Array, Int64Array, StringArray};
use lakeorm::encode::record_batch;
use lakeorm::{LakeRow, LakeRowOwned, LakeTable, RowBatch, ToLiteral};

use crate::batches::{array, batch, lists, message, rows, structs};
use crate::written::same;

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

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Embedded<const N: usize> {
    id: i64,
    vector: [f32; N],
    inner: Option<Inner<N>>,
    values: Vec<Vector<N>>,
    #[lake(skip)]
    seen: [bool; N],
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Inner<const N: usize> {
    vector: [Option<i64>; N],
}

#[derive(Debug, Clone, PartialEq, lakeorm::LakeValue)]
struct Vector<const N: usize>([f64; N]);

#[test]
fn constants_may_be_in_the_types_of_fields_that_are_read_and_written() {
    let row = |inner| Embedded {
        id: 1,
        vector: [0.5, -0.5, 1.0],
        inner,
        values: vec![Vector([1.0, 2.0, 3.0]), Vector([4.0, 5.0, 6.0])],
        seen: [false; 3],
    };
    same(&[row(None), row(Some(Inner { vector: [Some(1), None, Some(3)] }))]);
    let column = lists(&[1], array(Int64Array::from(vec![1])), None);
    let refused = message(rows::<(Inner<2>,)>(vec![("x", structs(vec![("vector", column)], None))]));
    assert!(refused.contains("the list has 1 element, the Rust array has 2"), "{refused}");
}

/// A row of which one part lives longer than the other.
#[derive(Debug, PartialEq, LakeRow, LakeTable)]
struct Nested<'a, 'b: 'a> {
    short: &'a str,
    long: &'b [u8],
}

#[derive(Debug, PartialEq, LakeRow, LakeTable)]
struct Outlives<'a, 'b: 'a> {
    nested: Nested<'a, 'b>,
    value: Longer<'a, 'b>,
}

#[derive(Debug, PartialEq, lakeorm::LakeValue)]
struct Longer<'a, 'b>(Option<Nested<'a, 'b>>)
where
    'b: 'a;

#[test]
fn lifetimes_may_bound_each_other() {
    let nested = || Nested { short: "a", long: b"b" };
    let row = || Outlives { nested: nested(), value: Longer(Some(nested())) };
    let batch = RowBatch::new(record_batch(&[row()]).unwrap(), 0).unwrap();
    let found: Vec<Outlives<'_, '_>> = batch.rows().unwrap().map(Result::unwrap).collect();
    assert_eq!(found, [row()]);
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

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Text<'a> {
    text: &'a str,
}

#[derive(Debug, Clone, PartialEq)]
struct Name<'a>(&'a str);

impl<'a> From<&'a str> for Name<'a> {
    fn from(name: &'a str) -> Self {
        Self(name)
    }
}

impl<'a> From<Name<'a>> for &'a str {
    fn from(name: Name<'a>) -> Self {
        name.0
    }
}

/// Fields of one type, under two lifetimes.
#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Sides<'l, 'r> {
    left: &'l str,
    right: &'r str,
    maybe_left: Option<&'l [u8]>,
    maybe_right: Option<&'r [u8]>,
    shared_left: Cow<'l, str>,
    shared_right: Cow<'r, str>,
    nested_left: Text<'l>,
    nested_right: Text<'r>,
    listed_left: Vec<Option<Text<'l>>>,
    listed_right: Vec<Option<Text<'r>>>,
    #[lake(try_from = "&'l str")]
    name_left: Name<'l>,
    #[lake(try_from = "&'r str")]
    name_right: Option<Name<'r>>,
    #[lake(json)]
    json_left: Option<Cow<'l, str>>,
    #[lake(json)]
    json_right: Option<Cow<'r, str>>,
    #[lake(flatten(prefix = "left_"))]
    flat_left: Text<'l>,
    #[lake(flatten(prefix = "right_"))]
    flat_right: Text<'r>,
}

/// The same beside a parameter.
#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Ends<'l, 'r, T> {
    left: &'l str,
    right: &'r str,
    middle: Vec<T>,
}

#[test]
fn fields_of_one_type_may_have_two_lifetimes() {
    let row = |left, right| Sides {
        left,
        right,
        maybe_left: Some(b"left"),
        maybe_right: None,
        shared_left: Cow::Borrowed(left),
        shared_right: Cow::Borrowed(right),
        nested_left: Text { text: left },
        nested_right: Text { text: right },
        listed_left: vec![Some(Text { text: left }), None],
        listed_right: vec![Some(Text { text: right })],
        name_left: Name(left),
        name_right: Some(Name(right)),
        json_left: Some(Cow::Borrowed(left)),
        json_right: None,
        flat_left: Text { text: left },
        flat_right: Text { text: right },
    };
    let all = [row("a", "b"), row("", "é")];
    let batch = RowBatch::new(record_batch(&all).unwrap(), 0).unwrap();
    let found: Vec<Sides<'_, '_>> = batch.rows().unwrap().map(Result::unwrap).collect();
    assert_eq!(found, all);

    let ends = [Ends { left: "a", right: "b", middle: vec![1_i64, 2] }];
    let batch = RowBatch::new(record_batch(&ends).unwrap(), 0).unwrap();
    let found: Vec<Ends<'_, '_, i64>> = batch.rows().unwrap().map(Result::unwrap).collect();
    assert_eq!(found, ends);
}

mod word {
    pub(super) type Column = &'static str;

    pub(super) fn encode(value: &bool) -> Result<Column, lakeorm::encode::WriteError> {
        Ok(if *value { "yes" } else { "no" })
    }
}

type Label = &'static str;

/// Of its two lifetimes the derive sees one.
#[derive(LakeTable)]
#[lake(table = "shop.labels")]
struct Labelled<'a, T> {
    kind: Label,
    origin: Option<Label>,
    name: &'a str,
    place: Option<&'a str>,
    count: T,
}

#[test]
fn an_alias_may_hide_a_lifetime_beside_another_one() {
    let name = String::from("opened");
    let row = Labelled { kind: "door", origin: None, name: &name, place: Some(&name), count: 7_i64 };
    let batch = RowBatch::new(record_batch(&[row]).unwrap(), 0).unwrap();
    type Written = (String, Option<String>, String, Option<String>, i64);
    let expected = ("door".to_owned(), None, name.clone(), Some(name), 7);
    assert_eq!(batch.to_vec::<Written>().unwrap(), [expected]);
    assert_eq!(Labelled::<i64>::definition().columns().len(), 5);
}

/// A row of a table, with texts of the program beside others.
#[derive(LakeTable)]
#[lake(table = "shop.events")]
struct Event<'a> {
    kind: &'static str,
    name: &'a str,
    origin: Option<&'static str>,
    place: Option<&'a str>,
    #[lake(with = word)]
    is_new: bool,
    #[lake(flatten(prefix = "first_"))]
    first: Text<'static>,
    #[lake(flatten(prefix = "last_"))]
    last: Text<'a>,
}

/// Of its two lifetimes only one has a name here.
#[derive(LakeTable)]
struct Answer<'a> {
    name: &'a str,
    #[lake(with = word)]
    answer: bool,
}

#[test]
fn a_row_that_is_written_may_hold_texts_of_the_program_and_others() {
    let name = String::from("opened");
    let event = Event {
        kind: "door",
        name: &name,
        origin: Some("sensor"),
        place: None,
        is_new: true,
        first: Text { text: "a" },
        last: Text { text: &name },
    };
    let batch = RowBatch::new(record_batch(&[event]).unwrap(), 0).unwrap();
    type Written = (String, String, Option<String>, Option<String>, String, String, String);
    let [door, opened, sensor, yes, a] = ["door", "opened", "sensor", "yes", "a"].map(str::to_owned);
    let expected = (door, opened.clone(), Some(sensor), None, yes, a, opened);
    assert_eq!(batch.to_vec::<Written>().unwrap(), [expected]);
    assert_eq!(Event::definition().columns().len(), 7);

    let answer = record_batch(&[Answer { name: &name, answer: false }]).unwrap();
    let found = RowBatch::new(answer, 0).unwrap().to_vec::<(String, String)>().unwrap();
    assert_eq!(found, [("opened".to_owned(), "no".to_owned())]);
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

#[derive(Debug, PartialEq, LakeRow)]
struct Page<T: LakeRowOwned> {
    #[lake(flatten)]
    row: T,
    total: i64,
}

#[derive(Debug, PartialEq, LakeRow)]
struct Bounded<T>
where
    T: for<'x> lakeorm::FromColumn<'x>,
{
    x: T,
    y: Option<T>,
}

#[derive(Debug, PartialEq, lakeorm::LakeValue)]
struct Newtype<T: for<'x> lakeorm::FromColumn<'x>>(T);

#[test]
fn a_struct_may_bound_its_parameters_by_lakeorms_traits_itself() {
    let columns = || {
        let column = |value| array(Int64Array::from(vec![value]));
        vec![("x", column(1)), ("y", column(2)), ("total", column(3))]
    };
    let inner = || Bounded { x: Newtype(1), y: Some(Newtype(2)) };
    assert_eq!(rows::<Bounded<Newtype<i64>>>(columns()).unwrap(), [inner()]);
    let found: Vec<Page<Bounded<Newtype<i64>>>> = rows(columns()).unwrap();
    assert_eq!(found, [Page { row: inner(), total: 3 }]);
}

trait Entity: LakeRowOwned {}

impl Entity for Bounded<i64> {}

/// The macro does not see what `Entity` implies, so that its bound is named beside it.
#[derive(Debug, PartialEq, LakeRow)]
struct Entities<T: Entity + LakeRowOwned> {
    #[lake(flatten)]
    row: T,
    total: i64,
}

/// The parameter may borrow too, without a bound by the lifetime.
#[derive(Debug, PartialEq, LakeRow)]
struct Titled<'a, T> {
    title: &'a str,
    #[lake(flatten)]
    row: T,
}

#[test]
fn a_parameter_may_have_a_bound_of_the_users_own_trait() {
    let column = |value| array(Int64Array::from(vec![value]));
    let columns = || vec![("x", column(1)), ("y", column(2)), ("total", column(3))];
    let found: Vec<Entities<Bounded<i64>>> = rows(columns()).unwrap();
    assert_eq!(found, [Entities { row: Bounded { x: 1, y: Some(2) }, total: 3 }]);

    let text = |text: &'static str| array(StringArray::from(vec![text]));
    let batch = RowBatch::new(batch(vec![("title", text("a")), ("text", text("b"))]), 0).unwrap();
    let found: Vec<Titled<'_, Text<'_>>> = batch.rows().unwrap().map(Result::unwrap).collect();
    assert_eq!(found, [Titled { title: "a", row: Text { text: "b" } }]);
}

#[derive(Debug, PartialEq, lakeorm::LakeValue)]
struct Id<T>(i64, std::marker::PhantomData<T>);

#[derive(Debug, PartialEq, lakeorm::LakeValue)]
struct Named<T: ?Sized> {
    of: std::marker::PhantomData<fn() -> Box<T>>,
    name: String,
}

/// A table, of which there is never a value.
#[derive(Debug, PartialEq)]
enum Users {}

#[test]
fn a_newtype_may_say_what_it_is_of() {
    use std::marker::PhantomData;

    type Row = (Id<Users>, Option<Id<Users>>, Named<str>);
    let found = rows::<Row>(vec![
        ("id", array(Int64Array::from(vec![7]))),
        ("parent", array(Int64Array::from(vec![None]))),
        ("name", array(StringArray::from(vec!["a"]))),
    ])
    .unwrap();
    assert_eq!(found, [(Id(7, PhantomData), None, Named { of: PhantomData, name: "a".to_owned() })]);
    assert_eq!(Id::<Users>(7, PhantomData).to_literal().unwrap(), 7_i64.to_literal().unwrap());
}

trait Unit {
    type Amount;
}

#[derive(Debug, PartialEq, LakeRow)]
struct Measured<T>
where
    Self: Unit<Amount = i64>,
{
    x: <Self as Unit>::Amount,
    #[lake(default = Self::seven)]
    y: i64,
    #[lake(skip, default = <[i64; 2] as Default>::default)]
    z: [i64; 2],
    #[lake(skip)]
    unit: std::marker::PhantomData<T>,
}

impl<T> Unit for Measured<T> {
    type Amount = i64;
}

impl<T> Measured<T> {
    fn seven() -> i64 {
        7
    }
}

#[test]
fn self_is_the_struct_in_types_bounds_and_paths() {
    let found: Vec<Measured<u8>> = rows(vec![("x", array(Int64Array::from(vec![1])))]).unwrap();
    assert_eq!(found, [Measured { x: 1, y: 7, z: [0, 0], unit: std::marker::PhantomData }]);
}

#[derive(Debug, PartialEq, LakeRow)]
struct Parsed<S>
where
    i64: TryFrom<S>,
{
    #[lake(try_from = "S")]
    x: i64,
    #[lake(skip)]
    source: std::marker::PhantomData<S>,
}

#[test]
fn try_from_may_name_a_parameter() {
    let found: Vec<Parsed<i32>> = rows(vec![("x", array(Int32Array::from(vec![1])))]).unwrap();
    assert_eq!(found, [Parsed { x: 1, source: std::marker::PhantomData }]);
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Settings {
    theme: String,
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Converted<J, T> {
    #[lake(json)]
    json: J,
    #[lake(json)]
    maybe: Option<J>,
    #[lake(try_from = "i64")]
    count: T,
    #[lake(try_from = "i64")]
    counts: Option<T>,
}

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Through<S>
where
    i64: TryFrom<S> + TryInto<S>,
{
    #[lake(try_from = "S")]
    x: i64,
    #[lake(try_from = "S")]
    y: Option<i64>,
    #[lake(skip)]
    source: std::marker::PhantomData<S>,
}

#[test]
fn what_is_converted_may_be_a_parameter_both_ways() {
    let settings = |theme: &str| Settings { theme: theme.to_owned() };
    let row = Converted { json: settings("dark"), maybe: None, count: 7_u32, counts: Some(u32::MAX) };
    same(&[row.clone(), Converted { maybe: Some(settings("light")), counts: None, ..row }]);
    let through = |x, y| Through::<i32> { x, y, source: std::marker::PhantomData };
    same(&[through(7, None), through(-1, Some(8))]);
    assert_eq!(
        crate::written::refused(&[through(1 << 40, None)]),
        "Through.x: row 0 (the first is 0): `i32::try_from` rejected the value (a i64)"
    );
}

macro_rules! fragments {
    ($ty:ty, $name:literal, $text:expr, $function:path, $module:path, $krate:path) => {
        #[derive(Debug, PartialEq, LakeRow)]
        #[lake(crate = $krate)]
        struct Fragments {
            #[lake(rename = $name, try_from = "i64")]
            x: $ty,
            #[lake(rename = $text, json)]
            y: $ty,
            #[lake(default = $function)]
            z: $ty,
            #[lake(with = $module)]
            w: $ty,
        }
    };
}

macro_rules! newtype {
    ($name:ident, $held:ty, $marker:ty) => {
        #[derive(Debug, PartialEq, lakeorm::LakeValue)]
        struct $name($held, $marker);
    };
}

newtype!(Key, i64, std::marker::PhantomData<Users>);

#[test]
fn a_newtype_made_by_a_macro_may_say_what_it_is_of() {
    let found = rows::<(Key,)>(vec![("key", array(Int64Array::from(vec![7])))]).unwrap();
    assert_eq!(found, [(Key(7, std::marker::PhantomData),)]);
}

mod narrow {
    pub(super) type Column = i64;

    pub(super) fn decode(value: Column) -> Result<Option<i16>, lakeorm::column::ReadError> {
        Ok(i16::try_from(value).ok())
    }
}

fn nine() -> Option<i16> {
    Some(9)
}

fragments!(Option<i16>, "x x", "y y", nine, self::narrow, ::lakeorm);

#[test]
fn what_a_macro_was_given_is_read_as_if_it_were_written_there() {
    let found: Vec<Fragments> = rows(vec![
        ("x x", array(Int64Array::from(vec![None, Some(1)]))),
        ("y y", array(StringArray::from(vec![Some("2"), None]))),
        ("w", array(Int64Array::from(vec![3, 70_000]))),
    ])
    .unwrap();
    let row = |x, y, w| Fragments { x, y, z: Some(9), w };
    assert_eq!(found, [row(None, Some(2), Some(3)), row(Some(1), None, None)]);
}
