//! How values reach the server: bound by it, or as literals where it cannot bind.

use super::Session;
use crate::error::{Error, ErrorKind, Result};
use crate::plan::{Misread, PlanError, Relation, Sending, SentText, Sql};
use crate::proto::{self, analyze_plan_request as ask, analyze_plan_response as answer};
use crate::redaction::Redaction;
use crate::sql::{Inline, SqlError, Statement};
use crate::types::{DataType, Literal, Schema};

/// A query that shows whether the server binds, by the name of its second column whether it keeps escapes in strings, and
/// by its third whether its grammar has markers wherever it has constants, which Spark's has from 4.1 on.
const PROBE: &str = r"SELECT ? AS bound, '\\', INTERVAL ? DAY";

/// With this conf Spark garbles a bound string that holds a quote or a backslash.
const ESCAPED_STRINGS: &str = "spark.sql.parser.escapedStringLiterals";

const RESETS_ALL: &str = "RESET without a key also takes away the conf by which the client notices that this server has \
    lost the session: name the confs, as in `RESET key` or `Session::unset_confs`";

impl Session {
    /// Takes note of a conf of the session, which may bear on binding; `None` for a value that is not known.
    pub(super) fn note_conf(&self, key: &str, value: Option<&str>) {
        if key.eq_ignore_ascii_case(ESCAPED_STRINGS) {
            self.rpc.note_literals_only(value != Some("false"));
        }
    }

    /// Takes note of a statement that may set such a conf.
    fn note_statement(&self, statement: &Statement) {
        if statement.changes_session()
            && statement.text().to_ascii_lowercase().contains(&ESCAPED_STRINGS.to_ascii_lowercase())
        {
            self.rpc.note_literals_only(true);
        }
    }

    /// The plan of a relation whose form depends neither on the server nor on anything that goes ahead of it; `None` of
    /// any other.
    pub(super) fn prepared_at_once(&self, relation: &Relation) -> Option<Result<proto::Plan>> {
        let statements = relation.statements();
        let is_ready = statements.iter().all(|sql| sql.arguments().is_empty())
            && !Self::may_upload(relation)
            && relation.misread().is_empty()
            && relation.newer().is_none()
            && !statements.iter().any(|sql| sql.statement().resets_all())
            && (self.profile().is_known() || !(relation.changes_session() || relation.sends_instants()));
        if !is_ready {
            return None;
        }
        statements.iter().for_each(|sql| self.note_statement(sql.statement()));
        let checked = relation.check_values().map_err(PlanError::from);
        let sending = Sending { casts_instants: self.casts_instants(), ..Sending::default() };
        let sendable = checked.and_then(|()| relation.to_plan(sending));
        Some(sendable.map(|sendable| sendable.plan).map_err(Error::from))
    }

    /// Whether instants are cast on their way to the server. Nothing is said of a server of which nothing is known.
    fn casts_instants(&self) -> bool {
        self.profile().shows_sent_instants_in_utc()
    }

    /// The plan of a relation in the form that the server takes. `redaction` is told the texts that are sent.
    pub(super) async fn prepared(
        &self,
        relation: &Relation,
        redaction: Option<&Redaction>,
    ) -> Result<proto::Plan> {
        relation.check()?;
        self.check_newer(relation.newer())?;
        let wants_known_server =
            !self.profile().is_known() && (relation.changes_session() || relation.sends_instants());
        let sending = self.sending(relation, wants_known_server, relation.misread()).await?;
        let sendable = relation.to_plan(sending)?;
        if let Some(redaction) = redaction {
            redaction.sent(sendable.sent);
        }
        Ok(sendable.plan)
    }

    /// How a plan with this relation is sent to the server, which has what goes ahead of it then. Where the plan wants a
    /// server that is known, as it leaves something in the session or has instants in it, or has something that Spark before
    /// 4.0 would take for something else, the server is asked something first if nothing is known of it.
    ///
    /// # Errors
    ///
    /// That of what is `misread`, where this is such a server; those of a statement's values, and of an upload.
    pub(super) async fn sending(
        &self,
        relation: &Relation,
        wants_known_server: bool,
        misread: &[Misread],
    ) -> Result<Sending> {
        if wants_known_server {
            self.learn_server().await?;
        }
        self.check_misread(misread).await?;
        let inline = self.inlining(&relation.statements()).await?;
        let upload = self.uploaded(relation).await?;
        Ok(Sending { inline, upload, casts_instants: self.casts_instants() })
    }

