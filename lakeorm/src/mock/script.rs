//! Which calls are expected, and their answers.

use std::fmt;
use std::time::Duration;

use arrow_array::RecordBatch;
use spark_connect::Arguments;

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

/// The answers that are left, and the calls that had none.
#[derive(Default)]
pub(super) struct Script {
    expected: Vec<(Call, Answer)>,
    unexpected: Vec<Call>,
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

    fn is(&self, other: &Self) -> bool {
        self.what == other.what && self.arguments.values() == other.arguments.values()
    }
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
        let position = self.expected.iter().position(|(expected, _)| expected.is(call))?;
        Some(self.expected.remove(position).1)
    }

    /// The error of a call that has no answer.
    pub(super) fn refuse(&mut self, call: Call) -> Error {
        let has_other_values = self.expected.iter().any(|(expected, _)| expected.what == call.what);
        let why = match has_other_values {
            true => "it is expected with other values",
            false => "say what it answers with `on_query` or `on_exec`, or make its table with `table`",
        };
        let message = format!("the mock driver does not expect {call}: {why}");
        self.unexpected.push(call);
        Error::new(ErrorKind::InvalidStatement, message)
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
            false => write!(f, " with {:?}", self.arguments.values()),
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
