//! Arguments that stand for one column or name, or for several.

use super::{Column, IntoColumn};

/// One column or several as an argument: what [`IntoColumn`] takes, or a list of it; `()` is none.
///
/// ```
/// use spark_connect::DataFrame;
/// use spark_connect::functions::{col, sum};
///
/// # fn run(frame: DataFrame) {
/// let one = frame.select("id");
/// let several = frame.select(["id", "day"]);
/// let of_two_kinds = frame.select(("id", col("amount") * 2));
/// let total = frame.group_by("day").agg(sum("amount"));
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a column nor a list of columns",
    label = "a column or a list of columns is wanted",
    note = "give one column or a list: `\"id\"`, `[\"id\", \"day\"]`, or of two kinds `(\"id\", col(\"day\"))`",
    note = "an iterator becomes a list with `.collect::<Vec<_>>()`, and `()` is no column"
)]
pub trait IntoColumns {
    /// The columns.
    #[track_caller]
    fn into_columns(self) -> Vec<Column>;
}

impl<C: IntoColumn> IntoColumns for C {
    #[track_caller]
    fn into_columns(self) -> Vec<Column> {
        vec![self.into_column()]
    }
}

impl IntoColumns for () {
    fn into_columns(self) -> Vec<Column> {
        Vec::new()
    }
}

