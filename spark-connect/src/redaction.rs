//! Keeping bound values out of what a server says.
//!
//! Servers repeat values in many spellings: escaped, cut off, in hexadecimal, as another type's text. So the text is
//! not searched for the values; instead a word of the server's stays only if it cannot be one. All numbers go, unless
//! the statement itself has them; so do words that are part of a value, or hold one. Class and SQLSTATE always stay.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::error::{Error, QueryContext, ServerError};
use crate::plan::{Command, Relation, Sent, Sql};
use crate::sql::{Arguments, Statement};
use crate::types::Literal;

mod spelling;
mod words;

use words::Words;

/// Stands for a text that was taken out.
const GONE: &str = "…";

/// The values of a plan, and its statements: as they were written, and as they were sent once that is known. Clones
/// share it.
#[derive(Clone)]
pub struct Redaction(Arc<Inner>);

struct Inner {
    literals: Vec<Literal>,
    written: String,
    sent: OnceLock<Vec<Sent>>,
    /// Made for the first text that they are taken out of.
    words: OnceLock<Words>,
}

impl Redaction {
    /// Of the values in a relation; none if nothing is bound.
    pub fn of(relation: &Relation) -> Option<Self> {
        Self::of_relations(&[relation], Vec::new(), String::new)
    }

    /// Of the values in a command, those of its own expressions too; none if nothing is bound.
    pub(crate) fn of_command(command: &Command) -> Option<Self> {
        let literals = command.literals().into_iter().cloned().collect();
        Self::of_relations(&command.relations(), literals, || command.names())
    }

    fn of_relations(
        relations: &[&Relation],
        mut literals: Vec<Literal>,
        names: impl FnOnce() -> String,
    ) -> Option<Self> {
        let statements: Vec<&Sql> = relations.iter().flat_map(|relation| relation.statements()).collect();
        literals.extend(literals_of(&statements));
        literals.extend(relations.iter().flat_map(|relation| relation.literals()).cloned());
        Self::of_literals(literals, || {
            let of_relations = relations.iter().map(|relation| relation.names());
            let written = [written_in(&statements), names()].into_iter().chain(of_relations);
            written.collect::<Vec<_>>().join("\n")
        })
    }

    /// Of the values of a statement; none if nothing is bound.
    pub(crate) fn of_sql(sql: &Sql) -> Option<Self> {
        Self::of_arguments(sql.statement(), sql.arguments())
    }

    /// Of the values for a statement; none if there are none.
    pub fn of_arguments(statement: &Statement, arguments: &Arguments) -> Option<Self> {
        Self::of_literals(arguments.literals().cloned().collect(), || statement.text().to_owned())
    }

    /// Of texts that were not bound and are as secret.
    pub(crate) fn of_texts<'v>(values: impl IntoIterator<Item = &'v str>) -> Option<Self> {
        Self::of_literals(values.into_iter().map(Literal::string).collect(), String::new)
    }

    fn of_literals(literals: Vec<Literal>, written: impl FnOnce() -> String) -> Option<Self> {
        (!literals.is_empty()).then(|| {
            let (written, sent, words) = (written(), OnceLock::new(), OnceLock::new());
            Self(Arc::new(Inner { literals, written, sent, words }))
        })
    }

    /// Takes note of how the statements were sent.
    pub(crate) fn sent(&self, sent: Vec<Sent>) {
        // A plan is prepared once.
        let _ = self.0.sent.set(sent);
    }

    /// A name that may have been made of the statement and its values, without the values.
    pub fn kept_in(&self, name: &str) -> String {
        self.words().kept_in(name)
    }

    /// The error without the values.
    pub(crate) fn apply(&self, mut error: Error) -> Error {
        self.clean(&mut error, self.words());
        error
    }

    fn words(&self) -> &Words {
        let Inner { literals, written, words, .. } = &*self.0;
        words.get_or_init(|| Words::new(written, literals.iter().flat_map(spelling::spellings)))
    }

    fn clean(&self, error: &mut Error, words: &Words) {
        if let Some(server) = error.server_mut() {
            self.clean_server(server, words);
        }
        error.map_source(|source| match source.downcast::<Error>() {
            Ok(mut error) => {
                self.clean(&mut error, words);
                error
            }
            Err(source) => Box::new(Told::of(source.as_ref(), words)),
        });
    }

    fn clean_server(&self, server: &mut ServerError, words: &Words) {
        server.judge_commit();
        server.message = but_for_its_state(server, words);
        server.message_parameters.values_mut().for_each(|text| *text = words.kept_in(text));
        server.exception_classes.iter_mut().for_each(|text| *text = words.kept_in(text));
        server.causes.iter_mut().for_each(|text| *text = words.kept_in(text));
        for context in &mut server.query_contexts {
            if !self.map_back(context) {
                context.fragment = words.kept_in(&context.fragment);
            }
            context.object_type = words.kept_in(&context.object_type);
            context.object_name = words.kept_in(&context.object_name);
            context.call_site = words.kept_in(&context.call_site);
        }
    }

    /// Lets a context of a statement speak of the text as it was written, with its markers. False if it is about
    /// something else.
    fn map_back(&self, context: &mut QueryContext) -> bool {
        let sent = self.0.sent.get().map(Vec::as_slice).unwrap_or_default();
        for sent in sent.iter().filter(|_| context.object_type.is_empty()) {
            if let Some((start, stop, fragment)) =
                sent.fragment(context.start, context.stop, &context.fragment)
            {
                *context = QueryContext { start, stop, fragment, ..std::mem::take(context) };
                return true;
            }
        }
        false
    }
}

