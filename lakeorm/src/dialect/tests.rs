//! The SQL of the formats, whole.

use spark_connect::DataType;

use super::*;
use crate::table::{INGEST_ID, LakeTable, Transform};

mod refused;

#[derive(lakeorm_derive::LakeTable)]
#[lake(
    crate = crate,
    table = "shop.`my orders`",
    comment = "it's\\new",
    partition_by(region, bucket(16, customer)),
    rename_all = "camelCase"
)]
struct Order {
    #[lake(merge_key)]
    id: i64,
    customer: i64,
    #[lake(rename = "a `b`.c", comment = "where")]
    region: Option<String>,
    #[lake(decimal(18, 2))]
    total_amount: Option<crate::Decimal>,
}

fn columns() -> Vec<Assignment> {
    let mut columns: Vec<_> = ["id", "a `b`.c"].map(Assignment::from_source).into();
    columns.push(Assignment::of(INGEST_ID, ":ingest_id"));
    columns
}

#[test]
fn a_table_of_iceberg_has_its_columns_partitions_and_comments() {
    let iceberg = Iceberg::new().catalog("ice").property("write.format.default", "orc");
    assert_eq!(
        iceberg.create_table(&Order::definition()).unwrap(),
        ["CREATE TABLE IF NOT EXISTS ice.shop.`my orders` (id BIGINT NOT NULL, customer BIGINT NOT NULL, \
          `a ``b``.c` STRING COMMENT 'where', totalAmount DECIMAL(18,2), _ingest_id STRING) USING iceberg \
          PARTITIONED BY (`a ``b``.c`, bucket(16, customer)) COMMENT 'it\\'s\\\\new' \
          TBLPROPERTIES ('write.format.default' = 'orc')"]
    );
}

#[test]
fn a_first_commit_to_a_table_of_iceberg_has_no_rows() {
    let iceberg = Iceberg::new().catalog("ice");
    assert_eq!(
        iceberg.first_commit(&Order::definition()).unwrap(),
        "INSERT INTO ice.shop.`my orders` SELECT CAST(NULL AS BIGINT) AS c0, CAST(NULL AS BIGINT) AS c1, \
         CAST(NULL AS STRING) AS c2, CAST(NULL AS DECIMAL(18,2)) AS c3, CAST(NULL AS STRING) AS c4 WHERE false"
    );
    assert_eq!(Delta::new().first_commit(&Order::definition()), None);
}

#[test]
fn a_tables_own_properties_are_set_unless_the_dialect_sets_them() {
    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate)]
    struct Row {
        value: crate::Variant,
    }

    let table = TableDefinition::of::<Row>("t").property("format-version", "3").property("k", "table");
    for dialect in
        [&Iceberg::new().property("k", "dialect") as &dyn Dialect, &Delta::new().property("k", "dialect")]
    {
        let create = dialect.create_table(&table).unwrap();
        let set = "TBLPROPERTIES ('format-version' = '3', 'k' = 'dialect')";
        assert!(create[0].ends_with(set), "{create:?}");
        let properties = dialect.properties(&table).into_iter().collect::<Vec<_>>();
        let wanted = [("format-version", "3"), ("k", "dialect")];
        assert_eq!(properties, wanted.map(|(key, value)| (key.to_owned(), value.to_owned())));
    }
}

#[cfg(feature = "chrono")]
#[test]
fn every_transform_of_iceberg_is_spelled_as_spark_has_it() {
    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate)]
    struct Row {
        id: i64,
        at: chrono::DateTime<chrono::Utc>,
    }

    let transforms = [
        (Transform::Identity, "id", "id"),
        (Transform::Year, "at", "years(at)"),
        (Transform::Month, "at", "months(at)"),
        (Transform::Day, "at", "days(at)"),
        (Transform::Hour, "at", "hours(at)"),
        (Transform::Bucket(4), "id", "bucket(4, id)"),
        (Transform::Truncate(3), "id", "truncate(3, id)"),
    ];
    for (transform, column, sql) in transforms {
        let table = TableDefinition::of::<Row>("t").partition_by(transform, column);
        let create = Iceberg::new().create_table(&table).unwrap();
        assert!(create[0].ends_with(&format!("PARTITIONED BY ({sql})")), "{create:?}");
    }
}

#[test]
fn an_order_of_rows_is_a_statement_of_its_own() {
    let table = TableDefinition::of::<Order>("t").sort_by("customer").sort_by("a `b`.c");
    let create = Iceberg::new().create_table(&table).unwrap();
    assert_eq!(create[1], "ALTER TABLE t WRITE ORDERED BY customer, `a ``b``.c`");
}

