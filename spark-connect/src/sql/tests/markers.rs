//! Statements whose markers are easy to get wrong.

use crate::plan::Sql;
use crate::sql::{Statement, markers};

/// The markers as the statement spells them.
fn found(sql: &str) -> Vec<String> {
    let markers = markers(sql).unwrap();
    markers.iter().map(|marker| sql[marker.span()].to_owned()).collect()
}

fn names(sql: &str) -> Vec<String> {
    markers(sql).unwrap().iter().map(|marker| marker.name().unwrap().to_owned()).collect()
}

#[track_caller]
fn assert_found(cases: &[(&str, &[&str])]) {
    for (sql, expected) in cases {
        assert_eq!(&found(sql), expected, "{sql}");
    }
}

#[track_caller]
fn assert_none(cases: &[&str]) {
    for sql in cases {
        assert_eq!(found(sql), Vec::<String>::new(), "{sql}");
    }
}

#[test]
fn quoted_text_holds_no_markers() {
    assert_none(&[
        "SELECT '? :a'",
        "SELECT \"? :a\"",
        r"SELECT 'it\'s ? :a'",
        r#"SELECT "a\" ? :a""#,
        "SELECT 'it''s ? :a'",
        "SELECT \"a\"\" ? :a\"",
        r"SELECT 'ends in a backslash \\', 'and ?'",
        "SELECT 'two\nlines ?'",
        r"SELECT r'\', '?'",
        r#"SELECT R"\", "?""#,
        "SELECT X'3f'",
        "SELECT date'2024-01-01 ?'",
        "SELECT $$ it's ? :a $$",
        "SELECT $tag$ $$ ? :a $other$ $tag$",
        "SELECT `why?`, `a``b ? :a`",
        "SELECT `\\`, `?`",
    ]);
}

#[test]
fn quoting_ends_where_spark_ends_it() {
    assert_found(&[
        (r"SELECT r'\', ?", &["?"]),
        (r"SELECT R'a\'?'b'", &["?"]),
        (r"SELECT xr'\', '?", &["?"]),
        (r"SELECT 1e+5r'\', ?", &["?"]),
        (r"SELECT 'a\\', ?", &["?"]),
        ("SELECT `a```, ?", &["?"]),
        ("SELECT $t$ $$ $t$, ?", &["?"]),
        ("SELECT ${a}, ?", &["?"]),
        ("SELECT ''?''", &["?"]),
    ]);
}

#[test]
fn comments_hold_no_markers() {
    assert_none(&[
        "SELECT 1 -- ? :a",
        "SELECT 1 -- it's ? :a",
        "SELECT 1 -- ends in a backslash \\",
        "SELECT 1 -- ends in a backslash \\\n \t\n",
        "SELECT 1 /* ? :a */",
        "SELECT 1 /* it's */",
        "SELECT 1 /* a /* ? */ :b */",
        "SELECT 1 /**/ /***/ /*/**/*/",
        "-- ?",
        "",
    ]);
}

#[test]
fn comments_end_where_spark_ends_them() {
    assert_found(&[
        ("SELECT 1 -- a\n, ?", &["?"]),
        ("SELECT 1 -- a\r, ?", &["?"]),
        ("SELECT 1 -- a\\\r\n, ?", &["?"]),
        ("SELECT 1 -- a\\ \n, ?", &["?"]),
        ("SELECT 1 -- a\\\n \t\n, ?", &["?"]),
        ("SELECT 1 -- a\\\n\r\n, ?", &["?"]),
        ("SELECT 1 /* a /* b */ c */, ?", &["?"]),
        ("SELECT 1 /**/, ?", &["?"]),
        ("SELECT 1 - -?", &["?"]),
        ("SELECT 1 / ?", &["?"]),
    ]);
}

/// Spark takes the next line for a part of the comment, Sail does not.
#[test]
fn a_comment_with_a_backslash_before_a_next_line_is_refused() {
    for sql in [
        "WITH a AS (SELECT 1) -- C:\\\nINSERT INTO t SELECT * FROM a",
        "WITH a AS (SELECT 1) -- C:\\\\\n  , ?",
        "WITH a AS (SELECT 1) --\\\n\\\nTABLE a",
    ] {
        let refused = "the comment that starts at byte 21 of the statement has a backslash at the end of its line, which \
                       makes the next line a part of it on some servers and not on others: put a space behind the \
                       backslash";
        assert_eq!(markers(sql).unwrap_err().to_string(), refused, "{sql}");
        let statement = Statement::new(sql);
        assert!(statement.has_effects() && statement.changes_session(), "{sql}");
        assert_eq!(Sql::new(sql).check_values().unwrap_err().to_string(), refused);
    }
    assert_eq!(Sql::new("SELECT 'unterminated").check_values(), Ok(()));
}

