//! The derive macros and their attributes.

/// Decodes the rows of a result into a struct with named fields.
///
/// ```
/// use lakeorm::LakeRow;
///
/// #[derive(Debug, LakeRow)]
/// #[lake(rename_all = "camelCase")]
/// struct User {
///     id: i64,                            // column "id"
///     sign_up_day: Option<i32>,           // column "signUpDay"; NULL becomes None
///     #[lake(rename = "e-mail")]
///     email: String,                      // column "e-mail"
///     #[lake(default)]
///     score: f64,                         // 0.0 where the result has no column "score"
///     #[lake(skip)]
///     cached: Vec<String>,                // never read; empty
/// }
/// ```
///
/// A field's column has the field's name (`r#type` reads the column "type"). Names match exactly, else without regard
/// to case if only one column matches then. Columns that no field asks for are ignored. A column may be read by fields
/// of several structs, as of two flattened rows; within one struct one field names it. Every field's type implements
/// `lakeorm::FromColumn`; a column with NULLs needs an `Option`.
///
/// A struct may borrow from the batch: `struct UserRef<'a> { email: &'a str }` is read with `RowBatch::rows`. Type
/// parameters work too, and get the bound `FromColumn` where the fields need it, or `LakeRow` under `flatten`; a bound
/// of the struct's own (`T: LakeRowOwned`) is taken as it is. The macro does not see that a trait of yours implies one:
/// name both, `T: Entity + LakeRowOwned`. A bound by a lifetime of the struct (`T: LakeRow<'a>`) does not compile: leave
/// it out.
///
/// # On the struct
///
/// | `#[lake(…)]` | |
/// |---|---|
/// | `rename_all = "camelCase"` | Renames every field without a `rename`. One of `lowercase`, `UPPERCASE`, `PascalCase`, `camelCase`, `snake_case`, `SCREAMING_SNAKE_CASE`, `kebab-case`, `SCREAMING-KEBAB-CASE`. |
/// | `deny_unknown_columns` | A column of the result that no field reads is a mismatch, but for lakeorm's own `_ingest_id`, and so is a field of the STRUCT that the row is the value of. `from_table` then asks for every column of the table. A row that is flattened into another shares its columns, so there the outer struct says it, and what the inner one says does not count. |
/// | `crate = path::to::lakeorm` | Where the generated code finds lakeorm, for crates that rename or re-export it (`crate = facade::lakeorm`). Without it, and without a dependency of that name, the compiler says ``unresolved import `lakeorm` ``. |
///
/// # On a field
///
/// | `#[lake(…)]` | |
/// |---|---|
/// | `rename = "name"` | The column's name. |
/// | `alias = "name"` | Another name, tried where the result lacks the first. May be repeated. |
/// | `default` | The result may lack the column; the field is then `Default::default()`. |
/// | `default = path::to::function` | The same, with the function's return value. |
/// | `skip` | No column at all; the field is `Default::default()`, or the return value of `default = path`. |
/// | `flatten` | The field is a row itself, a struct, and its columns stand beside this row's. An `Option` of it is `None` where all of its columns are NULL, as the missing side of an outer join is. |
/// | `flatten(prefix = "home_")` | The same, with a prefix before the name of each of its columns. A `DynamicRow` takes those columns whose names begin with it, and without a prefix all of them. |
/// | `json` | The column is a STRING of JSON; the field is any `serde::Deserialize`. An object with a key twice is an error, since a type could keep one of its values only. Needs the feature `json` of lakeorm. |
/// | `try_from = "T"` | The column is read as a `T`, which the field's type has a `TryFrom` of. A value that it refuses is an error, without the refusal's text, since that may hold the value. |
/// | `with = path::to::module` | The column is read as the type `module::Column`, which `module::decode` turns into a `Result<Field, lakeorm::column::ReadError>`. `Column` owns its data. |
///
/// `json` and `try_from` on a field `Option<T>` (written so) are about the `T`; a NULL is `None`.
///
/// A struct that derives `LakeRow` is the value of a STRUCT column too, alone or in a list or map, at any depth. Its
/// fields are matched by name there as well.
///
/// ```
/// use lakeorm::LakeRow;
///
/// #[derive(LakeRow)]
/// struct Line {
///     sku: String,
///     #[lake(try_from = "i64")]
///     quantity: u32,
/// }
///
/// #[derive(LakeRow)]
/// struct Address {
///     city: String,
/// }
///
/// #[derive(LakeRow)]
/// #[lake(deny_unknown_columns)]
/// struct Order {
///     lines: Vec<Line>,                   // ARRAY<STRUCT<sku STRING, quantity BIGINT>>
///     #[lake(flatten(prefix = "ship_"))]
///     ship_to: Option<Address>,           // column "ship_city"; None where it is NULL
///     #[lake(with = seconds)]
///     waited: std::time::Duration,        // column "waited" of type BIGINT
/// }
///
/// mod seconds {
///     use lakeorm::column::ReadError;
///
///     pub type Column = i64;
///
///     pub fn decode(seconds: Column) -> Result<std::time::Duration, ReadError> {
///         let seconds = u64::try_from(seconds).map_err(|_| ReadError::new("the duration is negative"))?;
///         Ok(std::time::Duration::from_secs(seconds))
///     }
/// }
/// ```
///
/// `default` is about a missing column. A NULL in a column that is there stays an error under a field that is not
/// an `Option`: nothing turns into zero unseen.
pub use lakeorm_derive::LakeRow;

