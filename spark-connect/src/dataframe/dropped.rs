//! Columns that are left out.

use super::DataFrame;
use crate::plan::Column;

/// An argument of [`DataFrame::drop`]: a text is the name of columns, and a [`Column`] is one column.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a column that can be dropped",
    label = "the name of a column, or a column, is wanted",
    note = "give the name of a column, or a column: `\"a\"`, `col(\"t.a\")`, `frame.col(\"a\")`"
)]
pub trait IntoDropped {
    /// The name, or the column.
    fn into_dropped(self) -> Dropped;
}

/// Columns that [`DataFrame::drop`] leaves out.
#[derive(Debug, Clone)]
pub struct Dropped(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Name(String),
    Column(Column),
}

impl IntoDropped for &str {
    fn into_dropped(self) -> Dropped {
        Dropped(Kind::Name(self.to_owned()))
    }
}

impl IntoDropped for &&str {
    fn into_dropped(self) -> Dropped {
        Dropped(Kind::Name((*self).to_owned()))
    }
}

impl IntoDropped for String {
    fn into_dropped(self) -> Dropped {
        Dropped(Kind::Name(self))
    }
}

impl IntoDropped for &String {
    fn into_dropped(self) -> Dropped {
        Dropped(Kind::Name(self.clone()))
    }
}

impl IntoDropped for Column {
    fn into_dropped(self) -> Dropped {
        Dropped(Kind::Column(self))
    }
}

impl IntoDropped for &Column {
    fn into_dropped(self) -> Dropped {
        self.clone().into_dropped()
    }
}

impl DataFrame {
    /// All columns except these.
    ///
    /// A text is a name as it stands, in which a dot means nothing: every column that has it is dropped, and a name
    /// that no column has is ignored. A [`Column`] is the same as in other expressions: `col("b.id")` is the column
    /// `id` of the frame under the alias `b`, and `b.col("id")` that of the frame `b`. One that is not there is
    /// ignored, and one that could be several columns is an error. Sail ignores `col("b.id")` too, and drops
    /// `b.col("id")`.
    ///
    /// ```no_run
    /// # use spark_connect::{DataFrame, JoinType, functions::col};
    /// # fn run(people: DataFrame) {
    /// let (a, b) = (people.alias("a"), people.alias("b"));
    /// let pairs = a.join(&b, a.col("boss").eq(b.col("id")), JoinType::Inner);
    /// let without_its_id = pairs.drop([b.col("id")]);
    /// let the_same = pairs.drop([col("b.id")]);
    /// # }
    /// ```
    pub fn drop(&self, columns: impl IntoIterator<Item = impl IntoDropped>) -> Self {
        let (mut names, mut dropped) = (Vec::new(), Vec::new());
        for column in columns {
            match column.into_dropped().0 {
                Kind::Name(name) => names.push(name),
                Kind::Column(column) => dropped.push(column),
            }
        }
        self.with(self.relation.drop_columns(names, dropped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::col;

    fn is_name(column: impl IntoDropped) -> bool {
        matches!(column.into_dropped().0, Kind::Name(_))
    }

    #[test]
    fn a_text_is_a_name_and_a_column_is_a_column_whatever_its_name() {
        assert!(is_name("b.id") && is_name("id".to_owned()));
        assert!(!is_name(col("id")) && !is_name(col("b.id")) && !is_name(col("id") + 1));
    }
}
