use super::*;

fn runtime(paused: bool) -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(paused).build().unwrap()
}

/// Nothing watches what comes back outside of a runtime.
#[test]
fn what_lay_idle_too_long_or_is_too_old_is_retired_by_the_next_borrower() {
    for (limits, end) in [
        (Limits { max_lifetime: Duration::MAX, ..LIMITS }, 60),
        (Limits { idle_timeout: Duration::MAX, ..LIMITS }, 600),
    ] {
        let runtime = runtime(true);
        let (pool, numbers) = pool(limits);
        let borrowed_after = |seconds| {
            let slot = runtime.block_on(async {
                tokio::time::advance(Duration::from_secs(seconds)).await;
                pool.acquire().await.unwrap()
            });
            slot.item().copied()
        };
        assert_eq!([0, end - 20, 40].map(borrowed_after), [Some(0), Some(0), Some(1)], "{end}");
        assert_eq!(*numbers.retired.lock().unwrap(), [0], "{end}");
        assert_eq!(*numbers.expired.lock().unwrap(), [0; 0], "{end}");
    }
}

/// The watch of an item that came back on a runtime that stands still never looks.
#[test]
fn what_lies_idle_is_retired_by_another_runtime_where_its_own_stands_still() {
    let (still, other) = (runtime(false), runtime(true));
    let (pool, numbers) = pool(LIMITS);
    let held = still.block_on(async {
        let (first, second) = (pool.acquire().await.unwrap(), pool.acquire().await.unwrap());
        drop(first);
        second
    });
    other.block_on(async {
        tokio::time::advance(Duration::from_secs(62)).await;
        drop(held);
        tokio::time::sleep(Duration::from_millis(2)).await;
    });
    assert_eq!((pool.status(), &*numbers.expired.lock().unwrap()), (status(2, 0, 1, 0), &vec![0]));
}

#[tokio::test(start_paused = true)]
async fn what_lies_idle_is_retired_in_time_though_nobody_asks_for_anything() {
    let (pool, numbers) = pool(LIMITS);
    let retired = || numbers.retired.lock().unwrap().clone();
    drop((pool.acquire().await.unwrap(), pool.acquire().await.unwrap()));
    tokio::time::sleep(Duration::from_secs(59)).await;
    drop(pool.acquire().await.unwrap());
    assert_eq!((pool.status(), retired()), (status(2, 0, 2, 0), vec![]));
    tokio::time::sleep(Duration::from_millis(1001)).await;
    assert_eq!((pool.status(), retired().len()), (status(2, 0, 1, 0), 1));
    tokio::time::sleep(Duration::from_secs(59)).await;
    assert_eq!((pool.status(), retired().len()), (status(2, 0, 0, 0), 2));
    assert_eq!(numbers.expired.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_comes_back_shortly_before_it_is_too_old_is_retired_then() {
    let (pool, numbers) = pool(LIMITS);
    let (old, held) = (pool.acquire().await.unwrap(), pool.acquire().await.unwrap());
    held.taint();
    drop(held);
    tokio::time::sleep(Duration::from_secs(590)).await;
    // Its end is the first that is watched for, and the other's comes before that.
    drop(pool.acquire().await.unwrap());
    drop(old);
    tokio::time::sleep(Duration::from_millis(10_001)).await;
    assert_eq!((pool.status(), &*numbers.retired.lock().unwrap()), (status(2, 0, 1, 0), &vec![1, 0]));
}

#[test]
fn the_task_that_waits_for_what_is_idle_ends_with_it() {
    let runtime = runtime(false);
    runtime.block_on(async {
        let tasks = || runtime.metrics().num_alive_tasks();
        let settled = || async {
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
        };
        for _ in 0..2 {
            let (pool, _) = pool(LIMITS);
            drop(pool.acquire().await.unwrap());
            settled().await;
            assert_eq!(tasks(), 1);
            pool.close(Duration::ZERO).await;
            settled().await;
            assert_eq!(tasks(), 0);
        }
        let (pool, _) = pool(LIMITS);
        drop(pool.acquire().await.unwrap());
        drop(pool);
        settled().await;
        assert_eq!(tasks(), 0);
    });
}

/// The next borrower looks, as ever.
#[test]
fn what_comes_back_outside_of_a_runtime_is_kept() {
    let runtime = runtime(true);
    let (pool, numbers) = pool(LIMITS);
    let held = runtime.block_on(pool.acquire()).unwrap();
    drop(held);
    assert_eq!(pool.status(), status(2, 0, 1, 0));
    runtime.block_on(async {
        // Outside of the runtime the clock went on.
        tokio::time::advance(Duration::from_secs(300)).await;
        assert_eq!(pool.acquire().await.unwrap().item(), Some(&1));
    });
    assert_eq!(*numbers.retired.lock().unwrap(), [0]);
}
