//! Plans: the requests to a server, as plain data. Nothing here does I/O; a plan may keep its session alive, but
//! never uses it.
//!
//! A plan is a tree of relations, and in each of them are trees of expressions. Both are made of parts that know, as
//! soon as they are built, how deep and how large they are, which session they belong to, and the first mistake in
//! them; so building never fails, and a plan that cannot run is refused before anything is sent.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use crate::types::Literal;

mod aggregate;
mod catalog;
mod column;
mod command;
mod convert;
mod extent;
mod filter;
mod join;
mod local;
mod misread;
mod missing;
mod options;
mod partition;
mod project;
mod read;
mod reshape;
mod rows;
mod set;
mod show;
mod sort;
mod sql;
mod statistics;
#[cfg(test)]
mod tests;
mod window;

pub(crate) use aggregate::Grouping;
pub(crate) use column::IntoLambda;
pub use column::{
    Cast, Column, IntoColumn, IntoColumns, IntoCondition, IntoDataType, IntoMembers, IntoNames, IntoValue,
    Members,
};
pub(crate) use column::{call, for_lists, for_texts, for_tuples, function, quoted};
pub(crate) use command::{Command, Merge, Target, Write, WriteTo, WriteToMode};
pub use command::{MergeAction, SaveMode};
pub(crate) use convert::{Sendable, Sending};
use extent::Extent;
pub use extent::PlanError;
pub(crate) use extent::{Origin, Owner};
pub use join::{AsOf, AsOfDirection, IntoJoinOn, JoinOn, JoinType};
pub(crate) use local::{Artifact, Local, Upload};
pub(crate) use misread::Misread;
pub(crate) use options::{Options, shown};
pub(crate) use read::{KeptRows, Source};
pub(crate) use rows::Sample;
pub(crate) use set::{SetKind, SetOperation};
pub use sql::Sql;
pub(crate) use sql::{SentText, sql_command};
pub(crate) use statistics::Statistics;
pub use window::{Window, WindowBound};

/// Something with rows and columns. Clones are cheap.
///
/// A server bounds how deep a plan may nest (Spark 1024 protobuf levels, Sail its stack), so one of more than 150
/// levels is refused before it is sent. Conditions that are joined by `and` or `or`, and filters upon filters, count
/// as one level, however many there are: of long chains of filters the last ones are sent as one.
///
/// ```
/// # use spark_connect::Relation;
/// let flights = Relation::table("flights").project(["carrier", "arr_delay"]).limit(10);
/// assert!(!flights.has_effects());
/// assert!(Relation::sql("INSERT INTO t VALUES (1)").has_effects());
/// ```
#[derive(Clone)]
pub struct Relation(Arc<Node>);

struct Node {
    /// By it columns name the relation that they belong to. No two relations of a process have the same.
    id: i64,
    operator: Operator,
    inputs: Vec<Relation>,
    columns: Vec<Column>,
    extent: Extent,
    /// Whether it is a filter that is sent as one with its input, which is a filter too.
    joins_input: bool,
    /// When a server was first told to keep its rows, which it finds again by the plan of the relation alone: a number that
    /// grows from one such relation to the next, or [`NEVER`].
    persisted: AtomicU64,
}

/// Later than every time at which rows were kept.
const NEVER: u64 = u64::MAX;

/// One family of relations each, without their inputs and expressions, which every relation holds alike.
#[derive(Debug, Clone)]
enum Operator {
    Sql(Sql),
    Read(read::Read),
    Local(Local),
    Project(project::Project),
    Filter,
    Join(join::Join),
    Aggregate(aggregate::Aggregate),
    Set(SetOperation),
    Sort(sort::Sort),
    Rows(rows::Rows),
    Partition(partition::Partition),
    Reshape(reshape::Reshape),
    Missing(missing::Missing),
    Statistics(Statistics),
    Catalog(catalog::Catalog),
    Show(show::Show),
}

