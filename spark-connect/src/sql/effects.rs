//! What a statement may do: whether it is plainly a query, whether running it changes something, and how often.

use super::token::{self, Kind, Token, first_inside, pairs};

/// Words with which a statement begins that changes nothing.
const QUERIES: [&str; 8] = ["SELECT", "VALUES", "TABLE", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "LIST"];

/// Words with which a query begins that a statement may follow, which takes its rows.
const WITH_QUERY: [&str; 2] = ["WITH", "FROM"];

/// Words that make a statement out of what follows a common table expression or a `FROM`.
const CHANGES: [&str; 4] = ["INSERT", "UPDATE", "DELETE", "MERGE"];

/// Functions that act outside of the server: they send a request, or run code that may do anything.
const ACTING: [&str; 4] = ["HTTP_REQUEST", "JAVA_METHOD", "REFLECT", "TRY_REFLECT"];

/// Whether the function of this name, which may be qualified and quoted, acts outside of the server.
pub(crate) fn acts(function: &str) -> bool {
    let name = function.rsplit('.').next().unwrap_or_default().trim().trim_matches('`');
    ACTING.iter().any(|acting| acting.eq_ignore_ascii_case(name))
}

/// Whether an expression in SQL may call such a function.
pub(crate) fn may_act(sql: &str) -> bool {
    match token::tokens(sql) {
        Ok(tokens) => calls_acting(sql, &tokens),
        Err(_) => true,
    }
}

fn calls_acting(sql: &str, tokens: &[Token]) -> bool {
    let acts_by_name = pairs(tokens).any(|(name, opening)| {
        let is_call = matches!(name.kind, Kind::Word | Kind::QuotedIdentifier)
            && opening.kind == Kind::Punctuation('(');
        is_call && acts(name.text(sql))
    });
    acts_by_name || calls_by_identifier(sql, tokens)
}

/// Whether it calls a function that `IDENTIFIER(…)` names, which may be any: `IDENTIFIER('reflect')('a.B', 'c')`.
fn calls_by_identifier(sql: &str, tokens: &[Token]) -> bool {
    // Of each parenthesis that is open, whether `IDENTIFIER` stands before it.
    let mut open = Vec::new();
    pairs(tokens).any(|(token, next)| {
        let ends_name = token.kind == Kind::Punctuation(')') && open.pop() == Some(true);
        let opens = next.kind == Kind::Punctuation('(');
        if opens {
            open.push(token.is(sql, "IDENTIFIER"));
        }
        ends_name && opens
    })
}

/// Whether `sql` is plainly a query, so that running it twice is the same as running it once.
///
/// Everything else counts as having side effects: a statement that is taken for one wrongly is retried less often,
/// the other mistake would write twice. What functions of a user's own do is not known.
pub(super) fn is_read_only(sql: &str, tokens: &[Token]) -> bool {
    // `SELECT TRANSFORM (…) USING 'script'` runs a program, which a marker may name.
    let is_script = |token: &Token| matches!(token.kind, Kind::Text | Kind::Question | Kind::Colon);
    if pairs(tokens).any(|(a, b)| a.is(sql, "USING") && is_script(b)) || calls_acting(sql, tokens) {
        return false;
    }
    match first_inside(tokens) {
        Some(first) if first.is_one_of(sql, &WITH_QUERY) => !changes_rows(sql, tokens),
        // Sail runs what it explains with `EXPLAIN ANALYZE`, whatever statement it is.
        Some(first) if first.is(sql, "EXPLAIN") => {
            !tokens.iter().take(3).any(|token| token.is(sql, "ANALYZE"))
        }
        first => first.is_some_and(|first| first.is_one_of(sql, &QUERIES)),
    }
}

/// Words with which a query begins that may stand inside another.
const RELATIONS: [&str; 7] = ["SELECT", "VALUES", "TABLE", "WITH", "FROM", "MAP", "REDUCE"];

