//! What runs a frame, or asks the server about it.

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use futures_util::{StreamExt, TryStreamExt, stream};

use super::home::Home;
use super::{Batches, DataFrame};
use crate::error::{Error, Result};
use crate::functions;
use crate::plan::{Command, Relation};
use crate::proto::analyze_plan_request::{self as ask, explain};
use crate::proto::{self, analyze_plan_response as answer};
use crate::session::Session;
use crate::types::Schema;

/// How much of a plan [`DataFrame::explain`] shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExplainMode {
    /// What is executed.
    Simple,
    /// Every stage of planning.
    Extended,
    /// The code that is generated.
    Codegen,
    /// What is expected to come of it, with statistics.
    Cost,
    /// An outline, then the details of each node.
    Formatted,
}

/// Where a server keeps the rows of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StorageLevel {
    /// In memory, as objects.
    MemoryOnly,
    /// In memory, as objects, and on disk what does not fit.
    MemoryAndDisk,
    /// On disk.
    DiskOnly,
}

/// All batches, one row, or a number.
impl DataFrame {
    /// The batches of the rows, as they come. Nothing is sent before the stream is polled.
    pub fn stream(&self) -> Batches {
        let frame = self.clone();
        stream::once(async move { frame.open().await }).try_flatten().boxed()
    }

    /// A stream whose first batch has come, so that a session that was lost has been replaced.
    async fn open(&self) -> Result<Batches> {
        let effects = self.relation.has_effects();
        let open = |session: Session| async move {
            let mut rest = session.query(&self.relation);
            let first = rest.try_next().await?;
            // The stream keeps the session.
            Ok(stream::iter(first.map(Ok)).chain(rest).boxed() as Batches)
        };
        self.home.run(&self.relation, effects, open).await
    }

    /// The batches of all rows.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) before anything is sent, if the frame cannot
    /// run; [`ErrorKind::Server`](crate::ErrorKind::Server) if the server refuses or fails it;
    /// [`ErrorKind::SessionLost`](crate::ErrorKind::SessionLost) if the frame's session is gone. The kinds of waiting for
    /// a session, and the transport's.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call stops the query on the server and gives its session back.
    pub async fn collect(&self) -> Result<Vec<RecordBatch>> {
        self.stream().try_collect().await
    }

    /// How many rows there are.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect).
    ///
    /// # Cancel safety
    ///
    /// As [`collect`](Self::collect).
    pub async fn count(&self) -> Result<u64> {
        let batches = self.agg([functions::count("*")]).collect().await?;
        let unexpected = || Error::protocol("the server was asked for a count and answered something else");
        let batch = batches.iter().find(|batch| batch.num_rows() > 0).ok_or_else(unexpected)?;
        let column = batch.columns().first().and_then(|column| column.as_primitive_opt::<Int64Type>());
        u64::try_from(column.ok_or_else(unexpected)?.value(0)).map_err(|_| unexpected())
    }

    /// Whether there is no row.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect).
    ///
    /// # Cancel safety
    ///
    /// As [`collect`](Self::collect).
    pub async fn is_empty(&self) -> Result<bool> {
        let batches = self.limit(1).collect().await?;
        Ok(batches.iter().all(|batch| batch.num_rows() == 0))
    }

    /// The batches of the first rows.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect).
    ///
    /// # Cancel safety
    ///
    /// As [`collect`](Self::collect).
    pub async fn take(&self, rows: u32) -> Result<Vec<RecordBatch>> {
        self.limit(rows).collect().await
    }

    /// The first twenty rows as a table of characters, with long cells cut off.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect).
    ///
    /// # Cancel safety
    ///
    /// As [`collect`](Self::collect).
    pub async fn show(&self) -> Result<String> {
        self.show_with(20, 20, false).await
    }

    /// The first rows as a table of characters: cells cut off behind so many characters, or never at 0, and each row as
    /// lines of its own if `vertical`.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect).
    ///
    /// # Cancel safety
    ///
    /// As [`collect`](Self::collect).
    pub async fn show_with(&self, rows: u32, truncate: u32, vertical: bool) -> Result<String> {
        let batches = self.with(self.relation.show(rows, truncate, vertical)).collect().await?;
        let batch = batches.iter().find(|batch| batch.num_rows() > 0);
        let column = batch.and_then(|batch| batch.columns().first());
        let shown = column.and_then(|column| column.as_string_opt::<i32>()).map(|texts| texts.value(0));
        shown
            .map(str::to_owned)
            .ok_or_else(|| Error::protocol("the server was asked to show rows and answered something else"))
    }

    pub(super) async fn command(&self, command: Command) -> Result<()> {
        let run = |session: Session| {
            let command = command.clone();
            async move { session.run(&command).await.map(drop) }
        };
        self.home.run(&self.relation, true, run).await
    }
}

