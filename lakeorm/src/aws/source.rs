//! The endpoint that is in use, and its token.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use spark_connect::{AccessToken, Channel, Error, ErrorKind, Result, clock};
use tokio::time::Instant;

use super::endpoint::Destination;
use super::question::{Answer, Questions};
use super::{ChannelOptions, Endpoint};
use crate::spark::HOSTED_CONNECT_TIMEOUT;

/// The header that the services' own gateway reads, with the bare token.
const HEADER: &str = "x-aws-proxy-auth";

/// While a token is good, a service is not waited for longer than this, and left alone for as long after a failure.
const PAUSE: Duration = Duration::from_secs(5);

/// Asks for endpoints, and keeps the channel to the last of them.
pub(super) struct Endpoints {
    questions: Arc<Questions>,
    options: ChannelOptions,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    known: Option<Known>,
    /// Before this the service is not asked for another endpoint, as long as the token of the known one is good.
    paused_until: Option<Instant>,
}

/// The endpoint that is in use.
struct Known {
    /// The number of the answer that brought it.
    number: u64,
    channel: Channel,
    tokens: Arc<Tokens>,
}

impl Endpoints {
    pub(super) fn new(questions: Questions, options: ChannelOptions) -> Self {
        Self { questions: Arc::new(questions), options, state: Mutex::default() }
    }

    /// The channel to the endpoint of now. A server that moved is found with the next session. A service that does not
    /// say where it is has not moved, as long as the token is good.
    pub(super) async fn channel(&self) -> Result<Channel> {
        let good = {
            let state = self.state();
            state.good().filter(|_| state.paused_until.is_some_and(|until| Instant::now() < until))
        };
        if let Some(channel) = good {
            return Ok(channel);
        }
        let mut asking = pin!(self.questions.endpoint());
        let asked = if self.state().good().is_some() {
            clock::timeout(PAUSE, &mut asking).await
        } else {
            Some(asking.as_mut().await)
        };
        let asked = match asked {
            Some(Ok(answer)) => return self.connected(&answer),
            asked => asked,
        };
        if let Some(channel) = self.paused() {
            return Ok(channel);
        }
        // The token has ended meanwhile.
        match asked {
            Some(Err(error)) => Err(error),
            _ => self.connected(&asking.await?),
        }
    }

    /// The channel to the endpoint of an answer.
    fn connected(&self, answer: &Answer) -> Result<Channel> {
        let known = self.state().in_use(answer);
        if let Some(channel) = known {
            return Ok(channel);
        }
        // Made without the lock: the options are the user's, and the roots are read from the disk.
        let (channel, tokens) = self.made(answer.endpoint.clone(), answer.destination.clone())?;
        let mut state = self.state();
        if let Some(channel) = state.in_use(answer) {
            return Ok(channel);
        }
        let known = Known { number: answer.number, channel: channel.clone(), tokens };
        *state = State { known: Some(known), paused_until: None };
        Ok(channel)
    }

    fn made(&self, endpoint: Endpoint, destination: Destination) -> Result<(Channel, Arc<Tokens>)> {
        let remote = endpoint.remote()?;
        let tokens = Arc::new(Tokens::new(Arc::clone(&self.questions), destination, endpoint));
        let provider = {
            let tokens = Arc::clone(&tokens);
            move || {
                let tokens = Arc::clone(&tokens);
                async move { tokens.next().await }
            }
        };
        let builder = (self.options)(Channel::builder(remote).connect_timeout(HOSTED_CONNECT_TIMEOUT));
        let channel = builder.token_provider(provider).token_header(HEADER, "").build()?;
        Ok((channel, tokens))
    }

    /// The channel whose token is good, after a question that failed.
    fn paused(&self) -> Option<Channel> {
        let mut state = self.state();
        let channel = state.good()?;
        // Without the text of the error: it holds words of the closure's, which may be anything.
        let service = self.questions.service();
        tracing::warn!(target: "lakeorm", service, "the service gave no endpoint; the known one stays in use");
        state.paused_until = clock::deadline(PAUSE);
        Some(channel)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The channel in use, if the answer brings no other one: it leads to the same place, or another session has heard a
    /// later one before it.
    fn in_use(&mut self, answer: &Answer) -> Option<Channel> {
        let known = self.known.as_mut()?;
        let is_same = known.tokens.destination == answer.destination;
        if is_same {
            known.number = known.number.max(answer.number);
            known.tokens.held().spare = Some(answer.endpoint.clone());
        }
        let channel = (is_same || known.number > answer.number).then(|| known.channel.clone())?;
        self.paused_until = None;
        Some(channel)
    }

    /// The channel, if a token for it is known to be good.
    fn good(&self) -> Option<Channel> {
        let known = self.known.as_ref()?;
        known.tokens.held().is_good().then(|| known.channel.clone())
    }
}

/// The tokens for one destination.
struct Tokens {
    questions: Arc<Questions>,
    destination: Destination,
    held: Mutex<Held>,
}

/// What the service gave for the destination.
#[derive(Default)]
struct Held {
    /// The endpoint that the destination came with, until its token was used.
    first: Option<Endpoint>,
    /// The endpoint whose token is in use.
    used: Option<Endpoint>,
    /// The one that a later session came with: for a time at which the service gives none.
    spare: Option<Endpoint>,
}

impl Held {
    fn is_good(&self) -> bool {
        [&self.first, &self.used, &self.spare].into_iter().flatten().any(Endpoint::is_good)
    }

