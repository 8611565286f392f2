//! Values written into the statement's text.

use std::borrow::Cow;
use std::ops::Range;

use super::context::MarkerContext;
use super::marker::Marker;
use super::token::{split_quoted, unquoted};
use super::{Argument, Arguments, Markers, SqlError, render};
use crate::types::{Literal, Value, in_back_ticks};

/// The statement with every marker replaced by its value as a literal, for servers that do not bind.
///
/// The statement is read once, from left to right, so nothing inside a value is ever taken for a marker.
///
/// In some places Spark's grammar takes no expression but a constant as it is written (`COMMENT`, `LOCATION`, the
/// number of an `INTERVAL`). There a number stands as its digits, and a string in quotes if no rule for escapes touches
/// any of its characters; another value there is an error.
///
/// ```
/// # use spark_connect::sql::{Arguments, markers, substitute};
/// let sql = "SELECT * FROM t WHERE name = ? AND id=?";
/// let mut values = Arguments::default();
/// values.push("O'Brien");
/// values.push(&7_i32);
/// let text = substitute(sql, &markers(sql)?, &values)?;
/// assert_eq!(text, "SELECT * FROM t WHERE name = CAST(X'4f27427269656e' AS STRING) AND id= 7");
/// # Ok::<(), spark_connect::sql::SqlError>(())
/// ```
///
/// # Errors
/// The errors of [`Arguments::check`], and markers that were not found in this text.
pub fn substitute(sql: &str, markers: &Markers, arguments: &Arguments) -> Result<String, SqlError> {
    inline(sql, markers, arguments, Inline::All).map(|inlined| inlined.text)
}

/// Which values go into the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inline {
    /// All: the server does not bind.
    All,
    /// Those that a server which binds does not take as they are, or reads otherwise later.
    Unbindable,
}

/// A statement with values in its text, and those that still travel beside it.
pub(crate) struct Inlined {
    pub(crate) text: String,
    pub(crate) arguments: Arguments,
    pub(crate) edits: Vec<Edit>,
}

/// A change of the text in place of one marker, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    /// The bytes that were replaced in the text as it was written.
    pub(crate) written: Range<usize>,
    /// The bytes in their place in the text that is sent, with the spaces that were put around them.
    pub(crate) sent: Range<usize>,
}

/// Writes values into the text, and spaces around the markers that stay. Spark from 4.1 on writes a value in place of
/// its marker without any: `5-?` would become `5--7`, which is 5 and a comment.
pub(crate) fn inline(
    sql: &str,
    markers: &Markers,
    arguments: &Arguments,
    which: Inline,
) -> Result<Inlined, SqlError> {
    arguments.check(markers)?;
    let mut text = String::with_capacity(sql.len() + 32);
    let (mut kept, mut edits, mut end) = (Arguments::default(), Vec::new(), 0);
    for (number, bound) in arguments.in_order(markers).enumerate() {
        let (marker, argument) = bound?;
        let is_kept = which == Inline::Unbindable && is_bindable(markers, marker, argument);
        let (written, shown) = match is_kept {
            true => (marker.span(), Cow::from(piece(sql, marker.span().start, marker.span().end)?)),
            false => (marker.replaced(), Cow::from(value(marker, number, argument)?)),
        };
        if is_kept {
            kept.keep(marker.name(), argument);
        }
        text.push_str(piece(sql, end, written.start)?);
        let start = text.len();
        end = written.end;
        push_apart(&mut text, &shown, piece(sql, end, sql.len())?);
        if !is_kept || text.len() - start > shown.len() {
            edits.push(Edit { written, sent: start..text.len() });
        }
    }
    text.push_str(piece(sql, end, sql.len())?);
    Ok(Inlined { text, arguments: kept, edits })
}

/// Whether a server that binds takes the value beside the text. A marker that is one only because a value is bound to
/// its name may be a path to the server.
fn is_bindable(markers: &Markers, marker: &Marker, argument: &Argument) -> bool {
    let Argument::Value(value) = argument else { return false };
    let is_taken = !value.needs_inlining() && !has_plainer_form(marker, value);
    marker.is_certain() && is_taken && !(markers.stores(marker) && changes_if_stored(marker, value))
}

/// Whether a text in the value may be read as another one where it is stored. Spark from 4.1 on stores a view or a
/// function with the values in its text, between quotes, and reads that text again under the confs of each reader: it
/// puts a variable in place of `${…}`, and one who keeps backslashes ends the text at `\'` and takes the rest for SQL.
/// Where the grammar takes no expression, the value stays beside the text: a comment or a property is stored itself, and
/// other constants take no digits. The text of an `EXECUTE IMMEDIATE` is not looked into: what it makes of the values
/// that it is given is not seen.
fn changes_if_stored(marker: &Marker, value: &Literal) -> bool {
    let takes_expression =
        matches!(marker.context(), MarkerContext::Expression | MarkerContext::List | MarkerContext::Name);
    takes_expression && value.any_text(|text| text.contains(['\'', '\\']) || text.contains(VARIABLE))
}

