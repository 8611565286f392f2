//! Substituted statements keep their shape whatever the values are.

use std::slice;

use proptest::prelude::*;

use crate::sql::substitute::Inlined;
use crate::sql::token::{Kind, Token, tokens};
use crate::sql::{Arguments, Edit, Inline, Values, inline, markers, render, substitute};
use crate::types::{DataType, Literal, ToLiteral};

fn bound(values: &[Literal]) -> Arguments {
    let mut arguments = Arguments::default();
    values.iter().for_each(|value| arguments.push(value));
    arguments
}

fn substituted(sql: &str, arguments: &Arguments) -> String {
    substitute(sql, &markers(sql).unwrap(), arguments).unwrap()
}

#[test]
fn markers_are_replaced_where_they_are_and_nowhere_else() {
    let sql = "SELECT '?', a-?, b=?::INT -- ?\n FROM t WHERE c IN (?,?)LIMIT?";
    let values: Vec<Literal> = (1..=5).map(Literal::integer).collect();
    assert_eq!(
        substituted(sql, &bound(&values)),
        "SELECT '?', a- 1, b= 2 ::INT -- ?\n FROM t WHERE c IN (3,4)LIMIT 5"
    );
}

#[test]
fn a_named_value_replaces_each_of_its_markers() {
    let mut arguments = Arguments::default();
    arguments.insert("a", &1_i32);
    arguments.insert("x y", &true);
    assert_eq!(substituted("SELECT :a, doc:a, -:a, :`x y`", &arguments), "SELECT 1, doc:a, - 1, TRUE");
}

#[test]
fn a_value_that_looks_like_a_marker_is_not_read_again() {
    let mut arguments = Arguments::default();
    arguments.insert("a", ":b ?");
    arguments.insert("b", ":a");
    assert_eq!(
        substituted("SELECT :a, :b", &arguments),
        "SELECT CAST(X'3a62203f' AS STRING), CAST(X'3a61' AS STRING)"
    );
}

#[test]
fn a_list_stands_with_commas_between() {
    let mut arguments = Arguments::default();
    arguments.push(&1);
    arguments.push_list(["a", "b"]);
    assert_eq!(
        substituted("SELECT ?, a IN (?)", &arguments),
        "SELECT 1, a IN (CAST(X'61' AS STRING), CAST(X'62' AS STRING))"
    );
}

fn one(sql: &str, value: impl ToLiteral) -> Result<String, String> {
    let mut arguments = Arguments::default();
    arguments.push(&value);
    substitute(sql, &markers(sql).unwrap(), &arguments).map_err(|error| error.to_string())
}

