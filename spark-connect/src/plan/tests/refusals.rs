//! Plans that are refused before anything is sent, and what is said of them.

use super::refusal;
use crate::functions::{col, count, row_number};
use crate::plan::{
    AsOf, Column, Command, Grouping, JoinOn, JoinType, Merge, MergeAction, Options, Relation, Sending,
    Statistics, Target, Window, WindowBound, Write, WriteTo, WriteToMode,
};
use crate::types::{DataType, Literal};
use crate::{Channel, Session};

#[test]
fn a_count_that_a_plan_cannot_hold_is_refused() {
    let table = Relation::table("t");
    let counted = |rows: u32| [table.limit(rows), table.offset(rows), table.tail(rows)];
    for relation in counted(2_147_483_647) {
        assert_eq!(relation.check(), Ok(()));
    }
    for relation in counted(2_147_483_648).into_iter().chain(counted(3_000_000_000)) {
        let expected = "a count of rows is above 2147483647, the largest that a plan can hold";
        assert_eq!(refusal(&relation), expected, "{relation:?}");
    }
    let framed = |rows: i64| {
        let window = Window::new().rows_between(WindowBound::current_row(), WindowBound::following(rows));
        table.select(vec![row_number().over(window)])
    };
    assert_eq!(framed((1 << 31) - 1).check(), Ok(()));
    let expected = "a frame of rows is bounded by counts of rows, below 2147483648";
    assert_eq!(refusal(&framed(1 << 31)), expected);
}

#[test]
fn a_relation_that_no_server_could_run_is_refused() {
    let table = Relation::table("t");
    let as_of = AsOf::new(col("a"), col("b"));
    let sampled = |fraction: f64| table.sample_by(col("a"), Ok(vec![(Literal::integer(1), fraction)]), 1);
    let partitions = "a count of partitions must be between 1 and 2147483647";
    let fraction = "a fraction of `sample_by` must be between 0 and 1";
    for (relation, expected) in [
        (
            table.lateral_join(&Relation::table("u"), JoinOn::from("k"), JoinType::Inner),
            "a lateral join takes a condition, and no columns",
        ),
        (
            table.as_of_join(&Relation::table("u"), as_of, JoinOn::nothing(), JoinType::Full),
            "an as-of join is inner or left",
        ),
        (table.repartition(0, true), partitions),
        (table.repartition_by(Some(1 << 31), vec![col("a")]), partitions),
        (
            table.repartition_by(None, Vec::new()),
            "`repartition_by` needs a number of partitions or at least one column",
        ),
        (table.sort(Vec::new(), true), "`order_by` needs at least one column"),
        (table.sort(Vec::new(), false), "`sort_within_partitions` needs at least one column"),
        (
            table.aggregate(Grouping::Sets { sets: Vec::new(), columns: vec![col("a")] }, vec![count("*")]),
            "`grouping_sets` needs at least one set",
        ),
        (
            table.aggregate(Grouping::By(vec![col("a")]), Vec::new()),
            "a group needs at least one aggregate: name the columns of `sum`, `avg`, `min` or `max`, or give `agg` an \
             aggregate; the groups alone are `select` and `distinct`",
        ),
        (
            table.statistics(Statistics::ApproxQuantile {
                columns: vec!["a".to_owned()],
                probabilities: Vec::new(),
                relative_error: 0.0,
            }),
            "`approx_quantile` needs at least one probability",
        ),
        (sampled(1.5), fraction),
        (sampled(f64::NAN), fraction),
    ] {
        assert_eq!(refusal(&relation), expected, "{relation:?}");
    }
}

#[test]
fn a_value_that_no_server_fills_or_replaces_is_refused() {
    let table = Relation::table("t");
    let text = || Literal::string("a");
    let null = || Literal::null(DataType::String);
    let (date, decimal) = (Literal::date(0), Literal::decimal(1, 3, 0).unwrap());
    for value in [null(), date.clone(), decimal.clone()] {
        let filled = table.fill_missing(Vec::new(), Ok(vec![value.clone()]));
        assert!(refusal(&filled).contains("`na.fill` takes a STRING"), "{}", refusal(&filled));
        let columns = vec!["a".to_owned(), "b".to_owned()];
        assert!(table.fill_missing(columns, Ok(vec![text(), value])).check().is_err());
    }
    let nothing = table.fill_missing(Vec::new(), Ok(Vec::new()));
    assert_eq!(
        refusal(&nothing),
        "`na().fill_columns` and `na().fill_in` need a column; `na().fill` is for all of them"
    );
    for pair in [(null(), text()), (date.clone(), date), (Literal::long(1), decimal)] {
        let replaced = table.replace_values(Vec::new(), Ok(vec![pair]));
        assert!(refusal(&replaced).contains("`na.replace` replaces strings"), "{}", refusal(&replaced));
    }
    for pair in [(text(), null()), (Literal::boolean(true), Literal::boolean(false))] {
        assert_eq!(table.replace_values(Vec::new(), Ok(vec![pair])).check(), Ok(()));
    }
}

