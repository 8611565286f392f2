//! The methods of a column.

use super::{CastTarget, Column, IntoColumn, IntoMembers, IntoNames, IntoValue, Kind, function};
use crate::plan::window::Frame;
use crate::plan::{PlanError, Window};
use crate::types::{DataType, Schema};

/// Methods that call a function over the column and values.
macro_rules! calls {
    ($($(#[$doc:meta])* $method:ident($($argument:ident),*) $name:literal;)*) => {
        impl Column {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $method(&self, $($argument: impl IntoValue),*) -> Self {
                function($name, vec![self.clone(), $($argument.into_value()),*])
            }
        )*}
    };
}

calls! {
    /// Whether both are equal; `NULL` if either is.
    eq(other) "==";
    /// Null-safe equality: `NULL` equals `NULL` and nothing else.
    #[doc(alias = "eqNullSafe")]
    eq_null_safe(other) "<=>";
    /// Whether it is less.
    lt(other) "<";
    /// Whether it is less or equal.
    le(other) "<=";
    /// Whether it is greater.
    gt(other) ">";
    /// Whether it is greater or equal.
    ge(other) ">=";
    /// Bitwise AND.
    #[doc(alias = "bitwiseAND")]
    bitwise_and(other) "&";
    /// Bitwise OR.
    #[doc(alias = "bitwiseOR")]
    bitwise_or(other) "|";
    /// Bitwise XOR.
    #[doc(alias = "bitwiseXOR")]
    bitwise_xor(other) "^";
    /// Whether it is `NULL`.
    #[doc(alias = "isNull")]
    is_null() "isNull";
    /// Whether it is not `NULL`.
    #[doc(alias = "isNotNull")]
    is_not_null() "isNotNull";
    /// Whether it is `NaN`, which no other value equals.
    #[doc(alias = "isNaN")]
    is_nan() "isNaN";
    /// Whether the text fits a pattern in which `%` stands for any characters and `_` for one.
    like(pattern) "like";
    /// As [`like`](Self::like), whatever the case.
    ilike(pattern) "ilike";
    /// Whether part of the text matches a regular expression of Java's kind.
    rlike(pattern) "rlike";
    /// Whether the text, or the binary, has the other in it.
    contains(other) "contains";
    /// Whether the text, or the binary, starts with the other.
    #[doc(alias = "startswith")]
    starts_with(prefix) "startsWith";
    /// Whether the text, or the binary, ends with the other.
    #[doc(alias = "endswith")]
    ends_with(suffix) "endsWith";
    /// `length` characters of the text from a position on, counted from 1.
    substr(start, length) "substr";
}

impl Column {
    /// Whether the two differ; `NULL` if either is.
    #[track_caller]
    pub fn ne(&self, other: impl IntoValue) -> Self {
        function("not", vec![self.eq(other)])
    }

    /// Whether both are true. Joined conditions are one level of the plan, however many and from whichever end.
    ///
    /// Four and more are sent in pairs of pairs, so a column of them without an alias is named otherwise than in PySpark.
    #[track_caller]
    pub fn and(&self, other: impl IntoValue) -> Self {
        Self::new(Kind::And, vec![self.clone(), other.into_value()])
    }

    /// Whether one of them is true. Joined conditions are one level of the plan, however many and from whichever end.
    #[track_caller]
    pub fn or(&self, other: impl IntoValue) -> Self {
        Self::new(Kind::Or, vec![self.clone(), other.into_value()])
    }

    /// Whether it lies between two bounds, which count too.
    #[track_caller]
    pub fn between(&self, lower: impl IntoValue, upper: impl IntoValue) -> Self {
        self.ge(lower).and(self.le(upper))
    }

    /// Whether it is one of several values, or of the rows of a frame of one column (Spark from 4.1 on, and Sail). The
    /// fields of [`struct_`](crate::functions::struct_) are looked for in a frame of as many columns.
    ///
    /// ```
    /// # use spark_connect::functions::col;
    /// let big = col("carrier").is_in(["AA", "UA", "DL"]);
    /// let ids = vec![1_i64, 5];
    /// let wanted = col("id").is_in(&ids);
    /// ```
    #[doc(alias = "isin")]
    #[track_caller]
    pub fn is_in(&self, members: impl IntoMembers) -> Self {
        members.into_members().looked_for(self)
    }

    /// The same under another name.
    #[doc(alias = "name")]
    #[track_caller]
    pub fn alias(&self, name: impl Into<String>) -> Self {
        Self::new(Kind::Alias { names: vec![name.into()], metadata: None }, vec![self.clone()])
    }

    /// The same under another name, with metadata: a JSON object as text.
    #[track_caller]
    pub fn alias_with_metadata(&self, name: impl Into<String>, metadata: impl Into<String>) -> Self {
        let kind = Kind::Alias { names: vec![name.into()], metadata: Some(metadata.into()) };
        Self::new(kind, vec![self.clone()])
    }

    /// The columns that a generator gives under other names: `explode(map)` gives two.
    #[track_caller]
    pub fn aliases(&self, names: impl IntoNames) -> Self {
        Self::new(Kind::Alias { names: names.into_names(), metadata: None }, vec![self.clone()])
    }

    /// The value as another type: a [`DataType`], or its DDL text as `"bigint"`. What cannot be cast is an error of the
    /// query, unless the session turned ANSI mode off.
    #[doc(alias = "astype")]
    #[track_caller]
    pub fn cast(&self, data_type: impl IntoDataType) -> Self {
        let to = data_type.into_data_type().0;
        Self::new(Kind::Cast { to, or_null: false }, vec![self.clone()])
    }

    /// The value as another type, and `NULL` where it cannot be cast. Spark 3.5 and Databricks 14.3
    /// would take it for [`cast`](Self::cast), so for them it is refused as
    /// [`Unsupported`](crate::ErrorKind::Unsupported): use [`expr`](crate::functions::expr) with `try_cast(a AS INT)`
    /// there.
    #[track_caller]
    pub fn try_cast(&self, data_type: impl IntoDataType) -> Self {
        let to = data_type.into_data_type().0;
        Self::new(Kind::Cast { to, or_null: true }, vec![self.clone()])
    }

    /// A field of a struct.
    #[doc(alias = "getField")]
    #[track_caller]
    pub fn get_field(&self, name: impl IntoValue) -> Self {
        Self::new(Kind::Extract, vec![self.clone(), name.into_value()])
    }

    /// The element of an array at a position from 0 on, or the value of a map under a key.
    #[doc(alias = "getItem")]
    #[track_caller]
    pub fn get_item(&self, key: impl IntoValue) -> Self {
        Self::new(Kind::Extract, vec![self.clone(), key.into_value()])
    }

    /// A struct with this field added, or replaced.
    #[doc(alias = "withField")]
    #[track_caller]
    pub fn with_field(&self, name: impl Into<String>, value: impl IntoValue) -> Self {
        Self::new(Kind::UpdateField(name.into()), vec![self.clone(), value.into_value()])
    }

    /// A struct without these fields.
    #[doc(alias = "dropFields")]
    #[track_caller]
    pub fn drop_fields(&self, names: impl IntoNames) -> Self {
        let names = names.into_names().into_iter();
        names.fold(self.clone(), |column, name| Self::new(Kind::UpdateField(name), vec![column]))
    }

    /// Another branch of [`when`](crate::functions::when).
    #[track_caller]
    pub fn when(&self, condition: impl IntoColumn, value: impl IntoValue) -> Self {
        self.branch("when", vec![condition.into_column(), value.into_value()])
    }

    /// The value of [`when`](crate::functions::when) where no condition is true; `NULL` without it.
    #[track_caller]
    pub fn otherwise(&self, value: impl IntoValue) -> Self {
        self.branch("otherwise", vec![value.into_value()])
    }

    #[track_caller]
    fn branch(&self, method: &str, added: Vec<Self>) -> Self {
        let children = &self.0.children;
        match &self.0.kind {
            Kind::Refused => self.clone(),
            Kind::Function { name: "when", .. } if children.len().is_multiple_of(2) => {
                function("when", children.iter().cloned().chain(added).collect())
            }
            _ => Self::refused(format!(
                "`{method}` continues `when(condition, value)` and stands before its `otherwise`"
            )),
        }
    }

    /// The function over the rows around each row: an aggregate, or one of a window's own.
    ///
    /// ```
    /// use spark_connect::Window;
    /// use spark_connect::functions::{col, row_number};
    ///
    /// let latest = Window::partition_by(["user"]).order_by([col("at").desc()]);
    /// let rank = row_number().over(latest);
    /// ```
    #[track_caller]
    pub fn over(&self, window: impl AsRef<Window>) -> Self {
        let window = window.as_ref();
        let mut children = vec![self.clone()];
        children.extend(window.partitions.iter().chain(&window.orders).cloned());
        let kind = Kind::Window { partitions: window.partitions.len(), frame: window.frame.clone() };
        let mistake = window.frame.as_ref().and_then(Frame::mistake);
        Self::checked(kind, children, None, mistake)
    }

    /// A column of the row around a subquery, in the subquery.
    ///
    /// Spark from 4.0 on, and Sail.
    #[track_caller]
    pub fn outer(&self) -> Self {
        self.clone()
    }
}

/// Orderings, with the place of `NULL`s.
impl Column {
    /// From the smallest on, `NULL`s first.
    #[track_caller]
    pub fn asc(&self) -> Self {
        self.asc_nulls_first()
    }

    /// From the greatest on, `NULL`s last.
    #[track_caller]
    pub fn desc(&self) -> Self {
        self.desc_nulls_last()
    }

    /// From the smallest on, `NULL`s first.
    #[track_caller]
    pub fn asc_nulls_first(&self) -> Self {
        self.ordered(false, true)
    }

    /// From the smallest on, `NULL`s last.
    #[track_caller]
    pub fn asc_nulls_last(&self) -> Self {
        self.ordered(false, false)
    }

    /// From the greatest on, `NULL`s first.
    #[track_caller]
    pub fn desc_nulls_first(&self) -> Self {
        self.ordered(true, true)
    }

    /// From the greatest on, `NULL`s last.
    #[track_caller]
    pub fn desc_nulls_last(&self) -> Self {
        self.ordered(true, false)
    }

    #[track_caller]
    fn ordered(&self, descending: bool, nulls_first: bool) -> Self {
        Self::new(Kind::Order { descending, nulls_first }, vec![self.clone()])
    }
}

/// A type as an argument: a [`DataType`], a [`Schema`], or the DDL text of one.
///
/// Your own type can implement it with that of another: `self.0.into_data_type()`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a data type",
    label = "a data type or its DDL text is wanted",
    note = "give a `DataType` or DDL: `DataType::Long`, `\"BIGINT\"`",
    note = "where columns are wanted, a `Schema` or DDL: `\"id BIGINT, name STRING\"`"
)]
pub trait IntoDataType {
    /// The type.
    fn into_data_type(self) -> Cast;
}

