use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array};
use arrow_schema::DataType as ArrowType;

use super::*;
use crate::encode::{ColumnOptions, Encoder, ToColumn, WriteError};

#[tokio::test]
async fn rows_are_gathered_to_the_size_and_a_size_beyond_memory_takes_none() {
    let mut rows = stream::iter((0..5_u8).map(Ok)).boxed().fuse();
    assert_eq!(gathered(&mut rows, 2).await.unwrap(), [0, 1]);
    assert_eq!(gathered(&mut rows, usize::MAX).await.unwrap(), [2, 3, 4]);
    assert_eq!(gathered(&mut rows, 1).await.unwrap(), [0_u8; 0]);
}

#[tokio::test]
async fn an_error_in_a_stream_comes_in_the_place_of_its_rows() {
    let broken = Error::new(ErrorKind::Input, "broken");
    let rows = [Ok(row("1")), Ok(row("2")), Ok(row("3")), Err(broken), Ok(row("4"))];
    let mut batches = batches(Input::Stream(stream::iter(rows).boxed()), Some(2));
    assert_eq!(batches.try_next().await.unwrap().unwrap().num_rows(), 2);
    assert_eq!(batches.try_next().await.unwrap_err().kind(), ErrorKind::Input);
    assert!(batches.try_next().await.unwrap().is_none());
}

#[derive(lakeorm_derive::LakeTable)]
#[lake(crate = crate, table = "t")]
struct Row<'r> {
    text: &'r str,
    number: Few,
}

fn row(text: &str) -> Row<'_> {
    Row { text, number: Few(0) }
}

/// A number of which a column has room for a few only.
struct Few(i64);

const FEW: usize = 10_000;

struct Numbers(Vec<i64>);

impl ToColumn for Few {
    type Encoder = Numbers;

    fn data_type(_: ColumnOptions) -> DataType {
        DataType::Long
    }

    fn encoder(_: ColumnOptions, _: usize) -> Numbers {
        Numbers(Vec::new())
    }

    fn encode(&self, encoder: &mut Numbers) -> Result<(), WriteError> {
        if self.0 < 0 {
            return Err(WriteError::new("the number is negative"));
        }
        if encoder.0.len() >= FEW {
            return Err(WriteError::new("the column is full"));
        }
        encoder.0.push(self.0);
        Ok(())
    }
}

impl Encoder for Numbers {
    fn push_null(&mut self) {
        self.0.push(0);
    }

    fn finish(self, _: &ArrowType) -> Result<ArrayRef, WriteError> {
        Ok(Arc::new(Int64Array::from(self.0)))
    }
}

fn batches<'a, 'r>(input: Input<'a, Row<'r>>, batch_size: Option<usize>) -> BoxStream<'a, Result<RecordBatch>>
where
    'r: 'a,
{
    input.batches(&Row::definition(), batch_size).unwrap()
}

async fn sizes(input: Input<'_, Row<'_>>, batch_size: Option<usize>) -> Vec<usize> {
    batches(input, batch_size).map_ok(|batch| batch.num_rows()).try_collect().await.unwrap()
}

fn streamed(text: &str, count: usize) -> Input<'_, Row<'_>> {
    Input::Stream(stream::iter((0..count).map(move |_| Ok(row(text)))).boxed())
}

#[tokio::test]
async fn few_large_rows_of_a_stream_are_in_a_batch_and_many_small_ones() {
    let large = "x".repeat(100 << 10);
    let large = sizes(streamed(&large, 400), None).await;
    assert_eq!(large.iter().sum::<usize>(), 400);
    assert!(large.iter().all(|rows| *rows <= BYTES_OF_A_BATCH / (100 << 10) + 1), "{large:?}");
    let small = sizes(streamed("x", 20_000), None).await;
    assert_eq!(small, [ROWS_OF_A_STREAM, ROWS_OF_A_STREAM, 3_616]);
    assert_eq!(sizes(streamed("x", 250), Some(100)).await, [100, 100, 50]);
    assert_eq!(sizes(streamed("x", 3), Some(1)).await, [1, 1, 1]);
}

