//! A server that sends again what it has sent already.

use super::*;

fn broken() -> Result<ExecutePlanResponse, Failure> {
    Err(failure(Remedy::Retry))
}

fn messages(numbers: impl IntoIterator<Item = usize>) -> Vec<Result<ExecutePlanResponse, Failure>> {
    numbers.into_iter().map(|number| Ok(message(number))).collect()
}

fn unnamed() -> ExecutePlanResponse {
    ExecutePlanResponse { response_id: String::new(), ..message(0) }
}

fn then_broken(numbers: impl IntoIterator<Item = usize>) -> Answer {
    Ok(messages(numbers).into_iter().chain([broken()]).collect())
}

fn then_complete(numbers: impl IntoIterator<Item = usize>) -> Answer {
    Ok(messages(numbers).into_iter().chain([Ok(complete())]).collect())
}

#[tokio::test]
async fn what_comes_again_behind_a_reattach_is_handed_on_once() {
    let whole: Vec<String> = (0..6).map(|number| format!("r{number}")).collect();
    for again in 0..4 {
        let (operation, _) = operation(ReadOnly, vec![then_broken(0..4), then_complete(again..6)]);
        assert_eq!(ids(operation).await.unwrap(), whole, "from {again}");
    }
    // More than are looked through one by one.
    let long: Vec<String> = (0..42).map(|number| format!("r{number}")).collect();
    for again in [0, 15, 16, 17, 39] {
        let (operation, _) = operation(ReadOnly, vec![then_broken(0..40), then_complete(again..42)]);
        assert_eq!(ids(operation).await.unwrap(), long, "from {again}");
    }
    // Twice over.
    let answers = vec![then_broken(0..2), then_broken(1..4), then_complete(0..6)];
    assert_eq!(ids(operation(ReadOnly, answers).0).await.unwrap(), whole);
}

#[tokio::test]
async fn a_repeat_that_is_not_the_rest_of_what_was_sent_is_an_error() {
    let wrong: [(Vec<usize>, Vec<usize>); 9] = [
        // In the first stream.
        (vec![0, 1, 1], vec![]),
        (vec![0, 1, 0], vec![]),
        ((0..40).chain([10]).collect(), vec![]),
        ((0..40).chain([20]).collect(), vec![]),
        // Behind a reattach, in any position.
        (vec![0, 1, 2], vec![1, 3]),
        (vec![0, 1, 2], vec![3, 1]),
        (vec![0, 1, 2], vec![3, 3]),
        (vec![0, 1, 2], vec![2, 2]),
        (vec![0, 1, 2], vec![0, 2]),
    ];
    for (first, second) in wrong {
        let text = format!("{first:?} {second:?}");
        let (operation, _) = operation(ReadOnly, vec![then_broken(first), then_complete(second)]);
        assert_eq!(ids(operation).await.unwrap_err().kind(), ErrorKind::Protocol, "{text}");
    }
}

