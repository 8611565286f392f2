//! Which column a field is read from.

use arrow_array::{Int64Array, StringArray};
use lakeorm::row::Columns;
use lakeorm::{LakeRow, RowBatch};

use crate::batches::{array, batch, message, rows};

#[derive(Debug, PartialEq, LakeRow)]
struct User {
    id: i64,
    email: String,
    #[lake(rename = "country_code")]
    country: Option<String>,
}

#[test]
fn fields_are_matched_by_name_whatever_the_order() {
    let users: Vec<User> = rows(vec![
        ("country_code", array(StringArray::from(vec![Some("UK"), None]))),
        ("not_asked_for", array(Int64Array::from(vec![None, None]))),
        ("email", array(StringArray::from(vec!["a@x", "b@x"]))),
        ("id", array(Int64Array::from(vec![1, 2]))),
    ])
    .unwrap();
    assert_eq!(
        users,
        [
            User { id: 1, email: "a@x".to_owned(), country: Some("UK".to_owned()) },
            User { id: 2, email: "b@x".to_owned(), country: None },
        ]
    );
}

#[derive(Debug, PartialEq, LakeRow)]
struct UserRef<'a> {
    id: i64,
    email: &'a str,
}

#[test]
fn a_borrowed_row_points_into_the_batch() {
    let batch = RowBatch::new(
        batch(vec![
            ("id", array(Int64Array::from(vec![1, 2]))),
            ("email", array(StringArray::from(vec!["a@x", "b@x"]))),
        ]),
        0,
    )
    .unwrap();
    let users: Vec<UserRef<'_>> = batch.rows::<UserRef<'_>>().unwrap().map(Result::unwrap).collect();
    assert_eq!(users, [UserRef { id: 1, email: "a@x" }, UserRef { id: 2, email: "b@x" }]);
    let text = batch.record_batch().column(1).to_data().buffers()[1].as_ptr_range();
    assert!(users.iter().all(|user| text.contains(&user.email.as_ptr())));
}

#[derive(Debug, PartialEq, LakeRow)]
struct One {
    email: i64,
}

#[test]
fn an_exact_name_wins_over_one_of_another_case() {
    let found: Vec<One> =
        rows(vec![("Email", array(Int64Array::from(vec![1]))), ("email", array(Int64Array::from(vec![2])))])
            .unwrap();
    assert_eq!(found, [One { email: 2 }]);
}

#[test]
fn a_name_of_another_case_matches_if_it_is_unique() {
    let found: Vec<One> = rows(vec![("EMAIL", array(Int64Array::from(vec![1])))]).unwrap();
    assert_eq!(found, [One { email: 1 }]);
}

#[test]
fn two_names_of_another_case_are_ambiguous() {
    let columns = || array(Int64Array::from(vec![1]));
    assert_eq!(
        message(rows::<One>(vec![("EMAIL", columns()), ("id", columns()), ("Email", columns())])),
        "One.email: column \"email\" is ambiguous in the result: \"EMAIL\" at position 1, \"Email\" at position 3; \
         give each its own name with AS in the query"
    );
}

#[test]
fn the_same_name_twice_is_ambiguous_only_for_rows_that_read_it() {
    let columns = || array(Int64Array::from(vec![1]));
    assert_eq!(
        message(rows::<One>(vec![("email", columns()), ("email", columns())])),
        "One.email: column \"email\" is ambiguous in the result: \"email\" at position 1, \"email\" at position 2; \
         give each its own name with AS in the query"
    );
    let found: Vec<One> = rows(vec![("id", columns()), ("email", columns()), ("id", columns())]).unwrap();
    assert_eq!(found, [One { email: 1 }]);
}

#[derive(Debug, PartialEq, LakeRow)]
#[lake(rename_all = "camelCase")]
struct Renamed {
    first_name: i64,
    #[lake(rename = "LAST NAME")]
    last_name: i64,
    #[lake(alias = "kind", alias = "sort")]
    r#type: i64,
}

#[test]
fn names_follow_rename_all_unless_they_have_their_own() {
    let names: Vec<String> = Columns::of::<Renamed>().iter().map(|column| column.name().to_owned()).collect();
    assert_eq!(names, ["firstName", "LAST NAME", "type"]);
}

#[test]
fn aliases_are_tried_in_order_after_the_name() {
    let columns = |third: &'static str, fourth: &'static str| {
        vec![
            ("firstName", array(Int64Array::from(vec![1]))),
            ("LAST NAME", array(Int64Array::from(vec![2]))),
            (third, array(Int64Array::from(vec![3]))),
            (fourth, array(Int64Array::from(vec![4]))),
        ]
    };
    for (third, fourth, expected) in [("type", "kind", 3), ("sort", "kind", 4), ("sort", "other", 3)] {
        let found: Vec<Renamed> = rows(columns(third, fourth)).unwrap();
        assert_eq!(found, [Renamed { first_name: 1, last_name: 2, r#type: expected }], "{third} {fourth}");
    }
}

#[derive(Debug, PartialEq, LakeRow)]
struct TwoCases {
    id: i64,
    #[lake(rename = "ID")]
    upper: i64,
}

#[test]
fn names_that_differ_in_case_alone_are_two_columns_where_the_result_has_both() {
    let column = |value| array(Int64Array::from(vec![value]));
    let found: Vec<TwoCases> = rows(vec![("ID", column(1)), ("id", column(2))]).unwrap();
    assert_eq!(found, [TwoCases { id: 2, upper: 1 }]);
    let found: Vec<TwoCases> = rows(vec![("Id", column(3))]).unwrap();
    assert_eq!(found, [TwoCases { id: 3, upper: 3 }]);
}

#[derive(Debug, PartialEq, LakeRow)]
struct Odd {
    #[lake(rename = "a.b`c\"d {} {0} \\ é 🦀")]
    text: i64,
    größe: i64,
}

#[test]
fn a_name_may_hold_any_characters() {
    let column = |value| array(Int64Array::from(vec![value]));
    let found: Vec<Odd> =
        rows(vec![("GRÖSSE", column(0)), ("GRÖßE", column(1)), ("a.b`c\"d {} {0} \\ é 🦀", column(2))])
            .unwrap();
    assert_eq!(found, [Odd { text: 2, größe: 1 }]);
}
