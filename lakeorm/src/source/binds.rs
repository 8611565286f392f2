//! The ways to bind values to the markers of a statement.

/// The ways to bind values, as methods of what has the values in `$arguments`.
macro_rules! binds {
    ($(#[$example:meta])* $bound:ident: |$this:ident| $arguments:expr) => {
        impl $bound {
            /// Binds the next `?` to a value. The value never becomes part of the statement: it travels beside it or, for
            /// an engine that cannot bind, as a typed literal.
            ///
            /// A slice or a `Vec` is one ARRAY, as in `array_contains(?, id)`. For `id IN (?)` use
            /// [`bind_list`](Self::bind_list).
            ///
            /// An instant, and a date with a time of day, is cut to microseconds, which is what Spark keeps. In a struct
            /// that derives [`LakeTable`](derive@crate::LakeTable) nanoseconds are an error, as they are in a row to
            /// write.
            $(#[$example])*
            pub fn bind(mut self, value: impl $crate::ToLiteral) -> Self {
                let $this = &mut self;
                $arguments.push(&value);
                self
            }

            /// Binds `:name` to a value; `name` comes without the colon.
            pub fn bind_named(mut self, name: impl Into<String>, value: impl $crate::ToLiteral) -> Self {
                let $this = &mut self;
                $arguments.insert(&name.into(), &value);
                self
            }

            /// Binds the next `?` to values that stand in its place with commas between: `IN (?)` becomes
            /// `IN (1, 2, 3)`.
            ///
            /// An empty list is an error once the statement is run, since SQL has none.
            pub fn bind_list<T: $crate::ToLiteral>(mut self, values: impl IntoIterator<Item = T>) -> Self {
                let $this = &mut self;
                $arguments.push_list(values);
                self
            }

            /// Binds `:name` to values that stand in its place with commas between; see
            /// [`bind_list`](Self::bind_list).
            pub fn bind_named_list<T: $crate::ToLiteral>(
                mut self,
                name: impl Into<String>,
                values: impl IntoIterator<Item = T>,
            ) -> Self {
                let $this = &mut self;
                $arguments.insert_list(&name.into(), values);
                self
            }
        }
    };
}

pub(crate) use binds;
