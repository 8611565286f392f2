//! Questions about a plan that do not run it.

use super::Session;
use super::query::{alone, other_than_queries};
use crate::error::{Error, ErrorKind, Result};
use crate::plan::Relation;
use crate::proto::{self, analyze_plan_request as ask, analyze_plan_response as answer};
use crate::redaction::Redaction;
use crate::types::Schema;

impl Session {
    /// The server's version text. Sail reports the version of a `pyspark` package that is installed beside it, so this
    /// is for logs, not for deciding what a server can do.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Server`] on a Sail without that package.
    /// - The [errors of every call](ErrorKind#errors-of-every-call).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect on the server.
    pub async fn spark_version(&self) -> Result<String> {
        match self.analyze(ask::Analyze::SparkVersion(ask::SparkVersion {})).await? {
            Some(answer::Result::SparkVersion(version)) => Ok(version.version),
            _ => Err(Error::protocol("the server was asked for its version and answered something else")),
        }
    }

    /// The columns that `relation` has, with their types.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Server`] if the relation does not resolve.
    /// - [`ErrorKind::Unsupported`] if the server lacks what it needs, or would take it for something else.
    /// - [`ErrorKind::InvalidStatement`] if it cannot run, or holds a statement that is not a plain query. Nothing is
    ///   sent.
    /// - The [errors of every call](ErrorKind#errors-of-every-call).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect on the server.
    pub async fn schema(&self, relation: &Relation) -> Result<Schema> {
        let question = |plan| ask::Analyze::Schema(ask::Schema { plan: Some(plan) });
        let unexpected = || Error::protocol("the server was asked for a schema and answered something else");
        match self.ask(relation, question).await? {
            answer::Result::Schema(schema) => Schema::decode(&schema.schema).ok_or_else(unexpected),
            _ => Err(unexpected()),
        }
    }

    /// The answer to a question about a relation, without its values if it is an error.
    pub(crate) async fn ask(
        &self,
        relation: &Relation,
        question: impl FnOnce(proto::Plan) -> ask::Analyze,
    ) -> Result<answer::Result> {
        let redaction = Redaction::of_relation(relation);
        let answer = async {
            let plan = self.asked_about(relation, Some(&redaction)).await?;
            self.analyze(question(plan)).await
        };
        let answer = answer.await.map_err(|error| match other_than_queries(relation) {
            Some(word) => redaction.apply(alone(error, &word)),
            None => redaction.apply(error),
        })?;
        answer.ok_or_else(|| Error::protocol("the server was asked about a plan and did not answer"))
    }

    /// The same about a relation beside another, whose values are in no error either.
    pub(crate) async fn ask_beside(
        &self,
        relation: &Relation,
        other: &Relation,
        question: impl FnOnce(proto::Plan) -> ask::Analyze,
    ) -> Result<answer::Result> {
        let answer = self.ask(relation, question).await;
        answer.map_err(|error| error.redacted(Redaction::of(other).as_ref()))
    }

    /// The plan of a relation for a question, as it is sent.
    pub(crate) async fn plan_of(&self, relation: &Relation) -> Result<proto::Plan> {
        self.asked_about(relation, None).await
    }

    /// The same, with a note of what became of its statements. A question may be sent again, and Spark 3.5 executes a
    /// statement to answer one about it.
    async fn asked_about(&self, relation: &Relation, redaction: Option<&Redaction>) -> Result<proto::Plan> {
        relation.check()?;
        if relation.has_effects() {
            let message = "nothing was sent: the plan holds a statement that is not a plain query, or a function that acts \
                           outside of the server, which some servers execute when they are asked about its columns; run \
                           it instead";
            return Err(Error::new(ErrorKind::InvalidStatement, message));
        }
        self.prepared(relation, redaction).await
    }

    pub(super) async fn analyze(&self, analyze: ask::Analyze) -> Result<Option<answer::Result>> {
        let response = self.rpc.retrying(|| self.rpc.analyze_plan(&analyze)).await?;
        Ok(response.result)
    }
}
