//! Migrations, of which several run at once.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};
use lakeorm::dialect::Iceberg;
use lakeorm::{Backend, Client, ErrorKind, LakeTable, open};
use lakeorm_tests::fake::{Exchange, Failure, Fake, on, progress};

use super::{Row, client, columns, conflict, cut, told};
use crate::setup::{driver, soon};

#[derive(LakeTable)]
#[lake(table = "t")]
#[allow(dead_code, reason = "only its table is looked at")]
struct Grown {
    id: i64,
    note: Option<String>,
}

const ADD: &str = "ALTER TABLE t ADD COLUMNS (note STRING)";
const PROPERTY: &str = "ALTER TABLE t SET TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')";
const DEFAULT: &str = "ALTER TABLE t ALTER COLUMN note SET DEFAULT 'none'";

/// A look at the table as it was.
fn look() -> Exchange {
    on("SELECT * FROM t LIMIT 0").answer([columns()])
}

/// A look at the table with its new column.
fn look_at_grown() -> Exchange {
    let fields = vec![
        Field::new("id", DataType::Int64, false),
        Field::new("_ingest_id", DataType::Utf8, true),
        Field::new("note", DataType::Utf8, true),
    ];
    on("SELECT * FROM t LIMIT 0").answer([RecordBatch::new_empty(Arc::new(Schema::new(fields)))])
}

#[tokio::test]
async fn a_column_that_another_migration_was_first_to_add_is_not_added_again() {
    for add in [
        on(ADD).fail(conflict()),
        // Behind another answer the outcome counts as unknown.
        on(ADD).send(progress()).fail(conflict()),
        on(ADD).fail(Failure::spark("FIELD_ALREADY_EXISTS", "42710")),
    ] {
        let fake = Fake::start([look(), add, look_at_grown()]).await;
        let db = client(&fake);
        let migration = soon(async { db.migrate::<Grown>().evolve().await }).await.unwrap();
        assert!(migration.is_unchanged() && !migration.is_created(), "{migration}");
        assert_eq!(migration.differences(), []);
        soon(db.close()).await.unwrap();
        fake.finish();
    }
}

