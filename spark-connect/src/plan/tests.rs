//! Plans, compared as the messages that are sent.

use super::*;
use crate::DataFrame;
use crate::functions::{
    avg, call_function, col, count, expr, lit, row_number, struct_, sum, transform, when,
};
use crate::proto::command::CommandType;
use crate::proto::expression::ExprType;
use crate::proto::expression::sort_order::{NullOrdering, SortDirection};
use crate::proto::plan::OpType;
use crate::proto::relation::RelType;
use crate::proto::{self, aggregate, data_type, join};
use crate::types::DataType;

mod conditions;
mod filters;
mod refusals;

fn sent(relation: &Relation) -> proto::Relation {
    match relation.to_plan(Sending::default()).unwrap().plan.op_type {
        Some(OpType::Root(root)) => root,
        _ => panic!("a root"),
    }
}

fn kind(relation: &Relation) -> RelType {
    sent(relation).rel_type.unwrap()
}

fn refusal(relation: &Relation) -> String {
    relation.to_plan(Sending::default()).err().unwrap().to_string()
}

/// The name of the function and what it is called with.
fn called(expression: &proto::Expression) -> (&str, &[proto::Expression]) {
    match expression.expr_type.as_ref().unwrap() {
        ExprType::UnresolvedFunction(call) => (&call.function_name, &call.arguments),
        other => panic!("not a call: {other:?}"),
    }
}

fn depth(expression: &proto::Expression) -> usize {
    match expression.expr_type.as_ref().unwrap() {
        ExprType::UnresolvedFunction(call) => 1 + call.arguments.iter().map(depth).max().unwrap_or(0),
        _ => 1,
    }
}

#[test]
fn every_relation_has_an_id_of_its_own() {
    let table = Relation::table("t");
    let both = table.limit(1);
    let RelType::Limit(limit) = kind(&both) else { panic!("a limit") };
    let id = |relation: &proto::Relation| relation.common.as_ref().unwrap().plan_id;
    assert_ne!(id(limit.input.as_ref().unwrap()), id(&sent(&both)));
    assert_eq!(id(limit.input.as_ref().unwrap()), id(&sent(&table)));
}

#[test]
fn a_repartition_by_no_columns_is_one_by_number() {
    let RelType::Repartition(sent) = kind(&Relation::table("t").repartition_by(Some(3), Vec::new())) else {
        panic!("a repartition")
    };
    assert_eq!((sent.num_partitions, sent.shuffle), (3, Some(true)));
}

#[test]
fn direction_and_null_order_are_always_said() {
    let columns = vec![col("a"), col("b").desc(), col("c").asc_nulls_last(), col("d").desc_nulls_first()];
    let RelType::Sort(sort) = kind(&Relation::table("t").sort(columns, true)) else { panic!("a sort") };
    let said: Vec<_> = sort.order.iter().map(|order| (order.direction(), order.null_ordering())).collect();
    assert_eq!(
        said,
        [
            (SortDirection::Ascending, NullOrdering::SortNullsFirst),
            (SortDirection::Descending, NullOrdering::SortNullsLast),
            (SortDirection::Ascending, NullOrdering::SortNullsLast),
            (SortDirection::Descending, NullOrdering::SortNullsFirst),
        ]
    );
    assert_eq!(sort.is_global, Some(true));
}

#[test]
fn a_text_is_a_column_where_one_is_wanted_and_a_value_where_one_is() {
    let equal = col("name").eq("Ada").to_proto(Sending::default());
    let (name, arguments) = called(&equal);
    assert_eq!(name, "==");
    assert!(matches!(arguments[0].expr_type, Some(ExprType::UnresolvedAttribute(_))));
    assert!(matches!(arguments[1].expr_type, Some(ExprType::Literal(_))));
    let mean = avg("delay").to_proto(Sending::default());
    assert!(matches!(called(&mean).1[0].expr_type, Some(ExprType::UnresolvedAttribute(_))));
}

