//! Keeping bound values out of what a server says.
//!
//! Servers repeat values in many spellings: escaped, cut off, in hexadecimal, as another type's text. So the text is
//! not searched for the values; instead a word of the server's stays only if it cannot be one. All numbers go, unless
//! the statement itself has them; so do words that are part of a value, or hold one. Class and SQLSTATE always stay.
//! Where nothing is bound only the cells go that the server is known to repeat.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use crate::error::{Error, QueryContext, ServerError};
use crate::plan::{Command, Relation, SentText, Sql};
use crate::sql::{Arguments, Statement};
use crate::types::Literal;

mod spelling;
mod words;

use words::Words;

/// Stands for a text that was taken out.
const GONE: &str = "…";

/// The values of a plan, of its options too, and its statements: as they were written, and as they were sent once that
/// is known. Clones share it.
#[derive(Clone)]
pub struct Redaction(Arc<Inner>);

struct Inner {
    literals: Vec<Literal>,
    source: Source,
    sent: OnceLock<Vec<SentText>>,
    /// Made for the first text that they are taken out of.
    words: OnceLock<Words>,
}

/// What the caller wrote. It keeps no relation, which would keep its rows and its session.
enum Source {
    Statement(Statement),
    Text(String),
    /// The keys of confs.
    Keys(Vec<String>),
}

impl Source {
    /// Of a relation, and of names that stand beside it.
    fn of(relation: &Relation, names: String) -> Self {
        match relation.as_sql() {
            Some(sql) if names.is_empty() => Self::Statement(sql.statement().clone()),
            _ => {
                let statements = relation.statements();
                let texts = statements.iter().map(|sql| sql.statement().text().to_owned());
                Self::Text(texts.chain([names, relation.names()]).collect::<Vec<_>>().join("\n"))
            }
        }
    }

    fn written(&self) -> &str {
        match self {
            Self::Statement(statement) => statement.text(),
            Self::Text(text) => text,
            Self::Keys(_) => "",
        }
    }
}

impl Redaction {
    /// Of the values in a relation; none if nothing is bound.
    pub fn of(relation: &Relation) -> Option<Self> {
        let literals = literals_of(relation);
        (!literals.is_empty()).then(|| Self::new(literals, Source::of(relation, String::new())))
    }

    /// Of a relation that is run: without values too, since a server repeats cells.
    pub(crate) fn of_relation(relation: &Relation) -> Self {
        Self::new(literals_of(relation), Source::of(relation, String::new()))
    }

    /// Of a command that is run, and the values of its own expressions and options.
    pub(crate) fn of_command(command: &Command) -> Self {
        let mut literals = literals_of(command.relation());
        literals.extend(command.literals().into_iter().cloned());
        literals.extend(command.secrets().into_iter().map(Literal::string));
        Self::new(literals, Source::of(command.relation(), command.names()))
    }

    /// Of a statement that is run.
    pub(crate) fn of_sql(sql: &Sql) -> Self {
        let literals = sql.arguments().literals().cloned().collect();
        Self::new(literals, Source::Statement(sql.statement().clone()))
    }

    /// Of the values for a statement; none if there are none.
    pub fn of_arguments(statement: &Statement, arguments: &Arguments) -> Option<Self> {
        let literals: Vec<Literal> = arguments.literals().cloned().collect();
        (!literals.is_empty()).then(|| Self::new(literals, Source::Statement(statement.clone())))
    }

