//! A server that keeps few sent responses, drops the older ones, and resumes after the gap.

use super::*;

fn dropping(answers: Vec<Answer>) -> (Operation<Script>, Log) {
    let (mut operation, log) = operation(ReadOnly, answers);
    Arc::get_mut(&mut operation.rpc).unwrap().profile = echoed();
    (operation, log)
}

fn broken_after(messages: usize) -> Answer {
    Ok((0..messages).map(message).map(Ok).chain([Err(failure(Remedy::Retry))]).collect())
}

fn reattached(log: &Log) -> Vec<Call> {
    log.calls().into_iter().filter(|call| matches!(call, Call::Reattach(_))).collect()
}

#[tokio::test]
async fn a_broken_result_is_taken_up_one_response_earlier_and_comes_whole() {
    for (messages, behind) in [(1, None), (2, Some("r0")), (7, Some("r5"))] {
        let (operation, log) = dropping(vec![broken_after(messages), rest(messages - 1, 9)]);
        let whole: Vec<String> = (0..9).map(|number| format!("r{number}")).collect();
        assert_eq!(ids(operation).await.unwrap(), whole);
        assert_eq!(reattached(&log), [Call::Reattach(behind.map(str::to_owned))]);
    }
}

#[tokio::test]
async fn a_result_with_a_gap_is_an_error_and_not_a_short_result() {
    for next in [4, 5, 9] {
        let (operation, log) = dropping(vec![broken_after(4), rest(next, 9)]);
        let error = ids(operation).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("dropped a part of the result"), "{error}");
        assert_eq!(log.calls().last(), Some(&Call::Abandon { planned: true }));
    }
}

#[tokio::test]
async fn a_gap_before_the_first_response_is_told_by_the_missing_schema() {
    let (operation, _) = dropping(vec![Err(failure(Remedy::Retry)), rest(3, 9)]);
    assert_eq!(ids(operation).await.unwrap_err().kind(), ErrorKind::Unavailable);

    let schema = ExecutePlanResponse {
        response_id: "schema".into(),
        schema: bytes::Bytes::from_static(b"a schema"),
        ..Default::default()
    };
    let answer = Ok(vec![Ok(schema), Ok(message(0)), Ok(complete())]);
    let (operation, _) = dropping(vec![Err(failure(Remedy::Retry)), answer]);
    assert_eq!(ids(operation).await.unwrap(), ["schema", "r0"]);
}

#[tokio::test]
async fn the_response_to_begin_with_is_no_progress_and_uses_up_the_retries() {
    let known = || Ok(vec![Ok(message(1)), Err(failure(Remedy::Retry))]);
    let answers = std::iter::once(broken_after(2)).chain(std::iter::repeat_with(known).take(15)).collect();
    let (operation, log) = dropping(answers);
    assert_eq!(ids(operation).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(reattached(&log).len(), 15);
}

#[tokio::test]
async fn the_last_response_is_not_released_while_it_may_be_asked_for_again() {
    let large = |number: usize| {
        let batch = ArrowBatch { row_count: 1, data: vec![0; RELEASE_AFTER].into(), ..Default::default() };
        Ok(ExecutePlanResponse { response_type: Some(ResponseType::ArrowBatch(batch)), ..message(number) })
    };
    let (operation, log) = dropping(vec![Ok((0..3).map(large).chain([Ok(complete())]).collect())]);
    assert_eq!(ids(operation).await.unwrap().len(), 3);
    let released = |id: &str| Call::Release(Some(id.into()));
    assert_eq!(log.calls(), [Call::Execute, released("r0"), released("r1"), Call::Release(None)]);
}