#[test]
fn a_condition_is_an_expression_or_sql() {
    let sent = |relation: &Relation| {
        let RelType::Filter(filter) = kind(relation) else { panic!("a filter") };
        filter.condition.unwrap().expr_type.unwrap()
    };
    let (table, sql) = (Relation::table("t"), "a > 1 AND b".to_owned());
    for filtered in [table.filter("a > 1 AND b"), table.filter(&sql), table.filter(sql.clone())] {
        let ExprType::ExpressionString(text) = sent(&filtered) else { panic!("SQL") };
        assert_eq!(text.expression, sql);
    }
    let column = col("a");
    for filtered in [table.filter(&column), table.filter(col("a"))] {
        assert!(matches!(sent(&filtered), ExprType::UnresolvedAttribute(_)));
    }
}

#[test]
fn whether_conditions_differ_is_asked_of_conditions() {
    let differs = col("a").eq(1) ^ col("b");
    let shown = "not(==(and(==(a, Literal(INT)), Literal(BOOLEAN)), and(b, Literal(BOOLEAN))))";
    assert_eq!(format!("{differs:?}"), shown);
}

#[test]
fn an_integer_that_a_double_does_not_hold_is_not_replaced() {
    let replaced = |old: i64, new: i64| {
        let pairs = vec![(Literal::long(old), Literal::long(new))];
        Relation::table("t").replace_values(Vec::new(), Ok(pairs))
    };
    assert!(replaced((1 << 53) - 1, -(1 << 53)).check().is_ok());
    for (old, new) in [(1 << 53, 0), (-(1 << 53), 0), (0, (1 << 53) + 1), (0, i64::MIN)] {
        let refusal = refusal(&replaced(old, new));
        assert!(refusal.contains("`na.replace` takes no integer"), "{refusal}");
    }
}

#[test]
fn a_double_that_integers_are_rounded_to_is_replaced_in_named_columns_only() {
    let replaced = |old: f64, columns: &[&str]| {
        let columns = columns.iter().map(|name| (*name).to_owned()).collect();
        Relation::table("t").replace_values(columns, Ok(vec![(Literal::double(old), Literal::double(0.0))]))
    };
    for old in [9_007_199_254_740_992.0, 1e17, -1e17, f64::MAX] {
        let refusal = refusal(&replaced(old, &[]));
        assert!(refusal.contains("`na.replace` replaces no DOUBLE"), "{refusal}");
        assert!(replaced(old, &["a"]).check().is_ok());
    }
    for old in [9_007_199_254_740_991.0, -0.5, f64::INFINITY, f64::NAN] {
        assert!(replaced(old, &[]).check().is_ok(), "{old}");
    }
}

#[test]
fn one_column_to_fill_is_sent_twice_so_that_its_value_is_cast() {
    let filled = |columns: &[&str], count: usize| {
        let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
        let values = (0..count).map(|value| Literal::string(value.to_string())).collect();
        let RelType::FillNa(fill) = kind(&Relation::table("t").fill_missing(columns, Ok(values))) else {
            panic!("a fill")
        };
        (fill.cols, fill.values.len())
    };
    assert_eq!(filled(&["day"], 1), (vec!["day".to_owned(); 2], 2));
    assert_eq!(filled(&["a", "b"], 2), (vec!["a".to_owned(), "b".to_owned()], 2));
    assert_eq!(filled(&[], 1), (Vec::new(), 1), "without columns it is for all of the value's kind");
}

#[test]
fn a_join_by_no_columns_and_a_drop_in_none_are_refused() {
    let (left, right) = (Relation::table("l"), Relation::table("r"));
    let nothing = || JoinOn::from(Vec::<String>::new());
    let as_of = left.as_of_join(&right, AsOf::new(col("a"), col("b")), nothing(), JoinType::Left);
    for join in [
        left.join(&right, nothing(), JoinType::Inner),
        left.join(&right, JoinOn::from([""; 0]), JoinType::Cross),
        left.lateral_join(&right, nothing(), JoinType::Inner),
        as_of,
    ] {
        assert!(refusal(&join).contains("`JoinOn::nothing()`"), "{}", refusal(&join));
    }
    assert!(left.join(&right, JoinOn::nothing(), JoinType::Inner).check().is_ok());
    assert!(refusal(&left.drop_missing_in(Vec::new())).contains("`na().drop_in` needs a column"));
    assert!(left.drop_missing_in(vec!["a".to_owned()]).check().is_ok());
}

