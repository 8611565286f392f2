//! Questions about a plan, for frames.

use super::Session;
use crate::error::{Error, Result};
use crate::plan::Relation;
use crate::proto::{self, analyze_plan_request as ask, analyze_plan_response as answer};
use crate::redaction::Redaction;

impl Session {
    /// Sessions with the same key are one. It is told from others for as long as a clone lives.
    pub(crate) fn key(&self) -> usize {
        self.rpc.key()
    }

    /// The answer to a question about a relation, without its values if it is an error.
    pub(crate) async fn ask(
        &self,
        relation: &Relation,
        question: impl FnOnce(proto::Plan) -> ask::Analyze,
    ) -> Result<answer::Result> {
        let redaction = Redaction::of(relation);
        let answer = async {
            let plan = self.prepared(relation, redaction.as_ref()).await?;
            self.analyze(question(plan)).await
        };
        let answer = answer.await.map_err(|error| match &redaction {
            Some(redaction) => redaction.apply(error),
            None => error,
        })?;
        answer.ok_or_else(|| Error::protocol("the server was asked about a plan and did not answer"))
    }

    /// The plan as it is sent.
    pub(crate) async fn plan_of(&self, relation: &Relation) -> Result<proto::Plan> {
        self.prepared(relation, None).await
    }
}
