//! Making a table, and comparing one that is there with its struct.

use std::collections::VecDeque;
use std::fmt;
use std::future::IntoFuture;
use std::iter;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use spark_connect::types::StructField;
use spark_connect::{DataType, clock};

use super::attempt::may_still_run;
use super::difference::Difference;
use super::not_open;
use super::options::Options;
use super::session::{WriteSession, retrying_lost_sessions};
use super::span;
use super::target::Target;
use super::zone;
use crate::client::Client;
use crate::command::Command;
use crate::dialect::{Dialect, Growing, check, check_partitions, is_fractional, set_property, widen};
use crate::driver::Driver;
use crate::error::{Error, ErrorKind, Result};
use crate::table::{TableColumn, TableDefinition};

/// Makes a table where there is none; see [`Client::migrate`].
///
/// An existing table is compared as far as the engine describes it. Spark describes everything. Sail (0.7.2) tells no
/// transforms of partitions, so that only their columns are compared; no defaults, which are not compared at all; and no
/// order of rows, which is a [`Difference::Order`] of a struct with `sort_by`. If the engine tells the format, as both
/// do, a table of another format is refused. On Sail a table is created with everything inside of its columns nullable:
/// it cannot merge into another.
///
/// # Errors
///
/// - [`Config`](crate::ErrorKind::Config) for a client of [`Client::new`], for a definition that contradicts itself, and
///   for a new Delta table that is partitioned by a TIMESTAMP while the session's time zone is not UTC.
/// - [`Unsupported`](crate::ErrorKind::Unsupported) for a feature that the format does not have, for a column to add or to
///   widen or a sort order where the engine cannot alter tables (Sail), for a column whose type the table does not let
///   grow, for a Delta table that is partitioned by a BINARY or, on Sail, by a fractional DECIMAL, and for a driver that
///   only reads. Nothing was done then.
/// - [`SchemaMismatch`](crate::ErrorKind::SchemaMismatch) for a view, and for a table of another format than the client's
///   dialect, where the engine tells it.
/// - Otherwise any kind listed under [How failures are classified](crate::Driver#how-failures-are-classified).
///
/// # Cancel safety
///
/// Dropping the future stops the statement that runs, which may have run by then. The next migration goes on from the
/// table as it is; the order of rows of an existing table, and the default of a column, it leaves as they are.
#[must_use = "a migration does nothing until it is awaited"]
#[derive(Debug)]
pub struct Migrate {
    client: Client,
    table: TableDefinition,
    evolve: bool,
}

/// The statements of a migration, and the differences that it found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    is_planned: bool,
    created: bool,
    steps: Vec<String>,
    differences: Vec<Difference>,
}

impl Migrate {
    pub(crate) fn new(client: Client, table: TableDefinition) -> Self {
        Self { client, table, evolve: false }
    }

    /// Adds the columns that the table lacks, and lets types grow where the format allows it, also those of fields of a
    /// STRUCT, elements of an ARRAY and values of a MAP; nothing else, so that no STRUCT gets a new field. What cannot grow
    /// inside of a column, because the table or the engine does not let it, stays one of the
    /// [`differences`](Migration::differences). See [`plan`](Self::plan) for the statements. A new column is NULL in the
    /// existing rows, whatever its `sql_default`. A struct with the narrower type can still be written, unless what has
    /// grown is inside of a column.
    ///
    /// Several programs may migrate a table to one struct at the same time: none does again what another one has done
    /// meanwhile.
    pub fn evolve(mut self) -> Self {
        self.evolve = true;
        self
    }

    /// The statements that would be run, and every difference as it is now. Nothing is changed in the table.
    ///
    /// # Errors
    ///
    /// Those of [`Migrate`], also for what the engine cannot do.
    ///
    /// # Cancel safety
    ///
    /// A dropped call frees what it held.
    pub async fn plan(self) -> Result<Migration> {
        let Found { is_new: created, steps, differences, .. } = self.look().await?;
        let steps = steps.into_iter().map(|step| step.sql).collect();
        Ok(Migration { is_planned: true, created, steps, differences })
    }

    fn dialect(&self) -> Result<&dyn Dialect> {
        Ok(self.client.writing().ok_or_else(not_open)?.dialect())
    }

