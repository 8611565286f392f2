//! `Debug` of readers: they hold the cells of a batch, and show none.

macro_rules! opaque {
    ($name:ident<$($parameter:tt),+>) => {
        impl<$($parameter),+> std::fmt::Debug for $name<$($parameter),+> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}
pub(super) use opaque;