#[test]
fn a_part_that_spark_3_misreads_is_found_anywhere_in_a_plan() {
    let table = Relation::table("t");
    let misread = |column: Column| {
        let plan = table.select(vec![lit(1), column]).limit(3).join(
            &Relation::table("u"),
            JoinOn::nothing(),
            JoinType::Inner,
        );
        plan.misread().to_vec()
    };
    for (column, expected) in [
        (table.column("*"), vec![Misread::Star]),
        (count(table.column("*")), vec![Misread::Star]),
        (col("a").try_cast("int") + 1, vec![Misread::TryCast]),
        (col("a").try_cast("int") + count(table.column("*")), vec![Misread::TryCast, Misread::Star]),
    ] {
        assert_eq!(misread(column.clone()), expected, "{column:?}");
    }
    for column in [
        col("*"),
        col("u.*"),
        table.column("a"),
        col("a").cast("int"),
        lit(vec![Some(1), None]),
        lit(None::<i32>),
    ] {
        assert_eq!(misread(column.clone()), [], "{column:?}");
    }
    let clustered = |cluster_by: &[&str]| {
        let cluster_by = cluster_by.iter().map(|name| (*name).to_owned()).collect();
        Command::write(table.clone(), Write { cluster_by, ..Write::default() })
    };
    // What such a server refuses itself is no reason to ask it something.
    assert_eq!(misread(table.exists()), []);
    assert_eq!(clustered(&["a"]).misread(), [Misread::ClusterBy]);
    assert_eq!(clustered(&[]).misread(), []);
}

#[test]
fn a_part_that_spark_3_does_not_know_is_found_anywhere_in_a_plan() {
    let (table, other) = (Relation::table("t"), Relation::table("u"));
    let (nothing, as_of) = (JoinOn::nothing, AsOf::new(col("a"), col("b")));
    let sets = Grouping::Sets { sets: vec![vec![col("a")]], columns: vec![col("a")] };
    let listed = col("a").is_in(DataFrame::of(other.clone()));
    for (relation, name) in [
        (table.filter(other.exists()), "`exists` needs Spark 4.0"),
        (table.select(vec![lit(1) + other.scalar()]), "`scalar` needs Spark 4.0"),
        (table.filter(listed), "`is_in` of a frame needs Spark 4.1"),
        (table.lateral_join(&other, nothing(), JoinType::Inner), "`lateral_join` needs Spark 4.0"),
        (table.as_of_join(&other, as_of, nothing(), JoinType::Left), "`as_of_join` needs Spark 4.0"),
        (table.zip(&other), "`zip` needs Spark 4.3"),
        (table.transpose(None), "`transpose` needs Spark 4.0"),
        (Relation::table_function("range".to_owned(), vec![lit(9)]), "`table_function` needs Spark 4.0"),
        (table.aggregate(sets, vec![count("*")]), "`grouping_sets` needs Spark 4.0"),
        (
            table.select(vec![call_function("f", [crate::functions::named_argument("a", 1)])]),
            "`named_argument` needs Spark 4.0",
        ),
    ] {
        let around = relation.limit(3).join(&table, nothing(), JoinType::Inner);
        let refusal = around.newer().unwrap().to_string();
        assert!(refusal.starts_with(name), "{refusal}");
        assert!(Command::write(around, Write::default()).newer().is_some());
    }
    let plain = table.filter(col("a").is_in([1, 2])).join(&other, nothing(), JoinType::Inner);
    assert!(plain.newer().is_none());
    let checkpoint = Command::checkpoint(table, true, true);
    assert!(checkpoint.newer().unwrap().to_string().contains("`local_checkpoint` need Spark 4.0"));
}

