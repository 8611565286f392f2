//! Making a table, and comparing one that is there with its struct.

use std::fmt;
use std::future::IntoFuture;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use spark_connect::types::StructField;

use super::attempt::may_still_run;
use super::difference::Difference;
use super::not_open;
use super::target::{Place, Target};
use crate::client::Client;
use crate::command::Command;
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result};
use crate::table::{TableColumn, TableDefinition};

/// Makes a table where there is none; see [`Client::migrate`].
///
/// An existing table is compared as far as the engine describes it: Spark describes everything, Sail (0.7.2) neither the
/// transforms of partitions nor an order of rows. If the engine tells the format, as both do, a table of another format is
/// refused.
///
/// # Errors
///
/// [`Config`](crate::ErrorKind::Config) for a client that reads only, and for a definition that contradicts itself;
/// [`Unsupported`](crate::ErrorKind::Unsupported) for what the format does not have, for a type that the table does not let
/// grow, and for a driver that only reads. [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch) for a table of another format
/// than the client's dialect, where the engine tells it.
/// The kinds of a query and of a statement.
///
/// # Cancel safety
///
/// Dropping the future stops the statement that runs, which may have run by then. The next migration takes up what is
/// there.
#[must_use = "a migration does nothing until it is awaited"]
#[derive(Debug)]
pub struct Migrate {
    client: Client,
    table: TableDefinition,
    evolve: bool,
}

/// What a migration found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    created: bool,
    steps: Vec<String>,
    differences: Vec<Difference>,
}

impl Migrate {
    pub(crate) fn new(client: Client, table: TableDefinition) -> Self {
        Self { client, table, evolve: false }
    }

    /// Adds the columns that the table lacks, and lets types grow where the format allows it; nothing else. See
    /// [`plan`](Self::plan) for the statements.
    pub fn evolve(mut self) -> Self {
        self.evolve = true;
        self
    }

    /// What would be done: the statements, and every difference as it is now. Nothing is changed in the table.
    ///
    /// # Errors
    ///
    /// As of the migration.
    ///
    /// # Cancel safety
    ///
    /// A dropped call frees what it held.
    pub async fn plan(self) -> Result<Migration> {
        let place = self.place().await?;
        self.planned(&place).await
    }

    fn dialect(&self) -> Result<&dyn Dialect> {
        Ok(self.client.writing().ok_or_else(not_open)?.dialect())
    }

    async fn place(&self) -> Result<Place<'_>> {
        let dialect = self.dialect()?;
        // Asked first, so that a contradiction is found whether or not there is a table.
        dialect.create_table(&self.table)?;
        Place::of(self.client.driver(), dialect, &dialect.table_name(&self.table)).await
    }

    async fn planned(&self, place: &Place<'_>) -> Result<Migration> {
        let dialect = self.dialect()?;
        let Some(mut target) = Target::find(place.driver(), dialect.table_name(&self.table)).await? else {
            let steps = dialect.create_table(&self.table)?;
            return Ok(Migration { created: true, steps, differences: Vec::new() });
        };
        target.describe(place.driver()).await?;
        target.check_format(dialect)?;
        let differences = target.differences(&self.table, dialect);
        let steps = if self.evolve { self.steps(dialect, &target, &differences)? } else { Vec::new() };
        Ok(Migration { created: false, steps, differences })
    }

    /// One statement for each type that grows, and one for all new columns. What may be refused comes first: then nothing is
    /// half done.
    fn steps(
        &self,
        dialect: &dyn Dialect,
        target: &Target,
        differences: &[Difference],
    ) -> Result<Vec<String>> {
        let mut steps = Vec::new();
        for found in differences {
            if let Difference::Type { column, of_struct, of_table } = found
                && dialect.widens(of_table, of_struct)
            {
                may_grow(dialect, target, column)?;
                steps.push(dialect.widen(&target.name, column, of_struct));
            }
        }
        let missing = |found: &Difference| match found {
            Difference::Missing { column } => Some(self.column(column)),
            _ => None,
        };
        let missing: Vec<TableColumn> = differences.iter().filter_map(missing).collect();
        if !missing.is_empty() {
            steps.push(dialect.add_columns(&target.name, &missing.iter().collect::<Vec<_>>())?);
        }
        Ok(steps)
    }

    /// The column with what the struct says of it.
    fn column(&self, field: &StructField) -> TableColumn {
        let known = self.table.columns().iter().find(|column| column.field.name == field.name);
        known.cloned().unwrap_or_else(|| TableColumn::new(field.clone()))
    }

    async fn run(self) -> Result<Migration> {
        let place = self.place().await?;
        let plan = self.planned(&place).await?;
        for (number, step) in plan.steps.iter().enumerate() {
            let done = place.driver().exec(Command::from(step)).await;
            done.map_err(|error| if number == 0 { error } else { half_done(error, &plan, number) })?;
        }
        if plan.steps.is_empty() {
            return Ok(plan);
        }
        // What others did meanwhile counts too.
        place.look_again(&self.dialect()?.table_name(&self.table)).await?;
        let done = self.planned(&place).await?;
        Ok(Migration { created: plan.created, steps: plan.steps, differences: done.differences })
    }
}

/// Refuses a type that grows in a table that does not let it, where the engine tells.
fn may_grow(dialect: &dyn Dialect, target: &Target, column: &str) -> Result<()> {
    let Some((key, value)) = dialect.widening_property() else { return Ok(()) };
    let is_set = |there: &str| there.eq_ignore_ascii_case(value);
    if target.described.properties().is_none_or(|told| told.value(key).is_some_and(is_set)) {
        return Ok(());
    }
    let name = &target.name;
    let message = format!(
        "the type of the column \"{column}\" of {name} cannot grow while the table has not the property {key} = {value}, and \
         nothing was changed: set it with ALTER TABLE {name} SET TBLPROPERTIES ('{key}' = '{value}'), if all who read the \
         table know it"
    );
    Err(Error::new(ErrorKind::Unsupported, message))
}

/// A step that failed behind others.
fn half_done(error: Error, plan: &Migration, done: usize) -> Error {
    let steps = plan.steps.get(..done).unwrap_or_default().join("; ");
    let next = plan.steps.get(done).map_or("", String::as_str);
    let not = if may_still_run(&error) && error.may_have_run() { "perhaps" } else { "not" };
    error.context(&format!("the migration has run {steps}, and {not} {next}"))
}

impl Migration {
    /// Whether there was no table, so that it was made.
    #[must_use]
    pub fn is_created(&self) -> bool {
        self.created
    }

    /// Whether nothing was done.
    #[must_use]
    pub fn is_unchanged(&self) -> bool {
        self.steps.is_empty()
    }

    /// The statements that were run, in their order; for a plan, those that would be.
    #[must_use]
    pub fn steps(&self) -> &[String] {
        &self.steps
    }

    /// How the table differs from the struct after the migration; for a plan, before it. Partitions, order, properties and
    /// comments are compared as far as the engine tells them.
    #[must_use]
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }
}

impl IntoFuture for Migrate {
    type Output = Result<Migration>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.run().boxed()
    }
}

/// One line for each statement and each difference.
impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.created, self.is_unchanged()) {
            (true, _) => "created",
            (false, true) => "unchanged",
            (false, false) => "evolved",
        })?;
        self.steps.iter().try_for_each(|step| write!(f, "\n  {step}"))?;
        self.differences.iter().try_for_each(|difference| write!(f, "\n  {difference}"))
    }
}