#[test]
fn where_the_grammar_takes_a_constant_the_value_is_one() {
    let cases = [
        (one("SELECT INTERVAL ? DAY", 5_i64), "SELECT INTERVAL 5 DAY"),
        (one("SELECT INTERVAL ? DAY", "5"), "SELECT INTERVAL '5' DAY"),
        (one("SELECT INTERVAL -? DAY", 5), "SELECT INTERVAL - 5 DAY"),
        (one("SELECT now() - INTERVAL ? HOURS", 0.5), "SELECT now() - INTERVAL 0.5 HOURS"),
        (
            one("CREATE TABLE t (a INT) COMMENT ?", "all the (best) orders"),
            "CREATE TABLE t (a INT) COMMENT 'all the (best) orders'",
        ),
        (one("CREATE TABLE t (a INT COMMENT ?)", "x"), "CREATE TABLE t (a INT COMMENT 'x')"),
        (one("CREATE TABLE t LOCATION ?", "s3://b/k=1"), "CREATE TABLE t LOCATION 's3://b/k=1'"),
        (one("SELECT a LIKE 'b' ESCAPE ?", "!"), "SELECT a LIKE 'b' ESCAPE '!'"),
        (
            one("ALTER TABLE t SET TBLPROPERTIES ('k' = ?)", "v"),
            "ALTER TABLE t SET TBLPROPERTIES ('k' = 'v')",
        ),
        (
            one("CREATE TABLE t USING csv OPTIONS ('header' = ?)", true),
            "CREATE TABLE t USING csv OPTIONS ('header' = TRUE)",
        ),
        (
            one("INSERT INTO t PARTITION (d = ?) SELECT 1", "2024-01-02"),
            "INSERT INTO t PARTITION (d = '2024-01-02') SELECT 1",
        ),
        (
            one("INSERT INTO t PARTITION (d = ?) SELECT 1", Literal::date(0)),
            "INSERT INTO t PARTITION (d = DATE '1970-01-01') SELECT 1",
        ),
        (one("SELECT * FROM t VERSION AS OF ?", 3_i64), "SELECT * FROM t VERSION AS OF 3"),
        (
            one("SELECT * FROM t TIMESTAMP AS OF ?", "2024-01-02"),
            "SELECT * FROM t TIMESTAMP AS OF '2024-01-02'",
        ),
        (
            one("SELECT * FROM t TIMESTAMP AS OF ?", Literal::timestamp(7)),
            "SELECT * FROM t TIMESTAMP AS OF CAST(TIMESTAMP_MICROS(7L) AS TIMESTAMP_LTZ)",
        ),
        (one("SELECT a FROM t LIMIT ?", 5_i64), "SELECT a FROM t LIMIT 5"),
        (one("SELECT a FROM t LIMIT 1 OFFSET ?", 5_i64), "SELECT a FROM t LIMIT 1 OFFSET 5"),
        (one("SELECT a FROM t TABLESAMPLE (? PERCENT)", 12.5), "SELECT a FROM t TABLESAMPLE (12.5 PERCENT)"),
        (one("SELECT a FROM t TABLESAMPLE (? ROWS)", 5_i64), "SELECT a FROM t TABLESAMPLE (5 ROWS)"),
        (one("SHOW TABLES LIKE ?", "a*"), "SHOW TABLES LIKE 'a*'"),
        (one("COMMENT ON TABLE t IS ?", "a"), "COMMENT ON TABLE t IS 'a'"),
        (one("VACUUM t RETAIN ? HOURS", 168), "VACUUM t RETAIN 168 HOURS"),
        (one("SELECT DATE ?", "2024-01-02"), "SELECT DATE '2024-01-02'"),
        (one("SELECT sum(a) OVER (ROWS ? PRECEDING)", 5_i64), "SELECT sum(a) OVER (ROWS 5 PRECEDING)"),
        (one("SELECT count(*) OVER (PARTITION BY ?)", 5_i64), "SELECT count(*) OVER (PARTITION BY 5L)"),
        (one("SELECT a LIKE ?", "b"), "SELECT a LIKE CAST(X'62' AS STRING)"),
        (one("CREATE TABLE IDENTIFIER(?) (a INT)", "db.`my t`"), "CREATE TABLE `db`.`my t` (a INT)"),
        (one("SELECT * FROM identifier( ? )", "t"), "SELECT * FROM `t`"),
        (one("SELECT tags(?)", "b"), "SELECT tags(CAST(X'62' AS STRING))"),
        (one("SELECT files(?) FROM t", "b"), "SELECT files(CAST(X'62' AS STRING)) FROM t"),
        (one("SELECT IDENTIFIER(? || 't')", "a"), "SELECT IDENTIFIER(CAST(X'61' AS STRING) || 't')"),
    ];
    for (text, expected) in cases {
        assert_eq!(text.as_deref(), Ok(expected));
    }
}

