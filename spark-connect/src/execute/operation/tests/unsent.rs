//! Requests that never left, or that the server did not process.

use super::*;

#[tokio::test]
async fn a_request_that_never_left_is_sent_again() {
    let answers = vec![Err(unsent()), rest(0, 1)];
    let (operation, log) = operation(MayChange, answers);
    assert_eq!(ids(operation).await.unwrap(), ["r0"]);
    let wait = Call::Sleep(Duration::from_millis(50));
    assert_eq!(log.calls(), [Call::Execute, wait, Call::Execute, Call::Release(None)]);
}

#[tokio::test]
async fn a_plan_with_effects_that_was_not_processed_is_sent_once_more() {
    let unprocessed = || failure(Remedy::Retry).unprocessed();
    let (again, log) = operation(MayChange, vec![Err(unprocessed()), rest(0, 1)]);
    assert_eq!(ids(again).await.unwrap(), ["r0"]);
    let wait = Call::Sleep(Duration::from_millis(50));
    assert_eq!(log.calls(), [Call::Execute, wait, Call::Execute, Call::Release(None)]);

    let (twice, log) = operation(MayChange, vec![Err(unprocessed()), Err(unprocessed())]);
    let error = ids(twice).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, true), "{error}");
    assert!(!error.may_have_run());
    assert_eq!(log.calls().iter().filter(|call| **call == Call::Execute).count(), 2);

    let answers = std::iter::repeat_with(|| Err(unprocessed())).take(3).chain([rest(0, 1)]).collect();
    let (query, _) = operation(ReadOnly, answers);
    assert_eq!(ids(query).await.unwrap(), ["r0"]);
}

#[tokio::test]
async fn a_deadline_that_passes_on_a_look_before_the_plan_is_a_failed_attempt() {
    let unprocessed = || failure(Remedy::Retry).unprocessed();
    for effects in [ReadOnly, MayChange] {
        let (operation, log) = operation(effects, vec![rest(0, 1)]);
        let looks = [failure(Remedy::Reattach), unprocessed(), unprocessed()];
        operation.rpc.failing_looks.lock().unwrap().extend(looks);
        assert_eq!(ids(operation).await.unwrap(), ["r0"]);
        let waits = [50, 200, 800].map(|millis| Call::Sleep(Duration::from_millis(millis)));
        let calls = waits.into_iter().chain([Call::Execute, Call::Release(None)]);
        assert_eq!(log.calls(), calls.collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_call_for_the_rest_that_never_left_is_no_reattach() {
    let broken = Ok(vec![Ok(message(0)), Err(failure(Remedy::Retry))]);
    let without_a_server = std::iter::repeat_with(|| Err(unsent())).take(10);
    let answers = std::iter::once(broken).chain(without_a_server).chain([rest(1, 2)]).collect();
    let (operation, _) = operation(ReadOnly, answers);
    let observer = operation.observer.clone();
    assert_eq!(ids(operation).await.unwrap(), ["r0", "r1"]);
    let stats = observer.stats();
    assert_eq!((stats.retries, stats.reattaches), (11, 1));
}

#[tokio::test]
async fn a_query_that_never_arrived_is_sent_again_under_the_same_id() {
    let answers = vec![Err(failure(Remedy::Retry)), Err(not_found()), rest(0, 2)];
    let (operation, log) = operation(ReadOnly, answers);
    assert_eq!(ids(operation).await.unwrap(), ["r0", "r1"]);
    let requests: Vec<Call> =
        log.calls().into_iter().filter(|call| matches!(call, Call::Execute | Call::Reattach(_))).collect();
    assert_eq!(requests, [Call::Execute, Call::Reattach(None), Call::Execute]);
}

#[tokio::test]
async fn a_query_that_never_arrives_is_unavailable_and_may_be_sent_again() {
    let attempt = || [Err(failure(Remedy::Retry)), Err(not_found())];
    let (operation, log) = operation(ReadOnly, std::iter::repeat_with(attempt).take(8).flatten().collect());
    let error = ids(operation).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, true), "{error}");
    assert!(!error.may_have_run());
    assert!(error.to_string().starts_with("the connection broke before the plan arrived"), "{error}");
    assert_eq!(log.calls().iter().filter(|call| **call == Call::Execute).count(), 8);
}
