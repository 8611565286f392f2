//! Rows whose files lie in S3, Azure Blob Storage or Google Cloud Storage.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use futures::stream;
use lakeorm::{Backend, ErrorKind, WritePath};
use lakeorm_tests::engine::{Clouds, Engine, Objects};
use uuid::{NoContext, Timestamp, Uuid};

use super::{Reading, count, refused_as};
use crate::tables::{client_of, clients_with, formats, one_of};

/// What a store of S3 is told; the environment of the tests says nothing of it.
fn s3(address: &str, endpoint: &str) -> Backend {
    let options = [
        ("aws_endpoint", endpoint),
        ("aws_allow_http", "true"),
        ("aws_access_key_id", "test"),
        ("aws_secret_access_key", "test"),
        ("aws_region", "us-east-1"),
    ];
    Backend::parse_with(address, options).unwrap()
}

/// The same of Azure Blob Storage.
fn azure(address: &str, endpoint: &str, key: &str) -> Backend {
    let options = [
        ("azure_storage_endpoint", endpoint),
        ("azure_storage_account_name", "devstoreaccount1"),
        ("azure_storage_account_key", key),
        ("azure_allow_http", "true"),
    ];
    Backend::parse_with(address, options).unwrap()
}

/// The same of Google Cloud Storage.
fn gcs(address: &str, key: &str) -> Backend {
    let options = [("google_service_account_key", key), ("google_allow_http", "true")];
    Backend::parse_with(address, options).unwrap()
}

#[tokio::test]
async fn rows_are_staged_in_s3_and_read_from_there() {
    let Some(Objects { endpoint, scheme }) = Engine::from_env().objects() else {
        return refused_as::<11>("s3a").await;
    };
    let backend = s3("s3://lake/of_s3", &endpoint).read_as(&format!("{scheme}://lake/of_s3")).unwrap();
    staged_in::<11>(backend, "of_s3", &endpoint, "").await;
}

/// By the short address, and by the one that Spark and Databricks have.
#[tokio::test]
async fn rows_are_staged_in_azure_blob_storage_and_read_from_there() {
    let Some(Clouds { azure: endpoint, azure_key, azure_signature, .. }) = Engine::from_env().clouds() else {
        return refused_as::<12>("abfss").await;
    };
    for address in ["az://lake/of_azure", "abfss://lake@devstoreaccount1.dfs.core.windows.net/of_azure"] {
        let backend = azure(address, &endpoint, &azure_key);
        staged_in::<12>(backend, "of_azure", &endpoint, &azure_signature).await;
    }
}

#[tokio::test]
async fn rows_are_staged_in_google_cloud_storage_and_read_from_there() {
    let Some(Clouds { gcs: endpoint, gcs_key, .. }) = Engine::from_env().clouds() else {
        return refused_as::<13>("gs").await;
    };
    staged_in::<13>(gcs("gs://lake/of_gcs", &gcs_key), "of_gcs", &endpoint, "").await;
}

/// Rows of a stream and of a merge go through the store into a table of each format; of their files none stays, and a sweep
/// removes that of another write. The directory is the test's own: a sweep of all ages would take the files of others.
async fn staged_in<const TEST: u32>(backend: Backend, directory: &str, endpoint: &str, signature: &str) {
    for (format, db) in clients_with(backend).await {
        let table = Reading::<TEST>::table(format, &db).await;
        leave_a_file(directory, endpoint, signature);
        let reading = Reading::<TEST>::new;
        let readings = stream::iter((0..20_000).map(|at| Ok(reading(at, at))));
        let written = db.insert_stream(readings).staged().part_size(32 << 10).await.unwrap();
        assert_eq!((written.rows(), written.path()), (20_000, WritePath::Staged));
        db.merge(&[reading(1, 7), reading(20_000, 8)]).staged().await.unwrap();
        let sum = format!("SELECT count(*), sum(value) FROM {table}");
        let sums: (i64, i64) = lakeorm::query_first(&db, sum).await.unwrap();
        assert_eq!(sums, (20_001, 19_999 * 10_000 - 1 + 7 + 8), "{format:?}");
        let swept = db.cleanup_staging(Duration::ZERO).await.unwrap();
        assert_eq!((swept.writes, swept.files, swept.bytes), (1, 1, 4), "{format:?}");
        assert_eq!(db.cleanup_staging(Duration::ZERO).await.unwrap().files, 0);
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

/// Puts a file where a writer that was killed left it, by a plain request that each of the stores takes.
fn leave_a_file(directory: &str, endpoint: &str, signature: &str) {
    let address = endpoint.strip_prefix("http://").unwrap();
    let (host, account) = address.split_at(address.find('/').unwrap_or(address.len()));
    let write = Uuid::new_v7(Timestamp::from_unix(NoContext, 1_700_000_000, 0));
    let mut store = TcpStream::connect(host).unwrap();
    let request = format!(
        "PUT {account}/lake/{directory}/staging/{write}/part-00000.parquet?{signature} HTTP/1.1\r\nHost: {host}\r\n\
         x-ms-blob-type: BlockBlob\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfour"
    );
    store.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    store.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
}

/// A key of Azure that is another account's.
const WRONG_KEY: &str = "bm90IGl0cyBrZXk=";

#[tokio::test]
async fn what_a_store_refuses_is_an_error_with_its_code_and_no_key() {
    let engine = Engine::from_env();
    let Some(Objects { endpoint, .. }) = engine.objects() else {
        return refused_as::<14>("s3a").await;
    };
    let mut refused =
        vec![(s3("s3://nowhere/tables", &endpoint), "/nowhere/tables", "404 Not Found: NoSuchBucket")];
    if let Some(Clouds { azure: endpoint, azure_key, gcs_key, .. }) = engine.clouds() {
        refused.extend([
            (gcs("gs://nowhere/tables", &gcs_key), "/nowhere/tables", "404 Not Found: NoSuchBucket"),
            (
                azure("az://nowhere/tables", &endpoint, &azure_key),
                "/nowhere/tables",
                "404 Not Found: ContainerNotFound",
            ),
            (
                azure("az://lake/tables", &endpoint, WRONG_KEY),
                "/lake/tables",
                "403 Forbidden: AuthorizationFailure",
            ),
        ]);
    }
    for (backend, place, code) in refused {
        let format = formats()[0];
        let db = client_of(format, backend).await;
        let table = Reading::<14>::table(format, &db).await;
        let error = db.insert(&[Reading::<14>::new(1, 1)]).staged().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Staging, "{error}");
        let told = error.to_string();
        assert!(told.contains(place) && told.contains(code), "{told}");
        assert!(!told.contains(WRONG_KEY), "{told}");
        assert_eq!(count(&db, &table).await, 0, "{told}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}

#[tokio::test]
async fn a_backend_that_cannot_be_reached_is_an_error_that_says_so() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let backend = s3("s3://lake/tables", &format!("http://{closed}"));
    for (format, db) in one_of(0, backend).await {
        let table = Reading::<15>::table(format, &db).await;
        let error = db.insert(&[Reading::<15>::new(1, 1)]).staged().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Staging, "{error}");
        assert!(error.to_string().contains(&closed.to_string()), "{error}");
        assert_eq!(count(&db, &table).await, 0, "{format:?}");
        db.exec(format!("DROP TABLE {table}")).await.unwrap();
    }
}
