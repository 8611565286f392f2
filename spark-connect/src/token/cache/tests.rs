use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use tokio::sync::Semaphore;

use super::*;

/// Numbers its tokens and waits for leave to give each.
struct Counting {
    asked: AtomicUsize,
    leave: Semaphore,
    lifetime: Option<Duration>,
    failing_from: usize,
}

impl TokenProvider for Arc<Counting> {
    fn token(&self) -> BoxFuture<'_, Result<AccessToken>> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
        async move {
            self.leave.acquire().await.unwrap().forget();
            if number >= self.failing_from {
                return Err(Error::new(ErrorKind::Connect, "the token endpoint is down"));
            }
            let token = AccessToken::new(format!("t{number}"))?;
            Ok(self.lifetime.map_or_else(|| token.clone(), |lifetime| token.clone().expiring_in(lifetime)))
        }
        .boxed()
    }
}

fn counting(leave: usize, lifetime: Option<u64>, failing_from: usize) -> (Arc<Counting>, Cache) {
    let lifetime = lifetime.map(Duration::from_secs);
    let asked = AtomicUsize::new(0);
    let provider = Arc::new(Counting { asked, leave: Semaphore::new(leave), lifetime, failing_from });
    (Arc::clone(&provider), Cache::new(Arc::new(provider)))
}

fn token(number: usize) -> Token {
    Token::parse("token", &format!("t{number}")).unwrap()
}

