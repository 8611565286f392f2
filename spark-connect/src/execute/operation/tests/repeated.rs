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
        let (operation, _) = operation(false, vec![then_broken(0..4), then_complete(again..6)]);
        assert_eq!(ids(operation).await.unwrap(), whole, "from {again}");
    }
    // More than are looked through one by one.
    let long: Vec<String> = (0..42).map(|number| format!("r{number}")).collect();
    for again in [0, 15, 16, 17, 39] {
        let (operation, _) = operation(false, vec![then_broken(0..40), then_complete(again..42)]);
        assert_eq!(ids(operation).await.unwrap(), long, "from {again}");
    }
    // Twice over.
    let answers = vec![then_broken(0..2), then_broken(1..4), then_complete(0..6)];
    assert_eq!(ids(operation(false, answers).0).await.unwrap(), whole);
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
        let (operation, _) = operation(false, vec![then_broken(first), then_complete(second)]);
        assert_eq!(ids(operation).await.unwrap_err().kind(), ErrorKind::Protocol, "{text}");
    }
}

#[tokio::test]
async fn rows_without_an_id_are_taken_once_and_not_taken_up_again() {
    let (whole, _) = operation(false, vec![Ok(vec![Ok(unnamed()), Ok(unnamed()), Ok(complete())])]);
    assert_eq!(ids(whole).await.unwrap(), ["", ""]);
    for end in [vec![], vec![broken()]] {
        let answer = [Ok(message(0)), Ok(unnamed())].into_iter().chain(end).collect();
        let (operation, log) = operation(false, vec![Ok(answer)]);
        assert_eq!(ids(operation).await.unwrap_err().kind(), ErrorKind::Unavailable);
        assert!(!log.calls().iter().any(|call| matches!(call, Call::Reattach(_))));
    }
    let taken_up = Ok(vec![Ok(unnamed()), Ok(complete())]);
    let (operation, _) = operation(false, vec![then_broken(0..1), taken_up]);
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
        let (operation, log) = operation(false, answers);
        assert_eq!(ids(operation).await.unwrap_err().kind(), ErrorKind::Unavailable, "{ended}");
        let sleeps = log.calls().into_iter().filter(|call| matches!(call, Call::Sleep(_))).count();
        assert_eq!(sleeps, 15, "{ended}");
    }
}