/// Sail takes a hint for a comment, inside of which comments nest.
#[test]
fn a_hint_in_a_comment_and_a_comment_in_a_hint_are_refused() {
    let nested =
        "holds `/*+`, which opens another comment on some servers and not on others: take the plus sign away";
    let inside = "stands inside of a hint, which is itself a comment on some servers and not on others: move it out of \
                  `/*+ … */`";
    for (sql, at, why) in [
        ("WITH a AS (SELECT 1) /* x /*+ y */ SELECT 1 -- */ INSERT INTO t TABLE a", 21, nested),
        ("SELECT 1 /* a /* b /*+ ? */", 9, nested),
        ("WITH a AS (SELECT 1) /*+ -- */ INSERT INTO t TABLE a", 25, inside),
    ] {
        let refused = format!("the comment that starts at byte {at} of the statement {why}");
        assert_eq!(markers(sql).unwrap_err().to_string(), refused, "{sql}");
        assert!(Statement::new(sql).has_effects(), "{sql}");
    }
    assert_found(&[("SELECT /*+ COALESCE(1) */ 1 -- ?\n, ?", &["?"])]);
}

#[test]
fn a_hint_is_code() {
    assert_found(&[
        ("SELECT /*+ REPARTITION(?) */ * FROM t WHERE a = ?", &["?", "?"]),
        ("SELECT /*+ COALESCE(:n) */* FROM t WHERE a = :a", &[":n", ":a"]),
    ]);
}

#[test]
fn a_question_mark_is_a_marker_wherever_it_is_a_token() {
    assert_found(&[
        ("SELECT ?", &["?"]),
        ("?", &["?"]),
        ("SELECT a-?", &["?"]),
        ("SELECT -?", &["?"]),
        ("SELECT ?,?", &["?", "?"]),
        ("SELECT ?::INT", &["?"]),
        ("SELECT a = ?::INT", &["?"]),
        ("SELECT f(?::INT)", &["?"]),
        ("SELECT ??::INT", &["?"]),
        ("SELECT * FROM t LIMIT ? OFFSET ?", &["?", "?"]),
        ("SELECT * FROM t LIMIT?", &["?"]),
        ("SELECT * FROM t LIMIT ?::INT", &["?"]),
        ("SELECT a[?] FROM t", &["?"]),
        ("SELECT * FROM t VERSION AS OF ?", &["?"]),
        ("SELECT * FROM IDENTIFIER(?)", &["?"]),
        ("SELECT * FROM t TABLESAMPLE (? ROWS)", &["?"]),
        ("SELECT CASE WHEN ? THEN ? ELSE ? END", &["?", "?", "?"]),
        ("SELECT filter(a, x -> x > ?)", &["?"]),
        ("SELECT * FROM VALUES (?, ?), (?, ?)", &["?", "?", "?", "?"]),
        ("SELECT é, ? FROM t", &["?"]),
        ("COMMENT ON TABLE t IS ?", &["?"]),
    ]);
}

#[test]
fn a_question_mark_inside_another_token_is_no_marker() {
    assert_none(&[
        "SELECT a?::INT",
        "SELECT `a`?::INT",
        "SELECT f(a)?::INT",
        "SELECT a[0]?::INT",
        "SELECT '1'?::INT",
        "SELECT value?::INT",
        "SELECT t.select?::INT",
        "SELECT * FROM hdfs://host/a?b=c",
    ]);
}

