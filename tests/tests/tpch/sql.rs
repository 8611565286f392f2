//! The queries in SQL: the templates of the generator's crate, with the values that TPC-H validates with.

use std::path::Path;

use tpchgen::q_and_a::queries;

use super::data;

/// What stands for `:1`, `:2`, … in each query.
const VALUES: [&[&str]; 22] = [
    &["90"],
    &["15", "BRASS", "EUROPE"],
    &["BUILDING", "1995-03-15"],
    &["1993-07-01"],
    &["ASIA", "1994-01-01"],
    &["1994-01-01", "0.06", "24"],
    &["FRANCE", "GERMANY"],
    &["BRAZIL", "AMERICA", "ECONOMY ANODIZED STEEL"],
    &["green"],
    &["1993-10-01"],
    // The part of all stock is the smaller the more there is.
    &["GERMANY", "0.001"],
    &["MAIL", "SHIP", "1994-01-01"],
    &["special", "requests"],
    &["1995-09-01"],
    &["1996-01-01"],
    &["Brand#45", "MEDIUM POLISHED", "49", "14", "23", "45", "19", "3", "36", "9"],
    &["Brand#23", "MED BOX"],
    // At this scale no order is above the 300 that are asked for at the full one.
    &["250"],
    &["Brand#12", "Brand#23", "Brand#34", "1", "10", "20"],
    &["forest", "1994-01-01", "CANADA"],
    &["SAUDI ARABIA"],
    &["13", "31", "23", "29", "30", "18", "17"],
];

/// A query over the files of the tables.
pub(super) fn over_files(number: i32, dir: &Path) -> String {
    let mut text = queries::query(number).unwrap().to_owned();
    let values = VALUES[usize::try_from(number).unwrap() - 1];
    // From the last, as `:1` begins `:10`.
    for (position, value) in values.iter().enumerate().rev() {
        text = text.replace(&format!(":{}", position + 1), value);
    }
    // The precision of an interval is no part of Spark's grammar.
    text = text.replace("day (3)", "day");
    let query = match text.split_once("create view revenue:s") {
        Some((_, rest)) => with_revenue(rest),
        None => format!(" {}", text.trim_end().trim_end_matches(';')),
    };
    let tables = data::SCHEMAS
        .map(|(name, _)| format!("{name} AS (SELECT * FROM parquet.`{}`)", data::parquet(dir, name)));
    format!("WITH {}{query}", tables.join(", "))
}

/// The query with a view, as one statement.
fn with_revenue(text: &str) -> String {
    let (view, rest) = text.split_once(';').unwrap();
    let (columns, body) = view.split_once(" as\n").unwrap();
    let (query, _) = rest.split_once(';').unwrap();
    format!(", revenue {columns} AS ({body}) {}", query.replace("revenue:s", "revenue"))
}