#[test]
fn a_function_that_acts_outside_makes_a_plan_one_with_effects() {
    let table = Relation::table("t");
    let with = |column: Column| table.select(vec![lit(1), column]).limit(3);
    for column in [
        expr("reflect('a.B', 'c') || 'd'"),
        expr("http_request(conn => 'c')").alias("answer"),
        call_function("system.builtin.`Java_Method`", [lit("a.B"), lit("c")]),
        call_function("try_reflect", [lit("a.B"), lit("c")]) + 1,
        expr("'unterminated"),
    ] {
        let plan = with(column.clone());
        assert!(plan.has_effects() && !plan.changes_session(), "{column:?}");
    }
    for column in [expr("reflect + 1"), col("http_request"), call_function("upper", [lit("reflect(")])] {
        assert!(!with(column.clone()).has_effects(), "{column:?}");
    }
    assert!(table.filter(expr("java_method('a.B', 'c') = 'd'")).has_effects());
    assert!(Relation::sql("SELECT reflect('a.B', 'c')").limit(1).has_effects());
}

#[test]
fn a_value_that_servers_misread_is_no_column_of_a_pivot() {
    let table = Relation::table("t");
    let pivoted = |value: &Literal| {
        let values = Ok(vec![value.clone()]);
        let pivot = Grouping::Pivot { columns: vec![col("a")], pivot: col("b"), values };
        table.aggregate(pivot, vec![count("*")])
    };
    for literal in [
        Literal::array(DataType::Integer, [Literal::integer(1)]).unwrap(),
        Literal::binary(vec![1]),
        Literal::double(f64::NAN),
        Literal::float(f32::NAN),
        // 1582-10-10
        Literal::date(-141_432),
        Literal::timestamp(-12_219_700_000_000_000),
    ] {
        let refusal = refusal(&pivoted(&literal));
        assert!(refusal.contains("servers misread some values of `pivot`"), "{literal:?}: {refusal}");
        assert!(table.filter(col("a").eq(literal)).check().is_ok());
    }
    for literal in [Literal::date(0), Literal::double(0.5), Literal::null(DataType::Integer)] {
        assert_eq!(pivoted(&literal).check(), Ok(()), "{literal:?}");
    }
}

#[test]
fn a_value_that_servers_find_no_row_of_is_not_sampled_by() {
    let table = Relation::table("t");
    let sampled = |value: &Literal| table.sample_by(col("a"), Ok(vec![(value.clone(), 0.5)]), 1);
    for literal in [
        Literal::decimal(1, 3, 0).unwrap(),
        Literal::date(0),
        Literal::timestamp(0),
        Literal::binary(vec![1]),
        Literal::array(DataType::Integer, [Literal::integer(1)]).unwrap(),
        Literal::double(f64::NAN),
        Literal::float(f32::NAN),
    ] {
        let refusal = refusal(&sampled(&literal));
        assert!(refusal.contains("servers find no row of another value"), "{literal:?}: {refusal}");
    }
    for literal in [
        Literal::string("a"),
        Literal::boolean(true),
        Literal::long(1),
        Literal::double(0.5),
        Literal::null(DataType::String),
    ] {
        assert_eq!(sampled(&literal).check(), Ok(()), "{literal:?}");
    }
}

#[test]
fn a_schema_is_a_struct_or_ddl() {
    let table = Relation::table("t");
    let ddl = table.to_schema("id BIGINT, name STRING".into_data_type());
    let RelType::ToSchema(sent) = kind(&ddl) else { panic!("a schema") };
    let unparsed = data_type::Unparsed { data_type_string: "id BIGINT, name STRING".to_owned() };
    assert_eq!(sent.schema.unwrap().kind, Some(data_type::Kind::Unparsed(unparsed)));
    assert!(refusal(&table.to_schema(DataType::Long.into_data_type())).contains("a schema is a struct type"));
}

