//! The existing table, beside the one that the struct describes.

use std::collections::BTreeSet;

use futures_util::TryStreamExt;
use spark_connect::DataType;
use spark_connect::types::{Schema, StructField};

use super::described::Described;
use super::difference::{Difference, layout, nested};
use super::known_tables::Known;
use super::{key_types, zone};
use crate::dialect::{Assignment, Dialect, check_partitions, is_fractional, set_property};
use crate::driver::{Driver, TableSupport};
use crate::error::{Error, ErrorKind, Result};
use crate::names::{Found, find, is_same, shown};
use crate::source::{Read, Source};
use crate::table::{INGEST_ID, TableDefinition, TableName, Transform, first_inside};

/// A table as the engine has it.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) name: TableName,
    pub(super) columns: Vec<StructField>,
    pub(super) described: Described,
    /// What is known of it, from its description or from that of an earlier write.
    pub(super) known: Known,
}

impl Target {
    /// The table of this name with its columns, if there is one. No row is read.
    pub(super) async fn find(driver: &dyn Driver, name: TableName) -> Result<Option<Self>> {
        let look = Self::look(&name).looking_for_table();
        match Self::read(driver, name, look).await {
            Err(error) if error.is_table_not_found() => Ok(None),
            found => found.map(Some),
        }
    }

    /// The table of this name with its columns, which is to be there. No row is read.
    pub(super) async fn of(driver: &dyn Driver, name: TableName) -> Result<Self> {
        let look = Self::look(&name);
        Self::read(driver, name, look).await
    }

    fn look(name: &TableName) -> Source {
        Source::sql(format!("SELECT * FROM {name} LIMIT 0"))
    }

    async fn read(driver: &dyn Driver, name: TableName, look: Source) -> Result<Self> {
        // To its end, so that its slot is free for the next question.
        let batches: Vec<_> = driver.read(Read::all(look)).try_collect().await?;
        let Some(batch) = batches.first() else {
            return Err(Error::new(ErrorKind::Protocol, "a result came without its columns"));
        };
        let columns = Schema::from_arrow(&batch.schema()).into_fields();
        Ok(Self { name, columns, described: Described::default(), known: Known::default() })
    }

    /// Asks for the engine's description of the table, without which a write that needs it is not to go on. Spark plans
    /// a scan of an Iceberg table for the answer.
    pub(super) async fn describe(&mut self, driver: &dyn Driver, is_needed: bool) -> Result<()> {
        self.described = Described::of(driver, &self.name, is_needed).await?;
        Ok(())
    }

    /// What the description tells; of the partitions of a table that tells none, those of the struct.
    pub(super) fn told(&self, table: &TableDefinition, dialect: &dyn Dialect) -> Known {
        let branches = dialect.write_audit_publish_property();
        Known {
            partitions: self.told_partitions().unwrap_or_else(|| self.named(table.partitions())),
            defaults: self.described.columns_with_defaults(),
            checks_merges: self.without_checks(dialect).is_none(),
            takes_branches: branches.is_some_and(|(key, value)| self.has_property(key, value)),
            columns: BTreeSet::new(),
        }
    }

    /// Whether the struct has values that a partition by their column would change.
    pub(super) fn may_lose_values(&self, table: &TableDefinition, dialect: &dyn Dialect) -> bool {
        let mut columns = table.columns().iter().filter_map(|column| self.column(&column.field.name));
        dialect.partition_values_are_text() && columns.any(|column| may_be_lost(&column.data_type))
    }

    /// Whether the engine has told something of the table beside its columns.
    pub(super) fn is_described(&self) -> bool {
        self.described.format().is_some()
    }

    /// Those of the columns that are texts, or have one in them, by their names in the table.
    pub(super) fn texts_among(&self, columns: &[String]) -> Vec<String> {
        let there = columns.iter().filter_map(|column| self.column(column));
        there.filter(|column| has_text(&column.data_type)).map(|column| column.name.clone()).collect()
    }

    /// The columns that the table is partitioned by, as far as the engine tells it.
    pub(super) fn told_partitions(&self) -> Option<Vec<String>> {
        let told = self.described.partitions()?.iter();
        Some(told.filter_map(|told| self.partition_column(told)).map(|column| column.name.clone()).collect())
    }

    /// The columns of these partitions of a struct, by their names in the table.
    fn named(&self, partitions: &[(Transform, String)]) -> Vec<String> {
        let there = partitions.iter().filter_map(|(_, column)| self.column(column));
        there.map(|column| column.name.clone()).collect()
    }