#[test]
fn a_constant_stands_after_the_words_of_files_formats_and_properties() {
    let texts = [
        "ADD ARCHIVE ?",
        "ADD FILE ?",
        "ADD JAR ?",
        "INSERT OVERWRITE DIRECTORY ? SELECT 1",
        "LOAD DATA INPATH ? INTO TABLE t",
        "CREATE TABLE t (a INT) STORED AS INPUTFORMAT ? OUTPUTFORMAT 'o'",
        "CREATE TABLE t (a INT) STORED AS INPUTFORMAT 'i' OUTPUTFORMAT ?",
        "CREATE TABLE t (a INT) ROW FORMAT SERDE ?",
        "SELECT TRANSFORM (a) RECORDWRITER ? USING 'cat' AS (b) FROM t",
        "SELECT TRANSFORM (a) USING 'cat' AS (b) RECORDREADER ? FROM t",
        "CREATE TABLE t (a INT) ROW FORMAT DELIMITED FIELDS TERMINATED BY ? ESCAPED BY '!'",
        "CREATE TABLE t (a INT) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' ESCAPED BY ?",
        "CREATE TABLE t (a INT) ROW FORMAT DELIMITED NULL DEFINED AS ?",
        "ALTER DATABASE d SET DBPROPERTIES ('k' = ?)",
        "ALTER NAMESPACE d SET PROPERTIES ('k' = ?)",
        "ALTER TABLE t SET SERDEPROPERTIES ('k' = ?)",
        "SIGNAL SQLSTATE ?",
        "COPY INTO t FROM ? FILEFORMAT = CSV",
        "COPY INTO t FROM (SELECT a FROM ?) FILEFORMAT = JSON",
        "COPY INTO t FROM 's3://b' FILEFORMAT = CSV PATTERN = ?",
        "COPY INTO t FROM 's3://b' FILEFORMAT = CSV FILES = ('a', ?)",
        "COPY INTO t FROM 's3://b' WITH (CREDENTIAL (AWS_SECRET_KEY = ?)) FILEFORMAT = CSV",
        "COPY INTO t FROM 's3://b' FILEFORMAT = CSV FORMAT_OPTIONS ('header' = ?) COPY_OPTIONS ('a' = 'b')",
        "COPY INTO t FROM 's3://b' FILEFORMAT = CSV COPY_OPTIONS ('mergeSchema' = ?)",
        "ALTER TABLE t SET TAGS ('owner' = ?)",
        "ALTER TABLE t UNSET TAGS (?)",
        "SELECT TIME ?",
    ];
    for sql in texts {
        assert_eq!(one(sql, "a/b.c"), Ok(sql.replace('?', "'a/b.c'")));
    }
    let repeated = one("SELECT a FROM t TABLESAMPLE (5 PERCENT) REPEATABLE (?)", 7_i64);
    assert_eq!(repeated.as_deref(), Ok("SELECT a FROM t TABLESAMPLE (5 PERCENT) REPEATABLE (7)"));
}

#[test]
fn a_value_that_is_no_constant_is_refused_where_only_a_constant_may_stand() {
    let refused = [
        one("CREATE TABLE t (a INT) COMMENT ?", "it's"),
        one("CREATE TABLE t (a INT) COMMENT ?", r"a\b"),
        one("CREATE TABLE t (a INT) COMMENT ?", "${x}"),
        one("CREATE TABLE t (a INT) COMMENT ?", "a\nb"),
        one("SELECT INTERVAL ? DAY", f64::NAN),
        one("INSERT INTO t PARTITION (d = ?) SELECT 1", Literal::timestamp(0)),
        // `DATE` may be a column, of which the word would be the alias.
        one("SELECT DATE ?", Literal::null(DataType::String)),
        one("SELECT DATE ?", true),
    ];
    for error in refused {
        let error = error.unwrap_err();
        assert!(error.starts_with("`?` number 1 stands where the grammar takes a plain constant"), "{error}");
    }
    for name in ["", " ", "``", "a.", ".a", "a..b", "a.``", "`a", "`a`b", "a\nb", "`a\nb`"] {
        assert!(one("SELECT * FROM IDENTIFIER(?)", name).is_err(), "{name}");
    }
}

