//! What only the services of AWS have; the rest of them is with the other clouds.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::ready;

use futures::TryStreamExt;
use lakeorm::aws::{Aws, Endpoint};
use lakeorm::{Client, query_stream};
use lakeorm_tests::fake::{Fake, batch, execute};

use crate::setup::{numbers, soon};

#[tokio::test]
async fn a_server_that_takes_few_sessions_ever_gets_one() {
    let running = || execute().send(batch(&numbers(0..3))).interrupted();
    let fake = Fake::start([running(), running(), running()]).await;
    let address = format!("http://localhost:{}", fake.port());
    let endpoint = move || ready(Ok::<_, Infallible>(Endpoint::new(&address, "t")));
    let drv = Aws::emr_serverless(endpoint).driver().pool_size(3).build().unwrap();
    let db = Client::new(drv.clone());
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut rows = query_stream::<(i64,)>(&db, drv.from_sql("SELECT id FROM t"));
        assert_eq!(soon(rows.try_next()).await.unwrap(), Some((0,)));
        held.push(rows);
    }
    drop(held);
    drop(soon(drv.session()).await.unwrap());
    soon(drv.close()).await.unwrap();
    let sessions: BTreeSet<String> = fake.requests().into_iter().map(|request| request.session_id).collect();
    assert_eq!(sessions.len(), 1);
    assert!(fake.sent("ReleaseSession").is_empty());
    fake.finish();
}
