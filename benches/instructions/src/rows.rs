//! Made-up rows, the same in every run.

use std::sync::Arc;

use arrow_array::builder::{Int32Builder, Int64Builder, StringBuilder};
use arrow_array::{ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{Field, Schema};
use lakeorm::{LakeRow, LakeTable};

/// Numbers alone: nothing is allocated for a row.
#[derive(LakeRow)]
#[expect(dead_code, reason = "a row is made, and nobody looks at it")]
pub(crate) struct Narrow {
    id: i64,
    age: i32,
    score: f64,
    weight: f64,
}

/// Texts, one of them with NULLs.
#[derive(LakeRow, LakeTable)]
pub(crate) struct User {
    id: i64,
    name: String,
    email: Option<String>,
    age: Option<i32>,
}

/// The same, borrowed.
#[derive(LakeRow)]
#[expect(dead_code, reason = "a row is made, and nobody looks at it")]
pub(crate) struct UserRef<'a> {
    id: i64,
    name: &'a str,
    email: Option<&'a str>,
    age: Option<i32>,
}

/// The rows of a batch.
pub(crate) const ROWS: i32 = 10_000;

pub(crate) fn narrow() -> RecordBatch {
    batch(vec![
        ("id", Arc::new((0..ROWS).map(|row| Some(i64::from(row))).collect::<Int64Array>())),
        ("age", Arc::new((0..ROWS).map(|row| Some(row % 100)).collect::<Int32Array>())),
        ("score", Arc::new((0..ROWS).map(|row| Some(f64::from(row) * 1.5)).collect::<Float64Array>())),
        ("weight", Arc::new((0..ROWS).map(|row| Some(f64::from(row) * 0.5)).collect::<Float64Array>())),
    ])
}

pub(crate) fn users() -> RecordBatch {
    let email = |row: i32| (row % 10 != 0).then(|| format!("user-{row}@example.com"));
    batch(vec![
        ("id", Arc::new((0..ROWS).map(|row| Some(i64::from(row))).collect::<Int64Array>())),
        ("name", Arc::new((0..ROWS).map(|row| Some(format!("user-{row}"))).collect::<StringArray>())),
        ("email", Arc::new((0..ROWS).map(email).collect::<StringArray>())),
        ("age", Arc::new((0..ROWS).map(|row| (row % 7 != 0).then_some(row % 100)).collect::<Int32Array>())),
    ])
}

/// The rows of [`users`] as structs.
pub(crate) fn structs() -> Vec<User> {
    let user = |row: i32| User {
        id: i64::from(row),
        name: format!("user-{row}"),
        email: (row % 10 != 0).then(|| format!("user-{row}@example.com")),
        age: (row % 7 != 0).then_some(row % 100),
    };
    (0..ROWS).map(user).collect()
}

/// A builder for each column, with room for the rows, and one loop.
pub(crate) fn by_hand(users: &[User]) -> RecordBatch {
    let rows = users.len();
    let mut id = Int64Builder::with_capacity(rows);
    let mut name = StringBuilder::with_capacity(rows, rows * 9);
    let mut email = StringBuilder::with_capacity(rows, rows * 20);
    let mut age = Int32Builder::with_capacity(rows);
    for user in users {
        id.append_value(user.id);
        name.append_value(&user.name);
        email.append_option(user.email.as_deref());
        age.append_option(user.age);
    }
    batch(vec![
        ("id", Arc::new(id.finish())),
        ("name", Arc::new(name.finish())),
        ("email", Arc::new(email.finish())),
        ("age", Arc::new(age.finish())),
    ])
}

/// One row of one number.
pub(crate) fn one() -> RecordBatch {
    batch(vec![("one", Arc::new(Int32Array::from(vec![1])))])
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}
