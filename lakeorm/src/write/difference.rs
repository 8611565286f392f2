//! How a table that is there differs from the struct.

use std::fmt;

use spark_connect::DataType;
use spark_connect::types::StructField;

use super::described::Described;
use crate::dialect::{Dialect, Growing, growing, partition};
use crate::names;
use crate::table::{INGEST_ID, TableColumn, TableDefinition};

/// One difference between a struct and its existing table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Difference {
    /// The table lacks a column of the struct.
    Missing {
        /// The column as the struct has it.
        column: StructField,
    },
    /// The table has a column that the struct has no field for.
    Extra {
        /// The column as the table has it. Rows are written with its default, or NULL. One that is NOT NULL refuses them,
        /// unless the engine tells that it has a default or is generated.
        column: StructField,
    },
    /// A column has another type.
    Type {
        /// The column's name in the table.
        column: String,
        /// Its type in the struct.
        of_struct: DataType,
        /// Its type in the table.
        of_table: DataType,
    },
    /// A column, or a part of one, may be NULL on one side only. Rows are written, except those with a NULL where the
    /// table has none.
    Nullability {
        /// The column's name in the table, with the path of the part: `lines[].sku`.
        column: String,
        /// Whether it may be NULL in the table, and not in the struct.
        in_table: bool,
    },
    /// The table has other partitions. Rows are written all the same. Of an engine that tells no transforms (Sail) only
    /// the columns are compared: other transforms of the same columns are no difference there.
    Partitioning {
        /// Those of the struct, as SQL has them.
        of_struct: Vec<String>,
        /// Those of the table, as the engine tells them.
        of_table: Vec<String>,
    },
    /// The table orders rows inside of its files in another way. Rows are written all the same.
    Order {
        /// The columns of the struct's `sort_by`.
        of_struct: Vec<String>,
        /// The table's order as the engine tells it, empty if there is none; `None` if the engine does not tell it.
        of_table: Option<String>,
    },
    /// A property of the table is not what the dialect asks for. Rows are written all the same.
    Property {
        /// Its name.
        key: String,
        /// The value that the dialect asks for.
        wanted: String,
        /// The value that the table has.
        of_table: Option<String>,
    },
    /// The table or one of its columns does not have the comment of the struct. Rows are written all the same.
    Comment {
        /// The column's name in the struct; `None` for the comment of the table.
        column: Option<String>,
        /// The comment of the struct.
        of_struct: String,
        /// The comment in the table.
        of_table: Option<String>,
    },
    /// A column does not have the default of the struct. Rows of the struct are written all the same. Of an engine that
    /// tells no defaults (Sail) nobody has compared them, and there is no such difference.
    DefaultValue {
        /// The column's name in the struct.
        column: String,
        /// The default of the struct, as SQL.
        of_struct: String,
        /// The default in the table, as it was written there.
        of_table: Option<String>,
    },
}

/// Where parts of a column may be NULL on one side only, of two types that are the same otherwise. That a part may be
/// in the table and not in the struct is told of fields alone, which can be NOT NULL where `is_told`: elements cannot.
pub(super) fn nested(
    path: &str,
    of_struct: &DataType,
    of_table: &DataType,
    is_told: bool,
    found: &mut Vec<Difference>,
) {
    let part = |path: String, wanted: bool, there: bool, is_told: bool, found: &mut Vec<Difference>| {
        if wanted != there && (is_told || !there) {
            found.push(Difference::Nullability { column: path, in_table: there });
        }
    };
    match (of_struct, of_table) {
        (
            DataType::Array { element, contains_null },
            DataType::Array { element: there, contains_null: may_be },
        ) => {
            let path = format!("{path}[]");
            part(path.clone(), *contains_null, *may_be, false, found);
            nested(&path, element, there, is_told, found);
        }
        (
            DataType::Map { key, value, value_contains_null },
            DataType::Map { key: there_key, value: there, value_contains_null: may_be },
        ) => {
            nested(&format!("{path}{{key}}"), key, there_key, is_told, found);
            let path = format!("{path}{{value}}");
            part(path.clone(), *value_contains_null, *may_be, false, found);
            nested(&path, value, there, is_told, found);
        }
        (DataType::Struct(fields), DataType::Struct(there)) => {
            for (field, there) in fields.iter().zip(there) {
                let path = format!("{path}.{}", there.name);
                part(path.clone(), field.nullable, there.nullable, is_told, found);
                nested(&path, &field.data_type, &there.data_type, is_told, found);
            }
        }
        _ => {}
    }
}

/// The value that Spark tells in the place of one that looks like a secret.
const REDACTED: &str = "*********(redacted)";

