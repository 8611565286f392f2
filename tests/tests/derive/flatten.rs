//! Rows in rows, on the same level of columns.

use arrow_array::{Int64Array, NullArray, StringArray, UnionArray};
use arrow_schema::{DataType, Field, Fields, UnionFields};
use lakeorm::row::{Columns, Layout};
use lakeorm::{DynamicRow, LakeRow, Value};

use crate::batches::{array, message, rows, structs};

#[derive(Debug, Clone, PartialEq, LakeRow)]
struct City {
    #[lake(alias = "town")]
    city: String,
    #[lake(default)]
    zip: Option<String>,
}

#[derive(Debug, PartialEq, LakeRow)]
struct User {
    id: i64,
    #[lake(flatten)]
    home: City,
    #[lake(flatten(prefix = "work_"))]
    work: Option<City>,
}

fn texts(values: Vec<Option<&str>>) -> arrow_array::ArrayRef {
    array(StringArray::from(values))
}

fn city(city: &str, zip: Option<&str>) -> City {
    City { city: city.to_owned(), zip: zip.map(str::to_owned) }
}

#[test]
fn a_flattened_row_reads_columns_beside_its_parents_with_its_prefix() {
    let found: Vec<User> = rows(vec![
        ("work_zip", texts(vec![None, None, Some("z")])),
        ("id", array(Int64Array::from(vec![1, 2, 3]))),
        ("CITY", texts(vec![Some("a"), Some("b"), Some("c")])),
        ("work_town", texts(vec![Some("w"), None, Some("x")])),
    ])
    .unwrap();
    let expected = [
        User { id: 1, home: city("a", None), work: Some(city("w", None)) },
        User { id: 2, home: city("b", None), work: None },
        User { id: 3, home: city("c", None), work: Some(city("x", Some("z"))) },
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_row_that_is_there_in_part_still_needs_what_it_needs() {
    let found = rows::<User>(vec![
        ("id", array(Int64Array::from(vec![1, 2]))),
        ("city", texts(vec![Some("a"), Some("b")])),
        ("work_city", texts(vec![None, None])),
        ("work_zip", texts(vec![None, Some("z")])),
    ]);
    assert_eq!(
        message(found),
        "User.work.city: column \"work_city\", row 1 (the first is 0): the value is NULL; make the field \
         Option<String>, or use COALESCE(work_city, …) in the query"
    );
}

#[test]
fn a_null_in_a_row_that_must_be_there_names_the_inner_field() {
    let found = rows::<User>(vec![
        ("id", array(Int64Array::from(vec![1]))),
        ("city", texts(vec![None])),
        ("work_city", texts(vec![None])),
    ]);
    let refused = message(found);
    assert!(
        refused.starts_with("User.home.city: column \"city\", row 0 (the first is 0): the value is NULL"),
        "{refused}"
    );
}

#[test]
fn void_columns_say_that_the_row_is_absent() {
    let found: Vec<User> = rows(vec![
        ("id", array(Int64Array::from(vec![1]))),
        ("city", texts(vec![Some("a")])),
        ("work_city", texts(vec![None])),
        ("work_zip", array(NullArray::new(1))),
    ])
    .unwrap();
    assert_eq!(found, [User { id: 1, home: city("a", None), work: None }]);
}

/// The NULLs of a union are those of its children.
#[test]
fn a_union_of_nulls_says_that_the_row_is_absent() {
    #[derive(Debug, PartialEq, LakeRow)]
    struct Measured {
        id: i64,
        value: Value,
    }
    #[derive(Debug, PartialEq, LakeRow)]
    struct Row {
        #[lake(flatten)]
        measured: Option<Measured>,
    }
    let numbers = || array(Int64Array::from(vec![Some(1), None]));
    let fields = UnionFields::try_new([0], [Field::new("number", DataType::Int64, true)]).unwrap();
    let union = UnionArray::try_new(fields, vec![0, 0].into(), None, vec![numbers()]).unwrap();
    let found: Vec<Row> = rows(vec![("id", numbers()), ("value", array(union))]).unwrap();
    let value = Value::Unsupported("Arrow's Union".into());
    assert_eq!(found, [Row { measured: Some(Measured { id: 1, value }) }, Row { measured: None }]);
}

#[test]
fn missing_columns_of_a_flattened_row_are_reported_under_its_field() {
    let found = rows::<User>(vec![("id", array(Int64Array::from(vec![1])))]);
    assert_eq!(
        message(found),
        "2 mismatches between the result and User:\n  \
         User.home.city: no column \"city\" in the result (found: id)\n  \
         User.work.city: no column \"work_city\" in the result (found: id)"
    );
}

#[test]
fn rows_flatten_to_any_depth_and_inside_structs() {
    #[derive(Debug, PartialEq, LakeRow)]
    struct Inner {
        a: i64,
    }
    #[derive(Debug, PartialEq, LakeRow)]
    struct Middle {
        #[lake(flatten(prefix = "i_"))]
        inner: Option<Inner>,
        b: Option<i64>,
    }
    #[derive(Debug, PartialEq, LakeRow)]
    struct Outer {
        #[lake(flatten(prefix = "m_"))]
        middle: Option<Middle>,
    }
    let column = |name, values: Vec<Option<i64>>| (name, array(Int64Array::from(values)));
    let columns =
        || vec![column("m_i_a", vec![Some(1), None, None]), column("m_b", vec![None, Some(2), None])];
    let expected = || {
        vec![
            Outer { middle: Some(Middle { inner: Some(Inner { a: 1 }), b: None }) },
            Outer { middle: Some(Middle { inner: None, b: Some(2) }) },
            Outer { middle: None },
        ]
    };
    assert_eq!(rows::<Outer>(columns()).unwrap(), expected());
    let nested = vec![("x", structs(columns(), None))];
    let expected: Vec<(Outer,)> = expected().into_iter().map(|outer| (outer,)).collect();
    assert_eq!(rows::<(Outer,)>(nested).unwrap(), expected);
}

#[test]
fn what_a_flattened_row_needs_is_part_of_what_its_parent_needs() {
    let columns = Columns::of::<User>();
    let names: Vec<&str> = columns.iter().map(|column| column.name()).collect();
    assert_eq!(names, ["id", "city", "zip", "work_city", "work_zip"]);
    let last = columns.iter().nth(3).unwrap();
    assert_eq!((last.aliases(), last.is_required()), (vec!["work_town"], true));
}

#[test]
fn a_tuple_has_no_names_to_flatten() {
    // A tuple that the macro sees, it refuses itself.
    type Pair = (i64, i64);
    #[derive(Debug, PartialEq, LakeRow)]
    struct Row<T> {
        #[lake(flatten)]
        pair: T,
    }
    let fields = Fields::from(vec![Field::new("a", DataType::Int64, true)]);
    let expected = "Row.pair: a tuple cannot be flattened, because its values have no names; use a struct";
    assert_eq!(Layout::<Row<Pair>>::resolve(&fields).unwrap_err().to_string(), expected);
    assert_eq!(Layout::<Row<Option<Pair>>>::resolve(&fields).unwrap_err().to_string(), expected);
}

#[test]
fn unknown_columns_are_a_mismatch_where_the_row_denies_them() {
    #[derive(Debug, PartialEq, LakeRow)]
    #[lake(deny_unknown_columns)]
    struct Exact {
        #[lake(flatten)]
        home: City,
    }
    let columns = |extra| vec![("city", texts(vec![Some("a")])), (extra, texts(vec![Some("b")]))];
    assert_eq!(rows::<Exact>(columns("zip")).unwrap(), [Exact { home: city("a", Some("b")) }]);
    assert_eq!(
        message(rows::<Exact>(columns("zipp"))),
        "Exact: column \"zipp\" is in the result and no field reads it; add a field, or do not select it"
    );
    assert_eq!(
        message(rows::<(Exact,)>(vec![("x", structs(columns("zipp"), None))])),
        "tuple.0: in column \"x\", field \"zipp\" is in the struct and no field reads it; add a field, or do not \
         select it"
    );
    assert!(Columns::of::<Exact>().needs_whole_result());
}

#[derive(Debug, PartialEq, LakeRow)]
#[lake(deny_unknown_columns)]
struct Strict {
    city: String,
}

#[test]
fn an_option_of_a_row_that_denies_unknown_columns_denies_them_too() {
    let columns = |extra| vec![("city", texts(vec![None, Some("a")])), extra];
    let unknown = columns(("zip", texts(vec![None, None])));
    let expected =
        "Strict: column \"zip\" is in the result and no field reads it; add a field, or do not select it";
    assert_eq!(message(rows::<Option<Strict>>(unknown.clone())), expected);
    assert_eq!(message(rows::<Option<Option<Strict>>>(unknown)), expected);
    let city = vec![("city", texts(vec![None, Some("a")]))];
    assert_eq!(rows::<Option<Strict>>(city).unwrap(), [None, Some(Strict { city: "a".to_owned() })]);
    assert!(Columns::of::<Option<Strict>>().needs_whole_result());
}

/// As it is documented: a row that shares its columns leaves it to the one that it is part of.
#[test]
fn a_flattened_row_says_nothing_of_the_columns_beside_it() {
    #[derive(Debug, PartialEq, LakeRow)]
    struct Row {
        #[lake(flatten)]
        home: Strict,
    }
    let columns = vec![("city", texts(vec![Some("a")])), ("zip", texts(vec![None]))];
    assert_eq!(rows::<Row>(columns).unwrap(), [Row { home: Strict { city: "a".to_owned() } }]);
}

#[test]
fn a_dynamic_row_takes_the_columns_with_its_prefix() {
    #[derive(Debug, PartialEq, LakeRow)]
    #[lake(deny_unknown_columns)]
    struct Row {
        id: i64,
        #[lake(flatten(prefix = "ß_x_"))]
        rest: Option<DynamicRow>,
    }
    let columns = || {
        vec![
            ("ß_x_a", texts(vec![None, Some("a")])),
            ("id", array(Int64Array::from(vec![1, 2]))),
            ("ẞ_X_b", array(Int64Array::from(vec![None, Some(3)]))),
        ]
    };
    let found: Vec<Row> = rows(columns()).unwrap();
    assert_eq!(found[0], Row { id: 1, rest: None });
    let rest = found[1].rest.as_ref().unwrap();
    assert_eq!(rest.names(), ["ß_x_a", "ẞ_X_b"]);
    assert_eq!(rest.values(), [Value::String("a".into()), Value::Long(3)]);
    let mut more = columns();
    more.push(("x_ß_x_", texts(vec![None, None])));
    let refused = message(rows::<Row>(more));
    assert!(
        refused.starts_with("Row: column \"x_ß_x_\" is in the result and no field reads it"),
        "{refused}"
    );
}

#[test]
fn a_dynamic_row_takes_whatever_columns_there_are() {
    let inner = structs(vec![("a", array(Int64Array::from(vec![Some(1), None])))], Some(vec![true, true]));
    let found: Vec<DynamicRow> = rows(vec![
        ("id", array(Int64Array::from(vec![1, 2]))),
        ("id", texts(vec![None, Some("b")])),
        ("s", inner),
        ("v", array(NullArray::new(2))),
    ])
    .unwrap();
    assert_eq!(found[0].names(), ["id", "id", "s", "v"]);
    let a = |value| Value::Struct(vec![("a".to_owned(), value)]);
    assert_eq!(found[0].values(), [Value::Long(1), Value::Null, a(Value::Long(1)), Value::Null]);
    assert_eq!(found[1].values(), [Value::Long(2), Value::String("b".into()), a(Value::Null), Value::Null]);
    assert_eq!(found[1].get("id").and_then(Value::as_i64), Some(2));
    assert_eq!(found[1].get("nothing"), None);
}
