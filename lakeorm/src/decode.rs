//! From Arrow to Rust: a column to values of one type, the columns of a result to rows. Arrow is all it knows.

pub mod column;
pub mod row;
