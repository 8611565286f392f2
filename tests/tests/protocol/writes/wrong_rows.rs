//! Rows that cannot be written and come when parts of their write are stored already.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};
use futures::stream;
use lakeorm::dialect::Delta;
use lakeorm::encode::EncodeError;
use lakeorm::object_store::ObjectStore;
use lakeorm::object_store::memory::InMemory;
use lakeorm::{Client, Decimal, ErrorKind, LakeTable, json_lines, open};
use lakeorm_tests::fake::{Exchange, Fake, on};
use lakeorm_tests::scripted_store::ScriptedStore;
use serde::Deserialize;

use super::memory::{backend, stored};
use crate::setup::{driver, soon};

/// Each row is a batch, and each batch a part.
const ONE: NonZeroUsize = NonZeroUsize::MIN;

/// The row that is wrong, of five. Two parts are stored by then: one more is encoded, and waits for the next row.
const WRONG: usize = 3;

/// A write, and what it left.
struct Writing {
    fake: Fake,
    db: Client,
    store: Arc<ScriptedStore>,
    objects: Arc<dyn ObjectStore>,
}

impl Writing {
    /// To a table that shows these columns.
    async fn to(look: Exchange) -> Self {
        let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let store = Arc::new(ScriptedStore::waiting(Arc::clone(&objects)));
        store.let_all_end();
        let counted: Arc<dyn ObjectStore> = Arc::<ScriptedStore>::clone(&store);
        let fake = Fake::start([look]).await;
        let db = open(driver(&fake), Delta::new(), backend(counted)).unwrap();
        Self { fake, db, store, objects }
    }

    /// Parts were stored and are gone, and nothing was asked but what the table is.
    async fn left_nothing(self) {
        assert_eq!((self.store.begun(), stored(&self.objects).await), (2, 0));
        soon(self.db.close()).await.unwrap();
        assert_eq!(self.fake.sent("ExecutePlan").len(), 1);
        self.fake.finish();
    }
}

#[derive(Clone, LakeTable)]
#[lake(table = "t")]
struct Reading {
    #[lake(merge_key)]
    sensor: f64,
    note: Option<String>,
    #[lake(decimal(3, 2))]
    price: Decimal,
}

/// None of the columns may be NULL in the table.
fn look_at_readings() -> Exchange {
    let fields = vec![
        Field::new("sensor", DataType::Float64, false),
        Field::new("note", DataType::Utf8, false),
        Field::new("price", DataType::Decimal128(3, 2), false),
        Field::new("_ingest_id", DataType::Utf8, true),
    ];
    on("SELECT * FROM t LIMIT 0").answer([RecordBatch::new_empty(Arc::new(Schema::new(fields)))])
}

fn readings(spoil: fn(&mut Reading)) -> Vec<Reading> {
    let price: Decimal = "1.25".parse().unwrap();
    let sensors = [1.0, 2.0, 3.0, 4.0, 5.0];
    let mut rows = sensors.map(|sensor| Reading { sensor, note: Some("x".to_owned()), price }).to_vec();
    spoil(&mut rows[WRONG]);
    rows
}