    /// The statement in the form that the server takes, and what became of it.
    pub(super) async fn prepared_sql(&self, sql: &Sql) -> Result<(proto::Sql, Option<SentText>)> {
        match self.inlining(&[sql]).await? {
            Some(which) => {
                let (message, sent) = sql.inlined(which)?;
                Ok((message, Some(sent)))
            }
            None => Ok((sql.to_proto(), None)),
        }
    }

    /// Which values have to be written into the text of these statements; nothing if none has any.
    ///
    /// # Errors
    ///
    /// Markers and values that do not fit together, before the server is asked anything.
    pub(super) async fn inlining(&self, statements: &[&Sql]) -> Result<Option<Inline>> {
        for sql in statements {
            sql.check_values()?;
            self.note_statement(sql.statement());
        }
        if statements.iter().any(|sql| sql.statement().changes_session()) {
            self.learn_server().await?;
        }
        if statements.iter().any(|sql| sql.statement().resets_all())
            && self.profile().recreates_lost_sessions()
        {
            return Err(Error::new(ErrorKind::Unsupported, RESETS_ALL));
        }
        if statements.iter().all(|sql| sql.arguments().is_empty()) {
            return Ok(None);
        }
        let all = self.rpc.literals_only() || !self.binds().await?;
        Ok(Some(if all { Inline::All } else { Inline::Unbindable }))
    }

    /// Whether the server binds values wherever a statement may have them. It is asked before the first statement with
    /// values on a channel, and again where its connection broke since, so that what a statement does never depends on
    /// what ran before it.
    async fn binds(&self) -> Result<bool> {
        if !self.profile().binds_everywhere() {
            return Ok(false);
        }
        // What answers next is the server that it is asked about.
        self.rpc.retrying(|| self.channel().connected()).await?;
        let learned = self.channel().learned();
        let binds = *learned.binds.get_or_try_init(|| self.answers_with_the_value()).await?;
        // The answer may have been the first, which tells what kind of server it is.
        Ok(binds && self.profile().binds_everywhere())
    }

    /// Whether the analysis of a query with markers knows the type of its first value, and a backslash in a string means
    /// what it does by default. An analysis runs nothing.
    ///
    /// Spark from 4.1 on loses the values where an extension brings a parser that does not override the call with
    /// parameters, as Delta's from 4.4 does not: what it inherits parses the text alone. Iceberg's from 1.12 does override
    /// it. Whatever else a server may say of so plain a query, literals need nothing of it.
    async fn answers_with_the_value(&self) -> Result<bool> {
        let probe = Relation::from(Sql::new(PROBE).bind(Literal::date(0)).bind(1));
        let plan = probe.to_plan(Sending::default())?.plan;
        let schema = ask::Analyze::Schema(ask::Schema { plan: Some(plan) });
        let binds = match self.analyze(schema).await {
            Ok(Some(answer::Result::Schema(schema))) => binds_any_string(&schema),
            Ok(_) => false,
            Err(error) if says_no(&error) => false,
            Err(error) => return Err(error),
        };
        if !binds {
            tracing::debug!("the server does not bind values; they are sent as typed literals");
        }
        Ok(binds)
    }
}

/// A server that ignores values may take a marker for a `NULL`, and one that keeps escapes, in all sessions, names the
/// other column with two backslashes.
fn binds_any_string(schema: &answer::Schema) -> bool {
    let Some(schema) = Schema::decode(&schema.schema) else { return false };
    let [bound, backslash, ..] = schema.fields() else { return false };
    !matches!(bound.data_type, DataType::Null | DataType::Unknown(_)) && backslash.name == r"\"
}

/// Whether the server's answer is about the query, and not about the connection, the session or the cluster.
pub(super) fn says_no(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Server | ErrorKind::Unsupported)
        && error.server().is_some_and(|server| server.cluster_state().is_none())
}

/// A plan that cannot be sent.
impl From<PlanError> for Error {
    fn from(error: PlanError) -> Self {
        Self::new(ErrorKind::InvalidStatement, error.to_string())
    }
}

/// A statement whose values cannot be sent.
impl From<SqlError> for Error {
    fn from(error: SqlError) -> Self {
        PlanError::from(error).into()
    }
}
