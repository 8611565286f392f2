use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::error::ErrorKind;
use crate::functions::{call_function, col, lit, named_argument, row_number};
use crate::plan::{
    IntoDataType, JoinOn, JoinType, Merge, MergeAction, Options, Source, Statistics, Target, Window,
    WindowBound, Write, WriteTo, WriteToMode,
};
use crate::proto::{self, catalog::CatType};
use crate::sql::{Inline, render};
use crate::types::{DataType, StructField, ToLiteral};

fn bound(text: &str, value: impl ToLiteral) -> Redaction {
    Redaction::of_sql(&Sql::new(text).bind(value))
}

fn server(message: &str) -> ServerError {
    ServerError { message: message.to_owned(), ..ServerError::default() }
}

fn failed(server: ServerError) -> Error {
    Error::new(ErrorKind::Server, "the server failed the operation").with_server(server)
}

/// The rest of a server's message.
fn left(value: impl ToLiteral, message: &str) -> String {
    let error = bound("SELECT CAST(? AS INT) FROM t WHERE id = 42", value).apply(failed(server(message)));
    error.server().unwrap().message().to_owned()
}

#[test]
fn a_value_goes_in_every_spelling() {
    let cases = [
        (left("hunter2'hunter2", r"cannot cast 'hunter2\'hunter2' to INT"), "cannot cast '…' to INT"),
        (left("a", "the value 'a' of type STRING"), "the value '…' of type STRING"),
        (left("%", "the pattern '%' is wrong"), "the pattern … is wrong"),
        (left("my secret phrase", "cannot cast my secret phrase to INT"), "cannot cast … to INT"),
        (left("my secret phrase", "cannot cast my sec... to INT"), "cannot cast ….. to INT"),
        (left("secret", "bytes X'736563726574' of SECRET"), "bytes X'…' of …"),
        (left("\nhunter", r"the value \nhunter"), r"the value \…"),
        (left(1999, "overflow of 1999 at line 1"), "overflow of … at line …"),
        (left(true, "TRUE is no number, 42 is"), "… is no number, 42 is"),
        (left(f64::NAN, "NaN is out of range"), "… is out of range"),
        (left([0xab_u8, 0xcd], "X'ABCD' and [AB CD]"), "X'…' and […]"),
        (left(Literal::date(0), "Thursday, Jan 1 of 1970"), "… of …"),
        (
            left(Literal::decimal(1999, 10, 2).unwrap(), "19.99 does not fit DECIMAL(3,1)"),
            "… does not fit DECIMAL(…)",
        ),
        (left(vec!["one", "two"], "array(one, two)"), "array(…)"),
        (left("漢字 🦀", "the text 漢字 🦀 is wrong"), "the text … is wrong"),
    ];
    for (left, expected) in cases {
        assert_eq!(left, expected.replace("…..", "…..."));
    }
}

#[test]
fn the_types_that_a_server_names_stay_unless_they_are_of_a_value() {
    let message = "Cannot safely cast `a` \"Utf8\" to \"Int64\", nor Decimal128(10, 2) to LargeUtf8";
    for value in ["hunter2", "64", "8"] {
        let expected = "Cannot safely cast `a` \"Utf8\" to \"Int64\", nor Decimal128(…) to LargeUtf8";
        assert_eq!(left(value, message), expected, "{value}");
    }
    for (value, message, expected) in [
        ("Int64", "cast Utf8 to Int64", "cast Utf8 to …"),
        ("my_utf8_text", "cast Utf8 to Int64", "cast … to Int64"),
        ("int", "cast Utf8 to Int64 and Date32", "cast Utf8 to … and Date32"),
        ("128", "cast Utf8 to Decimal128", "cast Utf8 to …"),
        ("x", "cast int64 to Int65 and t64", "cast … to … and …"),
    ] {
        assert_eq!(left(value, message), expected, "{value}");
    }
}

