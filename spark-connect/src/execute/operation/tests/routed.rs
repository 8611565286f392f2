//! A router in front of the server that fails in its place.

use prost::Message;

use super::*;
use crate::proto::execute_plan_response::ExecutionProgress;
use crate::proto::execute_plan_response::execution_progress::StageInfo;

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
    let (mut statement, log) = operation(MayChange, answers);
    Arc::get_mut(&mut statement.rpc).unwrap().profile = own();
    assert_eq!(ids(statement).await.unwrap_err().kind(), ErrorKind::OutcomeUnknown);
    assert_eq!(waits(&log), [250, 500, 1000, 2000, 4000, 8000, 8000, 8000]);
    assert_eq!(log.calls().iter().filter(|call| **call == Call::Execute).count(), 1);
}

#[tokio::test]
async fn a_router_that_is_back_is_waited_for_anew_once_the_result_went_on() {
    let mut answers: Vec<Answer> = (0..40).map(|number| Ok(vec![Ok(message(number)), Err(away())])).collect();
    answers.push(rest(40, 41));
    let (mut query, log) = operation(ReadOnly, answers);
    Arc::get_mut(&mut query.rpc).unwrap().profile = own();
    assert_eq!(ids(query).await.unwrap().len(), 41);
    assert_eq!(waits(&log), [250; 40]);
}

#[tokio::test]
async fn elsewhere_the_same_failure_is_the_end() {
    for profile in [echoed(), nameless()] {
        let (mut query, log) = operation(ReadOnly, vec![Ok(vec![Ok(message(0)), Err(away())])]);
        Arc::get_mut(&mut query.rpc).unwrap().profile = profile;
        assert_eq!(ids(query).await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert_eq!(waits(&log), [0_u128; 0]);
    }
}

/// All of them would come again.
#[tokio::test]
async fn rows_without_ids_are_not_asked_for_past_a_router() {
    let unnamed = ExecutePlanResponse { response_id: String::new(), ..message(0) };
    let (mut query, log) = operation(ReadOnly, vec![Ok(vec![Ok(unnamed), Err(away())])]);
    Arc::get_mut(&mut query.rpc).unwrap().profile = own();
    assert_eq!(ids(query).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(log.calls(), [Call::Execute, Call::Abandon { planned: true }]);
}

#[tokio::test]
async fn a_call_for_the_rest_that_did_not_leave_is_no_failure_of_a_router() {
    let broken = Ok(vec![Ok(message(0)), Err(failure(Remedy::Retry))]);
    let (mut query, log) = operation(ReadOnly, vec![broken, Err(away().before_sending())]);
    Arc::get_mut(&mut query.rpc).unwrap().profile = own();
    assert_eq!(ids(query).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(waits(&log), [50]);
    assert_eq!(log.calls().last(), Some(&Call::Abandon { planned: true }));
}

/// It is Databricks that turns plans away before they run.
fn turned_away(remedy: Remedy) -> Failure {
    let class = Some("QUERY_REJECTED".into());
    let server = ServerError { error_class: class, ..Default::default() };
    let error = Error::new(ErrorKind::Server, "refused").with_server(server);
    Failure { remedy, ..Failure::fatal(error) }
}

#[tokio::test]
async fn a_plan_that_was_turned_away_is_sent_again_as_often_as_the_policy_has_it() {
    let answer = || Ok(vec![Ok(progress("p")), Err(turned_away(Remedy::Retry))]);
    let (mut statement, log) = operation(MayChange, std::iter::repeat_with(answer).take(16).collect());
    Arc::get_mut(&mut statement.rpc).unwrap().profile = own();
    let error = ids(statement).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_run()), (ErrorKind::Server, false), "{error}");
    let calls = log.calls();
    assert_eq!(calls.iter().filter(|call| **call == Call::Execute).count(), 16);
    assert!(!calls.iter().any(|call| matches!(call, Call::Reattach(_))));
    // The server has the last one still.
    let releases = calls.iter().filter(|call| matches!(call, Call::Release(_))).count();
    assert_eq!((calls.last(), releases), (Some(&Call::Release(None)), 1));
}

#[tokio::test]
async fn a_refusal_that_does_not_ask_to_wait_is_the_end_of_a_plan_that_has_not_run() {
    for effects in [MayChange, ReadOnly] {
        let (mut plan, log) = operation(effects, vec![Err(turned_away(Remedy::None))]);
        Arc::get_mut(&mut plan.rpc).unwrap().profile = own();
        let error = ids(plan).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_run()), (ErrorKind::Server, false), "{error}");
        assert_eq!(log.calls(), [Call::Execute, Call::Release(None)]);
    }
}

#[tokio::test]
async fn a_plan_that_may_have_begun_and_is_turned_away_is_not_asked_for_again() {
    for effects in [MayChange, ReadOnly] {
        let begun = Ok(vec![Ok(message(0)), Err(turned_away(Remedy::Retry))]);
        let (mut plan, log) = operation(effects, vec![begun]);
        Arc::get_mut(&mut plan.rpc).unwrap().profile = own();
        let error = ids(plan).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_run()), (ErrorKind::Server, true), "{error}");
        assert_eq!(log.calls(), [Call::Execute, Call::Release(None)]);
    }
}

#[tokio::test]
async fn a_plan_of_which_anything_runs_has_begun_and_is_not_sent_again() {
    let progress = |encoded: ExecutionProgress| {
        let encoded = Some(ResponseType::ExecutionProgress(encoded.encode_to_vec().into()));
        ExecutePlanResponse { response_id: "p".into(), response_type: encoded, ..Default::default() }
    };
    let nothing = ExecutionProgress::default();
    let stage = ExecutionProgress { stages: vec![StageInfo::default()], ..nothing.clone() };
    let task = ExecutionProgress { num_inflight_tasks: 1, ..nothing.clone() };
    let schema = bytes::Bytes::from_static(&[1]);
    let with_schema = ExecutePlanResponse { schema, ..progress(nothing.clone()) };
    for (told, sent) in [(progress(nothing), 2), (progress(stage), 1), (progress(task), 1), (with_schema, 1)]
    {
        let text = format!("{told:?}");
        let answers = vec![Ok(vec![Ok(told), Err(turned_away(Remedy::Retry))]), rest(0, 1)];
        let (mut statement, log) = operation(MayChange, answers);
        Arc::get_mut(&mut statement.rpc).unwrap().profile = own();
        assert_eq!(ids(statement).await.is_ok(), sent == 2, "{text}");
        assert_eq!(log.calls().iter().filter(|call| **call == Call::Execute).count(), sent, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_is_dropped_before_it_is_sent_again_is_forgotten() {
    let (mut statement, log) = operation(MayChange, vec![Err(turned_away(Remedy::Retry))]);
    Arc::get_mut(&mut statement.rpc).unwrap().profile = own();
    statement.retrying.timer.sleep = Arc::new(|_| Box::pin(std::future::pending()));
    let mut stream = Box::pin(statement.into_stream());
    assert!(futures_util::poll!(stream.try_next()).is_pending());
    drop(stream);
    assert_eq!(log.calls(), [Call::Execute, Call::Release(None)]);
}
