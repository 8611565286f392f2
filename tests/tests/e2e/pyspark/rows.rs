//! Some of the rows, their order, the rows of several frames, and missing values.

use lakeorm::spark::JoinType;
use lakeorm::spark::functions::{asc, avg, col, desc, max};

use spark_connect::types::Literal;

use super::{Chain, Tables, named};

pub(super) fn chains(t: &Tables) -> Vec<Chain> {
    let Tables { five, names, drv, .. } = t;
    let doubled = five.select([col("id"), (col("n") * 2).alias("m")]);
    let ordered = five.order_by(["id"]);
    let same_kind = names.filter(col("k").eq(col("f.k").outer()));
    let mut splits = five.random_split(&[1.0, 3.0], 11).into_iter();
    named([
        ("filter.column", five.filter(col("n").gt(20))),
        ("filter.text", five.where_("n > 20 AND k = 'b'")),
        ("filter.twice", five.filter(col("n").gt(10)).filter(col("k").ne("c"))),
        ("filter.behind_a_projection", doubled.filter(col("m").gt(50))),
        ("where.text", five.where_("x IS NULL")),
        ("limit.two", ordered.limit(2)),
        ("limit.none", five.limit(0)),
        ("offset.three", ordered.offset(3)),
        ("offset.and_limit", ordered.offset(1).limit(2)),
        ("tail.two", ordered.tail(2)),
        ("order_by.name", five.order_by(["n"])),
        ("order_by.desc", five.order_by([col("n").desc()])),
        ("order_by.nulls_last", five.order_by([col("x").asc_nulls_last()])),
        ("order_by.nulls_first", five.order_by([col("x").desc_nulls_first()])),
        ("order_by.two", five.order_by([desc("k"), asc("id")])),
        ("order_by.expression", five.order_by([col("id") % 3, col("id")])),
        ("sort_within_partitions.one", five.repartition(1).sort_within_partitions([col("id").desc()])),
        ("sample.half", five.sample(0.5, 7)),
        ("sample.replaced", five.sample_with_replacement(1.5, 7)),
        ("random_split.first", splits.next().unwrap()),
        ("random_split.second", splits.next().unwrap()),
        ("range.of_the_session", drv.range_by(0, 10, 3)),
        ("range.joined", drv.range(0, 3).join(five, ["id"], JoinType::Inner)),
        ("scalar.compared", five.filter(col("n").gt(five.agg([avg("n")]).scalar()))),
        ("scalar.selected", five.select([col("id"), five.agg([max("n")]).scalar().alias("most")])),
        ("exists.filter", five.alias("f").filter(same_kind.exists())),
        ("is_in.frame", five.filter(col("k").is_in(names.select(["k"])))),
        ("sql.plain", drv.sql("SELECT 1 AS one")),
    ])
}

pub(super) fn sets(t: &Tables) -> Vec<Chain> {
    let five = &t.five;
    let (low, high) = (five.filter(col("id").le(3)), five.filter(col("id").ge(3)));
    let twice = low.union(&low);
    named([
        ("distinct.all", five.union(five).distinct()),
        ("distinct.one_column", five.select(["k"]).distinct()),
        ("drop_duplicates.all", five.union(five).drop_duplicates(())),
        ("drop_duplicates.of_columns", five.select(["k"]).drop_duplicates(["k"])),
        ("union.all", low.union(&high)),
        ("union.of_three", low.union(&high).union(five)),
        ("union_by_name.turned", low.union_by_name(&high.select(["x", "n", "k", "id"]))),
        ("union_by_name.missing", high.select(["k", "id"]).union_by_name_allow_missing(&low.select(["id"]))),
        ("intersect.both", low.intersect(&high)),
        ("intersect_all.twice", twice.intersect_all(&twice)),
        ("except.low", five.except(&low)),
        ("except_all.twice", twice.except_all(&high)),
    ])
}

pub(super) fn missing(t: &Tables) -> Vec<Chain> {
    let Tables { five, gaps, .. } = t;
    let fractions = [("a", 1.0), ("b", 0.0)];
    named([
        ("na.fill.number", gaps.na().fill(0)),
        ("na.fill.text", gaps.na().fill("none")),
        (
            "na.fill.columns",
            gaps.na().fill_columns([("i", Literal::integer(7)), ("s", Literal::string("s"))]),
        ),
        ("na.drop.any", gaps.na().drop()),
        ("na.drop.below", gaps.na().drop_below(2, ["i", "s", "d"])),
        ("na.drop.in", gaps.na().drop_in(["s"])),
        ("na.replace.numbers", gaps.na().replace([(1, 10), (4, 40)], ["i", "d"])),
        ("na.replace.texts", gaps.na().replace([("b", "B")], ["s"])),
        ("describe.columns", gaps.describe(["i", "s"])),
        ("summary.some", gaps.summary(["count", "min", "max"])),
        ("stat.crosstab", five.stat().crosstab("k", "id").select(["k_id", "`1`", "`2`", "`5`"])),
        ("stat.freq_items", five.stat().freq_items(["k"], Some(0.4))),
        ("stat.sample_by", five.stat().sample_by("k", fractions, 3)),
    ])
}
