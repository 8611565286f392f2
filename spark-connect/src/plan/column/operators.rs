//! Rust's operators over columns and values. Each nests at least one level deeper, but for `&` and `|`, which join
//! conditions.

use std::ops::{Add, BitAnd, BitOr, BitXor, Div, Mul, Neg, Not, Rem, Sub};

use super::{Column, IntoValue, function};

/// Both ways of owning the left side, with a column or a value on the right.
macro_rules! operators {
    ($($operator:ident $method:ident ($left:ident, $right:ident) $built:expr;)*) => {$(
        impl<V: IntoValue> $operator<V> for Column {
            type Output = Column;

            #[track_caller]
            fn $method(self, right: V) -> Column {
                let ($left, $right) = (self, right.into_value());
                $built
            }
        }

        impl<V: IntoValue> $operator<V> for &Column {
            type Output = Column;

            #[track_caller]
            fn $method(self, right: V) -> Column {
                let ($left, $right) = (self.clone(), right.into_value());
                $built
            }
        }
    )*};
}

operators! {
    Add add (left, right) function("+", vec![left, right]);
    Sub sub (left, right) function("-", vec![left, right]);
    Mul mul (left, right) function("*", vec![left, right]);
    Div div (left, right) function("/", vec![left, right]);
    Rem rem (left, right) function("%", vec![left, right]);
    BitAnd bitand (left, right) left.and(right);
    BitOr bitor (left, right) left.or(right);
    // Of conditions, as the two above: nobody means by `^` whether two numbers differ.
    BitXor bitxor (left, right) left.and(true).ne(right.and(true));
}

/// Numbers on the left side.
macro_rules! from_the_left {
    ($($number:ty)*) => {$(
        from_the_left!($number: Add add "+", Sub sub "-", Mul mul "*", Div div "/", Rem rem "%");
    )*};
    ($number:ty: $($operator:ident $method:ident $name:literal),*) => {$(
        impl $operator<Column> for $number {
            type Output = Column;

            #[track_caller]
            fn $method(self, right: Column) -> Column {
                function($name, vec![self.into_value(), right])
            }
        }
    )*};
}

from_the_left! { i32 i64 f64 }

impl Neg for Column {
    type Output = Self;

    #[track_caller]
    fn neg(self) -> Self {
        function("negative", vec![self])
    }
}

impl Not for Column {
    type Output = Self;

    #[track_caller]
    fn not(self) -> Self {
        function("not", vec![self])
    }
}

impl Neg for &Column {
    type Output = Column;

    #[track_caller]
    fn neg(self) -> Column {
        -self.clone()
    }
}

impl Not for &Column {
    type Output = Column;

    #[track_caller]
    fn not(self) -> Column {
        !self.clone()
    }
}
