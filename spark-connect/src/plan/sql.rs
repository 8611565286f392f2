//! SQL with the values of its markers.

use prost::Message;

use super::{Operator, Relation};
use crate::proto;
use crate::proto::command::CommandType;
use crate::proto::plan::OpType;
use crate::proto::relation::RelType;
use crate::sql::{Argument, Arguments, Edit, Inline, Inlined, SqlError, Statement, Values, inline};
use crate::types::{ToLiteral, bound_literal};

/// An SQL text with the values of its markers.
///
/// ```
/// # use spark_connect::{Relation, Sql};
/// let events = Sql::new("SELECT * FROM events WHERE kind = ? AND day > ?").bind("click").bind(7);
/// events.check()?;
/// let events = Relation::from(events);
/// # Ok::<(), spark_connect::sql::SqlError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Sql {
    statement: Statement,
    arguments: Arguments,
}

/// One statement as it was written, and its text as it was sent.
#[derive(Debug, Clone)]
pub(crate) struct SentText {
    written: Statement,
    text: String,
    edits: Vec<Edit>,
}

impl SentText {
    /// The piece of the statement as it was written that a server means by these characters of the text that it got:
    /// its first and last character, and itself. Nothing if the text says something else there.
    pub(crate) fn fragment(&self, start: usize, stop: usize, said: &str) -> Option<(usize, usize, String)> {
        let (sent, written) = (self.text.as_str(), self.written.text());
        let byte =
            |character: usize| sent.char_indices().map(|(at, _)| at).chain([sent.len()]).nth(character);
        let (from, to) = (byte(start)?, byte(stop.checked_add(1)?)?);
        if said.is_empty() || sent.get(from..to)? != said {
            return None;
        }
        let fragment = written.get(self.origin(from, false)?..self.origin(to, true)?)?;
        let before = written.get(..self.origin(from, false)?)?.chars().count();
        let last = (before + fragment.chars().count()).saturating_sub(1);
        Some((before, last, fragment.to_owned()))
    }

    /// The position, in the text as it was written, of a byte of the text that was sent.
    fn origin(&self, sent: usize, is_end: bool) -> Option<usize> {
        let (mut written_end, mut sent_end) = (0, 0);
        for edit in &self.edits {
            if sent <= edit.sent.start {
                break;
            }
            if sent < edit.sent.end {
                return Some(if is_end { edit.written.end } else { edit.written.start });
            }
            (written_end, sent_end) = (edit.written.end, edit.sent.end);
        }
        Some(sent.checked_sub(sent_end)? + written_end)
    }
}

impl Relation {
    /// The result of a query without parameters.
    pub fn sql(text: impl Into<Statement>) -> Self {
        Sql::new(text).into()
    }

    /// The SQL, if the relation is the result of some and nothing around it.
    #[must_use]
    pub fn as_sql(&self) -> Option<&Sql> {
        match &self.0.operator {
            Operator::Sql(sql) => Some(sql),
            _ => None,
        }
    }

    /// Checks that every marker of the SQL in the relation, at any depth, has a value, and every value a marker.
    ///
    /// # Errors
    ///
    /// The mismatch, by the names of markers.
    pub fn check_values(&self) -> Result<(), SqlError> {
        self.statements().into_iter().try_for_each(Sql::check_values)
    }
}

impl From<Sql> for Relation {
    fn from(sql: Sql) -> Self {
        Self::leaf(Operator::Sql(sql))
    }
}

impl Sql {
    /// A statement; its markers take their values from `bind` or `bind_named`.
    pub fn new(text: impl Into<Statement>) -> Self {
        Self { statement: text.into(), arguments: Arguments::default() }
    }

    /// The same statement with these values in place of what was bound.
    #[must_use]
    pub fn with_arguments(self, arguments: Arguments) -> Self {
        Self { arguments, ..self }
    }

    /// Binds the next `?` to a value. The value travels beside the text and never becomes part of it. The text that an
    /// `EXECUTE IMMEDIATE` runs is not looked into: bind no value with quotes or `${` by its `USING` into a view.
    #[must_use]
    pub fn bind(mut self, value: impl ToLiteral) -> Self {
        self.arguments.push(&value);
        self
    }