impl Operator {
    /// The values of its own, beside those in expressions and in SQL.
    fn literals(&self) -> Vec<&Literal> {
        match self {
            Self::Missing(missing) => missing.literals(),
            Self::Aggregate(aggregate) => aggregate.literals().iter().collect(),
            Self::Statistics(statistics) => statistics.literals(),
            _ => Vec::new(),
        }
    }

    /// The refusal of what Spark before 4.0 does not know, whose own error names nothing.
    fn newer(&self) -> Option<&'static str> {
        match self {
            Self::Read(read) => read.newer(),
            Self::Join(join) => join.newer(),
            Self::Aggregate(aggregate) => aggregate.newer(),
            Self::Reshape(reshape) => reshape.newer(),
            _ => None,
        }
    }

    /// The values of its options that are as secret as bound ones.
    fn secrets(&self) -> Vec<&str> {
        match self {
            Self::Read(read) => read.secrets(),
            Self::Catalog(catalog) => catalog.secrets(),
            _ => Vec::new(),
        }
    }

    /// The names and texts of its own that the caller wrote, beside those in expressions and in SQL.
    fn names(&self, names: &mut String) {
        match self {
            Self::Read(read) => read.names(names),
            Self::Local(local) => local.column_names(names),
            Self::Project(project) => project.names(names),
            Self::Join(join) => note(names, join.using()),
            Self::Rows(rows) => rows.names(names),
            Self::Partition(partition) => partition.names(names),
            Self::Reshape(reshape) => reshape.names(names),
            Self::Missing(missing) => note(names, missing.columns()),
            Self::Statistics(statistics) => statistics.names(names),
            Self::Catalog(catalog) => catalog.names(names),
            Self::Sql(_)
            | Self::Filter
            | Self::Aggregate(_)
            | Self::Set(_)
            | Self::Sort(_)
            | Self::Show(_) => {}
        }
    }
}

/// Whether one of the values is, or holds, an instant.
fn hold_instants(literals: Vec<&Literal>) -> bool {
    literals.into_iter().any(|literal| literal.data_type().holds_instants())
}

/// Adds texts to those that the caller wrote, each in a line of its own.
fn note(names: &mut String, texts: impl IntoIterator<Item = impl AsRef<str>>) {
    for text in texts {
        names.push_str(text.as_ref());
        names.push('\n');
    }
}

impl Relation {
    /// A relation over others, with its expressions.
    fn new(operator: Operator, inputs: Vec<Self>, columns: Vec<Column>) -> Self {
        Self::checked(operator, inputs, columns, None)
    }

    /// The same, with the mistake in it.
    fn checked(
        operator: Operator,
        inputs: Vec<Self>,
        columns: Vec<Column>,
        mistake: Option<PlanError>,
    ) -> Self {
        let can_join = filter::can_join(&operator, &columns, &inputs);
        let mut extent = Self::extent_over(&inputs, &columns, can_join);
        let joins_input = can_join && !extent.try_keep_filter_apart();
        extent.note(mistake);
        extent.note_newer(operator.newer().map(PlanError::new));
        if let Operator::Sql(sql) = &operator {
            extent.effects |= sql.statement().has_effects();
        }
        if let Operator::Catalog(catalog) = &operator {
            extent.effects |= catalog.has_effects;
        }
        let (inputs, columns) = match extent.is_refused() {
            // A part that cannot be sent need not be kept.
            true => (Vec::new(), Vec::new()),
            false => (inputs, columns),
        };
        let persisted = AtomicU64::new(NEVER);
        Self(Arc::new(Node { id: next_id(), operator, inputs, columns, extent, joins_input, persisted }))
    }

    /// The extent over these parts. The condition of a filter that is sent as one with its input nests one level deeper.
    fn extent_over(inputs: &[Self], columns: &[Column], can_join: bool) -> Extent {
        let (inputs, columns) = (inputs.iter().map(Self::extent), columns.iter().map(Column::extent));
        match can_join {
            true => {
                let condition = Extent::over(columns, true);
                Extent::over(inputs.chain([&condition]), false)
            }
            false => Extent::over(inputs.chain(columns), true),
        }
    }

    fn leaf(operator: Operator) -> Self {
        Self::new(operator, Vec::new(), Vec::new())
    }