/// Prints no value.
impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redaction").finish_non_exhaustive()
    }
}

fn literals_of<'s>(statements: &[&'s Sql]) -> impl Iterator<Item = Literal> + use<'s> {
    let literals: Vec<Literal> =
        statements.iter().flat_map(|sql| sql.arguments().literals().cloned()).collect();
    literals.into_iter()
}

fn written_in(statements: &[&Sql]) -> String {
    statements.iter().map(|sql| sql.statement().text()).collect::<Vec<_>>().join("\n")
}

impl Error {
    /// Takes the given values out of what the server said, so that one of them does not reach a log through a message
    /// that the server wrote. Values that were bound are out of every error already.
    #[must_use]
    pub fn redacting<'v>(self, values: impl IntoIterator<Item = &'v str>) -> Self {
        self.redacted(Redaction::of_texts(values).as_ref())
    }

    /// Takes cells of rows with these columns out of what the server said, where its words show that they are cells.
    #[doc(hidden)]
    #[must_use]
    pub fn redacting_cells(self, columns: &[String]) -> Self {
        let cells = self.repeated_cells(columns);
        self.redacting(cells.iter().map(String::as_str))
    }

    /// The error without the values that `redaction` knows, if there are any.
    pub(crate) fn redacted(self, redaction: Option<&Redaction>) -> Self {
        match redaction {
            Some(redaction) => redaction.apply(self),
            None => self,
        }
    }
}

/// The message with the class and the SQLSTATE in it as they are.
fn but_for_its_state(server: &ServerError, words: &Words) -> String {
    let class = server.error_class.as_ref().map(|class| format!("[{class}]"));
    let (class, rest) = match class.filter(|class| server.message.starts_with(class.as_str())) {
        Some(class) => {
            let rest = server.message.get(class.len()..).unwrap_or_default();
            (class, rest)
        }
        None => (String::new(), server.message.as_str()),
    };
    let state = server.sql_state.as_ref().map(|state| format!("SQLSTATE: {state}"));
    let rest = match state.as_ref().and_then(|state| Some((rest.split_once(state.as_str())?, state))) {
        Some(((before, after), state)) => {
            Cow::from(format!("{}{state}{}", words.kept_in(before), words.kept_in(after)))
        }
        None => Cow::from(words.kept_in(rest)),
    };
    format!("{class}{rest}")
}

/// The text of an error below, and of those below that one.
struct Told {
    text: String,
    below: Option<Box<Self>>,
}

impl Told {
    fn of(error: &(dyn std::error::Error + 'static), words: &Words) -> Self {
        let below = error.source().map(|below| Box::new(Self::of(below, words)));
        Self { text: words.kept_in(&error.to_string()), below }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Told").field(&self.text).finish()
    }
}

impl std::error::Error for Told {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.below.as_deref().map(|below| below as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests;
