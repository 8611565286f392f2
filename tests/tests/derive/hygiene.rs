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

    /// A public row that is written, with fields of private types.
    #[derive(::core::fmt::Debug, ::core::cmp::PartialEq, ::lakeorm::LakeRow, ::lakeorm::LakeTable)]
    #[lake(table = "strict.written")]
    pub struct Written {
        #[lake(primary_key)]
        id: Id,
        #[lake(decimal(9, 2))]
        price: ::core::option::Option<::lakeorm::Decimal>,
        line: ::core::option::Option<Line>,
        #[lake(flatten(prefix = "first_"))]
        first: Line,
        state: State,
    }

    #[derive(::core::fmt::Debug, ::core::cmp::PartialEq, ::lakeorm::LakeRow, ::lakeorm::LakeTable)]
    struct Line {
        count: i32,
    }

    /// A public value of a private type.
    #[derive(::core::fmt::Debug, ::core::cmp::PartialEq, ::lakeorm::LakeValue)]
    pub struct Id(Key);

    #[derive(::core::fmt::Debug, ::core::cmp::PartialEq, ::lakeorm::LakeValue)]
    struct Key(i64);

    #[derive(::core::fmt::Debug, ::core::cmp::PartialEq, ::lakeorm::LakeValue)]
    #[lake(integer)]
    enum State {
        Open,
        #[lake(other)]
        Other(i64),
    }

    impl Written {
        /// Two rows to write.
        pub(crate) fn two() -> [Self; 2] {
            let row = |id, state, line| Self {
                id: Id(Key(id)),
                price: ::core::option::Option::None,
                line,
                first: Line { count: 3 },
                state,
            };
            let line = ::core::option::Option::Some(Line { count: 4 });
            [row(1, State::Open, line), row(2, State::Other(5), ::core::option::Option::None)]
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

/// Lints that a crate forbids, which nothing inside of it can allow.
#[forbid(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_lifetimes,
    private_bounds,
    private_interfaces,
    deprecated,
    reason = "generated code must not need to allow them"
)]
pub mod forbidding {
    use lakeorm::{LakeRow, LakeTable, LakeValue};

    /// A row.
    #[derive(Debug, PartialEq, LakeRow, LakeTable)]
    pub struct Row<'a> {
        /// A field.
        pub text: &'a str,
        pub(crate) id: Id,
        inner: Option<Inner>,
    }

    #[derive(Debug, PartialEq, LakeRow, LakeTable)]
    struct Inner {
        kind: Kind,
        deprecated: bool,
        warnings: i64,
    }

    /// A value.
    #[derive(Debug, PartialEq, LakeValue)]
    pub struct Id(Key);

    #[derive(Debug, PartialEq, LakeValue)]
    struct Key(i64);

    /// A value.
    #[derive(Debug, PartialEq, LakeValue)]
    pub enum Kind {
        /// A variant.
        Known,
        /// A variant.
        #[lake(other)]
        Other,
    }

    impl Row<'static> {
        /// A row to write.
        pub(crate) fn of(id: i64) -> Self {
            let inner = Inner { kind: Kind::Known, deprecated: true, warnings: 2 };
            Self { text: "a", id: Id(Key(id)), inner: Some(inner) }
        }
    }
}

/// Types that more may see than those of their fields.
pub mod open {
    use std::collections::BTreeMap;

    use lakeorm::{LakeRow, LakeTable, LakeValue};

    /// A row.
    #[derive(Debug, PartialEq, LakeRow, LakeTable)]
    pub struct Order {
        id: Id,
        ids: Ids<i32>,
        lines: Vec<Line>,
        #[lake(flatten(prefix = "to_"))]
        to: Option<Place>,
        #[lake(json)]
        note: Note,
        #[lake(try_from = "Count")]
        count: u8,
        #[lake(with = tens)]
        tens: i64,
    }

    #[derive(Debug, PartialEq, LakeRow, LakeTable)]
    struct Line {
        sku: String,
    }

