//! The tables of a mock, and the rows that were written to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, TimestampMicrosecondArray, new_null_array};
use arrow_schema::{ArrowError, DataType as ArrowType, Field, Schema, SchemaRef, TimeUnit};
use spark_connect::sql::Values;
use spark_connect::{Arguments, Literal};

use super::script::Answer;
use crate::driver::DirectIngest;
use crate::encode::{EncodeError, schema};
use crate::error::{Error, ErrorKind, Result};
use crate::row::{LakeRowOwned, RowBatch};
use crate::source::Read;
use crate::table::{INGEST_ID, LakeTable};

/// The tables, by their names as SQL writes them.
#[derive(Default)]
pub(super) struct Tables {
    tables: BTreeMap<String, Table>,
    failure: Option<Error>,
}

struct Table {
    /// The struct's columns.
    schema: fn() -> Result<SchemaRef, EncodeError>,
    written: Vec<RecordBatch>,
    /// The ids of the writes whose rows it has.
    ingest_ids: BTreeSet<String>,
}

impl Tables {
    pub(super) fn add<T: LakeTable>(&mut self) {
        let table = || Table { schema: schema::<T>, written: Vec::new(), ingest_ids: BTreeSet::new() };
        self.tables.entry(name::<T>()).or_insert_with(table);
    }

    pub(super) fn fail(&mut self, error: Error) {
        self.failure = Some(error);
    }

    pub(super) fn written<T: LakeTable + LakeRowOwned>(&self) -> Result<Vec<T>> {
        let name = name::<T>();
        let table = self.tables.get(&name).ok_or_else(|| unknown(&name))?;
        let mut rows = Vec::new();
        for batch in &table.written {
            let first = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            rows.extend(RowBatch::new(batch.clone(), first)?.to_vec::<T>()?);
        }
        Ok(rows)
    }

    /// The answer to a question that a write or a migration asks about its table, if it is one.
    pub(super) fn answer(&self, read: &Read) -> Option<Result<Answer>> {
        let text = read.sql()?;
        if let Some(name) = text.strip_prefix("DESCRIBE TABLE ").filter(|_| read.arguments().is_empty()) {
            let name = name.strip_prefix("EXTENDED ").unwrap_or(name);
            let is_known = self.tables.keys().any(|known| name.starts_with(known.as_str()));
            let refusal = || Error::new(ErrorKind::Unsupported, "the mock driver does not describe tables");
            return is_known.then(|| Err(refusal()));
        }
        let rest = text.strip_prefix("SELECT ")?;
        if rest == "current_timezone() AS time_zone" {
            let refusal = "the mock driver has no time zone";
            return Some(Err(Error::new(ErrorKind::Unsupported, refusal)));
        }
        if let Some(name) = rest.strip_prefix("* FROM ").and_then(|rest| rest.strip_suffix(" LIMIT 0")) {
            return match self.tables.get(name) {
                Some(table) => Some(table.empty().map(answer)),
                None => read.looks_for_table().then(|| Err(unknown(name))),
            };
        }
        let name =
            rest.strip_prefix("1 AS found FROM ")?.strip_suffix(" WHERE _ingest_id = :ingest_id LIMIT 1")?;
        let table = self.tables.get(name)?;
        Some(table.found(read.arguments()).map(answer))
    }

    /// Writes the rows, unless they are there.
    pub(super) fn write(&mut self, rows: &DirectIngest) -> Result<()> {
        let text = rows.statement.sql();
        let target = text.strip_prefix("INSERT INTO ").or_else(|| text.strip_prefix("MERGE INTO "));
        let is_of = |name: &str| {
            target.and_then(|target| target.strip_prefix(name)).is_some_and(|rest| rest.starts_with(' '))
        };
        let table = self.tables.iter_mut().find(|(name, _)| is_of(name)).map(|(_, table)| table);
        let table = table.ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidStatement,
                "the mock driver has no table for the rows: make it with `table`",
            )
        })?;
        match self.failure.take() {
            Some(error) => Err(error),
            None => table.write(&rows.batches, rows.statement.arguments()),
        }
    }
}

impl Table {
    /// No row of it, with the column of lakeorm's own.
    fn empty(&self) -> Result<RecordBatch> {
        let own = Arc::new(Field::new(INGEST_ID, ArrowType::Utf8, true));
        let fields = (self.schema)()?.fields().iter().cloned().chain([own]).collect::<Vec<_>>();
        Ok(RecordBatch::new_empty(Arc::new(Schema::new(fields))))
    }

    /// A row if it has rows of this write.
    fn found(&self, arguments: &Arguments) -> Result<RecordBatch> {
        let is_there = ingest_id(arguments).is_some_and(|id| self.ingest_ids.contains(&id));
        let found: ArrayRef = Arc::new(Int64Array::from(vec![1; usize::from(is_there)]));
        RecordBatch::try_from_iter([("found", found)]).map_err(|error| refused(&error))
    }

    fn write(&mut self, batches: &[RecordBatch], arguments: &Arguments) -> Result<()> {
        let columns = (self.schema)()?;
        let whole =
            batches.iter().map(|batch| whole(batch, &columns, arguments)).collect::<Result<Vec<_>>>()?;
        if ingest_id(arguments).is_none_or(|id| self.ingest_ids.insert(id)) {
            self.written.extend(whole);
        }
        Ok(())
    }
}

/// The batch with the columns that the write itself fills.
fn whole(batch: &RecordBatch, columns: &SchemaRef, arguments: &Arguments) -> Result<RecordBatch> {
    let stamp = named(arguments, "written_at").and_then(Literal::as_timestamp);
    let column = |field: &Arc<Field>| -> ArrayRef {
        if let (Some(stamp), ArrowType::Timestamp(TimeUnit::Microsecond, zone), None) =
            (stamp, field.data_type(), batch.column_by_name(field.name()))
        {
            let stamps = TimestampMicrosecondArray::from(vec![stamp; batch.num_rows()]);
            return Arc::new(stamps.with_timezone_opt(zone.clone()));
        }
        let given = batch.column_by_name(field.name());
        given.cloned().unwrap_or_else(|| new_null_array(field.data_type(), batch.num_rows()))
    };
    let filled = columns.fields().iter().map(column).collect();
    RecordBatch::try_new(Arc::clone(columns), filled).map_err(|error| refused(&error))
}

/// The name of the struct's table.
fn name<T: LakeTable>() -> String {
    T::definition().name().to_string()
}

fn ingest_id(arguments: &Arguments) -> Option<String> {
    named(arguments, "ingest_id")?.as_str().map(str::to_owned)
}

fn named<'a>(arguments: &'a Arguments, name: &str) -> Option<&'a Literal> {
    match arguments.values() {
        Values::Named(values) => values.get(name)?.single(),
        _ => None,
    }
}

fn answer(batch: RecordBatch) -> Answer {
    Answer { delay: Duration::ZERO, batches: vec![batch], error: None }
}

fn unknown(name: &str) -> Error {
    Error::no_table(format!("the mock driver has no table {name}: make it with `mock.table::<…>()`"))
}

fn refused(error: &ArrowError) -> Error {
    Error::new(ErrorKind::Protocol, format!("the mock driver cannot keep the rows: {error}"))
}
