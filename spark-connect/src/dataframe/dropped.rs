//! Columns that are left out.

use super::DataFrame;
use crate::plan::{Column, for_lists, for_texts, for_tuples};

/// An argument of [`DataFrame::drop`], one or a list: a text is the name of columns, and a [`Column`] is one column.
///
/// Your own type can implement it with that of another: `self.0.into_dropped()`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a column that can be dropped nor a list of such",
    label = "the name of a column, a column, or a list is wanted",
    note = "give the name of a column, or a column: `\"a\"`, `col(\"t.a\")`, `frame.col(\"a\")`",
    note = "or a list: `[\"a\", \"b\"]`, or of two kinds `(\"a\", frame.col(\"b\"))`"
)]
pub trait IntoDropped {
    /// The names and the columns.
    fn into_dropped(self) -> Dropped;
}

/// Columns that [`DataFrame::drop`] leaves out.
#[derive(Debug, Clone)]
pub struct Dropped(Vec<Kind>);

#[derive(Debug, Clone)]
enum Kind {
    Name(String),
    Column(Column),
}

for_texts!(IntoDropped, into_dropped -> Dropped, named);

fn named(name: impl Into<String>) -> Dropped {
    Dropped(vec![Kind::Name(name.into())])
}

impl IntoDropped for Column {
    fn into_dropped(self) -> Dropped {
        Dropped(vec![Kind::Column(self)])
    }
}

impl IntoDropped for &Column {
    fn into_dropped(self) -> Dropped {
        self.clone().into_dropped()
    }
}

for_lists!((IntoDropped, into_dropped -> Dropped, dropped), IntoDropped);

fn dropped(list: impl IntoIterator<Item = impl IntoDropped>) -> Dropped {
    Dropped(list.into_iter().flat_map(|columns| columns.into_dropped().0).collect())
}

macro_rules! tuple {
    ($($kind:ident $column:ident),+) => {
        impl<$($kind: IntoDropped),+> IntoDropped for ($($kind,)+) {
            fn into_dropped(self) -> Dropped {
                let ($($column,)+) = self;
                let members = [$($column.into_dropped()),+];
                Dropped(members.into_iter().flat_map(|columns| columns.0).collect())
            }
        }
    };
}

for_tuples!(tuple);

impl DataFrame {
    /// All columns except this one, or these.
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
    /// let without_its_id = pairs.drop(b.col("id"));
    /// let the_same = pairs.drop(col("b.id"));
    /// # }
    /// ```
    pub fn drop(&self, columns: impl IntoDropped) -> Self {
        let (mut names, mut dropped) = (Vec::new(), Vec::new());
        for column in columns.into_dropped().0 {
            match column {
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
        matches!(column.into_dropped().0.as_slice(), [Kind::Name(_)])
    }

    #[test]
    fn a_text_is_a_name_and_a_column_is_a_column_whatever_its_name() {
        assert!(is_name("b.id") && is_name("id".to_owned()));
        assert!(!is_name(col("id")) && !is_name(col("b.id")) && !is_name(col("id") + 1));
    }

    #[test]
    fn several_columns_are_dropped_as_a_list_in_any_form() {
        let shown = |dropped: Dropped| format!("{dropped:?}");
        let (names, mixed) = (["a", "b"], ("a", col("b")));
        let expected = shown(names.into_dropped());
        for other in [vec!["a", "b"].into_dropped(), names[..].into_dropped(), ("a", "b").into_dropped()] {
            assert_eq!(shown(other), expected);
        }
        assert!(matches!(mixed.into_dropped().0.as_slice(), [Kind::Name(_), Kind::Column(_)]));
    }
}
