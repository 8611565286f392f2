use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::future::join_all;

use tokio::time::sleep;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::*;
use crate::error::status::Failure;

/// A cluster that refuses a number of calls, or all, and then gives the time of the call.
struct Refusing {
    left: AtomicU32,
    calls: StdMutex<Vec<u64>>,
    begun: Instant,
}

impl Refusing {
    fn times(refusals: u32) -> Self {
        Self { left: AtomicU32::new(refusals), calls: StdMutex::default(), begun: Instant::now() }
    }

    fn for_ever() -> Self {
        Self::times(u32::MAX)
    }

    async fn call(&self) -> Result<u64> {
        let at = self.begun.elapsed().as_millis().try_into().unwrap();
        self.calls.lock().unwrap().push(at);
        match self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)) {
            Ok(_) => Err(refusal()),
            Err(_) => Ok(at),
        }
    }

    /// The milliseconds at which it was called.
    fn calls(&self) -> Vec<u64> {
        self.calls.lock().unwrap().clone()
    }
}

fn refusal() -> Error {
    Error::new(ErrorKind::ClusterNotReady, "").with_server(ServerError::default())
}

/// The answer to a call, where the cluster is asked by others like it.
async fn ready(cluster: &ClusterCalls, refusing: &Refusing) -> Result<u64> {
    cluster.repeat(|| async { refusing.call().await.map(drop) }, || refusing.call()).await
}

fn cluster(budget: u64) -> ClusterCalls {
    ClusterCalls::new(ClusterWait { budget: Duration::from_secs(budget), ..ClusterWait::default() }, None)
}

#[tokio::test(start_paused = true)]
async fn the_cluster_is_asked_again_after_each_pause_and_every_answer_is_told() {
    let told = Arc::new(StdMutex::new(Vec::new()));
    let tell: OnClusterState = {
        let told = Arc::clone(&told);
        Arc::new(Listener::new("a test", move |state: &ClusterState| {
            told.lock().unwrap().push((state.is_ready(), state.asked(), state.elapsed().as_millis()));
        }))
    };
    let cluster = ClusterCalls::new(ClusterWait::default(), Some(tell));
    let refusing = Refusing::times(3);
    assert_eq!(ready(&cluster, &refusing).await.unwrap(), 9500);
    assert_eq!(refusing.calls(), [0, 2000, 5000, 9500, 9500]);
    assert_eq!(*told.lock().unwrap(), [(false, 1, 0), (false, 2, 2000), (false, 3, 5000), (true, 3, 9500)]);
    assert!(cluster.startup().starting().is_none());
}

/// What a gateway says of a cluster, with how long it asks to wait.
fn asking(seconds: u64) -> ServerError {
    let wait = tonic_types::ErrorDetails::with_retry_info(Some(Duration::from_secs(seconds)));
    let words = "the cluster is in unexpected state Pending";
    let status = Status::with_error_details(Code::Internal, words, wait);
    Failure::from_status(&status, "host:443").error.server().unwrap().clone()
}

#[test]
fn no_pause_is_shorter_than_what_the_server_asks_for_within_bounds() {
    let (cluster, since) = (cluster(900), Instant::now());
    let pause = |server, asked| cluster.pause(Some(&Starting { server, since, asked })).as_secs();
    assert_eq!([pause(asking(20), 1), pause(asking(20), 100), pause(asking(9000), 1)], [20, 30, 600]);
    assert_eq!(pause(ServerError::default(), 2), 3);
    assert_eq!(cluster.pause(None), Duration::from_secs(2));
}

#[tokio::test(start_paused = true)]
async fn the_waiting_ends_when_its_budget_is_used_up() {
    let (cluster, refusing) = (cluster(10), Refusing::for_ever());
    let error = ready(&cluster, &refusing).await.unwrap_err();
    assert_eq!((refusing.begun.elapsed().as_secs(), refusing.calls()), (10, vec![0, 2000, 5000, 9500]));
    assert!(error.kind() == ErrorKind::ClusterNotReady);
    assert_eq!(
        error.to_string(),
        "waited 10s (budget of `cluster_wait`): a cluster is starting (state unknown, since 10 s); ask again later, or \
         raise the budget: the server gave no message"
    );
    assert!(cluster.startup().starting().is_none());
}

#[tokio::test(start_paused = true)]
async fn the_budget_bounds_a_question_that_is_not_answered() {
    let cluster = cluster(10);
    let (begun, probe) = (Instant::now(), std::future::pending::<Result<()>>);
    let error = cluster.repeat(probe, || async { Err::<(), _>(refusal()) }).await.unwrap_err();
    assert_eq!((error.kind(), begun.elapsed().as_secs()), (ErrorKind::ClusterNotReady, 10));
    assert!(cluster.startup().starting().is_none());
}

#[tokio::test(start_paused = true)]
async fn no_policy_is_no_waiting() {
    let cluster = ClusterCalls::new(ClusterWait::none(), None);
    let refusing = Refusing::times(1);
    assert!(ready(&cluster, &refusing).await.unwrap_err().kind() == ErrorKind::ClusterNotReady);
    assert_eq!(refusing.calls(), [0]);
}

