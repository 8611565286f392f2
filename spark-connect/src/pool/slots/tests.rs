use std::future::Future;
use std::sync::atomic::AtomicBool;

use futures_util::FutureExt;

use super::*;

mod idle;
mod told;

/// Numbers instead of sessions: each is one more than the one before.
#[derive(Clone, Default)]
struct Numbers {
    opened: Arc<AtomicUsize>,
    retired: Arc<Mutex<Vec<usize>>>,
    /// Those of them that nobody asked for.
    expired: Arc<Mutex<Vec<usize>>>,
    /// While this is set, opening waits.
    held: Arc<Notify>,
    hold: Arc<AtomicBool>,
    fail: Arc<AtomicBool>,
    /// The result of the look at an item; there is none to make without it.
    look: Arc<Mutex<Option<Look>>>,
}

#[derive(Clone, Copy)]
enum Look {
    Intact,
    LostBelow(usize),
    Endless,
    /// Tried again and again.
    Refused,
    Unfound,
}

impl Lifecycle<usize> for Numbers {
    fn open(&self, _: WaitBudget) -> BoxFuture<'_, Result<usize>> {
        async move {
            if self.hold.load(Ordering::Relaxed) {
                self.held.notified().await;
            }
            if self.fail.load(Ordering::Relaxed) {
                return Err(Error::new(ErrorKind::Connect, "no"));
            }
            Ok(self.opened.fetch_add(1, Ordering::Relaxed))
        }
        .boxed()
    }

    fn check(&self, item: &usize, budget: &WaitBudget) -> Option<BoxFuture<'_, Result<bool>>> {
        let (look, item) = ((*self.look.lock().unwrap())?, *item);
        if let Look::Refused = look {
            budget.note("cannot connect to host:1: nothing listens on that port".to_owned());
        }
        Some(
            async move {
                tokio::task::yield_now().await;
                match look {
                    Look::Intact => Ok(true),
                    Look::LostBelow(least) => Ok(item >= least),
                    Look::Unfound => Err(Error::new(ErrorKind::Connect, "no")),
                    Look::Endless | Look::Refused => std::future::pending().await,
                }
            }
            .boxed(),
        )
    }

    fn retire(&self, item: usize) {
        self.retired.lock().unwrap().push(item);
    }

    fn expire(&self, item: usize) {
        self.retire(item);
        self.expired.lock().unwrap().push(item);
    }

    fn discard(&self, _: usize) {}
}

const LIMITS: Limits = Limits {
    size: 2,
    acquire_timeout: Duration::from_secs(3),
    idle_timeout: Duration::from_secs(60),
    max_lifetime: Duration::from_secs(600),
};

fn pool(limits: Limits) -> (Slots<usize>, Numbers) {
    let numbers = Numbers::default();
    (Slots::new(numbers.clone(), limits, ClusterStartup::new(Duration::from_secs(900)), None), numbers)
}

fn status(size: usize, in_use: usize, idle: usize, waiting: usize) -> PoolStatus {
    PoolStatus { size, in_use, idle, waiting }
}