#[test]
fn a_row_larger_than_a_batch_is_encoded_alone_and_smaller_ones_behind_it_by_more() {
    let large = "x".repeat(BYTES_OF_A_BATCH);
    let columns = WrittenColumns::of(&Row::definition());
    let mut steps = Steps::new(ROWS_OF_A_STREAM, columns);
    assert_eq!(steps.next(), FIRST_ROWS);
    steps.encode(&[row(&large)]).unwrap();
    assert_eq!((steps.next(), steps.finish().map(|batches| batches.len())), (0, Some(1)));
    assert_eq!(steps.next(), 1);
    steps.encode(&[row("x")]).unwrap();
    assert_eq!(steps.next(), STEP);
}

#[tokio::test]
async fn rows_that_grow_a_thousand_times_behind_many_small_ones_are_in_memory_by_the_step_alone() {
    const LARGE: usize = 100 << 10;
    let large = "x".repeat(LARGE);
    let grown = (0..10_000).map(|_| Ok(row("x"))).chain((0..1_000).map(|_| Ok(row(&large))));
    let encoded = batches(Input::Stream(stream::iter(grown).boxed()), None);
    let encoded: Vec<usize> =
        encoded.map_ok(|batch| batch.get_array_memory_size()).try_collect().await.unwrap();
    let most = 2 * STEP * LARGE;
    assert!(encoded.iter().all(|bytes| *bytes <= most), "{encoded:?}");
    assert!(encoded.len() > 5, "{encoded:?}");
}

#[tokio::test]
async fn few_large_rows_of_a_slice_are_in_a_batch_and_many_small_ones() {
    const LARGE: usize = 100 << 10;
    let large = "x".repeat(LARGE);
    let rows: Vec<Row<'_>> = (0..400).map(|_| row(&large)).collect();
    let large = sizes(Input::of(&rows), None).await;
    assert_eq!(large.iter().sum::<usize>(), 400);
    assert!(large.iter().all(|rows| *rows <= BYTES_OF_A_BATCH / LARGE + 1), "{large:?}");
    let rows: Vec<Row<'_>> = (0..ROWS_OF_A_SLICE + 9_000).map(|_| row("x")).collect();
    assert_eq!(sizes(Input::of(&rows), None).await, [ROWS_OF_A_SLICE, 9_000]);
    assert_eq!(sizes(Input::of(&rows[..250]), Some(100)).await, [100, 100, 50]);
    assert_eq!(sizes(Input::of(&rows[..3]), Some(1)).await, [1, 1, 1]);
    assert_eq!(sizes(Input::of(&[]), None).await, [0_usize; 0]);
}

#[tokio::test]
async fn rows_of_a_slice_that_grow_are_in_memory_by_the_step_alone() {
    const LARGE: usize = 50 << 10;
    let large = "x".repeat(LARGE);
    let rows: Vec<Row<'_>> = (0..10_000).map(|_| row("x")).chain((0..2_000).map(|_| row(&large))).collect();
    let encoded = batches(Input::of(&rows), None);
    let encoded: Vec<usize> =
        encoded.map_ok(|batch| batch.get_array_memory_size()).try_collect().await.unwrap();
    // Room for texts is made by doubling.
    let most = 2 * 256 * LARGE;
    assert!(encoded.iter().all(|bytes| *bytes <= most), "{encoded:?}");
    assert!(encoded.len() > 5, "{encoded:?}");
}

#[tokio::test]
async fn rows_are_the_same_once_it_is_known_whether_there_are_some() {
    let (input, is_empty) = Input::<Row<'_>>::of(&[]).or_empty().await;
    assert!(is_empty && input.is_whole());
    let (input, is_empty) = streamed("x", 0).or_empty().await;
    assert!(is_empty && !input.is_whole());
    let (input, is_empty) = streamed("x", 3).or_empty().await;
    assert!(!is_empty);
    assert_eq!(sizes(input, None).await, [3]);
    let broken = Err(Error::new(ErrorKind::Input, "broken"));
    let (input, is_empty) = Input::Stream(stream::iter([broken, Ok(row("1"))]).boxed()).or_empty().await;
    assert!(!is_empty);
    assert_eq!(batches(input, None).try_next().await.unwrap_err().kind(), ErrorKind::Input);
}

