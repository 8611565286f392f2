//! What a statement leaves behind in its session, or takes away from it.

use super::token::{Kind, Token, pairs};

/// Words with which a statement begins that changes its session: a conf, the current database, a variable, a resource,
/// a cached table. A script or a prepared text may hold any of them.
const SESSION_CHANGES: [&str; 12] = [
    "SET", "RESET", "USE", "ADD", "DECLARE", "CACHE", "UNCACHE", "CLEAR", "REFRESH", "BEGIN", "EXECUTE",
    "IMPORT",
];

/// The kinds of objects that a statement makes or drops.
const OBJECTS: [&str; 7] = ["TABLE", "VIEW", "FUNCTION", "VARIABLE", "SCHEMA", "DATABASE", "NAMESPACE"];

/// Whether `sql` may change the session that it runs in, so that the next statement in the same session could tell.
pub(super) fn changes_session(sql: &str, tokens: &[Token]) -> bool {
    let Some((first, behind)) = tokens.split_first() else { return false };
    let is_one_of = |words: &[&str]| first.is_one_of(sql, words);
    if is_one_of(&["CALL"]) {
        // Of Iceberg's procedures the one that makes a temporary view.
        return behind.iter().any(|token| token.is(sql, "CREATE_CHANGELOG_VIEW"));
    }
    // A temporary view goes before a table of its name, and has no word of its own there.
    if is_one_of(&["DROP", "ALTER"]) && behind.first().is_some_and(|object| object.is(sql, "VIEW")) {
        return true;
    }
    if is_one_of(&["CREATE", "DROP"]) {
        // The word stands before what is made: `CREATE OR REPLACE GLOBAL TEMPORARY VIEW`.
        let mut before = behind.iter().take_while(|token| !token.is_one_of(sql, &OBJECTS));
        return before.any(|token| token.is_one_of(sql, &["TEMPORARY", "TEMP"]));
    }
    is_one_of(&SESSION_CHANGES)
}

/// Words with which a statement begins that may change its session, and more: a script and a prepared text may hold any
/// statement, and what is dropped or altered may be a permanent view.
const MORE_THAN_SESSION: [&str; 5] = ["BEGIN", "EXECUTE", "IMPORT", "DROP", "ALTER"];

/// Whether all that `sql` changes is the session that it runs in, and ends with it.
pub(super) fn changes_only_session(sql: &str, tokens: &[Token]) -> bool {
    let changes_more = tokens.first().is_some_and(|first| first.is_one_of(sql, &MORE_THAN_SESSION));
    // A global view is one of the application.
    let is_global = tokens.iter().take(4).any(|token| token.is(sql, "GLOBAL"));
    changes_session(sql, tokens) && !is_global && !changes_more
}

/// Whether `sql` resets all confs of its session, as `RESET` does without a key.
pub(super) fn resets_all(sql: &str, tokens: &[Token]) -> bool {
    let mut tokens = tokens.iter().filter(|token| token.kind != Kind::Punctuation(';'));
    tokens.next().is_some_and(|first| first.is(sql, "RESET")) && tokens.next().is_none()
}

/// Schemas of temporary views. Spark from 4.3 on takes `session.v` and `system.session.v` for the view `v`.
const SCHEMAS_OF_VIEWS: [&str; 3] = ["GLOBAL_TEMP", "SESSION", "SYSTEM"];

/// Whether `sql` drops or renames a table by a name that a temporary view may have, which then goes in its place.
pub(super) fn may_drop_view(sql: &str, tokens: &[Token]) -> bool {
    let [verb, object, rest @ ..] = tokens else { return false };
    let name = match object.is(sql, "TABLE") {
        true if verb.is(sql, "DROP") => Some(rest),
        true if verb.is(sql, "ALTER") => renamed(sql, rest),
        _ => None,
    };
    name.is_some_and(|name| may_name_view(sql, name))
}

/// The name that stands before `RENAME TO`.
fn renamed<'t>(sql: &str, tokens: &'t [Token]) -> Option<&'t [Token]> {
    let end = pairs(tokens).position(|(a, b)| a.is(sql, "RENAME") && b.is(sql, "TO"))?;
    tokens.get(..end)
}

