//! Frames: relations, each with the pool or session that it runs in.

use std::fmt;
use std::pin::Pin;

use arrow_array::RecordBatch;
use futures_core::Stream;

use crate::error::Result;
use crate::plan::{Column, IntoMembers, Members, PlanError, Relation, Sql};
use crate::pool::{PooledSession, SessionPool};
use crate::types::ToLiteral;

mod actions;
mod analysis;
mod cells;
mod columns;
mod dropped;
mod grouped;
mod home;
mod join;
mod make;
mod merge;
mod missing;
mod reader;
mod rows;
mod statistics;
mod storage;
mod views;
mod writer;

pub use analysis::ExplainMode;
pub(crate) use cells::text_at;
pub use dropped::{Dropped, IntoDropped};
pub use grouped::GroupedData;
pub(crate) use home::Home;
pub use merge::MergeInto;
pub use missing::MissingValues;
pub use reader::{DataFrameReader, IntoPaths, OnePath, OptionValue, SeveralPaths};
pub use statistics::FrameStatistics;
pub use storage::StorageLevel;
pub use writer::{DataFrameWriter, DataFrameWriterTo};

/// The batches of a frame's rows, at least one.
pub type Batches = Pin<Box<dyn Stream<Item = Result<RecordBatch>> + Send>>;

/// Rows and columns that a server computes when they are asked for, and not before.
///
/// Building a frame does no I/O and cannot fail: a mistake, such as frames of two sessions in one join or a value that
/// cannot be sent, is remembered and becomes the error of the run, before anything is sent. Clones are cheap.
///
/// A frame of a pool runs in any session of the pool and holds none. A frame of a session runs there, sees its
/// temporary views and confs, and keeps it until the frame is dropped; joined with such a frame, a frame of a pool
/// belongs to that session.
///
/// ```no_run
/// use spark_connect::functions::{avg, col, count};
/// use spark_connect::{JoinType, pool::SessionPool};
///
/// # async fn run(pool: SessionPool) -> spark_connect::Result<()> {
/// let slow = pool
///     .table("flights")
///     .filter(col("distance").ge(500).and(col("arr_delay").is_not_null()))
///     .join(&pool.table("airlines"), ["carrier"], JoinType::Inner)
///     .group_by(["name"])
///     .agg([avg("arr_delay").alias("minutes"), count("*").alias("flights")])
///     .order_by([col("minutes").desc()]);
/// println!("{}", slow.show().await?);
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use = "a frame does nothing until it is run"]
pub struct DataFrame {
    relation: Relation,
    /// The pool that it runs in if it belongs to no session.
    pool: Option<SessionPool>,
}

impl DataFrame {
    /// The plan.
    #[must_use]
    pub fn relation(&self) -> &Relation {
        &self.relation
    }

    /// The session of a pool that the frame belongs to.
    #[must_use]
    pub fn session(&self) -> Option<&PooledSession> {
        home::session_of(&self.relation).and_then(Home::leased)
    }

    /// Whether the frame belongs to a session, of a pool or not.
    #[must_use]
    pub fn has_session(&self) -> bool {
        self.relation.owner().is_some()
    }

    fn with(&self, relation: Relation) -> Self {
        Self { relation, pool: self.pool.clone() }
    }

    /// The frame of a relation that has the relation of another frame in it. If the two do not belong together, the
    /// relation knows.
    fn beside(&self, other: &Self, relation: Relation) -> Self {
        Self { relation, pool: self.pool.clone().or_else(|| other.pool.clone()) }
    }

    /// Binds the next `?` of [`sql`](crate::pool::SessionPool::sql). The value travels beside the text and never
    /// becomes part of it.
    pub fn bind(&self, value: impl ToLiteral) -> Self {
        self.bound(|sql| sql.bind(value))
    }

    /// Binds `:name` to a value; `name` comes without the colon.
    pub fn bind_named(&self, name: impl AsRef<str>, value: impl ToLiteral) -> Self {
        self.bound(|sql| sql.bind_named(name, value))
    }

    /// Binds the next `?` to several values, which take its place with commas between them: `IN (?)` becomes
    /// `IN (1, 2, 3)`.
    pub fn bind_list<T: ToLiteral>(&self, values: impl IntoIterator<Item = T>) -> Self {
        self.bound(|sql| sql.bind_list(values))
    }

    /// Binds `:name` to several values, which take its place with commas between them.
    pub fn bind_named_list<T: ToLiteral>(
        &self,
        name: impl AsRef<str>,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        self.bound(|sql| sql.bind_named_list(name, values))
    }

    fn bound(&self, bind: impl FnOnce(Sql) -> Sql) -> Self {
        let Some(sql) = self.relation.as_sql() else {
            let message =
                "values are bound to SQL: call `bind` directly after `sql(…)`, before any other method";
            return self.with(self.relation.refused(PlanError::new(message)));
        };
        if self.relation.check().is_err() {
            return self.clone();
        }
        self.with(Relation::from(bind(sql.clone())).belonging_as(&self.relation))
    }

    /// A column of this frame, even where another frame has one of the same name: in a self join, it says which side is
    /// meant.
    ///
    /// `"*"` is all columns of this frame, on Spark from 4.0 on. Spark 3.5 and Sail refuse it; `col("a.*")` after
    /// `alias("a")` is the same on every server. All columns of a struct, `"st.*"`, are refused: `col("a.st.*")`.
    ///
    /// ```no_run
    /// # use spark_connect::{DataFrame, JoinType};
    /// # fn run(people: DataFrame) {
    /// let (a, b) = (people.alias("a"), people.alias("b"));
    /// let pairs = a.join(&b, a.col("boss").eq(b.col("id")), JoinType::Inner);
    /// # }
    /// ```
    #[track_caller]
    pub fn col(&self, name: impl Into<String>) -> Column {
        self.relation.column(name)
    }

    /// The columns of this frame whose names match a Java regular expression in back-ticks: `` "`a.*`" ``.
    #[doc(alias = "colRegex")]
    #[track_caller]
    pub fn col_regex(&self, pattern: impl Into<String>) -> Column {
        self.relation.columns_matching(pattern)
    }

    /// The one value of the one row of this frame, as a value in another frame's expressions.
    ///
    /// Spark from 4.0 on, and Sail.
    #[track_caller]
    pub fn scalar(&self) -> Column {
        self.relation.scalar()
    }

    /// Whether this frame has a row, as a condition of another frame.
    ///
    /// Spark from 4.0 on, and Sail.
    #[track_caller]
    pub fn exists(&self) -> Column {
        self.relation.exists()
    }
}

impl IntoMembers for &DataFrame {
    fn into_members(self) -> Members {
        Members::rows(self.relation.clone())
    }
}

impl IntoMembers for DataFrame {
    fn into_members(self) -> Members {
        Members::rows(self.relation)
    }
}

/// The plan, without values.
impl fmt::Debug for DataFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DataFrame").field(&self.relation).finish()
    }
}