#[tokio::test]
async fn a_table_that_another_migration_was_first_to_make_is_compared() {
    let create =
        "CREATE TABLE IF NOT EXISTS t (id BIGINT NOT NULL, note STRING, _ingest_id STRING) USING delta";
    let script = [
        on("SELECT * FROM t LIMIT 0").fail(Failure::spark("TABLE_OR_VIEW_NOT_FOUND", "42P01")),
        on(create).fail(Failure::spark("TABLE_OR_VIEW_ALREADY_EXISTS", "42P07")),
        look(),
    ];
    let fake = Fake::start(script).await;
    let db = client(&fake);
    let migration = soon(async { db.migrate::<Grown>().await }).await.unwrap();
    assert!(migration.is_unchanged() && !migration.is_created(), "{migration}");
    let words: Vec<String> = migration.differences().iter().map(ToString::to_string).collect();
    assert_eq!(words, ["the table has no column \"note\", which is STRING in the struct"]);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_step_that_conflicts_with_another_change_is_taken_again() {
    let script = [look(), on(ADD).fail(conflict()), look(), on(ADD).answer([]), look_at_grown()];
    let fake = Fake::start(script).await;
    let db = client(&fake);
    let migration = soon(async { db.migrate::<Grown>().evolve().await }).await.unwrap();
    assert_eq!(migration.steps(), [ADD]);
    assert_eq!(migration.differences(), []);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_step_that_is_refused_for_itself_is_the_callers_error() {
    let refused = Failure::spark("INSUFFICIENT_PERMISSIONS", "42501");
    let fake = Fake::start([look(), on(ADD).fail(refused), look()]).await;
    let db = client(&fake);
    let error = soon(async { db.migrate::<Grown>().evolve().await }).await.unwrap_err();
    assert!(error.is_permission_denied(), "{error}");
    assert!(error.to_string().starts_with(&format!("the migration failed at {ADD}: ")), "{error}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

type MaybeId = Option<i64>;

#[derive(LakeTable)]
#[lake(table = "t")]
#[allow(dead_code, reason = "only its table is looked at")]
struct MaybeKeyed {
    #[lake(merge_key)]
    id: MaybeId,
    note: Option<String>,
}

#[tokio::test]
async fn a_table_with_a_key_that_may_be_null_is_not_made_but_grows() {
    let there = |more: &[&str]| {
        let texts = ["_ingest_id"].iter().chain(more).map(|name| Field::new(*name, DataType::Utf8, true));
        let fields = [Field::new("id", DataType::Int64, true)].into_iter().chain(texts);
        let columns = RecordBatch::new_empty(Arc::new(Schema::new(fields.collect::<Vec<_>>())));
        on("SELECT * FROM t LIMIT 0").answer([columns])
    };
    let script = [no_table(), there(&[]), on(ADD).answer([]), there(&["note"])];
    let fake = Fake::start(script).await;
    let db = client(&fake);
    let error = soon(async { db.migrate::<MaybeKeyed>().await }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    let told = error.to_string();
    assert!(told.contains("the merge key of the table t has the column \"id\", which may be NULL"), "{told}");
    let migration = soon(async { db.migrate::<MaybeKeyed>().evolve().await }).await.unwrap();
    assert_eq!(migration.steps(), [ADD]);
    assert_eq!(migration.differences(), []);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_plan_says_what_would_be_done() {
    let fake = Fake::start([look()]).await;
    let db = client(&fake);
    let plan = soon(db.migrate::<Grown>().evolve().plan()).await.unwrap();
    assert_eq!(plan.to_string().lines().take(2).collect::<Vec<_>>(), ["would evolve", &format!("  {ADD}")]);
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// What another look would find may change a moment later.
#[tokio::test]
async fn behind_a_step_that_may_still_run_nothing_is_looked_at_or_done() {
    let fake = Fake::start([look(), on(ADD).reset(), cut()]).await;
    let db = client(&fake);
    let error = soon(async { db.migrate::<Grown>().evolve().await }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown, "{error}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// As Sail shows it to who looks in the middle.
#[tokio::test]
async fn a_look_in_the_middle_of_anothers_commit_is_taken_again() {
    let words = "Missing commit file: expected version 12, found 13";
    let torn = Failure::sail("org.apache.spark.sql.AnalysisException", words);
    let fake = Fake::start([on("SELECT * FROM t LIMIT 0").fail(torn), look_at_grown()]).await;
    let db = client(&fake);
    let migration = soon(async { db.migrate::<Grown>().await }).await.unwrap();
    assert!(migration.is_unchanged() && migration.differences().is_empty(), "{migration}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[derive(LakeTable)]
#[lake(table = "t")]
#[allow(dead_code, reason = "only its table is looked at")]
struct WithDefault {
    id: i64,
    #[lake(sql_default = "'none'")]
    note: Option<String>,
}

#[tokio::test]
async fn the_default_of_a_column_that_another_migration_was_first_to_add_is_set() {
    let script = [
        look(),
        on(ADD).fail(Failure::spark("FIELD_ALREADY_EXISTS", "42710")),
        look_at_grown(),
        on(PROPERTY).answer([]),
        on(DEFAULT).answer([]),
        look_at_grown(),
    ];
    let fake = Fake::start(script).await;
    let db = client(&fake);
    let migration = soon(async { db.migrate::<WithDefault>().evolve().await }).await.unwrap();
    assert_eq!(migration.steps(), [PROPERTY, DEFAULT]);
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// Once the column is there no look tells that its default is not.
#[tokio::test]
async fn a_default_that_conflicts_is_set_again_though_its_column_is_there() {
    let script = [
        look(),
        on(ADD).answer([]),
        on(PROPERTY).fail(conflict()),
        look_at_grown(),
        on(PROPERTY).answer([]),
        on(DEFAULT).answer([]),
        look_at_grown(),
    ];
    let fake = Fake::start(script).await;
    let db = client(&fake);
    let migration = soon(async { db.migrate::<WithDefault>().evolve().await }).await.unwrap();
    assert_eq!(migration.steps(), [ADD, PROPERTY, DEFAULT]);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_default_that_is_refused_names_what_was_done_before() {
    let refused = Failure::spark("INSUFFICIENT_PERMISSIONS", "42501");
    let fake = Fake::start([look(), on(ADD).answer([]), on(PROPERTY).fail(refused), look_at_grown()]).await;
    let db = client(&fake);
    let error = soon(async { db.migrate::<WithDefault>().evolve().await }).await.unwrap_err();
    let done = format!("the migration stopped half-way: it ran {ADD}; {PROPERTY} did not run: ");
    assert!(error.is_permission_denied() && error.to_string().starts_with(&done), "{error}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_later_step_whose_answer_is_lost_may_have_run() {
    let fake = Fake::start([look(), on(ADD).answer([]), on(PROPERTY).reset(), cut()]).await;
    let db = client(&fake);
    let error = soon(async { db.migrate::<WithDefault>().evolve().await }).await.unwrap_err();
    let done = format!("the migration stopped half-way: it ran {ADD}; {PROPERTY} may have run: ");
    assert_eq!(error.kind(), ErrorKind::OutcomeUnknown);
    assert!(error.to_string().starts_with(&done), "{error}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[derive(LakeTable)]
#[lake(table = "t", sort_by(id))]
#[allow(dead_code, reason = "only its table is looked at")]
struct Sorted {
    id: i64,
    note: Option<String>,
}

const CREATE_SORTED: &str =
    "CREATE TABLE IF NOT EXISTS t (id BIGINT NOT NULL, note STRING, _ingest_id STRING) USING iceberg";
const SORT: &str = "ALTER TABLE t WRITE ORDERED BY id";

fn client_of_iceberg(fake: &Fake) -> Client {
    open(driver(fake), Iceberg::new(), Backend::none()).unwrap()
}

/// A look in a session that is refreshed for it.
fn looks(look: Exchange) -> [Exchange; 2] {
    [on("REFRESH TABLE t").answer([]), look]
}

fn no_table() -> Exchange {
    on("SELECT * FROM t LIMIT 0").fail(Failure::spark("TABLE_OR_VIEW_NOT_FOUND", "42P01"))
}

/// The table that was made, whose order the engine does not tell.
fn look_at_unsorted() -> Exchange {
    let fields = vec![
        Field::new("id", DataType::Int64, false),
        Field::new("note", DataType::Utf8, true),
        Field::new("_ingest_id", DataType::Utf8, true),
    ];
    on("SELECT * FROM t LIMIT 0").answer([RecordBatch::new_empty(Arc::new(Schema::new(fields)))])
}

#[tokio::test]
async fn a_created_table_gets_its_order_once_it_is_seen_to_fit_the_struct() {
    let script = looks(no_table()).into_iter().chain([on(CREATE_SORTED).answer([])]);
    let script = script.chain(looks(look_at_unsorted())).chain([on(SORT).answer([])]);
    let fake = Fake::start(script.chain(looks(look_at_unsorted()))).await;
    let db = client_of_iceberg(&fake);
    let migration = soon(db.migrate::<Sorted>().into_future()).await.unwrap();
    assert!(migration.is_created(), "{migration}");
    assert_eq!(migration.steps(), [CREATE_SORTED, SORT]);
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// `IF NOT EXISTS` ends without an error there.
#[tokio::test]
async fn the_order_of_a_table_that_another_migration_made_meanwhile_is_left_alone() {
    let script = looks(no_table()).into_iter().chain([on(CREATE_SORTED).answer([])]);
    let fake = Fake::start(script.chain(looks(look()))).await;
    let db = client_of_iceberg(&fake);
    let migration = soon(db.migrate::<Sorted>().into_future()).await.unwrap();
    assert!(migration.is_unchanged() && !migration.is_created(), "{migration}");
    let missing = "the table has no column \"note\", which is STRING in the struct";
    assert!(migration.differences().iter().any(|found| found.to_string() == missing), "{migration}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// Another migration, to a newer struct, was quick.
#[tokio::test]
async fn a_table_that_is_made_gets_its_order_though_it_has_more_columns_by_then() {
    let grown = || {
        let fields = vec![
            Field::new("id", DataType::Int64, false),
            Field::new("note", DataType::Utf8, true),
            Field::new("_ingest_id", DataType::Utf8, true),
            Field::new("newer", DataType::Utf8, true),
        ];
        on("SELECT * FROM t LIMIT 0").answer([RecordBatch::new_empty(Arc::new(Schema::new(fields)))])
    };
    let script = looks(no_table()).into_iter().chain([on(CREATE_SORTED).answer([])]);
    let script = script.chain(looks(grown())).chain([on(SORT).answer([])]);
    let fake = Fake::start(script.chain(looks(grown()))).await;
    let db = client_of_iceberg(&fake);
    let migration = soon(db.migrate::<Sorted>().into_future()).await.unwrap();
    assert!(migration.is_created(), "{migration}");
    assert_eq!(migration.steps(), [CREATE_SORTED, SORT]);
    let extra = "the table has a column \"newer\" STRING that the struct has no field for";
    assert!(migration.differences().iter().any(|found| found.to_string() == extra), "{migration}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// Another migration was quicker with the last step, or with both: nobody can tell.
#[tokio::test]
async fn the_order_of_a_table_that_is_made_is_not_set_a_second_time() {
    let lines = [
        ("# Detailed Table Information", ""),
        ("Name", "t"),
        ("Provider", "iceberg"),
        ("Table Properties", "[sort-order=id ASC NULLS FIRST]"),
    ];
    let describe = || on("DESCRIBE TABLE EXTENDED t").answer([told(&lines)]);
    let look = || looks(look_at_unsorted()).into_iter().chain([describe()]);
    let script = looks(no_table()).into_iter().chain([on(CREATE_SORTED).answer([])]);
    let fake = Fake::start(script.chain(look()).chain(look())).await;
    let db = client_of_iceberg(&fake);
    let migration = soon(db.migrate::<Sorted>().into_future()).await.unwrap();
    assert!(migration.is_created(), "{migration}");
    assert_eq!(
        (migration.steps(), migration.differences()),
        ([CREATE_SORTED.to_owned()].as_slice(), [].as_slice())
    );
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn the_order_of_a_table_that_another_migration_was_first_to_make_is_left_alone() {
    let refused = Failure::spark("TABLE_OR_VIEW_ALREADY_EXISTS", "42P07");
    let script = looks(no_table()).into_iter().chain([on(CREATE_SORTED).fail(refused)]);
    let fake = Fake::start(script.chain(looks(look_at_unsorted()))).await;
    let db = client_of_iceberg(&fake);
    let migration = soon(db.migrate::<Sorted>().into_future()).await.unwrap();
    assert!(migration.is_unchanged() && !migration.is_created(), "{migration}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn a_look_that_fails_after_a_creation_names_what_was_done() {
    let denied = Failure::spark("INSUFFICIENT_PERMISSIONS", "42501");
    let script = looks(no_table()).into_iter().chain([on(CREATE_SORTED).answer([])]);
    let script = script.chain(looks(on("SELECT * FROM t LIMIT 0").fail(denied)));
    let fake = Fake::start(script).await;
    let db = client_of_iceberg(&fake);
    let error = soon(db.migrate::<Sorted>().into_future()).await.unwrap_err();
    let done = format!("the migration stopped half-way: it ran {CREATE_SORTED}; {SORT} did not run: ");
    assert!(error.is_permission_denied() && error.to_string().starts_with(&done), "{error}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

/// As Sail, which echoes the ids of sessions: it would make the table and fail at its order.
#[tokio::test]
async fn an_engine_that_alters_no_tables_makes_none_that_would_lack_its_order() {
    let fake = Fake::builder().echoes_session_ids().script([no_table()]).start().await;
    let db = client_of_iceberg(&fake);
    let error = soon(db.migrate::<Sorted>().into_future()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let told = error.to_string();
    assert!(
        told.contains("cannot alter tables (Sail, for one), so t would be created without its sort order"),
        "{told}"
    );
    assert!(told.ends_with("no table was made. Remove `sort_by`"), "{told}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn an_engine_that_alters_no_tables_refuses_new_columns_and_so_does_a_plan() {
    let fake = Fake::builder().echoes_session_ids().script([look(), look()]).start().await;
    let db = client(&fake);
    let migration = || db.migrate::<Grown>().evolve();
    for error in [soon(migration().plan()).await.err(), soon(migration().into_future()).await.err()] {
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let told = error.to_string();
        assert!(told.contains("so t cannot get the columns \"note\"; nothing was changed"), "{told}");
    }
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[derive(LakeTable)]
#[lake(table = "t")]
#[allow(dead_code, reason = "only its table is looked at")]
struct GrownInside {
    id: i64,
    counts: Vec<Option<i64>>,
    note: Option<String>,
}

/// A look at a table whose counts are narrower.
fn look_at_narrow_inside(more: &[&str]) -> Exchange {
    let count = Arc::new(Field::new("element", DataType::Int32, true));
    let fields = [
        Field::new("id", DataType::Int64, false),
        Field::new("counts", DataType::List(count), false),
        Field::new("_ingest_id", DataType::Utf8, true),
    ];
    let more = more.iter().map(|name| Field::new(*name, DataType::Utf8, true));
    let schema = Schema::new(fields.into_iter().chain(more).collect::<Vec<_>>());
    on("SELECT * FROM t LIMIT 0").answer([RecordBatch::new_empty(Arc::new(schema))])
}

#[tokio::test]
async fn what_a_table_lets_not_grow_inside_of_a_column_keeps_no_other_from_being_added() {
    let lines = [("# Detailed Table Information", ""), ("Provider", "delta"), ("Table Properties", "[a=b]")];
    let describe = || on("DESCRIBE TABLE EXTENDED t").answer([told(&lines)]);
    let script = [
        look_at_narrow_inside(&[]),
        describe(),
        on(ADD).answer([]),
        look_at_narrow_inside(&["note"]),
        describe(),
    ];
    let fake = Fake::start(script).await;
    let db = client(&fake);
    let migration = soon(async { db.migrate::<GrownInside>().evolve().await }).await.unwrap();
    assert_eq!(migration.steps(), [ADD]);
    let words: Vec<String> = migration.differences().iter().map(ToString::to_string).collect();
    assert_eq!(words, ["the column \"counts\" is ARRAY<INT> in the table and ARRAY<BIGINT> in the struct"]);
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn an_engine_that_alters_no_tables_leaves_what_is_inside_of_a_column_as_it_is() {
    let fake = Fake::builder().echoes_session_ids().script([look_at_narrow_inside(&["note"])]).start().await;
    let db = client(&fake);
    let migration = soon(async { db.migrate::<GrownInside>().evolve().await }).await.unwrap();
    assert!(migration.is_unchanged() && migration.differences().len() == 1, "{migration}");
    soon(db.close()).await.unwrap();
    fake.finish();
}

#[tokio::test]
async fn an_engine_that_alters_no_tables_widens_no_type_and_plans_none() {
    let narrow = || {
        let (id, own) =
            (Field::new("id", DataType::Int32, false), Field::new("_ingest_id", DataType::Utf8, true));
        on("SELECT * FROM t LIMIT 0").answer([RecordBatch::new_empty(Arc::new(Schema::new(vec![id, own])))])
    };
    let fake = Fake::builder().echoes_session_ids().script([narrow(), narrow(), narrow()]).start().await;
    let db = client(&fake);
    let migration = || db.migrate::<Row>().evolve();
    for error in [soon(migration().plan()).await.err(), soon(migration().into_future()).await.err()] {
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        let told = error.to_string();
        assert!(told.contains("cannot alter tables (Sail, for one)"), "{told}");
        assert!(told.contains("so t cannot get the struct's types in the columns \"id\"; nothing"), "{told}");
    }
    let compared = soon(db.migrate::<Row>().into_future()).await.unwrap();
    assert!(compared.is_unchanged() && compared.differences().len() == 1, "{compared}");
    soon(db.close()).await.unwrap();
    fake.finish();
}
