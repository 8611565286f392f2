//! Tables whose columns are in another order than the struct's and that have more of them.

use std::path::PathBuf;

use lakeorm::{Client, LakeRow, LakeTable, query};

use super::staged::Staging;

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
#[lake(table = "written.reordered_twice")]
struct Short {
    first: String,
    #[lake(merge_key)]
    id: i64,
    second: String,
}

/// Texts beside each other, so that two that change places are seen.
fn short(id: i64, word: &str) -> Short {
    Short { first: format!("1st {word}"), id, second: format!("2nd {word}") }
}

/// A row with what the struct has no field for.
type Seen = (i64, String, String, Option<i64>, Option<i64>);

fn seen(id: i64, word: &str, more: Option<i64>) -> Seen {
    let Short { first, second, .. } = short(id, word);
    (id, first, second, more, more)
}

async fn found(db: &Client, table: &str) -> Vec<Seen> {
    let columns = "id, first, second, more, other.a AS a";
    query(db, format!("SELECT {columns} FROM {table} ORDER BY id")).await.unwrap()
}

#[tokio::test]
async fn staged_and_merged_rows_find_their_columns_by_name_and_leave_the_others_alone() {
    let staging = Staging::new("reordered");
    for (format, db) in staging.clients().await {
        let table = format.table("written.reordered_twice");
        let columns = "more BIGINT, second STRING, _ingest_id STRING, id BIGINT, other STRUCT<a: BIGINT>, \
                       FIRST STRING";
        db.exec(format!("CREATE TABLE {table} ({columns}) USING {}", format.name())).await.unwrap();
        // What other programs wrote.
        let theirs = |id| format!("({id}, '2nd old', NULL, {id}, named_struct('a', {id}), '1st old')");
        let values = [1, 2, 3].map(theirs).join(", ");
        db.exec(format!(
            "INSERT INTO {table} (more, second, _ingest_id, id, other, first) SELECT CAST(col1 AS BIGINT), col2, \
             CAST(col3 AS STRING), CAST(col4 AS BIGINT), CAST(col5 AS STRUCT<a: BIGINT>), col6 FROM VALUES {values}"
        ))
        .await
        .unwrap();
        db.insert(&[short(4, "staged")]).staged().await.unwrap();
        db.merge(&[short(1, "direct"), short(5, "direct")]).await.unwrap();
        db.merge(&[short(2, "staged"), short(6, "staged")]).staged().await.unwrap();
        let expected = [
            seen(1, "direct", Some(1)),
            seen(2, "staged", Some(2)),
            seen(3, "old", Some(3)),
            seen(4, "staged", None),
            seen(5, "direct", None),
            seen(6, "staged", None),
        ];
        assert_eq!(found(&db, &table).await, expected, "{format:?}");
        assert_eq!(staging.files(), Vec::<PathBuf>::new());
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}