/// Questions that run nothing.
impl DataFrame {
    /// The names of the columns, in order.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect on the server.
    pub async fn columns(&self) -> Result<Vec<String>> {
        Ok(self.schema().await?.into_fields().into_iter().map(|column| column.name).collect())
    }

    /// The columns with their types, as the server resolves them. It prints as DDL.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect on the server.
    pub async fn schema(&self) -> Result<Schema> {
        let schema = |session: Session| async move { session.schema(&self.relation).await };
        self.home.run(&self.relation, false, schema).await
    }

    /// The server's plan, in its own words.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect on the server.
    pub async fn explain(&self, mode: ExplainMode) -> Result<String> {
        let explain_mode = match mode {
            ExplainMode::Simple => explain::ExplainMode::Simple,
            ExplainMode::Extended => explain::ExplainMode::Extended,
            ExplainMode::Codegen => explain::ExplainMode::Codegen,
            ExplainMode::Cost => explain::ExplainMode::Cost,
            ExplainMode::Formatted => explain::ExplainMode::Formatted,
        };
        let question = |plan| {
            ask::Analyze::Explain(ask::Explain { plan: Some(plan), explain_mode: explain_mode.into() })
        };
        match self.ask(question).await? {
            answer::Result::Explain(explained) => Ok(explained.explain_string),
            _ => Err(unexpected()),
        }
    }

    /// The schema as a tree of characters.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect on the server.
    pub async fn print_schema(&self) -> Result<String> {
        let question = |plan| ask::Analyze::TreeString(ask::TreeString { plan: Some(plan), level: None });
        match self.ask(question).await? {
            answer::Result::TreeString(tree) => Ok(tree.tree_string),
            _ => Err(unexpected()),
        }
    }

    /// The files that the rows are read from, as far as the server knows.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect on the server.
    pub async fn input_files(&self) -> Result<Vec<String>> {
        let question = |plan| ask::Analyze::InputFiles(ask::InputFiles { plan: Some(plan) });
        match self.ask(question).await? {
            answer::Result::InputFiles(found) => Ok(found.files),
            _ => Err(unexpected()),
        }
    }

    /// Whether the server needs no task to compute the rows.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect on the server.
    pub async fn is_local(&self) -> Result<bool> {
        let question = |plan| ask::Analyze::IsLocal(ask::IsLocal { plan: Some(plan) });
        match self.ask(question).await? {
            answer::Result::IsLocal(told) => Ok(told.is_local),
            _ => Err(unexpected()),
        }
    }

    /// A hash of the plan that is the same for plans that surely give the same rows.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect). Sail does not have it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect on the server.
    pub async fn semantic_hash(&self) -> Result<i32> {
        let question = |plan| ask::Analyze::SemanticHash(ask::SemanticHash { plan: Some(plan) });
        match self.ask(question).await? {
            answer::Result::SemanticHash(hash) => Ok(hash.result),
            _ => Err(unexpected()),
        }
    }

    /// Whether both surely give the same rows. `false` means that the server cannot tell.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect). Sail does not have it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect on the server.
    pub async fn same_semantics(&self, other: &Self) -> Result<bool> {
        // Both in one session, and each with what it may see.
        let both = self.union(other);
        let same = |session: Session| async move {
            let other_plan = Some(session.plan_of(&other.relation).await?);
            let question = |plan| {
                ask::Analyze::SameSemantics(ask::SameSemantics { target_plan: Some(plan), other_plan })
            };
            session.ask(&self.relation, question).await
        };
        match both.home.run(&both.relation, false, same).await? {
            answer::Result::SameSemantics(same) => Ok(same.result),
            _ => Err(unexpected()),
        }
    }

    async fn ask(&self, question: impl Fn(proto::Plan) -> ask::Analyze) -> Result<answer::Result> {
        let question = &question;
        let asked = |session: Session| async move { session.ask(&self.relation, question).await };
        self.home.run(&self.relation, false, asked).await
    }
}

/// What the server keeps.
impl DataFrame {
    /// Gives the frame a name in its session, by which SQL reads it. A view of that name is an error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) for a frame without a session; else as
    /// [`collect`](Self::collect).
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have made the view.
    pub async fn create_temp_view(&self, name: impl Into<String>) -> Result<()> {
        self.view(name.into(), false, false).await
    }

    /// Gives the frame a name in its session, in place of a view of that name.
    ///
    /// # Errors
    ///
    /// As [`create_temp_view`](Self::create_temp_view).
    ///
    /// # Cancel safety
    ///
    /// As [`create_temp_view`](Self::create_temp_view).
    pub async fn create_or_replace_temp_view(&self, name: impl Into<String>) -> Result<()> {
        self.view(name.into(), false, true).await
    }

