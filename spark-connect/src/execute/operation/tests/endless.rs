//! Responses that say nothing, as many as a server likes, and ids that are no ids.

use super::*;

fn empty(number: usize) -> ExecutePlanResponse {
    ExecutePlanResponse { response_id: format!("e{number}"), ..Default::default() }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_pauses_leaves_its_caller_its_deadline() {
    let same = || empty(7);
    for said in [(0..500).map(empty).collect::<Vec<_>>(), vec![same(); 500]] {
        let said = said.into_iter().map(Ok).collect();
        let (operation, log) = operation(ReadOnly, vec![Ok(said)]);
        let all = operation.into_stream().try_collect::<Vec<_>>();
        assert!(clock::timeout(Duration::ZERO, all).await.is_none());
        assert_eq!(log.calls(), [Call::Execute, Call::Abandon { planned: false }]);
    }
}

#[tokio::test(start_paused = true)]
async fn answers_that_come_again_and_again_are_no_progress() {
    let answer = |number: usize| {
        let result = ResponseType::SqlCommandResult(Default::default());
        Ok(ExecutePlanResponse { response_type: Some(result), ..empty(number) })
    };
    let (operation, log) = operation(ReadOnly, (0..50).map(|number| Ok(vec![answer(number)])).collect());
    let error = operation.into_stream().try_collect::<Vec<_>>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let waits = log.sleeps();
    assert_eq!(waits, 15);
}

#[tokio::test(start_paused = true)]
async fn what_comes_behind_the_end_is_not_part_of_the_result() {
    let (operation, _) =
        operation(ReadOnly, vec![Ok(vec![Ok(message(0)), Ok(complete()), Ok(message(1)), Ok(complete())])]);
    assert_eq!(operation.into_stream().try_collect::<Vec<_>>().await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_id_that_is_longer_than_any_servers_is_an_error() {
    for (length, is_id) in [(LONGEST_ID, true), (LONGEST_ID + 1, false), (64 << 20, false)] {
        let response = ExecutePlanResponse { response_id: "x".repeat(length), ..message(0) };
        let (operation, _) = operation(ReadOnly, vec![Ok(vec![Ok(response), Ok(complete())])]);
        let end = operation.into_stream().try_collect::<Vec<_>>().await;
        assert_eq!(
            end.map(|all| all.len()).map_err(|error| error.kind()),
            match is_id {
                true => Ok(1),
                false => Err(ErrorKind::Protocol),
            }
        );
    }
}
