//! What queries, statements and pools tell the recorder of metrics.

use std::sync::Arc;
use std::time::Duration;

use metrics::{counter, gauge, histogram};

use super::{Ending, Observation, Operation, Summary};
use crate::driver::PoolStatus;
use crate::metrics::{
    BYTES, DURATION, FIRST_ROW, IDLE, IN_USE, POOL_WAIT, QUERIES, REATTACHES, RETRIES, ROWS, WAITING,
};

/// Adds what a query or statement took, when it ends.
pub(super) fn count(observation: &Observation, summary: &Summary<'_>) {
    let driver: Arc<str> = Arc::from(observation.inner.name.as_str());
    let driver = || Arc::clone(&driver);
    let operation = match observation.operation {
        Operation::Query => "query",
        Operation::Statement => "statement",
    };
    let error_kind = match summary.ending {
        Ending::Failed(error) => format!("{:?}", error.kind()),
        Ending::Complete | Ending::NotFound | Ending::Cancelled => "none".to_owned(),
    };
    let outcome = summary.ending.outcome();
    counter!(
        QUERIES, "driver" => driver(), "operation" => operation, "outcome" => outcome, "error_kind" => error_kind
    )
    .increment(1);
    let stats = summary.stats;
    for (name, amount) in
        [(ROWS, stats.rows), (BYTES, stats.bytes), (RETRIES, stats.retries), (REATTACHES, stats.reattaches)]
    {
        counter!(name, "driver" => driver()).increment(amount);
    }
    let time = |name, duration: Duration| {
        histogram!(name, "driver" => driver(), "operation" => operation).record(duration.as_secs_f64());
    };
    time(DURATION, observation.begun.elapsed());
    time(POOL_WAIT, summary.pool_wait);
    if let Some(first_row) = summary.first_row {
        time(FIRST_ROW, first_row);
    }
}

/// Tells what the pool of a driver looks like.
pub(in crate::spark) fn tell_pool(driver: &Arc<str>, status: PoolStatus) {
    for (name, value) in [(IN_USE, status.in_use), (IDLE, status.idle), (WAITING, status.waiting)] {
        // A pool holds few sessions; one of 2³² would be told as such.
        gauge!(name, "driver" => Arc::clone(driver)).set(f64::from(u32::try_from(value).unwrap_or(u32::MAX)));
    }
}