#[test]
fn a_value_whose_names_hold_a_variable_is_not_written_into_the_text() {
    let field = |name: &str| Literal::structure([(name.to_owned(), Literal::integer(1))]).unwrap();
    let typed = |name: &str| Literal::null(field(name).data_type());
    let nested = Literal::array(field("${a}").data_type(), [field("${a}")]).unwrap();
    let empty = Literal::array(field("${a}").data_type(), []).unwrap();
    for refused in [
        one("SELECT * FROM IDENTIFIER(?)", "${env:HOME}"),
        one("SELECT * FROM IDENTIFIER(?)", "a.`b${c}`"),
        one("SELECT ?", field("x ${env:HOME}")),
        one("SELECT ?", typed("${env:HOME}")),
        one("SELECT ?", nested),
        one("SELECT ?", empty),
    ] {
        let error = refused.unwrap_err();
        assert!(error.starts_with("a name or a type in the value of `?` number 1 holds `${`"), "{error}");
    }
    for (text, expected) in [
        (one("SELECT * FROM IDENTIFIER(?)", "a$.b{c}"), "SELECT * FROM `a$`.`b{c}`"),
        (one("SELECT ?", field("$1")), "SELECT STRUCT(1 AS `$1`)"),
        (one("SELECT ?", "${env:HOME}"), "SELECT CAST(X'247b656e763a484f4d457d' AS STRING)"),
    ] {
        assert_eq!(text.as_deref(), Ok(expected));
    }
}

#[test]
fn a_minus_before_a_negative_value_is_no_comment() {
    let text = substituted("SELECT 5-?", &bound(&[Literal::integer(-7)]));
    assert_eq!(text, "SELECT 5- CAST('-7' AS INT)");
}

/// The statement as it is sent to a server that binds.
fn beside(sql: &str, arguments: &Arguments) -> Inlined {
    inline(sql, &markers(sql).unwrap(), arguments, Inline::Unbindable).unwrap()
}

#[test]
fn a_marker_that_stays_has_spaces_around_it() {
    let cases = [
        ("SELECT 5-?", "SELECT 5- ?"),
        ("SELECT -?", "SELECT - ?"),
        ("SELECT 5 - ?", "SELECT 5 - ?"),
        ("SELECT 5-/* c */?", "SELECT 5-/* c */ ?"),
        ("SELECT * FROM t LIMIT?", "SELECT * FROM t LIMIT ?"),
        ("SELECT * FROM t WHERE a=?AND b", "SELECT * FROM t WHERE a= ? AND b"),
        ("SELECT * FROM t WHERE a>b -?\nAND c", "SELECT * FROM t WHERE a>b - ?\nAND c"),
        ("SELECT a/?*2", "SELECT a/ ? *2"),
        ("SELECT a[?]", "SELECT a[ ? ]"),
        ("SELECT ?::INT", "SELECT ? ::INT"),
        ("SELECT f(?), IDENTIFIER(?)", "SELECT f(?), IDENTIFIER(?)"),
        ("SELECT ?;", "SELECT ? ;"),
    ];
    for (sql, sent) in cases {
        let mut arguments = Arguments::default();
        (0..markers(sql).unwrap().positional()).for_each(|_| arguments.push(&-7));
        let inlined = beside(sql, &arguments);
        assert_eq!(inlined.text, sent);
        let kept = match inlined.arguments.values() {
            Values::Positional(values) => values.len(),
            other => panic!("{other:?}"),
        };
        assert_eq!(kept, markers(sql).unwrap().positional(), "{sql}");
        assert_eq!(inlined.edits.is_empty(), sql == sent, "{sql}");
    }
}

#[test]
fn an_edit_says_where_a_marker_with_spaces_stood() {
    let mut arguments = Arguments::default();
    arguments.insert("a", &-7);
    arguments.insert("b", &1);
    let inlined = beside("SELECT 5-:a, :b, (:a)", &arguments);
    assert_eq!(inlined.text, "SELECT 5- :a, :b, (:a)");
    assert_eq!(inlined.edits, [Edit { written: 9..11, sent: 9..12 }]);
}