/// Differences of all that is no column, as far as the engine tells it. Nothing that the struct does not mention is a
/// difference, but for partitions and an order, of which there are none then.
pub(super) fn layout(there: &Described, table: &TableDefinition, dialect: &dyn Dialect) -> Vec<Difference> {
    let partitioning = partitioning(there, table);
    let order = order(there, table);
    partitioning
        .into_iter()
        .chain(order)
        .chain(properties(there, table, dialect))
        .chain(comments(there, table))
        .chain(defaults(there, table))
        .collect()
}

fn partitioning(there: &Described, table: &TableDefinition) -> Option<Difference> {
    let of_table = there.partitions()?.to_vec();
    let of_struct: Vec<String> =
        table.partitions().iter().map(|(transform, column)| partition(*transform, column)).collect();
    let is_same = if there.tells_layout() {
        // Engines quote names as they like, and keep their case or not.
        let plain = |parts: &[String]| parts.iter().map(|part| part.replace('`', "")).collect::<Vec<_>>();
        let (wanted, there) = (plain(&of_struct), plain(&of_table));
        wanted.len() == there.len()
            && wanted.iter().zip(&there).all(|(one, other)| names::is_same(one, other))
    } else {
        let wanted = table.partitions().iter().map(|(_, column)| column);
        wanted.clone().all(|one| of_table.iter().any(|other| names::is_same(one, other)))
            && of_table.iter().all(|one| wanted.clone().any(|other| names::is_same(one, other)))
    };
    (!is_same).then_some(Difference::Partitioning { of_struct, of_table })
}

fn order(there: &Described, table: &TableDefinition) -> Option<Difference> {
    let of_struct = table.sort_columns().to_vec();
    let Some(properties) = there.properties().filter(|_| there.tells_layout()) else {
        return (!of_struct.is_empty()).then_some(Difference::Order { of_struct, of_table: None });
    };
    let wanted: Vec<String> = of_struct.iter().map(|column| format!("{column} ASC NULLS FIRST")).collect();
    let of_table = properties.value("sort-order").unwrap_or_default().to_owned();
    let is_same = match wanted.as_slice() {
        [] => of_table.is_empty(),
        _ => {
            let wanted = wanted.join(", ");
            properties.says("sort-order", &wanted) || names::is_same(&of_table, &wanted)
        }
    };
    (!is_same).then_some(Difference::Order { of_struct, of_table: Some(of_table) })
}

fn properties(there: &Described, table: &TableDefinition, dialect: &dyn Dialect) -> Vec<Difference> {
    let Some(properties) = there.properties() else { return Vec::new() };
    let wanted = dialect.properties(table).into_iter();
    let is_hidden = |key: &str| properties.value(key) == Some(REDACTED);
    let differs = wanted.filter(|(key, wanted)| !properties.says(key, wanted) && !is_hidden(key));
    differs
        .map(|(key, wanted)| {
            let of_table = properties.value(&key).map(str::to_owned);
            Difference::Property { key, wanted, of_table }
        })
        .collect()
}

fn comments(there: &Described, table: &TableDefinition) -> Vec<Difference> {
    if !there.tells_comments() {
        return Vec::new();
    }
    let own = table.comment_text().filter(|wanted| !wanted.is_empty());
    let own = own.map(|wanted| (None, wanted, there.comment()));
    let of_columns = table.columns().iter().filter_map(|column| {
        let wanted = column.comment.as_deref().filter(|wanted| !wanted.is_empty())?;
        let name = column.field.name.as_str();
        Some((Some(name), wanted, there.column_comment(name)?))
    });
    let of_columns =
        of_columns.map(|(name, wanted, there)| (name, wanted, (!there.is_empty()).then_some(there)));
    let differs = own.into_iter().chain(of_columns).filter(|(_, wanted, there)| *there != Some(*wanted));
    differs
        .map(|(column, wanted, there)| Difference::Comment {
            column: column.map(str::to_owned),
            of_struct: wanted.to_owned(),
            of_table: there.map(str::to_owned),
        })
        .collect()
}

fn defaults(there: &Described, table: &TableDefinition) -> Vec<Difference> {
    if !there.tells_layout() {
        return Vec::new();
    }
    let differing = |column: &TableColumn| {
        let (name, of_struct) = (&column.field.name, column.default.as_ref()?);
        // A column that is missing has no default either.
        there.column_comment(name)?;
        let of_table = there.column_default(name);
        (of_table.map(str::trim) != Some(of_struct.trim())).then(|| Difference::DefaultValue {
            column: name.clone(),
            of_struct: of_struct.clone(),
            of_table: of_table.map(str::to_owned),
        })
    };
    table.columns().iter().filter_map(differing).collect()
}