#[test]
fn choices_that_a_server_lists_stay_unless_they_are_of_a_value() {
    let formats = "literal of 'hex', 'utf-8', 'utf8', or 'base64', not MD5 or utf-9";
    let charsets = "one of 'ISO-8859-1', 'UTF-16BE', 'UTF-8'";
    for (value, message, expected) in [
        ("yyyy", formats, "literal of 'hex', 'utf-8', 'utf8', or 'base64', not MD5 or utf-…"),
        ("base64", formats, "literal of 'hex', 'utf-8', 'utf8', or '…', not MD5 or utf-…"),
        ("utf8_general", formats, "literal of 'hex', '…', or 'base64', not MD5 or …"),
        ("md5", formats, "literal of 'hex', 'utf-8', 'utf8', or 'base64', not … or utf-…"),
        ("latin", charsets, "one of 'ISO-8859-1', 'UTF-16BE', 'UTF-8'"),
        ("8", charsets, "one of 'ISO-8859-1', 'UTF-16BE', 'UTF-…'"),
        ("UTF-8", charsets, "one of 'ISO-8859-1', '…'"),
        ("x", "UTF-8x, UTF-81 and xutf8", "UTF-…, UTF-… and …"),
    ] {
        assert_eq!(left(value, message), expected, "{value}");
    }
}

#[test]
fn what_the_statement_says_itself_stays() {
    let message =
        "[UNRESOLVED_COLUMN] column `nope_7` of t1 cannot be resolved. SQLSTATE: 42703; line 1 pos 7";
    let mut said = server(message);
    (said.error_class, said.sql_state) = (Some("UNRESOLVED_COLUMN".into()), Some("42703".into()));
    let error = bound("SELECT nope_7 FROM t1 WHERE id = ?", 42703).apply(failed(said));
    assert_eq!(
        error.server().unwrap().message(),
        "[UNRESOLVED_COLUMN] column `nope_7` of t1 cannot be resolved. SQLSTATE: 42703; line … pos …"
    );
    assert_eq!(
        (error.server().unwrap().error_class(), error.server().unwrap().sql_state()),
        (Some("UNRESOLVED_COLUMN"), Some("42703"))
    );
}

#[test]
fn a_statement_without_values_is_left_alone() {
    let redaction = Redaction::of_sql(&Sql::new("SELECT 1"));
    let said = "no `id_7` (found: `id_8`), at line 1";
    assert_eq!(redaction.apply(failed(server(said))).server().unwrap().message(), said);
    assert_eq!(redaction.kept_in("id_7"), "id_7");
    assert!(Redaction::of(&Relation::table("t").limit(1)).is_none());
}

/// What is left of a text about a relation with values.
fn kept(relation: &Relation, text: &str) -> String {
    Redaction::of(relation).expect("a value").kept_in(text)
}

#[test]
fn the_bounds_of_a_window_are_values() {
    let window = Window::new().order_by(["day"]);
    let window = window.range_between(WindowBound::preceding(4711), WindowBound::following(1291));
    let relation = Relation::table("t").select(vec![row_number().over(window)]);
    assert_eq!(relation.literals().len(), 2);
    assert_eq!(kept(&relation, "from 4711 to 1291 is wrong"), "from … to … is wrong");
}

fn options() -> Options {
    let mut options = Options::default();
    for (name, value) in [("password", "hunter2"), ("header", "true"), ("Path", "/data/sales_7")] {
        options.set(name, value);
    }
    options
}

fn write_to(mode: WriteToMode, options: Options) -> WriteTo {
    WriteTo {
        table: "table_1".to_owned(),
        provider: None,
        properties: options,
        options: Options::default(),
        partitioned_by: Vec::new(),
        cluster_by: Vec::new(),
        mode,
    }
}

