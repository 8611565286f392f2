//! The tables of a mock, and the rows that were written to them.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, TimestampMicrosecondArray, new_null_array};
use arrow_schema::{ArrowError, DataType as ArrowType, Field, FieldRef, Schema, SchemaRef, TimeUnit};
use spark_connect::sql::Values;
use spark_connect::{Arguments, Literal};

use super::script::Answer;
use crate::driver::DirectIngest;
use crate::encode::{EncodeError, schema};
use crate::error::{Error, ErrorKind, Result};
use crate::names::is_same;
use crate::row::{LakeRowOwned, RowBatch};
use crate::source::Read;
use crate::table::{INGEST_ID, LakeTable, TableDefinition, TableName};

/// The tables, and how the next writes fail.
#[derive(Default)]
pub(super) struct Tables {
    /// By their names in the structs: a dialect may put a catalog in front.
    tables: HashMap<TableName, Table>,
    failures: VecDeque<Failure>,
}

/// How a write fails.
pub(super) enum Failure {
    /// With this error in the place of its statement.
    Refused(Error),
    /// Its rows are written, and its answer is lost.
    AnswerLost,
}

#[derive(Default)]
struct Table {
    /// The structs that are written to it.
    structs: Vec<Struct>,
    /// Whether a `CREATE TABLE` of its name makes it.
    can_be_created: bool,
    is_missing: bool,
    written: Vec<RecordBatch>,
    /// The ids of the writes whose rows it has.
    ingest_ids: BTreeSet<String>,
}

struct Struct {
    definition: TableDefinition,
    schema: fn() -> Result<SchemaRef, EncodeError>,
}

impl Tables {
    /// The table of a struct, which is there from now on.
    pub(super) fn add<T: LakeTable>(&mut self) {
        self.of_struct::<T>().is_missing = false;
    }

    /// The table of a struct, which is not there until it is created.
    pub(super) fn add_missing<T: LakeTable>(&mut self) {
        let table = self.of_struct::<T>();
        (table.is_missing, table.can_be_created) = (true, true);
    }

    fn of_struct<T: LakeTable>(&mut self) -> &mut Table {
        let definition = T::definition();
        let table = self.tables.entry(definition.name().clone()).or_default();
        if !table.structs.iter().any(|known| known.definition == definition) {
            table.structs.push(Struct { definition, schema: schema::<T> });
        }
        table
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.failures.push_back(failure);
    }

    /// The failures of writes that have not come.
    pub(super) fn problems(&self) -> impl Iterator<Item = String> {
        self.failures.iter().map(|failure| match failure {
            Failure::Refused(error) => {
                format!("expected, and not called: a write that fails ({})", error.kind())
            }
            Failure::AnswerLost => "expected, and not called: a write whose answer is lost".to_owned(),
        })
    }

    pub(super) fn written<T: LakeTable + LakeRowOwned>(&self) -> Result<Vec<T>> {
        let definition = T::definition();
        let table = self.find(definition.name()).ok_or_else(|| unknown(definition.name()))?;
        let mut rows = Vec::new();
        for batch in &table.written {
            let first = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            rows.extend(RowBatch::new(batch.clone(), first)?.to_vec::<T>()?);
        }
        Ok(rows)
    }

    fn find(&self, asked: &TableName) -> Option<&Table> {
        closest(self.tables.iter(), asked)
    }

    /// The table of this name, if it is there.
    fn find_present(&self, asked: &TableName) -> Option<&Table> {
        self.find(asked).filter(|table| !table.is_missing)
    }

