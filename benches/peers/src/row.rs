//! The row that results are read into.

use serde::Deserialize;

#[derive(Deserialize)]
#[expect(dead_code, reason = "a row is made, and nobody looks at it")]
pub(crate) struct Row {
    id: i64,
    twice: i64,
    third: Option<f64>,
    name: String,
    even: bool,
}