#[test]
fn a_colon_where_an_operand_is_expected_starts_a_named_marker() {
    assert_found(&[
        ("SELECT :a", &[":a"]),
        ("SELECT : a", &[": a"]),
        ("SELECT :/* c */a", &[":/* c */a"]),
        ("SELECT :a::int", &[":a"]),
        ("SELECT -:a", &[":a"]),
        ("SELECT :a:b", &[":a"]),
        ("SELECT :a, :b, :a", &[":a", ":b", ":a"]),
        ("SELECT a[:i] FROM t", &[":i"]),
        ("SELECT DISTINCT :a", &[":a"]),
        ("SELECT * FROM IDENTIFIER(:t)", &[":t"]),
        ("SELECT * FROM t WHERE a = :a AND b IN (:b, :c) OR NOT :d", &[":a", ":b", ":c", ":d"]),
        ("SELECT * FROM t WHERE a BETWEEN :a AND :b", &[":a", ":b"]),
        ("SELECT * FROM t WHERE a LIKE :a ESCAPE :b", &[":a", ":b"]),
        ("SELECT * FROM t WHERE a IS DISTINCT FROM :a", &[":a"]),
        ("SELECT * FROM t VERSION AS OF :v", &[":v"]),
        ("SELECT * FROM t TIMESTAMP AS OF :v", &[":v"]),
        ("SELECT * FROM t ORDER BY :o LIMIT :l OFFSET :f", &[":o", ":l", ":f"]),
        ("SELECT * FROM t LIMIT :l", &[":l"]),
        ("SELECT substring(:s FROM :a FOR :b)", &[":s", ":a", ":b"]),
        ("SELECT INTERVAL :n DAY", &[":n"]),
        ("SELECT CASE :a WHEN :b THEN :c ELSE :d END", &[":a", ":b", ":c", ":d"]),
        ("SELECT a > 1. AND :b", &[":b"]),
        ("SELECT a < 1.5 AND :b", &[":b"]),
        ("CALL p(n => :n)", &[":n"]),
        ("SET VAR x = :x", &[":x"]),
        ("INSERT INTO t VALUES (:a, :b)", &[":a", ":b"]),
        ("EXECUTE IMMEDIATE :sql USING :a AS x", &[":sql", ":a"]),
        ("CREATE TABLE t (a INT DEFAULT :d) COMMENT :c LOCATION :l", &[":d", ":c", ":l"]),
        ("CREATE TABLE t TBLPROPERTIES ('k' = :v)", &[":v"]),
        ("BEGIN IF :a THEN SELECT :b; END IF; END", &[":a", ":b"]),
        ("SHOW TABLES :p", &[":p"]),
        ("SELECT * FROM t WHERE map < :a AND b > :c", &[":a", ":c"]),
        ("SELECT * FROM t WHERE struct < :a AND b > :c", &[":a", ":c"]),
        ("SELECT * FROM t WHERE array >= :a", &[":a"]),
    ]);
}

#[test]
fn an_expression_follows_these_words_however_they_are_spaced() {
    assert_found(&[
        ("SELECT a FROM t QUALIFY:q", &[":q"]),
        ("BEGIN IF a THEN SELECT 1; ELSEIF:b THEN SELECT 2; END IF; END", &[":b"]),
        ("BEGIN REPEAT SELECT 1; UNTIL:u END REPEAT; END", &[":u"]),
        ("SELECT a DIV:d FROM t GROUP BY a HAVING:h", &[":d", ":h"]),
        ("SELECT a FROM t WHERE a ILIKE:i OR a RLIKE:r OR a REGEXP:e", &[":i", ":r", ":e"]),
    ]);
}

#[test]
fn spacing_decides_after_a_word_that_may_be_a_clause_or_a_column() {
    assert_found(&[
        ("ADD ARCHIVE :x", &[":x"]),
        ("ADD FILE :x", &[":x"]),
        ("ADD JAR :x", &[":x"]),
        ("INSERT OVERWRITE DIRECTORY :x SELECT 1", &[":x"]),
        ("LOAD DATA INPATH :x INTO TABLE t", &[":x"]),
        ("CREATE TABLE t (a INT) STORED AS INPUTFORMAT :x OUTPUTFORMAT :y", &[":x", ":y"]),
        ("CREATE TABLE t (a INT) ROW FORMAT SERDE :x", &[":x"]),
        ("SELECT TRANSFORM (a) RECORDWRITER :x USING 'cat' AS (b) RECORDREADER :y FROM t", &[":x", ":y"]),
        (
            "SELECT trim(LEADING :x FROM a), trim(TRAILING :y FROM a), trim(BOTH :z FROM a)",
            &[":x", ":y", ":z"],
        ),
    ]);
    assert_none(&[
        "SELECT archive:x, file:x, jar:x, directory:x, inpath:x FROM t",
        "SELECT inputformat:x, outputformat:x, serde:x, recordwriter:x, recordreader:x FROM t",
        "SELECT leading:x, trailing:x, both:x FROM t",
        "SELECT values:x, offset:x, limit:x, interval:x, default:x, set:x FROM t",
        "SELECT * FROM t LIMIT:x",
    ]);
    assert_found(&[
        ("SELECT values:x FROM t LIMIT :l OFFSET :o", &[":l", ":o"]),
        ("SELECT INTERVAL :n DAY, INTERVAL (:m) DAY", &[":n", ":m"]),
        ("INSERT INTO t VALUES(:a), (:b)", &[":a", ":b"]),
        ("SELECT * FROM VALUES :a, :b", &[":a", ":b"]),
        ("CREATE TABLE t (a INT DEFAULT :d)", &[":d"]),
    ]);
}

#[test]
fn a_colon_after_an_operand_is_a_path_a_label_or_a_cast() {
    assert_none(&[
        "SELECT a::int",
        "SELECT a :: int",
        "SELECT doc:price.net FROM t",
        "SELECT doc:a:b FROM t",
        "SELECT doc:select:b FROM t",
        "SELECT t.doc:price FROM t",
        "SELECT t.select:price FROM t",
        "SELECT `doc`:price FROM t",
        "SELECT f(a):price FROM t",
        "SELECT a[0]:price FROM t",
        "SELECT doc:['price'] FROM t",
        "SELECT '{}':price",
        "SELECT value:price, comment:text FROM t",
        "SELECT value : price FROM t",
        "SELECT date:x FROM t",
        "SELECT CASE WHEN a THEN b END:c",
        "outer_loop: BEGIN SELECT 1; END",
        "BEGIN l1: LOOP LEAVE l1; END LOOP; END",
    ]);
}

