use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;

use super::*;
use crate::dialect::Delta;
use crate::driver::{ROW_NUMBER, Removals};
use crate::write::described::Described;
use crate::write::known_tables::Known;

fn batch(ids: Vec<i64>) -> RecordBatch {
    RecordBatch::try_from_iter([("id", Arc::new(Int64Array::from(ids)) as ArrayRef)]).unwrap()
}

/// By these numbers the engine says which rows have one key.
#[tokio::test]
async fn rows_in_files_are_numbered_from_the_first_batch_on_whether_or_not_it_was_gathered() {
    let objects: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let backend = Backend::from_store(Arc::clone(&objects), "lake", "memory:///lake").unwrap();
    let (store, removals) = (backend.store().unwrap(), Removals::default());
    let (name, described) = (TableName::parse("t"), Described::default());
    let target = Target { name, columns: Vec::new(), described, known: Known::default() };
    let schema = numbered_schema(&batch(vec![]).schema());
    // Each batch is a part.
    let parts = Parts::new(store, schema, 0, staging::runtime().unwrap(), removals.unremoved());
    let batches = stream::iter([vec![13], vec![14, 15]].map(batch).map(Ok)).boxed();
    let mut incoming = Incoming::new(batches, None, Progress::new(IngestId::new(), None));
    let nulls = Nulls::of(&target, &Delta::new(), "Row");
    let relaxed = Relaxed::of(&target);
    let mut filling = Filling { parts, incoming: &mut incoming, nulls, relaxed, is_numbered: true };
    filling.fill([vec![10, 11], vec![12]].map(batch).into()).await.unwrap();
    let parts = filling.parts;
    assert_eq!(parts.finished().rows, 6);
    let mut numbers = Vec::new();
    let staged = parts.into_staged();
    for address in staged.addresses() {
        let path = address.strip_prefix("memory:///").unwrap();
        let file: Bytes = objects.get(&path.into()).await.unwrap().bytes().await.unwrap();
        for read in ParquetRecordBatchReader::try_new(file, 1024).unwrap() {
            let read = read.unwrap();
            let column = |name: &str| read.column_by_name(name).unwrap().as_primitive::<Int64Type>().clone();
            numbers.push((column("id").values().to_vec(), column(ROW_NUMBER).values().to_vec()));
        }
    }
    staged.remove().await;
    let expected =
        [(vec![10, 11], vec![0, 1]), (vec![12], vec![2]), (vec![13], vec![3]), (vec![14, 15], vec![4, 5])];
    assert_eq!(numbers, expected);
}