/// Whether it is a number, or a NULL, that the grammar takes in the marker's place without its type, with which Spark from
/// 4.1 on writes it (`7L`, `0.5D`, `CAST(NULL AS INT)`). All else is for the server to judge.
fn has_plainer_form(marker: &Marker, value: &Literal) -> bool {
    use Value::{Byte, Decimal, Double, Float, Long, Null, Short};
    let has_form = matches!(
        (marker.context(), value.value()),
        (
            MarkerContext::Constant | MarkerContext::ConstantOrWord,
            Byte(_) | Short(_) | Long(_) | Float(_) | Double(_) | Decimal { .. }
        ) | (MarkerContext::ConstantOrWord, Null(_))
    );
    has_form && render::constant(value).is_some()
}

/// Appends a marker or a value, with spaces where it would grow together with its neighbours.
fn push_apart(text: &mut String, shown: &str, rest: &str) {
    if text.ends_with(needs_space) {
        text.push(' ');
    }
    text.push_str(shown);
    if rest.starts_with(needs_space) {
        text.push(' ');
    }
}

fn piece(sql: &str, start: usize, end: usize) -> Result<&str, SqlError> {
    sql.get(start..end).ok_or_else(|| SqlError::binding("the markers belong to another statement"))
}

/// A marker may touch the text around it (`LIMIT?`, `5-:b`, `a=?AND`), and a literal must not grow together with that.
fn needs_space(neighbour: char) -> bool {
    !neighbour.is_ascii_whitespace() && !matches!(neighbour, '(' | ')' | ',')
}

/// The start of a variable (`${env:HOME}`), which Spark replaces anywhere in a statement before it reads it. Texts are
/// written in hexadecimal, so only names and types can have it.
const VARIABLE: &str = "${";

/// Whether the value is a word in SQL.
fn is_word(value: &Literal) -> bool {
    matches!(value.value(), Value::Null(_) | Value::Boolean(_))
}

/// The text that stands for the value in place of the marker.
fn value(marker: &Marker, number: usize, argument: &Argument) -> Result<String, SqlError> {
    let found = match (marker.context(), argument) {
        (MarkerContext::Expression | MarkerContext::List, argument) => {
            Some(argument.values().iter().map(render).collect::<Vec<_>>().join(", "))
        }
        (_, Argument::List(_)) => None,
        (MarkerContext::Constant, Argument::Value(value)) if is_word(value) => None,
        (MarkerContext::Constant | MarkerContext::ConstantOrWord, Argument::Value(value)) => {
            render::constant(value)
        }
        (MarkerContext::ConstantIfPossible, Argument::Value(value)) => {
            Some(render::constant(value).unwrap_or_else(|| render(value)))
        }
        (MarkerContext::Name, Argument::Value(value)) => name(value),
    };
    let holds_variable = found.as_ref().is_some_and(|text| text.contains(VARIABLE));
    found.filter(|_| !holds_variable).ok_or_else(|| {
        let marker = marker.shown(number);
        SqlError::binding(if holds_variable {
            format!(
                "a name or a type in the value of {marker} holds `{VARIABLE}`, in place of which Spark puts a variable \
                 of its own, between back-ticks too: give it another name"
            )
        } else if matches!(argument, Argument::List(_)) {
            format!("a list is bound to {marker}, where the grammar takes one constant: bind one value")
        } else {
            format!(
                "{marker} stands where the grammar takes a plain constant, and this server does not bind such a value \
                 there: bind a whole number, or a string of letters, digits, spaces and the like (no quotes, \
                 backslashes, dollar or control signs), or write the value into the statement"
            )
        })
    })
}

/// The name that `IDENTIFIER(…)` stands for, every part of it quoted.
fn name(value: &Literal) -> Option<String> {
    let mut rest = value.as_str()?;
    let mut parts = Vec::new();
    loop {
        let (part, after) = match rest.starts_with('`') {
            true => split_quoted(rest).map(|(part, after)| (unquoted(part), after))?,
            false => {
                let (part, after) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
                (part.trim().to_owned(), after)
            }
        };
        if part.is_empty() || part.contains(char::is_control) {
            return None;
        }
        parts.push(in_back_ticks(&part));
        match after.strip_prefix('.') {
            Some(after) => rest = after,
            None if after.is_empty() => return Some(parts.join(".")),
            None => return None,
        }
    }
}