#[test]
fn what_a_format_lacks_is_an_error_that_names_it() {
    let table = || TableDefinition::of::<Order>("t");
    for (refused, words) in [
        (
            Delta::new().create_table(&table().partition_by(Transform::Day, "id")),
            "Delta does not support transforms of partition columns, and the table t is partitioned by `day` of \
             \"id\": partition by a column as it is",
        ),
        (Delta::new().create_table(&table().sort_by("id")), "Delta does not support a sort order of rows"),
        (
            Iceberg::new().create_table(&table().column_default("id", "1")),
            "Iceberg does not support default values",
        ),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().starts_with(words), "{error}");
    }
    let create = Delta::new().create_table(&table().column_default("id", "1")).unwrap();
    assert!(create[0].contains("id BIGINT NOT NULL DEFAULT 1,"), "{create:?}");
    assert!(
        create[0].ends_with("TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')"),
        "{create:?}"
    );
}

#[test]
fn delta_has_nothing_required_inside_of_a_list_whether_a_column_is_made_or_added() {
    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate, table = "t")]
    struct Row {
        lines: Vec<Line>,
    }

    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate)]
    struct Line {
        sku: String,
    }

    let (table, name) = (Row::definition(), TableName::parse("t"));
    let columns: Vec<&TableColumn> = table.columns().iter().collect();
    for (dialect, kind) in [
        (&Iceberg::new() as &dyn Dialect, "ARRAY<STRUCT<sku: STRING NOT NULL>>"),
        (&Delta::new(), "ARRAY<STRUCT<sku: STRING>>"),
    ] {
        let create = dialect.create_table(&table).unwrap();
        assert!(create[0].contains(&format!("(lines {kind} NOT NULL, ")), "{create:?}");
        let add = dialect.add_columns(&name, &columns).unwrap();
        assert_eq!(add, format!("ALTER TABLE t ADD COLUMNS (lines {kind})"));
    }
}

/// A dialect of one's own, which says nothing of what is inside of columns.
#[derive(Debug)]
struct Plain(Delta);

impl Dialect for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn create_table(&self, table: &TableDefinition) -> Result<Vec<String>> {
        self.0.create_table(table)
    }

    fn widens(&self, from: &DataType, to: &DataType) -> bool {
        self.0.widens(from, to)
    }
}

#[test]
fn parts_of_a_column_grow_by_their_paths_where_its_types_differ_in_nothing_else() {
    let fields = |id: DataType, name: &str| {
        DataType::Struct(vec![StructField::new(name, id), StructField::new("note", DataType::String)])
    };
    let lines = |id: DataType| DataType::array(fields(id, "a.b"));
    let map = DataType::map;
    let grown = |dialect: &dyn Dialect, from: &DataType, to: &DataType| {
        let parts = growing(dialect, from, to)?;
        Some(parts.iter().map(|(path, to)| format!("{path:?} {to}")).collect::<Vec<_>>())
    };
    let (int, long, text) = (DataType::Integer, DataType::Long, DataType::String);
    for dialect in [&Iceberg::new() as &dyn Dialect, &Delta::new()] {
        assert_eq!(grown(dialect, &int, &long).unwrap(), ["[] BIGINT"]);
        let inside = grown(dialect, &lines(int.clone()), &lines(long.clone())).unwrap();
        assert_eq!(inside, ["[\"element\", \"a.b\"] BIGINT"]);
        let value = grown(dialect, &map(text.clone(), int.clone()), &map(text.clone(), long.clone()));
        assert_eq!(value.unwrap(), ["[\"value\"] BIGINT"]);
        for (from, to) in [
            (map(int.clone(), text.clone()), map(long.clone(), text.clone())),
            (fields(int.clone(), "a"), fields(long.clone(), "b")),
            (fields(int.clone(), "a"), DataType::Struct(vec![StructField::new("a", long.clone())])),
            (lines(long.clone()), lines(int.clone())),
            (int.clone(), text.clone()),
        ] {
            assert_eq!(grown(dialect, &from, &to), None, "{from} to {to}");
        }
    }
    let own = Plain(Delta::new());
    assert_eq!(grown(&own, &int, &long).unwrap(), ["[] BIGINT"]);
    assert_eq!(grown(&own, &lines(int), &lines(long.clone())), None);
    let widened = widen(&TableName::parse("t"), &["lines", "element", "a.b"], &long);
    assert_eq!(widened, "ALTER TABLE t ALTER COLUMN lines.element.`a.b` TYPE BIGINT");
}

