//! Trade between nations.

use lakeorm::LakeRow;
use lakeorm::spark::DataFrame;
use spark_connect::functions::{col, sum, when, year};
use spark_connect::types::Decimal;

use super::{Tables, day, from_to, matched, volume};

#[derive(Debug, LakeRow)]
pub(super) struct Volume {
    n_name: String,
    revenue: Decimal,
}

pub(super) fn local_volume(t: &Tables) -> DataFrame {
    let asia = matched(&t.nation, &t.region.filter(col("r_name").eq("ASIA")), "n_regionkey", "r_regionkey");
    let suppliers = matched(&t.supplier, &asia, "s_nationkey", "n_nationkey");
    let orders = t.orders.filter(from_to("o_orderdate", "1994-01-01", "1995-01-01"));
    let ordered = matched(
        &matched(&t.customer, &orders, "c_custkey", "o_custkey"),
        &t.lineitem,
        "o_orderkey",
        "l_orderkey",
    );
    matched(&ordered, &suppliers, "l_suppkey", "s_suppkey")
        .filter(col("c_nationkey").eq(col("s_nationkey")))
        .group_by(["n_name"])
        .agg([sum(volume()).alias("revenue")])
        .order_by([col("revenue").desc()])
}

/// Line items with the nation of the supplier, as `supplier.n_name`, and that of the customer.
fn traded(t: &Tables) -> DataFrame {
    let suppliers = matched(&t.supplier, &t.nation.alias("supplier"), "s_nationkey", "n_nationkey");
    let customers = matched(&t.customer, &t.nation.alias("customer"), "c_nationkey", "n_nationkey");
    let sold = matched(&t.lineitem, &suppliers, "l_suppkey", "s_suppkey");
    let ordered = matched(&t.orders, &customers, "o_custkey", "c_custkey");
    matched(&sold, &ordered, "l_orderkey", "o_orderkey")
}

#[derive(Debug, LakeRow)]
pub(super) struct Shipping {
    supp_nation: String,
    cust_nation: String,
    l_year: i32,
    revenue: Decimal,
}

pub(super) fn shipping_volume(t: &Tables) -> DataFrame {
    let from_one_to_other =
        |from: &str, to: &str| col("supplier.n_name").eq(from).and(col("customer.n_name").eq(to));
    traded(t)
        .filter(from_one_to_other("FRANCE", "GERMANY").or(from_one_to_other("GERMANY", "FRANCE")))
        .filter(col("l_shipdate").between(day("1995-01-01"), day("1996-12-31")))
        .group_by([
            col("supplier.n_name").alias("supp_nation"),
            col("customer.n_name").alias("cust_nation"),
            year("l_shipdate").alias("l_year"),
        ])
        .agg([sum(volume()).alias("revenue")])
        .order_by(["supp_nation", "cust_nation", "l_year"])
}

#[derive(Debug, LakeRow)]
pub(super) struct Share {
    o_year: i32,
    mkt_share: Decimal,
}

pub(super) fn market_share(t: &Tables) -> DataFrame {
    let steel = t.part.filter(col("p_type").eq("ECONOMY ANODIZED STEEL"));
    let america = t.region.filter(col("r_name").eq("AMERICA"));
    let traded = matched(
        &matched(&traded(t), &steel, "l_partkey", "p_partkey"),
        &america,
        "customer.n_regionkey",
        "r_regionkey",
    );
    let of_brazil = when(col("supplier.n_name").eq("BRAZIL"), volume()).otherwise(0);
    traded
        .filter(col("o_orderdate").between(day("1995-01-01"), day("1996-12-31")))
        .group_by([year("o_orderdate").alias("o_year")])
        .agg([(sum(of_brazil) / sum(volume())).alias("mkt_share")])
        .order_by(["o_year"])
}

#[derive(Debug, LakeRow)]
pub(super) struct Profit {
    nation: String,
    o_year: i32,
    sum_profit: Decimal,
}

pub(super) fn profit(t: &Tables) -> DataFrame {
    let green = t.part.filter(col("p_name").contains("green"));
    let suppliers = matched(&t.supplier, &t.nation, "s_nationkey", "n_nationkey");
    let sold = matched(
        &matched(&t.lineitem, &green, "l_partkey", "p_partkey"),
        &suppliers,
        "l_suppkey",
        "s_suppkey",
    );
    let offered =
        matched(&sold, &t.partsupp, "l_partkey", "ps_partkey").filter(col("ps_suppkey").eq(col("l_suppkey")));
    matched(&offered, &t.orders, "l_orderkey", "o_orderkey")
        .group_by([col("n_name").alias("nation"), year("o_orderdate").alias("o_year")])
        .agg([sum(volume() - col("ps_supplycost") * col("l_quantity")).alias("sum_profit")])
        .order_by([col("nation"), col("o_year").desc()])
}
