//! The table that is there, beside the one that the struct describes.

use std::fmt;
use std::sync::Arc;

use futures_util::TryStreamExt;
use spark_connect::DataType;
use spark_connect::types::{Schema, StructField};

use crate::command::Command;
use crate::dialect::{Assignment, Dialect};
use crate::driver::Driver;
use crate::error::{Error, ErrorKind, Result};
use crate::names::{Found, find};
use crate::source::{Read, Source};
use crate::table::{INGEST_ID, TableDefinition, TableName};

/// Where one write or migration runs, from its first look at the table to its last.
pub(super) enum Place<'d> {
    /// Wherever the driver has a place.
    Any(&'d dyn Driver),
    /// In one session, which has been told to look at the table again.
    One(Arc<dyn Driver>),
}

impl<'d> Place<'d> {
    /// One session where sessions remember tables of the format.
    pub(super) async fn of(driver: &'d dyn Driver, dialect: &dyn Dialect, table: &TableName) -> Result<Self> {
        if !dialect.is_remembered() {
            return Ok(Self::Any(driver));
        }
        let Some(leased) = driver.lease().await? else { return Ok(Self::Any(driver)) };
        let place = Self::One(leased);
        place.look_again(table).await?;
        Ok(place)
    }

    pub(super) fn driver(&self) -> &dyn Driver {
        match self {
            Self::Any(driver) => *driver,
            Self::One(driver) => &**driver,
        }
    }

