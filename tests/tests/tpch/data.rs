//! The data: generated, handed to the engine as CSV files, and kept by it as Parquet files.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use lakeorm::spark::{DataFrame, SparkDriver};
use tokio::sync::OnceCell;
use tpchgen::csv::{
    CustomerCsv, LineItemCsv, NationCsv, OrderCsv, PartCsv, PartSuppCsv, RegionCsv, SupplierCsv,
};
use tpchgen::generators::{
    CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator, PartSuppGenerator,
    RegionGenerator, SupplierGenerator,
};

pub(super) const SCALE: f64 = 0.1;

/// The tables and their columns.
pub(super) const SCHEMAS: [(&str, &str); 8] = [
    (
        "customer",
        "c_custkey BIGINT, c_name STRING, c_address STRING, c_nationkey BIGINT, c_phone STRING, \
         c_acctbal DECIMAL(15, 2), c_mktsegment STRING, c_comment STRING",
    ),
    (
        "lineitem",
        "l_orderkey BIGINT, l_partkey BIGINT, l_suppkey BIGINT, l_linenumber INT, l_quantity DECIMAL(15, 2), \
         l_extendedprice DECIMAL(15, 2), l_discount DECIMAL(15, 2), l_tax DECIMAL(15, 2), l_returnflag STRING, \
         l_linestatus STRING, l_shipdate DATE, l_commitdate DATE, l_receiptdate DATE, l_shipinstruct STRING, \
         l_shipmode STRING, l_comment STRING",
    ),
    ("nation", "n_nationkey BIGINT, n_name STRING, n_regionkey BIGINT, n_comment STRING"),
    (
        "orders",
        "o_orderkey BIGINT, o_custkey BIGINT, o_orderstatus STRING, o_totalprice DECIMAL(15, 2), o_orderdate DATE, \
         o_orderpriority STRING, o_clerk STRING, o_shippriority INT, o_comment STRING",
    ),
    (
        "part",
        "p_partkey BIGINT, p_name STRING, p_mfgr STRING, p_brand STRING, p_type STRING, p_size INT, \
         p_container STRING, p_retailprice DECIMAL(15, 2), p_comment STRING",
    ),
    (
        "partsupp",
        "ps_partkey BIGINT, ps_suppkey BIGINT, ps_availqty INT, ps_supplycost DECIMAL(15, 2), ps_comment STRING",
    ),
    ("region", "r_regionkey BIGINT, r_name STRING, r_comment STRING"),
    (
        "supplier",
        "s_suppkey BIGINT, s_name STRING, s_address STRING, s_nationkey BIGINT, s_phone STRING, \
         s_acctbal DECIMAL(15, 2), s_comment STRING",
    ),
];

/// The table as the engine keeps it.
pub(super) fn table(drv: &SparkDriver, dir: &Path, name: &str) -> DataFrame {
    drv.read().schema(schema(name)).parquet(parquet(dir, name))
}

/// Where the engine keeps a table.
pub(super) fn parquet(dir: &Path, name: &str) -> String {
    dir.join(format!("{name}.parquet")).display().to_string()
}

fn schema(name: &str) -> &'static str {
    SCHEMAS.iter().find(|(table, _)| *table == name).unwrap().1
}

/// The directory of the tables, which the first test makes.
pub(super) async fn at_hand(drv: &SparkDriver, dir: &Path) -> &'static PathBuf {
    static DIRECTORY: OnceCell<PathBuf> = OnceCell::const_new();
    let make = || async {
        let dir = dir.join("tpch");
        fs::create_dir_all(&dir).unwrap();
        let written = dir.clone();
        tokio::task::spawn_blocking(move || generate(&written)).await.unwrap();
        for (name, _) in SCHEMAS {
            let csv = dir.join(format!("{name}.csv")).display().to_string();
            let rows = drv.read().schema(schema(name)).csv(csv);
            rows.write().format("parquet").save(parquet(&dir, name)).await.unwrap();
        }
        dir
    };
    DIRECTORY.get_or_init(make).await
}

fn generate(dir: &Path) {
    write(dir, "customer", CustomerGenerator::new(SCALE, 1, 1).iter().map(CustomerCsv::new));
    write(dir, "lineitem", LineItemGenerator::new(SCALE, 1, 1).iter().map(LineItemCsv::new));
    write(dir, "nation", NationGenerator::new(SCALE, 1, 1).iter().map(NationCsv::new));
    write(dir, "orders", OrderGenerator::new(SCALE, 1, 1).iter().map(OrderCsv::new));
    write(dir, "part", PartGenerator::new(SCALE, 1, 1).iter().map(PartCsv::new));
    write(dir, "partsupp", PartSuppGenerator::new(SCALE, 1, 1).iter().map(PartSuppCsv::new));
    write(dir, "region", RegionGenerator::new(SCALE, 1, 1).iter().map(RegionCsv::new));
    write(dir, "supplier", SupplierGenerator::new(SCALE, 1, 1).iter().map(SupplierCsv::new));
}

fn write<T: Display>(dir: &Path, name: &str, rows: impl Iterator<Item = T>) {
    let mut file = BufWriter::new(File::create(dir.join(format!("{name}.csv"))).unwrap());
    rows.for_each(|row| writeln!(file, "{row}").unwrap());
    file.flush().unwrap();
}