#[test]
fn delta_gets_a_default_of_a_new_column_once_the_column_is_there() {
    let table = TableDefinition::of::<Order>("t").column_default("a `b`.c", "'no' || 'ne'");
    let columns: Vec<&TableColumn> = table.columns().iter().skip(1).collect();
    let (delta, name) = (Delta::new(), TableName::parse("t"));
    let add = delta.add_columns(&name, &columns).unwrap();
    let added = "customer BIGINT, `a ``b``.c` STRING, totalAmount DECIMAL(18,2)";
    assert_eq!(add, format!("ALTER TABLE t ADD COLUMNS ({added})"));
    let set = delta.set_defaults(&name, &columns);
    assert_eq!(set, ["ALTER TABLE t ALTER COLUMN `a ``b``.c` SET DEFAULT 'no' || 'ne'"]);
    let (key, value) = delta.defaults_property().unwrap();
    let property = "'delta.feature.allowColumnDefaults' = 'supported'";
    assert_eq!(set_property(&name, key, value), format!("ALTER TABLE t SET TBLPROPERTIES ({property})"));
    assert!(delta.create_table(&table).unwrap()[0].ends_with(&format!("TBLPROPERTIES ({property})")));
    let refused = Iceberg::new().add_columns(&name, &columns).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    assert!(
        refused.to_string().starts_with("Iceberg does not support default values of columns"),
        "{refused}"
    );
}

/// `spark.sql.timestampType` says what a bare TIMESTAMP is.
#[cfg(feature = "chrono")]
#[test]
fn an_instant_is_a_column_of_instants_whatever_the_session_makes_of_a_timestamp() {
    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate, table = "t")]
    struct Row {
        at: chrono::DateTime<chrono::Utc>,
        wall: Option<chrono::NaiveDateTime>,
        stops: Vec<Stop>,
    }

    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate)]
    struct Stop {
        at: chrono::DateTime<chrono::Utc>,
    }

    let (table, iceberg) = (Row::definition(), Iceberg::new());
    let create = iceberg.create_table(&table).unwrap();
    let columns = "(at TIMESTAMP_LTZ NOT NULL, wall TIMESTAMP_NTZ, stops ARRAY<STRUCT<at: TIMESTAMP_LTZ NOT NULL>> NOT NULL, ";
    assert!(create[0].contains(columns), "{create:?}");
    let first: Vec<&TableColumn> = table.columns().iter().take(1).collect();
    let add = iceberg.add_columns(table.name(), &first).unwrap();
    assert_eq!(add, "ALTER TABLE t ADD COLUMNS (at TIMESTAMP_LTZ)");
    let widened = iceberg.widen(table.name(), "at", &DataType::Timestamp);
    assert_eq!(widened, "ALTER TABLE t ALTER COLUMN at TYPE TIMESTAMP_LTZ");
}

#[test]
fn a_tuple_is_a_column_with_a_field_for_each_position() {
    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate, table = "t")]
    struct Row {
        place: (f64, Option<String>),
    }

    let create = Iceberg::new().create_table(&Row::definition()).unwrap();
    let column = "(place STRUCT<_1: DOUBLE NOT NULL, _2: STRING> NOT NULL, ";
    assert!(create[0].contains(column), "{create:?}");
}

#[test]
fn a_column_is_added_by_the_version_that_the_iceberg_table_has() {
    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate)]
    struct Row {
        value: crate::Variant,
    }

    let (iceberg, table) = (Iceberg::new(), TableDefinition::of::<Row>("t"));
    let refused = iceberg.create_table(&table).unwrap_err().to_string();
    assert!(refused.contains("use a `String`, or version 3"), "{refused}");
    let of_version_3 = table.clone().property("format-version", "3");
    assert!(iceberg.create_table(&of_version_3).is_ok());
    let columns: Vec<&TableColumn> = of_version_3.columns().iter().collect();
    let added = iceberg.add_columns(table.name(), &columns).unwrap();
    assert_eq!(added, "ALTER TABLE t ADD COLUMNS (value VARIANT)");
}

#[test]
fn rows_are_appended_by_column_name() {
    let insert = InsertStatement::new(TableName::parse("t"), "rows", columns());
    assert_eq!(
        insert.to_string(),
        "INSERT INTO t (id, `a ``b``.c`, _ingest_id) SELECT s.id AS id, s.`a ``b``.c` AS `a ``b``.c`, \
         :ingest_id AS _ingest_id FROM rows AS s"
    );
}

