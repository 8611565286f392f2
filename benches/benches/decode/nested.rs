//! A struct, a list and a map in each row, about 70 bytes: most of the time is malloc's and the hasher's.

use std::collections::HashMap;
use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, Int64Builder, ListBuilder, MapBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray, StructArray};
use arrow_buffer::ArrowNativeType;
use arrow_convert::{ArrowDeserialize, ArrowField, ArrowSerialize};
use arrow_schema::{Field, Fields};
use lakeorm::LakeRow;
use serde::Deserialize;

use crate::cases::{Group, visit, visit_in_for};
use crate::data::{batch, column};

#[derive(LakeRow, Deserialize, PartialEq)]
struct Order {
    id: i64,
    customer: Customer,
    prices: Vec<f64>,
    labels: HashMap<String, i64>,
}

#[derive(LakeRow, Deserialize, ArrowField, ArrowSerialize, ArrowDeserialize, PartialEq)]
struct Customer {
    name: String,
    city: String,
    age: Option<i32>,
}

/// An order without its map, which is nothing that arrow_convert can read.
#[derive(LakeRow, Deserialize, ArrowField, ArrowSerialize, ArrowDeserialize, PartialEq)]
struct Unlabelled {
    id: i64,
    customer: Customer,
    prices: Vec<f64>,
}

#[derive(LakeRow)]
#[expect(dead_code, reason = "the rows are built and dropped")]
struct OrderRef<'a> {
    id: i64,
    customer: CustomerRef<'a>,
    prices: Vec<f64>,
    labels: Vec<(&'a str, i64)>,
}

#[derive(LakeRow)]
struct CustomerRef<'a> {
    name: &'a str,
    city: &'a str,
    age: Option<i32>,
}

fn data(rows: usize, nulls: u64) -> RecordBatch {
    let customer: Vec<(&str, ArrayRef)> = vec![
        ("name", column::<StringArray, _>(rows, 0, |i| format!("user-{i}"))),
        ("city", column::<StringArray, _>(rows, 0, |i| if i % 2 == 0 { "London" } else { "Paris" })),
        ("age", column::<Int32Array, _>(rows, nulls, |i| (i % 100) as i32)),
    ];
    let fields: Fields =
        customer.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let customer = StructArray::new(fields, customer.into_iter().map(|(_, array)| array).collect(), None);
    let mut prices = ListBuilder::new(Float64Builder::new());
    let mut labels = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    for row in (0i64..).take(rows) {
        prices.append_value((0..row % 4).map(|at| Some(at as f64 * 1.5)));
        labels.keys().append_value(if row % 2 == 0 { "colour" } else { "size" });
        labels.values().append_value(row);
        labels.append(true).unwrap();
    }
    batch(vec![
        ("id".to_owned(), column::<Int64Array, _>(rows, 0, |i| i)),
        ("customer".to_owned(), Arc::new(customer)),
        ("prices".to_owned(), Arc::new(prices.finish())),
        ("labels".to_owned(), Arc::new(labels.finish())),
    ])
}

pub(crate) fn group(rows: usize, nulls: u64) -> Group {
    Group::new("nested", nulls, data(rows, nulls))
        .rows_by::<Order>("by hand", |batch| {
            let mut rows = Vec::with_capacity(batch.num_rows());
            labelled_by_hand(batch, |row, labels| rows.push(owned(&row, labels)));
            rows
        })
        .owned::<Order>()
        .other("loop", "by hand", |batch| {
            labelled_by_hand(batch, |row, labels| _ = black_box(owned(&row, labels)));
        })
        .other("visit", "by hand", |batch| {
            labelled_by_hand(batch, |row, labels| _ = black_box(lent(row, labels)));
        })
        .visited(|batch| visit::<OrderRef<'_>>(batch), |batch| visit_in_for::<OrderRef<'_>>(batch))
        .serde::<Order>()
}

/// The same without the map.
pub(crate) fn unlabelled(rows: usize, nulls: u64) -> Group {
    let batch = data(rows, nulls).project(&[0, 1, 2]).unwrap();
    Group::new("nested, no map", nulls, batch)
        .rows_by::<Unlabelled>("by hand", |batch| {
            let mut rows = Vec::with_capacity(batch.num_rows());
            by_hand(batch, |_, row| rows.push(unlabelled_owned(&row)));
            rows
        })
        .whole::<Unlabelled>()
        .serde::<Unlabelled>()
        .converted::<Unlabelled>()
}

/// A row where it lies, but for its map.
struct Row<'b> {
    id: i64,
    customer: CustomerRef<'b>,
    prices: &'b [f64],
}

/// A row's map where it lies.
struct Labels<'b> {
    keys: &'b StringArray,
    values: &'b [i64],
    of_row: Range<usize>,
}

fn labelled_by_hand<'b>(batch: &'b RecordBatch, mut visit: impl FnMut(Row<'b>, Labels<'b>)) {
    let maps = batch.column(3).as_map();
    let (keys, values) = (maps.keys().as_string::<i32>(), maps.values().as_primitive::<Int64Type>().values());
    let maps = &maps.value_offsets()[..=batch.num_rows()];
    by_hand(batch, |at, row| {
        visit(row, Labels { keys, values, of_row: maps[at].as_usize()..maps[at + 1].as_usize() });
    });
}

fn by_hand<'b>(batch: &'b RecordBatch, mut visit: impl FnMut(usize, Row<'b>)) {
    let rows = batch.num_rows();
    let id = &batch.column(0).as_primitive::<Int64Type>().values()[..rows];
    let customer = batch.column(1).as_struct();
    let (name, city) = (customer.column(0).as_string::<i32>(), customer.column(1).as_string::<i32>());
    let age = customer.column(2).as_primitive::<Int32Type>();
    let no_age = age.nulls().filter(|nulls| nulls.null_count() > 0);
    let age = &age.values()[..rows];
    let lists = batch.column(2).as_list::<i32>();
    let prices = lists.values().as_primitive::<Float64Type>().values();
    let lists = &lists.value_offsets()[..=rows];
    for row in 0..rows {
        let customer = CustomerRef {
            name: name.value(row),
            city: city.value(row),
            age: no_age.is_none_or(|nulls| nulls.is_valid(row)).then(|| age[row]),
        };
        let prices = &prices[lists[row].as_usize()..lists[row + 1].as_usize()];
        visit(row, Row { id: id[row], customer, prices });
    }
}

fn unlabelled_owned(row: &Row<'_>) -> Unlabelled {
    let CustomerRef { name, city, age } = row.customer;
    let customer = Customer { name: name.to_owned(), city: city.to_owned(), age };
    Unlabelled { id: row.id, customer, prices: row.prices.to_vec() }
}

fn owned(row: &Row<'_>, Labels { keys, values, of_row }: Labels<'_>) -> Order {
    let mut labels = HashMap::with_capacity(of_row.len());
    for label in of_row {
        labels.insert(keys.value(label).to_owned(), values[label]);
    }
    let Unlabelled { id, customer, prices } = unlabelled_owned(row);
    Order { id, customer, prices, labels }
}

fn lent<'b>(row: Row<'b>, Labels { keys, values, of_row }: Labels<'b>) -> OrderRef<'b> {
    OrderRef {
        id: row.id,
        customer: row.customer,
        prices: row.prices.to_vec(),
        labels: of_row.map(|label| (keys.value(label), values[label])).collect(),
    }
}
