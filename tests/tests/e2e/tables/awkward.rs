//! Names that statements have to quote: of the database, the table, its partitions, its order, its keys and every other
//! column.

use lakeorm::table::{TableDefinition, Transform};
use lakeorm::{Client, LakeRow, LakeTable};
use lakeorm_tests::engine::{Ability, Engine};
use lakeorm_tests::formats::Format;

use super::staged::Staging;
use super::{client_with, formats, rows};

// Of the columns by which rows are laid out, Iceberg on Spark takes none with a dot or a back-tick in a merge: it reads the
// names of its own plan again, without their quotes.
const KEY: &str = "the `key` 1 🦀";
const KEYWORD: &str = "Select";
const PART: &str = "part of it, 🦀";
const SORTED: &str = "order By x ⬆";
const CHANGED: &str = "UPPER. case, (with; marks)";
const GONE: &str = "is.`gone`? :written_at";

#[derive(Debug, Clone, PartialEq, LakeRow, LakeTable)]
struct Columns {
    #[lake(rename = "the `key` 1 🦀")]
    key: i64,
    #[lake(rename = "Select")]
    keyword: String,
    #[lake(rename = "part of it, 🦀")]
    part: String,
    #[lake(rename = "order By x ⬆")]
    sorted: i32,
    #[lake(rename = "UPPER. case, (with; marks)")]
    changed: String,
    #[lake(rename = "from '\"\\ :ingest_id --")]
    kept: Option<String>,
    #[lake(rename = "is.`gone`? :written_at")]
    gone: bool,
}

/// The table of these columns: under a name that Spark's own catalog takes, and with an order of rows.
#[derive(Debug, LakeTable)]
struct Awkward<const PLAIN: bool, const ORDERED: bool> {
    #[lake(flatten)]
    columns: Columns,
}

impl<const PLAIN: bool, const ORDERED: bool> LakeTable for Awkward<PLAIN, ORDERED> {
    fn definition() -> TableDefinition {
        let name = match PLAIN {
            true => "written.`Order`",
            false => "`My db. of ``x`` 🦀`.`Select * from. ``x``, 🦀`",
        };
        let table = TableDefinition::of::<Self>(name).merge_key(KEY).merge_key(KEYWORD);
        let table = table.partition_by(Transform::Identity, PART).column_comment(CHANGED, "it's \\ `x`");
        if ORDERED { table.sort_by(SORTED) } else { table }
    }
}

fn columns(key: i64, changed: &str, gone: bool) -> Columns {
    Columns {
        key,
        keyword: format!("key {key}"),
        part: format!("a/b=`{}` 🦀", key % 2),
        sorted: -1,
        changed: changed.into(),
        kept: (changed == "old").then(|| "kept".into()),
        gone,
    }
}

fn awkward<const P: bool, const O: bool>(rows: &[Columns]) -> Vec<Awkward<P, O>> {
    rows.iter().cloned().map(|columns| Awkward { columns }).collect()
}

#[tokio::test]
async fn names_that_need_quotes_are_written_and_read_in_every_place() {
    let engine = Engine::from_env();
    let staging = Staging::new("awkward");
    let each_way = !engine.has(Ability::SharedTables);
    for format in formats() {
        // Delta takes such columns by a mapping to other names in its files, and its own catalog on Spark no such tables.
        let db = client_with(format, staging.backend(), "delta.columnMapping.mode", "name").await;
        // Where each statement takes seconds, one way in a format.
        for is_staged in [false, true].into_iter().filter(|way| each_way || *way == (format == Format::Delta))
        {
            match format {
                Format::Delta if engine.has(Ability::SharedTables) => {
                    written::<true, false>(format, &db, is_staged).await;
                }
                Format::Iceberg { catalog: Some(_) } => written::<false, true>(format, &db, is_staged).await,
                _ => written::<false, false>(format, &db, is_staged).await,
            }
        }
        assert_eq!(staging.files(), [] as [std::path::PathBuf; 0], "{format:?}");
    }
}

/// Rows are inserted one way and merged the other.
async fn written<const P: bool, const O: bool>(format: Format, db: &Client, is_staged: bool) {
    let name = Awkward::<P, O>::definition().name().clone();
    let database = format!("`{}`", name.parts()[0].replace('`', "``"));
    db.exec(format!("CREATE DATABASE IF NOT EXISTS {}", format.table(&database))).await.unwrap();
    let table = format.table(&name.to_string());
    db.exec(format!("DROP TABLE IF EXISTS {table}")).await.unwrap();
    let migration = db.migrate::<Awkward<P, O>>().await.unwrap();
    assert!(migration.is_created(), "{migration}");
    assert_eq!(migration.differences(), [], "{format:?}");
    let inserted = awkward::<P, O>(&[1, 2, 3].map(|key| columns(key, "old", false)));
    let merged = [columns(1, "new", false), columns(2, "new", true), columns(4, "new", false)];
    let merged = awkward::<P, O>(&merged);
    let insert = db.insert(&inserted);
    let inserted = if is_staged { insert.staged() } else { insert }.await;
    if format == (Format::Iceberg { catalog: None }) {
        // Sail reads the names of an Iceberg table's columns as SQL does, and they have no quotes there.
        let error = inserted.unwrap_err().to_string();
        assert!(error.contains("No field named select"), "{error}");
        assert_eq!(rows::<Columns>(db, &table, "Select").await, []);
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
        return;
    }
    inserted.unwrap();
    // Names are compared without regard to case, as everywhere.
    let merge = db.merge(&merged).update([CHANGED.to_lowercase()]).delete_where(GONE);
    if is_staged { merge } else { merge.staged() }.await.unwrap();
    let found = rows::<Columns>(db, &table, "`the ``key`` 1 🦀`").await;
    let changed = Columns { changed: "new".into(), ..columns(1, "old", false) };
    assert_eq!(found, [changed, columns(3, "old", false), columns(4, "new", false)], "{format:?}");
    db.exec(format!("DROP TABLE {table}")).await.unwrap();
}