#[test]
fn a_doubtful_marker_is_not_left_to_the_server() {
    let mut arguments = Arguments::default();
    arguments.insert("d", "2024-01-02");
    arguments.insert("x", &7);
    let inlined = beside("SELECT * FROM t WHERE ts > DATE :d AND x = :x AND doc = :d", &arguments);
    assert_eq!(inlined.text, "SELECT * FROM t WHERE ts > DATE '2024-01-02' AND x = :x AND doc = :d");
    assert!(matches!(inlined.arguments.values(), Values::Named(kept) if kept.len() == 2));
    let mut arguments = Arguments::default();
    arguments.insert("d", "2024-01-02");
    let inlined = beside("SELECT DATE :d", &arguments);
    assert_eq!(inlined.text, "SELECT DATE '2024-01-02'");
    assert!(inlined.arguments.is_empty());
}

#[test]
fn values_that_a_server_misreads_go_into_the_text() {
    // 1582-10-10
    let list = vec![Some(1_i64), None].to_literal().unwrap();
    let inlined = beside("SELECT ?, ?, ?", &bound(&[Literal::date(-141_432), Literal::date(0), list]));
    assert_eq!(
        inlined.text,
        "SELECT DATE '1582-10-10', ?, CAST(ARRAY(1L, CAST(NULL AS BIGINT)) AS ARRAY<BIGINT>)"
    );
    assert!(matches!(inlined.arguments.values(), Values::Positional([_])));
}

#[test]
fn a_number_in_place_of_a_constant_goes_into_the_text_without_its_type() {
    let decimal = Literal::decimal(150, 3, 2).unwrap();
    let cases = [
        ("SELECT * FROM t VERSION AS OF ?", Literal::long(i64::MAX), "9223372036854775807"),
        ("SELECT INTERVAL ? DAY", Literal::long(7), "7"),
        ("SELECT INTERVAL -? DAYS", Literal::short(7), "7"),
        ("ALTER TABLE t SET TBLPROPERTIES ('k' = ?)", Literal::long(7), "7"),
        ("ALTER TABLE t SET TBLPROPERTIES ('k' = ?)", decimal, "1.50"),
        ("CREATE TABLE t (a INT) CLUSTERED BY (a) INTO ? BUCKETS", Literal::long(4), "4"),
        ("SELECT * FROM t TABLESAMPLE (? PERCENT)", Literal::double(0.5), "0.5"),
        ("INSERT INTO t PARTITION (d = ?) SELECT 1", Literal::byte(-3), "-3"),
        ("INSERT INTO t PARTITION (d = ?) SELECT 1", Literal::double(1.0), "1.0"),
        ("INSERT INTO t PARTITION (d = ?) SELECT 1", Literal::null(DataType::Long), "NULL"),
        ("COMMENT ON TABLE t IS ?", Literal::null(DataType::String), "NULL"),
        ("SELECT now() + INTERVAL 1 DAY ? HOURS", Literal::long(2), "2"),
        ("CREATE TEMPORARY VIEW v USING x OPTIONS (table ?)", Literal::long(7), "7"),
        ("ALTER TABLE t SET TBLPROPERTIES (values = ?)", Literal::long(7), "7"),
    ];
    for (sql, value, constant) in cases {
        let inlined = beside(sql, &bound(&[value]));
        assert_eq!(inlined.text.replace("- 7", "-7"), sql.replace('?', constant));
        assert!(inlined.arguments.is_empty());
    }
}

