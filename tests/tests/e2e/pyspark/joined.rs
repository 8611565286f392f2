//! The rows of two frames beside each other.

use lakeorm::spark::functions::{col, lit, sum};
use lakeorm::spark::{AsOf, AsOfDirection, DataFrame, JoinOn, JoinType};

use super::{Chain, Tables, named};

/// Each row with the row of the other that is nearest in a number.
pub(super) fn as_of(t: &Tables) -> Vec<Chain> {
    let Tables { five, names, .. } = t;
    let by = || AsOf::new(five.col("id"), names.col("w"));
    let joined = |by: AsOf, on: JoinOn, how: JoinType| -> DataFrame {
        five.as_of_join(names, by, on, how).select([five.col("id"), names.col("name")])
    };
    let all = JoinOn::nothing;
    named([
        ("as_of_join.inner", joined(by(), all(), JoinType::Inner)),
        ("as_of_join.left", joined(by(), all(), JoinType::Left)),
        ("as_of_join.names", joined(by(), ["k"].into(), JoinType::Left)),
        ("as_of_join.forward", joined(by().direction(AsOfDirection::Forward), all(), JoinType::Left)),
        ("as_of_join.nearest", joined(by().direction(AsOfDirection::Nearest), all(), JoinType::Left)),
        ("as_of_join.tolerance", joined(by().tolerance(lit(1)), all(), JoinType::Left)),
        ("as_of_join.no_exact_matches", joined(by().without_exact_matches(), all(), JoinType::Left)),
    ])
}

pub(super) fn chains(t: &Tables) -> Vec<Chain> {
    let Tables { five, names, .. } = t;
    let same_kind = || five.col("k").eq(names.col("k"));
    let by_kind = five.join(names, same_kind(), JoinType::Inner);
    let before = five
        .alias("a")
        .join(&five.alias("b"), col("a.id").eq(col("b.id") + 1), JoinType::Inner)
        .select([col("a.id"), col("b.id").alias("before")]);
    let aliased = five
        .alias("f")
        .join(&names.alias("m"), col("f.k").eq(col("m.k")), JoinType::Inner)
        .select(["f.id", "m.name"]);
    let beside = names.filter(col("k").eq(col("f.k").outer())).select(["name"]);
    let mut chains = named([
        ("join.one_name", five.join(names, "k", JoinType::Inner)),
        ("join.inequality", five.join(names, five.col("id").lt(names.col("w")), JoinType::Inner)),
        ("join.and_select", by_kind.select([five.col("k"), names.col("name")])),
        ("join.itself", before),
        ("join.aliases", aliased),
        (
            "join.then_group",
            five.join(names, "k", JoinType::Inner).group_by(["name"]).agg([sum("n").alias("n")]),
        ),
        ("cross_join.all", five.select(["id"]).cross_join(&names.select(["name"]))),
        ("lateral_join.inner", five.alias("f").lateral_join(&beside, JoinOn::nothing(), JoinType::Inner)),
        ("broadcast.join", five.join(&names.broadcast(), "k", JoinType::Inner)),
    ]);
    for (word, how) in [
        ("inner", JoinType::Inner),
        ("left", JoinType::Left),
        ("right", JoinType::Right),
        ("full", JoinType::Full),
        ("left_semi", JoinType::LeftSemi),
        ("left_anti", JoinType::LeftAnti),
    ] {
        chains.push((format!("join.names.{word}"), five.join(names, ["k"], how)));
        chains.push((format!("join.condition.{word}"), five.join(names, same_kind(), how)));
    }
    chains
}
