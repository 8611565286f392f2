//! The first screen: bind values and read structs.
//!
//! `SPARK_REMOTE` is the connection string of a server; `cargo xtask engine up sail` prints one.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]
#![allow(dead_code, reason = "a row is printed, not read field by field")]

use lakeorm::spark::SparkDriver;
use lakeorm::{Client, LakeRow, query, query_optional};

#[derive(Debug, LakeRow)]
struct User {
    id: i64,
    email: String,
    #[lake(rename = "country_code")]
    country: Option<String>,
}

#[tokio::main]
async fn main() -> lakeorm::Result<()> {
    let drv = SparkDriver::builder_from_env()?.session_conf("spark.sql.session.timeZone", "UTC").build()?;
    let db = Client::new(drv);

    let users = "(SELECT * FROM VALUES (1L, 'ada@example.com', 'UK'), (2L, 'grace@example.com', NULL) \
                 AS users(id, email, country_code))";
    for user in query::<User>(&db, format!("SELECT * FROM {users} ORDER BY id")).await? {
        println!("{user:?}");
    }

    // Quotes, comments and question marks in a value are part of the value.
    let sql = format!("SELECT * FROM {users} WHERE email = :email");
    let nobody = db.sql(&sql).bind_named("email", "\\' OR 1=1 -- ?");
    println!("{:?}", query_optional::<User>(&db, nobody).await?);
    let ada = db.sql(&sql).bind_named("email", "ada@example.com");
    println!("{:?}", query_optional::<User>(&db, ada).await?);
    db.close().await
}