#[tokio::test(start_paused = true)]
async fn of_many_who_wait_one_asks_and_all_go_on_when_the_cluster_is_ready() {
    // Each of the eight is refused once; then two more refusals meet the one who asks.
    let (cluster, refusing) = (cluster(900), Refusing::times(10));
    let answers = join_all((0..8).map(|_| ready(&cluster, &refusing))).await;
    let times: Vec<u64> = answers.into_iter().map(Result::unwrap).collect();
    assert_eq!(times, [9500; 8]);
    let mut expected = vec![0; 8];
    expected.extend([2000, 5000]);
    expected.extend([9500; 9]);
    assert_eq!(refusing.calls(), expected);
}

#[tokio::test(start_paused = true)]
async fn when_the_one_who_asks_is_dropped_another_asks_and_nobody_when_all_are() {
    let (cluster, refusing) = (cluster(900), Refusing::for_ever());
    let mut first = Box::pin(ready(&cluster, &refusing));
    let mut second = Box::pin(ready(&cluster, &refusing));
    assert!(futures_util::poll!(&mut first).is_pending());
    assert!(futures_util::poll!(&mut second).is_pending());
    drop(first);
    assert!(cluster.startup().starting().is_some());
    assert!(tokio::time::timeout_at(refusing.begun + Duration::from_secs(3), &mut second).await.is_err());
    assert_eq!(refusing.calls(), [0, 0, 2000]);
    drop(second);
    assert!(cluster.startup().starting().is_none());
    sleep(Duration::from_secs(600)).await;
    assert_eq!(refusing.calls(), [0, 0, 2000]);
}

#[tokio::test(start_paused = true)]
async fn any_answer_of_the_cluster_ends_the_waiting_of_all_and_a_broken_connection_that_of_one() {
    for (kind, others_at) in [(ErrorKind::SessionLost, 2000), (ErrorKind::Unavailable, 4000)] {
        let (cluster, refusing) = (cluster(900), Refusing::times(1));
        let calls = AtomicU32::new(0);
        let failing = || async {
            match calls.fetch_add(1, Ordering::Relaxed) {
                0 => Err::<(), _>(refusal()),
                _ => Err(Error::new(kind, "")),
            }
        };
        let (failed, answered) = tokio::join!(cluster.repeat(failing, failing), ready(&cluster, &refusing));
        assert_eq!((failed.unwrap_err().kind(), answered.unwrap()), (kind, others_at));
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_the_end_of_the_long_call_of_who_asked() {
    let (cluster, refusing) = (cluster(900), Refusing::times(2));
    let long = || async {
        let answer = refusing.call().await;
        if answer.is_ok() {
            sleep(Duration::from_secs(3600)).await;
        }
        answer
    };
    let probe = || async { refusing.call().await.map(drop) };
    let (first, second) = tokio::join!(cluster.repeat(probe, long), ready(&cluster, &refusing));
    assert_eq!((first.unwrap(), second.unwrap()), (2000, 2000));
    assert_eq!(refusing.begun.elapsed().as_secs(), 3602);
    assert_eq!(refusing.calls(), [0, 0, 2000, 2000, 2000]);
}

#[tokio::test(start_paused = true)]
async fn a_long_call_does_not_keep_the_start_of_a_cluster_known() {
    let cluster = cluster(900);
    let calls = AtomicU32::new(0);
    let long = || async {
        match calls.fetch_add(1, Ordering::Relaxed) {
            0 => Err::<(), _>(refusal()),
            _ => std::future::pending().await,
        }
    };
    let mut running = Box::pin(cluster.repeat(|| async { Ok(()) }, long));
    assert!(tokio::time::timeout(Duration::from_secs(3), &mut running).await.is_err());
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    let refusing = Refusing::for_ever();
    let mut other = Box::pin(ready(&cluster, &refusing));
    assert!(futures_util::poll!(&mut other).is_pending());
    assert!(cluster.startup().starting().is_some());
    drop(other);
    assert!(cluster.startup().starting().is_none());
}

#[tokio::test(start_paused = true)]
async fn closing_ends_the_waiting_at_once() {
    let (cluster, refusing) = (cluster(900), Refusing::for_ever());
    let opening = cluster.unbounded();
    let (error, ()) = tokio::join!(opening.repeat_probe(|| refusing.call()), async {
        sleep(Duration::from_secs(3)).await;
        cluster.startup().close();
    });
    assert_eq!((error.unwrap_err().kind(), refusing.begun.elapsed().as_secs()), (ErrorKind::Closed, 3));
    assert_eq!(refusing.calls(), [0, 2000]);
}

#[test]
fn pauses_grow_up_to_the_longest_and_no_number_is_too_large() {
    let policy = ClusterWait::default();
    let pauses: Vec<f64> = (0..9).map(|retry| policy.pause(retry).as_secs_f64()).collect();
    assert_eq!(pauses[..4], [2.0, 3.0, 4.5, 6.75]);
    assert_eq!(pauses[7..], [30.0, 30.0]);
    assert_eq!(policy.pause(u32::MAX), Duration::from_secs(30));
    assert_eq!(ClusterWait { multiplier: f64::NAN, ..policy }.pause(1), Duration::from_secs(30));
}
