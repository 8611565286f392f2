//! What can be made of a column.

use lakeorm::spark::Column;
use lakeorm::spark::functions::{call_function, col, expr, when};
use spark_connect::types::DataType;

use super::{Chain, Tables};

fn of_five<const N: usize>(t: &Tables, columns: [(&str, Column); N]) -> Vec<Chain> {
    let chain = |(name, column)| (format!("column.{name}"), t.five.select([col("id"), column]));
    columns.into_iter().map(chain).collect()
}

pub(super) fn operators(t: &Tables) -> Vec<Chain> {
    let (id, k, n, x) = (col("id"), col("k"), col("n"), col("x"));
    of_five(
        t,
        [
            ("plus", &id + 1),
            ("minus", &n - &id),
            ("times", &x * 2),
            ("divided", &n / 4),
            ("rest", &n % 7),
            ("negative", -&id),
            ("bitwise_and", id.bitwise_and(1)),
            ("bitwise_or", id.bitwise_or(8)),
            ("bitwise_xor", id.bitwise_xor(1)),
            ("substr", k.substr(1, 1)),
            ("cast", id.cast("decimal(10, 2)")),
            ("cast_type", n.cast(DataType::Integer)),
            ("try_cast", k.try_cast("int")),
            ("alias", id.alias("number")),
            ("alias_with_metadata", id.alias_with_metadata("number", r#"{"a": 1}"#)),
            ("when", when(id.gt(2), "big")),
            ("when_otherwise", when(id.gt(2), "big").otherwise("small")),
            ("when_when", when(id.gt(4), 2).when(id.gt(2), 1).otherwise(0)),
            ("expr", expr("id + 1")),
            ("call_function", call_function("abs", [&id])),
        ],
    )
}

pub(super) fn conditions(t: &Tables) -> Vec<Chain> {
    let (id, k, x) = (col("id"), col("k"), col("x"));
    of_five(
        t,
        [
            ("equal", k.eq("a")),
            ("not_equal", k.ne("a")),
            ("less", id.lt(3)),
            ("at_most", id.le(3)),
            ("greater", id.gt(3)),
            ("at_least", id.ge(3)),
            ("and", id.gt(1) & id.lt(4)),
            ("or", id.lt(2) | id.gt(4)),
            ("not", !id.gt(2)),
            ("and_of_three", id.gt(1).and(id.lt(4)).and(k.eq("a"))),
            ("is_null", x.is_null()),
            ("is_not_null", x.is_not_null()),
            ("is_nan", x.is_nan()),
            ("eq_null_safe", x.eq_null_safe(1.5)),
            ("is_in", k.is_in(["a", "c"])),
            ("between", id.between(2, 4)),
            ("like", k.like("a%")),
            ("ilike", k.ilike("A")),
            ("rlike", k.rlike("[ab]")),
            ("contains", k.contains("a")),
            ("starts_with", k.starts_with("a")),
            ("ends_with", k.ends_with("a")),
        ],
    )
}
