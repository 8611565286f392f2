use lakeorm::spark::SparkDriver;
use lakeorm::{Client, query};

async fn emails(db: &Client) -> lakeorm::Result<Vec<String>> {
    let rows = query::<(&str,)>(db, "SELECT email FROM users").await?;
    Ok(rows.into_iter().map(|(email,)| email.to_owned()).collect())
}

fn main() {
    let _ = emails(&Client::new(SparkDriver::remote("sc://localhost").unwrap()));
}
