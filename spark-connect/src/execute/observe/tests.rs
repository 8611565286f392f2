//! When somebody is told of progress, and when not.

use super::*;

fn progress(stages: &[(i64, i64)], running: i64) -> ExecutionProgress {
    let stage = |&(tasks, completed): &(i64, i64)| StageInfo {
        num_tasks: tasks,
        num_completed_tasks: completed,
        ..StageInfo::default()
    };
    ExecutionProgress { stages: stages.iter().map(stage).collect(), num_inflight_tasks: running }
}

fn listening() -> (Observer, Arc<Mutex<Vec<Progress>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    (Observer::with_progress(move |progress| lock(&ear).push(progress.clone())), heard)
}

#[test]
fn what_says_nothing_new_is_passed_over() {
    let (observer, heard) = listening();
    let said = [
        progress(&[], 0),
        progress(&[(4, 1)], 2),
        progress(&[(4, 1)], 2),
        progress(&[(4, 4)], 0),
        progress(&[(4, 4)], 0),
    ];
    said.iter().for_each(|progress| observer.progressed(&progress.encode_to_vec()));
    assert_eq!(*lock(&heard), [Progress::from(&said[1]), Progress::from(&said[3])]);
}

#[test]
fn an_observer_that_is_used_again_and_again_remembers_the_latest_operations_alone() {
    let observer = Observer::new();
    let operations: Vec<Uuid> = (0..3 * REMEMBERED as u128).map(Uuid::from_u128).collect();
    operations.iter().for_each(|operation| observer.began(*operation));
    assert_eq!(observer.operations(), operations[2 * REMEMBERED..]);
}

#[test]
fn a_count_below_zero_is_no_count() {
    let stage = StageProgress::from(&StageInfo {
        stage_id: -7,
        num_tasks: -1,
        num_completed_tasks: i64::MIN,
        input_bytes_read: -3,
        done: true,
    });
    let none = StageProgress { id: -7, done: true, ..StageProgress::default() };
    assert_eq!(stage, none);
}

#[test]
fn progress_that_is_unreadable_or_vast_is_passed_over() {
    let (observer, heard) = listening();
    observer.progressed(b"\xff\xff");
    let vast = progress(&vec![(4, 1); 100_000], 1).encode_to_vec();
    assert!(vast.len() > LONGEST_PROGRESS);
    observer.progressed(&vast);
    assert_eq!(*lock(&heard), []);
    observer.progressed(&progress(&[(4, 1)], 1).encode_to_vec());
    assert_eq!(lock(&heard).len(), 1);
}

#[test]
fn a_callback_that_panics_is_not_called_again() {
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    let observer = Observer::with_progress(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        panic!("a mistake of the caller's");
    });
    observer.progressed(&progress(&[(4, 1)], 1).encode_to_vec());
    observer.progressed(&progress(&[(4, 2)], 1).encode_to_vec());
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[test]
fn clones_add_up_what_they_see() {
    let observer = Observer::new();
    let other = observer.clone();
    observer.received(10);
    other.received(5);
    other.retried();
    observer.reattached();
    let stats = ExecutionStats { bytes: 15, retries: 1, reattaches: 1, ..ExecutionStats::default() };
    assert_eq!(observer.stats(), stats);
    other.began(Uuid::nil());
    assert_eq!(observer.operations(), [Uuid::nil()]);
}
