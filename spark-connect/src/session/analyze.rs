//! Questions about a plan that do not run it.

use super::Session;
use crate::error::{Error, Result};
use crate::plan::Relation;
use crate::proto::{analyze_plan_request as ask, analyze_plan_response as answer};
use crate::redaction::Redaction;
use crate::types::Schema;

impl Session {
    /// The server's version text. Sail reports the version of a `pyspark` package that lies beside it, so this
    /// is for logs, not for deciding what a server can do.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Server`](crate::ErrorKind::Server) on a Sail without that package; the transport's kinds.
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
    /// [`ErrorKind::Server`](crate::ErrorKind::Server) if the relation does not resolve; the transport's kinds.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect on the server.
    pub async fn schema(&self, relation: &Relation) -> Result<Schema> {
        match Redaction::of(relation) {
            Some(redaction) => {
                let schema = self.schema_of(relation, Some(&redaction)).await;
                schema.map_err(|error| redaction.apply(error))
            }
            None => self.schema_of(relation, None).await,
        }
    }

    async fn schema_of(&self, relation: &Relation, redaction: Option<&Redaction>) -> Result<Schema> {
        let plan = Some(self.prepared(relation, redaction).await?);
        let unexpected = || Error::protocol("the server was asked for a schema and answered something else");
        let Some(answer::Result::Schema(schema)) =
            self.analyze(ask::Analyze::Schema(ask::Schema { plan })).await?
        else {
            return Err(unexpected());
        };
        Schema::decode(&schema.schema).ok_or_else(unexpected)
    }

    pub(super) async fn analyze(&self, analyze: ask::Analyze) -> Result<Option<answer::Result>> {
        let response = self.rpc.retrying(|| self.rpc.analyze_plan(&analyze)).await?;
        Ok(response.result)
    }
}