#[tokio::test]
async fn rows_without_an_id_are_taken_once_and_not_taken_up_again() {
    let (whole, _) = operation(ReadOnly, vec![Ok(vec![Ok(unnamed()), Ok(unnamed()), Ok(complete())])]);
    assert_eq!(ids(whole).await.unwrap(), ["", ""]);
    for end in [vec![], vec![broken()]] {
        let answer = [Ok(message(0)), Ok(unnamed())].into_iter().chain(end).collect();
        let (operation, log) = operation(ReadOnly, vec![Ok(answer)]);
        assert_eq!(ids(operation).await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert!(!log.calls().iter().any(|call| matches!(call, Call::Reattach(_))));
    }
    let taken_up = Ok(vec![Ok(unnamed()), Ok(complete())]);
    let (operation, _) = operation(ReadOnly, vec![then_broken(0..1), taken_up]);
    assert_eq!(ids(operation).await.unwrap_err().kind(), ErrorKind::Protocol);
}

#[tokio::test]
async fn responses_that_bring_nothing_do_not_renew_the_retries() {
    let progress = |number: usize| ExecutePlanResponse {
        response_id: format!("p{number}"),
        response_type: Some(ResponseType::ExecutionProgress(Default::default())),
        ..Default::default()
    };
    for ended in [true, false] {
        let mut answers: Vec<Answer> = (0..30)
            .map(|number| Ok([Ok(progress(number))].into_iter().chain((!ended).then(broken)).collect()))
            .collect();
        answers.truncate(17);
        let (operation, log) = operation(ReadOnly, answers);
        assert_eq!(ids(operation).await.unwrap_err().kind(), ErrorKind::Unavailable, "{ended}");
        let sleeps = log.sleeps();
        assert_eq!(sleeps, 15, "{ended}");
    }
}

/// What becomes of a result whose streams break behind one response each: whether each of them renews the retries.
async fn renews(first: Vec<ExecutePlanResponse>, each: impl Fn(usize) -> ExecutePlanResponse) -> bool {
    let begun = Ok(first.into_iter().map(Ok).chain([broken()]).collect());
    let streams = (0..40).map(|number| Ok(vec![Ok(each(number)), broken()]));
    let answers = std::iter::once(begun).chain(streams).chain([Ok(vec![Ok(complete())])]).collect();
    let (operation, log) = operation(ReadOnly, answers);
    let ended = ids(operation).await;
    let sleeps = log.sleeps();
    match ended {
        Ok(_) => assert_eq!(sleeps, 41),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Unavailable),
    }
    sleeps == 41
}

#[tokio::test]
async fn rows_renew_the_retries_and_what_a_server_may_send_without_end_does_so_once() {
    let empty = |number: usize| ExecutePlanResponse {
        response_id: format!("e{number}"),
        response_type: Some(ResponseType::ArrowBatch(ArrowBatch::default())),
        ..Default::default()
    };
    let other = |number: usize| ExecutePlanResponse {
        response_id: format!("o{number}"),
        response_type: Some(ResponseType::SqlCommandResult(Default::default())),
        ..Default::default()
    };
    let schema = |number: usize| ExecutePlanResponse {
        response_id: format!("s{number}"),
        schema: bytes::Bytes::from_static(&[1]),
        ..Default::default()
    };
    assert!(renews(vec![], message).await);
    assert!(!renews(vec![], empty).await);
    assert!(!renews(vec![], other).await);
    assert!(!renews(vec![], schema).await);
}

/// It comes with the last retry, and so is followed by another one if it renews them.
#[tokio::test]
async fn the_first_response_of_a_kind_renews_the_retries_unless_rows_came_before() {
    let empty = ExecutePlanResponse {
        response_id: "e".into(),
        response_type: Some(ResponseType::ArrowBatch(ArrowBatch::default())),
        ..Default::default()
    };
    let other = ExecutePlanResponse {
        response_type: Some(ResponseType::SqlCommandResult(Default::default())),
        ..empty.clone()
    };
    let schema = || ExecutePlanResponse { schema: bytes::Bytes::from_static(&[1]), ..Default::default() };
    let named = ExecutePlanResponse { response_id: "s".into(), ..schema() };
    let nothing = ExecutePlanResponse { response_id: "n".into(), ..Default::default() };
    let cases = [
        (vec![], empty.clone(), true),
        (vec![message(0)], empty, false),
        (vec![], other.clone(), true),
        (vec![message(0)], other, false),
        (vec![], named.clone(), true),
        (vec![], schema(), true),
        (vec![], nothing, false),
        (vec![message(0)], named, false),
        (vec![progress("p")], schema(), false),
    ];
    for (before, response, renews) in cases {
        let text = format!("{response:?} behind {before:?}");
        let mut answers: Vec<Answer> = vec![Ok(before.into_iter().map(Ok).chain([broken()]).collect())];
        answers.extend((0..14).map(|_| Err(failure(Remedy::Retry))));
        answers.push(Ok(vec![Ok(response), broken()]));
        answers.push(Ok(vec![Ok(complete())]));
        let (operation, _) = operation(ReadOnly, answers);
        assert_eq!(ids(operation).await.is_ok(), renews, "{text}");
    }
}