async fn failure(pool: &Slots<usize>) -> Error {
    pool.acquire().await.map(|_| ()).unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn no_more_than_the_size_are_open_and_the_error_says_what_was_waited_for() {
    let (pool, numbers) = pool(LIMITS);
    let first = pool.acquire().await.unwrap();
    let _second = pool.acquire().await.unwrap();
    let error = failure(&pool).await;
    assert_eq!(error.kind(), ErrorKind::PoolTimeout);
    assert_eq!(
        error.to_string(),
        "waited 3s (`acquire_timeout`) for a free session: 2 of 2 in use, 0 idle, 1 waiting; let streams end sooner, \
         or raise `pool_size` or `acquire_timeout`"
    );
    drop(first);
    let third = pool.acquire().await.unwrap();
    assert_eq!((third.item(), numbers.opened.load(Ordering::Relaxed)), (Some(&0), 2));
    assert_eq!(pool.status(), status(2, 2, 0, 0));
}

#[tokio::test]
async fn who_asks_first_is_served_first() {
    let (pool, _) = pool(Limits { size: 1, ..LIMITS });
    let held = pool.acquire().await.unwrap();
    let mut early = Box::pin(pool.acquire());
    assert!(futures_util::poll!(&mut early).is_pending());
    let mut late = Box::pin(pool.acquire());
    assert!(futures_util::poll!(&mut late).is_pending());
    assert_eq!(pool.status(), status(1, 1, 0, 2));
    drop(held);
    assert!(futures_util::poll!(&mut late).is_pending());
    let early = early.await.unwrap();
    drop(early);
    assert_eq!(late.await.unwrap().item(), Some(&0));
}

#[tokio::test(start_paused = true)]
async fn what_a_caller_gave_up_waiting_for_is_there_for_the_next() {
    let (pool, numbers) = pool(Limits { size: 1, ..LIMITS });
    numbers.hold.store(true, Ordering::Relaxed);
    let error = failure(&pool).await;
    assert!(
        error
            .to_string()
            .starts_with("waited 3s (`acquire_timeout`) for a session to be opened: 1 of 1 in use")
    );
    numbers.held.notify_one();
    assert_eq!(pool.acquire().await.unwrap().item(), Some(&0));
    assert_eq!(numbers.opened.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_failed_opening_and_a_dropped_waiter_give_the_slot_back() {
    let (pool, numbers) = pool(Limits { size: 1, ..LIMITS });
    numbers.fail.store(true, Ordering::Relaxed);
    assert_eq!(failure(&pool).await.kind(), ErrorKind::Connect);
    numbers.fail.store(false, Ordering::Relaxed);
    let held = pool.acquire().await.unwrap();
    let mut waiting = Box::pin(pool.acquire());
    assert!(futures_util::poll!(&mut waiting).is_pending());
    drop(waiting);
    assert_eq!(pool.status(), status(1, 1, 0, 0));
    drop(held);
    assert_eq!(pool.status(), status(1, 0, 1, 0));
}

#[tokio::test]
async fn what_is_tainted_is_retired_and_what_is_lost_is_only_forgotten() {
    let (pool, numbers) = pool(Limits { size: 1, ..LIMITS });
    let tainted = pool.acquire().await.unwrap();
    tainted.taint();
    drop(tainted);
    pool.acquire().await.unwrap().discard();
    assert_eq!(pool.acquire().await.unwrap().item(), Some(&2));
    assert_eq!(*numbers.retired.lock().unwrap(), [0]);
}

#[tokio::test]
async fn a_smaller_size_takes_slots_away_as_they_come_back_and_a_larger_one_adds_some() {
    let (pool, numbers) = pool(Limits { size: 3, ..LIMITS });
    let held = [pool.acquire().await.unwrap(), pool.acquire().await.unwrap(), pool.acquire().await.unwrap()];
    pool.resize(1);
    assert_eq!(pool.status(), status(1, 3, 0, 0));
    drop(held);
    assert_eq!(pool.status(), status(1, 0, 1, 0));
    assert_eq!(numbers.retired.lock().unwrap().len(), 2);
    let _one = pool.acquire().await.unwrap();
    assert!(pool.acquire().now_or_never().is_none());
    pool.resize(2);
    let _two = pool.acquire().await.unwrap();
    assert!(pool.acquire().now_or_never().is_none());
}

#[tokio::test]
async fn a_size_that_shrinks_and_grows_while_all_is_out_ends_where_it_should() {
    let (pool, _) = pool(Limits { size: 3, ..LIMITS });
    let held = [pool.acquire().await.unwrap(), pool.acquire().await.unwrap(), pool.acquire().await.unwrap()];
    pool.resize(1);
    pool.resize(2);
    drop(held);
    let _one = pool.acquire().await.unwrap();
    let _two = pool.acquire().await.unwrap();
    assert!(pool.acquire().now_or_never().is_none());
}

#[tokio::test(start_paused = true)]
async fn closing_hands_out_nothing_more_retires_all_and_does_not_wait_for_ever() {
    let (pool, numbers) = pool(LIMITS);
    let held = pool.acquire().await.unwrap();
    drop(pool.acquire().await.unwrap());
    pool.close(Duration::from_secs(5)).await;
    assert!(pool.shared.permits.is_closed());
    assert_eq!(failure(&pool).await.kind(), ErrorKind::Closed);
    assert_eq!(*numbers.retired.lock().unwrap(), [1]);
    drop(held);
    assert_eq!(*numbers.retired.lock().unwrap(), [1, 0]);
}

#[test]
fn closing_outside_of_tokio_does_not_wait_for_what_is_out() {
    let (pool, numbers) = pool(LIMITS);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let held = runtime.block_on(pool.acquire()).unwrap();
    assert_eq!(pool.close(Duration::from_secs(5)).now_or_never(), Some(()));
    assert!(pool.shared.permits.is_closed());
    drop(held);
    assert_eq!(*numbers.retired.lock().unwrap(), [0]);
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_slot_or_a_session_is_refused_as_soon_as_closing_begins() {
    let (pool, numbers) = pool(Limits { size: 2, ..LIMITS });
    let held = pool.acquire().await.unwrap();
    numbers.hold.store(true, Ordering::Relaxed);
    let mut opens = Box::pin(pool.acquire());
    assert!(futures_util::poll!(&mut opens).is_pending());
    let mut waits = Box::pin(pool.acquire());
    assert!(futures_util::poll!(&mut waits).is_pending());
    let mut closes = Box::pin(pool.close(Duration::from_secs(5)));
    assert!(futures_util::poll!(&mut closes).is_pending());
    for refused in [opens, waits] {
        let refused = refused.now_or_never().expect("an answer at once");
        assert_eq!(refused.map(|_| ()).unwrap_err().kind(), ErrorKind::Closed);
    }
    numbers.held.notify_one();
    drop(held);
    closes.await;
    assert_eq!(*numbers.retired.lock().unwrap(), [0, 1]);
}

#[tokio::test(start_paused = true)]
async fn what_is_being_opened_or_waited_for_as_closing_begins_is_not_handed_out() {
    let (pool, numbers) = pool(Limits { size: 1, ..LIMITS });
    numbers.hold.store(true, Ordering::Relaxed);
    let mut opens = Box::pin(pool.acquire());
    assert!(futures_util::poll!(&mut opens).is_pending());
    let mut waits = Box::pin(pool.acquire());
    assert!(futures_util::poll!(&mut waits).is_pending());
    let mut closes = Box::pin(pool.close(Duration::from_secs(5)));
    assert!(futures_util::poll!(&mut closes).is_pending());
    numbers.held.notify_one();
    let (opened, waited, ()) = tokio::join!(opens, waits, closes);
    for refused in [opened, waited] {
        assert_eq!(refused.map(|_| ()).unwrap_err().kind(), ErrorKind::Closed);
    }
    assert_eq!(*numbers.retired.lock().unwrap(), [0]);
}

/// A pool of one whose opening says that a cluster is starting, as often as it is told to, and never ends.
struct Starts {
    startup: ClusterStartup,
    asked: Arc<AtomicUsize>,
    ready: Arc<Notify>,
}

impl Lifecycle<usize> for Starts {
    fn open(&self, _: WaitBudget) -> BoxFuture<'_, Result<usize>> {
        async {
            self.asked.fetch_add(1, Ordering::Relaxed);
            let _waiter = self.startup.join(&crate::error::ServerError::default());
            self.ready.notified().await;
            self.startup.over();
            Ok(7)
        }
        .boxed()
    }

    fn check(&self, _: &usize, _: &WaitBudget) -> Option<BoxFuture<'_, Result<bool>>> {
        None
    }

    fn retire(&self, _: usize) {}

    fn discard(&self, _: usize) {}
}

fn starting_pool(budget: u64) -> (Slots<usize>, ClusterStartup, Arc<AtomicUsize>, Arc<Notify>) {
    let startup = ClusterStartup::new(Duration::from_secs(budget));
    let (asked, ready) = (Arc::default(), Arc::default());
    let starts = Starts { startup: startup.clone(), asked: Arc::clone(&asked), ready: Arc::clone(&ready) };
    (Slots::new(starts, Limits { size: 1, ..LIMITS }, startup.clone(), None), startup, asked, ready)
}

#[tokio::test(start_paused = true)]
async fn a_starting_cluster_is_waited_for_beyond_the_timeout_by_those_who_open_and_those_in_line() {
    let (pool, _, asked, ready) = starting_pool(900);
    let (mut opens, mut waits) = (Box::pin(pool.acquire()), Box::pin(pool.acquire()));
    assert!(futures_util::poll!(&mut opens).is_pending());
    let both = async { tokio::join!(&mut opens, &mut waits) };
    assert!(tokio::time::timeout(Duration::from_secs(60), both).await.is_err());
    assert_eq!((pool.status(), asked.load(Ordering::Relaxed)), (status(1, 1, 0, 1), 1));
    ready.notify_one();
    assert_eq!(opens.await.unwrap().item(), Some(&7));
    assert_eq!(waits.await.unwrap().item(), Some(&7));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn the_error_of_a_starting_cluster_says_so_and_what_the_caller_was_about() {
    let (pool, ..) = starting_pool(42);
    let (opens, waits) = tokio::join!(pool.acquire(), pool.acquire());
    let texts = [opens, waits].map(|answer| {
        let error = answer.map(|_| ()).unwrap_err();
        assert!(error.kind() == ErrorKind::ClusterNotReady);
        error.to_string()
    });
    let told = |what: &str, counts: &str| {
        format!(
            "waited 42s (budget of `cluster_wait`) {what}: a cluster is starting (state unknown, since 42 s); {counts}; ask \
             again later, or raise the budget: the server gave no message"
        )
    };
    assert_eq!(texts[0], told("for a session to be opened", "1 of 1 in use, 0 idle, 1 waiting"));
    assert!(texts[1].starts_with("waited 42s (budget of `cluster_wait`) for a "), "{}", texts[1]);
}

#[tokio::test(start_paused = true)]
async fn an_opening_that_waits_for_a_cluster_ends_with_its_caller() {
    let (pool, startup, asked, _ready) = starting_pool(900);
    let mut opens = Box::pin(pool.acquire());
    assert!(tokio::time::timeout(Duration::from_secs(5), &mut opens).await.is_err());
    assert!(startup.starting().is_some());
    drop(opens);
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    assert!(startup.starting().is_none());
    assert_eq!((pool.status(), asked.load(Ordering::Relaxed)), (status(1, 0, 0, 0), 1));
}

#[tokio::test(start_paused = true)]
async fn the_time_without_a_starting_cluster_counts_as_ever() {
    let (pool, startup, ..) = starting_pool(900);
    let _held =
        Slot::empty(Arc::clone(&pool.shared), Arc::clone(&pool.shared.permits).try_acquire_owned().unwrap());
    let begun = Instant::now();
    let (error, ()) = tokio::join!(pool.acquire(), async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let waiter = startup.join(&crate::error::ServerError::default());
        tokio::time::sleep(Duration::from_secs(100)).await;
        drop(waiter);
    });
    let error = error.map(|_| ()).unwrap_err();
    assert_eq!((error.kind(), begun.elapsed().as_secs()), (ErrorKind::PoolTimeout, 103));
}

#[tokio::test]
async fn what_the_look_finds_lost_is_followed_by_another_in_the_same_slot() {
    let (pool, numbers) = pool(LIMITS);
    drop((pool.acquire().await.unwrap(), pool.acquire().await.unwrap()));
    *numbers.look.lock().unwrap() = Some(Look::LostBelow(2));
    assert_eq!(pool.acquire().await.unwrap().item(), Some(&2));
    assert_eq!((pool.status(), numbers.retired.lock().unwrap().len()), (status(2, 0, 1, 0), 0));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_covers_the_look_at_an_idle_item_and_one_look_waits_for_no_other() {
    let (pool, numbers) = pool(LIMITS);
    drop((pool.acquire().await.unwrap(), pool.acquire().await.unwrap()));
    *numbers.look.lock().unwrap() = Some(Look::Endless);
    let mut waiting = Box::pin(pool.acquire());
    assert!(futures_util::poll!(&mut waiting).is_pending());
    *numbers.look.lock().unwrap() = Some(Look::Intact);
    assert!(pool.acquire().await.is_ok());
    let error = waiting.await.map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PoolTimeout);
    assert_eq!(
        error.to_string(),
        "waited 3s (`acquire_timeout`) for a session to be found intact: 1 of 2 in use, 1 idle, 0 waiting; no \
         answer came: either the network swallows the calls, or the server needs longer (raise `acquire_timeout`)"
    );
    assert_eq!(pool.status(), status(2, 0, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_look_at_a_server_that_is_down_says_so_and_not_to_raise_the_pool() {
    let (pool, numbers) = pool(LIMITS);
    drop(pool.acquire().await.unwrap());
    *numbers.look.lock().unwrap() = Some(Look::Refused);
    let error = failure(&pool).await;
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (
            ErrorKind::PoolTimeout,
            "waited 3s (`acquire_timeout`) for a session to be found intact: 1 of 2 in use, 0 idle, 0 waiting; the last \
             attempt failed: cannot connect to host:1: nothing listens on that port"
        )
    );
}

#[tokio::test(start_paused = true)]
async fn an_item_whose_server_is_not_found_is_not_handed_on() {
    for look in [Look::Refused, Look::Unfound] {
        let (pool, numbers) = pool(LIMITS);
        drop(pool.acquire().await.unwrap());
        *numbers.look.lock().unwrap() = Some(look);
        failure(&pool).await;
        assert_eq!((pool.status(), &*numbers.retired.lock().unwrap()), (status(2, 0, 0, 0), &vec![0]));
        *numbers.look.lock().unwrap() = None;
        assert_eq!(pool.acquire().await.unwrap().item(), Some(&1));
    }
}

/// Polls `future` this often and drops it, with everything else that is ready done before each poll.
async fn dropped_at(polls: usize, future: impl Future<Output = Result<Slot<usize>>>) -> bool {
    let mut future = Box::pin(future);
    for _ in 0..polls {
        if futures_util::poll!(&mut future).is_ready() {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_at_any_poll_leaves_every_slot() {
    for (look, waits) in [(Look::LostBelow(1), false), (Look::Intact, false), (Look::Intact, true)] {
        for polls in 0.. {
            let (pool, numbers) = pool(LIMITS);
            drop(pool.acquire().await.unwrap());
            *numbers.look.lock().unwrap() = Some(look);
            let held = match waits {
                true => Some((pool.acquire().await.unwrap(), pool.acquire().await.unwrap())),
                false => None,
            };
            let acquiring = pool.acquire();
            let freed = async {
                tokio::task::yield_now().await;
                drop(held);
                std::future::pending::<Result<Slot<usize>>>().await
            };
            let either = async {
                tokio::select! {
                    biased;
                    slot = acquiring => slot,
                    slot = freed => slot,
                }
            };
            let done = dropped_at(polls, either).await;
            tokio::time::sleep(Duration::from_secs(10)).await;
            let PoolStatus { in_use, waiting, .. } = pool.status();
            assert_eq!((in_use, waiting), (0, 0), "dropped at poll {polls}");
            let _both = (pool.acquire().await.unwrap(), pool.acquire().await.unwrap());
            assert!(pool.acquire().now_or_never().is_none());
            if done {
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_opening_that_nobody_waits_for_ends_after_as_long_again() {
    let (pool, numbers) = pool(Limits { size: 1, ..LIMITS });
    numbers.hold.store(true, Ordering::Relaxed);
    assert_eq!(failure(&pool).await.kind(), ErrorKind::PoolTimeout);
    assert_eq!(pool.status(), status(1, 1, 0, 0));
    tokio::time::sleep(Duration::from_millis(3001)).await;
    assert_eq!(pool.status(), status(1, 0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn closing_that_was_dropped_hands_out_nothing_more_and_is_finished_by_the_next_call() {
    let (pool, numbers) = pool(LIMITS);
    let held = pool.acquire().await.unwrap();
    drop(pool.acquire().await.unwrap());
    assert!(tokio::time::timeout(Duration::from_secs(1), pool.close(Duration::from_secs(5))).await.is_err());
    assert_eq!(failure(&pool).await.kind(), ErrorKind::Closed);
    assert!(numbers.retired.lock().unwrap().is_empty());
    let begun = Instant::now();
    pool.close(Duration::from_secs(5)).await;
    assert_eq!((begun.elapsed().as_secs(), pool.shared.permits.is_closed()), (4, true));
    drop(held);
    assert_eq!(*numbers.retired.lock().unwrap(), [1, 0]);
}

#[tokio::test(start_paused = true)]
async fn the_largest_numbers_are_taken() {
    const LONGEST: Duration = Duration::MAX;
    let (pool, _) = pool(Limits {
        size: usize::MAX,
        acquire_timeout: LONGEST,
        idle_timeout: LONGEST,
        max_lifetime: LONGEST,
    });
    drop(pool.acquire().await.unwrap());
    pool.resize(1);
    let held = pool.acquire().await.unwrap();
    let mut waiting = Box::pin(pool.acquire());
    assert!(tokio::time::timeout(Duration::from_secs(1_000_000), &mut waiting).await.is_err());
    pool.resize(usize::MAX);
    assert_eq!(waiting.await.unwrap().item(), Some(&1));
    drop(held);
    assert_eq!(pool.status(), status(MAX_SIZE, 0, 2, 0));
    pool.close(LONGEST).await;
}

#[test]
fn a_caller_that_left_its_runtime_while_it_waited_is_told_so() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (pool, _) = pool(Limits { size: 1, ..LIMITS });
    let held = runtime.block_on(pool.acquire()).unwrap();
    let mut waiting = Box::pin(pool.acquire());
    runtime.block_on(async { assert!(futures_util::poll!(waiting.as_mut()).is_pending()) });
    drop(held.emptied());
    let error = waiting.as_mut().now_or_never().unwrap().map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoRuntime);
    assert_eq!(pool.status(), status(1, 0, 0, 0));
}

#[test]
fn outside_of_a_runtime_the_error_says_so() {
    let (pool, _) = pool(LIMITS);
    let error = pool.acquire().now_or_never().unwrap().map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoRuntime);
    assert_eq!(pool.status(), status(2, 0, 0, 0));
}
