//! Functions of one to three arguments as closures over columns.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Column, Kind};

/// A function over columns, for the functions that take one: `transform(col("xs"), |x| x + 1)`.
#[derive(Debug, Clone)]
pub(crate) struct Lambda(Column);

impl Lambda {
    pub(crate) fn into_column(self) -> Column {
        self.0
    }
}

/// A closure over `N` columns.
pub(crate) trait IntoLambda<const N: usize> {
    /// The closure's body, with variables for its arguments.
    #[track_caller]
    fn into_lambda(self) -> Lambda;
}

impl<F: FnOnce(Column) -> Column> IntoLambda<1> for F {
    #[track_caller]
    fn into_lambda(self) -> Lambda {
        let ([x], names) = variables(["x"]);
        lambda(self(x), names)
    }
}

impl<F: FnOnce(Column, Column) -> Column> IntoLambda<2> for F {
    #[track_caller]
    fn into_lambda(self) -> Lambda {
        let ([x, y], names) = variables(["x", "y"]);
        lambda(self(x, y), names)
    }
}

impl<F: FnOnce(Column, Column, Column) -> Column> IntoLambda<3> for F {
    #[track_caller]
    fn into_lambda(self) -> Lambda {
        let ([x, y, z], names) = variables(["x", "y", "z"]);
        lambda(self(x, y, z), names)
    }
}

/// Names that no other lambda has, since one may stand inside another.
fn variables<const N: usize>(letters: [&str; N]) -> ([Column; N], Vec<String>) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let names = letters.map(|letter| format!("{letter}_{number}"));
    (names.clone().map(|name| Column::new(Kind::Variable(name), Vec::new())), names.to_vec())
}

#[track_caller]
fn lambda(body: Column, parameters: Vec<String>) -> Lambda {
    Lambda(Column::new(Kind::Lambda { parameters }, vec![body]))
}
