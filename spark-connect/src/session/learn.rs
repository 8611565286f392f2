//! Questions about the server: where its tables are, and which fields of a plan it reads.

use super::Session;
use super::binding::says_no;
use crate::channel::NewerFields;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::{JoinOn, JoinType, Misread, PlanError, Relation, Sending};
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
            Err(error) if says_no(&error) => return Ok(()),
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

    /// Refuses what the server takes for something else without an error, as Spark before 4.0 does.
    pub(super) async fn check_misread(&self, misread: &[Misread]) -> Result<()> {
        let Some(first) = misread.first().copied() else { return Ok(()) };
        self.learn_server().await?;
        let skipped = match self.profile().skips_newer_fields() {
            Some(skips) => skips.then_some(first),
            None => self.skipped(misread).await?,
        };
        match skipped {
            Some(part) => Err(Error::new(ErrorKind::Unsupported, part.refusal())),
            None => Ok(()),
        }
    }

    /// The first of these fields that the server skips, for a server that gives sessions ids of its own. Such a server
    /// is asked before the first plan that has one of the fields, and again if the connection broke since.
    async fn skipped(&self, misread: &[Misread]) -> Result<Option<Misread>> {
        // Every server of this kind honours `cluster_by`.
        if misread.iter().all(|part| *part == Misread::ClusterBy) {
            return Ok(None);
        }
        // What answers next is the server that it is asked about.
        self.rpc.retrying(|| self.channel().connected()).await?;
        let learned = self.channel().learned();
        let fields = learned.newer_fields.get_or_try_init(|| self.newer_fields()).await?;
        let is_read = |part: &Misread| match part {
            Misread::Star => fields.star,
            Misread::TryCast => fields.try_cast,
            Misread::ClusterBy => true,
        };
        Ok(misread.iter().copied().find(|part| !is_read(part)))
    }

    /// Which fields the server reads, by an analysis, which runs nothing. A version does not tell: Databricks 15.4 says 3.5
    /// and reads one that 14.3 skips. A server that refuses so plain a question is taken for one that reads them.
    async fn newer_fields(&self) -> Result<NewerFields> {
        let plan = with_newer_fields().to_plan(Sending::default())?.plan;
        let schema = ask::Analyze::Schema(ask::Schema { plan: Some(plan) });
        let answered = match self.analyze(schema).await {
            Ok(Some(answer::Result::Schema(schema))) => fields_read(&schema),
            Ok(_) => None,
            Err(error) if says_no(&error) && !is_not_about_the_plan(&error) => None,
            Err(error) => return Err(error),
        };
        Ok(answered.unwrap_or(NewerFields { star: true, try_cast: true }))
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
}

/// Whether a proxy may have failed, or the compute takes no plan now: the same question may be answered later.
fn is_not_about_the_plan(error: &Error) -> bool {
    error.server().is_some_and(|server| server.may_be_of_a_proxy(false) || server.is_turned_away())
}

/// Two joined relations of one column each, of which a star selects the columns of the first; and a `try_cast` of a
/// number that may not fit. A server that skips the star's relation answers with the columns of both, and one that
/// skips the mode of the cast with a column that is never NULL, whether the session casts by ANSI or not.
fn with_newer_fields() -> Relation {
    let (left, right) = (Relation::range(0, 1, 1, None), Relation::range(0, 1, 1, None));
    let columns = vec![left.column("*"), left.column("id").try_cast("tinyint")];
    left.join(&right, JoinOn::nothing(), JoinType::Cross).select(columns)
}

/// The fields that were read of that relation.
fn fields_read(schema: &answer::Schema) -> Option<NewerFields> {
    let schema = Schema::decode(&schema.schema)?;
    let (cast, star) = schema.fields().split_last()?;
    Some(NewerFields { star: star.len() == 1, try_cast: cast.nullable })
}

fn is_of_spark(answer: Option<answer::Result>) -> bool {
    let Some(answer::Result::Schema(schema)) = answer else { return false };
    let Some(schema) = Schema::decode(&schema.schema) else { return false };
    schema.fields().iter().any(|column| column.name == "namespace")
}