#[test]
fn the_values_of_options_are_secret_by_their_names() {
    let (said, expected) = (
        "cannot use /data/sales_7 with the password hunter2 and header true",
        "cannot use /data/sales_7 with the password … and header true",
    );
    let table = || Relation::table("t");
    for relation in [
        Relation::source(Source { options: options(), ..Source::default() }),
        Relation::table_with("t".to_owned(), options()).limit(1),
    ] {
        assert_eq!(kept(&relation, said), expected);
    }
    for command in [
        Command::write(table(), Write { options: options(), ..Write::default() }),
        Command::write_to(table(), write_to(WriteToMode::Create, options())),
    ] {
        assert_eq!(Redaction::of_command(&command).kept_in(said), expected);
    }
    let mut open = Options::default();
    open.set("header", "TRUE");
    open.set("path", "/data/sales_7");
    open.set("dbtable", "orders_7");
    assert!(Redaction::of(&Relation::source(Source { options: open, ..Source::default() })).is_none());
}

#[test]
fn an_option_whose_value_reads_as_a_secret_is_one_under_any_name() {
    for value in [
        "Bearer hunter2",
        "CREATE USER a IDENTIFIED BY hunter2",
        "redis://a:hunter2@host",
        "https://h/x?access_token=hunter2",
        "Endpoint=sb://h/;SharedAccessKey=hunter2",
        "AccountName=a;AccountKey=hunter2",
    ] {
        let mut options = Options::default();
        options.set("note", value);
        let relation = Relation::source(Source { options, ..Source::default() });
        assert!(!kept(&relation, &format!("cannot use {value}")).contains("hunter2"), "{value}");
    }
}

#[test]
fn a_path_with_a_password_is_secret_and_is_not_shown() {
    for path in [
        "s3a://AKIA:hunter2@b/x",
        "S3A://AKIA:hunter2/x@b",
        "s3a:/AKIA:hunter2@b/x",
        "abfss://AKIA:hunter2@account.dfs.core.windows.net/x",
        "wasbs://container@account.net/AKIA?sv=1&sig=hunter2",
        "https://host/AKIA?Token=hunter2",
    ] {
        let said = format!("Path does not exist: {path}");
        let source = Source { paths: vec![path.to_owned()], ..Source::default() };
        let write = Write { target: Target::Path(path.to_owned()), ..Write::default() };
        let table = proto::CreateTable { path: Some(path.to_owned()), ..Default::default() };
        let refresh = proto::RefreshByPath { path: path.to_owned() };
        for told in [
            format!("{source:?}"),
            format!("{write:?}"),
            kept(&Relation::source(source), &said),
            Redaction::of_command(&Command::write(Relation::table("t"), write)).kept_in(&said),
            kept(&Relation::catalog_change(CatType::CreateTable(table)), &said),
            kept(&Relation::catalog_change(CatType::RefreshByPath(refresh)), &said),
        ] {
            assert!(!told.contains("hunter2") && !told.contains("AKIA"), "{told}");
        }
    }
    for path in [
        "abfss://container@account.dfs.core.windows.net/x",
        "hdfs://nn:9000/users/me@corp",
        "file:///me@corp/x",
        "dbfs:/Users/me@corp/x",
        "events/2026",
    ] {
        let source = Source { paths: vec![path.to_owned()], ..Source::default() };
        assert!(format!("{source:?}").contains(path), "{path}");
        assert!(Redaction::of(&Relation::source(source)).is_none(), "{path}");
    }
}

#[test]
fn an_option_that_is_no_secret_is_the_callers_own_word() {
    let mut options = Options::default();
    for (name, value) in [
        ("dbtable", "orders_7"),
        ("sfRole", "reader_7"),
        ("JDBCUrl", "jdbc:x://h?p=hunter1"),
        ("kafka.sasl.jaas.config", "hunter2"),
        ("fs.s3a.Access.KEY", "hunter3"),
    ] {
        options.set(name, value);
    }
    let relation = Relation::source(Source { options, ..Source::default() });
    let said = "role reader_7 may not read orders_7 with hunter1, hunter2 and hunter3";
    assert_eq!(kept(&relation, said), "role reader_7 may not read orders_7 with … and …");
}

