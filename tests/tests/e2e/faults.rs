//! What breaks on the way to a real server: the connection, the session, the time that the caller allows.

use lakeorm_tests::engine::Engine;
use lakeorm_tests::proxy::Proxy;
use spark_connect::{Channel, Remote, Session};

mod abandoned;
mod ended;
mod large;
mod network;
mod sessions;
mod stopping;

/// Ends the session that the driver behind `proxy` uses, as someone else would.
async fn end_session(engine: &Engine, proxy: &Proxy) {
    let remote = Remote::with_environment(engine.remote.parse().unwrap()).unwrap();
    let channel = Channel::builder(remote).build().unwrap();
    let id = proxy.session_id().expect("the driver has a session");
    Session::with_id(&channel, id).release().await.unwrap();
}
