//! Where the parameter markers of a statement are.

use std::collections::BTreeSet;
use std::ops::Range;

use super::context::{Around, Inside, MarkerContext};
use super::token::{Kind, Token, tokens, unquoted};
use super::{SqlError, stored, verbatim};
use crate::types::{expects_expression, may_expect_value};

/// The parameter markers of one statement, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Markers {
    found: Vec<Marker>,
    /// Whether the server takes what follows the first word as text, where no value arrives.
    in_text: bool,
    /// Whether the server may take it as text.
    may_be_in_text: bool,
    /// The bytes that the server stores as text, to read them again later.
    stored: Vec<Range<usize>>,
}

/// One parameter marker: `?` or `:name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    span: Range<usize>,
    name: Option<String>,
    context: MarkerContext,
    /// The bytes that a value replaces: the marker, or the `IDENTIFIER(…)` around it.
    replaced: Range<usize>,
    /// Whether it is a marker whatever is bound. One that is not may be a path (`a :b`), and is a marker if a value is
    /// bound to its name.
    certain: bool,
}

impl Markers {
    /// Whether the statement has no marker at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// How many `?` the statement has.
    #[must_use]
    pub fn positional(&self) -> usize {
        self.iter().filter(|marker| marker.name.is_none()).count()
    }

    /// The names of the `:name` markers, each once.
    #[must_use]
    pub fn names(&self) -> BTreeSet<&str> {
        self.iter().filter_map(Marker::name).collect()
    }

    /// Every marker, in the order of the text, but for those that are markers only because a value is bound to their
    /// names.
    pub fn iter(&self) -> impl Iterator<Item = &Marker> {
        self.found.iter().filter(|marker| marker.certain)
    }

    pub(super) fn are_in_text(&self) -> bool {
        self.in_text
    }

    pub(super) fn may_be_in_text(&self) -> bool {
        self.may_be_in_text
    }

    /// Whether the server stores the text around the marker.
    pub(super) fn stores(&self, marker: &Marker) -> bool {
        self.stored.iter().any(|stored| stored.contains(&marker.span.start))
    }

    /// Every marker, where values are bound to the names for which `is_bound` holds.
    pub(super) fn given(&self, is_bound: impl Fn(&str) -> bool) -> impl Iterator<Item = &Marker> {
        self.found.iter().filter(move |marker| marker.certain || marker.name().is_some_and(&is_bound))
    }
}

impl Marker {
    fn new(span: Range<usize>, name: Option<String>, certain: bool) -> Self {
        Self { replaced: span.clone(), span, name, context: MarkerContext::default(), certain }
    }

    /// The bytes of the statement that the marker takes up.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The name without its colon and quotes, or nothing for `?`.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    pub(super) fn context(&self) -> MarkerContext {
        self.context
    }

    pub(super) fn is_certain(&self) -> bool {
        self.certain
    }

    pub(super) fn replaced(&self) -> Range<usize> {
        self.replaced.clone()
    }

    /// The marker as messages name it, of which `before` stand before it.
    pub(super) fn shown(&self, before: usize) -> String {
        self.name().map_or_else(|| positional(before), |name| format!(":{name}"))
    }
}

/// A `?` as messages name it, of which `before` stand before it.
pub(super) fn positional(before: usize) -> String {
    format!("`?` number {}", before + 1)
}

/// Finds the parameter markers of a Spark SQL statement: `?` and `:name`.
///
/// - No markers: inside strings, quoted identifiers and comments; a colon directly after an operand (`a::int`,
///   `doc:price`, `struct<a: int>`, `label:`); `?::` directly after an operand (`a?::int`).
/// - After words that may be a clause or a column, spacing decides: `COMMENT :c` is a marker, `comment:c` a path.
/// - After any other word, ` :name` is a marker only if that name is bound.
///
/// ```
/// # use spark_connect::sql::markers;
/// let found = markers("SELECT 'why?', a::int, doc:price FROM t WHERE id = ? -- ?")?;
/// assert_eq!(found.positional(), 1);
/// assert!(found.names().is_empty());
/// # Ok::<(), spark_connect::sql::SqlError>(())
/// ```
///
/// # Errors
/// A string, a quoted identifier or a comment that does not end, with the byte where it starts, and a comment that a
/// backslash at the end of its line carries on, which servers do not agree on.
pub fn markers(sql: &str) -> Result<Markers, SqlError> {
    Ok(find(sql, &tokens(sql)?))
}

pub(super) fn find(sql: &str, tokens: &[Token]) -> Markers {
    let mut finder = Finder { sql, ..Finder::default() };
    let mut at = 0;
    while let (Some(token), Some(before)) = (tokens.get(at), tokens.get(..at)) {
        let after = tokens.get(at + 1..).unwrap_or_default();
        at += 1 + finder.take(before, token, after);
    }
    Markers {
        found: finder.found,
        in_text: verbatim::takes_text(sql, tokens),
        may_be_in_text: verbatim::may_take_text(sql, tokens),
        stored: stored::stored(sql, tokens),
    }
}

/// Walks the tokens, knowing about the one before only whether an operand ended there.
#[derive(Default)]
struct Finder<'a> {
    sql: &'a str,
    found: Vec<Marker>,
    before: Before,
    /// Where the last token ended.
    end: usize,
    /// The type brackets that are open.
    types: Vec<OpenType>,
    /// The parentheses that are open.
    inside: Vec<Inside>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// An operand is expected: the start, an operator, a comma, a keyword.
    #[default]
    Gap,
    /// An operand ended.
    Operand,
    /// A word that is a clause or a column.
    ClauseOrColumn,
    /// `STRUCT`, `ARRAY` or `MAP`: an operand, and a type if `<` follows.
    TypeName { is_struct: bool },
    /// A point, or the colon of a path: whatever word follows is a name.
    NameFollows,
}

