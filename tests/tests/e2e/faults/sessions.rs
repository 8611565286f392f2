//! Sessions that end behind the client's back.

use lakeorm::{Client, query};
use lakeorm_tests::engine::Engine;
use uuid::Uuid;

use std::time::Duration;

use spark_connect::{Channel, RetryPolicy, Session};

/// The session with this id, for someone else to end.
fn other_end(engine: &Engine, id: Uuid) -> Session {
    let remote = engine.remote.parse().unwrap();
    let channel = Channel::lazy(remote, Duration::from_secs(10), RetryPolicy::default()).unwrap();
    Session::with_id(&channel, id)
}

#[tokio::test]
async fn a_query_runs_again_in_a_new_session() {
    let engine = Engine::from_env();
    let drv = engine.builder().pool_size(1).session_conf("spark.sql.session.timeZone", "Asia/Tokyo").build().unwrap();
    let db = Client::new(drv.clone());
    let _ = (drv, db, other_end(&engine, Uuid::new_v4()));
}
