//! The functions against the lists of others: the server's own, and PySpark's.

use std::collections::BTreeSet;

use super::*;

/// Names that a server lists and that have no function here, with the reason.
const NOT_OF_THE_SERVER: [(&str, &str); 8] = [
    ("! != % & * + - / < << <= <=> <> = == > >= >> >>> ^ | || ~", "operators and methods of columns"),
    ("and between case div in mod not or", "operators and methods of columns"),
    (
        "bigint binary boolean cast date decimal double float int smallint string time timestamp tinyint",
        "casts, which are `Column::cast`",
    ),
    ("any if len localtime", "other names of `some`, `when`, `length` and `current_time`"),
    ("mean pow", "here under the names that PySpark sends for them"),
    ("percentile_cont percentile_disc", "they stand before WITHIN GROUP, which is SQL alone: `expr`"),
    (
        "collations python_worker_logs range sql_keywords variant_explode variant_explode_outer",
        "tables, which SQL calls in FROM",
    ),
    (
        "from_avro from_protobuf measure schema_of_avro to_avro to_protobuf",
        "of what a server has besides: its Avro and its Protobuf, and views of metrics",
    ),
];

/// Names that Delta adds: tables, which SQL calls in FROM.
const OF_DELTA: [&str; 2] = ["table_changes", "table_changes_by_path"];

/// Functions here that no server lists: partitions of tables, and words of SQL's grammar.
const UNLISTED: [&str; 8] =
    ["bucket", "days", "hours", "months", "product", "timestampadd", "timestampdiff", "years"];

/// Names of PySpark that have no function here, with the reason.
const NOT_OF_PYSPARK: [(&str, &str); 4] = [
    (
        "AnalyzeArgument AnalyzeResult ArrowUDFType OrderingColumn PandasUDFType PartitioningColumn SelectedColumn \
         SkipRestOfInputTableException UserDefinedFunction UserDefinedTableFunction arrow_udf arrow_udtf pandas_udf udf \
         udtf",
        "for functions that are written in Python",
    ),
    ("call_udf column struct typeof", "here `call_function`, `col`, `struct_` and `typeof_`"),
    ("broadcast", "here a hint of the frame"),
    ("unwrap_udt", "a type that a user defined is read as what it is stored as"),
];

fn words<'w>(table: &[(&'w str, &str)]) -> BTreeSet<&'w str> {
    table.iter().flat_map(|(names, _)| names.split_whitespace()).collect()
}

#[tokio::test]
async fn the_server_lists_no_function_that_is_not_here_or_has_a_reason() {
    let server = Server::started();
    let listed = query::<(String,)>(&server.db, server.drv.from_sql("SHOW FUNCTIONS")).await.unwrap();
    // A dot is in the names of what users made.
    let listed: BTreeSet<&str> =
        listed.iter().map(|(name,)| name.as_str()).filter(|name| !name.contains('.')).collect();
    assert!(listed.len() > 400, "{}", listed.len());
    let here: BTreeSet<&str> = function_names().into_iter().map(|(_, name)| name).collect();
    let reasons = words(&NOT_OF_THE_SERVER);
    let of_delta = BTreeSet::from(OF_DELTA);
    let unknown: Vec<_> = listed
        .iter()
        .filter(|name| !here.contains(*name) && !reasons.contains(*name) && !of_delta.contains(*name))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let needless: Vec<_> = reasons.intersection(&here).collect();
    assert_eq!(needless, [&"~"], "the function of that name is `bitwise_not`");
    if server.engine.has(Ability::FunctionsOf(3, 5)) {
        let lacking = here.iter().filter(|name| otherwise::lacks(&server.engine, name));
        let unlisted: BTreeSet<&str> = lacking.copied().chain(UNLISTED).collect();
        assert_eq!(here.difference(&listed).copied().collect::<BTreeSet<_>>(), unlisted);
    }
    if server.engine.has(Ability::FunctionsOf(4, 3)) {
        let gone: Vec<_> = reasons.difference(&listed).collect();
        assert!(gone.is_empty(), "{gone:?}");
    }
}

#[tokio::test]
async fn pyspark_has_no_function_that_is_not_here_or_has_a_reason() {
    let mut python = Engine::from_env().pyspark();
    python.args(["-c", "from pyspark.sql.functions import __all__; print('\\n'.join(__all__))"]);
    let output = tokio::task::spawn_blocking(move || python.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).unwrap();
    let here: BTreeSet<&str> = function_names().into_iter().map(|(name, _)| name).collect();
    let others =
        ["asc", "asc_nulls_first", "asc_nulls_last", "call_function", "col", "desc", "desc_nulls_first"];
    let others = others.into_iter().chain(["desc_nulls_last", "expr", "lit"]);
    let here: BTreeSet<&str> = here.into_iter().chain(others).collect();
    let missing: BTreeSet<&str> = names.lines().filter(|name| !here.contains(name)).collect();
    assert_eq!(missing, words(&NOT_OF_PYSPARK));
}