    /// The table as it is, and the session in which the migration runs.
    async fn look(&self) -> Result<Found<'_>> {
        // Asked first, so that a contradiction is found whether or not there is a table. Some keys only a new one may not
        // have.
        let dialect = self.dialect()?;
        if let Err(error) = dialect.create_table(&self.table) {
            dialect.create_table(&self.table.clone().without_keys()).map_err(|_| error)?;
        }
        check(&self.table)?;
        let retry = Options::default().retry;
        retrying_lost_sessions(self.client.driver(), &retry, || self.look_once()).await
    }

    async fn look_once(&self) -> Result<Found<'_>> {
        let dialect = self.dialect()?;
        let name = dialect.table_name(&self.table);
        let session = WriteSession::of(self.client.driver(), dialect, &name).await?;
        let Some(mut target) = Target::find(session.driver(), name).await? else {
            let steps = self.creation(session.driver()).await?;
            return Ok(Found { session, is_new: true, steps, differences: Vec::new() });
        };
        target.describe(session.driver(), false).await?;
        target.check_format(dialect)?;
        target.known.partitions = target.told_partitions().unwrap_or_default();
        // The zone matters to who writes: what is changed in a table that is there are no values of partitions.
        target.check_partitions(session.driver(), dialect, false).await?;
        let tells_nested = dialect.supports_nested_not_null()
            && session.driver().table_support().await?.merges_nested_not_null;
        let differences = target.differences(&self.table, dialect, tells_nested);
        let mut steps = VecDeque::new();
        if self.evolve {
            let growing = self.growing(session.driver(), dialect, &differences).await?;
            steps = self.steps(dialect, &target, &differences, growing)?;
        }
        Ok(Found { session, is_new: false, steps, differences })
    }

    /// The statements that create the table: with nothing inside of columns NOT NULL where the engine could not merge into
    /// it, without statistics where it would read rounded values from them, and with a first commit where it keeps one of
    /// several.
    async fn creation(&self, driver: &dyn Driver) -> Result<VecDeque<Step>> {
        let (dialect, support) = (self.dialect()?, driver.table_support().await?);
        let partitions = self.table.partitions().iter().filter_map(|(_, column)| self.table.column(column));
        let name = dialect.table_name(&self.table);
        let partitions: Vec<&StructField> = partitions.map(|column| &column.field).collect();
        check_partitions(dialect, support.writes_decimal_partitions, &name, partitions.iter().copied())?;
        zone::check(driver, dialect, &name, &partitions).await?;
        if !support.alters_tables && !self.table.sort_columns().is_empty() {
            let what = format!(
                "{name} would be created without its sort order; no table was made. Remove `sort_by`"
            );
            return Err(cannot_alter(driver, &what));
        }
        let mut table = self.table.clone();
        if !support.merges_nested_not_null {
            table = table.nullable_inside();
        }
        // Sail keeps whole numbers, and a FLOAT has so few digits that it comes out the same.
        let is_rounded = |data_type: &DataType| *data_type == DataType::Double || is_fractional(data_type);
        let mut columns = table.columns().iter();
        if !support.has_exact_statistics && columns.any(|column| is_rounded(&column.field.data_type)) {
            table = dialect.without_statistics(table);
        }
        let statements = dialect.create_table(&table)?.into_iter().enumerate();
        let mut steps: VecDeque<Step> = statements.map(|(number, sql)| Step::new(sql, number == 0)).collect();
        if !support.keeps_first_commits
            && let Some(sql) = dialect.first_commit(&table)
        {
            // A look in between would leave time for the first rows of others, which this commit could undo.
            steps.insert(1.min(steps.len()), Step { follows_at_once: true, ..Step::new(sql, false) });
        }
        Ok(steps)
    }

    /// One statement for each part of a type that grows, one for all new columns, and those for their defaults. The
    /// statements that may be refused come first: then nothing is half done.
    fn steps(
        &self,
        dialect: &dyn Dialect,
        target: &Target,
        differences: &[Difference],
        growing: Vec<(&str, Growing<'_>)>,
    ) -> Result<VecDeque<Step>> {
        let name = &target.name;
        let mut steps = Vec::new();
        for (column, parts) in growing {
            if !may_grow(dialect, target, column, is_inside(&parts))? {
                continue;
            }
            steps.extend(parts.into_iter().map(|(path, to)| match path.is_empty() {
                true => dialect.widen(name, column, to),
                false => widen(name, &iter::once(column).chain(path).collect::<Vec<_>>(), to),
            }));
        }
        let missing = |found: &Difference| match found {
            Difference::Missing { column } => Some(self.column(column)),
            _ => None,
        };
        let missing: Vec<TableColumn> = differences.iter().filter_map(missing).collect();
        let missing: Vec<&TableColumn> = missing.iter().collect();
        if !missing.is_empty() {
            steps.push(dialect.add_columns(name, &missing)?);
        }
        let defaults = dialect.set_defaults(name, &missing);
        let property = dialect.defaults_property().filter(|(key, value)| !target.has_property(key, value));
        let property = property.filter(|_| !defaults.is_empty());
        let property = property.map(|(key, value)| set_property(name, key, value));
        let steps = steps.into_iter().map(|sql| Step::new(sql, true));
        let defaults = property.into_iter().chain(defaults).map(|sql| Step::new(sql, false));
        Ok(steps.chain(defaults).collect())
    }

    /// The column as the struct has it.
    fn column(&self, field: &StructField) -> TableColumn {
        let known = self.table.columns().iter().find(|column| column.field.name == field.name);
        known.cloned().unwrap_or_else(|| TableColumn::new(field.clone()))
    }

    async fn run(self) -> Result<Migration> {
        let mut found = self.look().await?;
        let (mut created, mut done, mut retries) = (false, Vec::new(), 0);
        while let Some(step) = found.steps.pop_front() {
            let ended = found.session.driver().exec(Command::from(&step.sql)).await;
            match ended {
                Ok(_) if found.is_new && found.steps.front().is_some_and(|next| !next.follows_at_once) => {
                    done.push(step.sql);
                    (found, created) = self.go_on(found, &mut done).await?;
                }
                Ok(_) => {
                    created |= found.is_new;
                    done.push(step.sql);
                }
                Err(error) => {
                    let refused = Refused { error, step, before: found, done: &done, retries };
                    found = refused.replan(&self).await?;
                    retries += 1;
                }
            }
        }
        if !done.is_empty() {
            // The work of others meanwhile counts too.
            drop(found);
            found = self.look().await?;
        }
        Ok(Migration { is_planned: false, created, steps: done, differences: found.differences })
    }

    /// The columns whose types grow. Where the engine can alter no table, new columns and types of whole columns are
    /// refused, and what would grow inside of a column stays a difference.
    async fn growing<'d>(
        &self,
        driver: &dyn Driver,
        dialect: &dyn Dialect,
        differences: &'d [Difference],
    ) -> Result<Vec<(&'d str, Growing<'d>)>> {
        let missing = differences.iter().filter_map(|found| match found {
            Difference::Missing { column } => Some(format!("\"{}\"", column.name)),
            _ => None,
        });
        let missing: Vec<String> = missing.collect();
        let growing: Vec<_> = differences.iter().filter_map(|found| found.growing(dialect)).collect();
        if missing.is_empty() && growing.is_empty() || driver.table_support().await?.alters_tables {
            return Ok(growing);
        }
        let whole = growing.iter().filter(|(_, parts)| !is_inside(parts));
        let whole: Vec<String> = whole.map(|(column, _)| format!("\"{column}\"")).collect();
        let parts = [("the columns", missing), ("the struct's types in the columns", whole)];
        let parts = parts.iter().filter(|(_, columns)| !columns.is_empty());
        let parts: Vec<String> =
            parts.map(|(what, columns)| format!("{what} {}", columns.join(", "))).collect();
        if parts.is_empty() {
            return Ok(Vec::new());
        }
        let (name, parts) = (dialect.table_name(&self.table), parts.join(" and "));
        let what = format!(
            "{name} cannot get {parts}; nothing was changed. Make a table with them, and copy the rows"
        );
        Err(cannot_alter(driver, &what))
    }

    /// The steps after the first one of a creation, and whether the table may be its work: `IF NOT EXISTS` also
    /// succeeds where another migration was first, whose table is compared like any other.
    async fn go_on<'m>(&'m self, before: Found<'m>, done: &mut Vec<String>) -> Result<(Found<'m>, bool)> {
        let Found { session, mut steps, .. } = before;
        // It goes back before another is taken, for there may be no more than one.
        drop(session);
        let mut found = match self.look().await {
            Ok(found) => found,
            Err(error) => {
                return Err(match steps.pop_front() {
                    Some(step) => half_way(error, done, &step, "did not run"),
                    None => error,
                });
            }
        };
        if found.differences.iter().any(Difference::is_of_another_creation) {
            done.clear();
            return Ok((found, false));
        }
        // What remains is the order, which another migration may have set meanwhile.
        let is_ordered = !self.table.sort_columns().is_empty()
            && !found.is_new
            && !found.differences.iter().any(|found| matches!(found, Difference::Order { .. }));
        found.steps = if is_ordered { VecDeque::new() } else { steps };
        Ok((found, true))
    }
}