#[test]
fn a_plan_that_nests_too_deep_is_refused_and_says_so() {
    let relation = (0..500).fold(Relation::table("t"), |all, step| {
        all.with_columns(vec![(col("x") + 1).alias(format!("c{step}"))])
    });
    assert!(refusal(&relation).contains("more than 150 levels deep"), "{}", refusal(&relation));
    let sum = (0..500).fold(col("x"), |sum, value| sum + value);
    let relation = Relation::table("t").select(vec![sum]);
    assert!(refusal(&relation).contains("more than 150 levels deep"));
    let table = Relation::table("t");
    let united = (0..200).fold(table.clone(), |all, _| all.set(&table, SetOperation::all(SetKind::Union)));
    assert!(refusal(&united).contains("unite frames in pairs"), "{}", refusal(&united));
}

#[test]
fn a_frame_that_is_doubled_too_often_is_refused_at_once() {
    let relation =
        (0..64).fold(Relation::table("t"), |all, _| all.set(&all, SetOperation::all(SetKind::Union)));
    assert!(refusal(&relation).contains("is used twice is sent twice"), "{}", refusal(&relation));
}

#[test]
fn long_chains_are_dropped_without_recursion() {
    let condition = (0..200_000).fold(col("x").eq(0), |all, value| all.or(col("x").eq(value)));
    drop(condition.clone());
    let relation = (0..50_000).fold(Relation::table("t"), |all, _| all.filter(col("x")));
    drop((condition, relation));
}

#[test]
fn the_first_mistake_is_the_one_that_is_told() {
    let relation = Relation::table("t").filter(col("x").eq(u64::MAX)).join(
        &Relation::table("u"),
        JoinOn::from(["k"]),
        JoinType::Cross,
    );
    assert!(refusal(&relation).contains("a u64 is out of the range of BIGINT"), "{}", refusal(&relation));
    let relation = Relation::table("t").join(&Relation::table("u"), JoinOn::from(["k"]), JoinType::Cross);
    assert!(refusal(&relation).contains("cross join"));
    let late = Relation::table("t").select(vec![col("x").otherwise(1)]);
    assert!(refusal(&late).contains("`otherwise` continues `when"));
}

#[test]
fn branches_follow_each_other() {
    let branches = when(col("a").gt(1), "many")
        .when(col("a").eq(1), "one")
        .otherwise("none")
        .to_proto(Sending::default());
    let (name, arguments) = called(&branches);
    assert_eq!((name, arguments.len()), ("when", 5));
}

#[test]
fn a_join_says_its_kind_and_what_it_is_by() {
    let (left, right) = (Relation::table("l"), Relation::table("r"));
    let RelType::Join(by_name) = kind(&left.join(&right, JoinOn::from(["k", "l"]), JoinType::LeftAnti))
    else {
        panic!("a join")
    };
    assert_eq!(by_name.using_columns, ["k", "l"]);
    assert_eq!(by_name.join_type(), join::JoinType::LeftAnti);
    assert_eq!(by_name.join_condition, None);
    let condition = left.column("a").eq(right.column("a"));
    let RelType::Join(by_condition) = kind(&left.join(&right, condition.into(), JoinType::Full)) else {
        panic!("a join")
    };
    assert_eq!(by_condition.join_type(), join::JoinType::FullOuter);
    let condition = by_condition.join_condition.unwrap();
    let id = |side: &proto::Expression| match side.expr_type.as_ref().unwrap() {
        ExprType::UnresolvedAttribute(column) => column.plan_id,
        other => panic!("{other:?}"),
    };
    let ids: Vec<_> = called(&condition).1.iter().map(id).collect();
    let inputs = [by_condition.left.unwrap(), by_condition.right.unwrap()];
    assert_eq!(ids, inputs.map(|input| input.common.unwrap().plan_id));
}