#[test]
fn rows_that_are_written_once_are_a_merge_that_matches_only_themselves() {
    let insert = InsertStatement::new(TableName::parse("t"), "rows", columns()).once();
    assert_eq!(
        insert.to_string(),
        "MERGE INTO t AS t USING (SELECT * FROM rows AS r WHERE NOT EXISTS (SELECT 1 FROM t AS w WHERE \
         w._ingest_id = :ingest_id)) AS s ON t._ingest_id = :ingest_id WHEN MATCHED AND false THEN DELETE \
         WHEN NOT MATCHED THEN INSERT (id, `a ``b``.c`, _ingest_id) VALUES (s.id, s.`a ``b``.c`, :ingest_id)"
    );
}

#[test]
fn a_merge_updates_inserts_and_deletes() {
    let mut merge = MergeStatement::new(TableName::parse("t"), "rows", "t.id = s.id");
    merge.update = vec![Assignment::from_source("note")];
    merge.insert = columns();
    merge.delete_where = Some("s.gone".to_owned());
    assert_eq!(
        merge.to_string(),
        "MERGE INTO t AS t USING rows AS s ON t.id = s.id WHEN MATCHED AND s.gone THEN DELETE WHEN MATCHED THEN \
         UPDATE SET t.note = s.note WHEN NOT MATCHED AND NOT coalesce(s.gone, false) THEN INSERT \
         (id, `a ``b``.c`, _ingest_id) VALUES (s.id, s.`a ``b``.c`, :ingest_id)"
    );
}

#[test]
fn a_merge_without_a_branch_for_rows_that_match_gets_one_that_none_takes() {
    let mut merge = MergeStatement::new(TableName::parse("t"), "rows", "t.id = s.id");
    merge.insert = columns();
    assert!(
        merge
            .to_string()
            .contains(" ON t.id = s.id WHEN MATCHED AND false THEN DELETE WHEN NOT MATCHED THEN")
    );
}

#[test]
fn types_grow_as_each_format_allows_and_never_shrink() {
    let decimal = |precision, scale| DataType::Decimal { precision, scale };
    let widens =
        |from: DataType, to: DataType| (Iceberg::new().widens(&from, &to), Delta::new().widens(&from, &to));
    for (from, to, grows) in [
        (DataType::Integer, DataType::Long, (true, true)),
        (DataType::Long, DataType::Integer, (false, false)),
        (DataType::Short, DataType::Integer, (false, true)),
        (DataType::Float, DataType::Double, (true, true)),
        (DataType::Integer, DataType::Double, (false, false)),
        (decimal(10, 2), decimal(12, 2), (true, true)),
        (decimal(10, 2), decimal(12, 4), (false, true)),
        (decimal(10, 2), decimal(10, 2), (false, false)),
        (decimal(10, 2), decimal(11, 4), (false, false)),
        (DataType::String, DataType::Binary, (false, false)),
    ] {
        assert_eq!(widens(from.clone(), to.clone()), grows, "{from} {to}");
    }
}

#[test]
fn the_property_that_has_merges_checked_is_icebergs() {
    let serializable = ("write.merge.isolation-level", "serializable");
    assert_eq!(Iceberg::new().merge_isolation_property(), Some(serializable));
    assert_eq!(Delta::new().merge_isolation_property(), None);
}

#[test]
fn the_property_of_tables_that_sessions_branch_is_icebergs() {
    assert_eq!(Iceberg::new().write_audit_publish_property(), Some(("write.wap.enabled", "true")));
    assert_eq!(Delta::new().write_audit_publish_property(), None);
}

#[test]
fn a_write_is_looked_for_in_the_snapshots_of_iceberg_where_they_can_be_named() {
    let query = |name| Iceberg::new().idempotency_query(&TableName::parse(name));
    assert_eq!(
        query("ice.shop.`my orders`").unwrap(),
        "SELECT 1 AS found FROM ice.shop.`my orders`.snapshots WHERE summary['lakeorm-ingest-id'] = :ingest_id"
    );
    assert!(query("shop.orders").is_some() && query("orders").is_none());
    // One list of snapshots is that of every branch.
    for (name, is_recorded) in
        [("ice.shop.orders.branch_audit", false), ("shop.orders.tag_v1", false), ("branch_offices", true)]
    {
        let confs = Iceberg::new().idempotency_confs(&TableName::parse(name), Uuid::nil());
        assert_eq!((query(name), confs.is_empty()), (None, !is_recorded), "{name}");
    }
    assert!(Delta::new().idempotency_query(&TableName::parse("shop.orders")).is_none());
}

