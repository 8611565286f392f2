//! The parts of a statement that a server keeps as text and reads again later.

use std::ops::Range;

use super::token::{Kind, Token};

/// What a statement makes or changes, and the words with which the text begins that is kept of it.
struct StoredPart {
    object: &'static str,
    begins: &'static [&'static str],
}

/// Of statements that begin with one of [`MAKES`]. A table made of a query keeps its rows, and not its text.
const OBJECTS: [StoredPart; 5] = [
    StoredPart { object: "VIEW", begins: &["AS", "DEFAULT", "CHECK", "GENERATED", "EXPECT"] },
    StoredPart { object: "STREAMING", begins: &["AS", "DEFAULT", "CHECK", "GENERATED", "EXPECT"] },
    StoredPart { object: "TABLE", begins: &["DEFAULT", "CHECK", "GENERATED"] },
    StoredPart { object: "FUNCTION", begins: &["RETURN", "DEFAULT"] },
    StoredPart { object: PROCEDURE, begins: &["AS", "BEGIN", "DEFAULT"] },
];

const PROCEDURE: &str = "PROCEDURE";

const MAKES: [&str; 3] = ["CREATE", "ALTER", "REPLACE"];

/// The most words from one of those to what is made: `CREATE OR REPLACE GLOBAL TEMPORARY VIEW`.
const WORDS_TO_OBJECT: usize = 5;

/// A cached query is a temporary view.
const CACHED: StoredPart =
    StoredPart { object: "TABLE", begins: &["AS", "SELECT", "WITH", "FROM", "VALUES", "MAP", "REDUCE"] };

/// The default of a variable, and the query of a cursor.
const DECLARED: StoredPart = StoredPart { object: "", begins: &["DEFAULT", "=", "FOR"] };

/// The parts in bytes: the query of a view, the body of a function or a procedure, a default, a generated column, a
/// constraint. They are found in scripts too, and not in the text of an `EXECUTE IMMEDIATE`.
pub(super) fn stored(sql: &str, tokens: &[Token]) -> Vec<Range<usize>> {
    let statements = tokens.split(|token| token.kind == Kind::Punctuation(';'));
    statements.filter_map(|statement| part(sql, statement)).collect()
}

fn part(sql: &str, statement: &[Token]) -> Option<Range<usize>> {
    let (kept, behind) = (0..statement.len()).find_map(|at| made(sql, statement.get(at..)?))?;
    let first = behind.iter().find(|token| token.is_one_of(sql, kept.begins))?;
    // There are statements in the body of a procedure.
    let end = if kept.object == PROCEDURE { sql.len() } else { statement.last()?.span.end };
    Some(first.span.start..end)
}

/// What these words make, and what follows.
fn made<'t>(sql: &str, tokens: &'t [Token]) -> Option<(&'static StoredPart, &'t [Token])> {
    let (verb, behind) = tokens.split_first()?;
    if verb.is(sql, "DECLARE") {
        // A handler is a statement of the script, which may make something itself.
        let is_handler = matches!(behind, [kind, noun, ..]
            if noun.is(sql, "HANDLER") && kind.is_one_of(sql, &["CONTINUE", "EXIT", "UNDO"]));
        return (!is_handler).then_some((&DECLARED, behind));
    }
    let objects: &[StoredPart] = if verb.is(sql, "CACHE") {
        std::slice::from_ref(&CACHED)
    } else if verb.is_one_of(sql, &MAKES) {
        &OBJECTS
    } else {
        return None;
    };
    let mut words =
        behind.iter().take(WORDS_TO_OBJECT).take_while(|token| token.kind == Kind::Word).enumerate();
    words.find_map(|(at, token)| {
        let kept = objects.iter().find(|kept| token.is(sql, kept.object))?;
        Some((kept, behind.get(at + 1..)?))
    })
}