/// Encodes a struct with named fields into the columns of a batch, and describes the table of its rows.
///
/// Without `table = "…"` on the struct only `lakeorm::encode::ToRow` is implemented: the struct can be encoded, and can be
/// a STRUCT in another one. With `table` it implements `lakeorm::LakeTable` too, which clients need to write it.
///
/// ```
/// use lakeorm::{Decimal, LakeRow, LakeTable};
///
/// #[derive(Debug, LakeRow, LakeTable)]
/// struct Order {
///     id: i64,
///     #[lake(decimal(18, 2))]
///     amount: Decimal,                    // DECIMAL(18,2) NOT NULL
///     note: Option<String>,               // STRING
///     lines: Vec<Line>,                   // ARRAY<STRUCT<sku: STRING NOT NULL, quantity: BIGINT NOT NULL>>
/// }
///
/// #[derive(Debug, LakeRow, LakeTable)]
/// struct Line {
///     sku: String,
///     #[lake(try_from = "i64")]
///     quantity: u32,
/// }
/// ```
///
/// Column names are those that `LakeRow` reads, so a struct deriving both reads what it wrote. Write-only types: `&T`,
/// `&[T]`, `DateTime<Local>`. Every field's type implements `lakeorm::encode::ToColumn`. A column is NOT NULL unless its
/// field is an `Option`. A tuple is a STRUCT with fields `_1`, `_2`, …; a list of pairs is a MAP, and `LakeRow` reads it as
/// one. A MAP with two equal keys is an error, also where they differ only in Rust, as `0.0` and `-0.0` may.
///
/// Spark keeps microseconds, and a time with nanoseconds, such as `Utc::now()` of `chrono`, is an error: cut it, or have
/// the write stamp the column, with `created_at` or `updated_at`.
///
/// ```
/// # #[cfg(feature = "chrono")] {
/// use chrono::{DateTime, SubsecRound as _, Utc};
/// use lakeorm::LakeTable;
///
/// #[derive(LakeTable)]
/// #[lake(table = "shop.visits")]
/// struct Visit {
///     at: DateTime<Utc>,
///     #[lake(created_at)]
///     stored: Option<DateTime<Utc>>,      // set by the write, whatever the field is
/// }
///
/// fn visited(now: DateTime<Utc>) -> Visit {
///     Visit { at: now.trunc_subsecs(6), stored: None }
/// }
/// # let _ = visited;
/// # }
/// ```
///
/// `rename_all` and `crate` on the struct, and `rename`, `skip`, `flatten` and `json` on a field, are those of `LakeRow`;
/// attributes that only `LakeRow` reads are ignored. A NaN or an infinity has no JSON, so under `json` it is an error, and
/// so is an object with a duplicate key.
///
/// A row with keys, stamps, comments, defaults, `validate` or a layout of its own cannot be flattened into the row of a
/// table, which would drop them: put those fields into the table's own struct. A flattened `Some` whose columns are all NULL
/// is an error, since it would be read as `None`.
///
/// # On the struct
///
/// With a `table` the struct implements `lakeorm::LakeTable` too, so that a client that writes makes the table, appends
/// to it and merges into it.
///
/// | `#[lake(…)]` | |
/// |---|---|
/// | `table = "shop.orders"` | The table's name as SQL has it: dots between the parts, back-ticks around one that holds a dot. |
/// | `partition_by(region, day(placed), bucket(16, customer))` | The partitions, outermost first: fields as they are (`region`, or `identity(region)`), or `year`, `month`, `day`, `hour`, `bucket(n, …)`, `truncate(n, …)` of one. A column of a flattened row stands in quotes. Delta has no transforms. |
/// | `sort_by(customer, placed)` | The order of the rows in a file, which Iceberg has. |
/// | `comment = "…"` | The table's comment. |
/// | `validate` | Rows are checked by the rules of the struct's `garde::Validate`, those of a slice before anything is sent and those of a stream before any is written. Of a slice the first twenty violations are named and the others counted; of a stream, those of the first batch that has any. It needs the feature `garde`, and `garde` 0.23 in your crate. |
///
/// # On a field
///
/// | `#[lake(…)]` | |
/// |---|---|
/// | `merge_key` | The column is one of those by which a merge finds the row that is there. It is never NULL. |
/// | `primary_key` | The column is one of those that tell a row from every other; a merge goes by them where there is no `merge_key`. It is never NULL. |
/// | `created_at`, `updated_at` | A TIMESTAMP that is set to the time of the write: when a row is inserted, or with every write of it. The field's own value is not written. |
/// | `comment = "…"` | The column's comment. |
/// | `sql_default = "…"` | The default for rows written without this column, as a SQL expression; set when the column is created. Delta has it. |
/// | `decimal(18, 2)` | All digits of the column's DECIMAL, and those after the point. It is about every number in the field, in an `Option`, a list, a map or a tuple too. Without it they are 38 and 18. A number that does not fit without loss is an error. |
/// | `try_from = "T"` | The column is a `T`, which the field's value is converted into: the field's type is `Clone` and `TryInto<T>`. |
/// | `with = path::to::module` | `module::encode` makes of a `&Field` a `Result<module::Column, lakeorm::encode::WriteError>`. |
pub use lakeorm_derive::LakeTable;