/// Whether the statement is a query that may stand inside another one.
pub(super) fn is_query(sql: &str, tokens: &[Token]) -> bool {
    first_inside(tokens).is_some_and(|first| {
        first.is_one_of(sql, &RELATIONS) && !(first.is_one_of(sql, &WITH_QUERY) && changes_rows(sql, tokens))
    })
}

fn changes_rows(sql: &str, tokens: &[Token]) -> bool {
    tokens.iter().any(|token| token.is_one_of(sql, &CHANGES))
}

/// Whether a query that was answered with its own relation is still to be run: Spark 3.5 answers a statement of several
/// INSERTs so once it has run it.
pub(super) fn is_left_to_run(sql: &str, tokens: &[Token]) -> bool {
    let may_be_run = |first: &Token| first.is(sql, "EXECUTE") || first.is_one_of(sql, &RELATIONS);
    first_inside(tokens).is_some_and(may_be_run) && inserts(sql, tokens).next().is_none()
}

/// Words with which a statement begins that may run several others.
const SEVERAL: [&str; 3] = ["BEGIN", "CALL", "EXECUTE"];

/// Whether `sql` may be several statements, of which each has its own effects: a script, a procedure, a prepared text, two
/// INSERTs of one `FROM`.
pub(super) fn may_be_several(sql: &str, tokens: &[Token]) -> bool {
    inserts(sql, tokens).nth(1).is_some()
        || first_inside(tokens).is_some_and(|first| first.is_one_of(sql, &SEVERAL))
}

/// Where an INSERT begins, which may be one `WITH SCHEMA EVOLUTION`. One word is not enough, as a column may be called
/// `insert`.
fn inserts<'t>(sql: &'t str, tokens: &'t [Token]) -> impl Iterator<Item = &'t Token> {
    pairs(tokens).filter_map(move |(a, b)| {
        (a.is(sql, "INSERT") && b.is_one_of(sql, &["INTO", "OVERWRITE", "WITH"])).then_some(a)
    })
}

#[cfg(test)]
mod tests {
    use crate::sql::Statement;

    fn is_read_only(sql: &str) -> bool {
        !Statement::new(sql).has_effects()
    }

    #[test]
    fn a_limit_goes_around_queries_only() {
        for sql in [
            "SELECT 1",
            "(SELECT 1) UNION SELECT 2",
            "WITH a AS (SELECT 1) TABLE a",
            "VALUES (1)",
            "FROM t SELECT a",
            "FROM t |> WHERE a > 1 |> LIMIT 2",
            "SELECT a FROM t |> AGGREGATE count(*)",
            "TABLE t",
            "(VALUES (1), (2)) ORDER BY 1",
            "((WITH a AS (SELECT 1) SELECT * FROM a))",
            "with recursive a as (select 1) select * from a",
            "SELECT /*+ BROADCAST(t) */ * FROM t",
            "-- INSERT\nSELECT 'INSERT'",
            "MAP a USING 'script' FROM t",
            "SELECT :begin",
        ] {
            assert!(Statement::new(sql).is_query(), "{sql}");
        }
        for sql in [
            "SHOW TABLES",
            "DESCRIBE t",
            "desc t",
            "EXPLAIN SELECT 1",
            "LIST JAR",
            "CALL p()",
            "INSERT INTO t VALUES (1)",
            "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
            "FROM a INSERT INTO t SELECT * INSERT INTO u SELECT *",
            "WITH a AS (SELECT 1) FROM a INSERT INTO t SELECT * INSERT INTO u SELECT *",
            "WITH a AS (SELECT 1) MERGE INTO t USING a ON true WHEN MATCHED THEN DELETE",
            "WITH a AS (SELECT 1) UPDATE t SET b = 1",
            "WITH a AS (SELECT 1) DELETE FROM t WHERE b IN (TABLE a)",
            "DESCRIBE QUERY SELECT 1",
            "CREATE TABLE t AS SELECT 1",
            "CACHE TABLE t AS SELECT 1",
            "BEGIN SELECT 1; END",
            "map: BEGIN SELECT 1; END",
            "table: BEGIN INSERT INTO t VALUES (1); END",
            "EXECUTE IMMEDIATE 'SELECT 1'",
            "",
            "SELECT 'unterminated",
        ] {
            assert!(!Statement::new(sql).is_query(), "{sql}");
        }
    }

