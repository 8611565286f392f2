//! Joins and subqueries.

use lakeorm::spark::functions::{col, count, lit, max, min, struct_};
use lakeorm::spark::{AsOf, DataFrame, JoinOn, JoinType};
use lakeorm_tests::engine::Ability;
use spark_connect::ErrorKind;

use super::{Setup, setup};

fn names(s: &Setup) -> DataFrame {
    s.drv.sql("SELECT * FROM VALUES ('a', 'Ada'), ('b', 'Bob'), ('z', 'Zoe') AS t(k, name)")
}

#[tokio::test]
async fn every_kind_of_join_keeps_the_rows_that_it_says() {
    let s = setup();
    let names = names(&s);
    for (how, rows) in [
        (JoinType::Inner, 4),
        (JoinType::Left, 5),
        (JoinType::Right, 5),
        (JoinType::Full, 6),
        (JoinType::LeftSemi, 4),
        (JoinType::LeftAnti, 1),
    ] {
        let named = s.five.join(&names, ["k"], how);
        assert_eq!(named.count().await.unwrap(), rows, "{how:?}");
        let same = s.five.join(&names, s.five.col("k").eq(names.col("k")), how);
        assert_eq!(same.count().await.unwrap(), rows, "{how:?}");
    }
    assert_eq!(s.five.cross_join(&names).count().await.unwrap(), 15);
    let joined = s.five.join(&names, ["k"], JoinType::Inner).order_by(["id"]).select(["id", "name"]);
    assert_eq!(s.rows::<(i32, String)>(&joined).await[1], (2, "Bob".to_owned()));
    let columns = s.five.join(&names, ["k"], JoinType::Inner).columns().await.unwrap();
    assert_eq!(columns, ["k", "id", "n", "x", "name"]);
}

#[tokio::test]
async fn a_frame_joined_with_itself_says_which_side_a_column_is_of() {
    let s = setup();
    let (a, b) = (s.five.alias("a"), s.five.alias("b"));
    let pairs = a
        .join(&b, a.col("id").eq(b.col("id") - 1), JoinType::Inner)
        .select([a.col("n").alias("first"), b.col("n").alias("second")])
        .order_by(["first"]);
    assert_eq!(s.rows::<(i64, i64)>(&pairs).await, [(10, 20), (20, 30), (30, 40), (40, 50)]);
    let by_name = a
        .join(&b, col("a.id").eq(col("b.id") - 1), JoinType::Inner)
        .select([col("a.n").alias("first"), col("b.n").alias("second")]);
    assert_eq!(by_name.count().await.unwrap(), 4);
}

#[tokio::test]
async fn all_columns_of_one_side_are_chosen_or_refused() {
    let s = setup();
    let (five, names) = (s.five.alias("f"), names(&s).alias("m"));
    let joined = five.join(&names, five.col("k").eq(names.col("k")), JoinType::Inner);
    assert_eq!(joined.select(["m.*"]).columns().await.unwrap(), ["k", "name"]);
    let of_names = joined.select([names.col("*")]).columns().await;
    if s.engine.has(Ability::FunctionsOf(4, 0)) {
        return assert_eq!(of_names.unwrap(), ["k", "name"]);
    }
    let error = of_names.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    // Sail refuses it itself.
    assert_eq!(
        error.to_string().contains("needs Spark 4.0"),
        s.engine.has(Ability::FunctionsOf(3, 5)),
        "{error}"
    );
}

#[tokio::test]
async fn a_join_by_an_empty_list_of_columns_is_refused() {
    let s = setup();
    let error = s.five.join(&names(&s), [""; 0], JoinType::Inner).count().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    assert!(error.to_string().contains("use `JoinOn::nothing()`"), "{error}");
    let all = s.five.join(&names(&s), JoinOn::nothing(), JoinType::Inner);
    assert_eq!(all.count().await.unwrap(), 15);
}

#[tokio::test]
async fn subqueries_are_values_and_conditions() {
    let s = setup();
    let names = names(&s);
    let most = s.five.agg([max("n")]);
    let largest = s.five.filter(col("n").eq(most.scalar())).select(["id"]);
    let largest = lakeorm::query::<(i32,)>(&s.db, &largest).await;
    if !s.engine.has(Ability::Subqueries) {
        return assert_eq!(largest.unwrap_err().kind(), lakeorm::ErrorKind::Unsupported);
    }
    assert_eq!(largest.unwrap(), [(5,)]);
    let listed = s.five.filter(col("k").is_in(names.select(["k"]))).select(["id"]).order_by(["id"]);
    let listed = lakeorm::query::<(i32,)>(&s.db, &listed).await;
    match s.engine.has(Ability::InSubqueries) {
        true => assert_eq!(listed.unwrap(), [(1,), (2,), (3,), (4,)]),
        false => assert_eq!(listed.unwrap_err().kind(), lakeorm::ErrorKind::Unsupported),
    }
    let none = names.filter(col("name").eq("Nobody"));
    assert_eq!(s.five.filter(none.exists()).count().await.unwrap(), 0);
    assert_eq!(s.five.filter(!none.exists()).count().await.unwrap(), 5);
}

