//! Which columns of a table are asked for.

use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use lakeorm::{Client, DynamicRow, LakeRow, query};
use lakeorm_tests::fake::{Failure, Fake, Request, execute};

use crate::setup::{column, driver, soon};

/// One row in which each column holds its position, counted from 1.
fn row(names: &[&str]) -> RecordBatch {
    let columns = names.iter().zip(1_i64..);
    RecordBatch::try_from_iter(columns.map(|(name, value)| (*name, column(value..value + 1)))).unwrap()
}

/// A server whose table has columns of these names, and that answers the queries with these results.
async fn table(names: &[&str], answers: &[Result<&[&str], &str>]) -> Fake {
    let schema =
        Schema::new(names.iter().map(|name| Field::new(*name, DataType::Int64, true)).collect::<Vec<_>>());
    let answer = |answer: &Result<&[&str], &str>| match answer {
        Ok(names) => execute().answer([row(names)]),
        Err(class) => execute().fail(Failure::spark(class, "42703")),
    };
    let script: Vec<_> = answers.iter().map(answer).collect();
    Fake::builder().schema(&schema).script(script).start().await
}

/// The columns that a request asks for; `None` for all of them.
fn asked(request: &Request) -> Option<Vec<String>> {
    let tree = request.plan_tree().unwrap();
    let columns = tree.lines().next()?.strip_prefix("Project ")?;
    Some(columns.split(", ").map(str::to_owned).collect())
}

async fn read<T: lakeorm::LakeRowOwned>(fake: &Fake) -> lakeorm::Result<Vec<T>> {
    let drv = driver(fake);
    soon(query::<T>(&Client::new(drv.clone()), drv.from_table("t"))).await
}

#[derive(Debug, PartialEq, LakeRow)]
struct Summer {
    #[lake(rename = "été", default)]
    summer: i64,
}

#[tokio::test]
async fn a_column_in_another_case_of_any_script_is_asked_for_and_is_no_default() {
    let fake = table(&["id", "ÉTÉ"], &[Ok(&["ÉTÉ"])]).await;
    assert_eq!(read::<Summer>(&fake).await.unwrap(), [Summer { summer: 1 }]);
    assert_eq!(asked(&fake.sent("ExecutePlan")[0]), Some(vec!["`ÉTÉ`".to_owned()]));
    fake.finish();
}

#[tokio::test]
async fn a_table_without_any_of_the_columns_is_read_whole() {
    let fake = table(&["id", "name"], &[Ok(&["id", "name"])]).await;
    assert_eq!(read::<Summer>(&fake).await.unwrap(), [Summer { summer: 0 }]);
    assert_eq!(asked(&fake.sent("ExecutePlan")[0]), None);
    fake.finish();
}

#[derive(Debug, PartialEq, LakeRow)]
struct Named {
    id: i64,
    #[lake(alias = "title")]
    name: i64,
}

#[tokio::test]
async fn a_table_that_lacks_a_column_is_read_whole_for_the_error() {
    let fake = table(&["id", "naem"], &[Ok(&["id", "naem"])]).await;
    let error = read::<Named>(&fake).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("(found: id, naem); did you mean \"naem\"?"), "{text}");
    assert_eq!(asked(&fake.sent("ExecutePlan")[0]), None);
    fake.finish();
}

#[tokio::test]
async fn of_a_column_with_two_names_the_one_that_is_read_is_asked_for() {
    let fake = table(&["TITLE", "Name", "id"], &[Ok(&["id", "Name"])]).await;
    assert_eq!(read::<Named>(&fake).await.unwrap(), [Named { id: 1, name: 2 }]);
    assert_eq!(asked(&fake.sent("ExecutePlan")[0]).unwrap(), ["`id`", "`Name`"]);
    fake.finish();
}

#[derive(Debug, PartialEq, LakeRow)]
struct Key {
    id: i64,
}

#[derive(Debug, PartialEq, LakeRow)]
struct Keyed {
    id: i64,
    value: i64,
}

#[derive(Debug, PartialEq, LakeRow)]
struct Both {
    #[lake(flatten)]
    key: Key,
    #[lake(flatten)]
    keyed: Keyed,
}

