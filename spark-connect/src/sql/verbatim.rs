//! Statements of which a server takes what follows the first word as text.

use super::token::Token;

/// Whether the server takes all after the first word as text, as Spark does the key and the value of `SET` and `RESET`.
pub(super) fn takes_text(sql: &str, tokens: &[Token]) -> bool {
    let is = |at: usize, words: &[&str]| tokens.get(at).is_some_and(|token| token.is_one_of(sql, words));
    if !is(0, &["SET"]) {
        return is(0, &["RESET"]);
    }
    match is(1, &["VAR", "VARIABLE", "CATALOG"]) {
        // `var.x` and `catalog = x` are keys like any other.
        true => is(2, &[".", "=", "-"]),
        false => !(is(1, &["TIME"]) && is(2, &["ZONE"])),
    }
}

/// Whether the server takes all after the first word as text if it is nothing that it knows, as Spark does a path there.
pub(super) fn may_take_text(sql: &str, tokens: &[Token]) -> bool {
    tokens.first().is_some_and(|first| first.is_one_of(sql, &["ADD", "LIST", "REFRESH"]))
}
