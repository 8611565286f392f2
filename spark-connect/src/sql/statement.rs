//! A statement, read once.

use std::fmt;
use std::sync::Arc;

use super::token::{Kind, Token, first_inside, tokens};
use super::{Markers, SqlError, effects, marker, session_changes};
use crate::types::expects_expression;

/// The text of one statement and the facts that its words tell, found out once. Clones are cheap and share it.
///
/// Reading cannot fail: a text that cannot be read has no markers to ask for, and counts as one that may do anything.
///
/// ```
/// # use spark_connect::sql::Statement;
/// let insert = Statement::new("INSERT INTO t VALUES (?)");
/// assert!(insert.has_effects() && !insert.is_query());
/// assert_eq!(insert.first_word(), Some("INSERT"));
/// assert_eq!(insert.markers()?.positional(), 1);
/// # Ok::<(), spark_connect::sql::SqlError>(())
/// ```
#[derive(Clone)]
pub struct Statement(Arc<Parsed>);

struct Parsed {
    text: String,
    markers: Result<Markers, SqlError>,
    first_word: Option<String>,
    is_query: bool,
    is_left_to_run: bool,
    has_effects: bool,
    changes_session: bool,
    changes_only_session: bool,
    resets_all: bool,
    may_be_several: bool,
    may_drop_view: bool,
}

impl Statement {
    /// Reads the text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self(Arc::new(match tokens(&text) {
            Ok(tokens) => {
                let body = without_label(&text, &tokens);
                Parsed {
                    markers: Ok(marker::find(&text, &tokens)),
                    first_word: first_word(&text, body),
                    is_query: effects::is_query(&text, body),
                    is_left_to_run: effects::is_left_to_run(&text, body),
                    has_effects: !effects::is_read_only(&text, body),
                    changes_session: session_changes::changes_session(&text, body),
                    changes_only_session: session_changes::changes_only_session(&text, body),
                    resets_all: session_changes::resets_all(&text, body),
                    may_be_several: effects::may_be_several(&text, body),
                    may_drop_view: session_changes::may_drop_view(&text, body),
                    text,
                }
            }
            Err(error) => Parsed {
                text,
                markers: Err(error),
                first_word: None,
                is_query: false,
                is_left_to_run: false,
                has_effects: true,
                changes_session: true,
                changes_only_session: false,
                resets_all: false,
                may_be_several: true,
                may_drop_view: true,
            },
        }))
    }

    /// The text as it was written, with its markers.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Where its parameter markers are.
    ///
    /// # Errors
    ///
    /// A string, a quoted identifier or a comment that does not end, with the byte where it starts, and a comment that
    /// a backslash at the end of its line carries on, which servers do not agree on.
    pub fn markers(&self) -> Result<&Markers, SqlError> {
        self.0.markers.as_ref().map_err(SqlError::clone)
    }

    /// The word that the statement begins with, after the label of a script, in upper case.
    #[must_use]
    pub fn first_word(&self) -> Option<&str> {
        self.0.first_word.as_deref()
    }

    /// Whether it can stand inside another query, so that a limit may go around it. `SHOW`, `DESCRIBE` and `EXPLAIN`
    /// cannot, though they change nothing.
    #[must_use]
    pub fn is_query(&self) -> bool {
        self.0.is_query
    }

    /// Whether it is still to be run where a server answered it with its own relation.
    pub(crate) fn is_left_to_run(&self) -> bool {
        self.0.is_left_to_run
    }

    /// Whether running it may change something: it is not plainly a query, or calls `http_request`, `java_method`,
    /// `reflect` or `try_reflect`. Functions of your own are not looked into: what they do outside of the server may be
    /// done twice.
    #[must_use]
    pub fn has_effects(&self) -> bool {
        self.0.has_effects
    }

    /// Whether it may change the session that it runs in, so that the next statement in the same session could tell.
    #[must_use]
    pub fn changes_session(&self) -> bool {
        self.0.changes_session
    }

    /// Whether what it does ends with the session that it runs in.
    pub(crate) fn changes_only_session(&self) -> bool {
        self.0.changes_only_session
    }

    /// Whether it resets all confs of its session.
    pub(crate) fn resets_all(&self) -> bool {
        self.0.resets_all
    }

    /// Whether it may run several statements, of which each has its own effects.
    pub(crate) fn may_be_several(&self) -> bool {
        self.0.may_be_several
    }

    /// Whether it drops or renames a table by a name that a temporary view of its session may have, which is dropped or
    /// renamed then.
    #[must_use]
    pub fn may_drop_view(&self) -> bool {
        self.0.may_drop_view
    }
}

/// The statement after the label that a script may begin with (`outer: BEGIN … END`). After a word like `SELECT` a
/// colon begins a marker.
fn without_label<'t>(sql: &str, tokens: &'t [Token]) -> &'t [Token] {
    match tokens {
        [label, colon, body @ ..]
            if matches!(label.kind, Kind::Word | Kind::QuotedIdentifier)
                && colon.kind == Kind::Colon
                && body.first().is_some_and(|first| first.is(sql, "BEGIN"))
                && !expects_expression(label.word(sql)) =>
        {
            body
        }
        _ => tokens,
    }
}

fn first_word(text: &str, tokens: &[Token]) -> Option<String> {
    let first = first_inside(tokens)?;
    (first.kind == Kind::Word).then(|| first.text(text).to_ascii_uppercase())
}

impl<T: Into<String>> From<T> for Statement {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}

impl PartialEq for Statement {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for Statement {}

impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Statement").field(&self.0.text).finish()
    }
}