#[test]
fn a_batch_ends_where_a_column_has_no_room_for_more() {
    let rows: Vec<Row<'_>> = (0..2 * FEW + 5).map(|_| row("x")).collect();
    let mut steps = Steps::new(ROWS_OF_A_SLICE, WrittenColumns::of(&Row::definition()));
    let (mut left, mut sizes) = (rows.as_slice(), Vec::new());
    while !left.is_empty() {
        sizes.push(steps.encode(left).unwrap());
        left = &left[sizes[sizes.len() - 1]..];
    }
    assert_eq!((sizes.as_slice(), steps.before), ([FEW, FEW, 5].as_slice(), rows.len()));
}

#[tokio::test]
async fn a_row_that_is_wrong_itself_is_named_by_its_number_and_nothing_comes_behind_it() {
    let mut rows: Vec<Row<'_>> = (0..10_009).map(|_| row("x")).collect();
    rows[10_002].number = Few(-1);
    let mut batches = batches(Input::of(&rows), Some(10_000));
    assert_eq!(batches.try_next().await.unwrap().unwrap().num_rows(), 10_000);
    let told = batches.try_next().await.unwrap_err().to_string();
    assert!(told.contains("row 10002 (the first is 0): the number is negative"), "{told}");
    assert!(batches.try_next().await.unwrap().is_none());
}

#[test]
fn the_path_of_a_broken_rule_ends_where_keys_of_a_map_may_begin() {
    let array = |element| DataType::Array { element: Box::new(element), contains_null: true };
    let map = array(DataType::Map {
        key: Box::new(DataType::String),
        value: Box::new(DataType::Long),
        value_contains_null: true,
    });
    let column = |name: &str, data_type| TableColumn::new(StructField::new(name, data_type));
    let with_map =
        [column("limits", map), column("tags", array(DataType::String)), column("json", DataType::String)];
    for (path, told) in [
        ("limits[3].eve@example.com.most", "limits[3]"),
        ("limits[3][4711].most", "limits[3]"),
        ("tags[3]", "tags[3]"),
        ("json.eve@example.com", "json"),
        ("json", "json"),
        ("tags[3].eve@example.com", "tags[3]"),
        ("tags.eve@example.com", "tags"),
        ("tags[eve@example.com]", "tags"),
        ("renamed.eve@example.com", "renamed"),
        ("renamed[1]", "renamed"),
        ("flattened.tags[3][4]", "flattened.tags[3]"),
        ("flattened.json.eve@example.com", "flattened.json"),
        ("", ""),
    ] {
        assert_eq!(without_keys(path, &with_map), told, "{path}");
    }
    let [limits, ..] = with_map;
    assert_eq!(without_keys("eve@example.com", &[limits]), "limits");
}

#[test]
fn the_path_of_a_broken_rule_is_told_through_structs_and_ends_where_one_holds_json_or_a_variant() {
    let field = |name: &str, data_type| StructField::new(name, data_type);
    let array = |element| DataType::Array { element: Box::new(element), contains_null: true };
    let line = DataType::Struct(vec![
        field("sku", DataType::Long),
        field("attributes", DataType::String),
        field("anything", DataType::Variant),
        field("unitPrice", DataType::Struct(vec![field("net", DataType::Long)])),
        field("typ", DataType::Long),
    ]);
    let columns = [field("id", DataType::Long), field("lines", array(array(line)))].map(TableColumn::new);
    for (path, told) in [
        ("lines[0][17].sku", "lines[0][17].sku"),
        ("lines[0][1].attributes.eve@example.com", "lines[0][1].attributes"),
        ("lines[0][1].attributes[4711]", "lines[0][1].attributes"),
        ("lines[0][1].anything.eve@example.com.sku", "lines[0][1].anything"),
        ("lines[0][1].unit_price.net", "lines[0][1].unit_price.net"),
        ("lines[0][1].r#typ", "lines[0][1].r#typ"),
        ("lines[0][1].renamed.eve@example.com", "lines[0][1]"),
        ("lines[0].sku", "lines[0]"),
        ("id[4711]", "id"),
    ] {
        assert_eq!(without_keys(path, &columns), told, "{path}");
    }
}