    /// Binds `:name` to a value; `name` comes without the colon.
    #[must_use]
    pub fn bind_named(mut self, name: impl AsRef<str>, value: impl ToLiteral) -> Self {
        self.arguments.insert(name.as_ref(), &value);
        self
    }

    /// Binds the next `?` to values that stand in its place with commas between, as in `IN (?)`.
    #[must_use]
    pub fn bind_list<T: ToLiteral>(mut self, values: impl IntoIterator<Item = T>) -> Self {
        self.arguments.push_list(values);
        self
    }

    /// Binds `:name` to values that stand in its place with commas between, as in `IN (:name)`.
    #[must_use]
    pub fn bind_named_list<T: ToLiteral>(
        mut self,
        name: impl AsRef<str>,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        self.arguments.insert_list(name.as_ref(), values);
        self
    }

    /// The statement, with its markers.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The values.
    #[must_use]
    pub fn arguments(&self) -> &Arguments {
        &self.arguments
    }

    /// The values, to bind more of them.
    #[doc(hidden)]
    pub fn arguments_mut(&mut self) -> &mut Arguments {
        &mut self.arguments
    }

    /// Checks that every marker of the text has a value and every value a marker.
    ///
    /// # Errors
    ///
    /// The mismatch, by the names of markers.
    pub fn check(&self) -> Result<(), SqlError> {
        self.arguments.check(self.statement.markers()?)
    }

    /// The same, but a text that cannot be read here is the server's to judge where it has no values.
    pub(crate) fn check_values(&self) -> Result<(), SqlError> {
        match self.statement.markers() {
            Err(error) if self.arguments.is_empty() && error.is_left_to_server() => Ok(()),
            _ => self.check(),
        }
    }

    /// The statement as it is sent with values as typed literals in its text, and how that came of the text as it was
    /// written.
    pub(crate) fn inlined(&self, which: Inline) -> Result<(proto::Sql, SentText), SqlError> {
        let written = self.statement.clone();
        if self.arguments.is_empty() {
            let text = written.text().to_owned();
            return Ok((self.to_proto(), SentText { written, text, edits: Vec::new() }));
        }
        let Inlined { text, arguments, edits } =
            inline(written.text(), written.markers()?, &self.arguments, which)?;
        Ok((message(text.clone(), &arguments), SentText { written, text, edits }))
    }

    /// The statement as it was written, with the values beside it.
    pub(crate) fn to_proto(&self) -> proto::Sql {
        message(self.statement.text().to_owned(), &self.arguments)
    }
}

/// The plan that runs the statement once, now. The statement stands in the command's relation. One of at most
/// `longest_copy` bytes is also put in the older fields, for servers that read no others; a server that knows both
/// places takes the relation.
pub(crate) fn sql_command(sql: proto::Sql, longest_copy: usize) -> proto::Plan {
    let mut command = proto::SqlCommand::default();
    if sql.encoded_len() <= longest_copy {
        command.sql.clone_from(&sql.query);
        command.pos_arguments.clone_from(&sql.pos_arguments);
        command.named_arguments.clone_from(&sql.named_arguments);
    }
    command.input = Some(proto::Relation { rel_type: Some(RelType::Sql(sql)), ..Default::default() });
    let command_type = Some(CommandType::SqlCommand(command));
    proto::Plan { op_type: Some(OpType::Command(proto::Command { command_type })) }
}

fn message(query: String, arguments: &Arguments) -> proto::Sql {
    let mut sql = proto::Sql { query, ..Default::default() };
    match arguments.values() {
        Values::None => {}
        Values::Positional(values) => sql.pos_arguments = values.iter().filter_map(argument).collect(),
        Values::Named(values) => {
            let named = values.iter();
            sql.named_arguments =
                named.filter_map(|(name, value)| Some((name.clone(), argument(value)?))).collect();
        }
    }
    sql
}

/// Lists are written into the text before a plan is sent.
fn argument(argument: &Argument) -> Option<proto::Expression> {
    match argument {
        Argument::Value(value) => Some(bound_literal(value)),
        Argument::List(_) => None,
    }
}