    /// Gives the frame a name in all sessions of the server, as `global_temp.name`.
    ///
    /// # Errors
    ///
    /// As [`create_temp_view`](Self::create_temp_view).
    ///
    /// # Cancel safety
    ///
    /// As [`create_temp_view`](Self::create_temp_view).
    pub async fn create_global_temp_view(&self, name: impl Into<String>) -> Result<()> {
        self.view(name.into(), true, false).await
    }

    /// Gives the frame a name in all sessions of the server, in place of a view of that name.
    ///
    /// # Errors
    ///
    /// As [`create_temp_view`](Self::create_temp_view).
    ///
    /// # Cancel safety
    ///
    /// As [`create_temp_view`](Self::create_temp_view).
    pub async fn create_or_replace_global_temp_view(&self, name: impl Into<String>) -> Result<()> {
        self.view(name.into(), true, true).await
    }

    async fn view(&self, name: String, is_global: bool, replace: bool) -> Result<()> {
        let command = Command::view(self.relation.clone(), name, is_global, replace);
        let make = |session: Session| {
            let command = command.clone();
            async move { session.run(&command).await.map(drop) }
        };
        self.home.run_in_session(&self.relation, "a temporary view", make).await
    }

    /// Has the server keep the rows, in memory and on disk, once they are computed.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect). Sail takes no notice.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have had an effect.
    pub async fn cache(&self) -> Result<()> {
        self.persist(StorageLevel::MemoryAndDisk).await
    }

    /// Has the server keep the rows where a level says, once they are computed.
    ///
    /// # Errors
    ///
    /// As [`cache`](Self::cache).
    ///
    /// # Cancel safety
    ///
    /// As [`cache`](Self::cache).
    pub async fn persist(&self, level: StorageLevel) -> Result<()> {
        let question = |plan| {
            let storage_level = Some(level.to_proto());
            ask::Analyze::Persist(ask::Persist { relation: root(plan), storage_level })
        };
        self.ask(question).await.map(drop)
    }

    /// Has the server forget the rows that it keeps.
    ///
    /// # Errors
    ///
    /// As [`cache`](Self::cache).
    ///
    /// # Cancel safety
    ///
    /// As [`cache`](Self::cache).
    pub async fn unpersist(&self) -> Result<()> {
        let question =
            |plan| ask::Analyze::Unpersist(ask::Unpersist { relation: root(plan), blocking: Some(false) });
        self.ask(question).await.map(drop)
    }

    /// Whether the server is to keep the rows.
    ///
    /// # Errors
    ///
    /// As [`cache`](Self::cache).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect on the server.
    pub async fn is_cached(&self) -> Result<bool> {
        let question = |plan| ask::Analyze::GetStorageLevel(ask::GetStorageLevel { relation: root(plan) });
        match self.ask(question).await? {
            answer::Result::GetStorageLevel(kept) => {
                Ok(kept.storage_level.is_some_and(|level| level.use_memory || level.use_disk))
            }
            _ => Err(unexpected()),
        }
    }

    /// Computes the rows now and gives a frame of what was kept, whose plan begins there. The server keeps them until the
    /// session ends.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidStatement`](crate::ErrorKind::InvalidStatement) for a frame without a session; else as
    /// [`collect`](Self::collect). A server wants a directory for checkpoints; `local` needs none.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have had an effect.
    pub async fn checkpoint(&self, local: bool) -> Result<Self> {
        let command = Command::checkpoint(self.relation.clone(), true, local);
        let keep = |session: Session| {
            let command = command.clone();
            async move { session.run(&command).await }
        };
        let outcome = self.home.run_in_session(&self.relation, "a checkpoint", keep).await?;
        let id = outcome.checkpoint.ok_or_else(unexpected)?;
        let relation = Relation::checkpoint(id);
        Ok(Self {
            relation: match self.relation.owner() {
                Some(owner) => relation.owned(owner.clone()),
                None => relation,
            },
            home: Home::Nowhere,
        })
    }
}

impl StorageLevel {
    fn to_proto(self) -> proto::StorageLevel {
        let (use_memory, use_disk) = match self {
            Self::MemoryOnly => (true, false),
            Self::MemoryAndDisk => (true, true),
            Self::DiskOnly => (false, true),
        };
        let deserialized = use_memory;
        proto::StorageLevel { use_disk, use_memory, use_off_heap: false, deserialized, replication: 1 }
    }
}

fn root(plan: proto::Plan) -> Option<proto::Relation> {
    match plan.op_type {
        Some(proto::plan::OpType::Root(root)) => Some(root),
        _ => None,
    }
}

fn unexpected() -> Error {
    Error::protocol("the server was asked about a plan and answered something else")
}
