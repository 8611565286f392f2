//! Plans: what a server is asked to do, as plain data. Nothing here does I/O or knows a session.

use std::fmt;
use std::sync::Arc;

use crate::proto;
use crate::proto::plan::OpType;
use crate::sql::{Inline, SqlError};

mod read;
mod rows;
mod sql;

use read::Read;
use rows::Rows;
pub(crate) use sql::Sent;
pub use sql::Sql;

/// Something with rows and columns. Clones are cheap.
///
/// A server bounds how deep a plan may nest (Spark 1024 protobuf levels, Sail its stack), so nest a few dozen
/// levels, not hundreds.
///
/// ```
/// # use spark_connect::Relation;
/// let flights = Relation::table("flights").project(["carrier", "arr_delay"]).limit(10);
/// assert!(!flights.has_effects());
/// assert!(Relation::sql("INSERT INTO t VALUES (1)").has_effects());
/// ```
#[derive(Clone)]
pub struct Relation(Arc<Node>);

/// One family of relations each.
#[derive(Clone)]
enum Node {
    Sql(Sql),
    Read(Read),
    Rows(Rows),
}

impl Relation {
    fn new(node: Node) -> Self {
        Self(Arc::new(node))
    }

    /// Whether computing the relation may change something: its SQL is not plainly a query.
    #[must_use]
    pub fn has_effects(&self) -> bool {
        self.statements().iter().any(|sql| sql.statement().has_effects())
    }

    /// The SQL in the relation, at any depth.
    pub(crate) fn statements(&self) -> Vec<&Sql> {
        match &*self.0 {
            Node::Sql(sql) => vec![sql],
            Node::Read(_) => Vec::new(),
            Node::Rows(rows) => rows.input().statements(),
        }
    }

    /// The relation with values written into the text of its SQL, and what became of each text.
    pub(crate) fn inlined(&self, which: Inline) -> Result<(Self, Vec<Sent>), SqlError> {
        match &*self.0 {
            Node::Sql(sql) => {
                let (sql, sent) = sql.inlined(which)?;
                Ok((Self::new(Node::Sql(sql)), vec![sent]))
            }
            Node::Read(_) => Ok((self.clone(), Vec::new())),
            Node::Rows(rows) => {
                let (input, sent) = rows.input().inlined(which)?;
                Ok((Self::new(Node::Rows(rows.over(input))), sent))
            }
        }
    }

    /// The plan that computes the relation and sends its rows.
    pub(crate) fn to_plan(&self) -> proto::Plan {
        proto::Plan { op_type: Some(OpType::Root(self.to_proto())) }
    }

    fn to_proto(&self) -> proto::Relation {
        let rel_type = match &*self.0 {
            Node::Sql(sql) => sql.to_proto(),
            Node::Read(read) => read.to_proto(),
            Node::Rows(rows) => rows.to_proto(),
        };
        proto::Relation { rel_type: Some(rel_type), ..Default::default() }
    }
}

/// Without values: SQL shows its text with its markers.
impl fmt::Debug for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Node::Sql(sql) => sql.fmt(f),
            Node::Read(read) => read.fmt(f),
            Node::Rows(rows) => rows.fmt(f),
        }
    }
}