#[test]
fn a_constant_that_a_server_binds_stays_beside_the_text() {
    let cases = [
        ("CREATE TABLE t (a INT) COMMENT ?", Literal::string("it's")),
        ("SELECT INTERVAL ? DAY", Literal::integer(7)),
        ("INSERT INTO t PARTITION (d = ?) SELECT 1", Literal::binary(vec![1])),
        ("INSERT INTO t PARTITION (d = ?) SELECT 1", Literal::timestamp_ntz(0)),
        ("INSERT INTO t PARTITION (d = ?) SELECT 1", Literal::double(1e300)),
        // A column with the name of a keyword, and no constant.
        ("SELECT interval - ? FROM t", Literal::long(7)),
        ("SELECT n * ? buckets FROM t", Literal::long(7)),
        ("INSERT INTO options (SELECT id, n * ? FROM s)", Literal::long(7)),
        ("INSERT INTO partition ((SELECT n * ? FROM s))", Literal::long(7)),
        ("INSERT INTO options (FROM s SELECT n * ?)", Literal::long(7)),
        // NULL may be the alias of a column.
        ("SELECT DATE ? FROM t", Literal::null(DataType::String)),
        ("SELECT INTERVAL ? FROM t", Literal::boolean(true)),
        // As the server writes it too.
        ("ALTER TABLE t SET TBLPROPERTIES ('k' = ?)", Literal::boolean(true)),
        ("SELECT * FROM t WHERE a = ?", Literal::long(7)),
    ];
    for (sql, value) in cases {
        let inlined = beside(sql, &bound(&[value]));
        assert_eq!(inlined.text, sql);
        assert!(matches!(inlined.arguments.values(), Values::Positional([_])), "{sql}");
    }
}

/// Statements of which a server stores the text.
const STORED: [&str; 24] = [
    "CREATE VIEW v AS SELECT ? AS x",
    "create or replace global temporary view v as select ? as x",
    "ALTER VIEW v AS SELECT ? AS x",
    "CREATE TEMPORARY FUNCTION f() RETURNS STRING RETURN ?",
    "CREATE MATERIALIZED VIEW v AS SELECT * FROM t WHERE a IN (?)",
    "CACHE TABLE c AS SELECT ? AS x",
    "CREATE TABLE t (a STRING DEFAULT ?)",
    "ALTER TABLE t ADD CONSTRAINT c CHECK (a <> ?)",
    "DECLARE VARIABLE a STRING DEFAULT ?",
    "DECLARE VARIABLE handler STRING DEFAULT ?",
    "BEGIN CREATE VIEW v AS SELECT ? AS x; END",
    "select_all: BEGIN CREATE VIEW v AS SELECT ? AS x; END",
    "EXPLAIN CREATE VIEW v AS SELECT ? AS x",
    "BEGIN COMMENT ON TABLE t IS 'a'; IF true THEN CREATE VIEW v AS SELECT ? AS x; END IF; END",
    "CREATE OR REFRESH STREAMING TABLE s AS SELECT ? AS x",
    "CREATE MATERIALIZED VIEW v (CONSTRAINT c EXPECT (a <> ?)) AS SELECT * FROM t",
    "CREATE PROCEDURE p() LANGUAGE SQL AS BEGIN SELECT 1; SELECT ? AS x; END",
    "CREATE FUNCTION f(a STRING DEFAULT ?) RETURNS STRING RETURN a",
    "CREATE OR REPLACE TABLE t (a STRING, b STRING GENERATED ALWAYS AS (concat(a, ?)))",
    "ALTER TABLE t ALTER COLUMN a SET DEFAULT ?",
    "CACHE LAZY TABLE c OPTIONS ('a' = 'b') SELECT ? AS x",
    "DECLARE OR REPLACE a = ?",
    "BEGIN DECLARE c CURSOR FOR SELECT ? AS x; END",
    "BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION CREATE VIEW v AS SELECT ? AS x; END",
];

#[test]
fn a_text_is_stored_in_digits_where_quotes_could_change_it() {
    for sql in STORED {
        for text in ["${env:HOME}", "it's", r"a\b"] {
            let value = Literal::string(text);
            let inlined = beside(sql, &bound(slice::from_ref(&value)));
            assert_eq!(inlined.text, sql.replace('?', &render(&value)));
            assert!(inlined.arguments.is_empty(), "{sql}");
        }
        // It means itself between quotes.
        assert_eq!(beside(sql, &bound(&[Literal::string("$1 {a} \"b\" 🦀")])).text, sql);
    }
    let inlined =
        beside("CREATE VIEW v AS SELECT * FROM IDENTIFIER(?)", &bound(&[Literal::string("a.`it's`")]));
    assert_eq!(inlined.text, "CREATE VIEW v AS SELECT * FROM `a`.`it's`");
}

