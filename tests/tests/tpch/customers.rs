//! Who buys, and what they ordered.

use chrono::NaiveDate;
use lakeorm::LakeRow;
use lakeorm::spark::{DataFrame, JoinType};
use spark_connect::functions::{avg, col, count, substring, sum};
use spark_connect::types::Decimal;

use super::{Tables, day, decimal, from_to, matched, volume};

#[derive(Debug, LakeRow)]
pub(super) struct Unshipped {
    l_orderkey: i64,
    revenue: Decimal,
    o_orderdate: NaiveDate,
    o_shippriority: i32,
}

pub(super) fn shipping_priority(t: &Tables) -> DataFrame {
    let customers = t.customer.filter(col("c_mktsegment").eq("BUILDING"));
    let orders = t.orders.filter(col("o_orderdate").lt(day("1995-03-15")));
    let unshipped = t.lineitem.filter(col("l_shipdate").gt(day("1995-03-15")));
    matched(&matched(&customers, &orders, "c_custkey", "o_custkey"), &unshipped, "o_orderkey", "l_orderkey")
        .group_by(["l_orderkey", "o_orderdate", "o_shippriority"])
        .agg([sum(volume()).alias("revenue")])
        .order_by([col("revenue").desc(), col("o_orderdate")])
}

#[derive(Debug, LakeRow)]
pub(super) struct Priority {
    o_orderpriority: String,
    order_count: i64,
}

pub(super) fn order_priority(t: &Tables) -> DataFrame {
    let late = t.lineitem.filter(col("l_commitdate").lt(col("l_receiptdate")));
    t.orders
        .filter(from_to("o_orderdate", "1993-07-01", "1993-10-01"))
        .join(&late, col("o_orderkey").eq(col("l_orderkey")), JoinType::LeftSemi)
        .group_by(["o_orderpriority"])
        .agg([count("*").alias("order_count")])
        .order_by(["o_orderpriority"])
}

#[derive(Debug, LakeRow)]
pub(super) struct Returned {
    c_custkey: i64,
    c_name: String,
    revenue: Decimal,
    c_acctbal: Decimal,
    n_name: String,
    c_address: String,
    c_phone: String,
    c_comment: String,
}

pub(super) fn returned_items(t: &Tables) -> DataFrame {
    let orders = t.orders.filter(from_to("o_orderdate", "1993-10-01", "1994-01-01"));
    let returned = t.lineitem.filter(col("l_returnflag").eq("R"));
    let customers = matched(&t.customer, &t.nation, "c_nationkey", "n_nationkey");
    matched(&matched(&customers, &orders, "c_custkey", "o_custkey"), &returned, "o_orderkey", "l_orderkey")
        .group_by(["c_custkey", "c_name", "c_acctbal", "c_phone", "n_name", "c_address", "c_comment"])
        .agg([sum(volume()).alias("revenue")])
        .order_by([col("revenue").desc()])
}

#[derive(Debug, LakeRow)]
pub(super) struct Distribution {
    c_count: i64,
    custdist: i64,
}

pub(super) fn distribution(t: &Tables) -> DataFrame {
    let orders = t.orders.filter(!col("o_comment").like("%special%requests%"));
    t.customer
        .join(&orders, col("c_custkey").eq(col("o_custkey")), JoinType::Left)
        .group_by(["c_custkey"])
        .agg([count("o_orderkey").alias("c_count")])
        .group_by(["c_count"])
        .agg([count("*").alias("custdist")])
        .order_by([col("custdist").desc(), col("c_count").desc()])
}

#[derive(Debug, LakeRow)]
pub(super) struct Large {
    c_name: String,
    c_custkey: i64,
    o_orderkey: i64,
    o_orderdate: NaiveDate,
    o_totalprice: Decimal,
    #[lake(rename = "sum(l_quantity)")]
    quantity: Decimal,
}

pub(super) fn large_volumes(t: &Tables) -> DataFrame {
    let large = t
        .lineitem
        .group_by([col("l_orderkey").alias("large_orderkey")])
        .agg([sum("l_quantity").alias("quantity")])
        .filter(col("quantity").gt(250));
    let orders = t.orders.join(&large, col("o_orderkey").eq(col("large_orderkey")), JoinType::LeftSemi);
    matched(&matched(&t.customer, &orders, "c_custkey", "o_custkey"), &t.lineitem, "o_orderkey", "l_orderkey")
        .group_by(["c_name", "c_custkey", "o_orderkey", "o_orderdate", "o_totalprice"])
        .agg([sum("l_quantity").alias("sum(l_quantity)")])
        .order_by([col("o_totalprice").desc(), col("o_orderdate")])
}

#[derive(Debug, LakeRow)]
pub(super) struct Opportunity {
    cntrycode: String,
    numcust: i64,
    totacctbal: Decimal,
}

pub(super) fn opportunity(t: &Tables) -> DataFrame {
    let customers = t
        .customer
        .with_column("cntrycode", substring("c_phone", 1, 2))
        .filter(col("cntrycode").is_in(["13", "31", "23", "29", "30", "18", "17"]));
    let usual = customers.filter(col("c_acctbal").gt(decimal("0.00"))).agg([avg("c_acctbal")]);
    customers
        .filter(col("c_acctbal").gt(usual.scalar()))
        .join(&t.orders, col("o_custkey").eq(col("c_custkey")), JoinType::LeftAnti)
        .group_by(["cntrycode"])
        .agg([count("*").alias("numcust"), sum("c_acctbal").alias("totacctbal")])
        .order_by(["cntrycode"])
}