#[test]
fn the_names_that_a_caller_wrote_in_a_frame_stay_in_its_errors() {
    let (table, other) = (Relation::table("t"), Relation::table("u"));
    let text = str::to_owned;
    let record = DataType::Struct(vec![StructField::new("field_1", DataType::Long)]);
    let schema = arrow_schema::Field::new("cell_1", arrow_schema::DataType::Int64, true);
    let local = Relation::local(&Arc::new(arrow_schema::Schema::new(vec![schema])), &[]);
    let source =
        Source { schema: Some(text("declared_1 INT")), paths: vec![text("path_1")], ..Source::default() };
    let of = |column| table.select(vec![column]);
    for (relation, name) in [
        (table.join(&other, JoinOn::from("key_1"), JoinType::Inner), "key_1"),
        (table.with_columns_renamed(vec![(text("a"), text("renamed_1"))]), "renamed_1"),
        (table.to_df(vec![text("named_1")]), "named_1"),
        (table.drop_columns(vec![text("dropped_1")], Vec::new()), "dropped_1"),
        (table.alias(text("alias_1")), "alias_1"),
        (table.to_schema("typed_1 INT".into_data_type()), "typed_1"),
        (table.distinct(Some(vec![text("distinct_1")])), "distinct_1"),
        (table.hint(text("hint_1"), Vec::new()), "hint_1"),
        (table.unpivot(vec![col("a")], None, text("variable_1"), text("value_1")), "variable_1"),
        (table.drop_missing(vec![text("missing_1")], None), "missing_1"),
        (table.statistics(Statistics::Cov { first: text("first_1"), second: text("b") }), "first_1"),
        (table.statistics(Statistics::Describe { columns: vec![text("described_1")] }), "described_1"),
        (Relation::source(source.clone()), "declared_1"),
        (Relation::source(source), "path_1"),
        (local, "cell_1"),
        (of(col("s").with_field("field_1", 1)), "field_1"),
        (of(col("s").drop_fields(["field_1"])), "field_1"),
        (of(col("a").cast(record)), "field_1"),
        (of(call_function("f", [named_argument("argument_1", 1)])), "argument_1"),
        (of(col("star_1.*")), "star_1"),
        (of(table.columns_matching("regex_1")), "regex_1"),
    ] {
        let relation = relation.filter(col("a").eq("s3cret"));
        assert_eq!(kept(&relation, &format!("`{name}` is not s3cret")), format!("`{name}` is not …"));
    }
}

#[test]
fn the_names_that_a_caller_wrote_in_a_command_stay_in_its_errors() {
    let rows = Relation::table("t").filter(col("a").eq("s3cret"));
    let merge = Merge {
        table: "table_1".to_owned(),
        on: col("a").eq(col("b")),
        matched: vec![MergeAction::update([("updated_1", lit(1))])],
        not_matched: Vec::new(),
        not_matched_by_source: Vec::new(),
        evolve: false,
    };
    let write = Write { partition_by: vec!["day_1".to_owned()], ..Write::default() };
    for (command, name) in [
        (Command::write(rows.clone(), write), "day_1"),
        (Command::write_to(rows.clone(), write_to(WriteToMode::Append, Options::default())), "table_1"),
        (Command::view(rows.clone(), "view_1".to_owned(), false, false), "view_1"),
        (Command::merge(rows.clone(), merge.clone()), "table_1"),
        (Command::merge(rows, merge), "updated_1"),
    ] {
        let told = Redaction::of_command(&command);
        assert_eq!(told.kept_in(&format!("`{name}` is not s3cret")), format!("`{name}` is not …"));
    }
}