    /// Has the table read anew, if there is one.
    pub(super) async fn look_again(&self, table: &TableName) -> Result<()> {
        let Self::One(driver) = self else { return Ok(()) };
        match driver.exec(Command::from(format!("REFRESH TABLE {table}"))).await {
            // It leaves no trace but in the session, and may be said again in another one.
            Err(error) if error.kind() == ErrorKind::OutcomeUnknown => {
                let message = "the session did not answer in which the table was to be read anew";
                Err(Error::caused(ErrorKind::SessionLost, message, error))
            }
            Err(error) if !error.is_table_not_found() => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// A table as the engine has it.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) name: TableName,
    pub(super) columns: Vec<StructField>,
}

/// One difference between a struct and the table that is there.
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
        /// The column as the table has it. Rows are written with NULL, or its default, unless it is NOT NULL.
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
    /// A column may be NULL on one side only.
    Nullability {
        /// The column's name in the table.
        column: String,
        /// Whether it is the table in which it may be.
        in_table: bool,
    },
}

impl Target {
    /// The table of this name, if there is one. The engine is asked for its columns and reads no row.
    pub(super) async fn find(driver: &dyn Driver, name: TableName) -> Result<Option<Self>> {
        let source = Source::sql(format!("SELECT * FROM {name} LIMIT 0"));
        let first = driver.read(Read::all(source)).try_next().await;
        match first {
            Ok(Some(batch)) => {
                let columns = Schema::from_arrow(&batch.schema()).into_fields();
                Ok(Some(Self { name, columns }))
            }
            Ok(None) => Err(Error::new(ErrorKind::Protocol, "a result came without its columns")),
            Err(error) if error.is_table_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn position(&self, column: &str) -> Option<usize> {
        match find(column, &self.columns.iter().map(|column| column.name.as_str())) {
            Found::One(position) => Some(position),
            Found::Nothing | Found::Several(_) => None,
        }
    }

    /// The column of this name.
    pub(super) fn column(&self, column: &str) -> Option<&StructField> {
        self.position(column).and_then(|position| self.columns.get(position))
    }

    /// Every difference, in the order of the struct and then of the table.
    pub(super) fn differences(&self, table: &TableDefinition) -> Vec<Difference> {
        let ingest_id = StructField::new(INGEST_ID, DataType::String);
        let wanted = table.columns().iter().map(|column| &column.field).chain([&ingest_id]);
        let mut differences: Vec<Difference> = wanted.flat_map(|column| self.difference(column)).collect();
        let known = |column: &&StructField| {
            column.name.eq_ignore_ascii_case(INGEST_ID) || table.column(&column.name).is_some()
        };
        let extra = self.columns.iter().filter(|column| !known(column));
        differences.extend(extra.map(|column| Difference::Extra { column: column.clone() }));
        differences
    }

    fn difference(&self, wanted: &StructField) -> Vec<Difference> {
        let Some(there) = self.column(&wanted.name) else {
            return vec![Difference::Missing { column: wanted.clone() }];
        };
        let mut differences = Vec::new();
        if there.data_type.clone().nullable() != wanted.data_type.clone().nullable() {
            differences.push(Difference::Type {
                column: there.name.clone(),
                of_struct: wanted.data_type.clone(),
                of_table: there.data_type.clone(),
            });
        }
        if there.nullable != wanted.nullable && wanted.name != INGEST_ID {
            differences
                .push(Difference::Nullability { column: there.name.clone(), in_table: there.nullable });
        }
        differences
    }

    /// Refuses a struct whose rows do not fit the table.
    pub(super) fn check(&self, table: &TableDefinition, dialect: &dyn Dialect, row: &str) -> Result<()> {
        let differences = self.differences(table);
        let refused: Vec<String> =
            differences.iter().filter(|found| found.stops_writes(dialect)).map(ToString::to_string).collect();
        if refused.is_empty() {
            return Ok(());
        }
        let name = &self.name;
        let evolve = match differences.iter().any(|found| matches!(found, Difference::Missing { .. })) {
            true => format!("; `db.migrate::<{row}>().evolve()` adds columns that are missing"),
            false => String::new(),
        };
        Err(Error::new(
            ErrorKind::SchemaMismatch,
            format!("{row} cannot be written to {name}: {}{evolve}", refused.join("; ")),
        ))
    }

    /// What stands in each column of the table, from a source that has the columns of the struct.
    pub(super) fn assignments(&self, table: &TableDefinition) -> Vec<Assignment> {
        let stamps = [table.created_at_column(), table.updated_at_column()];
        let of_struct = table.columns().iter().filter_map(|column| {
            let (name, there) = (&column.field.name, self.column(&column.field.name)?);
            let is_stamped = stamps.contains(&Some(name.as_str()));
            let mut assigned = Assignment::from_source(name);
            assigned.column.clone_from(&there.name);
            if is_stamped {
                ":written_at".clone_into(&mut assigned.value);
            }
            Some(assigned)
        });
        let ingest_id = self.column(INGEST_ID).map(|column| Assignment::of(&column.name, ":ingest_id"));
        of_struct.chain(ingest_id).collect()
    }
}

impl Difference {
    /// Whether rows of the struct cannot be written. A value of a narrower type fits a wider column.
    fn stops_writes(&self, dialect: &dyn Dialect) -> bool {
        match self {
            Self::Missing { .. } => true,
            Self::Extra { column } => !column.nullable,
            Self::Type { of_struct, of_table, .. } => !dialect.widens(of_struct, of_table),
            Self::Nullability { .. } => false,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { column } => {
                write!(
                    f,
                    "the table has no column \"{}\", which is {} in the struct",
                    column.name, column.data_type
                )
            }
            Self::Extra { column } if column.nullable => {
                write!(f, "the struct has no field for the column \"{}\" {}", column.name, column.data_type)
            }
            Self::Extra { column } => {
                write!(
                    f,
                    "the struct has no field for the column \"{}\" {} NOT NULL",
                    column.name, column.data_type
                )
            }
            Self::Type { column, of_struct, of_table } => {
                write!(f, "the column \"{column}\" is {of_table} in the table and {of_struct} in the struct")
            }
            Self::Nullability { column, in_table: true } => {
                write!(f, "the column \"{column}\" may be NULL in the table and the field is no Option")
            }
            Self::Nullability { column, in_table: false } => {
                write!(f, "the column \"{column}\" is NOT NULL in the table and the field is an Option")
            }
        }
    }
}