/// A step that the engine refused, perhaps because others were first.
struct Refused<'m, 'd> {
    error: Error,
    step: Step,
    before: Found<'m>,
    /// The statements that were run before.
    done: &'d [String],
    retries: u32,
}

impl<'m> Refused<'m, '_> {
    /// The remaining steps: none that others have done meanwhile, and again the one that conflicted with them, after a
    /// wait.
    async fn replan(self, migrate: &'m Migrate) -> Result<Found<'m>> {
        let Self { error, step, before, done, retries } = self;
        let wait = Options::default().retry.draw(retries, None);
        // A step that conflicted has not run, also where its answer leaves that open.
        let has_ended = error.kind() == ErrorKind::Server || error.is_commit_conflict();
        let Some(wait) = wait.filter(|_| has_ended) else {
            return Err(half_done(error, done, &step));
        };
        let Found { session, steps: rest, is_new, .. } = before;
        // It goes back before another is taken, for there may be no more than one.
        drop(session);
        let Ok(mut found) = migrate.look().await else { return Err(half_done(error, done, &step)) };
        if step.is_planned_anew && !found.steps.contains(&step) {
            // Whoever added the columns may have come no further, and a default may be set twice.
            let unseen = rest.into_iter().filter(|step| !is_new && !step.is_planned_anew);
            let unseen: Vec<Step> = unseen.filter(|step| !found.steps.contains(step)).collect();
            found.steps.extend(unseen);
            return Ok(found);
        }
        if step.follows_at_once && found.differences.iter().any(Difference::is_of_another_creation) {
            // Another migration was first, with other columns.
            return Ok(found);
        }
        if !error.is_commit_conflict() {
            return Err(half_done(error, done, &step));
        }
        if !step.is_planned_anew {
            found.steps = [step].into_iter().chain(rest).collect();
        }
        clock::sleep(wait).await;
        Ok(found)
    }
}