    fn give(&mut self, endpoint: Endpoint) -> Result<AccessToken> {
        let token = endpoint.token();
        self.used = Some(endpoint);
        token
    }
}

impl Tokens {
    fn new(questions: Arc<Questions>, destination: Destination, first: Endpoint) -> Self {
        let held = Held { first: Some(first), ..Held::default() };
        Self { questions, destination, held: Mutex::new(held) }
    }

    async fn next(&self) -> Result<AccessToken> {
        {
            let mut held = self.held();
            if let Some(first) = held.first.take().filter(|first| !first.has_ended()) {
                return held.give(first);
            }
        }
        let asked = self.questions.endpoint().await;
        let mut held = self.held();
        match (asked, held.spare.take()) {
            (Ok(answer), _) if answer.destination != self.destination => {
                *held = Held::default();
                let message = format!(
                    "{} moved to another address or session, which the token belongs to: open a new session",
                    self.questions.service()
                );
                // Of this kind, so that a pool opens another session in its place.
                Err(Error::new(ErrorKind::SessionLost, message))
            }
            (Ok(answer), _) => held.give(answer.endpoint),
            (Err(_), Some(spare)) if spare.is_good() => held.give(spare),
            (Err(error), _) => Err(error),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use spark_connect::{ChannelBuilder, Session};

    use super::*;
    use crate::aws::{Ask, Cause};

    /// A service that answers with what it gives at the time.
    fn service(give: impl Fn() -> Result<Endpoint, Cause> + Send + Sync + 'static) -> Questions {
        let ask: Ask = Arc::new(move || Box::pin(std::future::ready(give())));
        Questions::new("Glue", false, ask)
    }

    /// The tokens for one endpoint, where the service gives another from then on.
    fn tokens(first: &Endpoint, then: Endpoint) -> Tokens {
        let questions = Arc::new(service(move || Ok(then.clone())));
        Tokens::new(questions, first.destination().unwrap(), first.clone())
    }

    /// A service that gives an endpoint for an hour once, or as often as it is let, and counts how often it was asked.
    fn once() -> (Endpoints, Arc<Mutex<(usize, usize)>>) {
        let counts = Arc::new(Mutex::new((0, 1_usize)));
        let counted = Arc::clone(&counts);
        let questions = service(move || {
            let mut counts = counted.lock().unwrap();
            counts.0 += 1;
            let is_let = counts.1 > 0;
            counts.1 = counts.1.saturating_sub(1);
            let endpoint = Endpoint::new("http://localhost:1", format!("token {}", counts.0));
            is_let.then(|| endpoint.expiring_in(HOUR)).ok_or_else(|| "throttled".into())
        });
        (Endpoints::new(questions, Arc::new(|channel| channel)), counts)
    }

    const HOUR: Duration = Duration::from_secs(3600);

    fn old() -> Endpoint {
        Endpoint::new("https://old", "first")
    }

    #[tokio::test]
    async fn a_service_that_moved_has_lost_the_sessions_at_its_old_address() {
        let moved = tokens(&old(), Endpoint::new("https://new", "second"));
        moved.next().await.unwrap();
        let error = moved.next().await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::SessionLost, true));
        assert!(!error.to_string().contains("second"), "{error}");
    }