    #[derive(Debug, PartialEq, LakeRow, LakeTable)]
    struct Place {
        city: String,
    }

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Note {
        text: String,
    }

    #[derive(Debug, Clone, Copy, PartialEq, LakeValue)]
    struct Count(i64);

    impl TryFrom<Count> for u8 {
        type Error = std::num::TryFromIntError;

        fn try_from(count: Count) -> Result<Self, Self::Error> {
            Self::try_from(count.0)
        }
    }

    impl From<u8> for Count {
        fn from(count: u8) -> Self {
            Self(count.into())
        }
    }

    mod tens {
        use lakeorm::column::ReadError;
        use lakeorm::encode::WriteError;

        pub(super) type Column = super::Count;

        pub(super) fn decode(count: Column) -> Result<i64, ReadError> {
            Ok(count.0 * 10)
        }

        pub(super) fn encode(number: &i64) -> Result<Column, WriteError> {
            Ok(super::Count(number / 10))
        }
    }

    /// A value of a private type.
    #[derive(Debug, PartialEq, LakeValue)]
    pub struct Id(Key);

    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord, LakeValue)]
    struct Key(i64);

    /// A value of private types in others, which is generic.
    #[derive(Debug, PartialEq, LakeValue)]
    pub(crate) struct Ids<T>(BTreeMap<Key, Vec<Option<T>>>);

    impl Order {
        /// A row to write.
        pub(crate) fn of(id: i64) -> Self {
            Self {
                id: Id(Key(id)),
                ids: Ids(BTreeMap::from([(Key(1), vec![None, Some(2)]), (Key(3), Vec::new())])),
                lines: vec![Line { sku: "a".to_owned() }],
                to: (id == 1).then(|| Place { city: "Oslo".to_owned() }),
                note: Note { text: "n".to_owned() },
                count: 5,
                tens: 60,
            }
        }
    }
}

/// Functions with names that generated code would be tempted to use.
mod named {
    fn columns() -> i64 {
        7
    }

    fn row() -> i64 {
        8
    }

    #[derive(Debug, PartialEq, lakeorm::LakeRow)]
    pub(super) struct Defaults {
        pub(super) id: i64,
        #[lake(default = columns)]
        pub(super) seven: i64,
        #[lake(skip, default = row)]
        pub(super) eight: i64,
    }
}

/// Values with the names of what generated code would be tempted to bind, as a query builder's columns have them: a pattern of
/// such a name is the value, and binds nothing.
#[allow(
    dead_code,
    non_camel_case_types,
    non_upper_case_globals,
    reason = "the names are those of variables, and nothing uses them"
)]
mod taken {
    use lakeorm::{LakeRow, LakeTable, LakeValue};

    macro_rules! taken {
        ($($unit:ident)*; $($constant:ident)*) => {
            $(struct $unit;)*
            $(const $constant: i64 = 0;)*
        };
    }

    taken! {
        rows row readers reader columns column cursor found array shape value other held;
        encoders encoder fields arrays options data_type text number marker
    }

    #[derive(Debug, PartialEq, LakeRow, LakeTable)]
    #[lake(table = "taken.names")]
    pub(super) struct Row {
        #[lake(merge_key)]
        id: i64,
        kind: Kind,
        level: Level,
        keys: Keys,
        #[lake(flatten)]
        inner: Option<Inner>,
        #[lake(default)]
        note: Option<String>,
        #[lake(try_from = "i64")]
        count: u8,
    }

    #[derive(Debug, PartialEq, LakeRow, LakeTable)]
    struct Inner {
        city: String,
    }

    #[derive(Debug, PartialEq, LakeValue)]
    enum Kind {
        Known,
        #[lake(other)]
        Other(String),
    }

    #[derive(Debug, PartialEq, LakeValue)]
    #[lake(integer)]
    enum Level {
        Low,
        #[lake(other)]
        Other(i64),
    }

    #[derive(Debug, PartialEq, LakeValue)]
    pub(super) struct Keys(Vec<i64>);

