//! The parts of a statement that a server keeps as text and reads again later.

use std::ops::Range;

use super::token::{Kind, Token};

/// What a statement makes or changes, and the words with which the text begins that is kept of it.
struct Kept {
    object: &'static str,
    begins: &'static [&'static str],
}

/// Of statements that begin with one of [`MAKES`]. A table made of a query keeps its rows, and not its text.
const OBJECTS: [Kept; 5] = [
    Kept { object: "VIEW", begins: &["AS", "DEFAULT", "CHECK", "GENERATED", "EXPECT"] },
    Kept { object: "STREAMING", begins: &["AS", "DEFAULT", "CHECK", "GENERATED", "EXPECT"] },
    Kept { object: "TABLE", begins: &["DEFAULT", "CHECK", "GENERATED"] },
    Kept { object: "FUNCTION", begins: &["RETURN", "DEFAULT"] },
    Kept { object: PROCEDURE, begins: &["AS", "BEGIN", "DEFAULT"] },
];

const PROCEDURE: &str = "PROCEDURE";

const MAKES: [&str; 3] = ["CREATE", "ALTER", "REPLACE"];

/// The most words from one of those to what is made: `CREATE OR REPLACE GLOBAL TEMPORARY VIEW`.
const WORDS_TO_OBJECT: usize = 5;

/// A cached query is a temporary view.
const CACHED: Kept =
    Kept { object: "TABLE", begins: &["AS", "SELECT", "WITH", "FROM", "VALUES", "MAP", "REDUCE"] };

/// The default of a variable, and the query of a cursor.
const DECLARED: Kept = Kept { object: "", begins: &["DEFAULT", "=", "FOR"] };

/// The parts in bytes: the query of a view, the body of a function or a procedure, a default, a generated column, a
/// constraint. They are found in scripts too, and not in the text of an `EXECUTE IMMEDIATE`.
pub(super) fn stored(sql: &str, tokens: &[Token]) -> Vec<Range<usize>> {
    let statements = tokens.split(|token| token.kind == Kind::Punctuation(';'));
    statements.filter_map(|statement| part(sql, statement)).collect()
}

fn part(sql: &str, statement: &[Token]) -> Option<Range<usize>> {
    let (kept, behind) = (0..statement.len()).find_map(|at| made(sql, statement.get(at..)?))?;
    let first = behind.iter().find(|token| is_one_of(word(sql, token), kept.begins))?;
    // There are statements in the body of a procedure.
    let end = if kept.object == PROCEDURE { sql.len() } else { statement.last()?.span.end };
    Some(first.span.start..end)
}

/// What these words make, and what follows.
fn made<'t>(sql: &str, tokens: &'t [Token]) -> Option<(&'static Kept, &'t [Token])> {
    let (verb, behind) = tokens.split_first()?;
    let verb = word(sql, verb);
    if verb.eq_ignore_ascii_case("DECLARE") {
        // A handler is a statement of the script, which may make something itself.
        let [kind, noun] = [0, 1].map(|at| behind.get(at).map_or("", |token| word(sql, token)));
        let is_handler =
            noun.eq_ignore_ascii_case("HANDLER") && is_one_of(kind, &["CONTINUE", "EXIT", "UNDO"]);
        return (!is_handler).then_some((&DECLARED, behind));
    }
    let objects: &[Kept] = match verb {
        verb if verb.eq_ignore_ascii_case("CACHE") => std::slice::from_ref(&CACHED),
        verb if is_one_of(verb, &MAKES) => &OBJECTS,
        _ => return None,
    };
    let mut words =
        behind.iter().take(WORDS_TO_OBJECT).take_while(|token| token.kind == Kind::Word).enumerate();
    words.find_map(|(at, token)| {
        let kept = objects.iter().find(|kept| word(sql, token).eq_ignore_ascii_case(kept.object))?;
        Some((kept, behind.get(at + 1..)?))
    })
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// A word, or a sign; nothing for a quoted text.
fn word<'s>(sql: &'s str, token: &Token) -> &'s str {
    match token.kind {
        Kind::Text | Kind::QuotedIdentifier => "",
        _ => sql.get(token.span.clone()).unwrap_or_default(),
    }
}