    #[tokio::test]
    async fn a_call_to_the_old_address_ends_as_a_lost_session_and_the_next_channel_goes_to_the_new_one() {
        let now_at = Arc::new(Mutex::new("http://localhost:1"));
        let asked = Arc::clone(&now_at);
        let questions = service(move || Ok(Endpoint::new(*asked.lock().unwrap(), "token")));
        let endpoints = Endpoints::new(questions, Arc::new(|channel| channel));
        let old = endpoints.channel().await.unwrap();
        *now_at.lock().unwrap() = "http://localhost:2";
        let session = Session::new(&old);
        // Nothing listens there; the first token came with the address.
        session.spark_version().await.unwrap_err();
        let error = session.spark_version().await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_run()), (ErrorKind::SessionLost, false), "{error}");
        assert_eq!(endpoints.channel().await.unwrap().authority(), "localhost:2");
    }

    #[tokio::test]
    async fn a_connection_may_take_as_long_as_a_session_of_the_service() {
        let questions = service(|| Ok(Endpoint::new("http://localhost:1", "token")));
        let seen = Arc::<Mutex<String>>::default();
        let shown = Arc::clone(&seen);
        let options: ChannelOptions = Arc::new(move |channel: ChannelBuilder| {
            *shown.lock().unwrap() = format!("{channel:?}");
            channel
        });
        Endpoints::new(questions, options).channel().await.unwrap();
        assert!(seen.lock().unwrap().contains("connect_timeout: 60s"), "{seen:?}");
    }

    #[tokio::test]
    async fn a_channel_is_made_without_a_lock_that_others_wait_for() {
        let questions = service(|| Ok(Endpoint::new("http://localhost:1", "token")));
        let endpoints = Arc::new(std::sync::OnceLock::<Endpoints>::new());
        let (made, is_free) = (Arc::clone(&endpoints), Arc::new(Mutex::new(None)));
        let told = Arc::clone(&is_free);
        let options: ChannelOptions = Arc::new(move |channel| {
            *told.lock().unwrap() = made.get().map(|endpoints| endpoints.state.try_lock().is_ok());
            channel
        });
        let endpoints = endpoints.get_or_init(|| Endpoints::new(questions, options));
        endpoints.channel().await.unwrap();
        assert_eq!(*is_free.lock().unwrap(), Some(true));
    }

    #[tokio::test]
    async fn a_token_for_the_same_address_is_the_next_one() {
        let same = tokens(&old(), Endpoint::new("https://old:443/", "second"));
        same.next().await.unwrap();
        same.next().await.unwrap();
    }

    #[tokio::test]
    async fn another_session_of_the_service_has_lost_those_of_the_old() {
        let of = |session: &str| Endpoint::new("https://old", "token").session(session);
        let same = tokens(&of("first"), of("first"));
        let another = tokens(&of("first"), of("second"));
        for tokens in [&same, &another] {
            tokens.next().await.unwrap();
        }
        same.next().await.unwrap();
        let error = another.next().await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::SessionLost, true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_fails_stops_no_session_while_the_token_is_good_and_is_asked_again_every_five_seconds()
     {
        let (endpoints, counts) = once();
        let asked = || counts.lock().unwrap().0;
        endpoints.channel().await.unwrap();
        for _ in 0..3 {
            assert_eq!(endpoints.channel().await.unwrap().authority(), "localhost:1");
            assert_eq!(asked(), 2);
        }
        tokio::time::advance(PAUSE).await;
        endpoints.channel().await.unwrap();
        assert_eq!(asked(), 3);
        tokio::time::advance(HOUR).await;
        let error = endpoints.channel().await.unwrap_err();
        assert_eq!(error.to_string(), "Glue gave no endpoint: throttled");
        assert_eq!(asked(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_that_does_not_answer_keeps_a_session_waiting_for_five_seconds_while_the_token_is_good()
    {
        let answers = Arc::new(Mutex::new(1_usize));
        let ask: Ask = Arc::new(move || {
            let mut answers = answers.lock().unwrap();
            let answer = answers.checked_sub(1);
            *answers = answer.unwrap_or_default();
            Box::pin(async move {
                if answer.is_none() {
                    std::future::pending::<()>().await;
                }
                Ok(Endpoint::new("http://localhost:1", "token").expiring_in(HOUR))
            })
        });
        let endpoints = Endpoints::new(Questions::new("Glue", false, ask), Arc::new(|channel| channel));
        endpoints.channel().await.unwrap();
        let begun = Instant::now();
        endpoints.channel().await.unwrap();
        assert_eq!(begun.elapsed(), PAUSE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_a_later_session_came_with_is_used_once_where_the_service_gives_none() {
        let (endpoints, counts) = once();
        endpoints.channel().await.unwrap();
        let tokens = Arc::clone(&endpoints.state().known.as_ref().unwrap().tokens);
        let first = tokens.next().await.unwrap();
        tokio::time::advance(HOUR / 2).await;
        counts.lock().unwrap().1 = 1;
        endpoints.channel().await.unwrap();
        tokio::time::advance(HOUR * 3 / 4).await;
        let shown = [first, tokens.next().await.unwrap()].map(|token| format!("{token:?}"));
        assert_ne!(shown[0], shown[1]);
        endpoints.channel().await.unwrap();
        assert_eq!(tokens.next().await.unwrap_err().to_string(), "Glue gave no endpoint: throttled");
    }

    #[tokio::test(start_paused = true)]
    async fn a_first_token_that_ended_before_its_use_is_not_sent() {
        let first = old().expiring_in(HOUR);
        let tokens = tokens(&first, Endpoint::new("https://new", "second"));
        tokio::time::advance(HOUR).await;
        // It is asked for another one.
        assert_eq!(tokens.next().await.unwrap_err().kind(), ErrorKind::SessionLost);
    }
}