    fn over(&self, operator: Operator, columns: Vec<Column>) -> Self {
        Self::new(operator, vec![self.clone()], columns)
    }

    /// Whether computing the relation may change something: its SQL is not plainly a query, or it calls a function that
    /// acts outside of the server, as [`Statement::has_effects`](crate::sql::Statement::has_effects) has it.
    #[must_use]
    pub fn has_effects(&self) -> bool {
        self.extent().effects || self.extent().acts
    }

    /// Whether it may leave something in the session. What changes something without a statement is a call of the catalog,
    /// which may name the current database or make a view.
    pub(crate) fn changes_session(&self) -> bool {
        let statements = self.statements();
        self.extent().effects
            && (statements.is_empty() || statements.iter().any(|sql| sql.statement().changes_session()))
    }

    /// Refuses a plan that cannot be sent.
    ///
    /// # Errors
    ///
    /// The first mistake that was made while it was built.
    pub fn check(&self) -> Result<(), PlanError> {
        self.extent().check()
    }

    /// The same relation, which cannot be run for that reason.
    pub(crate) fn refused(&self, mistake: PlanError) -> Self {
        let Node { operator, inputs, columns, .. } = &*self.0;
        Self::checked(operator.clone(), inputs.clone(), columns.clone(), Some(mistake))
    }

    /// What is in it that Spark before 4.0 takes for something else without an error.
    pub(crate) fn misread(&self) -> &[Misread] {
        self.extent().misread()
    }

    /// The refusal of the first thing in it that Spark before 4.0 does not know.
    pub(crate) fn newer(&self) -> Option<&PlanError> {
        self.extent().newer()
    }