/// The table as a look has found it.
struct Found<'m> {
    /// The session in which the steps are run.
    session: WriteSession<'m>,
    /// Whether there is no table.
    is_new: bool,
    /// The steps that remain.
    steps: VecDeque<Step>,
    differences: Vec<Difference>,
}

/// One statement of a migration.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    sql: String,
    /// Whether the table shows that it was not done, so that another look plans it again.
    is_planned_anew: bool,
    /// Whether nothing may happen between the step before and this one, not even a look.
    follows_at_once: bool,
}

impl Step {
    fn new(sql: String, is_planned_anew: bool) -> Self {
        Self { sql, is_planned_anew, follows_at_once: false }
    }
}

/// The error of an engine that can alter no table, and of what follows from that.
fn cannot_alter(driver: &dyn Driver, what: &str) -> Error {
    let name = driver.name();
    let message = format!("the engine of the driver {name:?} cannot alter tables (Sail, for one), so {what}");
    Error::new(ErrorKind::Unsupported, message)
}

/// Whether the parts that grow are inside of their column.
fn is_inside(parts: &[(Vec<&str>, &DataType)]) -> bool {
    parts.iter().all(|(path, _)| !path.is_empty())
}

/// Whether the table lets a type grow, as far as the engine tells. That of a whole column is refused where it does not;
/// what is inside of one stays a difference.
fn may_grow(dialect: &dyn Dialect, target: &Target, column: &str, is_inside: bool) -> Result<bool> {
    let Some((key, value)) = dialect.widening_property() else { return Ok(true) };
    if target.described.properties().is_none() || target.has_property(key, value) {
        return Ok(true);
    }
    if is_inside {
        return Ok(false);
    }
    let name = &target.name;
    let message = format!(
        "the type of the column \"{column}\" of {name} cannot be widened unless the table has the property \
         {key} = {value}; nothing was changed. Run {}, if every reader of the table supports it",
        set_property(name, key, value)
    );
    Err(Error::new(ErrorKind::Unsupported, message))
}

/// The error of a step that failed, after others if some were done.
fn half_done(error: Error, done: &[String], step: &Step) -> Error {
    if done.is_empty() {
        return error.context(&format!("the migration failed at {}", step.sql));
    }
    let outcome = if may_still_run(&error) && error.may_have_run() { "may have run" } else { "did not run" };
    half_way(error, done, step, outcome)
}

fn half_way(error: Error, done: &[String], step: &Step, outcome: &str) -> Error {
    let (done, step) = (done.join("; "), &step.sql);
    error.context(&format!("the migration stopped half-way: it ran {done}; {step} {outcome}"))
}

impl Migration {
    /// Whether there was no table, so that it was made; for a plan, that it would be.
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

    /// How the table differs from the struct after the migration; for a plan, before it. Partitions, order, properties,
    /// comments and defaults are compared as far as the engine tells them.
    #[must_use]
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }
}

impl IntoFuture for Migrate {
    type Output = Result<Migration>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        async move { span::of_migration(&self.client, &self.table).until_end(self.run()).await }.boxed()
    }
}

/// One line for each statement and each difference.
impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.is_unchanged(), self.created, self.is_planned) {
            (true, ..) => "unchanged",
            (_, true, true) => "would create",
            (_, true, false) => "created",
            (_, false, true) => "would evolve",
            (_, false, false) => "evolved",
        })?;
        self.steps.iter().try_for_each(|step| write!(f, "\n  {step}"))?;
        self.differences.iter().try_for_each(|difference| write!(f, "\n  {difference}"))
    }
}
