//! Generated code inside crates that are strict, strange or both.

/// Nothing is in scope here, not even `Option`; every public item needs documentation.
#[deny(missing_docs)]
#[deny(warnings, reason = "generated code is as clean as the user's")]
#[no_implicit_prelude]
pub mod strict {
    /// Shadows a name that generated code would be tempted to use.
    #[derive(::core::fmt::Debug)]
    pub struct Result;

    /// Shadows the name of a trait that generated code needs.
    pub trait Default {}

    /// A public row with a field of a private type.
    #[derive(::core::fmt::Debug, ::core::cmp::PartialEq, ::lakeorm::LakeRow)]
    pub struct Strict {
        /// A documented field.
        pub id: i64,
        kind: Kind,
        #[lake(default)]
        pub(crate) name: ::core::option::Option<::std::string::String>,
    }

    #[derive(::core::fmt::Debug, ::core::cmp::PartialEq)]
    struct Kind(i64);

    impl<'b> ::lakeorm::FromColumn<'b> for Kind {
        type Reader = <i64 as ::lakeorm::FromColumn<'b>>::Reader;

        fn accepts(
            data_type: &::arrow_schema::DataType,
        ) -> ::core::result::Result<::lakeorm::column::Shape, ::lakeorm::column::Refusal> {
            <i64 as ::lakeorm::FromColumn<'b>>::accepts(data_type)
        }

        fn bind(
            array: &'b dyn ::arrow_array::Array,
            shape: &::lakeorm::column::Shape,
        ) -> ::core::result::Result<Self::Reader, ::lakeorm::column::ReadError> {
            <i64 as ::lakeorm::FromColumn<'b>>::bind(array, shape)
        }

        fn read(
            reader: &Self::Reader,
            row: usize,
        ) -> ::core::result::Result<Self, ::lakeorm::column::ReadError> {
            <i64 as ::lakeorm::FromColumn<'b>>::read(reader, row).map(Kind)
        }
    }

    /// Deprecated types and fields warn where they are used, which is not where they derive.
    pub mod retired {
        /// A row.
        #[deprecated]
        #[derive(::core::fmt::Debug, ::lakeorm::LakeRow)]
        pub struct Row {
            /// A field.
            #[deprecated]
            pub id: i64,
            #[allow(deprecated, reason = "the old field is of the old type")]
            /// A field.
            pub kind: Kind,
        }

        /// A value.
        #[deprecated]
        #[derive(::core::fmt::Debug, ::lakeorm::LakeValue)]
        pub enum Kind {
            /// A variant.
            #[deprecated]
            Old,
            /// A variant.
            New,
        }

        /// A value.
        #[deprecated]
        #[derive(::core::fmt::Debug, ::lakeorm::LakeValue)]
        pub struct Id(#[deprecated] pub i64);
    }

    impl Strict {
        /// A row to compare with.
        pub(crate) fn of(id: i64, kind: i64) -> Self {
            Self { id, kind: Kind(kind), name: ::core::option::Option::None }
        }
    }
}

mod renamed {
    pub(super) use lakeorm as other;

    /// Fields with the names of what generated code uses, and types with them too.
    #[derive(Debug, PartialEq, other::LakeRow)]
    #[lake(crate = self::other)]
    pub(super) struct Readers {
        pub(super) readers: i64,
        pub(super) row: i64,
        pub(super) columns: i64,
        pub(super) cursor: i64,
        pub(super) marker: i64,
        pub(super) f0: i64,
        pub(super) r#match: i64,
    }
}

use arrow_array::Int64Array;

use crate::batches::{array, rows};

#[test]
fn a_crate_without_a_prelude_and_with_every_warning_denied_compiles() {
    let found: Vec<strict::Strict> =
        rows(vec![("id", array(Int64Array::from(vec![1]))), ("kind", array(Int64Array::from(vec![2])))])
            .unwrap();
    assert_eq!(found, [strict::Strict::of(1, 2)]);
}

#[test]
fn a_renamed_crate_and_fields_named_like_generated_code_compile() {
    let names = ["readers", "row", "columns", "cursor", "marker", "f0", "match"];
    let columns = names.iter().zip(1..).map(|(name, i)| (*name, array(Int64Array::from(vec![i])))).collect();
    let found: Vec<renamed::Readers> = rows(columns).unwrap();
    let expected =
        renamed::Readers { readers: 1, row: 2, columns: 3, cursor: 4, marker: 5, f0: 6, r#match: 7 };
    assert_eq!(found, [expected]);
}

#[test]
fn a_struct_inside_a_function_decodes() {
    #[derive(Debug, PartialEq, lakeorm::LakeRow)]
    struct Local {
        id: i64,
    }
    let found: Vec<Local> = rows(vec![("id", array(Int64Array::from(vec![1])))]).unwrap();
    assert_eq!(found, [Local { id: 1 }]);
}