#[tokio::test]
async fn a_frame_that_asks_another_is_asked_and_joined_itself() {
    let s = setup();
    let middle = s.drv.range(30, 40).agg([min("id")]);
    let late = s.five.filter(col("n").gt(middle.scalar()));
    if !s.engine.has(Ability::FunctionsOf(4, 0)) {
        // It may be refused, and is never taken for another.
        let found = s.five.filter(late.exists()).count().await;
        return assert!(matches!(found, Ok(5) | Err(_)), "{found:?}");
    }
    assert_eq!(s.five.filter(late.exists()).count().await.unwrap(), 5);
    let last = s.five.filter(col("id").eq(late.agg([max("id")]).scalar()));
    assert_eq!(s.ids(&last).await, [5]);
    let more = late.with_column("q", lit(1));
    let both = more.join(&late, more.col("id").eq(late.col("id")), JoinType::Inner);
    assert_eq!(both.count().await.unwrap(), 2);
    if s.engine.has(Ability::InSubqueries) {
        let numbers = s.five.select(["n"]).filter(col("n").gt(middle.scalar()));
        assert_eq!(s.ids(&s.five.filter(col("n").is_in(&numbers)).order_by(["id"])).await, [4, 5]);
        let pairs = s.drv.sql("SELECT * FROM VALUES (1, 'a'), (2, 'z') AS t(i, j)");
        assert_eq!(s.ids(&s.five.filter(struct_(("id", "k")).is_in(pairs))).await, [1]);
    }
}

#[tokio::test]
async fn an_error_names_what_spark_before_4_lacks_and_only_there() {
    let s = setup();
    let (five, names) = (&s.five, names(&s));
    let by = AsOf::new(five.col("n"), five.col("n"));
    let nothing = JoinOn::nothing;
    for (frame, words) in [
        (five.filter(col("k").is_in(names.select(["k"]))), "`is_in` of a frame needs Spark 4.1"),
        (five.filter(col("n").eq(five.agg([max("n")]).scalar())), "`scalar` needs Spark 4.0"),
        (five.filter(names.exists()), "`exists` needs Spark 4.0"),
        (five.lateral_join(&names, nothing(), JoinType::Inner), "`lateral_join` needs Spark 4.0"),
        (five.as_of_join(five, by, nothing(), JoinType::Left), "`as_of_join` needs Spark 4.0"),
        (five.transpose(None), "`transpose` needs Spark 4.0"),
        (s.drv.table_function("range", [lit(3)]), "`table_function` needs Spark 4.0"),
        (five.grouping_sets([["k"]], ["k"]).agg([max("n")]), "`grouping_sets` needs Spark 4.0"),
    ] {
        let error = frame.count().await.err();
        let told = error.filter(|error| error.to_string().contains(words)).map(|error| error.kind());
        // Sail is no Spark, and says itself what it lacks.
        let is_older = s.engine.has(Ability::FunctionsOf(3, 5)) && !s.engine.has(Ability::FunctionsOf(4, 0));
        assert_eq!(told, is_older.then_some(ErrorKind::Unsupported), "{words}");
    }
}

#[tokio::test]
async fn the_columns_of_a_struct_are_not_asked_of_one_frame() {
    let s = setup();
    let (a, b) = (s.drv.sql("SELECT struct(1 AS p) AS st"), s.drv.sql("SELECT struct(2 AS q) AS ts"));
    let (a, b) = (a.alias("a"), b.alias("b"));
    let joined = a.join(&b, JoinOn::nothing(), JoinType::Inner);
    let error = joined.select([a.col("st.*")]).collect().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidStatement);
    assert!(error.to_string().contains("`col(\"alias.st.*\")`"), "{error}");
    if s.engine.has(Ability::FunctionsOf(3, 5)) {
        assert_eq!(s.rows::<(i32,)>(&joined.select([a.col("st.p")])).await, [(1,)]);
        assert_eq!(s.rows::<(i32,)>(&joined.select([col("a.st.*")])).await, [(1,)]);
    }
}

#[tokio::test]
async fn the_nearest_row_is_joined_where_the_server_can() {
    let s = setup();
    let quotes = s.drv.sql("SELECT * FROM VALUES (5L, 'x'), (25L, 'y') AS t(at, quote)");
    let by = AsOf::new(s.five.col("n"), quotes.col("at"));
    let joined = s.five.as_of_join(&quotes, by, JoinOn::nothing(), JoinType::Left).order_by(["id"]);
    let rows = joined.select(["id", "quote"]);
    let found = lakeorm::query::<(i32, Option<String>)>(&s.db, &rows).await;
    if !s.engine.has(Ability::NearestJoins) {
        assert_eq!(found.unwrap_err().kind(), lakeorm::ErrorKind::Unsupported);
        return;
    }
    let quotes: Vec<_> = found.unwrap().into_iter().map(|(_, quote)| quote.unwrap()).collect();
    assert_eq!(quotes, ["x", "x", "y", "y", "y"]);
}

#[tokio::test]
async fn a_lateral_join_sees_the_row_beside_it() {
    let s = setup();
    let names = names(&s);
    let of_row = names.filter(names.col("k").eq(col("k").outer())).agg([count("*").alias("names")]);
    let joined = s.five.lateral_join(&of_row, JoinOn::nothing(), JoinType::Inner);
    let columns = joined.columns().await;
    match s.engine.has(Ability::LateralJoins) {
        true => assert_eq!(columns.unwrap(), ["id", "k", "n", "x", "names"]),
        false => assert_eq!(columns.unwrap_err().kind(), ErrorKind::Unsupported),
    }
}