#[test]
fn a_frame_that_no_server_could_make_is_refused() {
    let session = Session::new(&Channel::builder("sc://localhost".parse().unwrap()).build().unwrap());
    let weights = "the weights of `random_split` must not be negative, and not all zero";
    let mut frames = vec![
        (session.create_dataframe(&[]), "a frame of no batches has no columns: give one batch without rows"),
        (session.range_by(0, 9, 0), "the step of a range must not be 0"),
        (session.range_with_partitions(0, 9, 0, 2), "the step of a range must not be 0"),
        (session.range_with_partitions(0, 9, 1, 0), "a range needs at least one partition"),
    ];
    for wrong in [&[0.0, 0.0], &[2.0, -1.0], &[1.0, f64::NAN]] {
        let splits = session.table("t").random_split(wrong, 1);
        assert_eq!(splits.len(), 2);
        frames.extend(splits.into_iter().map(|split| (split, weights)));
    }
    for (frame, expected) in frames {
        assert_eq!(refusal(frame.relation()), expected, "{frame:?}");
    }
}

#[test]
fn a_write_or_a_merge_whose_parts_do_not_fit_together_is_refused() {
    let named = || vec!["a".to_owned()];
    let write =
        |target: Target, write: Write| Command::write(Relation::table("t"), Write { target, ..write });
    let merge = |matched: &[MergeAction], not_matched: &[MergeAction], by_source: &[MergeAction]| {
        let merge = Merge {
            table: "u".to_owned(),
            on: col("id"),
            matched: matched.to_vec(),
            not_matched: not_matched.to_vec(),
            not_matched_by_source: by_source.to_vec(),
            evolve: false,
        };
        Command::merge(Relation::table("t"), merge)
    };
    let sorted = || Write { sort_by: named(), ..Write::default() };
    let bucketed = || Write { buckets: Some((4, named())), ..Write::default() };
    let (path, table) = (|| Target::Path("p".to_owned()), || Target::Table("u".to_owned()));
    let insert = || Target::Insert("u".to_owned());
    let needs_a_table = "`bucket_by` and `sort_by` need `save_as_table`";
    let keeps_the_layout =
        "`insert_into` keeps the layout of the table and takes no `partition_by` or `cluster_by`";
    let inserts = "a merge inserts rows that have no match: `when_not_matched`";
    for (command, expected) in [
        (write(path(), bucketed()), needs_a_table),
        (write(path(), sorted()), needs_a_table),
        (write(insert(), bucketed()), needs_a_table),
        (write(table(), sorted()), "`sort_by` needs `bucket_by`"),
        (write(insert(), Write { partition_by: named(), ..Write::default() }), keeps_the_layout),
        (write(insert(), Write { cluster_by: named(), ..Write::default() }), keeps_the_layout),
        (merge(&[], &[], &[]), "a merge does nothing without an action: add `when_matched` or another"),
        (merge(&[MergeAction::insert_all()], &[], &[]), inserts),
        (merge(&[], &[], &[MergeAction::insert([("id", 1)])]), inserts),
        (
            merge(&[], &[MergeAction::insert_all(), MergeAction::delete()], &[]),
            "where a row of the source has no match, a merge can only insert it",
        ),
    ] {
        assert_eq!(command.to_plan(Sending::default()).err().unwrap().to_string(), expected);
    }
}

#[test]
fn a_frame_in_an_expression_of_a_merge_or_a_write_is_refused() {
    let (rows, other) = (Relation::table("t"), Relation::table("v"));
    let merge = |on: Column, value: Column| {
        let merge = Merge {
            table: "u".to_owned(),
            on,
            matched: vec![MergeAction::update([("a", value)])],
            not_matched: Vec::new(),
            not_matched_by_source: Vec::new(),
            evolve: false,
        };
        Command::merge(rows.clone(), merge)
    };
    let overwrite = |condition: Column| {
        let write = WriteTo {
            table: "u".to_owned(),
            provider: None,
            options: Options::default(),
            properties: Options::default(),
            partitioned_by: Vec::new(),
            cluster_by: Vec::new(),
            mode: WriteToMode::Overwrite(condition),
        };
        Command::write_to(rows.clone(), write)
    };
    for command in [
        merge(other.exists(), col("b")),
        merge(col("id"), other.scalar()),
        overwrite(col("id").eq(other.scalar())),
    ] {
        let refusal = command.to_plan(Sending::default()).err().unwrap().to_string();
        assert!(refusal.contains("cannot hold a subquery: join its frame to the rows"), "{refusal}");
    }
    for command in [merge(col("id"), col("b")), overwrite(col("id").eq(1))] {
        assert!(command.to_plan(Sending::default()).is_ok());
    }
}
