use super::*;

#[test]
fn a_thousand_joined_conditions_are_ten_levels() {
    let condition = (1..1000).fold(col("x").eq(0), |all, value| all.or(col("x").eq(value)));
    assert!(depth(&condition.to_proto(Sending::default())) <= 13);
    let mixed = (0..1000).fold(condition, |all, value| all.and(col("y").ne(value)));
    let relation = Relation::table("t").filter(mixed);
    assert!(relation.check().is_ok());
    let RelType::Filter(filter) = kind(&relation) else { panic!("a filter") };
    assert!(depth(&filter.condition.unwrap()) <= 30);
}

#[test]
fn conditions_that_are_joined_from_the_other_end_are_one_level_too() {
    let condition = (0..1000).fold(col("y").eq(0), |all, value| col("x").eq(value).or(all));
    assert!(Relation::table("t").filter(condition.clone()).check().is_ok());
    assert!(depth(&condition.to_proto(Sending::default())) <= 13);
}

#[test]
fn what_is_joined_counts_as_deep_as_it_is_sent() {
    let deep = |levels| (1..levels).fold(col("x"), |all: Column, _| -all);
    let check = |condition: Column| Relation::table("t").filter(condition).check();
    for joined in [
        |deep: Column| col("a").and(col("b")).and(deep),
        |deep: Column| deep.and(col("a").and(col("b"))),
        |deep: Column| deep.and(col("a")),
    ] {
        assert!(check(joined(deep(148))).is_ok());
        assert!(check(joined(deep(149))).is_err());
    }
}

#[test]
fn joined_conditions_stay_in_order() {
    let (a, b, c, d) = (col("a"), col("b"), col("c"), col("d"));
    for condition in [
        a.and(&b).and(&c).and(&d),
        a.and(b.and(c.and(&d))),
        a.and(&b).and(c.and(&d)),
        a.and(b.and(&c)).and(&d),
    ] {
        assert_eq!(leaves_of(condition), ["a", "b", "c", "d"]);
    }
}

/// The columns of a condition as it is sent.
fn leaves_of(condition: Column) -> Vec<String> {
    let RelType::Filter(filter) = kind(&Relation::table("t").filter(condition)) else { panic!("a filter") };
    fn leaves(expression: &proto::Expression, names: &mut Vec<String>) {
        match expression.expr_type.as_ref().unwrap() {
            ExprType::UnresolvedFunction(call) => call.arguments.iter().for_each(|leaf| leaves(leaf, names)),
            ExprType::UnresolvedAttribute(name) => names.push(name.unparsed_identifier.clone()),
            other => panic!("{other:?}"),
        }
    }
    let mut names = Vec::new();
    leaves(&filter.condition.unwrap(), &mut names);
    names
}