struct OpenType {
    is_struct: bool,
    parentheses: usize,
}

impl Finder<'_> {
    /// Takes one token in, and says how many of those after it belong to it.
    fn take(&mut self, before: &[Token], token: &Token, after: &[Token]) -> usize {
        let mut taken = 0;
        self.before = match token.kind {
            Kind::Word => self.word(token),
            Kind::QuotedIdentifier | Kind::Text | Kind::Number => Before::Operand,
            Kind::Question if self.is_try_cast(token, after) => Before::Gap,
            Kind::Question => self.mark(Marker::new(token.span.clone(), None, true), before, after),
            Kind::Colon => match self.name_after(token, after) {
                Some((name, certain)) => {
                    taken = 1;
                    let span = token.span.start..name.span.end;
                    let marker = Marker::new(span, Some(unquoted(name.text(self.sql))), certain);
                    self.mark(marker, before, after.get(1..).unwrap_or_default())
                }
                None => self.path_or_label(token, after),
            },
            Kind::Punctuation(c) => self.punctuation(c, before, after),
            Kind::DoubleColon | Kind::Operator => Before::Gap,
        };
        self.end = after.get(..taken).and_then(<[Token]>::last).unwrap_or(token).span.end;
        taken
    }

    /// Takes a marker in, with what its neighbours tell of it.
    fn mark(&mut self, mut marker: Marker, before: &[Token], after: &[Token]) -> Before {
        marker.context = self.around(before, after).context();
        if let (MarkerContext::Name, [.., call, _], [end, ..]) = (marker.context, before, after) {
            marker.replaced = call.span.start..end.span.end;
        }
        self.found.push(marker);
        Before::Operand
    }

    fn around<'t>(&'t self, before: &'t [Token], after: &'t [Token]) -> Around<'t> {
        let inside = self.inside.last().copied().unwrap_or(Inside::Anything);
        Around { sql: self.sql, before, after, inside }
    }

    fn word(&self, token: &Token) -> Before {
        let word = token.word(self.sql);
        let is_type = |name: &str| token.is(self.sql, name);
        if self.before == Before::NameFollows {
            Before::Operand
        } else if is_type("STRUCT") || is_type("ARRAY") || is_type("MAP") {
            Before::TypeName { is_struct: is_type("STRUCT") }
        } else if expects_expression(word) {
            Before::Gap
        } else if may_expect_value(word) {
            Before::ClauseOrColumn
        } else {
            Before::Operand
        }
    }

    /// The name of the marker that starts at this colon, if one may, and whether one does whatever is bound.
    fn name_after<'t>(&self, colon: &Token, after: &'t [Token]) -> Option<(&'t Token, bool)> {
        let name = after.first().filter(|next| matches!(next.kind, Kind::Word | Kind::QuotedIdentifier))?;
        let stands_apart = colon.span.start > self.end && name.span.start == colon.span.end;
        match self.before {
            Before::Gap | Before::NameFollows => Some((name, true)),
            Before::ClauseOrColumn if stands_apart => Some((name, true)),
            Before::Operand | Before::TypeName { .. } if stands_apart => Some((name, false)),
            Before::ClauseOrColumn | Before::Operand | Before::TypeName { .. } => None,
        }
    }

    /// A path's first part is a name whatever the word. After a label comes a statement, and people write a space.
    fn path_or_label(&self, colon: &Token, after: &[Token]) -> Before {
        let touches = after.first().is_some_and(|next| next.span.start == colon.span.end);
        if touches { Before::NameFollows } else { Before::Gap }
    }

    /// `?::` after an operand is one operator; elsewhere it is a marker that is cast.
    fn is_try_cast(&self, question: &Token, after: &[Token]) -> bool {
        let cast_touches = after
            .first()
            .is_some_and(|next| next.kind == Kind::DoubleColon && next.span.start == question.span.end);
        let operand = match self.before {
            Before::Operand | Before::TypeName { .. } => true,
            Before::ClauseOrColumn => question.span.start == self.end,
            Before::Gap | Before::NameFollows => false,
        };
        cast_touches && operand
    }

    fn punctuation(&mut self, c: char, before: &[Token], after: &[Token]) -> Before {
        match (c, self.before) {
            ('.', _) => return Before::NameFollows,
            ('<', Before::TypeName { is_struct }) => {
                self.types.push(OpenType { is_struct, parentheses: self.inside.len() });
                return self.field_or_gap();
            }
            (',', _) => return self.field_or_gap(),
            ('>', _) => drop(self.types.pop()),
            ('(', _) => {
                let opening = self.around(before, after).opening();
                self.inside.push(opening);
            }
            (')', _) => {
                self.inside.pop();
                let parentheses = self.inside.len();
                self.types.retain(|open| open.parentheses <= parentheses);
                return Before::Operand;
            }
            (']', _) => return Before::Operand,
            (';', _) => self.types.clear(),
            _ => {}
        }
        Before::Gap
    }

    /// Inside `struct<…>` a field's name comes first, and may be a word that reads as a keyword elsewhere.
    fn field_or_gap(&self) -> Before {
        let in_struct =
            self.types.last().is_some_and(|open| open.is_struct && open.parentheses == self.inside.len());
        if in_struct { Before::NameFollows } else { Before::Gap }
    }
}