/// The type of a cast, or of a schema.
pub struct Cast(CastTarget);

impl Cast {
    /// The type as a schema, which is a struct or DDL that is left to the server to read.
    pub(crate) fn into_schema(self) -> Result<DataType, PlanError> {
        match self.0 {
            CastTarget::Ddl(ddl) => Ok(DataType::Unknown(ddl)),
            CastTarget::Type(schema @ (DataType::Struct(_) | DataType::Other(_) | DataType::Unknown(_))) => {
                Ok(schema)
            }
            CastTarget::Type(_) => {
                Err(PlanError::new("a schema is a struct type, or DDL text: `id BIGINT, name STRING`"))
            }
        }
    }
}

impl IntoDataType for DataType {
    fn into_data_type(self) -> Cast {
        Cast(CastTarget::Type(self))
    }
}

impl IntoDataType for &DataType {
    fn into_data_type(self) -> Cast {
        self.clone().into_data_type()
    }
}

impl IntoDataType for Schema {
    fn into_data_type(self) -> Cast {
        DataType::from(self).into_data_type()
    }
}

impl IntoDataType for &Schema {
    fn into_data_type(self) -> Cast {
        self.clone().into_data_type()
    }
}

/// DDL, in whatever is a text.
#[diagnostic::do_not_recommend]
impl<T: Into<String>> IntoDataType for T {
    fn into_data_type(self) -> Cast {
        Cast(CastTarget::Ddl(self.into()))
    }
}

impl std::fmt::Debug for Cast {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            CastTarget::Type(data_type) => write!(f, "Cast({data_type})"),
            CastTarget::Ddl(ddl) => write!(f, "Cast({ddl})"),
        }
    }
}