    impl Row {
        /// Two rows to write.
        pub(super) fn two() -> [Self; 2] {
            let inner = Some(Inner { city: "Oslo".to_owned() });
            let (kind, level) = (Kind::Other("new".to_owned()), Level::Other(7));
            [
                Self { id: 1, kind, level, keys: Keys(vec![1, 2]), inner, note: None, count: 3 },
                Self {
                    id: 2,
                    kind: Kind::Known,
                    level: Level::Low,
                    keys: Keys(Vec::new()),
                    inner: None,
                    note: Some("n".to_owned()),
                    count: 4,
                },
            ]
        }
    }
}

use arrow_array::{Int64Array, StringArray};
use lakeorm::encode::record_batch;
use lakeorm::{LakeTable, RowBatch};

use crate::batches::{array, lists, rows};
use crate::written::same;

#[test]
fn a_crate_without_a_prelude_and_with_every_warning_denied_compiles() {
    let found: Vec<strict::Strict> =
        rows(vec![("id", array(Int64Array::from(vec![1]))), ("kind", array(Int64Array::from(vec![2])))])
            .unwrap();
    assert_eq!(found, [strict::Strict::of(1, 2)]);
}

#[test]
fn a_crate_without_a_prelude_writes_what_it_reads() {
    same(&strict::Written::two());
    assert_eq!(strict::Written::definition().name().parts(), ["strict", "written"]);
}

#[test]
fn a_crate_that_forbids_lints_compiles() {
    let batch = RowBatch::new(record_batch(&[forbidding::Row::of(1)]).unwrap(), 0).unwrap();
    let found: Vec<forbidding::Row<'_>> = batch.rows().unwrap().map(Result::unwrap).collect();
    assert_eq!(found, [forbidding::Row::of(1)]);
}

#[test]
fn a_public_type_may_have_fields_of_private_types() {
    same(&[open::Order::of(1), open::Order::of(2)]);
}

#[test]
fn values_named_like_what_generated_code_binds_are_not_taken_for_patterns() {
    use lakeorm::ToLiteral;
    same(&taken::Row::two());
    assert_eq!(taken::Row::definition().merge_key_columns(), ["id"]);
    let [row, _] = taken::Row::two();
    let expected = "STRUCT<id: BIGINT, kind: STRING, level: BIGINT, keys: ARRAY<BIGINT>, city: STRING, note: STRING, count: \
                    BIGINT>";
    assert_eq!(row.to_literal().unwrap().data_type().to_string(), expected);
}

#[test]
fn a_type_called_cow_is_read_as_any_other() {
    mod alias {
        pub(super) type Cow = std::borrow::Cow<'static, str>;
    }
    #[derive(Debug, Default, PartialEq, lakeorm::LakeValue)]
    struct Cow(String);
    #[derive(Debug, PartialEq, lakeorm::LakeRow)]
    struct Herd {
        one: Cow,
        all: Vec<Cow>,
        maybe: Option<Cow>,
        #[lake(skip)]
        skipped: Cow,
        #[lake(skip)]
        alias: alias::Cow,
    }
    let texts = |texts: Vec<Option<&str>>| array(StringArray::from(texts));
    let found: Vec<Herd> = rows(vec![
        ("one", texts(vec![Some("a")])),
        ("all", lists(&[2], texts(vec![Some("b"), Some("c")]), None)),
        ("maybe", texts(vec![None])),
    ])
    .unwrap();
    let cow = |name: &str| Cow(name.to_owned());
    let all = vec![cow("b"), cow("c")];
    let expected = Herd { one: cow("a"), all, maybe: None, skipped: cow(""), alias: alias::Cow::default() };
    assert_eq!(found, [expected]);
}

#[test]
fn functions_named_like_generated_code_give_the_defaults() {
    let found: Vec<named::Defaults> = rows(vec![("id", array(Int64Array::from(vec![1])))]).unwrap();
    assert_eq!(found, [named::Defaults { id: 1, seven: 7, eight: 8 }]);
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
