//! Whether a statement is plainly a query.

use super::token::{Kind, tokens};

/// Words with which a statement begins that changes nothing.
const QUERIES: [&str; 8] = ["SELECT", "VALUES", "TABLE", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "LIST"];

/// Words that make a statement out of what follows a common table expression or a `FROM`.
const CHANGES: [&str; 4] = ["INSERT", "UPDATE", "DELETE", "MERGE"];

/// Whether `sql` is plainly a query, so that running it twice is the same as running it once.
///
/// Everything else counts as having side effects: a statement that is taken for one wrongly is retried less often,
/// the other mistake would write twice.
#[must_use]
pub fn is_read_only(sql: &str) -> bool {
    let Ok(tokens) = tokens(sql) else { return false };
    let word = |token: &super::token::Token| match token.kind {
        Kind::Word => sql.get(token.span.clone()).unwrap_or_default().to_ascii_uppercase(),
        _ => String::new(),
    };
    let Some(first) = tokens.iter().find(|token| token.kind != Kind::Punctuation('(')) else { return false };
    // `SELECT TRANSFORM (…) USING 'script'` runs a program.
    let runs_script =
        tokens.iter().zip(tokens.iter().skip(1)).any(|(a, b)| word(a) == "USING" && b.kind == Kind::Text);
    if runs_script {
        return false;
    }
    let first = word(first);
    match first.as_str() {
        "WITH" | "FROM" => !tokens.iter().any(|token| CHANGES.contains(&word(token).as_str())),
        _ => QUERIES.contains(&first.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_read_only_however_they_are_written() {
        for sql in [
            "SELECT 1",
            "  -- why\n select 1",
            "/* INSERT */ SELECT 'INSERT'",
            "((SELECT 1) UNION (SELECT 2))",
            "VALUES (1)",
            "WITH a AS (SELECT 1) SELECT * FROM a",
            "FROM t SELECT a",
            "WITH a AS (SELECT map(1, 2)) SELECT `update`, 'merge' FROM a JOIN b USING (c)",
            "SHOW TABLES",
            "DESCRIBE t",
        ] {
            assert!(is_read_only(sql), "{sql}");
        }
    }

    #[test]
    fn everything_else_may_change_something() {
        for sql in [
            "",
            "INSERT INTO t VALUES (1)",
            "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
            "FROM a INSERT INTO t SELECT *",
            "SELECT TRANSFORM (a) USING 'script' FROM t",
            "FROM t MAP a USING 'script'",
            "CREATE TABLE t (a INT)",
            "SET a = 1",
            "CALL p()",
            "'unterminated",
            "BEGIN SELECT 1; END",
        ] {
            assert!(!is_read_only(sql), "{sql}");
        }
    }
}