#[test]
fn a_text_inside_of_a_stored_value_is_in_digits_too() {
    let text = Literal::string("${env:HOME}");
    let values = [
        Literal::array(DataType::String, [text.clone()]).unwrap(),
        Literal::map(DataType::String, DataType::Integer, [(text.clone(), Literal::integer(1))]).unwrap(),
        Literal::map(DataType::Integer, DataType::String, [(Literal::integer(1), text.clone())]).unwrap(),
        Literal::structure([("a".to_owned(), text)]).unwrap(),
    ];
    for value in values {
        let inlined = beside(STORED[0], &bound(slice::from_ref(&value)));
        assert_eq!(inlined.text, STORED[0].replace('?', &render(&value)));
    }
    let named = Literal::structure([("${env:HOME}".to_owned(), Literal::integer(1))]).unwrap();
    for value in [Literal::null(named.data_type()), named] {
        let found = markers(STORED[0]).unwrap();
        assert!(inline(STORED[0], &found, &bound(&[value]), Inline::Unbindable).is_err());
    }
}

#[test]
fn a_text_that_is_not_stored_with_its_statement_stays_beside_it() {
    for sql in [
        "SELECT ? AS x",
        "(WITH a AS (SELECT ? AS x) SELECT * FROM a)",
        "FROM t SELECT ? AS x",
        "INSERT INTO t VALUES (?)",
        "UPDATE t SET a = ?",
        "DELETE FROM t WHERE a = ?",
        "MERGE INTO t USING s ON t.a = ? WHEN MATCHED THEN DELETE",
        "CALL p(?)",
        "EXECUTE IMMEDIATE 'SELECT :a' USING ? AS a",
        // The value itself is stored.
        "CREATE VIEW v COMMENT ? AS SELECT 1",
        "ALTER VIEW v SET TBLPROPERTIES ('k' = ?)",
        "BEGIN COMMENT ON TABLE t IS ? ; END",
        "BEGIN CREATE VIEW v AS SELECT 1; COMMENT ON TABLE t IS ? ; END",
        "BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION COMMENT ON TABLE t IS ? ; SELECT 1; END",
        "CREATE VIEW v AS SELECT a LIKE 'b' ESCAPE ? FROM t",
        // The rows are.
        "CREATE TABLE t AS SELECT ? AS x",
        "CREATE OR REPLACE TEMPORARY VIEW v USING csv OPTIONS (path ?)",
        // Names, and places of a string alone.
        "DROP TABLE IDENTIFIER(?)",
        "TRUNCATE TABLE IDENTIFIER(?)",
        "CREATE VIEW IDENTIFIER(?) AS SELECT 1",
        "CACHE TABLE IDENTIFIER(?)",
        "ALTER TABLE t SET TAGS ('k' = ?)",
        "ALTER VIEW v SET TAGS ('k' = ?)",
        "COPY INTO t FROM ? FILEFORMAT = CSV",
        "GRANT SELECT ON TABLE t TO IDENTIFIER(?)",
        "OPTIMIZE t WHERE a = ?",
        "SHOW CREATE TABLE IDENTIFIER(?)",
        "EXECUTE IMMEDIATE 'CREATE VIEW v AS SELECT :a' USING ? AS a",
    ] {
        for text in ["${env:HOME}", "it's", r"a\b"] {
            let inlined = beside(sql, &bound(&[Literal::string(text)]));
            assert_eq!(inlined.text, sql);
            assert!(matches!(inlined.arguments.values(), Values::Positional([_])), "{sql}");
        }
    }
}