#[test]
fn a_branch_of_an_iceberg_table_is_below_the_catalog_as_its_table_is() {
    for (name, expected) in [
        ("shop.orders", "ice.shop.orders"),
        ("shop.orders.branch_audit", "ice.shop.orders.branch_audit"),
        ("shop.orders.tag_v1", "ice.shop.orders.tag_v1"),
        ("other.shop.orders.branch_audit", "other.shop.orders.branch_audit"),
        ("ice.shop.branch_offices", "ice.shop.branch_offices"),
        ("other.shop.orders", "other.shop.orders"),
    ] {
        let table = TableDefinition::of::<Order>(name);
        assert_eq!(Iceberg::new().catalog("ice").table_name(&table).to_string(), expected);
        assert_eq!(Iceberg::new().table_name(&table).to_string(), name);
    }
}

#[test]
fn a_write_that_may_be_of_a_branch_is_looked_for_among_staged_snapshots() {
    let (orders, id) = (TableName::parse("ice.shop.orders"), Uuid::nil());
    let iceberg = Iceberg::new();
    assert_eq!(
        iceberg.unpublished_query(&orders).unwrap(),
        "SELECT 1 AS found FROM ice.shop.orders.snapshots WHERE summary['wap.id'] IS NOT NULL AND \
         summary['lakeorm-wap-ingest-id'] = :ingest_id"
    );
    let conf = "spark.sql.iceberg.snapshot-property.lakeorm-wap-ingest-id".to_owned();
    assert_eq!(iceberg.unpublished_confs(&orders, id), [(conf, id.to_string())]);
    let branch = TableName::parse("ice.shop.orders.branch_audit");
    assert_eq!(iceberg.unpublished_query(&branch), None);
    assert!(iceberg.unpublished_confs(&branch, id).is_empty());
    assert_eq!(Delta::new().unpublished_query(&orders), None);
}

#[test]
fn each_format_names_a_write_by_its_ingest_id_alone() {
    let id = Uuid::nil();
    let conf = |(key, value): &(String, String)| format!("{key}={value}");
    let confs = |dialect: &dyn Dialect| {
        let confs = dialect.idempotency_confs(&TableName::parse("shop.orders"), id);
        confs.iter().map(conf).collect::<Vec<_>>()
    };
    assert_eq!(
        confs(&Iceberg::new()),
        [format!("spark.sql.iceberg.snapshot-property.lakeorm-ingest-id={id}")]
    );
    assert_eq!(
        confs(&Delta::new()),
        [
            format!("spark.databricks.delta.write.txnAppId=lakeorm-{id}"),
            "spark.databricks.delta.write.txnVersion=1".to_owned()
        ]
    );
}

#[test]
fn a_partition_whose_values_would_be_changed_is_refused_for_delta_alone() {
    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate)]
    struct Row {
        bytes: Vec<u8>,
        #[lake(decimal(5, 2))]
        amount: crate::Decimal,
        #[lake(decimal(5, 0))]
        whole: crate::Decimal,
    }

    let (delta, iceberg) = (Delta::new(), Iceberg::new());
    let table = |column: &str| TableDefinition::of::<Row>("t").partition_by(Transform::Identity, column);
    let error = delta.create_table(&table("bytes")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    let expected = "Delta does not support BINARY columns as partitions, whose bytes would be changed: partition by \
                    another column";
    assert_eq!(error.to_string(), expected);
    assert!(iceberg.create_table(&table("bytes")).is_ok());
    let refused = |dialect: &dyn Dialect, writes_decimal_partitions: bool, column: &str| {
        let table = table(column);
        let columns = table.column(column).map(|column| &column.field);
        let checked = check_partitions(dialect, writes_decimal_partitions, table.name(), columns);
        checked.err().map(|error| error.to_string())
    };
    let told = refused(&delta, false, "amount").unwrap();
    let begins = "the table t would have partitions by \"amount\", a DECIMAL(5,2), of which this engine";
    assert!(told.starts_with(begins), "{told}");
    assert!(refused(&delta, true, "bytes").unwrap().contains("BINARY columns as partitions"));
    for (dialect, writes, column) in
        [(&delta as &dyn Dialect, true, "amount"), (&delta, false, "whole"), (&iceberg, false, "amount")]
    {
        assert_eq!(refused(dialect, writes, column), None, "{column}");
    }
}
