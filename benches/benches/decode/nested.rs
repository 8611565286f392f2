//! A struct, a list and a map in each row, about 70 bytes: most of the time is malloc's and the hasher's.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;

use arrow_array::builder::{Float64Builder, Int64Builder, ListBuilder, MapBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray, StructArray};
use arrow_buffer::ArrowNativeType;
use arrow_schema::{Field, Fields};
use lakeorm::LakeRow;
use serde::Deserialize;

use crate::cases::{Group, visit, visit_in_for};
use crate::data::{batch, column};

#[derive(LakeRow, Deserialize)]
#[expect(dead_code, reason = "the rows are built and dropped")]
struct Order {
    id: i64,
    customer: Customer,
    prices: Vec<f64>,
    labels: HashMap<String, i64>,
}

#[derive(LakeRow, Deserialize)]
#[expect(dead_code, reason = "the rows are built and dropped")]
struct Customer {
    name: String,
    city: String,
    age: Option<i32>,
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
        .other("vec", "by hand", |batch| {
            let mut rows = Vec::with_capacity(batch.num_rows());
            by_hand(batch, |row| rows.push(owned(row)));
            black_box(rows);
        })
        .owned::<Order>()
        .other("loop", "by hand", |batch| by_hand(batch, |row| _ = black_box(owned(row))))
        .other("visit", "by hand", |batch| by_hand(batch, |row| _ = black_box(lent(row))))
        .visited(|batch| visit::<OrderRef<'_>>(batch), |batch| visit_in_for::<OrderRef<'_>>(batch))
        .serde::<Order>()
}

/// A row where it lies.
struct Row<'b> {
    id: i64,
    customer: CustomerRef<'b>,
    prices: &'b [f64],
    keys: &'b StringArray,
    values: &'b [i64],
    labels: std::ops::Range<usize>,
}

fn by_hand<'b>(batch: &'b RecordBatch, mut visit: impl FnMut(Row<'b>)) {
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
    let maps = batch.column(3).as_map();
    let (keys, values) = (maps.keys().as_string::<i32>(), maps.values().as_primitive::<Int64Type>().values());
    let maps = &maps.value_offsets()[..=rows];
    for row in 0..rows {
        visit(Row {
            id: id[row],
            customer: CustomerRef {
                name: name.value(row),
                city: city.value(row),
                age: no_age.is_none_or(|nulls| nulls.is_valid(row)).then(|| age[row]),
            },
            prices: &prices[lists[row].as_usize()..lists[row + 1].as_usize()],
            keys,
            values,
            labels: maps[row].as_usize()..maps[row + 1].as_usize(),
        });
    }
}

fn owned(row: Row<'_>) -> Order {
    let CustomerRef { name, city, age } = row.customer;
    let mut labels = HashMap::with_capacity(row.labels.len());
    for label in row.labels {
        labels.insert(row.keys.value(label).to_owned(), row.values[label]);
    }
    Order {
        id: row.id,
        customer: Customer { name: name.to_owned(), city: city.to_owned(), age },
        prices: row.prices.to_vec(),
        labels,
    }
}

fn lent(row: Row<'_>) -> OrderRef<'_> {
    OrderRef {
        id: row.id,
        customer: row.customer,
        prices: row.prices.to_vec(),
        labels: row.labels.map(|label| (row.keys.value(label), row.values[label])).collect(),
    }
}
