//! A router in front of the server that fails in its place.

use super::*;

fn away() -> Failure {
    failure(Remedy::ReattachBriefly)
}

fn waits(log: &Log) -> Vec<u128> {
    let wait = |call| match call {
        Call::Sleep(wait) => Some(wait.as_millis()),
        _ => None,
    };
    log.calls().into_iter().filter_map(wait).collect()
}

#[tokio::test]
async fn a_router_is_waited_for_some_thirty_seconds_and_nothing_is_sent_twice() {
    let answers = std::iter::repeat_with(|| Err(away())).take(9).collect();
    let (mut statement, log) = operation(true, answers);
    Arc::get_mut(&mut statement.rpc).unwrap().profile = own();
    assert_eq!(ids(statement).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(waits(&log), [250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
    assert_eq!(log.calls().iter().filter(|call| **call == Call::Execute).count(), 1);
}

#[tokio::test]
async fn a_router_that_is_back_is_waited_for_anew_once_the_result_went_on() {
    let mut answers: Vec<Answer> = (0..40).map(|number| Ok(vec![Ok(message(number)), Err(away())])).collect();
    answers.push(rest(40, 41));
    let (mut query, log) = operation(false, answers);
    Arc::get_mut(&mut query.rpc).unwrap().profile = own();
    assert_eq!(ids(query).await.unwrap().len(), 41);
    assert_eq!(waits(&log), [250; 40]);
}

#[tokio::test]
async fn elsewhere_the_same_failure_is_the_end() {
    for profile in [echoed(), nameless()] {
        let (mut query, log) = operation(false, vec![Ok(vec![Ok(message(0)), Err(away())])]);
        Arc::get_mut(&mut query.rpc).unwrap().profile = profile;
        assert_eq!(ids(query).await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(waits(&log), [0_u128; 0]);
    }
}

/// It is Databricks that turns plans away before they run.
#[tokio::test]
async fn a_plan_that_was_turned_away_is_sent_again_as_often_as_the_policy_has_it() {
    let turned_away = || {
        let class = Some("QUERY_REJECTED".into());
        let server = ServerError { error_class: class, ..Default::default() };
        Failure::fatal(Error::new(ErrorKind::Server, "refused").with_server(server))
    };
    let answer = || Ok(vec![Ok(progress("p")), Err(turned_away())]);
    let (mut statement, log) = operation(true, std::iter::repeat_with(answer).take(16).collect());
    Arc::get_mut(&mut statement.rpc).unwrap().profile = own();
    let error = ids(statement).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_run()), (ErrorKind::Server, false), "{error}");
    assert_eq!(log.calls().iter().filter(|call| **call == Call::Execute).count(), 16);
    assert!(!log.calls().iter().any(|call| matches!(call, Call::Reattach(_) | Call::Release(_))));
}
