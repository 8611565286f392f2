//! Which column a field is read from.

use arrow_array::{Int64Array, StringArray};
use lakeorm::{LakeRow, RowBatch};

use crate::batches::{array, batch, rows};

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