/// Decodes one column into an enum or a newtype, and encodes it.
///
/// An enum of names is read from STRING, by the variants' names or what `rename` and `rename_all` make of them. With
/// `integer` it is read from TINYINT to BIGINT, by the variants' discriminants. A newtype is a struct with one field
/// and reads whatever that field's type reads; a `PhantomData` beside it is no field, so that one type can be the key of
/// many tables: `struct Id<T>(i64, PhantomData<T>)`.
///
/// ```
/// use lakeorm::{LakeRow, LakeValue};
///
/// #[derive(Debug, LakeValue)]
/// #[lake(rename_all = "snake_case")]
/// enum Status {
///     Open,                               // 'open'
///     #[lake(rename = "done")]
///     Closed,                             // 'done'
///     #[lake(other)]
///     Other(String),                      // everything else; a unit variant works too
/// }
///
/// #[derive(Debug, LakeValue)]
/// #[lake(integer)]
/// enum Level {
///     Low = 1,
///     High,                               // 2; every other number is an error
/// }
///
/// #[derive(Debug, PartialEq, Eq, Hash, LakeValue)]
/// struct UserId(i64);
///
/// #[derive(LakeRow)]
/// struct Ticket {
///     status: Status,
///     level: Option<Level>,
///     watchers: Vec<UserId>,
/// }
/// ```
///
/// # On the type
///
/// | `#[lake(…)]` | |
/// |---|---|
/// | `rename_all = "snake_case"` | Renames every variant without a `rename`; the cases are those of `LakeRow`. |
/// | `integer` | The enum is read from integers. |
/// | `crate = path::to::lakeorm` | Where the generated code finds lakeorm. |
///
/// # On a variant
///
/// | `#[lake(…)]` | |
/// |---|---|
/// | `rename = "text"` | The text of this variant. |
/// | `other` | Takes every value that no other variant has. It may hold the value: `Other(T)` with a `T: From<&str>`, or `From<i64>` with `integer`. Without it such a value is an error. A catch-all holding another variant's value is an error when written or bound. |
pub use lakeorm_derive::LakeValue;
