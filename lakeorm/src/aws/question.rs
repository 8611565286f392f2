//! The question for the endpoint: one at a time, whoever asks.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use futures_util::future::Shared;
use spark_connect::{Error, ErrorKind, Result, clock};
use tokio::runtime::{Handle, Id, RuntimeFlavor};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::endpoint::Destination;
use super::{Ask, Endpoint};
use crate::error::with_causes;

/// How long a question may take.
const LONGEST: Duration = Duration::from_secs(60);

/// After this long a question of another runtime with one thread, which may never run again, is given up.
const ELSEWHERE: Duration = Duration::from_secs(5);

/// Asks a service for its endpoint.
pub(super) struct Questions {
    service: &'static str,
    needs_session: bool,
    ask: Ask,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    asked: u64,
    /// The one that is being asked, or whose answer nobody has heard yet.
    current: Option<Question>,
}

/// A question, which a task of its own asks: who gives up does not take the answer from the others.
#[derive(Clone)]
struct Question {
    number: u64,
    begun: Instant,
    runtime: Id,
    /// Whether its runtime goes on while nobody blocks on it.
    has_threads: bool,
    task: AbortHandle,
    /// Nothing if the task ended before the answer.
    answer: Shared<BoxFuture<'static, Option<Told>>>,
}

/// What a service says.
type Told = Result<(Endpoint, Destination), Failure>;

/// Why there is no endpoint, for all who wait.
#[derive(Clone)]
struct Failure {
    kind: ErrorKind,
    message: String,
}

/// An endpoint that a service gave.
pub(super) struct Answer {
    /// Later ones have higher numbers.
    pub(super) number: u64,
    pub(super) endpoint: Endpoint,
    pub(super) destination: Destination,
}

impl Questions {
    pub(super) fn new(service: &'static str, needs_session: bool, ask: Ask) -> Self {
        Self { service, needs_session, ask, state: Mutex::default() }
    }