    /// Takes note that a server is told to keep its rows. The first time counts, as the plan was sent then.
    pub(crate) fn note_persisted(&self) {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let now = NEXT.fetch_add(1, Ordering::Relaxed);
        // It fails where a time is noted already.
        let _ = self.0.persisted.compare_exchange(NEVER, now, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// When a server was first told to keep its rows.
    fn persisted(&self) -> u64 {
        self.0.persisted.load(Ordering::Relaxed)
    }

    /// The session that it belongs to.
    pub(crate) fn owner(&self) -> Option<&Owner> {
        self.extent().owner.as_ref()
    }

    /// The same relation, made by `origin` and in the session of `owner`.
    pub(crate) fn belonging_to(self, origin: Option<Origin>, owner: Option<Owner>) -> Self {
        self.with_extent(|extent| extent.belong(origin, owner))
    }

    /// Refuses a relation that cannot run in the session of that owner, or in one of that origin.
    pub(crate) fn check_in(&self, origin: Option<Origin>, owner: Option<Owner>) -> Result<(), PlanError> {
        let mut extent = self.extent().clone();
        extent.belong(origin, owner);
        extent.check()
    }

    /// The same relation, which belongs to what `other` belongs to.
    pub(crate) fn belonging_as(&self, other: &Self) -> Self {
        self.with_extent(|extent| extent.belong_as(other.extent()))
    }

    fn with_extent(&self, change: impl FnOnce(&mut Extent)) -> Self {
        let Node { id, operator, inputs, columns, extent, joins_input, .. } = &*self.0;
        let (id, joins_input, persisted) = (*id, *joins_input, AtomicU64::new(self.persisted()));
        let (operator, inputs, columns) = (operator.clone(), inputs.clone(), columns.clone());
        let mut extent = extent.clone();
        change(&mut extent);
        Self(Arc::new(Node { id, operator, inputs, columns, extent, joins_input, persisted }))
    }

    /// A column of the relation by its name in SQL, which is that one also where another relation has one of the name.
    #[track_caller]
    pub(crate) fn column(&self, name: impl Into<String>) -> Column {
        Column::of_relation(name.into(), Some(self.id()))
    }

    /// The columns of the relation whose names match.
    #[track_caller]
    pub(crate) fn columns_matching(&self, pattern: impl Into<String>) -> Column {
        Column::matching(pattern.into(), Some(self.id()))
    }

    /// The one value of the one row that the relation has.
    #[track_caller]
    pub(crate) fn scalar(&self) -> Column {
        Column::subquery(column::Subquery::Scalar, Vec::new(), self.clone())
    }

    /// Whether the relation has a row.
    #[track_caller]
    pub(crate) fn exists(&self) -> Column {
        Column::subquery(column::Subquery::Exists, Vec::new(), self.clone())
    }

    fn extent(&self) -> &Extent {
        &self.0.extent
    }

    fn id(&self) -> i64 {
        self.0.id
    }

    /// The id of the relation without the relations of its subqueries, where it has any: whoever names the relation means
    /// it with them.
    fn bare_id(&self) -> i64 {
        self.0.id + 1
    }

    /// The SQL in the relation, at any depth.
    pub(crate) fn statements(&self) -> Vec<&Sql> {
        let mut statements = Vec::new();
        self.each(|relation| {
            if let Operator::Sql(sql) = &relation.0.operator {
                statements.push(sql);
            }
        });
        statements
    }

    /// The rows of the program in the relation, at any depth.
    pub(crate) fn locals(&self) -> Vec<&Local> {
        let mut locals = Vec::new();
        self.each(|relation| {
            if let Operator::Local(local) = &relation.0.operator {
                locals.push(local);
            }
        });
        locals
    }

    /// Whether it has instants of the program's in it, at any depth, except those of its SQL.
    pub(crate) fn sends_instants(&self) -> bool {
        self.locals().into_iter().any(Local::holds_instants) || hold_instants(self.literals())
    }

    /// Every value in its expressions and clauses, at any depth, except those of its SQL.
    pub(crate) fn literals(&self) -> Vec<&Literal> {
        let mut literals = Vec::new();
        self.each(|relation| {
            literals.extend(relation.0.operator.literals());
            relation.0.columns.iter().for_each(|column| column.literals(&mut literals));
        });
        literals
    }

    /// The values of options in it, at any depth, that are as secret as bound ones.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        let mut secrets = Vec::new();
        self.each(|relation| secrets.extend(relation.0.operator.secrets()));
        secrets
    }

    /// The names in it, at any depth, as the caller wrote them, without values.
    pub(crate) fn names(&self) -> String {
        let mut names = String::new();
        self.each(|relation| {
            relation.0.operator.names(&mut names);
            relation.0.columns.iter().for_each(|column| column.names(&mut names));
        });
        names
    }

    /// Every relation in it once, itself and those of subqueries too.
    fn each<'r>(&'r self, mut visit: impl FnMut(&'r Self)) {
        let (mut seen, mut pending) = (HashSet::new(), vec![self]);
        while let Some(relation) = pending.pop() {
            if seen.insert(relation.id()) {
                visit(relation);
                pending.extend(&relation.0.inputs);
                relation.0.columns.iter().for_each(|column| column.relations(&mut pending));
            }
        }
    }
}

/// The chain of filters upon filters has no bound, so it is not left to recursion.
impl Drop for Node {
    fn drop(&mut self) {
        let mut pending = std::mem::take(&mut self.inputs);
        while let Some(Relation(node)) = pending.pop() {
            if let Some(mut node) = Arc::into_inner(node) {
                pending.append(&mut node.inputs);
            }
        }
    }
}

/// Two ids for a relation, of which this is the first and the next one the second.
fn next_id() -> i64 {
    static NEXT: AtomicI64 = AtomicI64::new(0);
    NEXT.fetch_add(2, Ordering::Relaxed)
}

/// Without values: SQL shows its text with its markers, and literals their types.
impl fmt::Debug for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Node { operator, inputs, columns, extent, .. } = &*self.0;
        if inputs.is_empty() && columns.is_empty() {
            return operator.fmt(f);
        }
        let mut debug = f.debug_struct("Relation");
        debug.field("operator", operator);
        // A chain of filters has no bound.
        match extent.depth <= extent::MAX_DEPTH && extent.parts < 1000 {
            true => debug.field("columns", columns).field("inputs", inputs).finish(),
            false => debug.field("parts", &extent.parts).finish_non_exhaustive(),
        }
    }
}
