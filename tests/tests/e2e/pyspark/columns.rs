//! Other columns of the same rows, and the same columns laid out otherwise.

use lakeorm::spark::functions::{col, lit, upper};
use spark_connect::types::{DataType, Literal, StructField};

use super::{Chain, Tables, named};

pub(super) fn chains(t: &Tables) -> Vec<Chain> {
    let Tables { five, nested, .. } = t;
    let schema = DataType::Struct(vec![
        StructField::new("k", DataType::String),
        StructField::new("id", DataType::Long),
    ]);
    named([
        ("select.names", five.select(["id", "k"])),
        ("select.star", five.select(["*"])),
        ("select.star_and_more", five.select([col("*"), (col("id") + 1).alias("next")])),
        ("select.of_the_frame", five.select([five.col("k"), five.col("n")])),
        ("select.nothing_twice", five.select([col("id"), col("id").alias("again")])),
        ("select.field", nested.select(["s.a", "s.b"])),
        ("select.fields_of_a_struct", nested.select(["s.*"])),
        ("select.literals", five.select([lit(1), lit("text"), lit(2.5), lit(true)])),
        ("select.null", five.select([lit(Literal::null(DataType::Null)).alias("nothing")])),
        ("select_expr.two", five.select_expr(["id * 2 AS double", "upper(k) AS k"])),
        ("select_expr.star", five.select_expr(["*", "n / 3 AS third"])),
        ("with_column.new", five.with_column("y", col("x") * 2)),
        ("with_column.replaced", five.with_column("id", col("id").cast("string"))),
        ("with_columns.two", five.with_columns([("a", col("id") + 1), ("b", lit("b"))])),
        ("with_columns.replaced", five.with_columns([("k", upper("k")), ("n", col("n") + col("id"))])),
        ("with_column_renamed.one", five.with_column_renamed("k", "kind")),
        ("with_column_renamed.missing", five.with_column_renamed("nowhere", "kind")),
        ("with_columns_renamed.two", five.with_columns_renamed([("k", "kind"), ("n", "number")])),
        ("with_metadata.one", five.with_metadata("k", r#"{"comment": "kind"}"#)),
        ("drop.name", five.drop(["x"])),
        ("drop.names", five.drop(["x", "n"])),
        ("drop.column", five.drop([col("k")])),
        ("drop.missing", five.drop(["nowhere"])),
        ("to_df.names", five.to_df(["a", "b", "c", "d"])),
        ("to_schema.reordered", five.to_schema(schema).select(["*"])),
        ("alias.frame", five.alias("f").select(["f.id", "f.k"])),
        ("col_regex.some", five.select([five.col_regex("`[kn]`")])),
    ])
}

pub(super) fn reshaping(t: &Tables) -> Vec<Chain> {
    let five = &t.five;
    let wide = five.with_column("x", col("x").cast("bigint"));
    let short = |columns: [&str; 2]| five.select(columns).limit(2);
    named([
        ("unpivot.named", five.unpivot(["id"], Some(vec![col("n")]), "name", "value")),
        ("unpivot.two", wide.unpivot(["id", "k"], Some(vec![col("n"), col("x")]), "v", "w")),
        ("unpivot.all_others", five.select(["id", "n"]).unpivot(["id"], None, "name", "value")),
        ("transpose.index", short(["k", "n"]).transpose(Some(col("k")))),
        ("transpose.first", short(["id", "n"]).transpose(None)),
        ("hint.broadcast", five.broadcast()),
        ("hint.merge", five.hint("merge", [0; 0])),
        ("hint.rebalance", five.hint("rebalance", [2])),
        ("repartition.number", five.repartition(3)),
        ("repartition.columns", five.repartition_by(None, ["k"])),
        ("repartition.number_and_columns", five.repartition_by(Some(2), [col("k"), col("n") % 2])),
        ("repartition_by_range.columns", five.repartition_by_range(Some(2), ["id"])),
        ("repartition_by_range.descending", five.repartition_by_range(Some(2), [col("id").desc()])),
        ("coalesce.one", five.coalesce(1)),
    ])
}
