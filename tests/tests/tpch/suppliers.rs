//! Who sells the parts.

use lakeorm::LakeRow;
use lakeorm::spark::{DataFrame, JoinType};
use spark_connect::functions::{col, count, count_distinct, max, min, sum};
use spark_connect::types::Decimal;

use super::{Tables, decimal, from_to, matched, volume};

/// The suppliers of a nation.
fn of_nation(t: &Tables, name: &str) -> DataFrame {
    matched(&t.supplier, &t.nation.filter(col("n_name").eq(name)), "s_nationkey", "n_nationkey")
}

#[derive(Debug, LakeRow)]
pub(super) struct Offer {
    s_acctbal: Decimal,
    s_name: String,
    n_name: String,
    p_partkey: i64,
    p_mfgr: String,
    s_address: String,
    s_phone: String,
    s_comment: String,
}

pub(super) fn minimum_cost(t: &Tables) -> DataFrame {
    let europe =
        matched(&t.nation, &t.region.filter(col("r_name").eq("EUROPE")), "n_regionkey", "r_regionkey");
    let suppliers = matched(&t.supplier, &europe, "s_nationkey", "n_nationkey");
    let offers = matched(&t.partsupp, &suppliers, "ps_suppkey", "s_suppkey");
    let least = offers
        .group_by([col("ps_partkey").alias("least_partkey")])
        .agg([min("ps_supplycost").alias("least")]);
    let brass = t.part.filter(col("p_size").eq(15).and(col("p_type").like("%BRASS")));
    matched(&matched(&brass, &offers, "p_partkey", "ps_partkey"), &least, "p_partkey", "least_partkey")
        .filter(col("ps_supplycost").eq(col("least")))
        .select(["s_acctbal", "s_name", "n_name", "p_partkey", "p_mfgr", "s_address", "s_phone", "s_comment"])
        .order_by([col("s_acctbal").desc(), col("n_name"), col("s_name"), col("p_partkey")])
}

#[derive(Debug, LakeRow)]
pub(super) struct Stock {
    ps_partkey: i64,
    value: Decimal,
}

pub(super) fn important_stock(t: &Tables) -> DataFrame {
    let stock = matched(&t.partsupp, &of_nation(t, "GERMANY"), "ps_suppkey", "s_suppkey");
    let value = || sum(col("ps_supplycost") * col("ps_availqty"));
    let least = stock.agg([(value() * decimal("0.001")).alias("least")]);
    stock
        .group_by(["ps_partkey"])
        .agg([value().alias("value")])
        .filter(col("value").gt(least.scalar()))
        .order_by([col("value").desc()])
}

#[derive(Debug, LakeRow)]
pub(super) struct Top {
    s_suppkey: i64,
    s_name: String,
    s_address: String,
    s_phone: String,
    total_revenue: Decimal,
}

pub(super) fn top(t: &Tables) -> DataFrame {
    let revenue = t
        .lineitem
        .filter(from_to("l_shipdate", "1996-01-01", "1996-04-01"))
        .group_by(["l_suppkey"])
        .agg([sum(volume()).alias("total_revenue")]);
    let most = revenue.agg([max("total_revenue")]);
    matched(&t.supplier, &revenue, "s_suppkey", "l_suppkey")
        .filter(col("total_revenue").eq(most.scalar()))
        .select(["s_suppkey", "s_name", "s_address", "s_phone", "total_revenue"])
        .order_by(["s_suppkey"])
}

#[derive(Debug, LakeRow)]
pub(super) struct Count {
    p_brand: String,
    p_type: String,
    p_size: i32,
    supplier_cnt: i64,
}

pub(super) fn counted(t: &Tables) -> DataFrame {
    let parts = t
        .part
        .filter(col("p_brand").ne("Brand#45").and(!col("p_type").like("MEDIUM POLISHED%")))
        .filter(col("p_size").is_in([49, 14, 23, 45, 19, 3, 36, 9]));
    let complaints = t.supplier.filter(col("s_comment").like("%Customer%Complaints%"));
    matched(&t.partsupp, &parts, "ps_partkey", "p_partkey")
        .join(&complaints, col("ps_suppkey").eq(col("s_suppkey")), JoinType::LeftAnti)
        .group_by(["p_brand", "p_type", "p_size"])
        .agg([count_distinct(["ps_suppkey"]).alias("supplier_cnt")])
        .order_by([col("supplier_cnt").desc(), col("p_brand"), col("p_type"), col("p_size")])
}

#[derive(Debug, LakeRow)]
pub(super) struct Named {
    s_name: String,
    s_address: String,
}

pub(super) fn potential_promotion(t: &Tables) -> DataFrame {
    let forest = t.part.filter(col("p_name").starts_with("forest"));
    let sold = t
        .lineitem
        .filter(from_to("l_shipdate", "1994-01-01", "1995-01-01"))
        .group_by(["l_partkey", "l_suppkey"])
        .agg([(decimal("0.5") * sum("l_quantity")).alias("half")]);
    let same = col("ps_partkey").eq(col("l_partkey")).and(col("ps_suppkey").eq(col("l_suppkey")));
    let plenty = t
        .partsupp
        .join(&forest, col("ps_partkey").eq(col("p_partkey")), JoinType::LeftSemi)
        .join(&sold, same, JoinType::Inner)
        .filter(col("ps_availqty").gt(col("half")));
    of_nation(t, "CANADA")
        .join(&plenty, col("s_suppkey").eq(col("ps_suppkey")), JoinType::LeftSemi)
        .select(["s_name", "s_address"])
        .order_by(["s_name"])
}

#[derive(Debug, LakeRow)]
pub(super) struct Waiting {
    s_name: String,
    numwait: i64,
}

pub(super) fn kept_waiting(t: &Tables) -> DataFrame {
    let is_late = || col("l_receiptdate").gt(col("l_commitdate"));
    let late = t.lineitem.filter(is_late());
    let another = |name: &str| {
        let column = |column: &str| col(format!("{name}.{column}"));
        let same_order = column("l_orderkey").eq(col("l1.l_orderkey"));
        same_order.and(column("l_suppkey").ne(col("l1.l_suppkey")))
    };
    let alone = late.alias("l1").join(&t.lineitem.alias("l2"), another("l2"), JoinType::LeftSemi).join(
        &late.alias("l3"),
        another("l3"),
        JoinType::LeftAnti,
    );
    let finished = t.orders.filter(col("o_orderstatus").eq("F"));
    let of_suppliers = matched(&alone, &of_nation(t, "SAUDI ARABIA"), "l_suppkey", "s_suppkey");
    matched(&of_suppliers, &finished, "l_orderkey", "o_orderkey")
        .group_by(["s_name"])
        .agg([count("*").alias("numwait")])
        .order_by([col("numwait").desc(), col("s_name")])
}