#[test]
fn a_context_speaks_of_the_statement_as_it_was_written() {
    let sql = Sql::new("SELECT 1, CAST(? AS INT)").bind("hunter2");
    let redaction = Redaction::of_sql(&sql);
    let (inlined, sent) = sql.inlined(Inline::All).unwrap();
    redaction.sent(vec![sent]);
    let fragment = inlined.query[10..].to_owned();
    let context =
        QueryContext { start: 10, stop: 9 + fragment.chars().count(), fragment, ..QueryContext::default() };
    let error = redaction.apply(failed(ServerError { query_contexts: vec![context], ..server("no") }));
    let context = &error.server().unwrap().query_contexts()[0];
    assert_eq!((context.start, context.stop, context.fragment.as_str()), (10, 23, "CAST(? AS INT)"));
}

#[test]
fn the_key_of_a_refused_conf_stays_and_its_value_goes() {
    let key = "spark.sql.extensions";
    let said =
        "Cannot modify the value of the static config: \"spark.sql.extensions\" to io.delta.sql.Delta7.";
    let server = ServerError {
        message_parameters: BTreeMap::from([("key".to_owned(), format!("\"{key}\""))]),
        ..server(said)
    };
    let error = failed(server).redacting_confs([(key, "io.delta.sql.Delta7"), ("spark.key", "hunter2")]);
    let server = error.server().unwrap();
    assert_eq!(
        server.message(),
        "Cannot modify the value of the static config: \"spark.sql.extensions\" to …."
    );
    assert_eq!(server.message_parameters()["key"], "\"spark.sql.extensions\"");
}

/// What is left of a failure of a statement without values.
fn told(statement: &str, message: &str) -> String {
    let error = Redaction::of_sql(&Sql::new(statement)).apply(failed(server(message)));
    error.server().unwrap().message().to_owned()
}

#[test]
fn a_cell_goes_where_nothing_is_bound_and_a_literal_of_the_statement_stays() {
    const SQL: &str = "SELECT CAST(concat(s, lower('XYZZY')) AS INT) FROM VALUES ('p') v(s)";
    let spark = "[CAST_INVALID_INPUT] The value 'pxyzzy' of the type \"STRING\" cannot be cast to \"INT\" because it is \
                 malformed.";
    assert_eq!(told(SQL, spark), spark.replace("pxyzzy", "…"));
    let sail = "Cast error: Cannot cast string 'pxyzzy' to value of Int32 type";
    assert_eq!(told(SQL, sail), sail.replace("pxyzzy", "…"));
    for (statement, said) in [
        ("SELECT CAST('abc' AS INT)", spark.replace("pxyzzy", "abc")),
        (
            "SELECT CAST(3000000000 AS INT)",
            "[CAST_OVERFLOW] The value 3000000000L of the type \"BIGINT\" cannot be cast to \"INT\""
                .to_owned(),
        ),
        (
            "SELECT array(1, 2)[9]",
            "[INVALID_ARRAY_INDEX] The index 9 is out of bounds. The array has 2 ele".into(),
        ),
    ] {
        assert_eq!(told(statement, &said), said);
    }
    let overflow = "[CAST_OVERFLOW] The value 4711L of the type \"BIGINT\" cannot be cast to \"TINYINT\"";
    assert_eq!(told("SELECT CAST(id AS TINYINT) FROM t", overflow), overflow.replace("4711L", "…"));
}

#[test]
fn a_value_is_written_where_it_stands_as_a_literal_and_not_where_it_is_a_part() {
    let written = "SELECT name FROM t WHERE city = 'Oslo' AND n > 4.50 AND p='x' LIMIT 42\n/data/day=2026/x";
    for value in ["Oslo", "'Oslo'", "4.50", "-42", "42L", "4.50BD", "2026"] {
        assert!(is_written(value, written), "{value}");
    }
    for value in ["name", "Osl", "4", "2", "202", "4.5"] {
        assert!(!is_written(value, written), "{value}");
    }
}

