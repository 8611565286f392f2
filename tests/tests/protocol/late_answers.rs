//! Servers that begin to answer a statement only when it is done: Sail, which runs it in the call and ends it with the
//! call, and Spark before 4.0, whose answers begin with their first response.

use std::time::Duration;

use lakeorm_tests::fake::{Fake, FakeBuilder, execute};
use spark_connect::{Channel, ErrorKind, Session, Sql};

use crate::setup::{in_no_time, soon};

/// A session of which the server is known. Pings would time out where time jumps.
async fn session(fake: &Fake) -> Session {
    let channel = Channel::builder(fake.remote().parse().unwrap()).no_keepalive().build().unwrap();
    let session = Session::new(&channel);
    soon(session.set_confs([("k", "v")])).await.unwrap();
    session
}

/// Lets the client wait this long, look at its session, and have the answer.
async fn wait(fake: &Fake, session: &Session, silence: Duration) {
    let asked = fake.sent("Config").len();
    tokio::time::advance(silence).await;
    fake.wait_for_nth("Config", asked + 1).await;
    // Answers come in the order of the questions.
    session.confs(["k"]).await.unwrap();
}

fn insert() -> Sql {
    Sql::new("INSERT INTO t SELECT 1")
}

#[tokio::test]
async fn a_statement_whose_answer_begins_late_is_one_call_to_its_end() {
    let servers: [(FakeBuilder, u64, usize); 2] = [
        // More than ten minutes.
        (Fake::builder().echoes_session_ids(), 61, 12),
        (Fake::builder().names_no_sessions(), 16, 30),
    ];
    for (server, seconds, times) in servers {
        let fake = server.script([execute().begin_at("done").answer([])]).start().await;
        let session = session(&fake).await;
        let statement = insert();
        let done = async {
            fake.wait_for("ExecutePlan").await;
            for _ in 0..times {
                wait(&fake, &session, Duration::from_secs(seconds)).await;
            }
            fake.release("done");
        };
        let (outcome, ()) = in_no_time(async { tokio::join!(session.command(&statement), done) }).await;
        outcome.unwrap();
        let calls = (fake.sent("ExecutePlan").len(), fake.sent("ReattachExecute").len());
        assert_eq!((calls, session.channel().breaks()), ((1, 0), 0), "{seconds} s");
        fake.finish();
    }
}

#[tokio::test]
async fn a_statement_whose_session_is_lost_before_its_answer_begins_may_have_run() {
    for (server, seconds) in
        [(Fake::builder().echoes_session_ids(), 61), (Fake::builder().names_no_sessions(), 16)]
    {
        let fake = server.script([execute().begin_at("never").answer([])]).start().await;
        let session = session(&fake).await;
        let statement = insert();
        let lost = async {
            fake.wait_for("ExecutePlan").await;
            fake.drop_sessions();
            tokio::time::advance(Duration::from_secs(seconds)).await;
        };
        let (outcome, ()) = in_no_time(async { tokio::join!(session.command(&statement), lost) }).await;
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::OutcomeUnknown, false), "{error}");
        assert_eq!((fake.sent("ExecutePlan").len(), fake.sent("ReattachExecute").len()), (1, 0));
        soon(session.channel().drained()).await;
        fake.finish_anywhere();
    }
}

#[tokio::test]
async fn a_statement_that_is_dropped_before_its_answer_begins_is_interrupted() {
    let script = [execute().begin_at("never").interrupted().released()];
    let fake = Fake::builder().echoes_session_ids().script(script).start().await;
    let session = session(&fake).await;
    let statement = insert();
    tokio::select! {
        outcome = session.command(&statement) => panic!("nothing was sent: {outcome:?}"),
        _ = fake.wait_for("ExecutePlan") => {}
    }
    fake.settled().await;
    fake.finish_anywhere();
}
