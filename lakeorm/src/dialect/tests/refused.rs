//! Definitions and types that are refused before anything is sent.

use super::*;

#[test]
fn a_definition_that_contradicts_itself_is_refused() {
    let table = || TableDefinition::of::<Order>("t");
    for (refused, words) in [
        (table().sort_by("nowhere"), "sort_by of the table t names the column \"nowhere\""),
        (table().merge_key("nowhere"), "the merge key of the table t names the column \"nowhere\""),
        (
            table().merge_key("id").primary_key("nowhere"),
            "the primary key of the table t names the column \"nowhere\"",
        ),
        (
            table().partition_by(Transform::Identity, "Id"),
            "partition_by of the table t names the column \"Id\"",
        ),
        (
            table().updated_at("id"),
            "updated_at of the table t names the column \"id\", which is not a TIMESTAMP",
        ),
        (table().sort_by("id").sort_by("id"), "sort_by of the table t has the column \"id\" twice"),
        (
            table().partition_by(Transform::Bucket(4), "id").partition_by(Transform::Bucket(8), "id"),
            "partition_by of the table t has the column \"id\" twice",
        ),
        (
            table().partition_by(Transform::Day, "id"),
            "`day` in partition_by of the table t does not apply to \"id\", which is BIGINT",
        ),
        (
            TableDefinition::of::<Flattened>("t"),
            "the column name \"_lakeorm_row\" in the table t is reserved for lakeorm",
        ),
        (
            TableDefinition::of::<Two>("t"),
            "the table t has the column \"Id\" twice: rename one of the fields with #[lake(rename = \"…\")]",
        ),
        (
            TableDefinition::of::<Holding<Vec<Two>>>("t"),
            "the table t has the column \"held[].Id\" twice: rename one of the fields",
        ),
        (
            TableDefinition::of::<Holding<BTreeMap<i64, Holding<Two>>>>("t"),
            "the table t has the column \"held{value}.held.Id\" twice: rename one of the fields",
        ),
        (
            TableDefinition::of::<Holding<Option<Digits>>>("t"),
            "the column \"held.count\" of the table t has no usable type (`#[lake(decimal)]` does not apply to \
             BIGINT; remove it): change the field's type",
        ),
    ] {
        let error = Iceberg::new().create_table(&refused).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().starts_with(words), "{error}");
    }
}

/// Keys of which the macro does not see that they may be NULL.
type MaybeId = Option<i64>;

#[derive(lakeorm_derive::LakeTable)]
#[lake(crate = crate, table = "t")]
struct Keyed {
    #[lake(primary_key)]
    id: i64,
    #[lake(merge_key)]
    other: MaybeId,
}

#[derive(lakeorm_derive::LakeTable)]
#[lake(crate = crate, table = "t")]
struct KeyedByAnother {
    #[lake(primary_key)]
    id: Another,
}

#[derive(lakeorm_derive::LakeValue)]
#[lake(crate = crate)]
struct Another(MaybeId);

#[test]
fn a_table_is_not_created_with_a_key_that_may_be_null() {
    let by_region = TableDefinition::of::<Order>("t").merge_key("a `b`.c");
    for (refused, words) in [
        (Keyed::definition(), "the merge key of the table t has the column \"other\", which may be NULL"),
        (
            KeyedByAnother::definition(),
            "the primary key of the table t has the column \"id\", which may be NULL",
        ),
        (by_region, "the merge key of the table t has the column \"a `b`.c\", which may be NULL"),
    ] {
        // A table of another program may have one.
        assert!(check(&refused).is_ok());
        for dialect in [&Iceberg::new() as &dyn Dialect, &Delta::new()] {
            let error = dialect.create_table(&refused).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().starts_with(words), "{error}");
        }
    }
}

#[cfg(feature = "chrono")]
#[derive(lakeorm_derive::LakeTable)]
#[lake(crate = crate, table = "t")]
struct Timed {
    id: i64,
    at: chrono::DateTime<chrono::Utc>,
}

#[cfg(feature = "chrono")]
#[test]
fn a_primary_key_that_is_wrong_refuses_a_new_table_and_no_write() {
    let by_id = || Timed::definition().merge_key("id").created_at("at");
    let stamped = "has the column \"at\", which `created_at` sets to another time";
    for (refused, words) in [
        (by_id().primary_key("at"), format!("the primary key of the table t {stamped}")),
        (
            by_id().primary_key("nowhere"),
            "the primary key of the table t names the column \"nowhere\"".to_owned(),
        ),
    ] {
        assert!(check(&refused).is_ok());
        for dialect in [&Iceberg::new() as &dyn Dialect, &Delta::new()] {
            let error = dialect.create_table(&refused).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().starts_with(&words), "{error}");
        }
    }
    // A merge could not find its rows, whatever the table is.
    let error = check(&Timed::definition().merge_key("at").created_at("at")).unwrap_err().to_string();
    assert!(error.starts_with(&format!("the merge key of the table t {stamped}")), "{error}");
}

