//! Questions about a plan that do not run it.

use prost::Message;

use super::Session;
use crate::error::{Error, Result};
use crate::plan::Relation;
use crate::proto::{analyze_plan_request as ask, analyze_plan_response as answer};
use crate::redaction::Redaction;

/// A `DataType` that is a struct, as far as names of columns go.
#[derive(Clone, PartialEq, Message)]
struct Columns {
    #[prost(message, optional, tag = "21")]
    list: Option<ColumnList>,
}

#[derive(Clone, PartialEq, Message)]
struct ColumnList {
    #[prost(message, repeated, tag = "1")]
    columns: Vec<ColumnName>,
}

#[derive(Clone, PartialEq, Message)]
struct ColumnName {
    #[prost(string, tag = "1")]
    name: String,
}

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

    /// The names of the columns that `relation` has, in order.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Server`](crate::ErrorKind::Server) if the relation does not resolve; the transport's kinds.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call has no effect on the server.
    pub async fn column_names(&self, relation: &Relation) -> Result<Vec<String>> {
        match Redaction::of(relation) {
            Some(redaction) => {
                let names = self.names(relation, Some(&redaction)).await;
                names.map_err(|error| redaction.apply(error))
            }
            None => self.names(relation, None).await,
        }
    }

    async fn names(&self, relation: &Relation, redaction: Option<&Redaction>) -> Result<Vec<String>> {
        let plan = Some(self.prepared(relation, redaction).await?);
        let unexpected = || Error::protocol("the server was asked for a schema and answered something else");
        let Some(answer::Result::Schema(schema)) =
            self.analyze(ask::Analyze::Schema(ask::Schema { plan })).await?
        else {
            return Err(unexpected());
        };
        // Their types are left alone: they may be nested deeper than messages are decoded.
        let columns = Columns::decode(schema.schema).map_err(|error| unexpected().with_source(error))?;
        let list = columns.list.ok_or_else(unexpected)?;
        Ok(list.columns.into_iter().map(|column| column.name).collect())
    }

    pub(super) async fn analyze(&self, analyze: ask::Analyze) -> Result<Option<answer::Result>> {
        let response = self.rpc.retrying(|| self.rpc.analyze_plan(&analyze)).await?;
        Ok(response.result)
    }
}
