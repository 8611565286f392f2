//! Metrics, through the facade of the crate `metrics`.

use std::sync::Arc;
use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use super::{Ending, Observation, Operation, Summary};
use crate::driver::PoolStatus;

const QUERIES: &str = "lakeorm_queries_total";
const ROWS: &str = "lakeorm_rows_total";
const BYTES: &str = "lakeorm_received_bytes_total";
const RETRIES: &str = "lakeorm_retries_total";
const REATTACHES: &str = "lakeorm_reattaches_total";
const DURATION: &str = "lakeorm_query_duration_seconds";
const POOL_WAIT: &str = "lakeorm_pool_wait_seconds";
const FIRST_ROW: &str = "lakeorm_time_to_first_row_seconds";
const IN_USE: &str = "lakeorm_pool_sessions_in_use";
const IDLE: &str = "lakeorm_pool_sessions_idle";
const WAITING: &str = "lakeorm_pool_callers_waiting";

/// Tells the installed recorder what each metric of this crate means, and its unit. Call it once, after the recorder
/// has been installed; the metrics are recorded without it too.
pub fn describe_metrics() {
    describe_counter!(QUERIES, Unit::Count, "Queries and statements that have ended");
    describe_counter!(ROWS, Unit::Count, "Rows that have been received");
    describe_counter!(BYTES, Unit::Bytes, "Arrow data that has been received");
    describe_counter!(RETRIES, Unit::Count, "Requests that were made again after a failure");
    describe_counter!(
        REATTACHES,
        Unit::Count,
        "Results that were taken up again where their stream had ended"
    );
    describe_histogram!(DURATION, Unit::Seconds, "From the first poll to the end of a query or statement");
    describe_histogram!(POOL_WAIT, Unit::Seconds, "Wait of a query or statement for a session");
    describe_histogram!(FIRST_ROW, Unit::Seconds, "From the first poll to the first batch with a row");
    describe_gauge!(IN_USE, Unit::Count, "Sessions that are borrowed or being opened");
    describe_gauge!(IDLE, Unit::Count, "Sessions that lie ready");
    describe_gauge!(WAITING, Unit::Count, "Callers that wait for a session");
}

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
