//! Questions about the server and the session: where the tables are, and whether the session is still there.

use tokio::time::Instant;

use super::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::{PlanError, Relation, Sending};
use crate::proto::analyze_plan_request as ask;
use crate::proto::analyze_plan_response as answer;
use crate::types::Schema;

impl Session {
    /// Finds out where a server keeps its tables that gives the client's session id back as its own. Sail keeps them in
    /// the session, and analyses no statement about them; one that analyses such a statement, with the column that Spark
    /// has, keeps them as Spark does. An analysis runs nothing.
    pub(crate) async fn learn_catalog(&self) -> Result<()> {
        if !self.profile().keeps_catalog_in_session() {
            return Ok(());
        }
        let question = Relation::sql("SHOW DATABASES").to_plan(Sending::default())?;
        let schema = ask::Analyze::Schema(ask::Schema { plan: Some(question.plan) });
        let answer = match self.analyze(schema).await {
            Ok(answer) => answer,
            Err(error) if matches!(error.kind(), ErrorKind::Server | ErrorKind::Unsupported) => return Ok(()),
            Err(error) => return Err(error),
        };
        if is_of_spark(answer) {
            self.channel().note_shared_catalog();
        }
        Ok(())
    }

    /// Asks the server something where nothing is known of it: before a plan that leaves something in the session, so that
    /// its loss is noticed on a server that makes a lost session anew.
    pub(super) async fn learn_server(&self) -> Result<()> {
        if self.profile().is_known() { Ok(()) } else { self.probe().await }
    }

    /// Whether the server knows the fields that Spark 4.0 added to plans. Where its version tells that, it is asked before
    /// the first plan that has one, and again where the connection broke since.
    pub(super) async fn reads_newer_fields(&self) -> Result<bool> {
        self.learn_server().await?;
        if let Some(skips) = self.profile().skips_newer_fields() {
            return Ok(!skips);
        }
        // What answers next is the server that it is asked about.
        self.rpc.retrying(|| self.channel().connected()).await?;
        let learned = self.channel().learned();
        let ask = || async { self.spark_version().await.map(|version| is_from_spark_4_on(&version)) };
        learned.reads_newer_fields.get_or_try_init(ask).await.copied()
    }

    /// Refuses, in its words, what Spark before 4.0 does not know, where the server is known to be that. Any other says
    /// itself what it does not know, so none is asked.
    pub(super) fn check_newer(&self, refusal: Option<&PlanError>) -> Result<()> {
        match refusal {
            Some(refusal) if self.profile().skips_newer_fields() == Some(true) => {
                Err(Error::new(ErrorKind::Unsupported, refusal.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// The key of the conf that a session made anew does not have, once it was set.
    pub(crate) fn sentinel(&self) -> Option<&str> {
        self.rpc.sentinel()
    }

    /// Whether the session was found to be the one that was opened a moment ago, on the connection that it has now.
    pub(crate) fn was_there_lately(&self) -> bool {
        self.channel().is_connected() && self.rpc.saw_sentinel_lately()
    }

    /// Whether the session is still the one that was opened, as far as its sentinel tells, for a caller whose time ends at
    /// `end`. `failed` is told of each attempt that fails.
    pub(crate) async fn is_there(&self, end: Option<Instant>, failed: impl FnMut(&Error)) -> Result<bool> {
        let looked = self.channel().retrying().run_telling(end, failed, || self.rpc.has_sentinel());
        match looked.await {
            Err(error) if error.kind() == ErrorKind::SessionLost => Ok(false),
            there => there,
        }
    }
}

/// Whether a server of this version is Spark 4.0 or newer. One whose version is no number may be anything.
fn is_from_spark_4_on(version: &str) -> bool {
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    major.is_some_and(|major| major >= 4)
}

fn is_of_spark(answer: Option<answer::Result>) -> bool {
    let Some(answer::Result::Schema(schema)) = answer else { return false };
    let Some(schema) = Schema::decode(&schema.schema) else { return false };
    schema.fields().iter().any(|column| column.name == "namespace")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_tells_whether_it_is_spark_4() {
        for version in ["4.0.0", "4.1.4", "4.0.0.dev1", "10.0", "4"] {
            assert!(is_from_spark_4_on(version), "{version}");
        }
        for version in ["3.5.0", "3.5.2", "", "4-SNAPSHOT", "x", "-4.0", "99999999999.0"] {
            assert!(!is_from_spark_4_on(version), "{version}");
        }
    }
}