    /// The answer to a question that a write or a migration asks about its table, if it is one.
    pub(super) fn answer(&self, read: &Read) -> Option<Result<Answer>> {
        let text = read.sql()?;
        if let Some(rest) = text.strip_prefix("DESCRIBE TABLE ").filter(|_| read.arguments().is_empty()) {
            let (name, _) = name_in_front(rest.strip_prefix("EXTENDED ").unwrap_or(rest));
            let refusal = || Error::new(ErrorKind::Unsupported, "the mock driver does not describe tables");
            return self.find_present(&name).map(|_| Err(refusal()));
        }
        let rest = text.strip_prefix("SELECT ")?;
        if rest == "current_timezone() AS time_zone" {
            let refusal = "the mock driver has no time zone";
            return Some(Err(Error::new(ErrorKind::Unsupported, refusal)));
        }
        if let Some(rest) = rest.strip_prefix("* FROM ") {
            let (name, rest) = name_in_front(rest);
            return if rest == " LIMIT 0" { self.columns(&name, read) } else { None };
        }
        let (name, rest) = name_in_front(rest.strip_prefix("1 AS found FROM ")?);
        if rest != " WHERE _ingest_id = :ingest_id LIMIT 1" {
            return None;
        }
        self.find_present(&name).map(|table| table.found(read.arguments()).map(answer))
    }

    /// The columns of a table, without rows.
    fn columns(&self, name: &TableName, read: &Read) -> Option<Result<Answer>> {
        match self.find(name) {
            Some(table) if table.is_missing => Some(Err(unknown(name))),
            Some(table) => Some(table.empty().map(answer)),
            None => read.looks_for_table().then(|| Err(unknown(name))),
        }
    }

    /// Whether the statement is one by which a migration makes a missing table, which is there then.
    pub(super) fn create(&mut self, text: &str) -> bool {
        if let Some(rest) = text.strip_prefix("CREATE TABLE ") {
            let (name, _) = name_in_front(rest.strip_prefix("IF NOT EXISTS ").unwrap_or(rest));
            let table = closest(self.tables.iter_mut(), &name).filter(|table| table.can_be_created);
            return table.map(|table| table.is_missing = false).is_some();
        }
        // The order of its rows is the second statement of a creation.
        let Some(rest) = text.strip_prefix("ALTER TABLE ") else { return false };
        let (name, rest) = name_in_front(rest);
        rest.starts_with(" WRITE ORDERED BY ")
            && self.find_present(&name).is_some_and(|table| table.can_be_created)
    }

    /// Writes the rows, unless they are there.
    pub(super) fn write(&mut self, rows: &DirectIngest) -> Result<()> {
        let text = rows.statement.sql();
        let target = text.strip_prefix("INSERT INTO ").or_else(|| text.strip_prefix("MERGE INTO "));
        let named = target.and_then(|text| closest(self.tables.iter_mut(), &name_in_front(text).0));
        let table = named.filter(|table| !table.is_missing).ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidStatement,
                "the mock driver has no table for the rows: make it with `table`",
            )
        })?;
        let failure = match self.failures.pop_front() {
            Some(Failure::Refused(error)) => return Err(error),
            failure => failure,
        };
        table.write(&rows.batches, rows.statement.arguments())?;
        match failure {
            Some(_) => {
                Err(Error::new(ErrorKind::OutcomeUnknown, "the answer was lost, as the mock was told"))
            }
            None => Ok(()),
        }
    }
}

impl Table {
    /// The columns of the first struct, and those that others add, which may be NULL.
    fn fields(&self) -> Result<Vec<FieldRef>> {
        let mut fields: Vec<FieldRef> = Vec::new();
        for (number, known) in self.structs.iter().enumerate() {
            for field in (known.schema)()?.fields() {
                if fields.iter().any(|there| is_same(there.name(), field.name())) {
                    continue;
                }
                fields.push(if number == 0 { Arc::clone(field) } else { nullable(field) });
            }
        }
        Ok(fields)
    }

    /// Whether a write stamps the column.
    fn stamps(&self, column: &str) -> bool {
        let definitions = self.structs.iter().map(|known| &known.definition);
        let mut stamped =
            definitions.flat_map(|table| [table.created_at_column(), table.updated_at_column()]).flatten();
        stamped.any(|stamped| is_same(stamped, column))
    }

    /// No row of it, with the column of lakeorm's own.
    fn empty(&self) -> Result<RecordBatch> {
        let mut fields = self.fields()?;
        fields.push(Arc::new(Field::new(INGEST_ID, ArrowType::Utf8, true)));
        Ok(RecordBatch::new_empty(Arc::new(Schema::new(fields))))
    }