    /// The column of a partition that is told by its name, in quotes or not.
    fn partition_column(&self, told: &str) -> Option<&StructField> {
        self.column(told).or_else(|| match TableName::parse(told).parts() {
            [name] => self.column(name),
            _ => None,
        })
    }

    /// Refuses a table whose partitions would not keep the values of their columns. The zone of the session matters to
    /// instants, and is asked for of a table that `is_new` to the client.
    pub(super) async fn check_partitions(
        &self,
        driver: &dyn Driver,
        dialect: &dyn Dialect,
        is_new: bool,
    ) -> Result<()> {
        if !dialect.partition_values_are_text() {
            return Ok(());
        }
        let columns: Vec<&StructField> =
            self.known.partitions.iter().filter_map(|column| self.column(column)).collect();
        if is_new {
            zone::check(driver, dialect, &self.name, &columns).await?;
        }
        let support = match columns.iter().any(|column| is_fractional(&column.data_type)) {
            true => driver.table_support().await?,
            false => TableSupport::default(),
        };
        check_partitions(dialect, support.writes_decimal_partitions, &self.name, columns)
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

    /// Every difference: of columns, in the order of the struct and then of the table, and of how the table is laid
    /// out. `tells_nested`: whether a field inside of a STRUCT that may be NULL in the table alone is one.
    pub(super) fn differences(
        &self,
        table: &TableDefinition,
        dialect: &dyn Dialect,
        tells_nested: bool,
    ) -> Vec<Difference> {
        let mut differences = self.columns_that_differ(table, tells_nested);
        differences.extend(layout(&self.described, table, dialect));
        differences
    }

    fn columns_that_differ(&self, table: &TableDefinition, tells_nested: bool) -> Vec<Difference> {
        let ingest_id = StructField::new(INGEST_ID, DataType::String);
        let wanted = table.columns().iter().map(|column| &column.field).chain([&ingest_id]);
        let mut differences: Vec<Difference> =
            wanted.flat_map(|column| self.difference(column, tells_nested)).collect();
        let known = |column: &&StructField| {
            column.name.eq_ignore_ascii_case(INGEST_ID) || table.column(&column.name).is_some()
        };
        let extra = self.columns.iter().filter(|column| !known(column));
        differences.extend(extra.map(|column| Difference::Extra { column: column.clone() }));
        differences
    }

    fn difference(&self, wanted: &StructField, tells_nested: bool) -> Vec<Difference> {
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
        } else {
            nested(&there.name, &wanted.data_type, &there.data_type, tells_nested, &mut differences);
        }
        if there.nullable != wanted.nullable && wanted.name != INGEST_ID {
            differences
                .push(Difference::Nullability { column: there.name.clone(), in_table: there.nullable });
        }
        differences
    }

    /// Refuses a view, and a table of another format than the client writes, where the engine tells it.
    pub(super) fn check_format(&self, dialect: &dyn Dialect) -> Result<()> {
        if self.described.is_view() {
            let message = format!(
                "{} is a view, which takes no rows: change `table` on the struct to the name of a table",
                self.name
            );
            return Err(Error::new(ErrorKind::SchemaMismatch, message));
        }
        let (Some(wanted), Some(there)) = (dialect.provider(), self.described.format()) else {
            return Ok(());
        };
        if there.eq_ignore_ascii_case(wanted) {
            return Ok(());
        }
        let (name, format) = (&self.name, dialect.name());
        let message = format!(
            "the table {name} has the format {there}, but the client writes {format}: pass that format's dialect to \
             lakeorm::open, or change `table` on the struct"
        );
        Err(Error::new(ErrorKind::SchemaMismatch, message))
    }

    /// Whether the engine tells that the table has a property with this value.
    pub(super) fn has_property(&self, key: &str, value: &str) -> bool {
        let there = self.described.properties().and_then(|told| told.value(key));
        there.is_some_and(|there| there.eq_ignore_ascii_case(value))
    }

    /// Refuses keys by whose types the engine does not find rows again, where it tells that.
    pub(super) fn check_keys(&self) -> Result<()> {
        let refused = |(column, told)| key_types::refused(&self.name, column, told);
        match self.described.types().find_map(refused) {
            Some(message) => Err(Error::new(ErrorKind::Unsupported, message)),
            None => Ok(()),
        }
    }

