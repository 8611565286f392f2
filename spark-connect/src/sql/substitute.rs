//! Values written into the statement's text.

use super::{Arguments, Markers, SqlError, Values, render};
use crate::literal::Literal;

/// The statement with every marker replaced by its value as a literal, for servers that do not bind.
///
/// The statement is read once, from left to right, so nothing inside a value is ever taken for a marker.
///
/// Some places in Spark's grammar want a bare string and take no expression (`COMMENT`, `LOCATION`, the number of an
/// `INTERVAL`). A string substituted there is a syntax error of the server; an `i32` that is not negative works.
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
/// What [`Arguments::check`] reports, and markers that were not found in this text.
pub fn substitute(sql: &str, markers: &Markers, arguments: &Arguments) -> Result<String, SqlError> {
    arguments.check(markers)?;
    let mut text = String::with_capacity(sql.len() + 32);
    let mut end = 0;
    for (marker, literal) in markers.iter().zip(in_order(markers, arguments)) {
        let span = marker.span();
        text.push_str(piece(sql, end, span.start)?);
        push_apart(&mut text, &render(literal?));
        end = span.end;
        if sql.get(end..).is_some_and(|rest| rest.starts_with(needs_space)) {
            text.push(' ');
        }
    }
    text.push_str(piece(sql, end, sql.len())?);
    Ok(text)
}

/// The value of each marker, in the order of the text. Checked arguments have one for each.
fn in_order<'a>(
    markers: &'a Markers,
    arguments: &'a Arguments,
) -> impl Iterator<Item = Result<&'a Literal, SqlError>> {
    let mut next = 0;
    markers.iter().map(move |marker| {
        let literal = match (arguments.values(), marker.name()) {
            (Values::Positional(values), None) => {
                next += 1;
                values.get(next - 1)
            }
            (Values::Named(values), Some(name)) => values.get(name),
            _ => None,
        };
        literal.ok_or_else(|| SqlError::binding("a marker has no value: bind one value for each marker"))
    })
}

fn piece(sql: &str, start: usize, end: usize) -> Result<&str, SqlError> {
    sql.get(start..end).ok_or_else(|| SqlError::binding("the markers belong to another statement"))
}

/// A marker may touch the word before it (`LIMIT?`, `a=:b`), and a literal must not grow together with it.
fn push_apart(text: &mut String, literal: &str) {
    if text.ends_with(needs_space) {
        text.push(' ');
    }
    text.push_str(literal);
}

fn needs_space(neighbour: char) -> bool {
    !neighbour.is_ascii_whitespace() && !matches!(neighbour, '(' | ')' | ',')
}
