//! The 22 queries of TPC-H by chaining, decoded into structs: their rows are those of the same queries in SQL.
//!
//! `cargo xtask test tpch` starts an engine and runs these, at scale factor 0.1.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails where its expectation does"
)]
#![allow(dead_code, reason = "a row is compared as the text of all its fields")]

use std::fmt::Debug;

use lakeorm::spark::{Column, DataFrame, JoinType, SparkDriver};
use lakeorm::{Client, LakeRowOwned, query};
use lakeorm_tests::engine::Engine;
use spark_connect::functions::{col, lit};
use spark_connect::types::Decimal;

mod customers;
mod data;
mod nations;
mod revenue;
mod sql;
mod suppliers;

/// The eight tables.
struct Tables {
    customer: DataFrame,
    lineitem: DataFrame,
    nation: DataFrame,
    orders: DataFrame,
    part: DataFrame,
    partsupp: DataFrame,
    region: DataFrame,
    supplier: DataFrame,
}

impl Tables {
    fn of(drv: &SparkDriver, dir: &std::path::Path) -> Self {
        let table = |name| data::table(drv, dir, name);
        Self {
            customer: table("customer"),
            lineitem: table("lineitem"),
            nation: table("nation"),
            orders: table("orders"),
            part: table("part"),
            partsupp: table("partsupp"),
            region: table("region"),
            supplier: table("supplier"),
        }
    }
}

/// What a line item sold for.
fn volume() -> Column {
    col("l_extendedprice") * (lit(1) - col("l_discount"))
}

/// The rows of both where two columns are equal.
fn matched(left: &DataFrame, right: &DataFrame, one: &str, other: &str) -> DataFrame {
    left.join(right, col(one).eq(col(other)), JoinType::Inner)
}

fn day(text: &str) -> Column {
    lit(text).cast("date")
}

/// Whether a date is not before the first and before the second.
fn from_to(column: &str, from: &str, to: &str) -> Column {
    col(column).ge(day(from)).and(col(column).lt(day(to)))
}

fn decimal(text: &str) -> Column {
    lit(text.parse::<Decimal>().unwrap())
}

/// Asserts that the frame of a query has the rows of its SQL.
async fn check<T: LakeRowOwned + Debug + Send + 'static>(number: i32, frame: fn(&Tables) -> DataFrame) {
    let engine = Engine::from_env();
    let drv = engine.driver();
    let dir = data::at_hand(&drv, &engine.dir).await;
    let db = Client::new(drv.clone());
    let chained = query::<T>(&db, frame(&Tables::of(&drv, dir))).await;
    let session = drv.session().await.unwrap();
    let in_sql = query::<T>(&db, session.sql(sql::over_files(number, dir))).await;
    let texts = |rows: Vec<T>| {
        let mut texts: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
        // The order of equal keys is open.
        texts.sort();
        texts
    };
    let (chained, in_sql) = (texts(chained.unwrap()), texts(in_sql.unwrap()));
    assert!(!in_sql.is_empty(), "query {number} finds rows");
    assert_eq!(chained.len(), in_sql.len(), "query {number}");
    assert_eq!(chained, in_sql, "query {number}");
}

macro_rules! queries {
    ($($test:ident: $number:literal, $row:ty, $frame:path;)*) => {$(
        #[tokio::test]
        async fn $test() {
            check::<$row>($number, $frame).await;
        }
    )*};
}

queries! {
    query_01_pricing_summary: 1, revenue::Pricing, revenue::pricing_summary;
    query_02_minimum_cost_supplier: 2, suppliers::Offer, suppliers::minimum_cost;
    query_03_shipping_priority: 3, customers::Unshipped, customers::shipping_priority;
    query_04_order_priority: 4, customers::Priority, customers::order_priority;
    query_05_local_supplier_volume: 5, nations::Volume, nations::local_volume;
    query_06_forecast_of_revenue: 6, revenue::Total, revenue::forecast;
    query_07_volume_of_shipping: 7, nations::Shipping, nations::shipping_volume;
    query_08_market_share: 8, nations::Share, nations::market_share;
    query_09_profit_by_product: 9, nations::Profit, nations::profit;
    query_10_returned_items: 10, customers::Returned, customers::returned_items;
    query_11_important_stock: 11, suppliers::Stock, suppliers::important_stock;
    query_12_shipping_modes: 12, revenue::Mode, revenue::shipping_modes;
    query_13_distribution_of_customers: 13, customers::Distribution, customers::distribution;
    query_14_effect_of_promotion: 14, revenue::Promotion, revenue::promotion;
    query_15_top_supplier: 15, suppliers::Top, suppliers::top;
    query_16_parts_and_suppliers: 16, suppliers::Count, suppliers::counted;
    query_17_small_orders: 17, revenue::Yearly, revenue::small_orders;
    query_18_large_volumes: 18, customers::Large, customers::large_volumes;
    query_19_discounted_revenue: 19, revenue::Total, revenue::discounted;
    query_20_potential_promotion: 20, suppliers::Named, suppliers::potential_promotion;
    query_21_orders_kept_waiting: 21, suppliers::Waiting, suppliers::kept_waiting;
    query_22_sales_opportunity: 22, customers::Opportunity, customers::opportunity;
}
