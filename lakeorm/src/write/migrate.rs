//! Making a table, and comparing one that is there with its struct.

use std::fmt;
use std::future::IntoFuture;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use spark_connect::types::StructField;

use super::not_open;
use super::target::{Place, Target};
use crate::client::Client;
use crate::command::Command;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::table::{TableColumn, TableDefinition};

pub use super::target::Difference;

/// Makes a table where there is none; see [`Client::migrate`].
///
/// # Errors
///
/// [`Config`](crate::ErrorKind::Config) for a client that reads only, and for a definition that contradicts itself;
/// [`Unsupported`](crate::ErrorKind::Unsupported) for what the format does not have, and for a driver that only reads.
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

    /// What would be done: the statements, and every difference as it is now. Nothing is changed.
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
        let Some(target) = Target::find(place.driver(), dialect.table_name(&self.table)).await? else {
            let steps = dialect.create_table(&self.table)?;
            return Ok(Migration { created: true, steps, differences: Vec::new() });
        };
        let differences = target.differences(&self.table);
        let steps = if self.evolve { self.steps(dialect, &target, &differences)? } else { Vec::new() };
        Ok(Migration { created: false, steps, differences })
    }

    /// One statement for all new columns, and one for each type that grows.
    fn steps(
        &self,
        dialect: &dyn Dialect,
        target: &Target,
        differences: &[Difference],
    ) -> Result<Vec<String>> {
        let missing = |found: &Difference| match found {
            Difference::Missing { column } => Some(self.column(column)),
            _ => None,
        };
        let missing: Vec<TableColumn> = differences.iter().filter_map(missing).collect();
        let mut steps = Vec::new();
        if !missing.is_empty() {
            steps.push(dialect.add_columns(&target.name, &missing.iter().collect::<Vec<_>>())?);
        }
        for found in differences {
            if let Difference::Type { column, of_struct, of_table } = found
                && dialect.widens(of_table, of_struct)
            {
                steps.push(dialect.widen(&target.name, column, of_struct));
            }
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
        for step in &plan.steps {
            place.driver().exec(Command::from(step)).await?;
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

    /// The statements that were run, in their order; those that would be, of a plan.
    #[must_use]
    pub fn steps(&self) -> &[String] {
        &self.steps
    }

    /// How the table differs from the struct, after what was done; before it, of a plan.
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