#[test]
fn an_aggregate_divides_its_expressions() {
    let table = Relation::table("t");
    let by = Grouping::Pivot {
        columns: vec![col("a"), col("b")],
        pivot: col("p"),
        values: Ok(vec![Literal::string("x")]),
    };
    let RelType::Aggregate(pivot) = kind(&table.aggregate(by, vec![sum("v"), count("*")])) else {
        panic!("an aggregate")
    };
    assert_eq!(pivot.group_type(), aggregate::GroupType::Pivot);
    assert_eq!((pivot.grouping_expressions.len(), pivot.aggregate_expressions.len()), (2, 2));
    assert_eq!(pivot.pivot.unwrap().values.len(), 1);
    let sets = vec![vec![col("a")], vec![], vec![col("a"), col("b")]];
    let by = Grouping::Sets { sets, columns: vec![col("a"), col("b")] };
    let RelType::Aggregate(sets) = kind(&table.aggregate(by, vec![count("*")])) else {
        panic!("an aggregate")
    };
    let sizes: Vec<_> = sets.grouping_sets.iter().map(|set| set.grouping_set.len()).collect();
    assert_eq!((sizes, sets.grouping_expressions.len()), (vec![1, 0, 2], 2));
}

#[test]
fn a_window_has_its_partitions_its_order_and_its_frame() {
    let window = Window::partition_by(["a", "b"])
        .order_by([col("c").desc()])
        .rows_between(WindowBound::preceding(2_i64), WindowBound::current_row());
    let ExprType::Window(sent) = row_number().over(window).to_proto(Sending::default()).expr_type.unwrap()
    else {
        panic!("a window")
    };
    assert_eq!((sent.partition_spec.len(), sent.order_spec.len()), (2, 1));
    let lower = sent.frame_spec.unwrap().lower.unwrap().boundary.unwrap();
    let proto::expression::window::window_frame::frame_boundary::Boundary::Value(lower) = lower else {
        panic!("a value")
    };
    assert_eq!(*lower, crate::types::expression(&Literal::integer(-2)));
    let wrong = Window::new().rows_between(WindowBound::preceding("two"), WindowBound::unbounded());
    assert!(
        refusal(&Relation::table("t").select(vec![row_number().over(wrong)])).contains("a window's bound")
    );
}

#[test]
fn the_variables_of_lambdas_are_not_those_of_the_lambdas_around_them() {
    let nested = transform("xs", |x| transform(x, |y| y + 1));
    let mut names = Vec::new();
    nested.each(|column| names.push(format!("{column:?}")));
    let variables: Vec<_> = names.iter().filter(|name| name.starts_with("x_")).collect();
    assert_eq!(variables.len(), 2);
    assert_ne!(variables[0], variables[1]);
}

#[test]
fn the_relation_of_a_subquery_stands_beside_the_one_that_asks() {
    let most = Relation::table("u").aggregate(Grouping::By(vec![]), vec![crate::functions::max("x")]);
    let relation = Relation::table("t").filter(col("x").eq(most.scalar()));
    let RelType::WithRelations(with) = kind(&relation) else { panic!("with relations") };
    let id = with.references[0].common.as_ref().unwrap().plan_id.unwrap();
    let Some(RelType::Filter(filter)) = with.root.unwrap().rel_type else { panic!("a filter") };
    let condition = filter.condition.unwrap();
    let Some(ExprType::SubqueryExpression(subquery)) = &called(&condition).1[1].expr_type else {
        panic!("a subquery")
    };
    assert_eq!(subquery.plan_id, id);
}