    /// A row if it has rows of this write.
    fn found(&self, arguments: &Arguments) -> Result<RecordBatch> {
        let is_there = ingest_id(arguments).is_some_and(|id| self.ingest_ids.contains(&id));
        let found: ArrayRef = Arc::new(Int64Array::from(vec![1; usize::from(is_there)]));
        RecordBatch::try_from_iter([("found", found)]).map_err(|error| refused(&error))
    }

    fn write(&mut self, batches: &[RecordBatch], arguments: &Arguments) -> Result<()> {
        let fields = self.fields()?;
        let stamp = named(arguments, "written_at").and_then(Literal::as_timestamp);
        let whole = batches.iter().map(|batch| self.whole(batch, &fields, stamp));
        let whole = whole.collect::<Result<Vec<_>>>()?;
        if ingest_id(arguments).is_none_or(|id| self.ingest_ids.insert(id)) {
            self.written.extend(whole);
        }
        Ok(())
    }

    /// The batch with all columns of the table: those that the write stamps, those that it has, and NULLs.
    fn whole(&self, batch: &RecordBatch, fields: &[FieldRef], stamp: Option<i64>) -> Result<RecordBatch> {
        let columns = fields.iter().map(|field| {
            let stamps = stamp.filter(|_| self.stamps(field.name()));
            let stamps = stamps.and_then(|stamp| stamped(field, stamp, batch.num_rows()));
            match (stamps, given(batch, field.name())) {
                // Rows of nothing but stamps come with one column, which holds no time. A struct that does not stamp
                // the column has others beside it.
                (Some(stamps), None) => (nullable(field), stamps),
                (Some(stamps), Some(_)) if batch.num_columns() == 1 => (nullable(field), stamps),
                (_, Some((field, column))) => (nullable(field), Arc::clone(column)),
                (None, None) => (nullable(field), new_null_array(field.data_type(), batch.num_rows())),
            }
        });
        let (fields, columns): (Vec<FieldRef>, Vec<ArrayRef>) = columns.unzip();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|error| refused(&error))
    }
}

/// What belongs to the name, in front of which a dialect may have put a catalog: it ends with the name that is known.
/// The longest of several is meant.
fn closest<'t, T>(tables: impl Iterator<Item = (&'t TableName, T)>, asked: &TableName) -> Option<T> {
    let known = tables.filter(|(name, _)| asked.parts().ends_with(name.parts()));
    known.max_by_key(|(name, _)| name.parts().len()).map(|(_, table)| table)
}

/// A column of the batch, as names are compared.
fn given<'b>(batch: &'b RecordBatch, name: &str) -> Option<(&'b FieldRef, &'b ArrayRef)> {
    let mut columns = batch.schema_ref().fields().iter().zip(batch.columns());
    columns.find(|(field, _)| is_same(field.name(), name))
}

/// A column of the time of a write, if the column is a TIMESTAMP.
fn stamped(field: &Field, stamp: i64, rows: usize) -> Option<ArrayRef> {
    let ArrowType::Timestamp(TimeUnit::Microsecond, zone) = field.data_type() else { return None };
    let stamps = TimestampMicrosecondArray::from(vec![stamp; rows]);
    Some(Arc::new(stamps.with_timezone_opt(zone.clone())))
}

/// What a write leaves out is NULL, whatever the table says.
fn nullable(field: &Field) -> FieldRef {
    Arc::new(field.clone().with_nullable(true))
}

/// The name that the text begins with, up to a space or a parenthesis that is not in quotes, and the rest.
fn name_in_front(text: &str) -> (TableName, &str) {
    let mut is_quoted = false;
    let end = text.find(|letter: char| {
        is_quoted ^= letter == '`';
        !is_quoted && matches!(letter, ' ' | '(')
    });
    let (name, rest) = text.split_at(end.unwrap_or(text.len()));
    (TableName::parse(name), rest)
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

fn unknown(name: &TableName) -> Error {
    Error::no_table(format!("the mock driver has no table {name}: make it with `mock.table::<…>()`"))
}

fn refused(error: &ArrowError) -> Error {
    Error::new(ErrorKind::Protocol, format!("the mock driver cannot keep the rows: {error}"))
}