#[tokio::test]
async fn an_unencodable_row_names_row_and_field_after_parts_were_stored() {
    type Spoil = fn(&mut Reading);
    let wrong: [(&str, Spoil); 3] = [
        ("sensor", |row| row.sensor = f64::NAN),
        ("note", |row| row.note = None),
        ("price", |row| row.price = "100".parse().unwrap()),
    ];
    for (field, spoil) in wrong {
        for is_streamed in [false, true] {
            let writing = Writing::to(look_at_readings()).await;
            let rows = readings(spoil);
            let merge = match is_streamed {
                false => writing.db.merge(&rows),
                true => writing.db.merge_stream(stream::iter(readings(spoil).into_iter().map(Ok))),
            };
            let merge = merge.staged().part_size(0).batch_size(ONE);
            let error = soon(merge.into_future()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
            let origin = error.origin().and_then(|origin| origin.downcast_ref::<EncodeError>()).unwrap();
            assert_eq!((origin.row(), origin.field()), (Some(WRONG), Some(field)), "{error}");
            writing.left_nothing().await;
        }
    }
}

#[derive(LakeTable, Deserialize)]
#[lake(table = "t")]
struct Line {
    id: i64,
}

#[tokio::test]
async fn a_wrong_line_of_a_file_is_one_error_with_its_number_and_field_behind_stored_parts_too() {
    let writing = Writing::to(super::look()).await;
    let file: &[u8] = b"{\"id\": 1}\n{\"id\": 2}\n{\"id\": 3}\n{\"id\": true}\n{\"id\": 5}\n";
    let insert = writing.db.insert_stream(json_lines::<Line>(file)).staged().part_size(0).batch_size(ONE);
    let error = soon(insert.into_future()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input, "{error}");
    assert!(error.to_string().contains("line 4, id: "), "{error}");
    writing.left_nothing().await;
}

#[derive(garde::Validate, LakeTable)]
#[lake(table = "t", validate)]
struct Ruled {
    #[garde(range(min = 1))]
    id: i64,
}

#[tokio::test]
async fn a_row_of_a_stream_that_breaks_a_rule_is_named_with_its_field_behind_stored_parts_too() {
    let writing = Writing::to(super::look()).await;
    let rows = stream::iter([1, 2, 3, -4711, 5].map(|id| Ok(Ruled { id })));
    let insert = writing.db.insert_stream(rows).staged().part_size(0).batch_size(ONE);
    let error = soon(insert.into_future()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
    let told = error.to_string();
    assert!(told.contains("row 3 ") && told.contains("field id: ") && !told.contains("4711"), "{told}");
    writing.left_nothing().await;
}

#[derive(garde::Validate, LakeTable)]
#[lake(table = "t", validate, rename_all = "camelCase")]
struct Order {
    #[garde(dive)]
    order_lines: Vec<OrderLine>,
    #[lake(json)]
    #[garde(dive)]
    limits: BTreeMap<String, Limit>,
    #[lake(flatten)]
    #[garde(dive)]
    customer: Customer,
}

#[derive(garde::Validate, LakeTable)]
struct OrderLine {
    #[garde(dive)]
    price: Limit,
    #[lake(json)]
    #[garde(dive)]
    limits: BTreeMap<String, Limit>,
}

#[derive(garde::Validate, LakeTable)]
struct Customer {
    #[lake(rename = "may")]
    #[garde(dive)]
    limit: Limit,
    #[garde(dive)]
    paid: Limit,
}

#[derive(Clone, garde::Validate, LakeTable, serde::Serialize)]
struct Limit {
    #[garde(range(min = 1))]
    most: i64,
}

/// An address that a customer gave is a key of both maps.
#[tokio::test]
async fn a_broken_rule_is_named_by_its_path_as_far_as_no_key_of_a_map_is_in_it() {
    let fake = Fake::start([]).await;
    let db = super::client(&fake);
    let broken = Limit { most: 0 };
    let limits = || BTreeMap::from([("eve@example.com".to_owned(), Limit { most: -1 })]);
    let order = Order {
        order_lines: vec![OrderLine { price: broken.clone(), limits: limits() }],
        limits: limits(),
        customer: Customer { limit: broken.clone(), paid: broken },
    };
    let told = soon(db.insert(&[order]).into_future()).await.unwrap_err().to_string();
    let fields = told.split("field ").skip(1).filter_map(|told| told.split(": ").next());
    let expected =
        ["customer", "customer.paid.most", "limits", "order_lines[0].limits", "order_lines[0].price.most"];
    assert_eq!(fields.collect::<Vec<_>>(), expected, "{told}");
    assert!(fake.requests().is_empty());
    fake.finish();
}

/// The others are counted.
#[tokio::test]
async fn of_a_slice_twenty_violations_are_named() {
    let fake = Fake::start([]).await;
    let db = super::client(&fake);
    let rows: Vec<Ruled> = (0..25).map(|id| Ruled { id: -id }).collect();
    let error = soon(db.insert(&rows).into_future()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode);
    let told = error.to_string();
    assert!(told.starts_with("rows of Ruled break its rules: row 0 (the first is 0), field id: "), "{told}");
    assert!(told.contains("; row 19, field id: ") && !told.contains("row 20"), "{told}");
    assert!(told.ends_with("; and 5 more"), "{told}");
    assert!(fake.requests().is_empty());
    fake.finish();
}

/// Its rows are gathered and checked in turn.
#[tokio::test]
async fn of_a_stream_the_violations_of_the_first_rows_with_one_are_named() {
    let fake = Fake::start([]).await;
    let db = super::client(&fake);
    let rows = stream::iter(
        (0..6_000).map(|row| Ok(Ruled { id: if [3, 5, 5_000].contains(&row) { 0 } else { 1 } })),
    );
    let error = soon(db.insert_stream(rows).into_future()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode);
    let told = error.to_string();
    let named = "rows of Ruled break its rules: row 3 (the first is 0), field id: ";
    assert!(told.starts_with(named) && told.contains("; row 5, field id: "), "{told}");
    assert!(!told.contains("5000") && !told.contains("more"), "{told}");
    assert!(fake.requests().is_empty());
    fake.finish();
}
