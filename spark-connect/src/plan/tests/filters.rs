//! Filters upon filters: which are sent as they were built, and which as one.

use super::*;

/// A table under that many filters.
fn filtered(filters: i32) -> Relation {
    (0..filters).fold(Relation::table("t"), |all, value| all.filter(col("x").ne(value)))
}

/// The filters at the top of a relation, and what is below them.
fn filters(mut relation: proto::Relation) -> (usize, RelType) {
    let mut count = 0;
    loop {
        match relation.rel_type.unwrap() {
            RelType::Filter(filter) => relation = *filter.input.unwrap(),
            other => return (count, other),
        }
        count += 1;
    }
}

#[test]
fn of_many_filters_the_last_ones_are_one() {
    for (all, apart) in [(2, 2), (33, 33), (34, 33), (1000, 33)] {
        let (count, below) = filters(sent(&filtered(all)));
        assert_eq!(count, apart, "{all}");
        assert!(matches!(below, RelType::Read(_)));
    }
}

#[test]
fn on_one_path_no_more_filters_stay_apart_than_on_one_chain() {
    let relation = (0..3).fold(Relation::table("t"), |all, _| {
        (0..40_i32).fold(all.limit(9), |all, value| all.filter(col("x").ne(value)))
    });
    let (mut at, mut counts) = (sent(&relation), Vec::new());
    loop {
        let (count, below) = filters(at);
        counts.push(count);
        match below {
            RelType::Limit(limit) => at = *limit.input.unwrap(),
            _ => break,
        }
    }
    counts.reverse();
    assert_eq!((counts[0], counts[1], counts.len()), (0, 33, 4));
    assert!(counts[2..].iter().all(|count| *count == 1), "{counts:?}");
}

#[test]
fn a_filter_is_sent_inside_of_another_as_by_itself() {
    let input = |relation: &Relation| {
        let RelType::Filter(filter) = kind(relation) else { panic!("a filter") };
        *filter.input.unwrap()
    };
    let (near, far) = (filtered(5), filtered(40));
    assert_eq!(input(&near.filter(col("x").gt(1))), sent(&near));
    let above = far.filter(col("x").gt(1));
    assert_ne!(input(&above), sent(&far));
    far.note_persisted();
    assert_eq!(input(&above), sent(&far));
    assert_eq!(input(&far.filter(col("x").gt(2))), sent(&far));
}

#[test]
fn filters_kept_later_change_no_plan_that_is_kept() {
    let low = filtered(36);
    let (top, beside) = (low.filter(col("x").gt(1)), low.filter(col("x").gt(2)));
    let around = low.filter(col("x").gt(3)).limit(1);
    let count = |relation: &Relation| filters(sent(relation)).0;
    assert_eq!((count(&low), count(&top)), (33, 33));
    top.note_persisted();
    around.note_persisted();
    let kept = (sent(&top), sent(&around));
    low.note_persisted();
    top.note_persisted();
    assert_eq!((sent(&top), sent(&around)), kept);
    assert_eq!((count(&beside), count(&top.filter(col("x").gt(4)))), (34, 34));
    let RelType::Filter(above) = kind(&low.filter(col("x").gt(5))) else { panic!("a filter") };
    assert_eq!(*above.input.unwrap(), sent(&low));
}

#[test]
fn many_filters_that_are_all_kept_are_one() {
    let chain = |filters: i32| {
        (0..filters).fold(Relation::table("t"), |all, value| {
            let all = all.filter(col("x").ne(value));
            all.note_persisted();
            all
        })
    };
    assert_eq!(filters(sent(&chain(39))).0, 39);
    assert_eq!(filters(sent(&chain(40))).0, 1);
    assert_eq!(filters(sent(&chain(500))).0, 1);
}

#[test]
fn in_a_deep_plan_filters_are_one_wherever_they_may_be() {
    let deep = (0..45).fold(Relation::table("t"), |all, value: i32| {
        all.limit(9).filter(col("x").ne(value)).filter(col("y").ne(value))
    });
    let (mut at, mut limits) = (sent(&deep), 0);
    while let (1, RelType::Limit(limit)) = filters(at) {
        at = *limit.input.unwrap();
        limits += 1;
    }
    assert_eq!(limits, 45);
}

#[test]
fn a_condition_as_deep_as_may_be_is_joined_whole_or_refused() {
    let joined = |depth: usize| {
        let deep = (1..depth).fold(col("x"), |all, _| -all);
        filtered(40).filter(deep).filter(col("y").ne(1))
    };
    for levels in 140..150 {
        let RelType::Filter(filter) = kind(&joined(levels)) else { panic!("a filter") };
        assert!(depth(&filter.condition.unwrap()) > levels, "{levels}");
    }
    for levels in 150..153 {
        let refusal = refusal(&joined(levels));
        assert!(refusal.contains("more than 150 levels deep"), "{refusal}");
    }
}

#[test]
fn filters_whose_order_matters_stay_apart() {
    let (rand, random) = (crate::functions::rand().lt(0.5), crate::functions::random().lt(0.5));
    for condition in [rand, random, expr("x > 1"), call_function("f", ["x"])] {
        let relation = filtered(40).filter(condition).filter(col("x").gt(1));
        let RelType::Filter(filter) = kind(&relation) else { panic!("a filter") };
        assert_eq!(called(&filter.condition.unwrap()).0, ">");
        assert_eq!(filters(*filter.input.unwrap()).0, 34);
    }
}

#[test]
fn a_filter_whose_columns_are_named_stays_apart() {
    let first = filtered(40);
    let named = first.column("x");
    let relation = first.filter(col("x").lt(9)).select(vec![named]);
    let RelType::Project(project) = kind(&relation) else { panic!("a projection") };
    let Some(RelType::Filter(outer)) = project.input.unwrap().rel_type else { panic!("a filter") };
    let inner = outer.input.unwrap();
    assert!(matches!(inner.rel_type, Some(RelType::Filter(_))));
    let Some(ExprType::UnresolvedAttribute(column)) = &project.expressions[0].expr_type else {
        panic!("a column")
    };
    assert_eq!(column.plan_id, inner.common.unwrap().plan_id);
}

#[test]
fn a_filter_whose_columns_a_merge_names_stays_apart() {
    let first = filtered(40);
    let merge = Merge {
        table: "t".to_owned(),
        on: first.column("id").eq(col("t.id")),
        matched: vec![MergeAction::delete()],
        not_matched: Vec::new(),
        not_matched_by_source: Vec::new(),
        evolve: false,
    };
    let command = Command::merge(first.filter(col("x").lt(9)), merge).to_plan(Sending::default()).unwrap();
    let Some(OpType::Command(command)) = command.plan.op_type else { panic!("a command") };
    let Some(CommandType::MergeIntoTableCommand(merge)) = command.command_type else { panic!("a merge") };
    let Some(RelType::Filter(outer)) = merge.source_table_plan.unwrap().rel_type else { panic!("a filter") };
    let inner = outer.input.unwrap();
    assert!(matches!(inner.rel_type, Some(RelType::Filter(_))));
    assert_eq!(inner.common.unwrap().plan_id, Some(first.id()));
}