/// Whether a temporary view may have the name: one of a single part, or in a schema of such views.
fn may_name_view(sql: &str, name: &[Token]) -> bool {
    let mut parts = name.iter().filter(|token| !token.is_one_of(sql, &["IF", "EXISTS"]));
    let is_qualified = name.iter().any(|token| token.kind == Kind::Punctuation('.'));
    let schema = parts.next().map(|first| first.text(sql).trim_matches('`')).unwrap_or_default();
    !is_qualified || SCHEMAS_OF_VIEWS.iter().any(|name| schema.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use crate::sql::Statement;

    fn changes_session(sql: &str) -> bool {
        Statement::new(sql).changes_session()
    }

    #[test]
    fn a_reset_without_a_key_is_one_of_all_confs() {
        for sql in ["RESET", "reset;", "/* all */ RESET -- now\n;"] {
            assert!(Statement::new(sql).resets_all(), "{sql}");
        }
        for sql in ["RESET spark.sql.ansi.enabled", "SET reset", "SELECT 1", "", ";"] {
            assert!(!Statement::new(sql).resets_all(), "{sql}");
        }
    }

    #[test]
    fn what_a_script_or_a_drop_does_may_outlive_its_session() {
        let changes_only_session = |sql| Statement::new(sql).changes_only_session();
        for sql in [
            "USE db",
            "set a = 1",
            "CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 1",
            "DECLARE VARIABLE x INT",
            "CACHE TABLE t",
        ] {
            assert!(changes_only_session(sql), "{sql}");
        }
        for sql in [
            "INSERT INTO t VALUES (1)",
            "BEGIN INSERT INTO t VALUES (1); END",
            "a: BEGIN INSERT INTO t VALUES (1); END",
            "EXECUTE IMMEDIATE 'INSERT INTO t VALUES (1)'",
            "DROP VIEW v",
            "ALTER VIEW v RENAME TO w",
            "CREATE OR REPLACE GLOBAL TEMPORARY VIEW v AS SELECT 1",
            "CREATE TABLE t (a INT)",
            "USE 'unterminated",
        ] {
            assert!(!changes_only_session(sql), "{sql}");
        }
    }

    #[test]
    fn a_table_dropped_or_renamed_by_one_name_may_be_a_view() {
        for sql in [
            "DROP TABLE v",
            "drop table if exists `a.b`",
            "DROP TABLE global_temp.v",
            "DROP TABLE IF EXISTS `global_temp`.v",
            "DROP TABLE session.v",
            "DROP TABLE system.session.v",
            "ALTER TABLE v RENAME TO w",
            "alter table `a.b` rename to db.w",
            "ALTER TABLE global_temp.v RENAME TO w",
            "ALTER TABLE rename RENAME TO v",
        ] {
            assert!(Statement::new(sql).may_drop_view(), "{sql}");
        }
        for sql in [
            "DROP TABLE a.b",
            "DROP TABLE IF EXISTS cat.a.b",
            "DROP SCHEMA a",
            "ALTER TABLE a.b RENAME TO c",
            "ALTER TABLE t RENAME COLUMN a TO b",
            "ALTER TABLE t ADD COLUMN a INT",
            "DROP",
            "SELECT 1",
            "",
        ] {
            assert!(!Statement::new(sql).may_drop_view(), "{sql}");
        }
    }

    #[test]
    fn a_change_of_the_session_is_told_from_a_change_of_tables() {
        for sql in [
            "SET spark.sql.ansi.enabled = false",
            "/* a */ use other",
            "CREATE OR REPLACE GLOBAL TEMPORARY VIEW v AS SELECT 1",
            "create temp function f as 'a.B'",
            "DROP TEMPORARY VARIABLE x",
            "DECLARE VARIABLE x INT",
            "CACHE TABLE t",
            "EXECUTE IMMEDIATE 'SET a = 1'",
            "DROP VIEW users",
            "drop view if exists users",
            "ALTER VIEW users AS SELECT 1",
            "CALL cat.system.create_changelog_view(table => 'db.t')",
            "BEGIN SET a = 1; END",
            "lbl: BEGIN SET a = 1; END",
            "/* a */ `my label` : begin SET a = 1; END `my label`",
            "'unterminated",
        ] {
            assert!(changes_session(sql), "{sql}");
        }
        for sql in [
            "SELECT 1",
            "INSERT INTO t VALUES (1)",
            "CREATE TABLE t (temp INT)",
            "CREATE OR REPLACE VIEW v AS SELECT 1",
            "DROP TABLE t",
            "ALTER TABLE view ADD COLUMN a INT",
            "CALL cat.system.expire_snapshots(table => 'db.t')",
            "SELECT :begin, 1",
            "",
        ] {
            assert!(!changes_session(sql), "{sql}");
        }
    }
}