    pub(super) fn service(&self) -> &'static str {
        self.service
    }

    /// The endpoint, by the question that is being asked or a new one.
    pub(super) async fn endpoint(&self) -> Result<Answer> {
        loop {
            let here = Handle::try_current().map_err(|_| {
                Error::new(ErrorKind::NoRuntime, "the call was made outside of a Tokio runtime")
            })?;
            let (question, is_own) = self.current(&here);
            let until = question.begun.checked_add(question.patience(here.id()));
            let answer = clock::timeout_at(until, question.answer.clone()).await;
            let was_current = self.heard(question.number);
            match answer {
                Some(Some(Ok((endpoint, destination)))) => {
                    return Ok(Answer { number: question.number, endpoint, destination });
                }
                Some(Some(Err(failure))) => return Err(Error::new(failure.kind, failure.message)),
                Some(None) if is_own && was_current => {
                    return Err(self.failed("the runtime ended while it was asked").into());
                }
                // Its runtime has ended, or another one gave it up.
                Some(None) => {}
                None => {
                    question.task.abort();
                    if is_own || question.begun.elapsed() >= LONGEST {
                        let told = format!("it did not answer within {} s", LONGEST.as_secs());
                        return Err(self.failed(&told).into());
                    }
                }
            }
        }
    }

    /// The question that is being asked, or one that begins now, and whether it is that.
    fn current(&self, here: &Handle) -> (Question, bool) {
        let mut state = self.state();
        let now = Instant::now();
        if let Some(question) = &state.current
            && now.saturating_duration_since(question.begun) < question.patience(here.id())
            && !question.has_failed()
        {
            return (question.clone(), false);
        }
        if let Some(question) = state.current.take() {
            question.task.abort();
        }
        state.asked += 1;
        let task = here.spawn(self.asking());
        let question = Question {
            number: state.asked,
            begun: now,
            runtime: here.id(),
            has_threads: here.runtime_flavor() != RuntimeFlavor::CurrentThread,
            task: task.abort_handle(),
            answer: task.map(Result::ok).boxed().shared(),
        };
        state.current = Some(question.clone());
        (question, true)
    }

    /// Asks, and looks at the answer.
    fn asking(&self) -> impl Future<Output = Told> + Send + 'static {
        let (service, needs_session, ask) = (self.service, self.needs_session, Arc::clone(&self.ask));
        async move {
            // The closure may panic before it gives a future.
            let asked = AssertUnwindSafe(async { ask().await }).catch_unwind().await;
            let endpoint = match asked {
                Ok(Ok(endpoint)) => endpoint,
                // The text of the SDK's own error names no reason: that is in its sources.
                Ok(Err(cause)) => return Err(Failure::of(service, &with_causes(&*cause))),
                Err(_) => return Err(Failure::of(service, "the closure panicked")),
            };
            if needs_session && !endpoint.has_session() {
                let message = format!(
                    "{service} needs the id of its own session with each call: give it with `Endpoint::session`"
                );
                return Err(Failure { kind: ErrorKind::InvalidOption, message });
            }
            endpoint.token()?;
            let destination = endpoint.destination()?;
            Ok((endpoint, destination))
        }
    }

    /// Forgets a question whose answer was heard, or whose time is over; whether nobody has before.
    fn heard(&self, number: u64) -> bool {
        self.state().current.take_if(|question| question.number == number).is_some()
    }

    fn failed(&self, told: &str) -> Failure {
        Failure::of(self.service, told)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Question {
    /// Whether it was answered without an endpoint. Whoever waits for that has it already.
    fn has_failed(&self) -> bool {
        matches!(self.answer.peek(), Some(None | Some(Err(_))))
    }

    /// How long its answer is waited for on this runtime.
    fn patience(&self, here: Id) -> Duration {
        if self.has_threads || self.runtime == here { LONGEST } else { ELSEWHERE }
    }
}

impl Failure {
    fn of(service: &str, told: &str) -> Self {
        Self { kind: ErrorKind::Unauthenticated, message: format!("{service} gave no endpoint: {told}") }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { kind: error.kind(), message: error.to_string() }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        Self::new(failure.kind, failure.message)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::poll;
    use tokio::runtime::{Builder, Runtime};
    use tokio::sync::Semaphore;

    use super::*;

    /// A service that answers once it is let, and how often it was asked.
    struct Slow {
        questions: Questions,
        asked: Arc<AtomicUsize>,
        answers: Arc<Semaphore>,
    }

    impl Slow {
        fn new(needs_session: bool) -> Self {
            let (asked, answers) = (Arc::<AtomicUsize>::default(), Arc::new(Semaphore::new(0)));
            let (counted, let_go) = (Arc::clone(&asked), Arc::clone(&answers));
            let ask: Ask = Arc::new(move || {
                counted.fetch_add(1, Ordering::SeqCst);
                let let_go = Arc::clone(&let_go);
                Box::pin(async move {
                    let_go.acquire().await?.forget();
                    Ok(Endpoint::new("https://host", "token"))
                })
            });
            Self { questions: Questions::new("Glue", needs_session, ask), asked, answers }
        }

        fn asked(&self) -> usize {
            self.asked.load(Ordering::SeqCst)
        }
    }

    fn threads() -> Runtime {
        Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
    }

    #[test]
    fn two_runtimes_that_ask_at_once_ask_one_question() {
        let (slow, first, other) = (Slow::new(false), threads(), threads());
        let mut asking = pin!(slow.questions.endpoint());
        assert!(first.block_on(async { poll!(&mut asking) }).is_pending());
        other.block_on(async {
            let mut joining = pin!(slow.questions.endpoint());
            assert!(poll!(&mut joining).is_pending());
            // Enough for a second question too.
            slow.answers.add_permits(2);
            assert_eq!(joining.await.unwrap().number, 1);
        });
        assert_eq!(first.block_on(asking).unwrap().number, 1);
        assert_eq!(slow.asked(), 1);
    }

    #[tokio::test]
    async fn who_gives_up_leaves_the_question_and_its_answer_to_the_next() {
        let slow = Slow::new(false);
        {
            let mut given_up = pin!(slow.questions.endpoint());
            assert!(poll!(&mut given_up).is_pending());
        }
        slow.answers.add_permits(2);
        assert_eq!(slow.questions.endpoint().await.unwrap().number, 1);
        assert_eq!(slow.questions.endpoint().await.unwrap().number, 2);
        assert_eq!(slow.asked(), 2);
    }

    #[test]
    fn a_question_of_a_runtime_that_stands_still_or_has_ended_is_asked_again() {
        for has_ended in [false, true] {
            let slow = Slow::new(false);
            slow.answers.add_permits(3);
            let first = Builder::new_current_thread().enable_all().build().unwrap();
            let mut asking = Box::pin(slow.questions.endpoint());
            assert!(first.block_on(async { poll!(&mut asking) }).is_pending());
            let first = (!has_ended).then_some(first);
            let other = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
            let answer = other.block_on(slow.questions.endpoint()).unwrap();
            assert_eq!((answer.number, slow.asked()), (2, 1), "{has_ended}");
            // One that runs again later hears of another question, not of the end of its own.
            if let Some(first) = first {
                assert_eq!(first.block_on(asking).unwrap().number, 3);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_without_an_answer_is_an_error_within_a_minute() {
        let slow = Slow::new(false);
        let begun = Instant::now();
        let error = slow.questions.endpoint().await.err().unwrap();
        assert_eq!((error.kind(), begun.elapsed()), (ErrorKind::Unauthenticated, LONGEST));
        assert_eq!(error.to_string(), "Glue gave no endpoint: it did not answer within 60 s");
        slow.answers.add_permits(1);
        slow.questions.endpoint().await.unwrap();
    }

    #[tokio::test]
    async fn a_service_that_needs_its_session_says_what_to_call() {
        let slow = Slow::new(true);
        slow.answers.add_permits(1);
        let error = slow.questions.endpoint().await.err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidOption);
        assert!(error.to_string().contains("give it with `Endpoint::session`"), "{error}");
    }
}