impl Difference {
    /// Whether rows of the struct cannot be written. A value of a narrower type fits a wider column.
    pub(super) fn stops_writes(&self, dialect: &dyn Dialect, inserts: bool) -> bool {
        match self {
            Self::Missing { .. } => true,
            Self::Extra { column } => inserts && !column.nullable,
            Self::Type { of_struct, of_table, .. } => !dialect.widens(of_struct, of_table),
            _ => false,
        }
    }

    /// The column whose type a migration may let grow to that of the struct, and the parts of it that grow.
    pub(super) fn growing(&self, dialect: &dyn Dialect) -> Option<(&str, Growing<'_>)> {
        let Self::Type { column, of_struct, of_table } = self else { return None };
        Some((column.as_str(), growing(dialect, of_table, of_struct)?))
    }

    /// Whether the table cannot be the table that this migration has just created. Its sort order, the last step, may
    /// still be missing, another migration may have added columns since, and catalogs may set properties of their own.
    pub(super) fn is_of_another_creation(&self) -> bool {
        match self {
            Self::Order { of_table, .. } => of_table.as_ref().is_some_and(|order| !order.is_empty()),
            Self::Extra { column } => !column.nullable,
            Self::Property { .. } | Self::Comment { .. } | Self::DefaultValue { .. } => false,
            _ => true,
        }
    }

    fn fmt_of_column(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { column } if column.name == INGEST_ID => write!(
                f,
                "the table has no column \"{INGEST_ID}\" {}, by which a write finds its rows again: a migration with \
                 `evolve` adds it",
                column.data_type
            ),
            Self::Missing { column } => write!(
                f,
                "the table has no column \"{}\", which is {} in the struct",
                column.name, column.data_type
            ),
            Self::Extra { column } => {
                let required = if column.nullable { "" } else { " NOT NULL" };
                let StructField { name, data_type, .. } = column;
                write!(
                    f,
                    "the table has a column \"{name}\" {data_type}{required} that the struct has no field for"
                )
            }
            Self::Type { column, of_struct, of_table } => {
                write!(f, "the column \"{column}\" is {of_table} in the table and {of_struct} in the struct")
            }
            Self::Nullability { column, in_table: true } => {
                write!(f, "the column \"{column}\" is nullable in the table, but the field is not an Option")
            }
            Self::Nullability { column, in_table: false } => {
                write!(
                    f,
                    "the column \"{column}\" is NOT NULL in the table, but the field is an Option: a row with None \
                     will be refused"
                )
            }
            Self::Partitioning { .. }
            | Self::Order { .. }
            | Self::Property { .. }
            | Self::Comment { .. }
            | Self::DefaultValue { .. } => Ok(()),
        }
    }
}

/// That something is partitioned or sorted, and by what, or that it is not.
struct By<'c>(&'static str, &'c str);

impl fmt::Display for By<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(done, columns) = self;
        if columns.is_empty() { write!(f, "is not {done}") } else { write!(f, "is {done} by {columns}") }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partitioning { of_struct, of_table } => {
                let (of_table, of_struct) = (of_table.join(", "), of_struct.join(", "));
                let (of_table, of_struct) = (By("partitioned", &of_table), By("partitioned", &of_struct));
                write!(f, "the table {of_table}; the struct {of_struct}")
            }
            Self::Order { of_struct, of_table: None } => {
                let of_struct = of_struct.join(", ");
                write!(
                    f,
                    "the engine does not report the table's sort order; the struct sorts by {of_struct}"
                )
            }
            Self::Order { of_struct, of_table: Some(of_table) } => {
                let of_struct = of_struct.join(", ");
                let (of_table, of_struct) = (By("sorted", of_table), By("sorted", &of_struct));
                write!(f, "the table {of_table}; the struct {of_struct}")
            }
            Self::Property { key, wanted, of_table: Some(of_table) } => {
                write!(f, "the table property {key} is {of_table}; the dialect asks for {wanted}")
            }
            Self::Property { key, wanted, of_table: None } => {
                write!(f, "the table has no property {key}; the dialect asks for {wanted}")
            }
            Self::Comment { column: Some(column), .. } => {
                write!(f, "the column \"{column}\" does not have the struct's comment")
            }
            Self::DefaultValue { column, of_struct, of_table } => {
                let of_table = of_table.as_deref().unwrap_or("none");
                write!(
                    f,
                    "the default of the column \"{column}\" is {of_table} in the table and {of_struct} in the struct"
                )
            }
            Self::Comment { column: None, .. } => f.write_str("the table does not have the struct's comment"),
            _ => self.fmt_of_column(f),
        }
    }
}
