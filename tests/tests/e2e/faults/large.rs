//! Rows that are larger than the client takes in one message.

use lakeorm::spark::SparkDriver;
use lakeorm::{Client, ErrorKind, query};
use lakeorm_tests::engine::{Ability, Engine};

const ROW: usize = 3_000_000;

async fn length(remote: &str) -> lakeorm::Result<Vec<usize>> {
    let drv = SparkDriver::remote(remote).unwrap();
    let source = drv.from_sql(format!("SELECT repeat('x', {ROW})"));
    let rows = query::<(String,)>(&Client::new(drv.clone()), source).await;
    drv.close().await.unwrap();
    Ok(rows?.iter().map(|(text,)| text.len()).collect())
}

#[tokio::test]
async fn a_row_larger_than_a_message_comes_in_chunks_or_the_error_names_the_setting() {
    let engine = Engine::from_env();
    let limited = length(&format!("{}/;grpc_max_message_size=1048576", engine.remote)).await;
    match engine.has(Ability::Chunks) {
        true => assert_eq!(limited.unwrap(), [ROW]),
        false => {
            let error = limited.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TooLarge, "{error}");
            assert!(error.to_string().contains("`grpc_max_message_size`"), "{error}");
            println!("{error}");
        }
    }
    let enough = length(&format!("{}/;grpc_max_message_size=4194304", engine.remote)).await;
    assert_eq!(enough.unwrap(), [ROW]);
}