    /// Of texts that were not bound and are as secret.
    pub(crate) fn of_texts<'v>(values: impl IntoIterator<Item = &'v str>) -> Option<Self> {
        let literals: Vec<Literal> = values.into_iter().map(Literal::string).collect();
        (!literals.is_empty()).then(|| Self::new(literals, Source::Text(String::new())))
    }

    /// Of confs, whose values may be secret. Their keys stay, though a value may share words with them.
    fn of_confs<'c>(confs: impl IntoIterator<Item = (&'c str, &'c str)>) -> Option<Self> {
        let (keys, values): (Vec<String>, Vec<Literal>) =
            confs.into_iter().map(|(key, value)| (key.to_owned(), Literal::string(value))).unzip();
        (!values.is_empty()).then(|| Self::new(values, Source::Keys(keys)))
    }

    fn new(literals: Vec<Literal>, source: Source) -> Self {
        Self(Arc::new(Inner { literals, source, sent: OnceLock::new(), words: OnceLock::new() }))
    }

    /// Takes note of how the statements were sent.
    pub(crate) fn sent(&self, sent: Vec<SentText>) {
        // A plan is prepared once.
        let _ = self.0.sent.set(sent);
    }

    /// A name that may have been made of the statement and its values, without the values.
    pub fn kept_in(&self, name: &str) -> String {
        match self.0.literals.is_empty() {
            true => name.to_owned(),
            false => self.words().kept_in(name),
        }
    }

    /// The error without the values, and without the cells that the server repeats in it.
    pub(crate) fn apply(&self, mut error: Error) -> Error {
        let cells = self.unwritten(error.repeated_cells(&[]));
        match cells.is_empty() {
            true if self.0.literals.is_empty() => {}
            true => self.clean(&mut error, self.words()),
            false => self.clean(&mut error, &self.words_with(&cells)),
        }
        error
    }

    /// Those of the cells that the caller did not write.
    fn unwritten(&self, mut cells: Vec<String>) -> Vec<Literal> {
        let written = self.0.source.written();
        cells.retain(|cell| !is_written(cell, written));
        cells.into_iter().map(Literal::string).collect()
    }

    fn words(&self) -> &Words {
        self.0.words.get_or_init(|| self.words_with(&[]))
    }

    fn words_with(&self, cells: &[Literal]) -> Words {
        let Inner { literals, source, .. } = &*self.0;
        let words = Words::new(source.written(), literals.iter().chain(cells).flat_map(spelling::spellings));
        match source {
            Source::Keys(keys) => words.keeping(keys),
            _ if literals.is_empty() => words.keeping_numbers(),
            _ => words,
        }
    }

    fn clean(&self, error: &mut Error, words: &Words) {
        if let Some(server) = error.server_mut() {
            self.clean_server(server, words);
        }
        if error.replace_origin(|source| RedactedSource::of(source, words)) {
            return;
        }
        error.map_source(|source| match source.downcast::<Error>() {
            Ok(mut error) => {
                self.clean(&mut error, words);
                error
            }
            Err(source) => Box::new(RedactedSource::of(source.as_ref(), words)),
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

fn literals_of(relation: &Relation) -> Vec<Literal> {
    let bound = relation.statements().into_iter().flat_map(|sql| sql.arguments().literals());
    let literals = bound.chain(relation.literals()).cloned();
    literals.chain(relation.secrets().into_iter().map(Literal::string)).collect()
}

/// Whether a value stands in the text as a literal, or as the partition of a path.
fn is_written(value: &str, written: &str) -> bool {
    let value = value.trim_matches(['\'', '"']);
    let is_quoted = ["'", "\""].iter().any(|quote| written.contains(&format!("{quote}{value}{quote}")));
    let partition = format!("={value}");
    let mut after =
        written.match_indices(&partition).filter_map(|(at, _)| written.get(at + partition.len()..));
    is_quoted
        || after.any(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        || number(value)
            .is_some_and(|value| written.split(is_between).filter_map(number).any(|own| own == value))
}

/// The digits of a number, without its sign and the letters of its type.
fn number(word: &str) -> Option<&str> {
    let digits = word.strip_prefix('-').unwrap_or(word).trim_end_matches(char::is_alphabetic);
    let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    is_number.then_some(digits)
}

fn is_between(c: char) -> bool {
    c != '.' && c != '_' && !c.is_alphanumeric()
}

impl Error {
    /// Takes the given values out of what the server said, so that one of them does not reach a log through a message
    /// that the server wrote. Values that were bound are out of every error already.
    #[doc(hidden)]
    #[must_use]
    pub fn redacting<'v>(self, values: impl IntoIterator<Item = &'v str>) -> Self {
        self.redacted(Redaction::of_texts(values).as_ref())
    }

    /// Takes the values of confs out of what the server said, and leaves their keys.
    pub(crate) fn redacting_confs<'c>(self, confs: impl IntoIterator<Item = (&'c str, &'c str)>) -> Self {
        self.redacted(Redaction::of_confs(confs).as_ref())
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
struct RedactedSource {
    text: String,
    below: Option<Box<Self>>,
}

impl RedactedSource {
    fn of(error: &(dyn std::error::Error + 'static), words: &Words) -> Self {
        let below = error.source().map(|below| Box::new(Self::of(below, words)));
        Self { text: words.kept_in(&error.to_string()), below }
    }
}

impl fmt::Display for RedactedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for RedactedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedactedSource").field(&self.text).finish()
    }
}

impl std::error::Error for RedactedSource {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.below.as_deref().map(|below| below as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests;
