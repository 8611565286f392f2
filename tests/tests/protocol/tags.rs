//! Tags of operations, and copies of a session.

use lakeorm_tests::fake::{Fake, execute};
use spark_connect::ErrorKind;

use crate::setup::{all, numbers, select, session, soon};

#[tokio::test]
async fn an_operation_carries_the_tags_of_the_session_that_began_it() {
    let runs = (0..3).map(|_| execute().answer([numbers(0..1)]));
    let fake = Fake::start(runs).await;
    let plain = session(&fake);
    let nightly = plain.with_tag("nightly").unwrap();
    let both = nightly.with_tag("sales").unwrap().with_tag("nightly").unwrap();
    for session in [&plain, &nightly, &both] {
        all(select(session)).await.unwrap();
    }
    let sent: Vec<Vec<String>> =
        fake.sent("ExecutePlan").iter().map(|request| request.tags().to_vec()).collect();
    assert_eq!(sent, [vec![], vec!["nightly".to_owned()], vec!["nightly".to_owned(), "sales".to_owned()]]);
    fake.finish();
}

#[tokio::test]
async fn a_tag_that_servers_refuse_is_refused_before_anything_is_sent() {
    let fake = Fake::start([]).await;
    for tag in ["", "a,b"] {
        let error = session(&fake).with_tag(tag).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOption);
        assert!(error.to_string().contains("must not be empty and must not have a comma"), "{error}");
    }
    fake.finish();
}

#[tokio::test]
async fn a_copy_of_a_session_is_another_one() {
    let fake = Fake::start([execute().answer([numbers(0..1)])]).await;
    let first = session(&fake);
    let copy = soon(first.clone_session()).await.unwrap();
    assert_ne!(copy.id(), first.id());
    all(select(&copy)).await.unwrap();
    assert_eq!(fake.sent("CloneSession")[0].session_id, first.id().to_string());
    let plan = &fake.sent("ExecutePlan")[0];
    assert_eq!(plan.session_id, copy.id().to_string());
    // From its first call on: a copy that a restarted server made anew would have nothing of what was copied.
    assert!(plan.observed_session_id.is_some());
    assert_eq!(plan.observed_session_id.as_deref(), copy.server_side_id());
    fake.finish();
}

#[tokio::test]
async fn a_copy_that_is_told_of_another_session_is_none() {
    let fake = Fake::builder()
        .answer_for_session("CloneSession", "67e55044-10b1-426f-9247-bb680e5fe0c8")
        .start()
        .await;
    let error = soon(session(&fake).clone_session()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
    fake.finish();
}

#[tokio::test]
async fn a_server_that_copies_no_sessions_says_so() {
    let fake = Fake::builder().lacks("CloneSession").start().await;
    let error = soon(session(&fake).clone_session()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    fake.finish();
}