    /// The path to the first field that is NOT NULL inside of one of these columns.
    pub(super) fn required_inside<'c>(&self, columns: impl IntoIterator<Item = &'c str>) -> Option<String> {
        let required = |part: &DataType| match part {
            DataType::Struct(fields) => {
                fields.iter().find(|field| !field.nullable).map(|field| field.name.clone())
            }
            _ => None,
        };
        let mut there = columns.into_iter().filter_map(|column| self.column(column));
        let found = there.find_map(|column| first_inside(column.name.clone(), &column.data_type, &required));
        found.map(|(path, field)| format!("{path}.{field}"))
    }

    /// The property because of which merges are not checked: its name, the value that it should have, and the one that
    /// it has.
    fn without_checks(&self, dialect: &dyn Dialect) -> Option<(&'static str, &'static str, &str)> {
        let (key, wanted) = dialect.merge_isolation_property()?;
        let there = self.described.properties()?.value(key)?;
        (!there.eq_ignore_ascii_case(wanted)).then_some((key, wanted, there))
    }

    /// Refuses a table in which two merges at once do not see the new rows of each other, where the engine tells it.
    pub(super) fn check_merges(&self, dialect: &dyn Dialect) -> Result<()> {
        let Some((key, wanted, there)) = self.without_checks(dialect) else { return Ok(()) };
        let (name, there) = (&self.name, shown(there));
        let message = format!(
            "the table {name} has the property {key} = {there}, with which concurrent merges, or two writes with one \
             idempotency key, could insert rows twice; nothing was written. Set it to {wanted} with {}",
            set_property(name, key, wanted)
        );
        Err(Error::new(ErrorKind::Unsupported, message))
    }

    /// Refuses a struct whose rows do not fit the table, as rows to insert or only as values of those that are there.
    pub(super) fn check(
        &self,
        table: &TableDefinition,
        dialect: &dyn Dialect,
        row: &str,
        inserts: bool,
    ) -> Result<()> {
        self.check_format(dialect)?;
        let differences = self.columns_that_differ(table, dialect.supports_nested_not_null());
        let stops = |found: &&Difference| found.stops_writes(dialect, inserts) && !self.is_filled(found);
        let refused: Vec<&Difference> = differences.iter().filter(stops).collect();
        if refused.is_empty() {
            return Ok(());
        }
        let name = &self.name;
        let left_out = match refused.iter().any(|found| matches!(found, Difference::Extra { .. })) {
            true => "; a merge with `update_only()` needs no value for it",
            false => "",
        };
        let refused: Vec<String> = refused.iter().map(ToString::to_string).collect();
        let evolves = [
            (
                differences.iter().any(|found| matches!(found, Difference::Missing { .. })),
                "adds columns that are missing",
            ),
            (differences.iter().any(|found| found.growing(dialect).is_some()), "widens types that may grow"),
        ];
        let evolves: Vec<&str> = evolves.iter().filter(|(helps, _)| *helps).map(|(_, what)| *what).collect();
        let evolve = match evolves.as_slice() {
            [] => String::new(),
            evolves => format!("; `db.migrate::<{row}>().evolve()` {}", evolves.join(" and ")),
        };
        Err(Error::new(
            ErrorKind::SchemaMismatch,
            format!("{row} cannot be written to {name}: {}{left_out}{evolve}", refused.join("; ")),
        ))
    }

    /// Whether the table has a column that takes no NULL, and that neither the struct nor, as far as is known, the table
    /// itself has a value for.
    pub(super) fn lacks_values(&self, table: &TableDefinition) -> bool {
        let is_required =
            |found: &Difference| matches!(found, Difference::Extra { column } if !column.nullable);
        let differences = self.columns_that_differ(table, false);
        differences.iter().any(|found| is_required(found) && !self.is_filled(found))
    }

    /// Whether it is a column that the table fills by itself.
    fn is_filled(&self, found: &Difference) -> bool {
        let Difference::Extra { column } = found else { return false };
        self.known.defaults.iter().any(|filled| is_same(filled, &column.name))
    }

    /// Whether the table has columns that rows of the struct have no value for.
    pub(super) fn has_more_columns(&self, table: &TableDefinition) -> bool {
        self.assignments(table).len() < self.columns.len()
    }

    /// The value of each column of the table, from a source that has the columns of the struct.
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

/// Whether it is a text, or has one in it.
fn has_text(data_type: &DataType) -> bool {
    let is_text = |part: &DataType| (*part == DataType::String).then_some(());
    first_inside(String::new(), data_type, &is_text).is_some()
}

/// Whether some values of this type are others as the text of a partition.
pub(super) fn may_be_lost(data_type: &DataType) -> bool {
    use DataType::{Binary, String, Timestamp, TimestampNtz};
    matches!(data_type, String | Binary | Timestamp | TimestampNtz) || is_fractional(data_type)
}