    #[test]
    fn a_query_is_left_to_run_whatever_its_columns_are_called() {
        for sql in [
            "SELECT 1",
            "EXECUTE IMMEDIATE 'SELECT assert_true(false)'",
            "WITH c AS (SELECT * FROM log WHERE delete) SELECT * FROM c",
            "WITH c AS (SELECT delete FROM log) SELECT insert('a', 1, 1, 'b') FROM c",
            "FROM log SELECT update, merge",
            "(FROM t SELECT a)",
        ] {
            assert!(Statement::new(sql).is_left_to_run(), "{sql}");
        }
        for sql in [
            "FROM a INSERT INTO t SELECT * INSERT INTO u SELECT *",
            "from a insert overwrite t select * insert into u select *",
            "WITH a AS (SELECT 1) FROM a INSERT INTO t SELECT * INSERT INTO u SELECT *",
            "WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a",
            "INSERT INTO t VALUES (1)",
            "SHOW TABLES",
            "",
            "SELECT 'unterminated",
        ] {
            assert!(!Statement::new(sql).is_left_to_run(), "{sql}");
        }
    }

    #[test]
    fn a_script_a_procedure_and_two_inserts_may_be_several_statements() {
        for sql in [
            "BEGIN INSERT INTO t VALUES (1); INSERT INTO t VALUES (2); END",
            "a: BEGIN SELECT 1; END",
            "CALL p()",
            "EXECUTE IMMEDIATE 'SELECT 1'",
            "FROM a INSERT INTO t SELECT * INSERT OVERWRITE u SELECT *",
            "FROM a INSERT WITH SCHEMA EVOLUTION INTO t SELECT * INSERT INTO u SELECT *",
            "SELECT 'unterminated",
        ] {
            assert!(Statement::new(sql).may_be_several(), "{sql}");
        }
        for sql in [
            "INSERT INTO t VALUES (1)",
            "INSERT WITH SCHEMA EVOLUTION INTO t SELECT 1",
            "WITH a AS (SELECT 1) INSERT INTO t SELECT insert FROM a",
            "MERGE INTO t USING u ON true WHEN NOT MATCHED THEN INSERT *",
            "SELECT 1",
            "",
        ] {
            assert!(!Statement::new(sql).may_be_several(), "{sql}");
        }
    }

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
            "SELECT reflect, 'java_method(' FROM http_request WHERE a IN (1)",
            "SELECT IDENTIFIER('a'), (identifier), (1) FROM IDENTIFIER(:t) WHERE IDENTIFIER('b') IN (1)",
            "(SELECT IDENTIFIER(lower('a')) FROM t) UNION (SELECT identifier FROM t)",
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
            "SELECT TRANSFORM (a) USING ? FROM t",
            "SELECT TRANSFORM (a) USING :script FROM t",
            "SELECT http_request(conn => 'c', method => 'POST', path => '/') FROM t",
            "SELECT Reflect('a.B', 'c')",
            "SELECT system.builtin.`java_method` /* now */ ('a.B', 'c')",
            "VALUES (try_reflect('a.B', 'c'))",
            "SELECT IDENTIFIER('reflect')('a.B', 'c')",
            "SELECT (1), identifier /* f */ (lower(:f) || ('')) ('a.B', 'c')",
            "(SELECT 1) UNION (SELECT IDENTIFIER(IDENTIFIER('lower')('REFLECT'))('a.B'))",
            "EXPLAIN ANALYZE INSERT INTO t SELECT 1",
            "explain verbose analyze select 1",
            "FROM t MAP a USING 'script'",
            "CREATE TABLE t (a INT)",
            "SET a = 1",
            "CALL p()",
            "'unterminated",
            "BEGIN SELECT 1; END",
            "show: BEGIN INSERT INTO t VALUES (1); END",
        ] {
            assert!(!is_read_only(sql), "{sql}");
        }
    }
}