#[test]
fn a_text_that_spark_would_change_is_refused_with_its_place() {
    let table = || TableDefinition::of::<Order>("t");
    let variable = "a ${env:HOME} b";
    for (refused, place) in [
        (TableDefinition::of::<Order>("shop.`${env:HOME}`"), "the name of the table shop.`${env:HOME}`"),
        (table().comment(variable), "the comment of the table t"),
        (table().property("k", variable), "the property \"k\" of the table t"),
        (table().property("${k}", "v"), "the name of the property \"${k}\" of the table t"),
        (table().column_comment("id", variable), "the comment of the column \"id\" of the table t"),
        (
            TableDefinition::of::<Holding<Vec<Variable>>>("t"),
            "the name of the column \"held[].${env:HOME}\" of the table t",
        ),
    ] {
        for dialect in [&Iceberg::new() as &dyn Dialect, &Delta::new()] {
            let error = dialect.create_table(&refused).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            let told = format!(
                "{place} holds `${{`, in place of which Spark puts a variable of its own, in quotes too: remove it"
            );
            assert_eq!(error.to_string(), told);
        }
    }
    let error = Delta::new().create_table(&table().column_default("id", "'${x}'")).unwrap_err().to_string();
    assert!(error.starts_with("the default of the column \"id\" of the table t holds `${`"), "{error}");
    for dialect in
        [&Iceberg::new().catalog("${env:HOME}") as &dyn Dialect, &Delta::new().catalog("${env:HOME}")]
    {
        let error = dialect.create_table(&table()).unwrap_err().to_string();
        assert!(error.starts_with("the name of the table `${env:HOME}`.t holds `${`"), "{error}");
    }
    let (commented, name) = (table().column_comment("id", variable), TableName::parse("t"));
    for dialect in [&Iceberg::new() as &dyn Dialect, &Delta::new()] {
        assert!(dialect.add_columns(&name, &[&commented.columns()[0]]).is_err());
    }
    let kept = table().comment("$1 {x} $").property("k", "{$}");
    assert!(Iceberg::new().create_table(&kept).is_ok());
}

#[derive(lakeorm_derive::LakeTable)]
#[lake(crate = crate)]
struct Variable {
    #[lake(rename = "${env:HOME}")]
    home: i64,
}

/// Two columns of one name, which the macro does not see.
#[derive(lakeorm_derive::LakeTable)]
#[lake(crate = crate)]
struct Two {
    id: i64,
    #[lake(rename = "Id")]
    other: i64,
}

/// A macro sees no type behind a name.
type Count = i64;

#[derive(lakeorm_derive::LakeTable)]
#[lake(crate = crate)]
struct Digits {
    #[lake(decimal(9, 2))]
    count: Count,
}

#[derive(lakeorm_derive::LakeTable)]
#[lake(crate = crate)]
struct Holding<T> {
    held: T,
}

/// The macro does not see the columns of a flattened row.
#[derive(lakeorm_derive::LakeTable)]
#[lake(crate = crate)]
struct Flattened {
    #[lake(flatten(prefix = "_lakeorm_"))]
    counted: Counted,
}

#[derive(lakeorm_derive::LakeTable)]
#[lake(crate = crate)]
struct Counted {
    row: i64,
}

#[test]
fn a_type_that_a_format_lacks_is_refused_with_what_to_take_instead() {
    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate)]
    struct Row<T> {
        lines: Vec<Line<T>>,
    }

    #[derive(lakeorm_derive::LakeTable)]
    #[lake(crate = crate)]
    struct Line<T> {
        part: Option<T>,
    }

    fn refused<T>(dialect: &dyn Dialect) -> Option<String>
    where
        Row<T>: crate::encode::ToRow,
    {
        let table = TableDefinition::of::<Row<T>>("t");
        let columns: Vec<&TableColumn> = table.columns().iter().collect();
        let made = dialect.create_table(&table).map(drop).map_err(|error| error.to_string());
        let added = dialect.add_columns(table.name(), &columns).map(drop).map_err(|error| error.to_string());
        assert_eq!(made, added);
        made.err()
    }

    let (iceberg, delta) = (Iceberg::new(), Delta::new());
    assert_eq!(
        refused::<i16>(&iceberg).unwrap(),
        "Iceberg cannot store \"lines[].part\", which is SMALLINT in the struct: use an `i32`"
    );
    assert!(refused::<i8>(&iceberg).unwrap().ends_with("which is TINYINT in the struct: use an `i32`"));
    assert_eq!((refused::<i16>(&delta), refused::<i32>(&iceberg)), (None, None));
    for dialect in [&iceberg as &dyn Dialect, &delta] {
        assert!(
            refused::<crate::DayTimeInterval>(dialect).unwrap().ends_with("use an `i64` of microseconds")
        );
    }
    #[cfg(feature = "chrono")]
    assert!(
        refused::<chrono::NaiveTime>(&delta)
            .unwrap()
            .ends_with("use an `i64` of microseconds, or a `String`")
    );
    #[cfg(feature = "chrono")]
    assert_eq!(refused::<chrono::NaiveTime>(&iceberg), None);
    assert_eq!(refused::<crate::Variant>(&Iceberg::new().property("format-version", "3")), None);
    assert_eq!(refused::<crate::Variant>(&delta), None);
}