#[test]
fn only_the_cell_goes_where_nothing_is_bound() {
    for (cell, around) in [
        ("pxyzzy", "s3a://lake/t2024/part-00003 line 1 pos 7"),
        ("17", "of t2024 in part-00003 at line 1 pos 7"),
        ("Eve 2 Smith", "line 1 pos 7 of 4711 rows"),
    ] {
        let said = format!("[CAST_INVALID_INPUT] The value '{cell}' of the type \"STRING\" in {around}");
        let left = told("SELECT CAST(s AS INT) FROM t", &said);
        assert!(left.ends_with(around), "{left}");
        assert!(cell.split(' ').filter(|word| word.len() > 1).all(|word| !left.contains(word)), "{left}");
    }
    let said =
        "[CAST_INVALID_INPUT] The value '2024' of the type \"STRING\" in /t/day=2024/a20240101b line 1";
    let left = "[CAST_INVALID_INPUT] The value '…' of the type \"STRING\" in /t/day=… line 1";
    assert_eq!(told("SELECT CAST(s AS INT) FROM t", said), left);
}

#[test]
fn cells_and_values_go_together() {
    let bound = bound("SELECT CAST(concat(s, ?) AS INT) FROM t", "s3cret");
    let said = "[CAST_INVALID_INPUT] The value 'Eve Smith' of the type \"STRING\" for s3cret";
    let error = bound.apply(failed(server(said)));
    assert_eq!(error.server().unwrap().message(), said.replace("Eve Smith", "…").replace("s3cret", "…"));
}

#[test]
fn a_context_of_another_text_is_cleaned_like_a_message() {
    let context = QueryContext { fragment: "CAST('hunter2' AS INT)".into(), ..QueryContext::default() };
    let said = ServerError { query_contexts: vec![context], ..server("no") };
    let error = bound("SELECT CAST(? AS INT)", "hunter2").apply(failed(said));
    assert_eq!(error.server().unwrap().query_contexts()[0].fragment, "CAST('…' AS INT)");
}

/// Everything that an error can tell.
fn everything(error: &Error) -> String {
    let mut text = format!("{error}\n{error:?}");
    let mut next = std::error::Error::source(error);
    while let Some(error) = next {
        text.push_str(&format!("\n{error}\n{error:?}"));
        next = error.source();
    }
    if let Some(server) = error.server() {
        let contexts = server.query_contexts().iter().map(|context| {
            let QueryContext { fragment, object_type, object_name, call_site, .. } = context;
            format!("{fragment} {object_type} {object_name} {call_site}")
        });
        let all = [server.message().to_owned()].into_iter();
        let all = all.chain(server.message_parameters().values().cloned());
        let all =
            all.chain(server.causes().iter().cloned()).chain(server.exception_classes().iter().cloned());
        text.push_str(&all.chain(contexts).collect::<Vec<_>>().join("\n"));
    }
    text
}

#[test]
fn an_error_whose_text_ends_that_of_another_is_told_once_and_its_cause_without_the_values() {
    let provider =
        Error::new(ErrorKind::Connect, "the token endpoint is down").with_source("no hunter2 here");
    let error = Error::new(ErrorKind::Unauthenticated, format!("there is no token to send: {provider}"));
    let error = bound("SELECT ?", "hunter2").apply(error.with_origin(Arc::new(provider)));
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(error.to_string(), "there is no token to send: the token endpoint is down");
    assert!(cause.to_string() == "no … here" && cause.source().is_none(), "{cause}");
    assert!(!everything(&error).contains("hunter2"));
}

