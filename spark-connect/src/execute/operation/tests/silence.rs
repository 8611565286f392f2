//! Streams that bring nothing for a while.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_stream_that_falls_silent_is_taken_up_anew_as_often_as_it_does() {
    for effects in [ReadOnly, MayChange] {
        let mut answers = vec![Ok(vec![]), Ok(vec![Ok(message(0))])];
        answers.extend((0..20).map(|_| Ok(vec![])));
        answers.push(rest(1, 2));
        let (mut operation, log) = operation(effects, answers);
        Arc::get_mut(&mut operation.rpc).unwrap().age = Duration::from_secs(36_000);
        let begun = Instant::now();
        assert_eq!(ids(operation).await.unwrap(), ["r0", "r1"]);
        assert_eq!(begun.elapsed().as_secs(), 22 * 600);
        let mut calls = vec![Call::Execute, Call::Reattach(None)];
        calls.extend((0..21).map(|_| Call::Reattach(Some("r0".to_owned()))));
        calls.push(Call::Release(None));
        assert_eq!(log.calls(), calls);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_of_rows_without_ids_is_not_resumed() {
    for (effects, kind) in [(ReadOnly, ErrorKind::Unavailable), (MayChange, ErrorKind::OutcomeUnknown)] {
        let unnamed = ExecutePlanResponse { response_id: String::new(), ..message(0) };
        let (mut operation, log) = operation(effects, vec![Ok(vec![Ok(unnamed)])]);
        Arc::get_mut(&mut operation.rpc).unwrap().age = Duration::from_secs(36_000);
        let mut stream = Box::pin(operation.into_stream());
        assert!(stream.try_next().await.unwrap().is_some());
        assert_eq!(stream.try_next().await.unwrap_err().kind(), kind);
        assert_eq!(log.calls(), [Call::Execute, Call::Abandon { planned: true }]);
    }
}

#[tokio::test]
async fn a_schema_without_an_id_that_comes_with_each_stream_renews_no_retries() {
    let schema = || {
        let schema = bytes::Bytes::from_static(&[1]);
        Ok(ExecutePlanResponse { schema, ..Default::default() })
    };
    let answers =
        std::iter::repeat_with(|| Ok(vec![schema(), Err(failure(Remedy::Retry))])).take(16).collect();
    let (operation, log) = operation(ReadOnly, answers);
    assert_eq!(ids(operation).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(log.sleeps(), 15);
}

/// Spark before 4.0 has nothing to say of an operation whose session it dropped: neither an end nor an error.
#[tokio::test(start_paused = true)]
async fn a_session_that_is_dropped_for_others_ends_its_silent_operations() {
    for (effects, kind) in [(ReadOnly, ErrorKind::SessionLost), (MayChange, ErrorKind::OutcomeUnknown)] {
        let (mut operation, log) = operation(effects, vec![Ok(vec![])]);
        let script = Arc::get_mut(&mut operation.rpc).unwrap();
        (script.age, script.found) = (Duration::from_secs(36_000), Some(3));
        script.profile = nameless();
        let begun = Instant::now();
        assert_eq!(ids(operation).await.unwrap_err().kind(), kind);
        assert_eq!(begun.elapsed().as_secs(), 4 * 15);
        assert_eq!(log.calls(), [Call::Execute, Call::Release(None)]);
    }
}

/// A stream that is dropped in silence takes its connection with it.
#[tokio::test(start_paused = true)]
async fn a_slow_query_whose_session_is_there_is_read_from_one_stream() {
    let (mut operation, log) = operation(ReadOnly, vec![rest(0, 2)]);
    let script = Arc::get_mut(&mut operation.rpc).unwrap();
    (script.slow, script.profile) = (Duration::from_secs(9 * 60 + 50), nameless());
    let script = Arc::clone(&operation.rpc);
    assert_eq!(ids(operation).await.unwrap(), ["r0", "r1"]);
    assert_eq!(log.calls(), [Call::Execute, Call::Release(None)]);
    assert_eq!(script.looks.load(Ordering::Relaxed), 39);
}

#[tokio::test(start_paused = true)]
async fn a_response_does_not_wait_for_a_look_in_the_silence_before_it() {
    let (mut operation, log) = operation(ReadOnly, vec![rest(0, 2)]);
    let script = Arc::get_mut(&mut operation.rpc).unwrap();
    (script.profile, script.look) = (nameless(), Duration::from_secs(10));
    script.slow = Duration::from_secs(17);
    let begun = Instant::now();
    assert_eq!(ids(operation).await.unwrap(), ["r0", "r1"]);
    // The look before the plan, and the silence.
    assert_eq!(begun.elapsed().as_secs(), 10 + 17);
    assert_eq!(log.calls(), [Call::Execute, Call::Release(None)]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_is_taken_up_anew_where_the_look_is_silent_too() {
    let (mut operation, log) = operation(MayChange, vec![Ok(vec![]), rest(0, 1)]);
    let script = Arc::get_mut(&mut operation.rpc).unwrap();
    (script.age, script.profile) = (Duration::from_secs(36_000), nameless());
    script.look = 2 * SHORT_SILENCE;
    let begun = Instant::now();
    assert_eq!(ids(operation).await.unwrap(), ["r0"]);
    // A look before the plan, a silence, a look that is given up, and one before the result is taken up.
    assert_eq!(begun.elapsed().as_secs(), 6 * SHORT_SILENCE.as_secs());
    assert_eq!(log.calls(), [Call::Execute, Call::Reattach(None), Call::Release(None)]);
}

/// It is the end of the statement here: the server may have dropped the session, and would never tell.
#[tokio::test(start_paused = true)]
async fn a_failed_look_in_a_silence_says_nothing_of_the_statement() {
    for (kind, ends) in [
        (ErrorKind::Server, Call::Abandon { planned: false }),
        (ErrorKind::Unsupported, Call::Abandon { planned: false }),
        (ErrorKind::ClusterNotReady, Call::Abandon { planned: false }),
        (ErrorKind::Unauthenticated, Call::Release(None)),
        (ErrorKind::SessionLost, Call::Release(None)),
    ] {
        for (effects, ended) in [(MayChange, ErrorKind::OutcomeUnknown), (ReadOnly, kind)] {
            let (mut operation, log) = operation(effects, vec![Ok(vec![])]);
            let script = Arc::get_mut(&mut operation.rpc).unwrap();
            (script.age, script.found, script.lost) = (Duration::from_secs(36_000), Some(1), kind);
            script.profile = nameless();
            let begun = Instant::now();
            let error = ids(operation).await.unwrap_err();
            assert_eq!((error.kind(), error.may_have_run()), (ended, true), "{kind:?}");
            assert_eq!(begun.elapsed().as_secs(), 2 * 15);
            assert_eq!(log.calls(), [Call::Execute, ends.clone()], "{kind:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_query_whose_streams_end_by_age_is_waited_for() {
    let mut answers: Vec<Answer> = std::iter::repeat_with(|| Ok(Vec::new())).take(40).collect();
    answers.push(rest(0, 1));
    let (mut operation, log) = operation(ReadOnly, answers);
    Arc::get_mut(&mut operation.rpc).unwrap().age = Duration::from_secs(120);
    assert_eq!(ids(operation).await.unwrap(), ["r0"]);
    let calls = log.calls();
    assert_eq!(calls.iter().filter(|call| **call == Call::Reattach(None)).count(), 40);
    assert!(!calls.iter().any(|call| matches!(call, Call::Sleep(_))));
}

#[tokio::test(start_paused = true)]
async fn a_look_at_the_session_that_takes_longer_than_a_silence_is_waited_for() {
    let (mut operation, log) = operation(ReadOnly, vec![Ok(vec![Ok(message(0))]), rest(1, 2)]);
    let script = Arc::get_mut(&mut operation.rpc).unwrap();
    (script.profile, script.look) = (nameless(), 2 * SHORT_SILENCE);
    assert_eq!(ids(operation).await.unwrap(), ["r0", "r1"]);
    assert_eq!(log.calls(), [Call::Execute, Call::Reattach(Some("r0".into())), Call::Release(None)]);
}

/// Such as one that a slow provider gives. What waits for it is not on its way.
#[tokio::test(start_paused = true)]
async fn a_plan_that_a_silence_ends_before_it_left_is_sent_and_not_asked_for() {
    let (mut operation, log) = operation(MayChange, vec![rest(0, 1)]);
    let script = Arc::get_mut(&mut operation.rpc).unwrap();
    (script.profile, script.token) = (nameless(), Mutex::new(2 * SHORT_SILENCE));
    assert_eq!(ids(operation).await.unwrap(), ["r0"]);
    assert_eq!(log.calls(), [Call::Execute, Call::Release(None)]);
}

#[tokio::test(start_paused = true)]
async fn a_large_plan_on_its_way_is_no_silence() {
    let (mut operation, log) = operation(MayChange, vec![rest(0, 1)]);
    let script = Arc::get_mut(&mut operation.rpc).unwrap();
    (script.profile, script.sending) = (nameless(), 30 * SHORT_SILENCE);
    assert_eq!(ids(operation).await.unwrap(), ["r0"]);
    assert_eq!(log.calls(), [Call::Execute, Call::Release(None)]);
}

#[tokio::test(start_paused = true)]
async fn a_silence_begins_when_the_stream_is_open() {
    let (mut operation, log) = operation(ReadOnly, vec![Ok(vec![]), rest(0, 1)]);
    let script = Arc::get_mut(&mut operation.rpc).unwrap();
    (script.profile, script.age) = (nameless(), Duration::from_secs(36_000));
    script.token = Mutex::new(Duration::from_secs(10));
    let begun = Instant::now();
    assert_eq!(ids(operation).await.unwrap(), ["r0"]);
    assert_eq!(begun.elapsed().as_secs(), 10 + SILENCE.as_secs());
    assert_eq!(log.calls(), [Call::Execute, Call::Reattach(None), Call::Release(None)]);
}

/// A statement of Sail's ends with its call, whose answer begins when the statement is done.
#[tokio::test(start_paused = true)]
async fn a_call_that_carries_its_plan_is_kept_as_long_as_others_are_answered() {
    for refused in [None, Some(ErrorKind::Unauthenticated), Some(ErrorKind::Server)] {
        let (mut operation, log) = operation(MayChange, vec![rest(0, 1)]);
        let script = Arc::get_mut(&mut operation.rpc).unwrap();
        script.head = Duration::from_secs(2 * 3600 - 10);
        if let Some(kind) = refused {
            (script.found, script.lost) = (Some(1), kind);
        }
        let script = Arc::clone(&operation.rpc);
        let begun = Instant::now();
        assert_eq!(ids(operation).await.unwrap(), ["r0"], "{refused:?}");
        assert_eq!(begun.elapsed().as_secs(), 2 * 3600 - 10);
        assert_eq!(log.calls(), [Call::Execute, Call::Release(None)]);
        assert_eq!(script.looks.load(Ordering::Relaxed), 119);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_is_given_up_where_the_session_is_lost() {
    for (effects, kind) in [(ReadOnly, ErrorKind::SessionLost), (MayChange, ErrorKind::OutcomeUnknown)] {
        let (mut operation, log) = operation(effects, vec![]);
        let script = Arc::get_mut(&mut operation.rpc).unwrap();
        (script.head, script.found) = (Duration::from_secs(3600), Some(2));
        let begun = Instant::now();
        assert_eq!(ids(operation).await.unwrap_err().kind(), kind);
        assert_eq!(begun.elapsed().as_secs(), 3 * 60);
        assert_eq!(log.calls(), [Call::Execute, Call::Release(None)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_given_up_once_nothing_was_answered_for_ten_minutes() {
    const NO_ANSWER: Duration = Duration::from_secs(1000);
    let (mut operation, log) = operation(MayChange, vec![rest(0, 1)]);
    let script = Arc::get_mut(&mut operation.rpc).unwrap();
    (script.head, script.look) = (Duration::from_secs(36_000), NO_ANSWER);
    let begun = Instant::now();
    assert_eq!(ids(operation).await.unwrap(), ["r0"]);
    // A look before the plan, five minutes of silence with a look after each, and one more.
    assert_eq!(begun.elapsed().as_secs(), NO_ANSWER.as_secs() + (5 * 2 + 1) * 60);
    assert_eq!(log.calls(), [Call::Execute, Call::Reattach(None), Call::Release(None)]);
}

#[tokio::test(start_paused = true)]
async fn a_call_is_kept_after_one_look_without_an_answer() {
    for (takes, found) in [
        (Duration::from_secs(1000), Ok(())),
        (Duration::ZERO, Err(ErrorKind::Unavailable)),
        (Duration::from_secs(30), Err(ErrorKind::Timeout)),
    ] {
        let (mut operation, log) = operation(MayChange, vec![rest(0, 1)]);
        let script = Arc::get_mut(&mut operation.rpc).unwrap();
        script.head = Duration::from_secs(2 * 3600 - 10);
        script.first_looks = Mutex::new(VecDeque::from([(takes, found)]));
        let begun = Instant::now();
        assert_eq!(ids(operation).await.unwrap(), ["r0"], "{found:?} after {takes:?}");
        assert_eq!(begun.elapsed().as_secs(), 2 * 3600 - 10);
        assert_eq!(log.calls(), [Call::Execute, Call::Release(None)]);
    }
}

/// A look that is refused at once takes none of the ten minutes.
#[tokio::test(start_paused = true)]
async fn a_call_whose_looks_are_refused_is_kept_for_ten_minutes() {
    let (mut operation, log) = operation(MayChange, vec![rest(0, 1)]);
    let script = Arc::get_mut(&mut operation.rpc).unwrap();
    script.head = Duration::from_secs(36_000);
    let refused = std::iter::repeat_n((Duration::ZERO, Err(ErrorKind::Unavailable)), 9);
    script.first_looks = Mutex::new(refused.collect());
    let begun = Instant::now();
    assert_eq!(ids(operation).await.unwrap(), ["r0"]);
    assert_eq!(begun.elapsed().as_secs(), SILENCE.as_secs());
    assert_eq!(log.calls(), [Call::Execute, Call::Reattach(None), Call::Release(None)]);
}

/// It has no plan that could end with it.
#[tokio::test(start_paused = true)]
async fn a_call_for_the_rest_is_made_again_after_ten_minutes() {
    let (mut operation, log) = operation(MayChange, vec![Err(failure(Remedy::Retry)), rest(0, 1)]);
    let script = Arc::get_mut(&mut operation.rpc).unwrap();
    script.reattach_head = Mutex::new(Duration::from_secs(36_000));
    let (begun, observer) = (Instant::now(), operation.observer.clone());
    assert_eq!(ids(operation).await.unwrap(), ["r0"]);
    assert_eq!(observer.stats().reattaches, 2);
    assert_eq!(begun.elapsed().as_secs(), SILENCE.as_secs());
    let calls = log.calls();
    assert_eq!(calls.iter().filter(|call| **call == Call::Reattach(None)).count(), 2);
    assert_eq!(calls.last(), Some(&Call::Release(None)));
}

/// A server that begins to answer with the first response has nothing to begin with before a statement is done.
#[tokio::test(start_paused = true)]
async fn a_slow_answer_of_a_server_that_drops_sessions_makes_no_new_calls() {
    let refused = || {
        let server = ServerError { message: "some words".into(), ..Default::default() };
        Err(Failure::fatal(Error::new(ErrorKind::Server, "refused").with_server(server)))
    };
    let (mut operation, log) = operation(MayChange, vec![refused()]);
    let script = Arc::get_mut(&mut operation.rpc).unwrap();
    (script.profile, script.head) = (nameless(), Duration::from_secs(9 * 60 + 50));
    let script = Arc::clone(&operation.rpc);
    // It is the first and only answer, so it says what became of the statement.
    assert_eq!(ids(operation).await.unwrap_err().kind(), ErrorKind::Server);
    assert_eq!(log.calls(), [Call::Execute, Call::Release(None)]);
    assert_eq!(script.looks.load(Ordering::Relaxed), 39);
}
