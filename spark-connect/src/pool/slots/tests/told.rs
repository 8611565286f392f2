use super::*;

fn telling(on_status: Listener<PoolStatus>) -> Slots<usize> {
    let startup = ClusterStartup::new(Duration::from_secs(900));
    Slots::new(Numbers::default(), LIMITS, startup, Some(Arc::new(on_status)))
}

#[tokio::test]
async fn who_is_told_the_status_and_panics_is_not_told_again_and_the_pool_goes_on() {
    let told = Arc::new(AtomicUsize::new(0));
    let on_status = {
        let told = Arc::clone(&told);
        Listener::new("a test", move |_: &PoolStatus| {
            told.fetch_add(1, Ordering::Relaxed);
            panic!("a mistake of the caller's");
        })
    };
    let pool = telling(on_status);
    for _ in 0..3 {
        drop(pool.acquire().await.unwrap());
    }
    assert_eq!((pool.status(), told.load(Ordering::Relaxed)), (status(2, 0, 1, 0), 1));
}

#[tokio::test]
async fn who_is_told_the_status_may_use_the_pool_and_hears_of_that_next() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let given: Arc<Mutex<Option<Slot<usize>>>> = Arc::default();
    let on_status = {
        let (told, given) = (Arc::clone(&told), Arc::clone(&given));
        Listener::new("a test", move |status: &PoolStatus| {
            told.lock().unwrap().push(*status);
            let slot = given.lock().unwrap().take();
            drop(slot);
        })
    };
    let pool = telling(on_status);
    let (held, other) = (pool.acquire().await.unwrap(), pool.acquire().await.unwrap());
    told.lock().unwrap().clear();
    *given.lock().unwrap() = Some(other);
    drop(held);
    assert_eq!(*told.lock().unwrap(), [status(2, 1, 1, 0), status(2, 0, 2, 0)]);
}

#[tokio::test]
async fn a_size_that_stays_is_not_told_and_what_a_callback_changes_each_time_is_told_once_more() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let resized: Arc<Mutex<Option<Arc<Slots<usize>>>>> = Arc::default();
    let step = Arc::new(AtomicUsize::new(0));
    let on_status = {
        let (told, resized, step) = (Arc::clone(&told), Arc::clone(&resized), Arc::clone(&step));
        Listener::new("a test", move |status: &PoolStatus| {
            told.lock().unwrap().push(status.size);
            let pool = resized.lock().unwrap().clone();
            pool.inspect(|pool| pool.resize(status.size + step.load(Ordering::Relaxed)));
        })
    };
    let pool = Arc::new(telling(on_status));
    *resized.lock().unwrap() = Some(Arc::clone(&pool));
    pool.resize(2);
    assert_eq!(*told.lock().unwrap(), [0; 0]);
    pool.resize(3);
    assert_eq!(*told.lock().unwrap(), [3]);
    step.store(1, Ordering::Relaxed);
    pool.resize(4);
    assert_eq!((&*told.lock().unwrap(), pool.status().size), (&vec![3, 4, 5], 6));
    // The next change tells what the last one left, and others are told as ever.
    step.store(0, Ordering::Relaxed);
    drop(pool.acquire().await.unwrap());
    assert_eq!(told.lock().unwrap().get(3), Some(&6));
    resized.lock().unwrap().take();
}

#[test]
fn of_statuses_that_many_threads_bring_about_the_last_one_told_is_the_last_one_there_was() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let on_status = {
        let told = Arc::clone(&told);
        Listener::new("a test", move |status: &PoolStatus| told.lock().unwrap().push(*status))
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    let pool = Arc::new(telling(on_status));
    runtime.block_on(async {
        let borrowing = (0..8).map(|_| {
            let pool = Arc::clone(&pool);
            tokio::spawn(async move {
                for _ in 0..50 {
                    drop(pool.acquire().await.unwrap());
                }
            })
        });
        for borrowed in borrowing.collect::<Vec<_>>() {
            borrowed.await.unwrap();
        }
    });
    drop(runtime);
    assert_eq!(told.lock().unwrap().last(), Some(&pool.status()));
}
