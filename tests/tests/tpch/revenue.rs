//! What was sold.

use lakeorm::LakeRow;
use lakeorm::spark::{Column, DataFrame, JoinType};
use spark_connect::functions::{avg, col, count, lit, sum, when};
use spark_connect::types::Decimal;

use super::{Tables, day, decimal, from_to, matched, volume};

#[derive(Debug, LakeRow)]
pub(super) struct Pricing {
    l_returnflag: String,
    l_linestatus: String,
    sum_qty: Decimal,
    sum_base_price: Decimal,
    sum_disc_price: Decimal,
    sum_charge: Decimal,
    avg_qty: Decimal,
    avg_price: Decimal,
    avg_disc: Decimal,
    count_order: i64,
}

pub(super) fn pricing_summary(t: &Tables) -> DataFrame {
    t.lineitem
        .filter(col("l_shipdate").le(day("1998-09-02")))
        .group_by(["l_returnflag", "l_linestatus"])
        .agg([
            sum("l_quantity").alias("sum_qty"),
            sum("l_extendedprice").alias("sum_base_price"),
            sum(volume()).alias("sum_disc_price"),
            sum(volume() * (lit(1) + col("l_tax"))).alias("sum_charge"),
            avg("l_quantity").alias("avg_qty"),
            avg("l_extendedprice").alias("avg_price"),
            avg("l_discount").alias("avg_disc"),
            count("*").alias("count_order"),
        ])
        .order_by(["l_returnflag", "l_linestatus"])
}

#[derive(Debug, LakeRow)]
pub(super) struct Total {
    revenue: Decimal,
}

pub(super) fn forecast(t: &Tables) -> DataFrame {
    t.lineitem
        .filter(from_to("l_shipdate", "1994-01-01", "1995-01-01"))
        .filter(col("l_discount").between(decimal("0.05"), decimal("0.07")).and(col("l_quantity").lt(24)))
        .agg([sum(col("l_extendedprice") * col("l_discount")).alias("revenue")])
}

#[derive(Debug, LakeRow)]
pub(super) struct Mode {
    l_shipmode: String,
    high_line_count: i64,
    low_line_count: i64,
}

pub(super) fn shipping_modes(t: &Tables) -> DataFrame {
    let late = t
        .lineitem
        .filter(col("l_shipmode").is_in(["MAIL", "SHIP"]))
        .filter(col("l_commitdate").lt(col("l_receiptdate")).and(col("l_shipdate").lt(col("l_commitdate"))))
        .filter(from_to("l_receiptdate", "1994-01-01", "1995-01-01"));
    let high = || col("o_orderpriority").is_in(["1-URGENT", "2-HIGH"]);
    let counted = |condition: Column| sum(when(condition, 1).otherwise(0));
    matched(&t.orders, &late, "o_orderkey", "l_orderkey")
        .group_by(["l_shipmode"])
        .agg([counted(high()).alias("high_line_count"), counted(!high()).alias("low_line_count")])
        .order_by(["l_shipmode"])
}

#[derive(Debug, LakeRow)]
pub(super) struct Promotion {
    promo_revenue: Decimal,
}

pub(super) fn promotion(t: &Tables) -> DataFrame {
    let month = t.lineitem.filter(from_to("l_shipdate", "1995-09-01", "1995-10-01"));
    let promoted = when(col("p_type").like("PROMO%"), volume()).otherwise(0);
    matched(&month, &t.part, "l_partkey", "p_partkey")
        .agg([(decimal("100.00") * sum(promoted) / sum(volume())).alias("promo_revenue")])
}

#[derive(Debug, LakeRow)]
pub(super) struct Yearly {
    avg_yearly: Decimal,
}

pub(super) fn small_orders(t: &Tables) -> DataFrame {
    let boxes = t.part.filter(col("p_brand").eq("Brand#23").and(col("p_container").eq("MED BOX")));
    let usual = t
        .lineitem
        .group_by([col("l_partkey").alias("usual_partkey")])
        .agg([(decimal("0.2") * avg("l_quantity")).alias("usual")]);
    let sold = matched(&t.lineitem, &boxes, "l_partkey", "p_partkey");
    matched(&sold, &usual, "p_partkey", "usual_partkey")
        .filter(col("l_quantity").lt(col("usual")))
        .agg([(sum("l_extendedprice") / decimal("7.0")).alias("avg_yearly")])
}

pub(super) fn discounted(t: &Tables) -> DataFrame {
    let wanted = |brand: &str, containers: [&str; 4], least: i32, largest: i32| {
        col("p_brand")
            .eq(brand)
            .and(col("p_container").is_in(containers))
            .and(col("l_quantity").between(least, least + 10))
            .and(col("p_size").between(1, largest))
    };
    let small = wanted("Brand#12", ["SM CASE", "SM BOX", "SM PACK", "SM PKG"], 1, 5);
    let medium = wanted("Brand#23", ["MED BAG", "MED BOX", "MED PKG", "MED PACK"], 10, 10);
    let large = wanted("Brand#34", ["LG CASE", "LG BOX", "LG PACK", "LG PKG"], 20, 15);
    let by_air = t
        .lineitem
        .filter(col("l_shipmode").is_in(["AIR", "AIR REG"]))
        .filter(col("l_shipinstruct").eq("DELIVER IN PERSON"));
    let condition = col("p_partkey").eq(col("l_partkey")).and(small | medium | large);
    by_air.join(&t.part, condition, JoinType::Inner).agg([sum(volume()).alias("revenue")])
}