/// Implements a trait of arguments for lists of what `$one` takes, or `From` for a type. Not for every iterator: the
/// standard library could make a text one.
macro_rules! for_lists {
    ($named:tt, $one:path) => {
        for_lists!($named, [C; N], [C: $one, const N: usize], []);
        for_lists!($named, Vec<C>, [C: $one], []);
        for_lists!($named, but arrays and vectors, $one);
    };
    ($named:tt, but arrays and vectors, $one:path) => {
        for_lists!($named, &'c [C; N], ['c, C, const N: usize], [&'c C: $one]);
        for_lists!($named, &'c [C], ['c, C], [&'c C: $one]);
        for_lists!($named, &'c Vec<C>, ['c, C], [&'c C: $one]);
        for_lists!($named, std::vec::IntoIter<C>, [C: $one], []);
        for_lists!($named, std::slice::Iter<'c, C>, ['c, C], [&'c C: $one]);
        for_lists!($named, std::iter::Map<I, F>, [I, F], [std::iter::Map<I, F>: Iterator<Item: $one>]);
        for_lists!($named, std::iter::Filter<I, F>, [I, F], [std::iter::Filter<I, F>: Iterator<Item: $one>]);
        for_lists!($named, std::iter::Chain<I, J>, [I, J], [std::iter::Chain<I, J>: Iterator<Item: $one>]);
        for_lists!($named, std::iter::Cloned<I>, [I], [std::iter::Cloned<I>: Iterator<Item: $one>]);
        for_lists!($named, std::iter::Copied<I>, [I], [std::iter::Copied<I>: Iterator<Item: $one>]);
    };
    ((From -> $several:ident, $collect:ident), $list:ty, [$($parameters:tt)*], [$($bounds:tt)*]) => {
        impl<$($parameters)*> From<$list> for $several
        where
            $($bounds)*
        {
            fn from(list: $list) -> Self {
                $collect(list)
            }
        }
    };
    (
        ($trait:ident, $method:ident -> $several:ty, $collect:ident),
        $list:ty,
        [$($parameters:tt)*],
        [$($bounds:tt)*]
    ) => {
        impl<$($parameters)*> $trait for $list
        where
            $($bounds)*
        {
            fn $method(self) -> $several {
                $collect(self)
            }
        }
    };
}
pub(crate) use for_lists;

/// Implements a trait of arguments for texts, owned and borrowed.
macro_rules! for_texts {
    ($(#[$attribute:meta])* $trait:ident, $method:ident -> $argument:ty, $convert:path) => {
        impl $trait for &str {
            $(#[$attribute])*
            fn $method(self) -> $argument {
                $convert(self)
            }
        }

        impl $trait for &&str {
            $(#[$attribute])*
            fn $method(self) -> $argument {
                $convert(*self)
            }
        }

        impl $trait for String {
            $(#[$attribute])*
            fn $method(self) -> $argument {
                $convert(self)
            }
        }

        impl $trait for &String {
            $(#[$attribute])*
            fn $method(self) -> $argument {
                $convert(self.as_str())
            }
        }
    };
}
pub(crate) use for_texts;

for_lists!((IntoColumns, into_columns -> Vec<Column>, columns), IntoColumn);

fn columns(list: impl IntoIterator<Item = impl IntoColumn>) -> Vec<Column> {
    list.into_iter().map(IntoColumn::into_column).collect()
}

/// One name or several as an argument: a text, or a list of texts; `()` is none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a name nor a list of names",
    label = "a name or a list of names is wanted",
    note = "give one text or a list: `\"id\"`, `[\"id\", \"day\"]`",
    note = "an iterator becomes a list with `.collect::<Vec<_>>()`, and `()` is no name"
)]
pub trait IntoNames {
    /// The names.
    fn into_names(self) -> Vec<String>;
}

for_texts!(IntoNames, into_names -> Vec<String>, name);

fn name(name: impl Into<String>) -> Vec<String> {
    vec![name.into()]
}

impl IntoNames for () {
    fn into_names(self) -> Vec<String> {
        Vec::new()
    }
}

for_lists!((IntoNames, into_names -> Vec<String>, names), IntoNames);

fn names(list: impl IntoIterator<Item = impl IntoNames>) -> Vec<String> {
    list.into_iter().flat_map(IntoNames::into_names).collect()
}

/// Calls a macro with the names of the types and the values of tuples.
macro_rules! for_tuples {
    ($tuple:ident) => {
        $tuple! { A a }
        $tuple! { A a, B b }
        $tuple! { A a, B b, C c }
        $tuple! { A a, B b, C c, D d }
        $tuple! { A a, B b, C c, D d, E e }
        $tuple! { A a, B b, C c, D d, E e, F f }
        $tuple! { A a, B b, C c, D d, E e, F f, G g }
        $tuple! { A a, B b, C c, D d, E e, F f, G g, H h }
        $tuple! { A a, B b, C c, D d, E e, F f, G g, H h, I i }
        $tuple! { A a, B b, C c, D d, E e, F f, G g, H h, I i, J j }
        $tuple! { A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k }
        $tuple! { A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k, L l }
        $tuple! { A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k, L l, M m }
        $tuple! { A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k, L l, M m, N n }
        $tuple! { A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k, L l, M m, N n, O o }
        $tuple! { A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k, L l, M m, N n, O o, P p }
    };
}
pub(crate) use for_tuples;

macro_rules! tuple {
    ($($kind:ident $one:ident),+) => {
        impl<$($kind: IntoColumn),+> IntoColumns for ($($kind,)+) {
            #[track_caller]
            fn into_columns(self) -> Vec<Column> {
                let ($($one,)+) = self;
                vec![$($one.into_column()),+]
            }
        }

        impl<$($kind: IntoNames),+> IntoNames for ($($kind,)+) {
            fn into_names(self) -> Vec<String> {
                let ($($one,)+) = self;
                [$($one.into_names()),+].concat()
            }
        }
    };
}

for_tuples!(tuple);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::{col, lit};

    /// The columns as they are shown.
    fn shown(columns: impl IntoColumns) -> Vec<String> {
        columns.into_columns().iter().map(|column| format!("{column:?}")).collect()
    }

    #[test]
    fn one_column_is_a_list_of_one() {
        let (one, owned) = (shown([col("id")]), "id".to_owned());
        assert_eq!(one.len(), 1);
        for other in [shown("id"), shown(&owned), shown(owned), shown(col("id"))] {
            assert_eq!(other, one);
        }
    }

    #[test]
    fn a_list_in_any_form_keeps_its_order() {
        let names = ["b", "a", "c"];
        let borrowed = &names;
        let owned: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let expected = shown(names);
        assert_eq!(expected.len(), 3);
        for other in [
            shown(borrowed),
            shown(&names[..]),
            shown(names.iter()),
            shown(names.map(col)),
            shown(names.iter().copied()),
            shown(names[..1].iter().chain(&names[1..])),
            shown(owned.iter().map(col)),
            shown(&owned),
            shown(owned.clone().into_iter()),
            shown(owned),
            shown(("b", col("a"), "c".to_owned())),
        ] {
            assert_eq!(other, expected);
        }
        assert_eq!(shown(("a", lit(1))).len(), 2);
        assert_eq!((shown((col("b"),)), ("b",).into_names()), (shown("b"), "b".into_names()));
        let ((a, b, c, d), (e, f, g, h)) = (("a", "b", "c", "d"), ("e", "f", "g", "h"));
        assert_eq!(shown((a, b, c, d, e, f, g, h, a, b, c, d, e, f, g, h)).len(), 16);
        assert_eq!(names.into_names(), names);
        assert_eq!("b".into_names(), ["b"]);
        assert_eq!(("b", "a".to_owned(), &"c").into_names(), names);
        assert!(shown([""; 0]).is_empty());
    }

    #[test]
    fn the_unit_is_no_column_and_no_name() {
        assert!(shown(()).is_empty());
        assert!(().into_names().is_empty());
    }
}
