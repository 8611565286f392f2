//! Questions about a plan, which run nothing.

use super::DataFrame;
use crate::error::{Error, Result};
use crate::proto::analyze_plan_request::{self as ask, explain};
use crate::proto::{self, analyze_plan_response as answer};
use crate::session::Session;
use crate::types::Schema;

/// How much of a plan [`DataFrame::explain`] shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExplainMode {
    /// The physical plan.
    Simple,
    /// Every stage of planning.
    Extended,
    /// The code that is generated.
    Codegen,
    /// The plan with the expected sizes, from statistics.
    Cost,
    /// An outline, then the details of each node.
    Formatted,
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
    #[doc(alias = "dtypes")]
    pub async fn schema(&self) -> Result<Schema> {
        let schema = |session: Session| async move { session.schema(&self.relation).await };
        self.run(false, schema).await
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

    /// The schema as a tree in text.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect on the server.
    #[doc(alias = "printSchema")]
    #[doc(alias = "print_schema")]
    pub async fn schema_tree(&self) -> Result<String> {
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
    #[doc(alias = "inputFiles")]
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

    /// A hash of the plan that is equal for plans that certainly give the same rows.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect). Sail does not have it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect on the server.
    #[doc(alias = "semanticHash")]
    pub async fn semantic_hash(&self) -> Result<i32> {
        let question = |plan| ask::Analyze::SemanticHash(ask::SemanticHash { plan: Some(plan) });
        match self.ask(question).await? {
            answer::Result::SemanticHash(hash) => Ok(hash.result),
            _ => Err(unexpected()),
        }
    }

    /// Whether both certainly give the same rows. `false` means that the server cannot tell.
    ///
    /// # Errors
    ///
    /// As [`collect`](Self::collect). Sail does not have it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect on the server.
    #[doc(alias = "sameSemantics")]
    pub async fn same_semantics(&self, other: &Self) -> Result<bool> {
        // Both in one session, and each with what it may see.
        let both = self.union(other);
        let same = |session: Session| async move {
            let other_plan = Some(session.plan_of(&other.relation).await?);
            let question = |plan| {
                ask::Analyze::SameSemantics(ask::SameSemantics { target_plan: Some(plan), other_plan })
            };
            session.ask_beside(&self.relation, &other.relation, question).await
        };
        match both.run(false, same).await? {
            answer::Result::SameSemantics(same) => Ok(same.result),
            _ => Err(unexpected()),
        }
    }

    pub(super) async fn ask(&self, question: impl Fn(proto::Plan) -> ask::Analyze) -> Result<answer::Result> {
        let question = &question;
        let asked = |session: Session| async move { session.ask(&self.relation, question).await };
        self.run(false, asked).await
    }
}

pub(super) fn root(plan: proto::Plan) -> Option<proto::Relation> {
    match plan.op_type {
        Some(proto::plan::OpType::Root(root)) => Some(root),
        _ => None,
    }
}

pub(super) fn unexpected() -> Error {
    Error::protocol("unexpected answer to a question about a plan")
}