#[test]
fn a_label_leaves_the_statement_after_it_alone() {
    assert_found(&[("BEGIN l: WHILE :a < 3 DO SELECT :b; END WHILE; END", &[":a", ":b"])]);
}

#[test]
fn a_field_of_a_struct_type_is_no_marker() {
    assert_none(&[
        "SELECT CAST(a AS STRUCT<a: INT, b: STRING>)",
        "SELECT CAST(a AS STRUCT<a:INT,b:STRING>)",
        "CREATE TABLE t (s STRUCT<select: INT, in: ARRAY<STRUCT<limit: INT>>, from: MAP<STRING, INT>>)",
        "CREATE TABLE t (s STRUCT<`a`: DECIMAL(10, 2), values: INT COMMENT 'x'>)",
        "SELECT a::struct<set: int>",
    ]);
    assert_found(&[
        ("SELECT CAST(:a AS STRUCT<in: INT>), :b", &[":a", ":b"]),
        ("SELECT CAST(:a AS ARRAY<STRUCT<in: MAP<STRING, INT>>>) = :b AND IN (:c)", &[":a", ":b", ":c"]),
        ("SELECT CAST(a AS STRUCT<a: INT COMMENT :c>)", &[":c"]),
        // A column that is compared.
        ("SELECT (struct < 5, ?)", &["?"]),
        ("SELECT (struct < 5, :a)", &[":a"]),
        ("SELECT (struct < 5, ?::INT)", &["?"]),
        ("SELECT (struct < 5), (1, NOT :a)", &[":a"]),
        ("SELECT CAST(a AS STRUCT<a: DECIMAL(1, NOT :a)>)", &[":a"]),
    ]);
}

#[test]
fn whole_statements() {
    assert_found(&[
        (
            "MERGE INTO t USING (SELECT :id AS id) s ON t.id = s.id AND t.day = :day \
             WHEN MATCHED AND s.x > :x THEN UPDATE SET t.v = :v, t.w = s.doc:w \
             WHEN NOT MATCHED THEN INSERT (id, v) VALUES (:id, :v)",
            &[":id", ":day", ":x", ":v", ":id", ":v"],
        ),
        (
            "CREATE FUNCTION f(a INT COMMENT '?') RETURNS STRUCT<a: INT> RETURN named_struct('a', a + ?)",
            &["?"],
        ),
        (
            "WITH c AS (SELECT ? AS a) SELECT /*+ BROADCAST(c) */ c.a, d.doc:x.y -- ?\n \
             FROM c JOIN d ON c.a = d.a AND d.b <=> ? WHERE d.`?` <> '?' LIMIT ?",
            &["?", "?", "?"],
        ),
        ("INSERT INTO t REPLACE WHERE d = :d SELECT * FROM s |> WHERE x > :x", &[":d", ":x"]),
    ]);
}

#[test]
fn a_name_is_unquoted_and_keeps_its_case() {
    assert_eq!(
        names("SELECT :a, :Ab, :`x y`, :`a``b`, :é, :_1, :1a, :select"),
        ["a", "Ab", "x y", "a`b", "é", "_1", "1a", "select"]
    );
    assert_none(&["SELECT :1", "SELECT :'a'", "SELECT :"]);
}

#[test]
fn counts_and_names_are_those_of_the_text() {
    let markers = markers("SELECT :b, :a, :b").unwrap();
    assert_eq!(markers.names().into_iter().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(markers.positional(), 0);
    assert!(!markers.is_empty());
    assert!(crate::sql::markers("SELECT 1").unwrap().is_empty());
}

#[test]
fn what_does_not_end_is_named_with_its_place() {
    let cases = [
        ("SELECT 'abc", "single-quoted string", 7),
        (r"SELECT 'abc\'", "single-quoted string", 7),
        (r"SELECT 'abc\", "single-quoted string", 7),
        ("SELECT \"abc", "double-quoted string", 7),
        (r"SELECT b'\', 1", "single-quoted string", 8),
        ("SELECT r'abc", "raw string", 7),
        ("SELECT `abc``", "quoted identifier", 7),
        ("SELECT $a$ $b$ $", "dollar-quoted string", 7),
        ("SELECT é /* a /* b */", "comment", 10),
        ("SELECT /*/", "comment", 7),
    ];
    for (sql, what, at) in cases {
        let message = format!("the {what} that starts at byte {at} of the statement does not end");
        assert_eq!(markers(sql).unwrap_err().to_string(), message, "{sql}");
    }
}