#[tokio::test]
async fn two_rows_that_share_a_column_ask_for_it_once() {
    let fake = table(&["id", "value"], &[Ok(&["id", "value"])]).await;
    let expected = Both { key: Key { id: 1 }, keyed: Keyed { id: 1, value: 2 } };
    assert_eq!(read::<Both>(&fake).await.unwrap(), [expected]);
    assert_eq!(asked(&fake.sent("ExecutePlan")[0]).unwrap(), ["`id`", "`value`"]);
    fake.finish();
}

#[derive(Debug, PartialEq, LakeRow)]
struct TwoCases {
    id: i64,
    #[lake(rename = "ID")]
    upper: i64,
}

#[tokio::test]
async fn names_that_differ_in_case_are_looked_for_in_the_table_first() {
    let fake = table(&["Id", "x"], &[Ok(&["Id"])]).await;
    assert_eq!(read::<TwoCases>(&fake).await.unwrap(), [TwoCases { id: 1, upper: 1 }]);
    assert_eq!(asked(&fake.sent("ExecutePlan")[0]).unwrap(), ["`Id`"]);
    fake.finish();
    // A server that has both can tell them apart in its result only.
    let fake = table(&["id", "ID", "x"], &[Ok(&["id", "ID", "x"])]).await;
    assert_eq!(read::<TwoCases>(&fake).await.unwrap(), [TwoCases { id: 1, upper: 2 }]);
    assert_eq!(asked(&fake.sent("ExecutePlan")[0]), None);
    fake.finish();
}

#[derive(Debug, PartialEq, LakeRow)]
struct Needed {
    #[lake(rename = "été")]
    summer: i64,
}

#[tokio::test]
async fn a_server_with_a_narrower_rule_is_asked_again_as_the_table_spells_it() {
    let fake = table(&["id", "ÉTÉ"], &[Err("UNRESOLVED_COLUMN.WITH_SUGGESTION"), Ok(&["ÉTÉ"])]).await;
    assert_eq!(read::<Needed>(&fake).await.unwrap(), [Needed { summer: 1 }]);
    let sent = fake.sent("ExecutePlan");
    assert_eq!(asked(&sent[0]).unwrap(), ["`été`"]);
    assert_eq!(asked(&sent[1]).unwrap(), ["`ÉTÉ`"]);
    fake.finish();
}

#[derive(Debug, PartialEq, LakeRow)]
struct Open {
    id: i64,
    #[lake(flatten)]
    rest: DynamicRow,
}

#[tokio::test]
async fn a_row_that_holds_a_dynamic_row_reads_the_whole_table() {
    let fake = table(&["id", "x"], &[Ok(&["id", "x"])]).await;
    let rows = read::<Open>(&fake).await.unwrap();
    assert_eq!((rows[0].id, rows[0].rest.names()), (1, &["id".to_owned(), "x".to_owned()][..]));
    assert_eq!(asked(&fake.sent("ExecutePlan")[0]), None);
    fake.finish();
}

#[tokio::test]
async fn what_a_table_gives_is_what_its_rows_give() {
    let names = ["ÉTÉ", "ID"];
    let values = || names.map(|name| (name, std::sync::Arc::new(Int64Array::from(vec![4])) as ArrayRef));
    let whole = RecordBatch::try_from_iter(values()).unwrap();
    let schema = whole.schema();
    let part = whole.project(&[0]).unwrap();
    let answers = [part, whole].map(|rows| execute().answer([rows]));
    let fake = Fake::builder().schema(&schema).script(answers).start().await;
    let drv = driver(&fake);
    let db = Client::new(drv.clone());
    let table = soon(query::<Summer>(&db, drv.from_table("t"))).await.unwrap();
    let rows = soon(query::<Summer>(&db, drv.from_sql("SELECT * FROM t"))).await.unwrap();
    assert_eq!(
        (table.as_slice(), rows.as_slice()),
        (&[Summer { summer: 4 }][..], &[Summer { summer: 4 }][..])
    );
    fake.finish();
}