/// Lets every task run until it waits for something.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn those_who_need_a_token_at_once_share_one_question() {
    for lifetime in [None, Some(3600)] {
        let (provider, cache) = counting(0, lifetime, usize::MAX);
        let all: Vec<_> = (0..100)
            .map(|_| {
                let cache = cache.clone();
                tokio::spawn(async move { cache.token().await.unwrap() })
            })
            .collect();
        settle().await;
        provider.leave.add_permits(100);
        assert!(join_all(all).await.into_iter().all(|got| got.unwrap() == token(1)));
        assert_eq!(provider.asked.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_gives_up_does_not_take_the_answer_from_the_others() {
    let (provider, cache) = counting(0, Some(3600), usize::MAX);
    let mut first = Box::pin(cache.token());
    assert!((&mut first).now_or_never().is_none());
    let second = cache.token();
    drop(first);
    provider.leave.add_permits(1);
    assert!(second.await.unwrap() == token(1));
    assert_eq!(provider.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn a_token_without_an_end_is_asked_for_with_every_call() {
    let (_, cache) = counting(9, None, usize::MAX);
    for number in 1..4 {
        assert!(cache.token().await.unwrap() == token(number));
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_ahead_of_its_end_while_the_old_one_is_used() {
    let (provider, cache) = counting(1, Some(3600), usize::MAX);
    assert!(cache.token().await.unwrap() == token(1));
    tokio::time::advance(Duration::from_secs(3239)).await;
    assert!(cache.token().await.unwrap() == token(1));
    settle().await;
    assert_eq!(provider.asked.load(Ordering::Relaxed), 1);

    tokio::time::advance(Duration::from_secs(1)).await;
    for _ in 0..3 {
        assert!(cache.token().await.unwrap() == token(1));
        settle().await;
    }
    assert_eq!(provider.asked.load(Ordering::Relaxed), 2);
    provider.leave.add_permits(1);
    settle().await;
    assert!(cache.token().await.unwrap() == token(2));
}

#[tokio::test(start_paused = true)]
async fn the_old_token_is_used_to_its_end_while_the_provider_fails() {
    let (provider, cache) = counting(99, Some(3600), 2);
    assert!(cache.token().await.unwrap() == token(1));
    tokio::time::advance(Duration::from_secs(3300)).await;
    for _ in 0..20 {
        assert!(cache.token().await.unwrap() == token(1));
        settle().await;
    }
    assert_eq!(provider.asked.load(Ordering::Relaxed), 2, "a failing provider is left alone for a while");
    tokio::time::advance(PAUSE).await;
    assert!(cache.token().await.unwrap() == token(1));
    settle().await;
    assert_eq!(provider.asked.load(Ordering::Relaxed), 3);

    tokio::time::advance(Duration::from_secs(300)).await;
    let error = cache.token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(error.to_string(), "there is no token to send: the token endpoint is down");
}

#[tokio::test]
async fn a_provider_that_serves_another_server_now_loses_the_session() {
    let moved = || async { Err(Error::new(ErrorKind::SessionLost, "the server moved")) };
    let error = Cache::new(Arc::new(moved)).token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SessionLost);
    assert!(error.is_retryable());
    assert_eq!(error.to_string(), "there is no token to send: the server moved");
}

#[tokio::test]
async fn what_a_provider_said_is_told_once_with_what_is_behind_it() {
    let behind = || std::io::Error::other("connection refused");
    let fails = move || async move {
        Err(Error::new(ErrorKind::Connect, "the token endpoint is down").with_source(behind()))
    };
    let error = Cache::new(Arc::new(fails)).token().await.unwrap_err();
    assert_eq!(error.to_string(), "there is no token to send: the token endpoint is down");
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.downcast_ref::<std::io::Error>().unwrap().to_string(), "connection refused");
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_serves_another_server_ahead_of_the_end_loses_the_session_at_once() {
    let asked = Arc::new(AtomicUsize::new(0));
    let provider = move || {
        let is_first = asked.fetch_add(1, Ordering::Relaxed) == 0;
        async move {
            match is_first {
                true => Ok(AccessToken::new("first")?.expiring_in(Duration::from_secs(3600))),
                false => Err(Error::new(ErrorKind::SessionLost, "the server moved")),
            }
        }
    };
    let cache = Cache::new(Arc::new(provider));
    cache.token().await.unwrap();
    tokio::time::advance(Duration::from_secs(3300)).await;
    cache.token().await.unwrap();
    settle().await;
    assert_eq!(cache.token().await.unwrap_err().kind(), ErrorKind::SessionLost);
}

#[tokio::test(start_paused = true)]
async fn while_no_server_is_reached_the_provider_is_asked_again_once_in_a_while() {
    let (provider, cache) = counting(99, Some(3600), usize::MAX);
    assert!(cache.token().await.unwrap() == token(1));
    for number in 2..5 {
        for _ in 0..20 {
            assert!(cache.ask_unreached().is_none());
            settle().await;
        }
        assert!(cache.token().await.unwrap() == token(number));
        tokio::time::advance(PAUSE).await;
    }
    assert_eq!(provider.asked.load(Ordering::Relaxed), 4);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_not_reached_and_has_moved_loses_the_session_until_it_is_back() {
    let is_moved = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let moved = Arc::clone(&is_moved);
    let provider = move || {
        let is_moved = moved.load(Ordering::Relaxed);
        async move {
            match is_moved {
                true => Err(Error::new(ErrorKind::SessionLost, "the server moved")),
                false => Ok(AccessToken::new("token")?.expiring_in(Duration::from_secs(3600))),
            }
        }
    };
    let cache = Cache::new(Arc::new(provider));
    cache.token().await.unwrap();
    is_moved.store(true, Ordering::Relaxed);
    assert!(cache.ask_unreached().is_none());
    settle().await;
    let told = cache.ask_unreached().map(|error| (error.kind(), error.to_string()));
    let text = "there is no token to send: the server moved".to_owned();
    assert_eq!(told, Some((ErrorKind::SessionLost, text)));
    assert_eq!(cache.token().await.unwrap_err().kind(), ErrorKind::SessionLost);
    is_moved.store(false, Ordering::Relaxed);
    tokio::time::advance(PAUSE).await;
    assert!(cache.ask_unreached().is_some());
    settle().await;
    assert!(cache.ask_unreached().is_none());
    cache.token().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn calls_that_were_refused_the_same_token_share_the_next() {
    let (provider, cache) = counting(99, Some(3600), usize::MAX);
    let refused = cache.token().await.unwrap();
    let next = join_all((0..100).map(|_| cache.token_after(&refused))).await;
    assert!(next.into_iter().all(|next| next.unwrap() == token(2)));
    assert!(cache.token_after(&refused).await.unwrap() == token(2));
    assert_eq!(provider.asked.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_hangs_or_panics_is_an_error_and_the_next_call_asks_again() {
    let (provider, cache) = counting(0, None, usize::MAX);
    let error = cache.token().await.unwrap_err();
    assert_eq!(error.to_string(), "there is no token to send: the token provider did not answer within 60s");
    provider.leave.add_permits(2);
    assert!(cache.token().await.unwrap() == token(2));

    fn panicking() -> Result<AccessToken> {
        panic!("on purpose")
    }
    fn panicking_at_once() -> std::future::Ready<Result<AccessToken>> {
        std::future::ready(panicking())
    }
    for panics in [Cache::new(Arc::new(|| async { panicking() })), Cache::new(Arc::new(panicking_at_once))] {
        for _ in 0..2 {
            let error = panics.token().await.unwrap_err();
            assert_eq!(error.to_string(), "there is no token to send: the token provider panicked");
        }
    }
}

#[tokio::test]
async fn a_question_whose_task_has_ended_is_asked_anew() {
    let (provider, cache) = counting(1, None, usize::MAX);
    let ended = tokio::spawn(async {});
    let handle = ended.abort_handle();
    ended.await.unwrap();
    let asking: Asking = std::future::ready(Err(Arc::new(no_token("it ended")))).boxed().shared();
    cache.state().asking = Some((Runtime::current().unwrap(), handle, asking));
    assert!(cache.token().await.unwrap() == token(1));
    assert_eq!(provider.asked.load(Ordering::Relaxed), 1);
}

#[test]
fn the_time_to_renew_is_a_tenth_of_the_lifetime_and_a_minute_of_a_short_one() {
    for (lifetime, ahead) in [(86_400, 8640), (3600, 360), (600, 60), (300, 60), (100, 50), (10, 5)] {
        let token = AccessToken::new("t").unwrap().expiring_in(Duration::from_secs(lifetime));
        let now = Instant::now();
        let margin = Duration::from_millis(500);
        assert!(!token.is_due(now + Duration::from_secs(lifetime - ahead) - margin), "{lifetime}");
        assert!(token.is_due(now + Duration::from_secs(lifetime - ahead) + margin), "{lifetime}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_due_token_is_renewed_before_a_call_with_side_effects() {
    let (provider, cache) = counting(1, Some(3600), 3);
    let first = cache.token().await.unwrap();
    assert!(!cache.has_accepted_token().await.unwrap(), "no call was answered with it yet");
    cache.note_accepted(&first);
    assert!(cache.has_accepted_token().await.unwrap());
    tokio::time::advance(Duration::from_secs(3300)).await;
    let waiting = cache.has_accepted_token();
    provider.leave.add_permits(9);
    assert!(!waiting.await.unwrap(), "the new one is not known to the server");
    assert!(cache.token().await.unwrap() == token(2));
    cache.note_accepted(&token(2));
    // A provider that fails leaves the old one, which is good to its end.
    tokio::time::advance(Duration::from_secs(3300)).await;
    assert!(cache.has_accepted_token().await.unwrap());
    assert_eq!(provider.asked.load(Ordering::Relaxed), 3);
    tokio::time::advance(Duration::from_secs(301)).await;
    cache.has_accepted_token().await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_refused_is_not_given_again() {
    let (_, cache) = counting(9, Some(3600), usize::MAX);
    let first = cache.token().await.unwrap();
    cache.note_accepted(&first);
    cache.forget(&token(7));
    assert!(cache.token().await.unwrap() == first);
    cache.forget(&first);
    assert!(cache.token().await.unwrap() == token(2));
    assert!(!cache.has_accepted_token().await.unwrap());
}