/// An error that repeats `said` wherever a server can.
fn repeating(said: &str) -> Error {
    let context = QueryContext {
        fragment: said.to_owned(),
        object_type: said.to_owned(),
        object_name: said.to_owned(),
        call_site: said.to_owned(),
        ..QueryContext::default()
    };
    let server = ServerError {
        message: format!("cannot cast {said} to {said}"),
        message_parameters: BTreeMap::from([("value".to_owned(), said.to_owned())]),
        query_contexts: vec![context],
        causes: vec![said.to_owned()],
        exception_classes: vec![said.to_owned()],
        ..ServerError::default()
    };
    let below = failed(server.clone()).with_source(said.to_owned());
    failed(server).with_source(below)
}

fn value() -> impl Strategy<Value = (Literal, Vec<String>)> {
    let word = "[a-zA-Z0-9가-힣'\"\\\\ _%-]{1,24}"
        .prop_filter("a word", |text| text.contains(|c: char| c.is_alphanumeric()));
    prop_oneof![
        word.prop_map(|text| {
            let spelled = vec![
                text.clone(),
                text.escape_debug().to_string(),
                text.replace('\'', "''"),
                render(&Literal::string(&text)),
                text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect(),
            ];
            (Literal::string(text), spelled)
        }),
        any::<i64>().prop_map(|value| (Literal::long(value), vec![value.to_string(), format!("{value}L")])),
        any::<i8>().prop_map(|value| (Literal::byte(value), vec![value.to_string(), format!("{value}Y")])),
        any::<f64>().prop_map(|value| (
            Literal::double(value),
            vec![value.to_string(), format!("{value:e}"), format!("{value:?}")]
        )),
        any::<bool>().prop_map(|value| (
            Literal::boolean(value),
            vec![value.to_string(), value.to_string().to_uppercase()]
        )),
        (any::<i64>(), 0_u8..=19).prop_map(|(unscaled, scale)| {
            let literal = Literal::decimal(i128::from(unscaled), 38, scale).unwrap();
            let Value::Decimal { number, .. } = literal.value() else { panic!("a decimal") };
            let spelled = vec![number.to_string(), unscaled.to_string()];
            (literal, spelled)
        }),
        (-700_000_i32..2_900_000).prop_map(|days| {
            let (year, month, day) = crate::types::civil_date(i64::from(days));
            (Literal::date(days), vec![format!("{year:04}-{month:02}-{day:02}"), days.to_string()])
        }),
        any::<i64>().prop_map(|micros| (Literal::timestamp(micros), vec![micros.to_string()])),
        any::<i32>().prop_map(|months| (Literal::year_month_interval(months), vec![months.to_string()])),
        proptest::collection::vec(any::<u8>(), 1..16).prop_map(|bytes| {
            let spelled = |separator: &str, upper: bool| {
                let text: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                if upper { text.join(separator).to_uppercase() } else { text.join(separator) }
            };
            (Literal::binary(bytes.clone()), vec![spelled("", false), spelled("", true), spelled(" ", true)])
        }),
    ]
}

use crate::types::Value;

proptest! {
    #[test]
    fn no_spelling_of_a_value_is_in_anything_that_an_error_tells((literal, spelled) in value(), nested in any::<bool>()) {
        let literal = match nested {
            true => Literal::array(literal.data_type(), [literal]).unwrap(),
            false => literal,
        };
        let redaction = bound("INSERT INTO t SELECT ?", literal);
        for spelled in spelled {
            for said in [format!("'{spelled}'"), spelled.clone(), format!("[{spelled}]")] {
                let told = everything(&redaction.apply(repeating(&said)));
                let words = spelled.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
                for word in words.filter(|word| !["X", "CAST", "AS", "STRING"].contains(word)) {
                    let found = told.split(|c: char| !c.is_alphanumeric() && c != '_').any(|told| told == word);
                    // The words around it are those of this crate.
                    let ours = "the server failed the operation Error kind Server message server ServerError error_class None sql_state exception_class Some source RedactedSource cannot cast to";
                    prop_assert!(!found || ours.split(' ').any(|ours| ours == word), "{word} of {spelled} in {told}");
                }
            }
        }
    }
}
