//! Which calls are expected, and their answers.

use std::fmt;
use std::time::Duration;

use arrow_array::RecordBatch;
use spark_connect::sql::{Argument, Values, render};
use spark_connect::{Arguments, Literal};

use crate::command::Command;
use crate::error::{Error, ErrorKind, Result};
use crate::source::{Read, Source};

/// A call as far as it is compared.
#[derive(Clone)]
pub(super) struct Call {
    what: What,
    arguments: Arguments,
}

#[derive(Clone, PartialEq, Eq)]
enum What {
    Query(String),
    Table(String),
    Frame,
    Statement(String),
}

/// The answer to one call.
pub(super) struct Answer {
    pub(super) delay: Duration,
    pub(super) batches: Vec<RecordBatch>,
    /// It comes after the batches.
    pub(super) error: Option<Error>,
}

/// The answers that are left, and the calls that have come.
#[derive(Default)]
pub(super) struct Script {
    expected: Vec<(Call, Answer)>,
    /// The expected calls whose answers were given.
    used: Vec<Call>,
    unexpected: Vec<Call>,
    /// The texts of all calls, in their order.
    came: Vec<String>,
}

impl Call {
    pub(super) fn of_query(source: Source) -> Self {
        Self::of_read(&Read::all(source))
    }

    pub(super) fn of_read(read: &Read) -> Self {
        let what = match (read.sql(), read.table()) {
            (Some(text), _) => What::Query(text.to_owned()),
            (None, Some(name)) => What::Table(name.to_owned()),
            (None, None) => What::Frame,
        };
        Self { what, arguments: read.arguments().clone() }
    }

    pub(super) fn of_statement(command: &Command) -> Self {
        let what = What::Statement(command.sql().to_owned());
        Self { what, arguments: command.arguments().clone() }
    }

    /// Whether it stands for the call. One without values stands for any.
    fn takes(&self, call: &Self) -> bool {
        self.what == call.what
            && (self.arguments.is_empty() || are_same(self.arguments.values(), call.arguments.values()))
    }

    fn text(&self) -> &str {
        match &self.what {
            What::Query(text) | What::Table(text) | What::Statement(text) => text,
            What::Frame => "a frame",
        }
    }

    /// The types of the values, and how they are bound.
    fn types(&self) -> String {
        format!("{:?}", self.arguments.values())
    }
}

fn are_same(expected: Values<'_>, given: Values<'_>) -> bool {
    match (expected, given) {
        (Values::Positional(expected), Values::Positional(given)) => {
            expected.len() == given.len()
                && expected.iter().zip(given).all(|(one, other)| is_same(one, other))
        }
        (Values::Named(expected), Values::Named(given)) => {
            let mut pairs = expected.iter().zip(given);
            expected.len() == given.len()
                && pairs.all(|((name, one), (other_name, other))| name == other_name && is_same(one, other))
        }
        (expected, given) => expected == given,
    }
}

fn is_same(expected: &Argument, given: &Argument) -> bool {
    let (one, other) = (expected.values(), given.values());
    expected.single().is_some() == given.single().is_some()
        && one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| is_same_value(one, other))
}

/// Every NaN is the same, also inside of a list or a struct, as it is to Spark: it has one text in SQL.
fn is_same_value(expected: &Literal, given: &Literal) -> bool {
    expected == given || expected.data_type() == given.data_type() && render(expected) == render(given)
}

impl Answer {
    /// The first rows of the answer. What is left out has no error either: the engine stops there.
    pub(super) fn limited(mut self, limit: Option<u32>) -> Self {
        let Some(limit) = limit else { return self };
        let (mut left, mut batches) = (limit as usize, Vec::new());
        for batch in self.batches {
            let rows = batch.num_rows().min(left);
            if rows > 0 || batches.is_empty() {
                batches.push(batch.slice(0, rows));
            }
            left -= rows;
        }
        if left == 0 && !batches.is_empty() {
            self.error = None;
        }
        Self { batches, ..self }
    }

    pub(super) fn into_results(self) -> impl Iterator<Item = Result<RecordBatch>> {
        self.batches.into_iter().map(Ok).chain(self.error.map(Err))
    }
}

impl Script {
    pub(super) fn expect(&mut self, call: Call, answer: Answer) {
        self.expected.push((call, answer));
    }

    /// The first answer that is left for such a call.
    pub(super) fn answer(&mut self, call: &Call) -> Option<Answer> {
        let position = self.expected.iter().position(|(expected, _)| expected.takes(call))?;
        let (expected, answer) = self.expected.remove(position);
        self.used.push(expected);
        self.note(call);
        Some(answer)
    }

    /// Keeps the text of a call that has an answer.
    pub(super) fn note(&mut self, call: &Call) {
        self.came.push(call.text().to_owned());
    }

    /// The error of a call that has no answer.
    pub(super) fn refuse(&mut self, call: Call) -> Error {
        let message = format!("the mock driver does not expect {call}: {}", self.why_not(&call));
        self.note(&call);
        self.unexpected.push(call);
        Error::new(ErrorKind::InvalidStatement, message)
    }

    fn why_not(&self, call: &Call) -> String {
        if self.used.iter().any(|used| used.takes(call)) {
            return "its answers are used up: each is given once, or as often as `times` says".to_owned();
        }
        let expected = self.expected.iter().map(|(expected, _)| expected);
        let of_text: Vec<&Call> = expected.filter(|expected| expected.what == call.what).collect();
        match of_text.first() {
            Some(_) if of_text.iter().any(|expected| expected.types() == call.types()) => {
                "it is expected with values of these types, and only the values differ".to_owned()
            }
            Some(expected) => format!("it is expected with other types, {}", expected.types()),
            None => {
                "say what it answers with `on_query` or `on_exec`, or make its table with `table`".to_owned()
            }
        }
    }

    /// The texts of the calls, in their order.
    pub(super) fn came(&self) -> Vec<String> {
        self.came.clone()
    }

    /// The expected calls that have not come, and those that were not expected.
    pub(super) fn problems(&self) -> Vec<String> {
        let missing = self.expected.iter().map(|(call, _)| format!("expected, and not called: {call}"));
        let unexpected = self.unexpected.iter().map(|call| format!("called, and not expected: {call}"));
        missing.chain(unexpected).collect()
    }
}

/// The types of the values, and none of them.
impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Query(text) => write!(f, "the query {text:?}")?,
            What::Table(name) => write!(f, "a read of the table {name}")?,
            What::Frame => f.write_str("a frame")?,
            What::Statement(text) => write!(f, "the statement {text:?}")?,
        }
        match self.arguments.is_empty() {
            true => Ok(()),
            false => write!(f, " with {}", self.types()),
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