#[test]
fn a_name_of_a_field_is_not_left_to_the_server_to_quote() {
    let named = |name: &str| Literal::structure([(name.to_owned(), Literal::long(1))]).unwrap();
    let inlined = beside("SELECT ? AS s", &bound(&[named("a', 1) AS x, (SELECT 2) AS y -- ")]));
    assert_eq!(inlined.text, "SELECT STRUCT(1L AS `a', 1) AS x, (SELECT 2) AS y -- `) AS s");
    assert!(inlined.arguments.is_empty());
    let list = Literal::array(named("it's").data_type(), [named("it's")]).unwrap();
    let inlined = beside("SELECT ?, ?", &bound(&[list, named("plain_1")]));
    assert_eq!(inlined.text, "SELECT CAST(ARRAY(STRUCT(1L AS `it's`)) AS ARRAY<STRUCT<`it's`: BIGINT>>), ?");
    assert!(matches!(inlined.arguments.values(), Values::Positional([_])));
    let variable = bound(&[named("${env:HOME}")]);
    let sql = "SELECT ?";
    assert!(inline(sql, &markers(sql).unwrap(), &variable, Inline::Unbindable).is_err());
}

#[test]
fn unchecked_arguments_and_foreign_markers_are_errors() {
    let one = markers("SELECT a, b, c, ?").unwrap();
    assert!(substitute("SELECT ?", &one, &Arguments::default()).is_err());
    let surplus = bound(&[Literal::integer(1), Literal::integer(2)]);
    let error = substitute("SELECT a, b, c, ?", &one, &surplus).unwrap_err();
    assert!(error.to_string().contains("1 `?` marker and 2 values are bound"), "{error}");
    let error = substitute("SELECT ?", &one, &bound(&[Literal::integer(1)])).unwrap_err();
    assert_eq!(error.to_string(), "the markers belong to another statement");
}

fn kinds(sql: &str) -> Vec<Kind> {
    tokens(sql).unwrap().iter().map(|token: &Token| token.kind).collect()
}

/// Statements with two markers, in all kinds of neighbourhoods.
const TEMPLATES: &[&str] = &[
    "SELECT * FROM t WHERE a = ? AND b = ?",
    "SELECT ?,?",
    "SELECT a-?, '?', \"?\", `?` /* ? */ FROM t WHERE?",
    "SELECT ?::INT, r'\\', ? -- ?",
    "INSERT INTO t VALUES(?, ?)",
    "SELECT $$?$$, f(?)[?]",
];

fn any_literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        any::<String>().prop_map(Literal::string),
        r#"[\\'"`$?:;\-/*\n a-cX(){}]{0,12}"#.prop_map(Literal::string),
        any::<Vec<u8>>().prop_map(Literal::binary),
        any::<i64>().prop_map(Literal::long),
        any::<i8>().prop_map(Literal::byte),
        any::<f64>().prop_map(Literal::double),
        any::<i32>().prop_map(Literal::date),
        any::<i64>().prop_map(Literal::timestamp_ntz),
        any::<i64>().prop_map(Literal::day_time_interval),
        (any::<i64>(), 0_u8..=38).prop_map(|(unscaled, scale)| Literal::decimal(
            i128::from(unscaled),
            38,
            scale
        )
        .unwrap()),
        ("[^$]{0,12}", any::<String>())
            .prop_map(|(name, value)| { Literal::structure([(name, Literal::string(value))]).unwrap() }),
    ]
}

proptest! {
    #[test]
    fn a_substituted_statement_has_the_tokens_of_the_statement_and_of_the_literals(
        template in prop::sample::select(TEMPLATES),
        values in prop::collection::vec(any_literal(), 2),
    ) {
        let text = substituted(template, &bound(&values));
        prop_assert!(markers(&text).unwrap().is_empty());

        let found = markers(template).unwrap();
        let spans: Vec<_> = found.iter().map(|marker| marker.span()).collect();
        let mut expected = Vec::new();
        for token in tokens(template).unwrap() {
            match spans.iter().position(|span| *span == token.span) {
                Some(position) => expected.extend(kinds(&render(&values[position]))),
                None => expected.push(token.kind),
            }
        }
        prop_assert_eq!(kinds(&text), expected);
    }

    #[test]
    fn a_string_renders_without_any_character_of_its_own(value in any::<String>()) {
        let text = render(&Literal::string(value));
        let digits = text.strip_prefix("CAST(X'").and_then(|rest| rest.strip_suffix("' AS STRING)")).unwrap();
        prop_assert!(digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    }
}