#[test]
fn a_relation_that_asks_another_is_named_with_what_it_asks() {
    let most = Relation::table("u").aggregate(Grouping::By(vec![]), vec![crate::functions::max("x")]);
    let asking = Relation::table("t").filter(col("x").eq(most.scalar()));
    let relation = Relation::table("v").filter(col("x").is_in(DataFrame::of(asking.clone())));
    let id = |relation: &proto::Relation| relation.common.as_ref().unwrap().plan_id.unwrap();
    let RelType::WithRelations(outer) = kind(&relation) else { panic!("with relations") };
    let asked = &outer.references[0];
    let Some(RelType::WithRelations(inner)) = &asked.rel_type else { panic!("with relations") };
    let Some(RelType::Filter(filter)) = &outer.root.as_ref().unwrap().rel_type else { panic!("a filter") };
    let Some(ExprType::SubqueryExpression(subquery)) = &filter.condition.as_ref().unwrap().expr_type else {
        panic!("a subquery")
    };
    assert_eq!((subquery.plan_id, id(asked)), (asking.id(), asking.id()));
    assert_ne!(id(inner.root.as_ref().unwrap()), id(asked));
    // A column of it is found, and a server that keeps its rows finds them again.
    let ExprType::UnresolvedAttribute(column) =
        asking.column("x").to_proto(Sending::default()).expr_type.unwrap()
    else {
        panic!("a column")
    };
    assert_eq!(column.plan_id, Some(id(asked)));
    assert_eq!(sent(&relation), sent(&relation));
}

#[test]
fn the_fields_of_a_struct_are_looked_for_in_as_many_columns() {
    let rows = || DataFrame::of(Relation::table("u"));
    let values = |column: Column| {
        let RelType::WithRelations(with) = kind(&Relation::table("t").filter(column)) else {
            panic!("with relations")
        };
        let Some(RelType::Filter(filter)) = with.root.unwrap().rel_type else { panic!("a filter") };
        let Some(ExprType::SubqueryExpression(subquery)) = filter.condition.unwrap().expr_type else {
            panic!("a subquery")
        };
        subquery.in_subquery_values
    };
    let pair = values(struct_(("a", col("b") + 1)).is_in(rows()));
    assert_eq!((pair.len(), called(&pair[1]).0), (2, "+"));
    assert_eq!(values(col("a").is_in(rows())).len(), 1);
}

#[test]
fn columns_of_a_struct_are_not_asked_of_one_frame() {
    let table = Relation::table("t");
    let refused = refusal(&table.select(vec![table.column("st.*")]));
    assert!(refused.contains("use an alias of the frame and `col(\"alias.st.*\")`"), "{refused}");
    assert!(refused.ends_with("or `col(\"st.*\")` if the name in it is the frame's alias"), "{refused}");
    for column in [col("st.*"), table.column("*"), table.column("`st.*`"), table.column("st.a")] {
        assert_eq!(table.select(vec![column.clone()]).check(), Ok(()), "{column:?}");
    }
}

#[test]
fn values_are_written_into_sql_at_any_depth() {
    let sql = Relation::from(Sql::new("SELECT ? AS one").bind(7));
    let relation = sql.join(&Relation::table("t"), JoinOn::from("one"), JoinType::Inner).limit(3);
    let sendable =
        relation.to_plan(Sending { inline: Some(crate::sql::Inline::All), ..Sending::default() }).unwrap();
    assert_eq!(sendable.sent.len(), 1);
    let text = format!("{:?}", sendable.plan);
    assert!(text.contains("SELECT 7 AS one"), "{text}");
}

#[test]
fn an_expression_says_where_it_was_written() {
    let written = (col("a") + 1).to_proto(Sending::default());
    let origin = written.common.unwrap().origin.unwrap().function.unwrap();
    let proto::origin::Function::PythonOrigin(origin) = origin else { panic!("an origin") };
    assert_eq!(origin.fragment, "+");
    assert!(origin.call_site.contains("plan/tests.rs:"), "{}", origin.call_site);
}

#[test]
fn no_value_is_in_what_a_plan_shows_of_itself() {
    let relation = Relation::table("t").filter(col("name").eq("secret")).select(vec![lit("secret")]);
    assert!(!format!("{relation:?}").contains("secret"), "{relation:?}");
    assert!(relation.literals().len() == 2);
}
