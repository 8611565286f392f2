//! Rows as a table of characters, which the server draws.

use super::convert::Parts;
use super::{Operator, Relation};
use crate::proto;
use crate::proto::relation::RelType;

#[derive(Debug, Clone, Copy)]
pub(super) struct Show {
    rows: u32,
    truncate: u32,
    vertical: bool,
}

impl Relation {
    /// One row with one column: the first rows, with cells cut off after `truncate` characters, or never at 0.
    pub(crate) fn show(&self, rows: u32, truncate: u32, vertical: bool) -> Self {
        self.over(Operator::Show(Show { rows, truncate, vertical }), Vec::new())
    }
}

impl Show {
    pub(super) fn to_proto(self, mut parts: Parts) -> RelType {
        let count = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
        RelType::ShowString(Box::new(proto::ShowString {
            input: parts.input(),
            num_rows: count(self.rows),
            truncate: count(self.truncate),
            vertical: self.vertical,
        }))
    }
}
